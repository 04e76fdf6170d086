import type { Address } from '../../primitives/hex.ts'
import { quantityToHex, toChecksumAddress } from '../../primitives/hex.ts'
import type { Transaction } from '../../primitives/transaction.ts'
import { maxFeePerGasOf } from '../../primitives/transaction.ts'
import { formatTransaction } from '../format/transaction.ts'
import type { MethodTable } from '../method.ts'
import { method } from '../method.ts'
import type { PooledBySender, RpcModules } from '../modules.ts'
import { address } from '../parameters.ts'

type Write = (transaction: Transaction, sender: Address) => unknown

/** txpool_: what waits in this node's pool, by sender and nonce, as geth writes it. */
export function txpoolMethods({ pool }: Pick<RpcModules, 'pool'>): MethodTable {
  const describe = (write: Write) => {
    const { pending, queued } = pool.content()
    return { pending: bySender(pending, write), queued: bySender(queued, write) }
  }
  const write: Write = (transaction, sender) => formatTransaction(transaction, sender)
  return {
    txpool_status: method({ summary: 'How many transactions the pool has.', result: (r) => r.poolStatus }, {}, () => {
      const { pending, queued } = pool.status()
      return { pending: quantityToHex(pending), queued: quantityToHex(queued) }
    }),
    txpool_content: method(
      { summary: 'All transactions of the pool by sender and nonce.', result: (r) => r.poolContent },
      {},
      () => describe(write),
    ),
    txpool_contentFrom: method(
      { summary: 'The transactions of one sender in the pool by nonce.', result: (r) => r.poolContentFrom },
      { address },
      (p) => {
        const { pending, queued } = pool.content()
        return {
          pending: byNonce(pending.get(p.address) ?? [], p.address, write),
          queued: byNonce(queued.get(p.address) ?? [], p.address, write),
        }
      },
    ),
    txpool_inspect: method(
      { summary: 'All transactions of the pool, a line for each.', result: (r) => r.poolSummary },
      {},
      () => describe(summary),
    ),
  }
}

/** `to: value wei + gas limit gas × price wei`: geth's line for people. */
const summary: Write = (transaction) => {
  const to = transaction.to === undefined ? 'contract creation' : toChecksumAddress(transaction.to)
  return `${to}: ${transaction.value} wei + ${transaction.gasLimit} gas × ${maxFeePerGasOf(transaction)} wei`
}

function bySender(content: PooledBySender, write: Write) {
  return Object.fromEntries(
    [...content].map(([sender, pooled]) => [toChecksumAddress(sender), byNonce(pooled, sender, write)]),
  )
}

function byNonce(pooled: readonly { readonly transaction: Transaction }[], sender: Address, write: Write) {
  return Object.fromEntries(pooled.map(({ transaction }) => [transaction.nonce.toString(), write(transaction, sender)]))
}
