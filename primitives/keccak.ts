import { createRequire } from 'node:module'
import { bytesToHexString } from './bytes.ts'
import { KECCAK_BLOCK_BYTES, KECCAK_STATE_BYTES } from './wasm/keccak-function.ts'
import { instantiateKeccak, type KeccakInstance } from './wasm/keccak-instance.ts'

/** `Hash`, written out here: hex.ts needs this file for address checksums, and files import one way. */
type KeccakHash = `0x${string}`

/** keccak256 of no bytes: the code hash of an account without code. */
export const KECCAK_EMPTY: KeccakHash = '0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470'

/** keccak256(rlp('')): the root of a trie without entries. */
export const EMPTY_TRIE_ROOT: KeccakHash = '0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421'

/** keccak256(rlp([])): the ommers hash of a block without ommers. */
export const EMPTY_OMMERS_HASH: KeccakHash = '0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347'

const DIGEST_BYTES = 32

/** What the page of memory is divided into. */
const STATE = 0
const DIGEST = KECCAK_STATE_BYTES
const INPUT = 256
/** As many blocks as there is room for. */
const INPUT_BLOCKS = 480
const INPUT_BYTES = INPUT_BLOCKS * KECCAK_BLOCK_BYTES

/** Gives the digest of some bytes, good until the next call. */
type Hasher = (bytes: Uint8Array) => Uint8Array

/** Around those of the lanes and the blocks, where padding differs. */
const SAMPLE_LENGTHS = [0, 1, 7, 8, 9, 135, 136, 137, 300]
/** Of the digests of bytes 0, 1, 2 ... of those lengths, one behind the other: to compute it in JavaScript took 35 ms in each thread. */
const DIGEST_OF_SAMPLES: KeccakHash = '0xd70bb5e76eae253dd0c79cfc51021c8972cceccd4c8b31c3bdd5954d4cac607a'

const wasm = loadWasm()

/** Which implementation is in use. `javascript` is about twelve times slower: worth a warning at start-up. */
export const keccakBackend: 'wasm' | 'javascript' = wasm === undefined ? 'javascript' : 'wasm'

const digestOf: Hasher = wasm ?? loadJavaScript()

/** Keccak-256 with the original padding, as Ethereum uses it (not SHA3-256): 32 bytes. */
export const keccak256: (bytes: Uint8Array) => Uint8Array =
  wasm === undefined ? digestOf : (bytes) => new Uint8Array(wasm(bytes))

/** Keccak-256 as a lower-case hash string. */
export function keccak256Hex(bytes: Uint8Array): KeccakHash {
  return bytesToHexString(digestOf(bytes))
}

/** Writes Keccak-256 of `bytes` to 32 bytes of `target` from `offset` on, which may be among the bytes. */
export function keccak256Into(bytes: Uint8Array, target: Uint8Array, offset: number): void {
  target.set(digestOf(bytes), offset)
}

function loadJavaScript(): Hasher {
  const load = createRequire(import.meta.url)
  return (load('@noble/hashes/sha3.js') as typeof import('@noble/hashes/sha3.js')).keccak_256
}

/** `undefined` where WebAssembly is not to be had, or gives wrong digests. */
function loadWasm(): Hasher | undefined {
  try {
    const hasher = hasherOf(instantiateKeccak(1))
    const digests = SAMPLE_LENGTHS.map((length) => {
      return new Uint8Array(hasher(Uint8Array.from({ length }, (_, index) => index)))
    })
    const agrees = bytesToHexString(hasher(Buffer.concat(digests))) === DIGEST_OF_SAMPLES
    return agrees ? hasher : undefined
  } catch {
    return undefined
  }
}

function hasherOf({ memory, keccak256, absorb, finish }: KeccakInstance): Hasher {
  const digest = memory.subarray(DIGEST, DIGEST + DIGEST_BYTES)
  const hashInParts = (bytes: Uint8Array): void => {
    memory.fill(0, STATE, STATE + KECCAK_STATE_BYTES)
    let start = 0
    while (bytes.length - start >= INPUT_BYTES) {
      memory.set(bytes.subarray(start, start + INPUT_BYTES), INPUT)
      absorb(STATE, INPUT, INPUT_BLOCKS)
      start += INPUT_BYTES
    }
    memory.set(bytes.subarray(start), INPUT)
    finish(STATE, INPUT, bytes.length - start, DIGEST)
  }
  return (bytes) => {
    if (bytes.length > INPUT_BYTES) {
      hashInParts(bytes)
    } else {
      memory.set(bytes, INPUT)
      keccak256(INPUT, bytes.length, DIGEST)
    }
    return digest
  }
}
