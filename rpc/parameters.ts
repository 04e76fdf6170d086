import { z } from 'zod'
import type { AccountOverride, BlockOverrides, BlockRequest, CallRequest } from '../execution/call.ts'
import { equalBytes } from '../primitives/bytes.ts'
import type { Address, Hash, Hex } from '../primitives/hex.ts'
import { hexToBytes, wordToHash, ZERO_ADDRESS } from '../primitives/hex.ts'
import type { TypedData } from '../primitives/typed-data.ts'
import type { Withdrawal } from '../primitives/withdrawal.ts'
import { inputSchema, type JsonSchema } from './json-schema.ts'
import { membersReader, type Reader, Refusal, readBy, readerOf } from './parameter-reader.ts'

/**
 * Schemas of what clients send: hex in, typed values out. Quantities are `0x` and digits without leading zeros, data
 * has an even number of digits (execution-apis, base types). Lengths are bounded by the body limit; counts here.
 */

const MAX_UINT64 = 2n ** 64n - 1n
const MAX_UINT256 = 2n ** 256n - 1n

/** Entries of one access list, authorization list, override or address filter. */
export const MAX_LIST_ITEMS = 10_000

/** A schema from a function that returns the value or throws a `Refusal`, and from what it takes in words of JSON Schema. */
function parsed<T>(parse: Reader<T>, json: JsonSchema) {
  const schema = described(json).transform((value, context): T => {
    try {
      return parse(value)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      context.addIssue({ code: 'custom', message: error.message })
      return z.NEVER
    }
  })
  readBy(schema, parse as Reader<Awaited<T>>)
  return schema
}

/** Anything, of which `rpc.discover` says this. */
function described(json: JsonSchema) {
  return z.unknown().meta(json)
}

/** A hex string with digits of that pattern. */
function hexSchema(title: string, digits: string): JsonSchema {
  return { title, type: 'string', pattern: `^0x${digits}$` }
}

function uintSchema(title: string, digits: number): JsonSchema {
  return hexSchema(title, `(0|[1-9a-fA-F][0-9a-fA-F]{0,${digits - 1}})`)
}

/** May be absent or `null`. Made when it is asked for: there are hundreds, and what reads one known to `readBy` needs none. */
export function optional<T extends z.ZodType>(schema: T) {
  const orNone = z.lazy(() => schema.nullish().transform((value) => value ?? undefined))
  const read = readerOf(schema as z.ZodType<z.output<typeof orNone>>)
  readBy(
    orNone,
    (value) => (value === undefined || value === null ? undefined : read(value)) as z.output<typeof orNone>,
  )
  return orNone
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

const UINT64_SCHEMA = uintSchema('Quantity of at most 64 bits', 16)
const HASH_SCHEMA = hexSchema('Hash, 32 bytes', '[0-9a-fA-F]{64}')
const STORAGE_KEY_SCHEMA = hexSchema('Word, at most 32 bytes', '[0-9a-fA-F]{0,64}')

export const uint64 = parsed(uint(MAX_UINT64), UINT64_SCHEMA)
export const uint256 = parsed(uint(MAX_UINT256), uintSchema('Quantity of at most 256 bits', 64))
export const address = parsed<Address>(fixedBytes(20, 'address'), hexSchema('Address', '[0-9a-fA-F]{40}'))
export const hash = parsed<Hash>(fixedBytes(32, 'hash'), HASH_SCHEMA)
export const data = parsed(bytes, hexSchema('Bytes', '([0-9a-fA-F]{2})*'))
export const storageKey = parsed(word, STORAGE_KEY_SCHEMA)

/** A storage key with how the client wrote it, which eth_getProof gives back (32 bytes as such, else as a quantity). */
export const namedStorageKey = parsed(
  (value: unknown) => ({ slot: word(value), isFullLength: String(value).length === 66 }),
  STORAGE_KEY_SCHEMA,
)

/** A count: quantity or plain number, as eth_feeHistory has always taken both. */
export const count = parsed(
  (value: unknown): number => {
    if (typeof value === 'number') {
      if (!Number.isSafeInteger(value) || value < 0) throw new Refusal('must be a whole number')
      return value
    }
    const number = uint(MAX_UINT64)(value)
    if (number > 0xffff_ffffn) throw new Refusal('too large')
    return Number(number)
  },
  { title: 'Count', anyOf: [uintSchema('Quantity of at most 32 bits', 8), { type: 'integer', minimum: 0 }] },
)

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

const TAG_OR_NUMBER_SCHEMA: JsonSchema = {
  title: 'Block by number or tag',
  anyOf: [{ enum: BLOCK_TAGS }, UINT64_SCHEMA],
}

/** A block by tag or number only, where the method's name says so. */
export const blockNumberOrTag = parsed(blockTagOrNumber, TAG_OR_NUMBER_SCHEMA)

/** A block by tag, number, 32-byte hash, or EIP-1898 object. */
export const blockParameter = parsed(
  (value: unknown): BlockParameter => {
    if (typeof value === 'object' && value !== null) return blockObject(value as Readonly<Record<string, unknown>>)
    if (typeof value === 'string' && value.length === 66) {
      return { hash: fixedBytes(32, 'hash')(value), requireCanonical: false }
    }
    return blockTagOrNumber(value)
  },
  {
    title: 'Block by number, tag or hash',
    anyOf: [
      TAG_OR_NUMBER_SCHEMA,
      HASH_SCHEMA,
      {
        type: 'object',
        properties: { blockHash: HASH_SCHEMA, requireCanonical: { type: 'boolean' } },
        required: ['blockHash'],
      },
      { type: 'object', properties: { blockNumber: TAG_OR_NUMBER_SCHEMA }, required: ['blockNumber'] },
    ],
  },
)

const readBlock = readerOf<BlockParameter>(blockParameter)
const LATEST: BlockParameter = { tag: 'latest' }

/** The block parameter of state and execution methods, which may be left out. */
export const blockOrLatest = optional(blockParameter).transform((block): BlockParameter => block ?? LATEST)
readBy(blockOrLatest, (value) => (value === undefined || value === null ? LATEST : readBlock(value)))

const accessList = z.lazy(() =>
  z
    .array(
      z.object({ address, storageKeys: optional(z.array(storageKey).max(MAX_LIST_ITEMS)) }).transform((item) => ({
        address: item.address,
        slots: item.storageKeys ?? [],
      })),
    )
    .max(MAX_LIST_ITEMS),
)

const authorization = z.lazy(() =>
  z.object({
    chainId: uint256,
    address,
    nonce: uint64,
    yParity: uint64,
    r: uint256,
    s: uint256,
  }),
)

/** What a client says of a transaction that is not signed: for calls, and for the developer accounts to sign. */
export interface TransactionRequest extends CallRequest {
  readonly hasFrom: boolean
  readonly chainId?: bigint | undefined
  /** Transaction type, where the client insists on one. */
  readonly type?: number | undefined
}

const transactionFields = z.object({
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
  // web3.py writes the type of a transaction that it replaces as a plain number.
  type: optional(count),
})

type TransactionFields = z.output<typeof transactionFields>

/** What in it cannot be meant together, in words. */
function contradictions(fields: TransactionFields): readonly string[] {
  const { data: old, input, gasPrice, maxFeePerGas, maxPriorityFeePerGas } = fields
  const messages: string[] = []
  if (old !== undefined && input !== undefined && !equalBytes(old, input)) {
    messages.push('both "data" and "input" are set and not equal')
  }
  if (gasPrice !== undefined && (maxFeePerGas !== undefined || maxPriorityFeePerGas !== undefined)) {
    messages.push('both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified')
  }
  if (maxFeePerGas !== undefined && maxPriorityFeePerGas !== undefined && maxPriorityFeePerGas > maxFeePerGas) {
    messages.push('max priority fee per gas higher than max fee per gas')
  }
  return messages
}

function requestOf({ gas, input, data: old, from, ...rest }: TransactionFields): TransactionRequest {
  return { ...rest, hasFrom: from !== undefined, from: from ?? ZERO_ADDRESS, gasLimit: gas, data: input ?? old }
}

/** The transaction object of eth_call, eth_estimateGas, eth_createAccessList, eth_sendTransaction and eth_signTransaction. */
export const transactionRequest = transactionFields
  .check((context) => {
    for (const message of contradictions(context.value)) {
      context.issues.push({ code: 'custom', message, input: undefined })
    }
  })
  .transform(requestOf)

readBy(
  transactionRequest,
  membersReader(transactionFields, (fields) => {
    if (contradictions(fields).length > 0) throw new Refusal('contradicts itself')
    return requestOf(fields)
  }),
)

/** An object as a map, of at most so many entries; what keys and values are not is refused under the key's name. */
function mapOf<Key, Value>(key: z.ZodType<Key>, value: z.ZodType<Value>, maximum: number) {
  return z
    .record(z.string(), z.unknown())
    .meta({
      // Made when somebody asks for the document.
      get propertyNames() {
        return inputSchema(key)
      },
      get additionalProperties() {
        return inputSchema(value)
      },
    })
    .transform((record): [unknown, unknown][] => Object.entries(record))
    .pipe(z.array(z.tuple([key, value])).max(maximum))
    .transform((entries): ReadonlyMap<Key, Value> => new Map(entries))
}

const slots = z.lazy(() => mapOf(storageKey, storageKey, MAX_LIST_ITEMS))

const accountOverride = z.lazy(() =>
  z
    .object({
      nonce: optional(uint64),
      balance: optional(uint256),
      code: optional(data),
      state: optional(slots),
      stateDiff: optional(slots),
      movePrecompileToAddress: optional(address),
    })
    .refine((account) => account.state === undefined || account.stateDiff === undefined, {
      message: 'has both "state" and "stateDiff"',
    }),
)

/** State overrides of calls and simulations: address to replacement values. */
export const stateOverrides = z.lazy(() => mapOf<Address, AccountOverride>(address, accountOverride, MAX_LIST_ITEMS))

const flag = optional(z.boolean({ error: 'must be true or false' }))

/** As the consensus layer writes them; gwei. */
export const withdrawals = z.lazy(() =>
  z
    .array(
      z
        .object({ index: uint64, validatorIndex: uint64, address, amount: uint64 })
        .transform(({ amount, ...withdrawal }): Withdrawal => ({ ...withdrawal, amountInGwei: amount })),
    )
    .max(MAX_LIST_ITEMS),
)

const blockOverrides = z.lazy(() =>
  z
    .object({
      number: optional(uint64),
      time: optional(uint64),
      gasLimit: optional(uint64),
      feeRecipient: optional(address),
      prevRandao: optional(storageKey),
      baseFeePerGas: optional(uint256),
      blobBaseFee: optional(uint64),
      withdrawals: optional(withdrawals),
    })
    .transform(({ time, feeRecipient, prevRandao, ...overrides }): BlockOverrides => {
      return {
        ...overrides,
        timestamp: time,
        coinbase: feeRecipient,
        prevRandao: prevRandao === undefined ? undefined : wordToHash(prevRandao),
      }
    }),
)

/** What eth_simulateV1 is to do. */
export interface SimulationPayload {
  readonly blocks: readonly (Omit<BlockRequest, 'calls'> & { readonly calls: readonly TransactionRequest[] })[]
  readonly tracesTransfers: boolean
  readonly validates: boolean
  readonly hasFullTransactions: boolean
}

export const simulationPayload = z.lazy(() =>
  z
    .object({
      blockStateCalls: z
        .array(
          z.object({
            blockOverrides: optional(blockOverrides),
            stateOverrides: optional(stateOverrides),
            calls: optional(z.array(transactionRequest).max(MAX_LIST_ITEMS)),
          }),
        )
        .max(MAX_LIST_ITEMS),
      traceTransfers: flag,
      validation: flag,
      returnFullTransactions: flag,
    })
    .transform(({ blockStateCalls, traceTransfers, validation, returnFullTransactions }): SimulationPayload => {
      return {
        blocks: blockStateCalls.map(({ blockOverrides: header = {}, stateOverrides: accounts, calls = [] }) => {
          return { header, accounts, calls }
        }),
        tracesTransfers: traceTransfers ?? false,
        validates: validation ?? false,
        hasFullTransactions: returnFullTransactions ?? false,
      }
    }),
)

/** Accounts with their slots, so many slots at most, as eth_getStorageValues takes them. */
export function storageRequests(maxSlots: number) {
  return mapOf<Address, bigint[]>(address, z.array(storageKey), maxSlots)
    .refine((requests) => requests.size > 0, { message: 'empty request' })
    .refine((requests) => [...requests.values()].reduce((sum, { length }) => sum + length, 0) <= maxSlots, {
      message: `more than ${maxSlots} slots`,
    })
}

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
  const one = inputSchema(schema)
  return described({ anyOf: [one, { type: 'array', items: one, maxItems: MAX_ALTERNATIVES }, { type: 'null' }] })
    .transform((value) => (value === null || value === undefined ? [] : Array.isArray(value) ? value : [value]))
    .pipe(z.array(schema).max(MAX_ALTERNATIVES))
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

const typedDataObject = z.lazy(() =>
  z.object({
    types: z.record(z.string(), z.array(z.object({ name: z.string(), type: z.string() }))),
    primaryType: z.string(),
    domain: z.record(z.string(), z.unknown()),
    message: z.record(z.string(), z.unknown()),
  }),
)

/** Structs to sign (EIP-712): as an object, or as wallets send it, an object in JSON text. */
export const typedData = described({
  title: 'Typed data',
  get anyOf() {
    return [inputSchema(typedDataObject), { type: 'string' }]
  },
})
  .transform((value, context): unknown => {
    if (typeof value !== 'string') return value
    try {
      return JSON.parse(value)
    } catch {
      context.addIssue('must be an object, or one as JSON text')
      return z.NEVER
    }
  })
  .pipe(typedDataObject)
  .transform((value): TypedData => value)
