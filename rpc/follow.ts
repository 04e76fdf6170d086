import type { HeadChange } from '../consensus/head-change.ts'
import type { Hash } from '../primitives/hex.ts'
import type { Transaction } from '../primitives/transaction.ts'
import type { RpcModules } from './modules.ts'

/** What one wants to hear of. */
export interface Followers {
  onHead?(change: HeadChange): void
  onTransaction?(transaction: Transaction, hash: Hash): void
}

/**
 * Listens to the chain and the pool until the function returned is called. What a listener throws is logged: it must not
 * stop the import of a block.
 */
export function follow(
  { chain, pool, log }: Pick<RpcModules, 'chain' | 'pool' | 'log'>,
  followers: Followers,
): () => void {
  const guarded = (tell: () => void) => {
    try {
      tell()
    } catch (error) {
      log.error({ err: error }, 'a listener of the chain failed')
    }
  }
  const onHead = (change: HeadChange) => guarded(() => followers.onHead?.(change))
  const onTransaction = (transaction: Transaction, hash: Hash) =>
    guarded(() => followers.onTransaction?.(transaction, hash))
  chain.on('head', onHead)
  pool.on('transaction', onTransaction)
  return () => {
    chain.off('head', onHead)
    pool.off('transaction', onTransaction)
  }
}
