import { bigintToBytes, bytesToBigint, bytesToHexString, hexDigitsToBytes } from './bytes.ts'
import { DecodeError } from './errors.ts'
import { keccak256 } from './keccak.ts'

/** A string of `0x` and lower-case hex digits. */
export type Hex = `0x${string}`

/** A 20-byte account address as 42 lower-case characters. Checksummed input is lowered where it enters (RPC, config). */
export type Address = Hex

/** A 32-byte Keccak-256 hash as 66 lower-case characters. */
export type Hash = Hex

export const ZERO_ADDRESS: Address = '0x0000000000000000000000000000000000000000'
export const ZERO_HASH: Hash = '0x0000000000000000000000000000000000000000000000000000000000000000'

const ADDRESS_BYTES = 20
const HASH_BYTES = 32
const LOW_160_BITS = (1n << 160n) - 1n

export function bytesToHex(bytes: Uint8Array): Hex {
  return bytesToHexString(bytes)
}

/** Accepts digits of either case. Throws DecodeError without `0x`, with an odd number of digits or with another character. */
export function hexToBytes(hex: string): Uint8Array {
  const length = (hex.length - 2) / 2
  if (!hex.startsWith('0x') || !Number.isInteger(length)) {
    throw new DecodeError('expected 0x and whole bytes of hex digits')
  }
  const bytes = hexDigitsToBytes(hex, length, 2)
  if (bytes === undefined) throw new DecodeError('expected hex digits')
  return bytes
}

/** 20 bytes. */
export function addressToBytes(address: Address): Uint8Array {
  return hexToBytes(address)
}

/** 32 bytes. */
export function hashToBytes(hash: Hash): Uint8Array {
  return hexToBytes(hash)
}

/** Throws DecodeError unless there are exactly 20 bytes. */
export function bytesToAddress(bytes: Uint8Array): Address {
  return exactHex(bytes, ADDRESS_BYTES, 'address')
}

/** Throws DecodeError unless there are exactly 32 bytes. */
export function bytesToHash(bytes: Uint8Array): Hash {
  return exactHex(bytes, HASH_BYTES, 'hash')
}

function exactHex(bytes: Uint8Array, length: number, what: string): Hex {
  if (bytes.length !== length) throw new DecodeError(`${what}: expected ${length} bytes, not ${bytes.length}`)
  return bytesToHex(bytes)
}

/**
 * Addresses of contracts go back and forth with every message: to make one of a word or a word of one takes 80 to 120 ns, to look it up 20.
 * Both are forgotten when there are too many.
 */
const MAX_KNOWN_ADDRESSES = 4_096
const knownAddresses = new Map<bigint, Address>()
const knownWords = new Map<Address, bigint>()

/** The low 160 bits of a word, as the EVM reads an address from the stack. */
export function wordToAddress(word: bigint): Address {
  const low = word <= LOW_160_BITS ? word : word & LOW_160_BITS
  return knownAddresses.get(low) ?? learnt(knownAddresses, low, addressOf(low))
}

function addressOf(low: bigint): Address {
  return `0x${low.toString(16).padStart(ADDRESS_BYTES * 2, '0')}`
}

export function addressToWord(address: Address): bigint {
  return knownWords.get(address) ?? learnt(knownWords, address, BigInt(address))
}

function learnt<Key, Value>(known: Map<Key, Value>, key: Key, value: Value): Value {
  if (known.size >= MAX_KNOWN_ADDRESSES) known.clear()
  known.set(key, value)
  return value
}

/** Throws RangeError when the word is negative or above 2^256 - 1. */
export function wordToHash(word: bigint): Hash {
  return bytesToHex(bigintToBytes(word, HASH_BYTES))
}

export function hashToWord(hash: Hash): bigint {
  return BigInt(hash)
}

/** The big-endian number in up to 32 bytes; 0n for none. */
export function bytesToWord(bytes: Uint8Array): bigint {
  if (bytes.length > HASH_BYTES)
    throw new DecodeError(`word: expected at most ${HASH_BYTES} bytes, not ${bytes.length}`)
  return bytesToBigint(bytes)
}

/** A JSON-RPC quantity: `0x0`, otherwise no leading zeros. */
export function quantityToHex(quantity: bigint | number): Hex {
  return `0x${quantity.toString(16)}`
}

const CANONICAL_ADDRESS = /^0x[0-9a-f]{40}$/
const CANONICAL_HASH = /^0x[0-9a-f]{64}$/

/** Whether the value is an address in our form: 42 characters, lower case. */
export function isAddress(value: unknown): value is Address {
  return typeof value === 'string' && CANONICAL_ADDRESS.test(value)
}

/** Whether the value is a hash in our form: 66 characters, lower case. */
export function isHash(value: unknown): value is Hash {
  return typeof value === 'string' && CANONICAL_HASH.test(value)
}

/**
 * An address as people write it: lower case, upper case, or mixed case with a valid EIP-55 checksum. Throws DecodeError
 * on anything else.
 */
export function parseAddress(text: string): Address {
  const address = text.toLowerCase()
  if (!isAddress(address)) throw new DecodeError('expected an address: 0x and 40 hex digits')
  const digits = text.slice(2)
  const isMixedCase = digits !== digits.toLowerCase() && digits !== digits.toUpperCase()
  if (isMixedCase && toChecksumAddress(address).slice(2) !== digits) {
    throw new DecodeError(`address checksum does not match: ${text}`)
  }
  return address
}

/** A 32-byte hash in either case. Throws DecodeError on anything else. */
export function parseHash(text: string): Hash {
  const hash = text.toLowerCase()
  if (!isHash(hash)) throw new DecodeError('expected a hash: 0x and 64 hex digits')
  return hash
}

/** Mixed-case checksum form (EIP-55), for people's eyes only. */
export function toChecksumAddress(address: Address): string {
  const digest = keccak256(new TextEncoder().encode(address.slice(2)))
  const digits = [...address.slice(2)].map((digit, position) => {
    const byte = digest[position >> 1]!
    const nibble = position % 2 === 0 ? byte >> 4 : byte & 0x0f
    return nibble >= 8 ? digit.toUpperCase() : digit
  })
  return `0x${digits.join('')}`
}
