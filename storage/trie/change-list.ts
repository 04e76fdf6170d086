import type { SortedChanges } from './update.ts'

const KEY_BYTES = 32
const COUNT_BYTES = 4
const END_BYTES = 4

/** A change before it is sorted. */
export interface KeyedPayload {
  /** 32 bytes. */
  readonly key: Uint8Array
  readonly payload: Uint8Array
}

/**
 * Changes of keys of 32 bytes, sorted, in one array of bytes, so that a piece of them can go to another thread: their count;
 * the keys; where each payload ends, counted from the first one; the payloads. Numbers are of 4 bytes, little-endian.
 */
export class ChangeList {
  readonly bytes: Uint8Array
  readonly count: number
  readonly #view: DataView

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    this.count = this.#view.getUint32(0, true)
  }

  static of(changes: readonly KeyedPayload[]): ChangeList {
    const sorted = sortByKey(changes)
    let payloads = 0
    for (const { payload } of sorted) payloads += payload.length
    const bytes = new Uint8Array(headBytes(sorted.length) + payloads)
    const view = new DataView(bytes.buffer)
    view.setUint32(0, sorted.length, true)
    const ends = endsStart(sorted.length)
    const start = headBytes(sorted.length)
    let end = 0
    for (let index = 0; index < sorted.length; index++) {
      const { key, payload } = sorted[index]!
      bytes.set(key, COUNT_BYTES + index * KEY_BYTES)
      bytes.set(payload, start + end)
      end += payload.length
      view.setUint32(ends + index * END_BYTES, end, true)
    }
    return new ChangeList(bytes)
  }

  /** A window. */
  key(index: number): Uint8Array {
    const start = COUNT_BYTES + index * KEY_BYTES
    return this.bytes.subarray(start, start + KEY_BYTES)
  }

  /** A window. */
  payload(index: number): Uint8Array {
    return this.bytes.subarray(this.#payloadStart(index), this.#payloadStart(index + 1))
  }

  /** Where the changes begin whose keys begin with each nibble; at 16, where the last end. */
  nibbleStarts(): number[] {
    const starts: number[] = []
    for (let index = 0; index < this.count; index++) {
      const nibble = this.bytes[COUNT_BYTES + index * KEY_BYTES]! >> 4
      while (starts.length <= nibble) starts.push(index)
    }
    while (starts.length <= 16) starts.push(this.count)
    return starts
  }

  /** The changes `[from, to)` in an array of their own. */
  slice(from: number, to: number): ChangeList {
    const count = to - from
    const [start, end] = [this.#payloadStart(from), this.#payloadStart(to)]
    const bytes = new Uint8Array(headBytes(count) + end - start)
    const view = new DataView(bytes.buffer)
    view.setUint32(0, count, true)
    bytes.set(this.bytes.subarray(COUNT_BYTES + from * KEY_BYTES, COUNT_BYTES + to * KEY_BYTES), COUNT_BYTES)
    for (let index = 0; index < count; index++) {
      const ends = this.#payloadStart(from + index + 1) - start
      view.setUint32(endsStart(count) + index * END_BYTES, ends, true)
    }
    bytes.set(this.bytes.subarray(start, end), headBytes(count))
    return new ChangeList(bytes)
  }

  /** As an update takes them. `update` is given the payload. */
  sorted(
    update: (payload: Uint8Array, value: Uint8Array | undefined, index: number) => Uint8Array | undefined,
  ): SortedChanges {
    const starts = Uint32Array.from({ length: this.count }, (_, index) => 2 * (COUNT_BYTES + index * KEY_BYTES))
    return {
      count: this.count,
      bytes: this.bytes,
      starts,
      ends: starts.map((start) => start + 2 * KEY_BYTES),
      update: (index, value) => update(this.payload(index), value, index),
    }
  }

  #payloadStart(index: number): number {
    const start = headBytes(this.count)
    return index === 0 ? start : start + this.#view.getUint32(endsStart(this.count) + (index - 1) * END_BYTES, true)
  }
}

function endsStart(count: number): number {
  return COUNT_BYTES + count * KEY_BYTES
}

function headBytes(count: number): number {
  return COUNT_BYTES + count * (KEY_BYTES + END_BYTES)
}

/** By the keys' first six bytes as numbers, which settle nearly everything, and by all bytes where those are equal. */
function sortByKey(changes: readonly KeyedPayload[]): KeyedPayload[] {
  return changes
    .map((change) => ({ change, prefix: prefixOf(change.key) }))
    .sort((a, b) => a.prefix - b.prefix || Buffer.compare(a.change.key, b.change.key))
    .map(({ change }) => change)
}

const PREFIX_BYTES = 6

function prefixOf(key: Uint8Array): number {
  let prefix = 0
  for (let index = 0; index < PREFIX_BYTES; index++) prefix = prefix * 0x100 + key[index]!
  return prefix
}
