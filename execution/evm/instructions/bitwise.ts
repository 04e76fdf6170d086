import type { Frame } from '../frame.ts'
import { bitLength, MAX_WORD, toSigned, WORD_BITS, wrap } from '../word.ts'

const BITS = 256n

/** AND. */
export function and({ stack }: Frame): undefined {
  const a = stack.pop()
  stack.setTop(a & stack.peek())
}

/** OR. */
export function or({ stack }: Frame): undefined {
  const a = stack.pop()
  stack.setTop(a | stack.peek())
}

/** XOR. */
export function xor({ stack }: Frame): undefined {
  const a = stack.pop()
  stack.setTop(a ^ stack.peek())
}

/** NOT. */
export function not({ stack }: Frame): undefined {
  stack.setTop(MAX_WORD ^ stack.peek())
}

/** BYTE: byte number `position` of the word, 0 being the highest; 0 past the end. */
export function byte({ stack }: Frame): undefined {
  const position = stack.pop()
  stack.setTop(position >= 32n ? 0n : (stack.peek() >> (248n - 8n * position)) & 0xffn)
}

/** SHL: value << shift (EIP-145). */
export function shiftLeft({ stack }: Frame): undefined {
  const shift = stack.pop()
  stack.setTop(shift >= BITS ? 0n : wrap(stack.peek() << shift))
}

/** SHR: value >> shift, filling with zeros (EIP-145). */
export function shiftRight({ stack }: Frame): undefined {
  const shift = stack.pop()
  stack.setTop(shift >= BITS ? 0n : stack.peek() >> shift)
}

/** SAR: value >> shift, filling with the sign (EIP-145). */
export function shiftRightSigned({ stack }: Frame): undefined {
  const shift = stack.pop()
  const value = toSigned(stack.peek())
  stack.setTop(wrap(value >> (shift >= BITS ? BITS : shift)))
}

/** CLZ: how many of the highest bits are 0; 256 for 0 (EIP-7939). */
export function countLeadingZeros({ stack }: Frame): undefined {
  stack.setTop(BigInt(WORD_BITS - bitLength(stack.peek())))
}
