import { GAS_MEMORY_PER_WORD, MEMORY_QUADRATIC_DIVISOR } from '../../config/gas.ts'
import { EMPTY_BYTES } from '../../primitives/bytes.ts'
import { loadWord, storeWord, WORD_BYTES } from './word.ts'

/** 1 GiB costs 2.2 * 10^12 gas, far above any block's limit: beyond it memory is refused as out of gas. */
const MAX_BYTES = 0x4000_0000

const SMALLEST_CAPACITY = 256

/** Memory of one frame as handlers see it: offsets and lengths are words, and accessible but for `expansionGas`. */
export interface FrameMemory {
  /** Bytes, a multiple of 32. */
  readonly size: number
  expansionGas(offset: bigint, length: bigint): bigint | undefined
  expand(offset: bigint, length: bigint): void
  loadWord(offset: number): bigint
  storeWord(offset: number, word: bigint): void
  storeByte(offset: number, byte: number): void
  /** A copy, which later writes do not change. */
  read(offset: bigint, length: bigint): Uint8Array
  /** A window on memory, good until the next write. */
  view(offset: bigint, length: bigint): Uint8Array
  write(offset: bigint, bytes: Uint8Array): void
  /** Writes `length` bytes of `source` from `sourceOffset` on; past its end there are zeros. */
  writeFrom(source: Uint8Array, offset: bigint, sourceOffset: bigint, length: bigint): void
  /** Copies inside memory as if through a buffer. */
  copyWithin(offset: bigint, sourceOffset: bigint, length: bigint): void
  /** All of it, as a window: for tracers. */
  contents(): Uint8Array
}

/**
 * Gas of making a range accessible in a memory of `size` bytes, 0n when it is already, `undefined` when no gas could pay for
 * it. An empty range needs no memory, wherever it lies.
 */
export function expansionGas(size: number, offset: bigint, length: bigint): bigint | undefined {
  if (length === 0n) return 0n
  const end = offset + length
  if (end <= size) return 0n
  if (end > MAX_BYTES) return undefined
  return memoryGas((end + 31n) >> 5n) - memoryGas(BigInt(size / WORD_BYTES))
}

/** Memory of one frame: zeroed bytes, always a whole number of words. Callers expand it before they touch it. */
export class Memory implements FrameMemory {
  #bytes: Uint8Array = EMPTY_BYTES
  #view = new DataView(EMPTY_BYTES.buffer)
  /** Bytes, a multiple of 32. */
  size = 0

  expansionGas(offset: bigint, length: bigint): bigint | undefined {
    return expansionGas(this.size, offset, length)
  }

  /** Makes the range accessible. Its gas has been paid. */
  expand(offset: bigint, length: bigint): void {
    if (length === 0n) return
    const end = Number(offset + length)
    if (end <= this.size) return
    this.size = Math.ceil(end / WORD_BYTES) * WORD_BYTES
    if (this.size <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(this.size, this.#bytes.length * 2, SMALLEST_CAPACITY))
    grown.set(this.#bytes)
    this.#bytes = grown
    this.#view = new DataView(grown.buffer)
  }

  loadWord(offset: number): bigint {
    return loadWord(this.#view, offset)
  }

  storeWord(offset: number, word: bigint): void {
    storeWord(this.#view, offset, word)
  }

  storeByte(offset: number, byte: number): void {
    this.#bytes[offset] = byte
  }

  read(offset: bigint, length: bigint): Uint8Array {
    return length === 0n ? EMPTY_BYTES : this.view(offset, length).slice()
  }

  view(offset: bigint, length: bigint): Uint8Array {
    return length === 0n ? EMPTY_BYTES : this.#bytes.subarray(Number(offset), Number(offset + length))
  }

  write(offset: bigint, bytes: Uint8Array): void {
    if (bytes.length > 0) this.#bytes.set(bytes, Number(offset))
  }

  writeFrom(source: Uint8Array, offset: bigint, sourceOffset: bigint, length: bigint): void {
    if (length === 0n) return
    const start = Number(offset)
    const available = sourceOffset >= source.length ? EMPTY_BYTES : source.subarray(Number(sourceOffset))
    const copied = available.subarray(0, Number(length))
    this.#bytes.set(copied, start)
    this.#bytes.fill(0, start + copied.length, start + Number(length))
  }

  copyWithin(offset: bigint, sourceOffset: bigint, length: bigint): void {
    if (length > 0n) this.#bytes.copyWithin(Number(offset), Number(sourceOffset), Number(sourceOffset + length))
  }

  contents(): Uint8Array {
    return this.#bytes.subarray(0, this.size)
  }
}

/** Gas of `words` words of memory (Yellow Paper, appendix H, C_mem). */
export function memoryGas(words: bigint): bigint {
  return GAS_MEMORY_PER_WORD * words + (words * words) / MEMORY_QUADRATIC_DIVISOR
}
