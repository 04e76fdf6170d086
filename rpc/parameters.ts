import { z } from 'zod'
import type { AccountOverride, CallRequest } from '../execution/call.ts'
import { equalBytes } from '../primitives/bytes.ts'
import type { Address, Hash, Hex } from '../primitives/hex.ts'
import { hexToBytes, ZERO_ADDRESS } from '../primitives/hex.ts'

/**
 * Schemas of what clients send: hex in, typed values out. Quantities are `0x` and digits without leading zeros, data
 * has an even number of digits (execution-apis, base types). Lengths are bounded by the body limit; counts here.
 */

const MAX_UINT64 = 2n ** 64n - 1n
const MAX_UINT256 = 2n ** 256n - 1n

/** Entries of one access list, authorization list, override or address filter. */
export const MAX_LIST_ITEMS = 10_000

/** Why a value is refused; its message goes to the client. */
class Refusal extends Error {}

/** A schema from a function that returns the value or throws a `Refusal`. */
function parsed<T>(parse: (value: unknown) => T) {
  return z.unknown().transform((value, context): T => {
    try {
      return parse(value)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      context.addIssue({ code: 'custom', message: error.message })
      return z.NEVER
    }
  })
}

/** May be absent or `null`. */
export function optional<T extends z.ZodType>(schema: T) {
  return schema.nullish().transform((value) => value ?? undefined)
}

function hexString(value: unknown): Hex {
  if (typeof value !== 'string') throw new Refusal('must be a hex string')
  if (!value.startsWith('0x')) throw new Refusal('hex string without 0x prefix')
  if (!/^0x[0-9a-fA-F]*$/.test(value)) throw new Refusal('invalid hex string')
  return value.toLowerCase() as Hex
}

function uint(maximum: bigint) {
  // Longer input is refused before it is made a number: conversion costs time that grows faster than length.
  const digits = maximum.toString(16).length
  return (value: unknown): bigint => {
    const hex = hexString(value)
    if (hex === '0x') throw new Refusal('empty hex number')
    if (hex.length > 3 && hex[2] === '0') throw new Refusal('hex number with leading zero digits')
    if (hex.length - 2 > digits) throw new Refusal(`hex number > ${digits * 4} bits`)
    return BigInt(hex)
  }
}

function fixedBytes(length: number, what: string) {
  return (value: unknown): Hex => {
    const hex = hexString(value)
    if (hex.length !== 2 + 2 * length) throw new Refusal(`${what} must have ${length} bytes`)
    return hex
  }
}

function bytes(value: unknown): Uint8Array {
  const hex = hexString(value)
  if (hex.length % 2 !== 0) throw new Refusal('hex string of odd length')
  return hexToBytes(hex)
}

/** A slot or word: up to 32 bytes, leading zeros or not, as every client writes them differently. */
function word(value: unknown): bigint {
  const hex = hexString(value)
  if (hex.length > 66) throw new Refusal('storage key too long (want at most 32 bytes)')
  return hex === '0x' ? 0n : BigInt(hex)
}

export const uint64 = parsed(uint(MAX_UINT64))
export const uint256 = parsed(uint(MAX_UINT256))
export const address = parsed<Address>(fixedBytes(20, 'address'))
export const hash = parsed<Hash>(fixedBytes(32, 'hash'))
export const data = parsed(bytes)
export const storageKey = parsed(word)

/** A storage key with how the client wrote it, which eth_getProof gives back (32 bytes as such, else as a quantity). */
export const namedStorageKey = parsed((value: unknown) => ({
  slot: word(value),
  isFullLength: String(value).length === 66,
}))

/** A count: quantity or plain number, as eth_feeHistory has always taken both. */
export const count = parsed((value: unknown): number => {
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value) || value < 0) throw new Refusal('must be a whole number')
    return value
  }
  const number = uint(MAX_UINT64)(value)
  if (number > 0xffff_ffffn) throw new Refusal('too large')
  return Number(number)
})

const BLOCK_TAGS = ['earliest', 'latest', 'pending', 'safe', 'finalized'] as const
export type BlockTag = (typeof BLOCK_TAGS)[number]

/** A block named by tag, number or hash (EIP-1898). */
export type BlockParameter =
  | { readonly tag: BlockTag }
  | { readonly number: bigint }
  | { readonly hash: Hash; readonly requireCanonical: boolean }

function blockTagOrNumber(value: unknown): BlockParameter {
  const tag = BLOCK_TAGS.find((each) => each === value)
  return tag === undefined ? { number: uint(MAX_UINT64)(value) } : { tag }
}

function blockObject(value: Readonly<Record<string, unknown>>): BlockParameter {
  const { blockHash, blockNumber, requireCanonical } = value
  if ((blockHash === undefined) === (blockNumber === undefined)) {
    throw new Refusal('must have either blockHash or blockNumber')
  }
  if (requireCanonical !== undefined && typeof requireCanonical !== 'boolean') {
    throw new Refusal('requireCanonical must be true or false')
  }
  if (blockHash === undefined) return blockTagOrNumber(blockNumber)
  return { hash: fixedBytes(32, 'hash')(blockHash), requireCanonical: requireCanonical === true }
}

/** A block by tag or number only, where the method's name says so. */
export const blockNumberOrTag = parsed(blockTagOrNumber)

/** A block by tag, number, 32-byte hash, or EIP-1898 object. */
export const blockParameter = parsed((value: unknown): BlockParameter => {
  if (typeof value === 'object' && value !== null) return blockObject(value as Readonly<Record<string, unknown>>)
  if (typeof value === 'string' && value.length === 66) {
    return { hash: fixedBytes(32, 'hash')(value), requireCanonical: false }
  }
  return blockTagOrNumber(value)
})

/** The block parameter of state and execution methods, which may be left out. */
export const blockOrLatest = optional(blockParameter).transform((block): BlockParameter => block ?? { tag: 'latest' })

const accessList = z
  .array(
    z.object({ address, storageKeys: optional(z.array(storageKey).max(MAX_LIST_ITEMS)) }).transform((item) => ({
      address: item.address,
      slots: item.storageKeys ?? [],
    })),
  )
  .max(MAX_LIST_ITEMS)

const authorization = z.object({
  chainId: uint256,
  address,
  nonce: uint64,
  yParity: uint64,
  r: uint256,
  s: uint256,
})

/** What a client says of a transaction that is not signed: for calls, and for the developer accounts to sign. */
export interface TransactionRequest extends CallRequest {
  readonly hasFrom: boolean
  readonly chainId?: bigint | undefined
  /** Transaction type, where the client insists on one. */
  readonly type?: bigint | undefined
}

/** The transaction object of eth_call, eth_estimateGas, eth_createAccessList, eth_sendTransaction and eth_signTransaction. */
export const transactionRequest = z
  .object({
    from: optional(address),
    to: optional(address),
    gas: optional(uint64),
    gasPrice: optional(uint256),
    maxFeePerGas: optional(uint256),
    maxPriorityFeePerGas: optional(uint256),
    maxFeePerBlobGas: optional(uint256),
    value: optional(uint256),
    data: optional(data),
    input: optional(data),
    nonce: optional(uint64),
    accessList: optional(accessList),
    blobVersionedHashes: optional(z.array(hash).max(MAX_LIST_ITEMS)),
    authorizationList: optional(z.array(authorization).max(MAX_LIST_ITEMS)),
    chainId: optional(uint256),
    type: optional(uint64),
  })
  .check((context) => {
    const { data: old, input, gasPrice, maxFeePerGas, maxPriorityFeePerGas } = context.value
    const refuse = (message: string) => context.issues.push({ code: 'custom', message, input: undefined })
    if (old !== undefined && input !== undefined && !equalBytes(old, input)) {
      refuse('both "data" and "input" are set and not equal')
    }
    if (gasPrice !== undefined && (maxFeePerGas !== undefined || maxPriorityFeePerGas !== undefined)) {
      refuse('both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified')
    }
    if (maxFeePerGas !== undefined && maxPriorityFeePerGas !== undefined && maxPriorityFeePerGas > maxFeePerGas) {
      refuse('max priority fee per gas higher than max fee per gas')
    }
  })
  .transform(({ gas, input, data: old, from, ...rest }): TransactionRequest => {
    return { ...rest, hasFrom: from !== undefined, from: from ?? ZERO_ADDRESS, gasLimit: gas, data: input ?? old }
  })

const slots = z
  .record(z.string(), z.unknown())
  .transform((record): [unknown, unknown][] => Object.entries(record))
  .pipe(z.array(z.tuple([storageKey, storageKey])).max(MAX_LIST_ITEMS))
  .transform((entries): ReadonlyMap<bigint, bigint> => new Map(entries))

const accountOverride = z
  .object({
    nonce: optional(uint64),
    balance: optional(uint256),
    code: optional(data),
    state: optional(slots),
    stateDiff: optional(slots),
  })
  .refine((account) => account.state === undefined || account.stateDiff === undefined, {
    message: 'has both "state" and "stateDiff"',
  })

/** State overrides of eth_call: address to replacement values. */
export const stateOverrides = z
  .record(z.string(), z.unknown())
  .transform((record): [unknown, unknown][] => Object.entries(record))
  .pipe(z.array(z.tuple([address, accountOverride])).max(MAX_LIST_ITEMS))
  .transform((entries): ReadonlyMap<Address, AccountOverride> => new Map(entries))

/** Which logs: any of the addresses, and at each position any of the topics (an empty list matches anything). */
export interface LogCriteria {
  readonly addresses: readonly Address[]
  readonly topics: readonly (readonly Hash[])[]
}

/** Criteria and where to look. */
export interface LogQuery extends LogCriteria {
  readonly blockHash?: Hash | undefined
  readonly fromBlock?: BlockParameter | undefined
  readonly toBlock?: BlockParameter | undefined
}

/** Alternatives at one place of a filter; each costs a comparison per log. */
const MAX_ALTERNATIVES = 1_000

function oneOrMany<T>(schema: z.ZodType<T>) {
  return z
    .preprocess(
      (value) => (value === null || value === undefined ? [] : Array.isArray(value) ? value : [value]),
      z.array(schema).max(MAX_ALTERNATIVES),
    )
    .optional()
}

/** The filter object of eth_getLogs, eth_newFilter and the `logs` subscription. */
export const logQuery = z
  .object({
    address: oneOrMany(address),
    topics: optional(z.array(oneOrMany(hash)).max(4, 'exceeds the maximum of 4 topics')),
    blockHash: optional(hash),
    fromBlock: optional(blockNumberOrTag),
    toBlock: optional(blockNumberOrTag),
  })
  .refine((query) => query.blockHash === undefined || (query.fromBlock ?? query.toBlock) === undefined, {
    message: 'cannot specify both blockHash and fromBlock/toBlock, choose one or the other',
  })
  .transform(({ address: addresses, topics, ...where }): LogQuery => {
    return { ...where, addresses: addresses ?? [], topics: (topics ?? []).map((alternatives) => alternatives ?? []) }
  })
