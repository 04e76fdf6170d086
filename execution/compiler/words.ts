import type { FunctionBody, Local, ModuleBuilder, ValueType } from '../../primitives/wasm/encoder.ts'
import { CONTROL } from '../state/linear-memory.ts'

/**
 * Functions of 256-bit arithmetic for what is too long to be written out at each place. A word is four i64, least
 * significant first.
 */
export interface WordFunctions {
  /** a, b -> a * b */
  readonly multiply: number
  /** a, b -> a / b, a mod b, signed; 0 for b = 0 */
  readonly divide: number
  readonly modulo: number
  readonly signedDivide: number
  readonly signedModulo: number
  /** a, b, n -> (a + b) mod n, (a * b) mod n; 0 for n = 0 */
  readonly addModulo: number
  readonly multiplyModulo: number
  /** base, exponent -> base ^ exponent */
  readonly power: number
  /** i32 below 256, word -> word */
  readonly shiftLeft: number
  readonly shiftRight: number
  readonly shiftRightSigned: number
}

type Word = readonly [Local, Local, Local, Local]

const WORD: readonly ValueType[] = ['i64', 'i64', 'i64', 'i64']
const TWO_WORDS = [...WORD, ...WORD]
const THREE_WORDS = [...TWO_WORDS, ...WORD]
const LOW_32 = 0xffff_ffffn

const A: Word = [0, 1, 2, 3]
const B: Word = [4, 5, 6, 7]
const N: Word = [8, 9, 10, 11]

export const WORD_FUNCTIONS: Readonly<Record<keyof WordFunctions, readonly ValueType[]>> = {
  multiply: TWO_WORDS,
  divide: TWO_WORDS,
  modulo: TWO_WORDS,
  signedDivide: TWO_WORDS,
  signedModulo: TWO_WORDS,
  addModulo: THREE_WORDS,
  multiplyModulo: THREE_WORDS,
  power: TWO_WORDS,
  shiftLeft: ['i32', ...WORD],
  shiftRight: ['i32', ...WORD],
  shiftRightSigned: ['i32', ...WORD],
}

/** All of them, exported by their names. */
export function defineWordFunctions(module: ModuleBuilder): WordFunctions {
  const longDivide = module.function(['i32', 'i32', 'i32'], ['i32'], longDivision)
  const wideProduct = module.function(['i64', 'i64'], ['i64', 'i64'], wideMultiplication)
  const define = (name: keyof WordFunctions, write: (body: FunctionBody) => void): number =>
    module.function(WORD_FUNCTIONS[name], WORD, write, name)

  const multiply = define('multiply', multiplication)
  const divide = define('divide', (body) => quotientOrRemainder(body, A, B, longDivide, 'quotient'))
  const modulo = define('modulo', (body) => quotientOrRemainder(body, A, B, longDivide, 'remainder'))
  return {
    multiply,
    divide,
    modulo,
    signedDivide: define('signedDivide', (body) => signed(body, divide, 'quotient')),
    signedModulo: define('signedModulo', (body) => signed(body, modulo, 'remainder')),
    addModulo: define('addModulo', (body) => additionModulo(body, longDivide)),
    multiplyModulo: define('multiplyModulo', (body) => multiplicationModulo(body, longDivide, wideProduct)),
    power: define('power', (body) => exponentiation(body, multiply)),
    shiftLeft: define('shiftLeft', shiftingLeft),
    shiftRight: define('shiftRight', (body) => shiftingRight(body, false)),
    shiftRightSigned: define('shiftRightSigned', (body) => shiftingRight(body, true)),
  }
}

function word(body: FunctionBody): Word {
  return [body.local('i64'), body.local('i64'), body.local('i64'), body.local('i64')]
}

function getWord(body: FunctionBody, limbs: readonly Local[]): void {
  for (const limb of limbs) body.get(limb)
}

/** From the stack, whose top is the highest limb. */
function setWord(body: FunctionBody, limbs: readonly Local[]): void {
  for (const limb of limbs.toReversed()) body.set(limb)
}

function orOf(body: FunctionBody, limbs: readonly Local[]): void {
  body.get(limbs[0]!)
  for (const limb of limbs.slice(1)) body.get(limb).emit('i64.or')
}

/** Leaves a zero word and returns. */
function returnZero(body: FunctionBody): void {
  body.i64(0).i64(0).i64(0).i64(0).emit('return')
}

/** x, y -> low and high half of the product, by four products of 32-bit halves. */
function wideMultiplication(body: FunctionBody): void {
  const [x, y] = [0, 1]
  const [xl, xh, yl, yh, middle, other] = Array.from({ length: 6 }, () => body.local('i64')) as [
    Local,
    Local,
    Local,
    Local,
    Local,
    Local,
  ]
  body.get(x).get(y).emit('i64.mul')
  halves(body, x, xl, xh)
  halves(body, y, yl, yh)
  highHalf(body, { xl, xh, yl, yh, middle, other })
}

function halves(body: FunctionBody, of: Local, low: Local, high: Local): void {
  body.get(of).i64(LOW_32).emit('i64.and').set(low)
  body.get(of).i64(32).emit('i64.shr_u').set(high)
}

interface Halves {
  readonly xl: Local
  readonly xh: Local
  readonly yl: Local
  readonly yh: Local
  readonly middle: Local
  readonly other: Local
}

/** Pushes the high half of a product of 64-bit numbers given by their halves. */
function highHalf(body: FunctionBody, { xl, xh, yl, yh, middle, other }: Halves): void {
  body.get(xh).get(yl).emit('i64.mul')
  body.get(xl).get(yl).emit('i64.mul').i64(32).emit('i64.shr_u').emit('i64.add').set(middle)
  body.get(xl).get(yh).emit('i64.mul').get(middle).i64(LOW_32).emit('i64.and').emit('i64.add').set(other)
  body.get(xh).get(yh).emit('i64.mul')
  body.get(middle).i64(32).emit('i64.shr_u').emit('i64.add')
  body.get(other).i64(32).emit('i64.shr_u').emit('i64.add')
}

/** Row by row of limbs; a carry goes to the next limb, which is not final yet, so none ripples. */
function multiplication(body: FunctionBody): void {
  const low = [0, 1, 2].map(() => ({ a: body.local('i64'), b: body.local('i64') }))
  const high = [0, 1, 2].map(() => ({ a: body.local('i64'), b: body.local('i64') }))
  for (let limb = 0; limb < 3; limb++) {
    halves(body, A[limb]!, low[limb]!.a, high[limb]!.a)
    halves(body, B[limb]!, low[limb]!.b, high[limb]!.b)
  }
  const [r0, r1, r2, r3] = word(body)
  const middle = body.local('i64')
  const other = body.local('i64')
  const pushHigh = (i: number, j: number): void =>
    highHalf(body, { xl: low[i]!.a, xh: high[i]!.a, yl: low[j]!.b, yh: high[j]!.b, middle, other })
  const pushLow = (i: number, j: number): void => {
    body.get(A[i]!).get(B[j]!).emit('i64.mul')
  }
  /** Adds what is on the stack to `to`, and the carry to `next`. */
  const addCarrying = (to: Local, next: Local): void => {
    body.tee(other).get(to).emit('i64.add').tee(to).get(other).emit('i64.lt_u').emit('i64.extend_i32_u')
    body.get(next).emit('i64.add').set(next)
  }
  const addTo = (to: Local): void => {
    body.get(to).emit('i64.add').set(to)
  }
  pushLow(0, 0)
  body.set(r0)
  pushHigh(0, 0)
  body.set(r1)
  // Carries out of r1 need r2 to stand already.
  body.i64(0).set(r2).i64(0).set(r3)
  for (const [i, j] of [
    [0, 1],
    [1, 0],
  ] as const) {
    pushLow(i, j)
    addCarrying(r1, r2)
  }
  for (const [i, j] of [
    [0, 1],
    [1, 0],
  ] as const) {
    pushHigh(i, j)
    addCarrying(r2, r3)
  }
  for (const [i, j] of [
    [0, 2],
    [1, 1],
    [2, 0],
  ] as const) {
    pushLow(i, j)
    addCarrying(r2, r3)
    pushHigh(i, j)
    addTo(r3)
  }
  for (const [i, j] of [
    [0, 3],
    [1, 2],
    [2, 1],
    [3, 0],
  ] as const) {
    pushLow(i, j)
    addTo(r3)
  }
  getWord(body, [r0, r1, r2, r3])
}

/**
 * Division by 32-bit digits (Knuth, The Art of Computer Programming 2, 4.3.1, algorithm D): address of the dividend's digits,
 * their count m (one more digit of room behind them), the significant digits n > 0 of the divisor at its fixed
 * place. The quotient is written to its fixed place, of which m digits are set; the remainder stays in the first n digits of the
 * dividend, all others become 0. Returns 0.
 */
function longDivision(body: FunctionBody): void {
  const [u, m, n] = [0, 1, 2]
  const { divisor, quotient } = CONTROL
  const i32 = (): Local => body.local('i32')
  const i64 = (): Local => body.local('i64')
  const [j, i, at, shift] = [i32(), i32(), i32(), i32()]
  const [top, second, estimate, rest, carry, product, difference] = [i64(), i64(), i64(), i64(), i64(), i64(), i64()]

  /** Pushes the address of digit `index` of an array at `base`. */
  const digit = (base: Local | undefined, index: Local): FunctionBody => {
    body.get(index).i32(2).emit('i32.shl')
    return base === undefined ? body : body.get(base).emit('i32.add')
  }

  // One digit: each step is a division of 64 by 32 bits.
  body.get(n).i32(1).emit('i32.eq')
  body.if(() => {
    body.i32(divisor).memory('i64.load32_u').set(top).i64(0).set(rest)
    body.get(m).set(j)
    body.loop((next) => {
      body.get(j).i32(1).emit('i32.sub').set(j)
      digit(u, j).tee(at).memory('i64.load32_u').get(rest).i64(32).emit('i64.shl').emit('i64.or').set(product)
      digit(undefined, j).get(product).get(top).emit('i64.div_u').memory('i64.store32', quotient)
      body.get(product).get(top).emit('i64.rem_u').set(rest)
      body.get(at).i32(0).memory('i32.store')
      body.get(j).brIf(next)
    })
    body.get(u).get(rest).memory('i64.store32')
    body.i32(0).emit('return')
  })

  // Both shifted so that the highest digit of the divisor has its highest bit.
  body.get(n).i32(1).emit('i32.sub').i32(2).emit('i32.shl').memory('i32.load', divisor).emit('i32.clz').set(shift)
  const shiftLeft = (base: Local | undefined, offset: number, count: Local): void => {
    body.i64(0).set(carry).i32(0).set(i)
    body.loop((next) => {
      digit(base, i).tee(at)
      body.get(at).memory('i64.load32_u', offset).get(shift).emit('i64.extend_i32_u').emit('i64.shl')
      body.get(carry).emit('i64.or').tee(product).memory('i64.store32', offset)
      body.get(product).i64(32).emit('i64.shr_u').set(carry)
      body.get(i).i32(1).emit('i32.add').tee(i).get(count).emit('i32.lt_u').brIf(next)
    })
  }
  shiftLeft(undefined, divisor, n)
  shiftLeft(u, 0, m)
  digit(u, m).get(carry).memory('i64.store32')

  body.get(n).i32(1).emit('i32.sub').i32(2).emit('i32.shl').tee(at).memory('i64.load32_u', divisor).set(top)
  body
    .get(at)
    .memory('i64.load32_u', divisor - 4)
    .set(second)
  body.get(m).get(n).emit('i32.sub').set(j)
  body.loop((nextDigit) => {
    // The estimate, never too low and at most two too high before its correction.
    body.get(j).get(n).emit('i32.add').set(i)
    digit(u, i).tee(at).memory('i64.load32_u').i64(32).emit('i64.shl')
    body.get(at).i32(4).emit('i32.sub').memory('i64.load32_u').emit('i64.or').tee(product)
    body.get(top).emit('i64.div_u').set(estimate)
    body.get(product).get(estimate).get(top).emit('i64.mul').emit('i64.sub').set(rest)
    body.block((corrected) => {
      body.loop((again) => {
        body.get(estimate).i64(32).emit('i64.shr_u').i64(0).emit('i64.ne')
        body.get(estimate).get(second).emit('i64.mul')
        body.get(rest).i64(32).emit('i64.shl')
        body.get(at).i32(8).emit('i32.sub').memory('i64.load32_u').emit('i64.or')
        body.emit('i64.gt_u').emit('i32.or').emit('i32.eqz').brIf(corrected)
        body.get(estimate).i64(1).emit('i64.sub').set(estimate)
        body.get(rest).get(top).emit('i64.add').tee(rest)
        body.i64(32).emit('i64.shr_u').emit('i64.eqz').brIf(again)
      })
    })
    // Subtracts the product of estimate and divisor.
    body.i64(0).set(carry).i32(0).set(i)
    body.loop((next) => {
      body.get(estimate)
      digit(undefined, i).memory('i64.load32_u', divisor).emit('i64.mul').get(carry).emit('i64.add').set(product)
      body.get(i).get(j).emit('i32.add').i32(2).emit('i32.shl').get(u).emit('i32.add').tee(at)
      body.get(at).memory('i64.load32_u').get(product).i64(LOW_32).emit('i64.and').emit('i64.sub').tee(difference)
      body.memory('i64.store32')
      // The borrow is the sign of the difference.
      body.get(product).i64(32).emit('i64.shr_u').get(difference).i64(63).emit('i64.shr_u').emit('i64.add').set(carry)
      body.get(i).i32(1).emit('i32.add').tee(i).get(n).emit('i32.lt_u').brIf(next)
    })
    body.get(i).get(j).emit('i32.add').i32(2).emit('i32.shl').get(u).emit('i32.add').tee(at)
    body.get(at).memory('i64.load32_u').get(carry).emit('i64.sub').tee(difference).memory('i64.store32')
    body.get(difference).i64(0).emit('i64.lt_s')
    body.if(() => {
      // One too high after all: adds the divisor back.
      body.get(estimate).i64(1).emit('i64.sub').set(estimate)
      body.i64(0).set(carry).i32(0).set(i)
      body.loop((next) => {
        body.get(i).get(j).emit('i32.add').i32(2).emit('i32.shl').get(u).emit('i32.add').tee(at)
        body.get(at).memory('i64.load32_u')
        digit(undefined, i).memory('i64.load32_u', divisor).emit('i64.add').get(carry).emit('i64.add').tee(product)
        body.memory('i64.store32')
        body.get(product).i64(32).emit('i64.shr_u').set(carry)
        body.get(i).i32(1).emit('i32.add').tee(i).get(n).emit('i32.lt_u').brIf(next)
      })
      body.get(i).get(j).emit('i32.add').i32(2).emit('i32.shl').get(u).emit('i32.add').tee(at)
      body.get(at).memory('i64.load32_u').get(carry).emit('i64.add').memory('i64.store32')
    })
    digit(undefined, j).get(estimate).memory('i64.store32', quotient)
    body.get(j).i32(1).emit('i32.sub').tee(j).i32(0).emit('i32.ge_s').brIf(nextDigit)
  })

  // The remainder, shifted back.
  body.get(n).set(i).i64(0).set(carry)
  body.loop((next) => {
    body.get(i).i32(1).emit('i32.sub').set(i)
    digit(u, i).tee(at)
    body.get(at).memory('i64.load32_u').get(carry).i64(32).emit('i64.shl').emit('i64.or').tee(product)
    body.get(shift).emit('i64.extend_i32_u').emit('i64.shr_u').memory('i64.store32')
    body.get(product).i64(LOW_32).emit('i64.and').set(carry)
    body.get(i).brIf(next)
  })
  body.i32(0)
}

/** Writes a word to its place in memory. */
function storeWord(body: FunctionBody, address: number, limbs: readonly Local[]): void {
  for (const [index, limb] of limbs.entries())
    body
      .i32(0)
      .get(limb)
      .memory('i64.store', address + 8 * index)
}

function loadWord(body: FunctionBody, address: number): void {
  for (let index = 0; index < 4; index++) body.i32(0).memory('i64.load', address + 8 * index)
}

/** Sets `count` to the significant 32-bit digits of a number given by its limbs. */
function countDigits(body: FunctionBody, limbs: readonly Local[], count: Local): void {
  body.i32(0).set(count)
  for (const [index, limb] of limbs.entries()) {
    body.get(limb).emit('i64.eqz').emit('i32.eqz')
    body.if(() => {
      body.i32(2 * index + 1)
      body.get(limb).i64(32).emit('i64.shr_u').i64(0).emit('i64.ne').emit('i32.add').set(count)
    })
  }
}

function zeroQuotient(body: FunctionBody, limbs: number): void {
  for (let index = 0; index < limbs; index++)
    body
      .i32(0)
      .i64(0)
      .memory('i64.store', CONTROL.quotient + 8 * index)
}

/**
 * Pushes quotient or remainder of two words by the cheapest way: 64-bit division, comparison, or long division, of which the
 * first digits of both operands decide how long it is.
 */
function quotientOrRemainder(
  body: FunctionBody,
  a: Word,
  b: Word,
  longDivide: number,
  wanted: 'quotient' | 'remainder',
): void {
  const [m, n] = [body.local('i32'), body.local('i32')]
  orOf(body, b)
  body.emit('i64.eqz')
  body.if(() => returnZero(body))
  orOf(body, [a[1], a[2], a[3], b[1], b[2], b[3]])
  body.emit('i64.eqz')
  body.if(() => {
    body
      .get(a[0])
      .get(b[0])
      .emit(wanted === 'quotient' ? 'i64.div_u' : 'i64.rem_u')
    body.i64(0).i64(0).i64(0).emit('return')
  })
  countDigits(body, a, m)
  countDigits(body, b, n)
  body.get(m).get(n).emit('i32.lt_u')
  body.if(() => {
    if (wanted === 'quotient') returnZero(body)
    else {
      getWord(body, a)
      body.emit('return')
    }
  })
  storeWord(body, CONTROL.dividend, a)
  storeWord(body, CONTROL.divisor, b)
  if (wanted === 'quotient') zeroQuotient(body, 4)
  body.i32(CONTROL.dividend).get(m).get(n).call(longDivide).emit('drop')
  loadWord(body, wanted === 'quotient' ? CONTROL.quotient : CONTROL.dividend)
}

/** Sets `to` to the two's complement of `from`. */
function negate(body: FunctionBody, from: Word, to: Word): void {
  // From the highest limb down, so that `to` may be `from`.
  for (let limb = 3; limb > 0; limb--) {
    body.i64(0).get(from[limb]!).emit('i64.sub')
    orOf(body, from.slice(0, limb))
    body.i64(0).emit('i64.ne').emit('i64.extend_i32_u').emit('i64.sub').set(to[limb]!)
  }
  body.i64(0).get(from[0]).emit('i64.sub').set(to[0])
}

/** By the absolute values: a quotient has the sign of the product, a remainder that of the dividend. */
function signed(body: FunctionBody, unsigned: number, kind: 'quotient' | 'remainder'): void {
  const isNegative = body.local('i32')
  body.get(A[3])
  if (kind === 'quotient') body.get(B[3]).emit('i64.xor')
  body.i64(0).emit('i64.lt_s').set(isNegative)
  for (const operand of [A, B]) {
    body.get(operand[3]).i64(0).emit('i64.lt_s')
    body.if(() => negate(body, operand, operand))
  }
  getWord(body, A)
  getWord(body, B)
  body.call(unsigned)
  setWord(body, A)
  body.get(isNegative)
  body.if(() => negate(body, A, A))
  getWord(body, A)
}

/** Pushes the dividend at its place, of so many limbs, modulo N; the product or sum has been written there. */
function longRemainder(body: FunctionBody, limbs: number, longDivide: number): void {
  const [m, n, at] = [body.local('i32'), body.local('i32'), body.local('i32')]
  countDigits(body, N, n)
  // Significant digits of the dividend, but at least as many as the divisor has: leading zeros do no harm.
  body.i32(2 * limbs).set(m)
  body.block((counted) => {
    body.loop((next) => {
      body.get(m).get(n).emit('i32.le_u').brIf(counted)
      body
        .get(m)
        .i32(2)
        .emit('i32.shl')
        .tee(at)
        .memory('i32.load', CONTROL.dividend - 4)
        .brIf(counted)
      body.get(m).i32(1).emit('i32.sub').set(m).br(next)
    })
  })
  storeWord(body, CONTROL.divisor, N)
  body.i32(CONTROL.dividend).get(m).get(n).call(longDivide).emit('drop')
  loadWord(body, CONTROL.dividend)
}

/** The sum has up to 257 bits. */
function additionModulo(body: FunctionBody, longDivide: number): void {
  orOf(body, N)
  body.emit('i64.eqz')
  body.if(() => returnZero(body))
  const carry = body.local('i64')
  const sum = word(body)
  const next = body.local('i64')
  body.i64(0).set(carry)
  for (let limb = 0; limb < 4; limb++) {
    body.get(A[limb]!).get(B[limb]!).emit('i64.add').tee(sum[limb]!).get(A[limb]!).emit('i64.lt_u')
    body.emit('i64.extend_i32_u').set(next)
    body.get(sum[limb]!).get(carry).emit('i64.add').tee(sum[limb]!).get(carry).emit('i64.lt_u')
    body.emit('i64.extend_i32_u').get(next).emit('i64.or').set(carry)
  }
  orOf(body, [sum[1], sum[2], sum[3], carry, N[1], N[2], N[3]])
  body.emit('i64.eqz')
  body.if(() => body.get(sum[0]).get(N[0]).emit('i64.rem_u').i64(0).i64(0).i64(0).emit('return'))
  storeWord(body, CONTROL.dividend, [...sum, carry])
  longRemainder(body, 5, longDivide)
}

/** The product has up to 512 bits. */
function multiplicationModulo(body: FunctionBody, longDivide: number, wideProduct: number): void {
  orOf(body, N)
  body.emit('i64.eqz')
  body.if(() => returnZero(body))
  orOf(body, [A[1], A[2], A[3], B[1], B[2], B[3], N[1], N[2], N[3]])
  body.get(A[0]).get(B[0]).emit('i64.or').i64(32).emit('i64.shr_u').emit('i64.or').emit('i64.eqz')
  body.if(() => {
    body.get(A[0]).get(B[0]).emit('i64.mul').get(N[0]).emit('i64.rem_u').i64(0).i64(0).i64(0).emit('return')
  })
  const product = Array.from({ length: 8 }, () => body.local('i64'))
  const [low, high, carry] = [body.local('i64'), body.local('i64'), body.local('i64')]
  // Locals are 0 where no row has been yet, but a function's locals may have been lent before.
  for (const limb of product) body.i64(0).set(limb)
  for (let i = 0; i < 4; i++) {
    body.i64(0).set(carry)
    for (let j = 0; j < 4; j++) {
      const to = product[i + j]!
      body.get(A[i]!).get(B[j]!).call(wideProduct).set(high).set(low)
      body.get(to).get(low).emit('i64.add').tee(to).get(low).emit('i64.lt_u').emit('i64.extend_i32_u')
      body.get(high).emit('i64.add').set(high)
      body.get(to).get(carry).emit('i64.add').tee(to).get(carry).emit('i64.lt_u').emit('i64.extend_i32_u')
      body.get(high).emit('i64.add').set(carry)
    }
    body.get(carry).set(product[i + 4]!)
  }
  storeWord(body, CONTROL.dividend, product)
  longRemainder(body, 8, longDivide)
}

/**
 * A power of so few bits is one of 64-bit numbers: a square, most often, as of solc's `x ** 2`. The factors that are squared may overflow once they
 * are not used any more.
 */
function smallExponentiation(body: FunctionBody): void {
  const [result, factor, exponent] = [body.local('i64'), body.local('i64'), body.local('i64')]
  orOf(body, [...A.slice(1), ...B.slice(1)])
  body.get(B[0]).i64(6).emit('i64.shr_u').emit('i64.or').emit('i64.eqz')
  body.if(() => {
    body.i64(64).get(A[0]).emit('i64.clz').emit('i64.sub').get(B[0]).emit('i64.mul').i64(64).emit('i64.le_u')
    body.if(() => {
      body.i64(1).set(result).get(A[0]).set(factor).get(B[0]).set(exponent)
      body.loop((next) => {
        body.get(factor).i64(1).get(exponent).i64(1).emit('i64.and').emit('i32.wrap_i64').emit('select')
        body.get(result).emit('i64.mul').set(result)
        body.get(factor).get(factor).emit('i64.mul').set(factor)
        body.get(exponent).i64(1).emit('i64.shr_u').tee(exponent).emit('i64.eqz').emit('i32.eqz').brIf(next)
      })
      body.get(result).i64(0).i64(0).i64(0).emit('return')
    })
  })
}

/** By squaring, from the highest bit of the exponent down. */
function exponentiation(body: FunctionBody, multiply: number): void {
  smallExponentiation(body)
  const result = word(body)
  const [bit, limb] = [body.local('i32'), body.local('i64')]
  body.i64(1).i64(0).i64(0).i64(0)
  setWord(body, result)
  for (let index = 3; index >= 0; index--) {
    body.get(B[index]!).set(limb)
    // Whole limbs of zeros above the highest bit cost nothing: 1 squared is 1.
    orOf(body, B.slice(index))
    body.emit('i64.eqz').emit('i32.eqz')
    body.if(() => {
      body.i32(64).set(bit)
      // Zeros above the highest bit of all.
      if (index < 3) orOf(body, B.slice(index + 1))
      else body.i64(0)
      body.emit('i64.eqz')
      body.if(() => {
        body.i32(64).get(limb).emit('i64.clz').emit('i32.wrap_i64').emit('i32.sub').set(bit)
      })
      body.block((done) => {
        body.loop((next) => {
          body.get(bit).emit('i32.eqz').brIf(done)
          body.get(bit).i32(1).emit('i32.sub').set(bit)
          getWord(body, result)
          getWord(body, result)
          body.call(multiply)
          setWord(body, result)
          body.get(limb).get(bit).emit('i64.extend_i32_u').emit('i64.shr_u').i64(1).emit('i64.and')
          body.emit('i32.wrap_i64')
          body.if(() => {
            getWord(body, result)
            getWord(body, A)
            body.call(multiply)
            setWord(body, result)
          })
          body.br(next)
        })
      })
    })
  }
  getWord(body, result)
}

const AMOUNT = 0
const SHIFTED: Word = [1, 2, 3, 4]

/** Whole limbs by bits 7 and 6 of the amount, then the rest; `(x >>> 1) >>> (63 - r)` never shifts by 64. */
function shiftingLeft(body: FunctionBody): void {
  const [x0, x1, x2, x3] = SHIFTED
  const rest = body.local('i64')
  body.get(AMOUNT).i32(128).emit('i32.and')
  body.if(() => body.get(x1).set(x3).get(x0).set(x2).i64(0).set(x1).i64(0).set(x0))
  body.get(AMOUNT).i32(64).emit('i32.and')
  body.if(() => body.get(x2).set(x3).get(x1).set(x2).get(x0).set(x1).i64(0).set(x0))
  body.get(AMOUNT).i32(63).emit('i32.and').emit('i64.extend_i32_u').set(rest)
  for (const [to, from] of [
    [x3, x2],
    [x2, x1],
    [x1, x0],
  ] as const) {
    body.get(to).get(rest).emit('i64.shl')
    body.get(from).i64(1).emit('i64.shr_u').i64(63).get(rest).emit('i64.sub').emit('i64.shr_u').emit('i64.or').set(to)
  }
  body.get(x0).get(rest).emit('i64.shl').set(x0)
  getWord(body, SHIFTED)
}

function shiftingRight(body: FunctionBody, isSigned: boolean): void {
  const [x0, x1, x2, x3] = SHIFTED
  const [rest, fill] = [body.local('i64'), body.local('i64')]
  if (isSigned) body.get(x3).i64(63).emit('i64.shr_s').set(fill)
  else body.i64(0).set(fill)
  body.get(AMOUNT).i32(128).emit('i32.and')
  body.if(() => body.get(x2).set(x0).get(x3).set(x1).get(fill).set(x2).get(fill).set(x3))
  body.get(AMOUNT).i32(64).emit('i32.and')
  body.if(() => body.get(x1).set(x0).get(x2).set(x1).get(x3).set(x2).get(fill).set(x3))
  body.get(AMOUNT).i32(63).emit('i32.and').emit('i64.extend_i32_u').set(rest)
  for (const [to, from] of [
    [x0, x1],
    [x1, x2],
    [x2, x3],
  ] as const) {
    body.get(to).get(rest).emit('i64.shr_u')
    body.get(from).i64(1).emit('i64.shl').i64(63).get(rest).emit('i64.sub').emit('i64.shl').emit('i64.or').set(to)
  }
  body
    .get(x3)
    .get(rest)
    .emit(isSigned ? 'i64.shr_s' : 'i64.shr_u')
    .set(x3)
  getWord(body, SHIFTED)
}
