import { type Hex, hexToBytes } from './hex.ts'
import { keccak256 } from './keccak.ts'
import type { Log } from './receipt.ts'

export const BLOOM_BYTES = 256

/** The 2048-bit filter of the logs' addresses and topics (Yellow Paper 4.4.3): 256 bytes. */
export function logsBloom(logs: readonly Log[]): Uint8Array {
  const bloom = new Uint8Array(BLOOM_BYTES)
  for (const { address, topics } of logs) {
    addToBloom(bloom, address)
    for (const topic of topics) addToBloom(bloom, topic)
  }
  return bloom
}

/** The filter of everything that is in one of the filters. */
export function orBlooms(blooms: Iterable<Uint8Array>): Uint8Array {
  const union = new Uint8Array(BLOOM_BYTES)
  for (const bloom of blooms) {
    for (let index = 0; index < BLOOM_BYTES; index++) union[index]! |= bloom[index]!
  }
  return union
}

/** Whether an address or topic may be in the filter: `false` is certain. */
export function bloomMayContain(bloom: Uint8Array, entry: Hex): boolean {
  return bloomBits(entry).every((bit) => (bloom[BLOOM_BYTES - 1 - (bit >> 3)]! & (1 << (bit & 7))) !== 0)
}

function addToBloom(bloom: Uint8Array, entry: Hex): void {
  for (const bit of bloomBits(entry)) bloom[BLOOM_BYTES - 1 - (bit >> 3)]! |= 1 << (bit & 7)
}

/** The contracts that are busy, the kinds of their events and their users come again and again. */
const KEPT_ENTRIES = 4_096
const knownBits = new Map<Hex, readonly number[]>()

/**
 * Three bits, numbered from the filter's end: the low 11 bits of each of the digest's first three 16-bit words. Those of the
 * newest entries are remembered.
 */
function bloomBits(entry: Hex): readonly number[] {
  const known = knownBits.get(entry)
  if (known !== undefined) return known
  const digest = keccak256(hexToBytes(entry))
  const bits = [0, 2, 4].map((offset) => ((digest[offset]! << 8) | digest[offset + 1]!) & 0x7ff)
  if (knownBits.size >= KEPT_ENTRIES) knownBits.clear()
  knownBits.set(entry, bits)
  return bits
}
