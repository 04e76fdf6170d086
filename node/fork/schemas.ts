import { z } from 'zod'
import type { Header } from '../../primitives/header.ts'
import { type Address, type Hash, hexToBytes } from '../../primitives/hex.ts'

/** What an upstream writes; each is longer than it may be only with leading zeros, which some nodes write. */
const MAX_DIGITS = 64

/** What becomes a number here. */
const SAFE_BITS = 53
/** The base fee grows exponentially with it, and so do the digits to compute. Mainnet's is below 2^29 where a blob costs an ether. */
const BLOB_GAS_BITS = 32
/** Chains with sealers have their keys in it. */
const MAX_EXTRA_DATA_BYTES = 32_768

/** An unsigned number of at most so many bits. */
export function quantity(bits: number): z.ZodType<bigint> {
  return z
    .string()
    .regex(new RegExp(`^0x[0-9a-fA-F]{1,${MAX_DIGITS}}$`), 'must be a quantity')
    .transform((text) => BigInt(text))
    .refine((value) => value < 1n << BigInt(bits), `must have at most ${bits} bits`)
}

/** The value of a slot: 32 bytes, or fewer where a node leaves out leading zeros, even all of them. */
export const word: z.ZodType<bigint> = z
  .string()
  .regex(/^0x[0-9a-fA-F]{0,64}$/, 'must be a word')
  .transform((text) => (text === '0x' ? 0n : BigInt(text)))

export const bytes: z.ZodType<Uint8Array> = z
  .string()
  .regex(/^0x([0-9a-fA-F]{2})*$/, 'must be bytes')
  .transform((text) => hexToBytes(text as `0x${string}`))

/** Far above what chains allow. */
const MAX_CODE_BYTES = 1 << 20

export const code: z.ZodType<Uint8Array> = bytes.refine(
  (value) => value.length <= MAX_CODE_BYTES,
  `must have at most ${MAX_CODE_BYTES} bytes`,
)

const hash = z
  .string()
  .regex(/^0x[0-9a-fA-F]{64}$/, 'must be a hash')
  .transform((text) => text.toLowerCase() as Hash)

const address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/, 'must be an address')
  .transform((text) => text.toLowerCase() as Address)

function bytesOf(length: number): z.ZodType<Uint8Array> {
  return bytes.refine((value) => value.length === length, `must have ${length} bytes`)
}

const absent = <T>(schema: z.ZodType<T>) => schema.nullish().transform((value) => value ?? undefined)

/** A block object with its header as Ethereum has it; other members are left out, and what is in the block. */
export const blockObject = z
  .object({
    hash,
    parentHash: hash,
    sha3Uncles: hash,
    miner: address,
    stateRoot: hash,
    transactionsRoot: hash,
    receiptsRoot: hash,
    logsBloom: bytesOf(256),
    difficulty: quantity(256),
    number: quantity(SAFE_BITS),
    gasLimit: quantity(64),
    gasUsed: quantity(64),
    timestamp: quantity(SAFE_BITS),
    extraData: bytes.refine((value) => value.length <= MAX_EXTRA_DATA_BYTES, 'is too long'),
    mixHash: hash,
    nonce: bytesOf(8),
    baseFeePerGas: absent(quantity(256)),
    withdrawalsRoot: absent(hash),
    blobGasUsed: absent(quantity(BLOB_GAS_BITS)),
    excessBlobGas: absent(quantity(BLOB_GAS_BITS)),
    parentBeaconBlockRoot: absent(hash),
    requestsHash: absent(hash),
    blockAccessListHash: absent(hash),
    plan: absent(bytes),
  })
  .transform(({ hash, sha3Uncles, miner, ...fields }): { readonly header: Header; readonly hash: Hash } => ({
    header: { ...fields, ommersHash: sha3Uncles, coinbase: miner },
    hash,
  }))
