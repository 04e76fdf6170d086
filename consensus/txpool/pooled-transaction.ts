import type { Address, Hash } from '../../primitives/hex.ts'
import type { BlobSidecar, Transaction } from '../../primitives/transaction.ts'

/** A transaction in the pool, with what the pool needs to know of it at hand. */
export interface PooledTransaction {
  readonly transaction: Transaction
  readonly hash: Hash
  readonly sender: Address
  /** With a blob transaction; absent when it came back out of a block that lost. */
  readonly sidecar: BlobSidecar | undefined
  /** It came from a user of this node. */
  readonly isLocal: boolean
  /** It may use the local room, and no remote transaction evicts it. */
  readonly isPrivileged: boolean
  /** Wei: the most that it can take from the sender's balance. */
  readonly maxCost: bigint
  /** Encoded, with the sidecar. */
  readonly bytes: number
  /** Accounts that it delegates, if it is executed (EIP-7702). */
  readonly authorities: readonly Address[]
  readonly addedAtMs: number
  /** Ascends with arrival. */
  readonly sequence: number
}
