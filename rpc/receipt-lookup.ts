import type { Hash } from '../primitives/hex.ts'
import type { ReceiptSource } from './format/receipt.ts'
import type { RpcModules } from './modules.ts'

/** Everything receipts of a block are made of, or `undefined` when the block is unknown or was never executed here. */
export function receiptSource(
  hash: Hash,
  { blocks, fees }: Pick<RpcModules, 'blocks' | 'fees'>,
): ReceiptSource | undefined {
  const block = blocks.block(hash)
  const receipts = blocks.receipts(hash)
  const senders = blocks.senders(hash)
  if (block === undefined || receipts === undefined || senders === undefined) return undefined
  return { block, hash, receipts, senders, blobBaseFee: fees.blobBaseFee(block.header) }
}
