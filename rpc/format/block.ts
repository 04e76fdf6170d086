import type { Block } from '../../primitives/block.ts'
import { encodeBlock } from '../../primitives/block.ts'
import type { Header } from '../../primitives/header.ts'
import { headerHash } from '../../primitives/header.ts'
import type { Address, Hash } from '../../primitives/hex.ts'
import { bytesToHex, quantityToHex } from '../../primitives/hex.ts'
import { transactionHash } from '../../primitives/transaction.ts'
import type { Withdrawal } from '../../primitives/withdrawal.ts'
import { formatTransaction, senderOf } from './transaction.ts'

/** Fields that a header has from some hardfork on, each with how it is written. */
const OPTIONAL_FIELDS = {
  baseFeePerGas: quantityToHex,
  withdrawalsRoot: String,
  blobGasUsed: quantityToHex,
  excessBlobGas: quantityToHex,
  parentBeaconBlockRoot: String,
  requestsHash: String,
  blockAccessListHash: String,
  plan: bytesToHex,
} as const satisfies { readonly [Field in keyof Header]?: (value: never) => string }

/** The header's part of a block object: also what a `newHeads` subscription sends. */
export function formatHeader(header: Header, hash: Hash) {
  return {
    hash,
    parentHash: header.parentHash,
    sha3Uncles: header.ommersHash,
    miner: header.coinbase,
    stateRoot: header.stateRoot,
    transactionsRoot: header.transactionsRoot,
    receiptsRoot: header.receiptsRoot,
    logsBloom: bytesToHex(header.logsBloom),
    difficulty: quantityToHex(header.difficulty),
    number: quantityToHex(header.number),
    gasLimit: quantityToHex(header.gasLimit),
    gasUsed: quantityToHex(header.gasUsed),
    timestamp: quantityToHex(header.timestamp),
    extraData: bytesToHex(header.extraData),
    mixHash: header.mixHash,
    nonce: bytesToHex(header.nonce),
    ...optionalFields(header),
  }
}

function optionalFields(header: Header): Record<string, string> {
  const written: Record<string, string> = {}
  for (const [field, write] of Object.entries(OPTIONAL_FIELDS)) {
    const value = header[field as keyof typeof OPTIONAL_FIELDS]
    // The table says that `write` takes what `field` holds; TypeScript cannot follow the pair through a loop.
    if (value !== undefined) written[field] = (write as (value: unknown) => string)(value)
  }
  return written
}

/** What is known of a block beside itself. */
export interface BlockDetails {
  readonly hash: Hash
  /** Recovered anew where absent: a block that was stored but not executed. */
  readonly senders?: readonly Address[] | undefined
  readonly totalDifficulty?: bigint | undefined
}

/**
 * A block object of execution-apis, with transactions as objects or as hashes. `totalDifficulty`, which execution-apis
 * no longer knows, stands with the other two fields of ours: on chains with a plan, whose head it decides.
 */
export function formatBlock(block: Block, details: BlockDetails, hasFullTransactions: boolean) {
  const { header } = block
  const { hash, senders, totalDifficulty } = details
  return {
    ...formatHeader(header, hash),
    ...(header.plan === undefined || totalDifficulty === undefined
      ? {}
      : { totalDifficulty: quantityToHex(totalDifficulty) }),
    size: quantityToHex(encodeBlock(block).length),
    uncles: block.ommers.map(headerHash),
    transactions: hasFullTransactions
      ? block.transactions.map((transaction, index) =>
          formatTransaction(transaction, senders?.[index] ?? senderOf(transaction), {
            header,
            blockHash: hash,
            index,
          }),
        )
      : block.transactions.map(transactionHash),
    ...(block.withdrawals === undefined ? {} : { withdrawals: block.withdrawals.map(formatWithdrawal) }),
  }
}

/** A withdrawal object of execution-apis. */
export function formatWithdrawal(withdrawal: Withdrawal) {
  return {
    index: quantityToHex(withdrawal.index),
    validatorIndex: quantityToHex(withdrawal.validatorIndex),
    address: withdrawal.address,
    amount: quantityToHex(withdrawal.amountInGwei),
  }
}
