import { keccak_256 } from '@noble/hashes/sha3.js'
import { createKeccak, type IHasher } from 'hash-wasm'
import { bytesToHexString, HEAP_ARRAY_BYTES } from './bytes.ts'

/** `Hash`, written out here: hex.ts needs this file for address checksums, and files import one way. */
type KeccakHash = `0x${string}`

/** keccak256 of no bytes: the code hash of an account without code. */
export const KECCAK_EMPTY: KeccakHash = '0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470'

/** keccak256(rlp('')): the root of a trie without entries. */
export const EMPTY_TRIE_ROOT: KeccakHash = '0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421'

/** keccak256(rlp([])): the ommers hash of a block without ommers. */
export const EMPTY_OMMERS_HASH: KeccakHash = '0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347'

const wasm = await loadWasm()

/** Which implementation is in use. `javascript` is about nine times slower: worth a warning at start-up. */
export const keccakBackend: 'wasm' | 'javascript' = wasm === undefined ? 'javascript' : 'wasm'

/** Keccak-256 with the original padding, as Ethereum uses it (not SHA3-256): 32 bytes. */
export const keccak256: (bytes: Uint8Array) => Uint8Array =
  wasm === undefined ? keccak_256 : (bytes) => wasm.init().update(withBuffer(bytes)).digest('binary')

/** Keccak-256 as a lower-case hash string. */
export function keccak256Hex(bytes: Uint8Array): KeccakHash {
  return bytesToHexString(keccak256(bytes))
}

const BUFFERED = new Uint8Array(2 * HEAP_ARRAY_BYTES)

/** The hasher takes windows on buffers: making one for a short array would take as long as hashing it (0.4 µs). */
function withBuffer(bytes: Uint8Array): Uint8Array {
  if (bytes.length > HEAP_ARRAY_BYTES) return bytes
  BUFFERED.set(bytes)
  return BUFFERED.subarray(0, bytes.length)
}

/** `undefined` where WebAssembly is not to be had, or gives wrong digests. */
async function loadWasm(): Promise<IHasher | undefined> {
  try {
    const hasher = await createKeccak(256)
    // Lengths around the 136-byte block, where padding differs.
    const lengths = [0, 1, 135, 136, 137, 300]
    const agrees = lengths.every((length) => {
      const sample = Uint8Array.from({ length }, (_, index) => index)
      return Buffer.compare(hasher.init().update(sample).digest('binary'), keccak_256(sample)) === 0
    })
    return agrees ? hasher : undefined
  } catch {
    return undefined
  }
}
