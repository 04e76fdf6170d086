import { type Block, decodeBody, encodedTransactions } from '../primitives/block.ts'
import { bytesToBigint } from '../primitives/bytes.ts'
import { type EncodedLog, readLogs } from '../primitives/encoded-log.ts'
import { DecodeError } from '../primitives/errors.ts'
import { decodeHeader, type Header } from '../primitives/header.ts'
import { type Address, bytesToAddress, bytesToHash, type Hash } from '../primitives/hex.ts'
import { decodeReceipt, type Receipt } from '../primitives/receipt.ts'
import { asBytes, asList, decodeRlp } from '../primitives/rlp.ts'
import { requireHead, type StoredHead } from './head.ts'
import { hashKey, numberKey } from './keys.ts'
import type { Reader } from './reader.ts'
import { RecentCache } from './recent-cache.ts'
import { StorageError } from './storage-error.ts'
import { decodeTransactionLocation, type TransactionLocation } from './transaction-location.ts'

/** Decoded headers kept: enough for the ancestors that BLOCKHASH, fee history and fork choice look at. */
const KEPT_HEADERS = 1024
/** Decoded blocks and receipts kept: RPC clients ask for the newest ones again and again. */
const KEPT_BLOCKS = 32

const ADDRESS_BYTES = 20

/**
 * Reads blocks and what is known of them. Everything is synchronous, and `undefined` means that it is not stored. All
 * methods throw StorageError `corrupt` when what is stored cannot be decoded.
 */
export class BlockStore {
  readonly #reader: Reader
  readonly #headers = new RecentCache<Hash, Header>({ maxWeight: KEPT_HEADERS })
  readonly #blocks = new RecentCache<Hash, Block>({ maxWeight: KEPT_BLOCKS })
  readonly #receipts = new RecentCache<Hash, readonly Receipt[]>({ maxWeight: KEPT_BLOCKS })

  constructor(modules: { readonly reader: Reader }) {
    this.#reader = modules.reader
  }

  /** The newest canonical block. Throws StorageError `empty` before the genesis is stored. */
  head(): StoredHead {
    return requireHead(this.#reader)
  }

  /** Whether header and body are stored, executed or not. */
  hasBlock(hash: Hash): boolean {
    return this.header(hash) !== undefined
  }

  /** Whether the block has been executed here: its receipts are stored. */
  isExecuted(hash: Hash): boolean {
    return this.#reader.get(hashKey('receipts', hash)) !== undefined
  }

  isCanonical(hash: Hash): boolean {
    const header = this.header(hash)
    return header !== undefined && this.canonicalHash(header.number) === hash
  }

  header(hash: Hash): Header | undefined {
    return this.#headers.get(hash, () => {
      const bytes = this.#reader.get(hashKey('header', hash))
      return bytes && decodeStored('header', hash, () => decodeHeader(bytes))
    })
  }

  block(hash: Hash): Block | undefined {
    return this.#blocks.get(hash, () => {
      const header = this.header(hash)
      const body = this.#reader.get(hashKey('body', hash))
      return header && body && decodeStored('body', hash, () => ({ header, ...decodeBody(body) }))
    })
  }

  /** Of a block that is not decoded for it: its transactions in consensus form, not to be written to. */
  encodedTransactions(hash: Hash): readonly Uint8Array[] | undefined {
    const body = this.#reader.get(hashKey('body', hash))
    return body && decodeStored('body', hash, () => encodedTransactions(body))
  }

  /** One that has just been stored, so that it need not be decoded: it is asked for soon, by who sent its transactions. */
  remember(hash: Hash, block: Block, receipts?: readonly Receipt[]): void {
    this.#headers.get(hash, () => block.header)
    this.#blocks.get(hash, () => block)
    this.#receipts.get(hash, () => receipts)
  }

  canonicalHash(number: bigint): Hash | undefined {
    const bytes = this.#reader.get(numberKey('canonicalHash', number))
    return bytes && bytesToHash(bytes)
  }

  canonicalHeader(number: bigint): Header | undefined {
    const hash = this.canonicalHash(number)
    return hash && this.header(hash)
  }

  /** Of executed blocks. */
  receipts(hash: Hash): readonly Receipt[] | undefined {
    return this.#receipts.get(hash, () => {
      const bytes = this.#reader.get(hashKey('receipts', hash))
      return bytes && decodeStored('receipts', hash, () => decodeReceipts(bytes))
    })
  }

  /** Of executed blocks: the logs of all transactions, as they stand in what is stored. */
  logs(hash: Hash): readonly EncodedLog[] | undefined {
    const bytes = this.#reader.get(hashKey('receipts', hash))
    return bytes && decodeStored('receipts', hash, () => readLogs(bytes))
  }

  /** Of executed blocks: the sender of each transaction. */
  senders(hash: Hash): readonly Address[] | undefined {
    const bytes = this.#reader.get(hashKey('senders', hash))
    if (bytes === undefined) return undefined
    return Array.from({ length: bytes.length / ADDRESS_BYTES }, (_, index) =>
      bytesToAddress(bytes.subarray(index * ADDRESS_BYTES, (index + 1) * ADDRESS_BYTES)),
    )
  }

  /** Where a transaction of the canonical chain stands. */
  transactionLocation(transactionHash: Hash): TransactionLocation | undefined {
    const bytes = this.#reader.get(hashKey('transactionLocation', transactionHash))
    return bytes && decodeTransactionLocation(bytes)
  }

  /** Root of the state after the block; not the header's where the user of the chain has changed that state since. */
  stateRoot(hash: Hash): Hash | undefined {
    return changedStateRoot(this.#reader, hash) ?? this.header(hash)?.stateRoot
  }

  /** Sum of the difficulties up to this block. */
  totalDifficulty(hash: Hash): bigint | undefined {
    const bytes = this.#reader.get(hashKey('totalDifficulty', hash))
    return bytes && bytesToBigint(bytes)
  }

  /** How this node executed the block, as it was handed over; the newest blocks only. */
  replay(hash: Hash): Uint8Array | undefined {
    return this.#reader.get(hashKey('replay', hash))
  }
}

/** Root of the state after the block, where the user of the chain has changed that state since. */
export function changedStateRoot(reader: Reader, hash: Hash): Hash | undefined {
  const bytes = reader.get(hashKey('changedStateRoot', hash))
  return bytes && bytesToHash(bytes)
}

function decodeReceipts(bytes: Uint8Array): Receipt[] {
  const items = asList(decodeRlp(bytes, { maxItems: bytes.length }), 'receipts')
  return items.map((item) => decodeReceipt(asBytes(item, 'receipt')))
}

function decodeStored<T>(what: string, hash: Hash, decode: () => T): T {
  try {
    return decode()
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause
    const message = `the stored ${what} of block ${hash} cannot be decoded: ${cause.message}`
    throw new StorageError('corrupt', message, { block: hash }, { cause })
  }
}
