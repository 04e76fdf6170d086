import { type FunctionBody, type Local, ModuleBuilder } from '../../../primitives/wasm/encoder.ts'
import { type WasmFunction, webAssembly } from '../../../primitives/wasm/webassembly.ts'

/**
 * The rounds of the compression function of BLAKE2b (RFC 7693 section 3.2) as a WebAssembly module, which has 64-bit words: 12 ns
 * a round, where halves of 32 bits in JavaScript took 140 ns. Made here since no library offers the function alone.
 */
export interface Blake2Module {
  /** 16 words of the work vector, then 16 of the message, little-endian. */
  readonly words: Uint8Array
  /** Mixes the work vector in place. `rounds` is unsigned. */
  mix(rounds: number): void
}

const WORDS = 16
const WORD_BYTES = 8

/**
 * Rounds of one call of the module, a multiple of ten. Its code is first compiled quickly and then well, and the better
 * code is only used from the next call on.
 */
const ROUNDS_PER_CALL = 10_000

/** Compiled once a thread. */
export function compileBlake2(): Blake2Module {
  const builder = new ModuleBuilder()
  builder.importMemory('env', 'memory', 1)
  builder.function(['i32'], [], writeMix, 'mix')
  const memory = new webAssembly.Memory({ initial: 1, maximum: 1 })
  const { exports } = new webAssembly.Instance(new webAssembly.Module(builder.encode()), { env: { memory } })
  const mix = exports.mix as WasmFunction
  return {
    words: new Uint8Array(memory.buffer, 0, 2 * WORDS * WORD_BYTES),
    mix(rounds) {
      for (let left = rounds; left > 0; left -= ROUNDS_PER_CALL) mix(Math.min(left, ROUNDS_PER_CALL))
    },
  }
}

/** Which words of the message each round mixes in; they repeat after ten (RFC 7693 section 2.7). */
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
] as const

/** Columns, then diagonals, of the work vector as a matrix of four by four. */
const QUADRUPLES = [
  [0, 4, 8, 12],
  [1, 5, 9, 13],
  [2, 6, 10, 14],
  [3, 7, 11, 15],
  [0, 5, 10, 15],
  [1, 6, 11, 12],
  [2, 7, 8, 13],
  [3, 4, 9, 14],
] as const

/** The parameter. */
const ROUNDS: Local = 0

/** All words are kept in locals while rounds are left, ten of them written out in each turn of the loop. */
function writeMix(body: FunctionBody): void {
  const words = Array.from({ length: 2 * WORDS }, () => body.local('i64'))
  const work = words.slice(0, WORDS)
  const message = words.slice(WORDS)
  for (const [index, word] of words.entries()) {
    body
      .i32(0)
      .memory('i64.load', index * WORD_BYTES)
      .set(word)
  }
  body.block((done) => {
    body.loop((next) => {
      for (const order of SCHEDULE) {
        body.get(ROUNDS).emit('i32.eqz').brIf(done)
        body.get(ROUNDS).i32(1).emit('i32.sub').set(ROUNDS)
        for (const [index, quadruple] of QUADRUPLES.entries()) {
          const [x, y] = [message[order[2 * index]!]!, message[order[2 * index + 1]!]!]
          const [a, b, c, d] = quadruple
          writeMixing(body, [work[a]!, work[b]!, work[c]!, work[d]!], x, y)
        }
      }
      body.br(next)
    })
  })
  for (const [index, word] of work.entries()) {
    body
      .i32(0)
      .get(word)
      .memory('i64.store', index * WORD_BYTES)
  }
}

type Quadruple = readonly [Local, Local, Local, Local]

/** The function G (RFC 7693 section 3.1). */
function writeMixing(body: FunctionBody, [a, b, c, d]: Quadruple, x: Local, y: Local): void {
  const add = (to: Local, ...terms: readonly Local[]) => {
    body.get(to)
    for (const term of terms) body.get(term).emit('i64.add')
    body.set(to)
  }
  const xorRotated = (to: Local, from: Local, bits: number) =>
    body.get(to).get(from).emit('i64.xor').i64(bits).emit('i64.rotr').set(to)
  add(a, b, x)
  xorRotated(d, a, 32)
  add(c, d)
  xorRotated(b, c, 24)
  add(a, b, y)
  xorRotated(d, a, 16)
  add(c, d)
  xorRotated(b, c, 63)
}
