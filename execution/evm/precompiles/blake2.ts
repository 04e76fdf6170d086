import { compileBlake2 } from './blake2-module.ts'
import type { Precompile } from './precompile.ts'

const INPUT_BYTES = 213
const STATE_OFFSET = 4
const STATE_BYTES = 64
const MESSAGE_OFFSET = 68
const MESSAGE_BYTES = 128
const COUNTER_OFFSET = 196
const COUNTER_BYTES = 16
const FINAL_OFFSET = 212

/** Where the module has what: the work vector is the state, then the initial state of SHA-512; the message follows. */
const WORK_INITIAL = 64
const WORK_COUNTER = 96
const WORK_FINAL = 112
const WORK_MESSAGE = 128

const { words, mix } = compileBlake2()

/** 0x09: the compression function F of BLAKE2b (EIP-152, RFC 7693 section 3.2). A unit of gas a round. */
export const blake2Compress: Precompile = {
  gas: (input) => (input.length === INPUT_BYTES ? BigInt(roundsOf(input)) : 0n),
  run(input) {
    const isFinal = input[FINAL_OFFSET]
    if (input.length !== INPUT_BYTES || (isFinal !== 0 && isFinal !== 1)) return undefined
    const state = input.subarray(STATE_OFFSET, STATE_OFFSET + STATE_BYTES)
    words.set(state)
    words.set(INITIAL_STATE, WORK_INITIAL)
    for (let byte = 0; byte < COUNTER_BYTES; byte++) words[WORK_COUNTER + byte]! ^= input[COUNTER_OFFSET + byte]!
    if (isFinal === 1) for (let byte = 0; byte < 8; byte++) words[WORK_FINAL + byte]! ^= 0xff
    words.set(input.subarray(MESSAGE_OFFSET, MESSAGE_OFFSET + MESSAGE_BYTES), WORK_MESSAGE)
    mix(roundsOf(input))
    return state.map((value, byte) => value ^ words[byte]! ^ words[WORK_INITIAL + byte]!)
  },
}

function roundsOf(input: Uint8Array): number {
  return new DataView(input.buffer, input.byteOffset).getUint32(0)
}

/** The initial state of SHA-512 (RFC 7693 section 2.6), little-endian. */
const INITIAL_STATE = new Uint8Array(
  BigUint64Array.of(
    ...[0x6a09e667f3bcc908n, 0xbb67ae8584caa73bn, 0x3c6ef372fe94f82bn, 0xa54ff53a5f1d36f1n],
    ...[0x510e527fade682d1n, 0x9b05688c2b3e6c1fn, 0x1f83d9abfb41bd6bn, 0x5be0cd19137e2179n],
  ).buffer,
)
