import { type Hex, hexToBytes } from './hex.ts'
import { keccak256 } from './keccak.ts'
import type { Log } from './receipt.ts'

const BLOOM_BYTES = 256

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
  return bloomBits(entry).every(({ byte, mask }) => (bloom[byte]! & mask) !== 0)
}

function addToBloom(bloom: Uint8Array, entry: Hex): void {
  for (const { byte, mask } of bloomBits(entry)) bloom[byte]! |= mask
}

/** Three bits: the low 11 bits of each of the digest's first three 16-bit words, counted from the filter's end. */
function bloomBits(entry: Hex): readonly { readonly byte: number; readonly mask: number }[] {
  const digest = keccak256(hexToBytes(entry))
  return [0, 2, 4].map((offset) => {
    const bit = ((digest[offset]! << 8) | digest[offset + 1]!) & 0x7ff
    return { byte: BLOOM_BYTES - 1 - (bit >> 3), mask: 1 << (bit & 7) }
  })
}
