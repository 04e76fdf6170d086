import type { Frame } from '../frame.ts'
import { toSigned } from '../word.ts'

/** LT: a < b. */
export function lessThan({ stack }: Frame): undefined {
  const a = stack.pop()
  stack.setTop(a < stack.peek() ? 1n : 0n)
}

/** GT: a > b. */
export function greaterThan({ stack }: Frame): undefined {
  const a = stack.pop()
  stack.setTop(a > stack.peek() ? 1n : 0n)
}

/** SLT: signed a < b. */
export function signedLessThan({ stack }: Frame): undefined {
  const a = toSigned(stack.pop())
  stack.setTop(a < toSigned(stack.peek()) ? 1n : 0n)
}

/** SGT: signed a > b. */
export function signedGreaterThan({ stack }: Frame): undefined {
  const a = toSigned(stack.pop())
  stack.setTop(a > toSigned(stack.peek()) ? 1n : 0n)
}

/** EQ: a = b. */
export function equal({ stack }: Frame): undefined {
  const a = stack.pop()
  stack.setTop(a === stack.peek() ? 1n : 0n)
}

/** ISZERO: a = 0. */
export function isZero({ stack }: Frame): undefined {
  stack.setTop(stack.peek() === 0n ? 1n : 0n)
}
