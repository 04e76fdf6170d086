import type { BlockAccessList } from './block-access-list.ts'
import type { Header } from './header.ts'
import type { Transaction } from './transaction.ts'
import type { Withdrawal } from './withdrawal.ts'

/**
 * A block. RLP: [header, transactions, ommers, withdrawals (Shanghai on), block access list (plan on)]. A typed
 * transaction stands as a byte string, a legacy one as a list.
 */
export interface Block {
  readonly header: Header
  readonly transactions: readonly Transaction[]
  readonly ommers: readonly Header[]
  readonly withdrawals?: readonly Withdrawal[] | undefined
  readonly accessList?: BlockAccessList | undefined
}
