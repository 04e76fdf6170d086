import type { Hash } from '../../primitives/hex.ts'

const JUMPDEST = 0x5b
const PUSH1 = 0x60
const PUSH32 = 0x7f
/** Longest immediate, and the STOP that follows the end of every code. */
const PADDING = 33

/** Code made ready to run. */
export interface Code {
  /** The code and 33 zero bytes, so that neither fetching an instruction nor its immediate needs a bound. */
  readonly bytes: Uint8Array
  /** Without the padding. */
  readonly length: number
  /** 1 where a jump may go: a JUMPDEST that is not part of an immediate (Yellow Paper 9.4.3). */
  readonly jumpDestinations: Uint8Array
  /** Values of longer PUSH instructions by position, filled in as they run: to read 20 bytes each time takes 100 ns. */
  readonly pushedWords: Map<number, bigint>
}

export function analyzeCode(code: Uint8Array): Code {
  const bytes = new Uint8Array(code.length + PADDING)
  bytes.set(code)
  const jumpDestinations = new Uint8Array(code.length)
  for (let position = 0; position < code.length; position++) {
    const opcode = bytes[position]!
    if (opcode === JUMPDEST) jumpDestinations[position] = 1
    else if (opcode >= PUSH1 && opcode <= PUSH32) position += opcode - PUSH1 + 1
  }
  return { bytes, length: code.length, jumpDestinations, pushedWords: new Map() }
}

/**
 * Analyses by code hash, dropping the least recently used. A pure function of the code, so sharing it between everything
 * that runs on a thread cannot change a result. Bounded by bytes of code: each takes two bytes here, and up to 20 in code
 * that is nothing but PUSH5 and has all been run.
 */
const cache = new Map<Hash, Code>()
const MAX_CACHED_BYTES = 2 * 1024 * 1024
let cachedBytes = 0

/** The analysis of the code with this hash: the same object while it is kept. */
export function cachedCode(codeHash: Hash, code: Uint8Array): Code {
  const known = cache.get(codeHash)
  if (known !== undefined) {
    if (cachedBytes > MAX_CACHED_BYTES / 2) {
      cache.delete(codeHash)
      cache.set(codeHash, known)
    }
    return known
  }
  const analyzed = analyzeCode(code)
  cache.set(codeHash, analyzed)
  cachedBytes += analyzed.bytes.length
  for (const [hash, oldest] of cache) {
    if (cachedBytes <= MAX_CACHED_BYTES) break
    cache.delete(hash)
    cachedBytes -= oldest.bytes.length
  }
  return analyzed
}
