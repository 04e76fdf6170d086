import { z } from 'zod'
import { type Address, type Hash, hexToBytes, isAddress, isHash, parseAddress } from '../primitives/hex.ts'

/** Digits of 2^256 - 1 in decimal, and room for 0x. */
const MAX_QUANTITY_CHARACTERS = 80

/** One for all: there are hundreds of quantities, and each node makes all schemas when it starts. */
const integerLike = z.union([z.number(), z.string(), z.bigint()])

/** An unsigned integer of at most `maxBytes` bytes: JSON number, decimal string or 0x string. */
export function quantity(maxBytes: number): z.ZodType<bigint> {
  return integerLike.transform((value, context) => {
    const integer = toInteger(value)
    if (integer !== undefined && integer >= 0n && integer < 1n << BigInt(maxBytes * 8)) return integer
    return invalid(context, value, `an unsigned integer below 2^${maxBytes * 8}, as number, decimal or 0x string`)
  })
}

function toInteger(value: number | string | bigint): bigint | undefined {
  if (typeof value === 'bigint') return value
  // Beyond that JSON has rounded already: such a number must be written as a string.
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : undefined
  const isNumeric = value.length <= MAX_QUANTITY_CHARACTERS && /^(0x[0-9a-f]*|[0-9]+)$/i.test(value)
  return isNumeric ? BigInt(value === '0x' || value === '0X' ? 0 : value) : undefined
}

export function wholeNumber(min: number, max: number): z.ZodType<number> {
  return quantity(8).transform((value, context) => {
    if (value >= BigInt(min) && value <= BigInt(max)) return Number(value)
    return invalid(context, value, `a whole number from ${min} to ${max}`)
  })
}

/** Hex digits in whole bytes; 0x may be missing, nothing at all is no bytes. */
export const byteString: z.ZodType<Uint8Array> = z.string().transform((text, context) => {
  const bytes = toBytes(text)
  return bytes ?? invalid(context, text, 'whole bytes of hex digits')
})

/** Hex digits of at most `length` bytes, taken as a number: shorter ones stand for small numbers. */
export function exactBytes(length: number): z.ZodType<Uint8Array> {
  return z.string().transform((text, context) => {
    const digits = withoutPrefix(text)
    const bytes = digits.length <= length * 2 ? toBytes(digits.padStart(length * 2, '0')) : undefined
    return bytes ?? invalid(context, text, `hex digits of at most ${length} bytes`)
  })
}

/** 32 bytes of hex digits, in lower case afterwards. */
export const hash: z.ZodType<Hash> = z.string().transform((text, context) => {
  const value = `0x${withoutPrefix(text)}`.toLowerCase()
  return isHash(value) ? value : invalid(context, text, '32 bytes of hex digits')
})

/** An address with or without 0x, in lower case afterwards. A checksum is checked where the 0x is there. */
export const addressKey: z.ZodType<Address> = z.string().transform((text, context) => {
  const value = `0x${withoutPrefix(text)}`.toLowerCase()
  return isAddress(value) && hasGoodChecksum(text) ? value : invalid(context, text, 'an address of 40 hex digits')
})

function hasGoodChecksum(text: string): boolean {
  if (!text.startsWith('0x')) return true
  try {
    parseAddress(text)
    return true
  } catch {
    return false
  }
}

function withoutPrefix(text: string): string {
  return text.startsWith('0x') || text.startsWith('0X') ? text.slice(2) : text
}

function toBytes(text: string): Uint8Array | undefined {
  try {
    return hexToBytes(`0x${withoutPrefix(text)}`)
  } catch {
    return undefined
  }
}

/** What was there is shown, cut short: a genesis may hold anything. */
function invalid(context: z.core.$RefinementCtx, value: unknown, expected: string): never {
  const shown = String(value)
  context.addIssue(`expected ${expected}, not ${shown.length > 50 ? `${shown.slice(0, 50)}…` : shown}`)
  return z.NEVER
}
