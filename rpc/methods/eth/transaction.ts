import type { Address, Hash } from '../../../primitives/hex.ts'
import { bytesToHex } from '../../../primitives/hex.ts'
import { encodeTransaction, transactionHash } from '../../../primitives/transaction.ts'
import { findHeader, findTransaction } from '../../block-lookup.ts'
import { formatReceipt } from '../../format/receipt.ts'
import { formatTransaction, senderOf } from '../../format/transaction.ts'
import type { MethodAbout, MethodTable } from '../../method.ts'
import { method } from '../../method.ts'
import type { RpcModules } from '../../modules.ts'
import type { RpcOptions } from '../../options.ts'
import type { BlockParameter } from '../../parameters.ts'
import { address, blockNumberOrTag, count, hash, uint64 } from '../../parameters.ts'
import { receiptSource } from '../../receipt-lookup.ts'
import { findBySenderAndNonce } from '../../transaction-search.ts'

/**
 * eth/transaction of execution-apis: transactions and receipts, mined or (transactions only) in the pool; and the transaction by its
 * sender and nonce, as Reth and anvil have it.
 */
export function transactionMethods(
  options: Pick<RpcOptions, 'maxLogRange'>,
  modules: Pick<RpcModules, 'blocks' | 'chain' | 'pool' | 'fees' | 'made'>,
): MethodTable {
  const { blocks, pool, fees } = modules

  const formatMined = (blockHash: Hash, index: number) => {
    const block = blocks.block(blockHash)
    const transaction = block?.transactions[index]
    if (block === undefined || transaction === undefined) return null
    const sender = blocks.senders(blockHash)?.[index] ?? senderOf(transaction)
    return formatTransaction(transaction, sender, { header: block.header, blockHash, index })
  }

  const formatByIndex = (parameter: BlockParameter, index: number) => {
    const found = findHeader(parameter, modules)
    return found === undefined ? null : formatMined(found.hash, index)
  }

  const pooledOf = (sender: Address, nonce: bigint) => {
    const { pending, queued } = pool.content()
    const ofSender = [...(pending.get(sender) ?? []), ...(queued.get(sender) ?? [])]
    const pooled = ofSender.find(({ transaction }) => transaction.nonce === nonce)
    return pooled === undefined ? null : formatTransaction(pooled.transaction, sender)
  }

  const about: MethodAbout = { summary: 'A transaction.', result: (r) => r.transaction.nullable() }

  return {
    eth_getTransactionByHash: method(about, { hash }, (p) => {
      const location = blocks.transactionLocation(p.hash)
      if (location !== undefined) return formatMined(location.blockHash, location.index)
      const pooled = pool.get(p.hash)
      return pooled === undefined ? null : formatTransaction(pooled, senderOf(pooled))
    }),
    eth_getTransactionByBlockHashAndIndex: method(about, { blockHash: hash, index: count }, (p) =>
      formatByIndex({ hash: p.blockHash, requireCanonical: false }, p.index),
    ),
    eth_getTransactionByBlockNumberAndIndex: method(about, { block: blockNumberOrTag, index: count }, (p) =>
      formatByIndex(p.block, p.index),
    ),
    eth_getTransactionBySenderAndNonce: method(about, { sender: address, nonce: uint64 }, async (p) => {
      const found = await findBySenderAndNonce(p.sender, p.nonce, options, modules)
      return found === undefined ? pooledOf(p.sender, p.nonce) : formatMined(found.blockHash, found.index)
    }),
    eth_getRawTransactionByHash: method(
      { summary: 'A transaction in consensus form.', result: (r) => r.bytes.nullable() },
      { hash },
      (p) => {
        const transaction = findTransaction(p.hash, modules)
        return transaction === undefined ? null : bytesToHex(encodeTransaction(transaction))
      },
    ),
    eth_getTransactionReceipt: method(
      { summary: 'The receipt of a transaction.', result: (r) => r.receipt.nullable() },
      { hash },
      (p) => {
        const location = blocks.transactionLocation(p.hash)
        const source = location === undefined ? undefined : receiptSource(location.blockHash, modules)
        return location === undefined || source === undefined ? null : formatReceipt(source, location.index)
      },
      ([wanted, ...others]) => {
        const made = others.length > 0 ? undefined : modules.made?.()
        const index = made?.block.transactions.findIndex((transaction) => transactionHash(transaction) === wanted) ?? -1
        if (made === undefined || index < 0) return undefined
        return formatReceipt({ ...made, blobBaseFee: fees.blobBaseFee(made.block.header) }, index)
      },
    ),
  }
}
