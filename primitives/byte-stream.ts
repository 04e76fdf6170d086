import { bytesToHexString, EMPTY_BYTES, writeHexDigits } from './bytes.ts'
import type { Hex } from './hex.ts'

const INITIAL_BYTES = 1 << 14
/** A buffer that grew beyond this is given back when the next message begins. */
const MAX_KEPT_BYTES = 1 << 22
const WORD_BYTES = 32
const UINT64_MAX = (1n << 64n) - 1n

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/**
 * Writes values one behind the other, for a reader in another thread of this process: nothing is compact, nothing is
 * checked. Numbers are little-endian, words big-endian.
 */
export class ByteWriter {
  #bytes = new Uint8Array(INITIAL_BYTES)
  #view = new DataView(this.#bytes.buffer)
  #length = 0

  get length(): number {
    return this.#length
  }

  /** Begins a new message. */
  reset(): void {
    this.#length = 0
    if (this.#bytes.length > MAX_KEPT_BYTES) this.#resize(INITIAL_BYTES)
  }

  /** Of what was written: good until more is. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  uint8(value: number): void {
    this.#need(1)
    this.#bytes[this.#length++] = value
  }

  uint32(value: number): void {
    this.#need(4)
    this.#view.setUint32(this.#length, value, true)
    this.#length += 4
  }

  /** Leaves room for a `uint32` that is not known yet: returns where, for `setUint32`. */
  reserveUint32(): number {
    this.uint32(0)
    return this.#length - 4
  }

  setUint32(offset: number, value: number): void {
    this.#view.setUint32(offset, value, true)
  }

  uint64(value: bigint): void {
    this.#need(8)
    this.#view.setBigUint64(this.#length, value, true)
    this.#length += 8
  }

  /** A number of up to 256 bits, in 9 bytes where 64 bits hold it. */
  word(value: bigint): void {
    this.#need(1 + WORD_BYTES)
    const view = this.#view
    const start = this.#length + 1
    if (value <= UINT64_MAX) {
      this.#bytes[start - 1] = 8
      view.setBigUint64(start, value)
      this.#length = start + 8
      return
    }
    this.#bytes[start - 1] = WORD_BYTES
    // Each keeps the low 64 bits of its argument.
    view.setBigUint64(start, value >> 192n)
    view.setBigUint64(start + 8, value >> 128n)
    view.setBigUint64(start + 16, value >> 64n)
    view.setBigUint64(start + 24, value)
    this.#length = start + WORD_BYTES
  }

  /** The bytes of an address, a hash: `0x` and two digits each. Their number is not written. */
  hex(hex: Hex): void {
    const count = (hex.length - 2) >> 1
    this.#need(count)
    writeHexDigits(hex, this.#bytes, this.#length)
    this.#length += count
  }

  /** Bytes and their number. */
  sized(bytes: Uint8Array): void {
    this.uint32(bytes.length)
    this.raw(bytes)
  }

  raw(bytes: Uint8Array): void {
    this.#need(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
  }

  text(text: string): void {
    this.sized(encoder.encode(text))
  }

  #need(count: number): void {
    if (this.#length + count > this.#bytes.length) this.#resize(Math.max(this.#bytes.length * 2, this.#length + count))
  }

  #resize(capacity: number): void {
    const bytes = new Uint8Array(capacity)
    bytes.set(this.bytes)
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer)
  }
}

/** Reads what a `ByteWriter` wrote, in the same order; shared memory too. */
export class ByteReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #offset: number

  constructor(bytes: Uint8Array, offset = 0) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#offset = offset
  }

  get offset(): number {
    return this.#offset
  }

  skip(count: number): void {
    this.#offset += count
  }

  uint8(): number {
    return this.#bytes[this.#offset++]!
  }

  uint32(): number {
    const value = this.#view.getUint32(this.#offset, true)
    this.#offset += 4
    return value
  }

  uint64(): bigint {
    const value = this.#view.getBigUint64(this.#offset, true)
    this.#offset += 8
    return value
  }

  word(): bigint {
    const view = this.#view
    const width = this.#bytes[this.#offset]!
    const start = this.#offset + 1
    this.#offset = start + width
    if (width === 8) return view.getBigUint64(start)
    return (
      (view.getBigUint64(start) << 192n) |
      (view.getBigUint64(start + 8) << 128n) |
      (view.getBigUint64(start + 16) << 64n) |
      view.getBigUint64(start + 24)
    )
  }

  hex(count: number): Hex {
    return bytesToHexString(this.raw(count))
  }

  /** A copy: native and WASM code does not take shared memory, and a window would keep all of it alive. */
  sized(): Uint8Array {
    return this.raw(this.uint32())
  }

  raw(count: number): Uint8Array {
    if (count === 0) return EMPTY_BYTES
    this.#offset += count
    return this.#bytes.slice(this.#offset - count, this.#offset)
  }

  text(): string {
    return decoder.decode(this.sized())
  }
}
