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

/** What is used of it here; the types of Node leave it out. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (
    module: object,
  ) => { readonly exports: { readonly memory: { readonly buffer: ArrayBuffer }; mix(rounds: number): void } }
}

const { Module, Instance } = (globalThis as unknown as { readonly WebAssembly: WebAssemblyApi }).WebAssembly

/**
 * Rounds of one call of the module, a multiple of ten. Its code is first compiled quickly and then well, and the better
 * code is only used from the next call on.
 */
const ROUNDS_PER_CALL = 10_000

/** Compiled once a thread. */
export function compileBlake2(): Blake2Module {
  const { memory, mix } = new Instance(new Module(moduleBytes())).exports
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

type Code = readonly number[]

/** Opcodes of WebAssembly 1.0, section 5.4. */
const END = 0x0b
const VOID = 0x40
const blockOf = (body: Code): Code => [0x02, VOID, ...body, END]
const loopOf = (body: Code): Code => [0x03, VOID, ...body, END]
const branch = (depth: number): Code => [0x0c, depth]
const branchIf = (depth: number): Code => [0x0d, depth]
const get = (local: number): Code => [0x20, local]
const set = (local: number): Code => [0x21, local]
const i32Const = (value: number): Code => [0x41, ...signed(value)]
const i32IsZero: Code = [0x45]
const i32Subtract: Code = [0x6b]
const i64Const = (value: number): Code => [0x42, ...signed(value)]
const i64Load = (offset: number): Code => [0x29, 0x03, ...unsigned(offset)]
const i64Store = (offset: number): Code => [0x37, 0x03, ...unsigned(offset)]
const i64Add: Code = [0x7c]
const i64Xor: Code = [0x85]
const i64RotateRight: Code = [0x8a]

/** The parameter; the words follow it. */
const ROUNDS = 0
const workLocal = (word: number): number => 1 + word
const messageLocal = (word: number): number => 1 + WORDS + word

/** All words are kept in locals while rounds are left, ten of them written out in each turn of the loop. */
function mixBody(): Code {
  const all = Array.from({ length: 2 * WORDS }, (_, word) => word)
  const load = all.flatMap((word) => [...i32Const(0), ...i64Load(word * WORD_BYTES), ...set(workLocal(word))])
  const store = all
    .slice(0, WORDS)
    .flatMap((word) => [...i32Const(0), ...get(workLocal(word)), ...i64Store(word * WORD_BYTES)])
  const stopAtNone = [...get(ROUNDS), ...i32IsZero, ...branchIf(1)]
  const countDown = [...get(ROUNDS), ...i32Const(1), ...i32Subtract, ...set(ROUNDS)]
  const rounds = SCHEDULE.flatMap((words) => [...stopAtNone, ...countDown, ...mixRound(words)])
  return [...load, ...blockOf(loopOf([...rounds, ...branch(0)])), ...store, END]
}

function mixRound(words: readonly number[]): Code {
  return QUADRUPLES.flatMap((quadruple, index) => mixQuadruple(quadruple, words[2 * index]!, words[2 * index + 1]!))
}

/** The function G (RFC 7693 section 3.1). */
function mixQuadruple([a, b, c, d]: readonly [number, number, number, number], x: number, y: number): Code {
  const addMessage = (word: number): Code => [
    ...[...get(workLocal(a)), ...get(workLocal(b)), ...i64Add, ...get(messageLocal(word)), ...i64Add],
    ...set(workLocal(a)),
  ]
  const add = (to: number, from: number): Code => [
    ...[...get(workLocal(to)), ...get(workLocal(from)), ...i64Add],
    ...set(workLocal(to)),
  ]
  const xorRotated = (to: number, from: number, bits: number): Code => [
    ...[...get(workLocal(to)), ...get(workLocal(from)), ...i64Xor, ...i64Const(bits), ...i64RotateRight],
    ...set(workLocal(to)),
  ]
  return [
    ...[...addMessage(x), ...xorRotated(d, a, 32), ...add(c, d), ...xorRotated(b, c, 24)],
    ...[...addMessage(y), ...xorRotated(d, a, 16), ...add(c, d), ...xorRotated(b, c, 63)],
  ]
}

const I32 = 0x7f
const I64 = 0x7e
const FUNCTION_TYPE = 0x60

/** Sections 5.5.4 to 5.5.13: one type, one function, one page of memory, both exported. */
function moduleBytes(): Uint8Array {
  const locals = [1, ...unsigned(2 * WORDS), I64]
  const body = [...locals, ...mixBody()]
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, [1, FUNCTION_TYPE, 1, I32, 0]),
    ...section(3, [1, 0]),
    ...section(5, [1, 0x00, 1]),
    ...section(7, [2, ...exported('memory', 0x02), ...exported('mix', 0x00)]),
    ...section(10, [1, ...unsigned(body.length), ...body]),
  ])
}

function section(id: number, content: Code): Code {
  return [id, ...unsigned(content.length), ...content]
}

function exported(name: string, kind: number): Code {
  return [name.length, ...new TextEncoder().encode(name), kind, 0]
}

/** LEB128 (section 5.2.2). */
function unsigned(value: number): Code {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)]
}

/** The same of a number that is not negative where a sign is expected. */
function signed(value: number): Code {
  return value < 0x40 ? [value] : [(value & 0x7f) | 0x80, ...signed(value >>> 7)]
}
