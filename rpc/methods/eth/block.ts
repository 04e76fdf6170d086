import { z } from 'zod'
import type { Block } from '../../../primitives/block.ts'
import { quantityToHex } from '../../../primitives/hex.ts'
import { findHeader } from '../../block-lookup.ts'
import { formatBlock } from '../../format/block.ts'
import { formatReceipts } from '../../format/receipt.ts'
import type { MethodAbout, MethodTable } from '../../method.ts'
import { method } from '../../method.ts'
import type { RpcModules } from '../../modules.ts'
import type { BlockParameter } from '../../parameters.ts'
import { blockNumberOrTag, blockParameter, hash, optional } from '../../parameters.ts'
import { receiptSource } from '../../receipt-lookup.ts'

/** eth/block of execution-apis: whole blocks, their counts and receipts. A block that is not there is `null`. */
export function blockMethods(modules: Pick<RpcModules, 'blocks' | 'chain' | 'fees'>): MethodTable {
  const { blocks } = modules

  const blockBy = (parameter: BlockParameter, hasFullTransactions: boolean) => {
    const found = findHeader(parameter, modules)
    const block = found === undefined ? undefined : blocks.block(found.hash)
    if (found === undefined || block === undefined) return null
    const details = {
      hash: found.hash,
      senders: hasFullTransactions ? blocks.senders(found.hash) : undefined,
      totalDifficulty: blocks.totalDifficulty(found.hash),
    }
    return formatBlock(block, details, hasFullTransactions)
  }

  const countBy = (parameter: BlockParameter, items: (block: Block) => readonly unknown[]) => {
    const found = findHeader(parameter, modules)
    const block = found === undefined ? undefined : blocks.block(found.hash)
    return block === undefined ? null : quantityToHex(items(block).length)
  }

  const byHash = (blockHash: `0x${string}`) => ({ hash: blockHash, requireCanonical: false })
  const isFull = optional(z.boolean({ error: 'must be true or false' }))
  const transactions = (block: Block) => block.transactions
  const ommers = (block: Block) => block.ommers

  const aboutBlock: MethodAbout = {
    summary: 'A block with its transactions or their hashes.',
    result: (r) => r.block.nullable(),
  }
  const aboutCount: MethodAbout = {
    summary: 'How many transactions a block has.',
    result: (r) => r.quantity.nullable(),
  }
  const aboutUncles: MethodAbout = { summary: 'How many uncles a block has.', result: (r) => r.quantity.nullable() }

  return {
    eth_getBlockByHash: method(aboutBlock, { blockHash: hash, fullTransactions: isFull }, (p) =>
      blockBy(byHash(p.blockHash), p.fullTransactions ?? false),
    ),
    eth_getBlockByNumber: method(aboutBlock, { block: blockNumberOrTag, fullTransactions: isFull }, (p) =>
      blockBy(p.block, p.fullTransactions ?? false),
    ),
    eth_getBlockTransactionCountByHash: method(aboutCount, { blockHash: hash }, (p) =>
      countBy(byHash(p.blockHash), transactions),
    ),
    eth_getBlockTransactionCountByNumber: method(aboutCount, { block: blockNumberOrTag }, (p) =>
      countBy(p.block, transactions),
    ),
    eth_getUncleCountByBlockHash: method(aboutUncles, { blockHash: hash }, (p) => countBy(byHash(p.blockHash), ommers)),
    eth_getUncleCountByBlockNumber: method(aboutUncles, { block: blockNumberOrTag }, (p) => countBy(p.block, ommers)),
    eth_getBlockReceipts: method(
      { summary: 'The receipts of a block.', result: (r) => z.array(r.receipt).nullable() },
      { block: blockParameter },
      (p) => {
        const found = findHeader(p.block, modules)
        const source = found === undefined ? undefined : receiptSource(found.hash, modules)
        return source === undefined ? null : formatReceipts(source)
      },
    ),
  }
}
