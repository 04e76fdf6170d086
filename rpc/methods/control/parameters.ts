import { z } from 'zod'

/** Digits that are read: of the longest word in decimal, which is longer than in hex. */
const MAX_DIGITS = 78

/**
 * A number as whichever tool writes it: a JSON number, or text in hex, with leading zeros or not, or in decimal. At most so many
 * bits.
 */
function amount(bits: number) {
  return z
    .union(
      [
        z.int().nonnegative(),
        z.string().regex(new RegExp(`^(0x[0-9a-fA-F]{1,${MAX_DIGITS}}|[0-9]{1,${MAX_DIGITS}})$`), 'must be a number'),
      ],
      'must be a number',
    )
    .transform((value) => BigInt(value))
    .refine((value) => value < 1n << BigInt(bits), { message: `must have at most ${bits} bits` })
}

export const amount256 = amount(256)
export const amount64 = amount(64)
/** A count, number of seconds or the like. */
export const amount32 = amount(32).transform(Number)
