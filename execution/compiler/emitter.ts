import type { FunctionBody, Label, Local } from '../../primitives/wasm/encoder.ts'
import { WORD_BYTES } from '../evm/word.ts'
import { FRAME } from '../state/linear-memory.ts'
import { REVERSED } from '../state/slot-functions.ts'
import { MAX_FRAME_MEMORY } from './frame-memory.ts'
import type { RuntimeFunctions } from './runtime.ts'
import {
  bitsOf,
  type Claim,
  constant,
  constantOf,
  LIMBS,
  type Limb,
  mostOf,
  placed,
  significantLimbs,
  truthOf,
  vectorsOf,
  type Word,
  wordOf,
} from './word.ts'

/** Locals that every function of the machine keeps the state of its frame in. */
export interface Registers {
  /** i32: address of the frame record. */
  readonly frame: Local
  /** i32: address of the top of the stack in memory. */
  readonly stackPointer: Local
  /** i64 */
  readonly gas: Local
  /** i32: address of byte 0 of the frame's memory. */
  readonly memoryBase: Local
  /** i64: a word at an offset below this one lies inside the memory. */
  readonly memoryLimit: Local
}

/** Where to go when the frame halts. */
export interface Halts {
  readonly 'out-of-gas': Label
  readonly 'invalid-jump': Label
  readonly 'write-in-static-context': Label
}

const MAX_UINT64 = -1

/**
 * Writes code for instructions. What an instruction does is written once, in terms of words on a symbolic stack; whether the
 * words come from memory cells, as in the interpreter, or from locals, as in compiled code, is the concern of what
 * derives from this.
 */
export abstract class Emitter {
  readonly body: FunctionBody
  readonly registers: Registers
  readonly functions: RuntimeFunctions
  readonly #halts: () => Halts
  /** Locals that are given back when the instruction, or the block, is done. */
  readonly #lent: Local[] = []

  constructor(
    body: FunctionBody,
    modules: { readonly registers: Registers; readonly functions: RuntimeFunctions; readonly halts: () => Halts },
  ) {
    this.body = body
    this.registers = modules.registers
    this.functions = modules.functions
    this.#halts = modules.halts
  }

  // Stack and flow, which differ between interpreter and compiled code

  abstract push(word: Word): void
  abstract pop(): Word
  abstract duplicate(n: number): void
  abstract swap(n: number): void
  /** The `length` bytes behind the opcode. */
  abstract immediate(length: number): Word
  abstract jump(destination: Word): void
  abstract jumpIf(destination: Word, condition: Word): void
  abstract jumpDestination(): void
  abstract programCounter(): Word
  /** Gas as the program may see it. */
  abstract gasLeft(): Word
  /** From here on the word is known to be no greater. */
  abstract noteMost(word: Word, most: bigint): void
  /** Ends the frame, with the output that has been written to the frame record. */
  abstract exit(reason: number): void
  /** Before something that others can see, or gas is looked at: nothing is owed from then on, and there was enough. */
  abstract settleGas(): void

  // Locals

  local(type: 'i32' | 'i64' | 'v128'): Local {
    const local = this.body.local(type)
    this.#lent.push(local)
    return local
  }

  get lent(): number {
    return this.#lent.length
  }

  /** Gives back those lent since there were `count` that none of the words is in. */
  releaseUnused(count: number, words: Iterable<Word>): void {
    const used = new Set<Local>()
    const note = ({ limbs, truth, vectors, place, product, quotient, addends, claim }: Word): void => {
      for (const limb of limbs) if (typeof limb === 'number') used.add(limb)
      if (truth !== undefined) used.add(truth)
      for (const vector of vectors ?? []) used.add(vector)
      if (place !== undefined) used.add(place.base)
      if (product?.isExact !== undefined) used.add(product.isExact)
      for (const factor of product?.factors ?? []) note(factor)
      if (quotient !== undefined) {
        note(quotient.other)
        note(quotient.divisor)
      }
      for (const addend of addends ?? []) note(addend)
      if (claim !== undefined) note(claim.of)
      if (claim !== undefined && 'than' in claim) note(claim.than)
    }
    for (const word of words) note(word)
    const lent = this.#lent.splice(count)
    for (const local of lent) {
      if (used.has(local)) this.#lent.push(local)
      else this.body.release(local)
    }
  }

  /** Gives back all locals lent since there were `count`. */
  releaseTo(count: number): void {
    this.body.release(...this.#lent.splice(count))
  }

  // Words

  /** The limb as a constant or in a local, loading it if it is not there yet. Not inside an `if` for later use outside. */
  limb(word: Word, index: number): Limb {
    const known = word.limbs[index]
    if (known !== undefined) return known
    const local = this.local('i64')
    this.#loadLimb(word, index)
    this.body.set(local)
    word.limbs[index] = local
    return local
  }

  #loadLimb({ truth, vectors, place }: Word, index: number): void {
    const { body } = this
    if (truth !== undefined) body.get(truth).emit('i64.extend_i32_u')
    else if (vectors !== undefined) body.get(vectors[index >> 1]!).simd('i64x2.extract_lane', index & 1)
    else if (place !== undefined) {
      const { base, offset, bytes } = place
      const length = Math.min(8, bytes - 8 * index)
      body.get(base)
      if (length === 1) body.memory('i64.load8_u', offset + 8 * index)
      else if (length === 2) body.memory('i64.load16_u', offset + 8 * index)
      else if (length === 4) body.memory('i64.load32_u', offset + 8 * index)
      else {
        body.memory('i64.load', offset + 8 * index)
        if (length < 8) body.i64((1n << BigInt(8 * length)) - 1n).emit('i64.and')
      }
    } else throw new Error('a word that is nowhere')
  }

  /** All limbs that can be other than 0, in locals or constant. */
  limbs(word: Word): Limb[] {
    return Array.from({ length: LIMBS }, (_, index) => this.limb(word, index))
  }

  pushLimb(limb: Limb): FunctionBody {
    return typeof limb === 'bigint' ? this.body.i64(limb) : this.body.get(limb)
  }

  pushLimbs(word: Word): FunctionBody {
    for (const limb of this.limbs(word)) this.pushLimb(limb)
    return this.body
  }

  /** Four limbs from the stack as a word. */
  takeWord(): Word {
    const limbs = Array.from({ length: LIMBS }, () => this.local('i64'))
    for (const limb of limbs.toReversed()) this.body.set(limb)
    return wordOf(limbs)
  }

  takeLimb(bits = 64): Word {
    const limb = this.local('i64')
    this.body.set(limb)
    return wordOf([limb], bits)
  }

  takeTruth(): Word {
    const truth = this.local('i32')
    this.body.set(truth)
    return truthOf(truth)
  }

  /** Pushes an i32 that is not 0 if the word is not. */
  pushTruth(word: Word): FunctionBody {
    if (word.truth !== undefined) return this.body.get(word.truth)
    if (isInVectors(word)) return this.#pushVectors(word).simd('v128.or').simd('v128.any_true')
    this.#pushOr(this.limbs(word))
    return this.body.i64(0).emit('i64.ne')
  }

  #pushVectors({ vectors }: VectorWord): FunctionBody {
    return this.body.get(vectors[0]).get(vectors[1])
  }

  /** Pushes the OR of limbs as an i64. */
  #pushOr(limbs: readonly Limb[]): FunctionBody {
    const significant = limbs.filter((limb) => limb !== 0n)
    if (significant.length === 0) return this.body.i64(0)
    this.pushLimb(significant[0]!)
    for (const limb of significant.slice(1)) this.pushLimb(limb).emit('i64.or')
    return this.body
  }

  /** Sets whatever of the word is not loaded yet: from then on it may be used inside and outside of an `if`. */
  materialise(...words: readonly Word[]): void {
    for (const word of words) this.limbs(word)
  }

  /** Writes the word to memory, least significant byte first. */
  store(base: Local, offset: number, word: Word): void {
    const { body } = this
    if (word.vectors !== undefined) {
      for (const [half, vector] of word.vectors.entries()) {
        body
          .get(base)
          .get(vector)
          .simdMemory('v128.store', offset + 16 * half)
      }
      return
    }
    for (const [index, limb] of this.limbs(word).entries()) {
      body.get(base)
      this.pushLimb(limb).memory('i64.store', offset + 8 * index)
    }
  }

  /** A word at an address in a frame record or the environment. */
  placed(base: Local, offset: number, bits = 256): Word {
    return placed({ base, offset, bytes: WORD_BYTES }, bits)
  }

  /** The word that stands at an address now. */
  copied(address: Local): Word {
    const { body } = this
    const [low, high] = [this.local('v128'), this.local('v128')]
    body.get(address).simdMemory('v128.load', 0).set(low)
    body.get(address).simdMemory('v128.load', 16).set(high)
    return vectorsOf(low, high)
  }

  // Arithmetic

  add(a: Word, b: Word): Word {
    const most = mostOf(a) + mostOf(b)
    if (most > UINT256_MAX) return this.#addAny(a, b, 256)
    const sum = this.#addAny(a, b, bitsOf(most))
    return { ...sum, most, addends: [withoutOrigin(a), withoutOrigin(b)] }
  }

  #addAny(a: Word, b: Word, bits: number): Word {
    if (isInVectors(a) && isOneLimb(b)) return this.#addLimb(a, b)
    if (isInVectors(b) && isOneLimb(a)) return this.#addLimb(b, a)
    return this.#add(a, b, bits)
  }

  /** Without a carry from the lowest limb, and there seldom is one, the others stay what they are. */
  #addLimb(a: VectorWord, b: Word): Word {
    const { body } = this
    const [x, y] = [this.limb(a, 0), this.limb(b, 0)]
    const [sum, low, high] = [this.local('i64'), this.local('v128'), this.local('v128')]
    this.pushLimb(x)
    this.pushLimb(y).emit('i64.add').set(sum)
    body.get(a.vectors[0]).get(sum).simd('i64x2.replace_lane', 0).set(low)
    body.get(a.vectors[1]).set(high)
    body.get(sum)
    this.pushLimb(x).emit('i64.lt_u')
    body.if(() => {
      const carried = this.#add({ ...a, limbs: [...a.limbs] }, b, 256)
      this.#pushHalf(carried, 0).set(low)
      this.#pushHalf(carried, 1).set(high)
    })
    return { ...vectorsOf(low, high), limbs: [sum, undefined, undefined, undefined] }
  }

  #add(a: Word, b: Word, bits: number): Word {
    const { body } = this
    const limbs: Limb[] = []
    let carry: Local | undefined
    for (let index = 0; index < significantLimbs(bits); index++) {
      const [x, y] = inOrder(this.limb(a, index), this.limb(b, index))
      const isLast = index === significantLimbs(bits) - 1
      if (carry === undefined && y === 0n) {
        limbs.push(x)
        continue
      }
      if (x === 0n && y === 0n) {
        limbs.push(carry ?? 0n)
        carry = undefined
        continue
      }
      const sum = this.local('i64')
      limbs.push(sum)
      if (y === 0n) {
        this.pushLimb(x).get(carry!).emit('i64.add').set(sum)
        if (!isLast) carry = this.#compare('i64.lt_u', sum, carry!)
        continue
      }
      this.pushLimb(x)
      this.pushLimb(y).emit('i64.add').set(sum)
      // `x` is a local here, or both are constants.
      const over = isLast ? undefined : this.#compare('i64.lt_u', sum, x)
      if (carry !== undefined) {
        const total = this.local('i64')
        body.get(sum).get(carry).emit('i64.add').set(total)
        limbs[index] = total
        if (over !== undefined)
          body
            .get(over)
            .get(this.#compare('i64.lt_u', total, carry))
            .emit('i64.or')
            .set(over)
      }
      carry = over
    }
    return wordOf(limbs, bits)
  }

  subtract(a: Word, b: Word): Word {
    const { body } = this
    if (constantOf(b) === 0n) return a
    const limbs: Limb[] = []
    let borrow: Local | undefined
    for (let index = 0; index < LIMBS; index++) {
      const x = this.limb(a, index)
      const y = this.limb(b, index)
      const isLast = index === LIMBS - 1
      if (borrow === undefined && y === 0n) {
        limbs.push(x)
        continue
      }
      const difference = this.local('i64')
      limbs.push(difference)
      if (y === 0n) {
        this.pushLimb(x).get(borrow!).emit('i64.sub').set(difference)
        if (!isLast) borrow = this.#compare('i64.lt_u', x, borrow!)
        continue
      }
      this.pushLimb(x)
      this.pushLimb(y).emit('i64.sub').set(difference)
      const under = isLast ? undefined : this.#compare('i64.lt_u', x, y)
      if (borrow !== undefined) {
        const total = this.local('i64')
        body.get(difference).get(borrow).emit('i64.sub').set(total)
        limbs[index] = total
        if (under !== undefined) {
          body
            .get(under)
            .get(this.#compare('i64.lt_u', difference, borrow))
            .emit('i64.or')
            .set(under)
        }
      }
      borrow = under
    }
    return wordOf(limbs)
  }

  /** An i64 of 0 or 1. */
  #compare(opcode: 'i64.lt_u', x: Limb, y: Limb): Local {
    const result = this.local('i64')
    this.pushLimb(x)
    this.pushLimb(y).emit(opcode).emit('i64.extend_i32_u').set(result)
    return result
  }

  multiply(a: Word, b: Word): Word {
    const power = powerOfTwo(constantOf(a)) ?? powerOfTwo(constantOf(b))
    if (power !== undefined) return this.shiftLeftBy(power, powerOfTwo(constantOf(a)) === undefined ? a : b)
    if (constantOf(a) === 0n || constantOf(b) === 0n) return constant(0n)
    const bits = Math.min(256, a.bits + b.bits)
    const [x, y] = [this.limb(a, 0), this.limb(b, 0)]
    if (bits <= 64) {
      this.pushLimb(x)
      this.pushLimb(y).emit('i64.mul')
      return productOf(this.takeLimb(bits), a, b, undefined)
    }
    const isExact = this.local('i32')
    const product = this.#narrowOrNot({
      words: [a, b],
      isNarrow: isExact,
      // Each below 2^32, so that the product has 64 bits.
      guard: () => {
        this.pushLimb(x)
        this.pushLimb(y).emit('i64.or').i64(32).emit('i64.shr_u')
      },
      narrow: () => {
        this.pushLimb(x)
        this.pushLimb(y).emit('i64.mul')
      },
      wide: this.functions.multiply,
      bits,
    })
    return productOf(product, a, b, a.bits + b.bits <= 256 ? undefined : isExact)
  }

  divide(a: Word, b: Word): Word {
    const power = powerOfTwo(constantOf(b))
    if (power !== undefined) return this.shiftRightBy(power, a)
    const other = otherFactor(a, b)
    if (other !== undefined) return this.#divideProduct(a, b, other)
    return this.#divide(a, b, 'i64.div_u', this.functions.divide, a.bits)
  }

  /** The quotient of a product and one of its factors: solc's checked multiplication divides so, and 64-bit division is slow. */
  #divideProduct(a: Word, factor: Word, other: Word): Word {
    const { body } = this
    const { isExact } = a.product!
    this.materialise(a, factor, other)
    const count = isExact === undefined ? significantLimbs(other.bits) : LIMBS
    const limbs = Array.from({ length: count }, () => this.local('i64'))
    const setQuotient = (limb: Limb, index: number): void => {
      this.pushLimb(limb).i64(0)
      this.pushTruth(factor).emit('select').set(limbs[index]!)
    }
    if (isExact === undefined) {
      this.limbs(other).slice(0, count).forEach(setQuotient)
      const quotient = { other: withoutOrigin(other), divisor: withoutOrigin(factor) }
      return { ...wordOf(limbs, other.bits), quotient }
    }
    body.get(isExact)
    body.if(
      () => {
        setQuotient(this.limb(other, 0), 0)
        for (const limb of limbs.slice(1)) body.i64(0).set(limb)
      },
      () => {
        this.pushLimbs(a)
        this.pushLimbs(factor).call(this.functions.divide)
        for (const limb of limbs.toReversed()) body.set(limb)
      },
    )
    return wordOf(limbs, a.bits)
  }

  modulo(a: Word, b: Word): Word {
    const divisor = constantOf(b)
    if (powerOfTwo(divisor) !== undefined) return this.and(a, constant(divisor! - 1n))
    return this.#divide(a, b, 'i64.rem_u', this.functions.modulo, Math.min(a.bits, b.bits))
  }

  /** Numbers of 64 bits are positive, so among them signed and unsigned are the same. */
  signedDivide(a: Word, b: Word): Word {
    return this.#divide(a, b, 'i64.div_u', this.functions.signedDivide, bothNarrow(a, b) ? a.bits : 256)
  }

  signedModulo(a: Word, b: Word): Word {
    return this.#divide(a, b, 'i64.rem_u', this.functions.signedModulo, bothNarrow(a, b) ? a.bits : 256)
  }

  #divide(a: Word, b: Word, opcode: 'i64.div_u' | 'i64.rem_u', wide: number, bits: number): Word {
    if (constantOf(b) === 0n) return constant(0n)
    const [x, y] = [this.limb(a, 0), this.limb(b, 0)]
    return this.#narrowOrNot({
      words: [a, b],
      // Of what is shifted left by 64 bits the lowest limb is known to be 0, and the others may be.
      guard:
        typeof y === 'bigint' && y !== 0n ? undefined : () => this.pushLimb(y).emit('i64.eqz').emit('i64.extend_i32_u'),
      narrow: () => {
        this.pushLimb(x)
        this.pushLimb(y).emit(opcode)
      },
      wide,
      bits,
    })
  }

  /**
   * A result of one limb where all words have but one and `guard`, an i64, is 0; else what a function of four limbs for each
   * word gives.
   */
  #narrowOrNot(choice: {
    readonly words: readonly Word[]
    readonly guard: (() => unknown) | undefined
    /** i32 to set to whether the first way was gone. */
    readonly isNarrow?: Local
    readonly narrow: () => void
    readonly wide: number
    readonly bits: number
  }): Word {
    const { body } = this
    const { words, guard, isNarrow, narrow, wide, bits } = choice
    this.materialise(...words)
    const upper = words.flatMap((word) => this.limbs(word).slice(1)).filter((limb) => limb !== 0n)
    if (upper.length === 0 && guard === undefined) {
      narrow()
      return this.takeLimb(Math.min(64, bits))
    }
    const limbs = Array.from({ length: LIMBS }, () => this.local('i64'))
    if (upper.length > 0) this.#pushOr(upper)
    if (guard !== undefined) guard()
    if (upper.length > 0 && guard !== undefined) body.emit('i64.or')
    body.emit('i64.eqz')
    if (isNarrow !== undefined) body.tee(isNarrow)
    body.if(
      () => {
        narrow()
        body.set(limbs[0]!)
        for (const limb of limbs.slice(1)) body.i64(0).set(limb)
      },
      () => {
        for (const word of words) this.pushLimbs(word)
        body.call(wide)
        for (const limb of limbs.toReversed()) body.set(limb)
      },
    )
    return wordOf(limbs, bits)
  }

  /** solc writes the remainder of a sum or a product so where the divisor is a power of two. */
  addModulo(a: Word, b: Word, n: Word): Word {
    const isPlain = powerOfTwo(constantOf(n)) !== undefined || Math.max(a.bits, b.bits) < 256
    if (isPlain) return this.modulo(this.add(a, b), n)
    return this.#modulo(a, b, n, { narrowBits: 63, opcode: 'i64.add', wide: this.functions.addModulo })
  }

  multiplyModulo(a: Word, b: Word, n: Word): Word {
    const isPlain = powerOfTwo(constantOf(n)) !== undefined || a.bits + b.bits <= 256
    if (isPlain) return this.modulo(this.multiply(a, b), n)
    return this.#modulo(a, b, n, { narrowBits: 32, opcode: 'i64.mul', wide: this.functions.multiplyModulo })
  }

  /** Of a sum or a product that may have more than 256 bits; it has no more than 64 if `a` and `b` have but `narrowBits`. */
  #modulo(
    a: Word,
    b: Word,
    n: Word,
    { narrowBits, opcode, wide }: { narrowBits: number; opcode: 'i64.add' | 'i64.mul'; wide: number },
  ): Word {
    if (constantOf(n) === 0n) return constant(0n)
    const [x, y, z] = [this.limb(a, 0), this.limb(b, 0), this.limb(n, 0)]
    return this.#narrowOrNot({
      words: [a, b, n],
      guard: () => {
        this.pushLimb(x)
        this.pushLimb(y).emit('i64.or').i64(narrowBits).emit('i64.shr_u')
        this.pushLimb(z).emit('i64.eqz').emit('i64.extend_i32_u').emit('i64.or')
      },
      narrow: () => {
        this.pushLimb(x)
        this.pushLimb(y).emit(opcode)
        this.pushLimb(z).emit('i64.rem_u')
      },
      wide,
      bits: n.bits,
    })
  }

  /** Its gas goes by the bytes of the exponent, `perByte` each. */
  exponentiate(base: Word, exponent: Word, perByte: bigint): Word {
    const { body } = this
    this.materialise(base, exponent)
    const bits = this.countLeadingZeros(exponent)
    // (256 - leading zeros + 7) / 8 bytes.
    body.i64(263)
    this.pushLimb(this.limb(bits, 0)).emit('i64.sub').i64(3).emit('i64.shr_u').i64(perByte).emit('i64.mul')
    this.chargeFromStack()
    if (constantOf(base) === 2n) return this.shiftLeft(exponent, constant(1n))
    if (constantOf(exponent) === 2n) return this.multiply(base, base)
    this.pushLimbs(base)
    this.pushLimbs(exponent).call(this.functions.power)
    return this.takeWord()
  }

  signExtend(position: Word, word: Word): Word {
    const { body } = this
    const known = constantOf(position)
    if (known !== undefined && known >= 31n) return word
    this.materialise(position, word)
    const limbs = Array.from({ length: LIMBS }, () => this.local('i64'))
    const amount = this.local('i32')
    this.pushLimbs(word)
    for (const limb of limbs.toReversed()) body.set(limb)
    this.#pushIsBelow(position, 31)
    body.if(() => {
      body.i32(248)
      this.pushLimb(this.limb(position, 0)).emit('i32.wrap_i64').i32(3).emit('i32.shl').emit('i32.sub').tee(amount)
      this.pushLimbs(word).call(this.functions.shiftLeft)
      for (const limb of limbs.toReversed()) body.set(limb)
      body.get(amount)
      for (const limb of limbs) body.get(limb)
      body.call(this.functions.shiftRightSigned)
      for (const limb of limbs.toReversed()) body.set(limb)
    })
    return wordOf(limbs)
  }

  // Comparison

  /** a < b as unsigned, or as two's complement. */
  lessThan(a: Word, b: Word, isSigned: boolean): Word {
    const { body } = this
    const hasSign = isSigned && Math.max(a.bits, b.bits) === 256
    const known = hasSign ? undefined : isKnownLess(a, b)
    if (known !== undefined) return constant(known ? 1n : 0n)
    const result = this.local('i32')
    let isFirst = true
    for (let index = 0; index < LIMBS; index++) {
      const x = this.limb(a, index)
      const y = this.limb(b, index)
      const isTop = isSigned && index === LIMBS - 1
      if (x === 0n && y === 0n) continue
      if (!isFirst) body.get(result)
      this.pushLimb(x)
      this.pushLimb(y)
      if (!isFirst) body.emit('i64.eq').emit('i32.and')
      if (!isFirst) {
        this.pushLimb(x)
        this.pushLimb(y)
      }
      body.emit(isTop ? 'i64.lt_s' : 'i64.lt_u')
      if (!isFirst) body.emit('i32.or')
      body.set(result)
      isFirst = false
    }
    if (isFirst) return constant(0n)
    if (hasSign) return truthOf(result)
    return { ...truthOf(result), claim: { says: 'is less', of: withoutOrigin(a), than: withoutOrigin(b) } }
  }

  equal(a: Word, b: Word): Word {
    // solc's check of an increment.
    const other = constantOf(a) === UINT256_MAX ? b : constantOf(b) === UINT256_MAX ? a : undefined
    if (other !== undefined && isInVectors(other)) {
      this.#pushVectors(other).simd('v128.and').simd('v128.not').simd('v128.any_true').emit('i32.eqz')
      return this.takeTruth()
    }
    const pairs = this.limbs(a).map((limb, index) => [limb, this.limb(b, index)] as const)
    const differing = pairs.filter(([x, y]) => x !== y || typeof x !== 'bigint')
    if (differing.length === 0) return constant(1n)
    if (differing.some(([x, y]) => typeof x === 'bigint' && typeof y === 'bigint')) return constant(0n)
    for (const [index, [x, y]] of differing.entries()) {
      if (y === 0n) this.pushLimb(x)
      else if (x === 0n) this.pushLimb(y)
      else {
        this.pushLimb(x)
        this.pushLimb(y).emit('i64.xor')
      }
      if (index > 0) this.body.emit('i64.or')
    }
    this.body.emit('i64.eqz')
    const divisor = divisorIfQuotient(a, b) ?? divisorIfQuotient(b, a)
    const claim = divisor === undefined ? undefined : ({ says: 'holds unless zero', of: divisor } as const)
    return { ...this.takeTruth(), claim }
  }

  isZero(word: Word): Word {
    const known = constantOf(word)
    if (known !== undefined) return constant(known === 0n ? 1n : 0n)
    if (word.truth !== undefined || isInVectors(word)) this.pushTruth(word).emit('i32.eqz')
    else this.#pushOr(this.limbs(word)).emit('i64.eqz')
    return { ...this.takeTruth(), claim: opposite(word.claim) ?? { says: 'is zero', of: withoutOrigin(word) } }
  }

  // Bits

  and(a: Word, b: Word): Word {
    if (isMask(b, a)) return a
    if (isMask(a, b)) return b
    return this.#bitwise('and', a, b, Math.min(a.bits, b.bits), (x, y) => {
      if (y === 0n) return 0n
      if (y === UINT64_MAX) return x
      return typeof x === 'bigint' && typeof y === 'bigint' ? x & y : undefined
    })
  }

  or(a: Word, b: Word): Word {
    if (isMask(b, a) || constantOf(a) === 0n) return b
    if (isMask(a, b) || constantOf(b) === 0n) return a
    // solc's check of a multiplication: `or(iszero(x), eq(y, div(mul(x, y), x)))`.
    if (holdAmongThem(a, b) || holdAmongThem(b, a)) return constant(1n)
    return this.#bitwise('or', a, b, Math.max(a.bits, b.bits), (x, y) => {
      if (y === 0n) return x
      return typeof x === 'bigint' && typeof y === 'bigint' ? x | y : undefined
    })
  }

  xor(a: Word, b: Word): Word {
    return this.#bitwise('xor', a, b, Math.max(a.bits, b.bits), (x, y) => {
      if (y === 0n) return x
      return typeof x === 'bigint' && typeof y === 'bigint' ? x ^ y : undefined
    })
  }

  not(a: Word): Word {
    return this.#bitwise('xor', a, constant(UINT256_MAX), 256, (x, y) =>
      typeof x === 'bigint' && typeof y === 'bigint' ? x ^ y : undefined,
    )
  }

  /** `fold` gives a limb that no code is needed for, if it can; a constant is in second place. */
  #bitwise(
    operation: 'and' | 'or' | 'xor',
    a: Word,
    b: Word,
    bits: number,
    fold: (x: Limb, y: Limb) => Limb | undefined,
  ): Word {
    if (a.truth !== undefined && b.truth !== undefined) {
      this.body.get(a.truth).get(b.truth).emit(`i32.${operation}`)
      return this.takeTruth()
    }
    const limbs: Limb[] = []
    for (let index = 0; index < significantLimbs(bits); index++) {
      const [x, y] = inOrder(this.limb(a, index), this.limb(b, index))
      const folded = fold(x, y)
      if (folded !== undefined) {
        limbs.push(folded)
        continue
      }
      const limb = this.local('i64')
      this.pushLimb(x)
      this.pushLimb(y).emit(`i64.${operation}`).set(limb)
      limbs.push(limb)
    }
    return wordOf(limbs, bits)
  }

  /** Byte number `position`, 0 the most significant. */
  byte(position: Word, word: Word): Word {
    const { body } = this
    const known = constantOf(position)
    if (known !== undefined) {
      if (known >= 32n) return constant(0n)
      return this.and(this.shiftRightBy(248 - 8 * Number(known), word), constant(0xffn))
    }
    this.materialise(position, word)
    const result = this.local('i64')
    body.i64(0).set(result)
    this.#pushIsBelow(position, 32)
    body.if(() => {
      body.i32(248)
      this.pushLimb(this.limb(position, 0)).emit('i32.wrap_i64').i32(3).emit('i32.shl').emit('i32.sub')
      this.pushLimbs(word).call(this.functions.shiftRight)
      body.emit('drop').emit('drop').emit('drop').i64(255).emit('i64.and').set(result)
    })
    return wordOf([result], 8)
  }

  shiftLeft(amount: Word, word: Word): Word {
    const known = constantOf(amount)
    if (known !== undefined) return known < 256n ? this.shiftLeftBy(Number(known), word) : constant(0n)
    return this.#shift(amount, word, this.functions.shiftLeft)
  }

  shiftRight(amount: Word, word: Word): Word {
    const known = constantOf(amount)
    if (known !== undefined) return known < 256n ? this.shiftRightBy(Number(known), word) : constant(0n)
    return this.#shift(amount, word, this.functions.shiftRight, word.bits)
  }

  shiftRightSigned(amount: Word, word: Word): Word {
    if (word.bits < 256) return this.shiftRight(amount, word)
    return this.#shift(amount, word, this.functions.shiftRightSigned, 256, true)
  }

  /** By an amount that is not known; by 256 or more all bits go, or are the sign. */
  #shift(amount: Word, word: Word, shift: number, bits = 256, isSigned = false): Word {
    const { body } = this
    this.materialise(amount, word)
    const limbs = Array.from({ length: LIMBS }, () => this.local('i64'))
    this.#pushIsBelow(amount, 256)
    body.if(
      () => {
        this.pushLimb(this.limb(amount, 0)).emit('i32.wrap_i64')
        this.pushLimbs(word).call(shift)
        for (const limb of limbs.toReversed()) body.set(limb)
      },
      () => {
        for (const limb of limbs) {
          if (isSigned) this.pushLimb(this.limb(word, 3)).i64(63).emit('i64.shr_s').set(limb)
          else body.i64(0).set(limb)
        }
      },
    )
    return wordOf(limbs, bits)
  }

  shiftLeftBy(amount: number, word: Word): Word {
    if (amount === 0) return word
    const bits = Math.min(256, word.bits + amount)
    return this.#shiftBy(-amount, word, bits)
  }

  shiftRightBy(amount: number, word: Word): Word {
    if (amount === 0) return word
    return this.#shiftBy(amount, word, Math.max(0, word.bits - amount))
  }

  /** Right by a positive amount, left by a negative one: limbs are renamed, and the rest joined from two each. */
  #shiftBy(amount: number, word: Word, bits: number): Word {
    const moved = Math.floor(amount / 64)
    const rest = amount - 64 * moved
    const limbs: Limb[] = []
    for (let index = 0; index < significantLimbs(bits); index++) {
      const low = this.#limbOrZero(word, index + moved)
      const high = rest === 0 ? 0n : this.#limbOrZero(word, index + moved + 1)
      if (rest === 0 || (low === 0n && high === 0n)) {
        limbs.push(low)
        continue
      }
      const limb = this.local('i64')
      if (low !== 0n) this.pushLimb(low).i64(rest).emit('i64.shr_u')
      if (high !== 0n)
        this.pushLimb(high)
          .i64(64 - rest)
          .emit('i64.shl')
      if (low !== 0n && high !== 0n) this.body.emit('i64.or')
      this.body.set(limb)
      limbs.push(limb)
    }
    return wordOf(limbs, bits)
  }

  #limbOrZero(word: Word, index: number): Limb {
    return index >= 0 && index < LIMBS ? this.limb(word, index) : 0n
  }

  countLeadingZeros(word: Word): Word {
    const { body } = this
    this.materialise(word)
    const count = this.local('i64')
    const limbs = this.limbs(word)
    // From the lowest limb up: a higher one that is not 0 decides anew.
    body.i64(256).set(count)
    for (const [index, limb] of limbs.entries()) {
      if (limb === 0n) continue
      body.i64(64 * (LIMBS - 1 - index))
      this.pushLimb(limb).emit('i64.clz').emit('i64.add').get(count)
      this.pushLimb(limb).i64(0).emit('i64.ne').emit('select').set(count)
    }
    return wordOf([count], 9)
  }

  /** Pushes whether the word is below a number of up to 31 bits. Its limbs are materialised. */
  #pushIsBelow(word: Word, bound: number): void {
    const [low, ...upper] = this.limbs(word)
    this.pushLimb(low!).i64(bound).emit('i64.lt_u')
    const significant = upper.filter((limb) => limb !== 0n)
    if (significant.length > 0) this.#pushOr(significant).emit('i64.eqz').emit('i32.and')
  }

  // Gas and memory

  /** Takes the i64 on the stack from the gas. */
  chargeFromStack(): void {
    const { body, registers } = this
    const amount = this.local('i64')
    body.set(amount).get(registers.gas).get(amount).emit('i64.sub').tee(registers.gas)
    body.i64(0).emit('i64.lt_s').brIf(this.halts['out-of-gas'])
  }

  get halts(): Halts {
    return this.#halts()
  }

  haltIfStatic(): void {
    this.body.get(this.registers.frame).memory('i32.load', FRAME.isStatic).brIf(this.halts['write-in-static-context'])
  }

  /** An i64 of the word that is 2^64 - 1 if it does not fit: no gas pays for an offset or a length so large. */
  clamped(word: Word): Local {
    const { body } = this
    const result = this.local('i64')
    const [low, ...upper] = this.limbs(word)
    const significant = upper.filter((limb) => limb !== 0n)
    this.pushLimb(low!)
    if (significant.length > 0) {
      body.i64(MAX_UINT64)
      this.#pushOr(significant).emit('i64.eqz').emit('select')
    }
    body.set(result)
    return result
  }

  /** The address of `size` bytes (1 or 32) of memory at an offset, which are paid for and there. */
  address(offset: Word, size: 1 | 32): Local {
    const { body, registers } = this
    this.materialise(offset)
    const address = this.local('i32')
    const [low, ...upper] = this.limbs(offset)
    const significant = upper.filter((limb) => limb !== 0n)
    this.pushLimb(low!).get(registers.memoryLimit).emit('i64.ge_u')
    if (significant.length > 0) {
      this.#pushOr(significant).i64(0).emit('i64.ne').emit('i32.or')
    }
    body.if(() => {
      const clamped = this.clamped(offset)
      const length = this.local('i64')
      body.i64(size).set(length)
      this.expand(clamped, length)
    })
    this.pushLimb(low!).emit('i32.wrap_i64').get(registers.memoryBase).emit('i32.add').set(address)
    this.noteOffset(offset)
    return address
  }

  /** There is memory at the offset: what solc computes from it, like places in an array, has no more than 64 bits then. */
  noteOffset(offset: Word): void {
    this.noteMost(offset, BigInt(MAX_FRAME_MEMORY))
  }

  /** Pays for a range of memory, both i64, and makes it accessible. */
  expand(offset: Local, length: Local): void {
    const { body, registers } = this
    body.get(registers.frame).get(registers.gas).get(offset).get(length).call(this.functions.expandMemory)
    body.tee(registers.gas).i64(0).emit('i64.lt_s').brIf(this.halts['out-of-gas'])
    this.reloadMemoryLimit()
  }

  /** After something may have grown the memory: 31 bytes below its end no word fits. */
  reloadMemoryLimit(): void {
    const { body, registers } = this
    body.get(registers.frame).memory('i64.load32_u', FRAME.memorySize).i64(31).emit('i64.sub')
    body.i64(0).get(registers.frame).memory('i32.load', FRAME.memorySize).emit('select').set(registers.memoryLimit)
  }

  /** The big-endian word at an address. */
  loadBigEndian(address: Local): Word {
    const { body } = this
    const [low, high] = [this.local('v128'), this.local('v128')]
    for (const [vector, offset] of [
      [low, 16],
      [high, 0],
    ] as const) {
      body.get(address).simdMemory('v128.load', offset)
      body
        .get(address)
        .simdMemory('v128.load', offset)
        .simd('i8x16.shuffle', ...REVERSED)
        .set(vector)
    }
    return vectorsOf(low, high)
  }

  storeBigEndian(address: Local, word: Word): void {
    const { body } = this
    for (const half of [0, 1]) {
      const vector = this.local('v128')
      this.#pushHalf(word, half).set(vector)
      body
        .get(address)
        .get(vector)
        .get(vector)
        .simd('i8x16.shuffle', ...REVERSED)
      body.simdMemory('v128.store', half === 0 ? 16 : 0)
    }
  }

  /** Pushes the lower or the upper 128 bits as a vector. */
  #pushHalf(word: Word, half: number): FunctionBody {
    const { body } = this
    const { vectors, place } = word
    if (vectors !== undefined) return body.get(vectors[half]!)
    if (isInPlace(word)) return body.get(place!.base).simdMemory('v128.load', place!.offset + 16 * half)
    const [first, second] = [this.limb(word, 2 * half), this.limb(word, 2 * half + 1)]
    this.pushLimb(first).simd('i64x2.splat')
    return second === first ? body : this.pushLimb(second).simd('i64x2.replace_lane', 1)
  }

  /** Calls a function that takes frame, gas and words, and returns the gas that is left; below 0 there is too little. */
  callCharging(functionIndex: number, ...parameters: readonly Local[]): void {
    const { body, registers } = this
    body.get(registers.frame).get(registers.gas)
    for (const parameter of parameters) body.get(parameter)
    body.call(functionIndex).tee(registers.gas).i64(0).emit('i64.lt_s').brIf(this.halts['out-of-gas'])
  }
}

const UINT64_MAX = (1n << 64n) - 1n
const UINT256_MAX = (1n << 256n) - 1n

type VectorWord = Word & Required<Pick<Word, 'vectors'>>

/** Whether it is in two vectors, and no limb but the lowest by itself. */
function isInVectors(word: Word): word is VectorWord {
  return word.vectors !== undefined && word.limbs.slice(1).every((limb) => limb === undefined)
}

function isOneLimb({ bits }: Word): boolean {
  return significantLimbs(bits) === 1
}

/** With a constant, if there is one, in second place. */
function inOrder(x: Limb, y: Limb): [Limb, Limb] {
  return typeof x === 'bigint' ? [y, x] : [x, y]
}

function bothNarrow(a: Word, b: Word): boolean {
  return a.bits <= 64 && b.bits <= 64
}

/** Where it comes from is forgotten: squares of squares would know 2^n factors. */
function withoutOrigin(word: Word): Word {
  return { ...word, product: undefined, quotient: undefined, addends: undefined, claim: undefined }
}

/** With what it is the product of. */
function productOf(word: Word, a: Word, b: Word, isExact: Local | undefined): Word {
  return {
    ...word,
    product: {
      factors: [withoutOrigin(a), withoutOrigin(b)],
      isExact,
    },
  }
}

/** If `a` is a product of which `b` is a factor. */
function otherFactor(a: Word, b: Word): Word | undefined {
  const factors = a.product?.factors
  if (factors === undefined) return undefined
  if (isSame(factors[0], b)) return factors[1]
  return isSame(factors[1], b) ? factors[0] : undefined
}

/** If the quotient `a` can only differ from `b` where its divisor is 0. */
function divisorIfQuotient({ quotient }: Word, b: Word): Word | undefined {
  return quotient !== undefined && isSame(quotient.other, b) ? quotient.divisor : undefined
}

/** Whether one of both surely holds: if a word is 0 the one, if not the other. */
function holdAmongThem({ claim: a }: Word, { claim: b }: Word): boolean {
  return a?.says === 'is zero' && b?.says === 'holds unless zero' && isSame(a.of, b.of)
}

/** Whether a < b, if what they can be says so. */
function isKnownLess(a: Word, b: Word): boolean | undefined {
  if (mostOf(a) < (constantOf(b) ?? 0n)) return true
  // solc's check of an addition: `gt(x, add(x, y))`.
  const isNever = (constantOf(a) ?? 0n) >= mostOf(b) || a.addends?.some((addend) => isSame(addend, b))
  return isNever ? false : undefined
}

/** Of a comparison: what its negation says. */
function opposite(claim: Claim | undefined): Claim | undefined {
  if (claim === undefined || !('than' in claim)) return undefined
  return { says: claim.says === 'is less' ? 'is no more' : 'is less', of: claim.than, than: claim.of }
}

/** Whether they are surely equal. */
export function isSame(a: Word, b: Word): boolean {
  return (
    a === b || (a.limbs.every((limb) => limb !== undefined) && a.limbs.every((limb, index) => limb === b.limbs[index]))
  )
}

/** Whether a constant has all bits set that the word can have. */
function isMask(mask: Word, { bits }: Word): boolean {
  const value = constantOf(mask)
  return value !== undefined && BigInt.asUintN(bits, ~value) === 0n
}

/** 2^n -> n */
function powerOfTwo(value: bigint | undefined): number | undefined {
  if (value === undefined || value === 0n || (value & (value - 1n)) !== 0n) return undefined
  return value.toString(2).length - 1
}

/** Whether all 32 bytes stand in memory and none has been loaded. */
export function isInPlace({ place, limbs }: Word): boolean {
  return place?.bytes === WORD_BYTES && limbs.every((limb) => limb === undefined)
}
