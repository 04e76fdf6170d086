import type { Rules } from '../../../config/hardforks.ts'
import { bigintToBytes, bytesToBigint, EMPTY_BYTES } from '../../../primitives/bytes.ts'
import { bitLength } from '../word.ts'
import { readInput, readInteger } from './input.ts'
import { modularPower } from './modular-power.ts'
import type { Precompile } from './precompile.ts'

/** Longest operand in bytes from Osaka on (EIP-7823). */
const MAX_OPERAND_BYTES = 1024n
const HEADER_BYTES = 96

/** 0x05: lengths of base, exponent, modulus as words, then the three -> base ^ exponent mod modulus. */
export const modularExponentiation: Precompile = {
  gas(input, rules) {
    const lengths = readLengths(input)
    return PRICES[rules.gas.modularExponentiation](lengths, exponentHead(input, lengths))
  },
  run(input, rules) {
    const lengths = readLengths(input)
    if (isTooLong(lengths, rules)) return undefined
    if (lengths.base === 0n && lengths.modulus === 0n) return EMPTY_BYTES
    // Paid for by now, so these are small enough to be numbers: a length of 2^32 costs over 2^57 gas in the other's place.
    const baseLength = Number(lengths.base)
    const exponentLength = Number(lengths.exponent)
    const modulusLength = Number(lengths.modulus)
    const modulus = readInteger(input, HEADER_BYTES + baseLength + exponentLength, modulusLength)
    if (modulus <= 1n) return new Uint8Array(modulusLength)
    const base = readInteger(input, HEADER_BYTES, baseLength)
    const exponent = readInput(input, HEADER_BYTES + baseLength, exponentLength)
    return bigintToBytes(modularPower(base, exponent, modulus), modulusLength)
  },
}

interface Lengths {
  readonly base: bigint
  readonly exponent: bigint
  readonly modulus: bigint
}

function readLengths(input: Uint8Array): Lengths {
  return {
    base: readInteger(input, 0, 32),
    exponent: readInteger(input, 32, 32),
    modulus: readInteger(input, 64, 32),
  }
}

function isTooLong({ base, exponent, modulus }: Lengths, rules: Rules): boolean {
  return rules.atLeast('osaka') && [base, exponent, modulus].some((length) => length > MAX_OPERAND_BYTES)
}

/** The first 32 bytes of the exponent, or all of it when it is shorter. */
function exponentHead(input: Uint8Array, { base, exponent }: Lengths): bigint {
  const offset = BigInt(HEADER_BYTES) + base
  if (offset >= input.length) return 0n
  return bytesToBigint(readInput(input, Number(offset), exponent < 32n ? Number(exponent) : 32))
}

/** Rounds of square-and-multiply, a byte of a long exponent after its head counting as `perByte`. */
function iterations(exponentLength: bigint, head: bigint, perByte: bigint): bigint {
  const headBits = head === 0n ? 0n : BigInt(bitLength(head) - 1)
  return exponentLength <= 32n ? headBits : perByte * (exponentLength - 32n) + headBits
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}

type Price = (lengths: Lengths, head: bigint) => bigint

const PRICES: Readonly<Record<Rules['gas']['modularExponentiation'], Price>> = {
  eip198({ base, exponent, modulus }, head) {
    return (squaringGas(max(base, modulus)) * max(iterations(exponent, head, 8n), 1n)) / 20n
  },
  eip2565({ base, exponent, modulus }, head) {
    const words = (max(base, modulus) + 7n) / 8n
    return max(200n, (words * words * max(iterations(exponent, head, 8n), 1n)) / 3n)
  },
  eip7883({ base, exponent, modulus }, head) {
    const longest = max(base, modulus)
    const words = (longest + 7n) / 8n
    const complexity = longest <= 32n ? 16n : 2n * words * words
    return max(500n, complexity * max(iterations(exponent, head, 16n), 1n))
  },
}

/** Complexity of squaring `length` bytes (EIP-198). */
function squaringGas(length: bigint): bigint {
  if (length <= 64n) return length * length
  if (length <= 1024n) return (length * length) / 4n + 96n * length - 3_072n
  return (length * length) / 16n + 480n * length - 199_680n
}
