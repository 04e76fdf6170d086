import { GAS_PER_BLOB } from '../../config/gas.ts'
import type { Block } from '../../primitives/block.ts'
import { createAddress } from '../../primitives/contract-address.ts'
import type { Header } from '../../primitives/header.ts'
import type { Address, Hash } from '../../primitives/hex.ts'
import { bytesToHex, quantityToHex } from '../../primitives/hex.ts'
import type { Log, Receipt } from '../../primitives/receipt.ts'
import type { Transaction } from '../../primitives/transaction.ts'
import { effectiveGasPrice, transactionHash } from '../../primitives/transaction.ts'

/** A block with all that its receipts' objects are made of. */
export interface ReceiptSource {
  readonly block: Block
  readonly hash: Hash
  readonly receipts: readonly Receipt[]
  readonly senders: readonly Address[]
  /** Wei per blob gas in this block. */
  readonly blobBaseFee: bigint
}

/** Where the logs of a transaction stand. */
export interface LogSite {
  readonly header: Header
  readonly blockHash: Hash
  readonly transactionHash: Hash
  readonly transactionIndex: number
  /** The block left the canonical chain. */
  readonly removed?: boolean | undefined
}

export type FormattedLog = ReturnType<typeof formatLog>

/** A log object of execution-apis; `logIndex` is which log of the block it is. */
export function formatLog(log: Log, site: LogSite, logIndex: number) {
  return {
    address: log.address,
    topics: log.topics,
    data: bytesToHex(log.data),
    blockNumber: quantityToHex(site.header.number),
    blockHash: site.blockHash,
    blockTimestamp: quantityToHex(site.header.timestamp),
    transactionHash: site.transactionHash,
    transactionIndex: quantityToHex(site.transactionIndex),
    logIndex: quantityToHex(logIndex),
    removed: site.removed ?? false,
  }
}

/** Receipt objects of execution-apis for every transaction of a block. */
export function formatReceipts(source: ReceiptSource) {
  return source.block.transactions.map((_, index) => formatReceipt(source, index))
}

/** The receipt object of one transaction. Throws `RangeError` when the block has no such receipt. */
export function formatReceipt(source: ReceiptSource, index: number) {
  const { block, hash, receipts } = source
  const transaction = block.transactions[index]
  const receipt = receipts[index]
  const sender = source.senders[index]
  if (transaction === undefined || receipt === undefined || sender === undefined) {
    throw new RangeError(`block ${hash} has no whole receipt ${index}`)
  }
  const { header } = block
  const ofTransaction = {
    header,
    blockHash: hash,
    transactionHash: transactionHash(transaction),
    transactionIndex: index,
  }
  const logsBefore = receipts.slice(0, index).reduce((sum, { logs }) => sum + logs.length, 0)
  return {
    blockHash: hash,
    blockNumber: quantityToHex(header.number),
    transactionHash: ofTransaction.transactionHash,
    transactionIndex: quantityToHex(index),
    from: sender,
    to: transaction.to ?? null,
    type: quantityToHex(transaction.type),
    contractAddress: transaction.to === undefined ? createAddress(sender, transaction.nonce) : null,
    cumulativeGasUsed: quantityToHex(receipt.cumulativeGasUsed),
    gasUsed: quantityToHex(receipt.cumulativeGasUsed - (receipts[index - 1]?.cumulativeGasUsed ?? 0n)),
    effectiveGasPrice: quantityToHex(effectiveGasPrice(transaction, header.baseFeePerGas ?? 0n)),
    logs: receipt.logs.map((log, position) => formatLog(log, ofTransaction, logsBefore + position)),
    logsBloom: bytesToHex(receipt.logsBloom),
    ...formatStatus(receipt),
    ...formatBlobGas(transaction, source.blobBaseFee),
    ...(receipt.operationsHash === undefined ? {} : { operationsHash: receipt.operationsHash }),
  }
}

function formatStatus({ status }: Receipt) {
  return typeof status === 'string' ? { root: status } : { status: status ? '0x1' : '0x0' }
}

function formatBlobGas(transaction: Transaction, blobBaseFee: bigint) {
  if (transaction.type !== 3) return {}
  return {
    blobGasUsed: quantityToHex(GAS_PER_BLOB * BigInt(transaction.blobVersionedHashes.length)),
    blobGasPrice: quantityToHex(blobBaseFee),
  }
}
