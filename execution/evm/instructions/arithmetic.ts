import type { Halt } from '../exit.ts'
import { OUT_OF_GAS } from '../exit.ts'
import type { Frame } from '../frame.ts'
import { byteLength, toSigned, WORD_BITS, wrap } from '../word.ts'

/** ADD: a + b. */
export function add({ stack }: Frame): undefined {
  const a = stack.pop()
  stack.setTop(wrap(a + stack.peek()))
}

/** MUL: a * b. */
export function multiply({ stack }: Frame): undefined {
  const a = stack.pop()
  stack.setTop(wrap(a * stack.peek()))
}

/** SUB: a - b. */
export function subtract({ stack }: Frame): undefined {
  const a = stack.pop()
  stack.setTop(wrap(a - stack.peek()))
}

/** DIV: a / b, 0 for b = 0. */
export function divide({ stack }: Frame): undefined {
  const a = stack.pop()
  const b = stack.peek()
  stack.setTop(b === 0n ? 0n : a / b)
}

/** SDIV: signed a / b towards zero, 0 for b = 0. */
export function signedDivide({ stack }: Frame): undefined {
  const a = toSigned(stack.pop())
  const b = toSigned(stack.peek())
  stack.setTop(b === 0n ? 0n : wrap(a / b))
}

/** MOD: a mod b, 0 for b = 0. */
export function modulo({ stack }: Frame): undefined {
  const a = stack.pop()
  const b = stack.peek()
  stack.setTop(b === 0n ? 0n : a % b)
}

/** SMOD: signed a mod b with the sign of a, 0 for b = 0. */
export function signedModulo({ stack }: Frame): undefined {
  const a = toSigned(stack.pop())
  const b = toSigned(stack.peek())
  stack.setTop(b === 0n ? 0n : wrap(a % b))
}

/** ADDMOD: (a + b) mod n without wrapping in between, 0 for n = 0. */
export function addModulo({ stack }: Frame): undefined {
  const sum = stack.pop() + stack.pop()
  const n = stack.peek()
  stack.setTop(n === 0n ? 0n : sum % n)
}

/** MULMOD: (a * b) mod n without wrapping in between, 0 for n = 0. */
export function multiplyModulo({ stack }: Frame): undefined {
  const product = stack.pop() * stack.pop()
  const n = stack.peek()
  stack.setTop(n === 0n ? 0n : product % n)
}

/** EXP: a ^ exponent. Also charges by the bytes of the exponent (EIP-160). */
export function exponentiate(frame: Frame): Halt | undefined {
  const { stack, context } = frame
  const base = stack.pop()
  const exponent = stack.peek()
  if (!frame.charge(context.rules.gas.expPerByte * BigInt(byteLength(exponent)))) return OUT_OF_GAS
  stack.setTop(power(base, exponent))
  return undefined
}

/** By squaring: at most 256 rounds. */
function power(base: bigint, exponent: bigint): bigint {
  let result = 1n
  let square = base
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = wrap(result * square)
    square = wrap(square * square)
  }
  return result
}

/** SIGNEXTEND: value, of which byte number `position` (0 = lowest) has the sign, as a whole word. */
export function signExtend({ stack }: Frame): undefined {
  const position = stack.pop()
  if (position >= 31n) return
  const bits = 8 * Number(position) + 8
  stack.setTop(BigInt.asUintN(WORD_BITS, BigInt.asIntN(bits, stack.peek())))
}
