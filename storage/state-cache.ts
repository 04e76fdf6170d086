import { setImmediate } from 'node:timers/promises'
import type { BatchOperation } from './batch.ts'
import { BUCKETS } from './buckets.ts'

/** What is known of a key: its value, or that it has none. */
export interface Known {
  readonly value: Uint8Array | undefined
}

/** Word 0 is the generation; entries begin behind this. */
const HEAD_BYTES = 128
/**
 * An entry: its version (4 bytes; odd while somebody writes to it), the lengths of key and value (1 byte each), the key (21
 * bytes of an account, 53 of a slot), the value.
 */
const ENTRY_BYTES = 128
const KEY_LENGTH = 4
const VALUE_LENGTH = 5
const KEY = 6
const MAX_KEY_BYTES = 53
const VALUE = KEY + MAX_KEY_BYTES
/** An account of a contract takes some 50 bytes, a slot 32 at most. */
const MAX_VALUE_BYTES = ENTRY_BYTES - VALUE
/** In place of a value's length. */
const ABSENT = 0xff

/** 8 MiB. A power of two. */
const DEFAULT_ENTRIES = 1 << 16

/** Of the system's memory. */
const PAGE_BYTES = 4096
/** Some 0.5 ms. */
const PAGES_A_TURN = 128

/**
 * Accounts and slots of the flat state in memory that all threads of the process share, as they stand after the newest
 * batch. LevelDB takes 3 to 5 µs for each of them, this 0.5.
 *
 * The generation counts up when a batch begins that changes the flat state, and again when it has ended; so it is odd in
 * between, when nobody can tell which state a read would see. Whoever reads or adds names the generation that his state is
 * of, and nothing is found or added unless that is the present one. One thread writes batches; every thread adds what it had
 * to look up. An entry is guarded by its version alone: who finds it odd or changed does without.
 */
export class StateCache {
  /** For the other threads. */
  readonly memory: SharedArrayBuffer
  readonly #words: Int32Array
  readonly #bytes: Uint8Array
  readonly #mask: number
  /** Batches that have begun and not ended. */
  #writing = 0

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(HEAD_BYTES + DEFAULT_ENTRIES * ENTRY_BYTES)) {
    this.memory = memory
    this.#words = new Int32Array(memory)
    this.#bytes = new Uint8Array(memory)
    this.#mask = (memory.byteLength - HEAD_BYTES) / ENTRY_BYTES - 1
  }

  /**
   * Has the system give all of the memory, some of it in each turn. Else it does so page by page, as entries are used: 4 us each, ten of them in
   * each of the first blocks.
   */
  async occupy(): Promise<void> {
    for (let start = 0; start < this.memory.byteLength; start += PAGE_BYTES) {
      Atomics.add(this.#words, start >> 2, 0)
      if ((start / PAGE_BYTES) % PAGES_A_TURN === 0) await setImmediate()
    }
  }

  /** Of the state as it is now; `undefined` while it changes. */
  generation(): number | undefined {
    const generation = Atomics.load(this.#words, 0)
    return (generation & 1) === 0 ? generation : undefined
  }

  /** `undefined`: look it up. */
  get(key: Uint8Array, generation: number): Known | undefined {
    const start = this.#start(key)
    const version = Atomics.load(this.#words, start >> 2)
    if ((version & 1) !== 0 || !this.#has(start, key)) return undefined
    const length = this.#bytes[start + VALUE_LENGTH]!
    const value = length === ABSENT ? undefined : this.#bytes.slice(start + VALUE, start + VALUE + length)
    const isWhole = Atomics.load(this.#words, start >> 2) === version && Atomics.load(this.#words, 0) === generation
    return isWhole ? { value } : undefined
  }

  /** Adds what was looked up in the state of that generation. */
  add(key: Uint8Array, value: Uint8Array | undefined, generation: number): void {
    const start = this.#start(key)
    const version = Atomics.load(this.#words, start >> 2)
    if ((version & 1) !== 0 || !this.#lock(start, version)) return
    // A batch that begins from here on waits for the entry before it changes it.
    if (Atomics.load(this.#words, 0) === generation) this.#put(start, key, value)
    this.#unlock(start)
  }

  /** A batch is going to be written: nothing is found or added until it has ended. */
  begin(): void {
    if (this.#writing++ === 0) Atomics.add(this.#words, 0, 1)
  }

  /** Between `begin` and `end`: what the batch makes of the state. */
  change(operations: readonly BatchOperation[]): void {
    for (const operation of operations) {
      if (!isOfState(operation.key)) continue
      const start = this.#start(operation.key)
      let version = Atomics.load(this.#words, start >> 2)
      while ((version & 1) !== 0 || !this.#lock(start, version)) version = Atomics.load(this.#words, start >> 2)
      // An empty value marks what a forked chain has deleted.
      const isThere = operation.type === 'put' && operation.value.length > 0
      this.#put(start, operation.key, isThere ? operation.value : undefined)
      this.#unlock(start)
    }
  }

  /** Between `begin` and `end`: forgets everything, for a state that is another one altogether. */
  clear(): void {
    for (let start = HEAD_BYTES; start < this.memory.byteLength; start += ENTRY_BYTES) {
      let version = Atomics.load(this.#words, start >> 2)
      while ((version & 1) !== 0 || !this.#lock(start, version)) version = Atomics.load(this.#words, start >> 2)
      this.#bytes[start + KEY_LENGTH] = 0
      this.#unlock(start)
    }
  }

  /** It has been written. Without this call, after a batch that failed, nothing is found any more. */
  end(): void {
    if (--this.#writing === 0) Atomics.add(this.#words, 0, 1)
  }

  #lock(start: number, version: number): boolean {
    return Atomics.compareExchange(this.#words, start >> 2, version, version + 1) === version
  }

  #unlock(start: number): void {
    Atomics.add(this.#words, start >> 2, 1)
  }

  /** For the entry's owner. What does not fit leaves it empty. */
  #put(start: number, key: Uint8Array, value: Uint8Array | undefined): void {
    const fits = value === undefined || value.length <= MAX_VALUE_BYTES
    this.#bytes[start + KEY_LENGTH] = fits ? key.length : 0
    if (!fits) return
    this.#bytes.set(key, start + KEY)
    this.#bytes[start + VALUE_LENGTH] = value === undefined ? ABSENT : value.length
    if (value !== undefined) this.#bytes.set(value, start + VALUE)
  }

  #has(start: number, key: Uint8Array): boolean {
    if (this.#bytes[start + KEY_LENGTH] !== key.length) return false
    // The end differs soonest: addresses and slots of a contract share their beginning.
    for (let index = key.length - 1; index >= 0; index--) {
      if (this.#bytes[start + KEY + index] !== key[index]) return false
    }
    return true
  }

  /** Where the one entry is that a key can have (FNV-1a). Who makes keys meet there makes them slow and nothing else. */
  #start(key: Uint8Array): number {
    let hash = 0x811c9dc5
    for (let index = 0; index < key.length; index++) hash = Math.imul(hash ^ key[index]!, 0x01000193)
    return HEAD_BYTES + ((hash ^ (hash >>> 15)) & this.#mask) * ENTRY_BYTES
  }
}

/** Whether a key is of the flat state. */
export function isOfState(key: Uint8Array): boolean {
  return key[0] === BUCKETS.account || key[0] === BUCKETS.slot
}
