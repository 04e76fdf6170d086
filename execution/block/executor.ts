import type { Block } from '../../primitives/block.ts'
import type { BlockAccessList } from '../../primitives/block-access-list.ts'
import type { Header } from '../../primitives/header.ts'
import type { Address, Hash } from '../../primitives/hex.ts'
import type { Plan } from '../../primitives/plan.ts'
import type { Receipt } from '../../primitives/receipt.ts'
import type { Transaction } from '../../primitives/transaction.ts'
import type { Withdrawal } from '../../primitives/withdrawal.ts'
import type { StateDiff } from '../../storage/state-view.ts'
import type { TransactionOutcome } from './outcome.ts'

/** One piece of work as it really ran. Times in microseconds from the start of the replay. */
export interface TimelineEntry {
  /** Index in the pool, from 0. */
  readonly worker: number
  /** Processor the worker is pinned to; `undefined` where the platform cannot pin. */
  readonly core: number | undefined
  /** Group the piece belongs to; -1 for the system operations, and where it holds several. */
  readonly group: number
  /** Transactions of the piece, in order. Empty for the system operations. */
  readonly transactions: readonly number[]
  readonly startUs: number
  readonly durationUs: number
  readonly gasUsed: bigint
}

/** How a block was executed on this node: not consensus. */
export interface Timeline {
  readonly strategy: ExecutionStrategy
  readonly workers: number
  /** Wall time from hand-over to the last result. */
  readonly durationUs: number
  readonly entries: readonly TimelineEntry[]
}

export type ReplayStrategy = 'groups' | 'split' | 'values'
export type ExecutionStrategy = 'serial' | ReplayStrategy

/** Everything that executing a block determines; the header's claims are compared with it. */
export interface ExecutedBlock {
  readonly outcomes: readonly TransactionOutcome[]
  readonly senders: readonly Address[]
  readonly receipts: readonly Receipt[]
  /** The same in consensus form. */
  readonly encodedReceipts: readonly Uint8Array[]
  readonly gasUsed: bigint
  readonly blobGasUsed: bigint
  readonly logsBloom: Uint8Array
  readonly receiptsRoot: Hash
  /** EIP-7685: with the deposits; `undefined` before Prague, as their hash. */
  readonly requests: readonly Uint8Array[] | undefined
  readonly requestsHash: Hash | undefined
  /** With `pavm.plan` only. */
  readonly accessList?: BlockAccessList | undefined
  readonly plan?: Plan | undefined
  readonly diff: StateDiff
  readonly timeline: Timeline
}

/** The fields that the block determines, whoever executes it and how; the others tell how it ran here. */
export const DETERMINED_FIELDS = [
  'outcomes',
  'senders',
  'receipts',
  'gasUsed',
  'blobGasUsed',
  'logsBloom',
  'receiptsRoot',
  'requests',
  'requestsHash',
  'accessList',
  'plan',
  'diff',
] as const satisfies readonly (keyof ExecutedBlock)[]

/** What an executor needs to know of the chain beside the parent's state, which its threads read from the database. */
export interface ParentContext {
  /** Its state root is that of the state now, should the user of the chain have changed the state since. */
  readonly header: Header
  readonly hash: Hash
  /** Hashes of up to 256 blocks before the one executed, the parent's first. */
  readonly recentHashes: readonly Hash[]
}

/**
 * Executes a block on the state of its parent, which must be the head of the database's flat state.
 * Strategies behind it differ in speed, never in the result. Throws `BlockError` when the block cannot be executed or
 * (replay) when its claims cannot be true.
 */
export interface BlockExecutor {
  readonly strategy: ExecutionStrategy
  execute(block: Block, parent: ParentContext, onClaimedDiff?: OnClaimedDiff): Promise<ExecutedBlock>
}

/**
 * Called at most once, with what the block claims to do to the state, while other threads are busy executing it: the time
 * for what takes long and may prove to have been in vain. If the claim is found true, the same object is the
 * block's `diff`.
 */
export type OnClaimedDiff = (diff: StateDiff) => void

/** The header's fields that the miner chooses before the transactions. */
export type BlockTemplate = Pick<
  Header,
  | 'parentHash'
  | 'coinbase'
  | 'number'
  | 'gasLimit'
  | 'timestamp'
  | 'extraData'
  | 'difficulty'
  | 'mixHash'
  | 'baseFeePerGas'
  | 'excessBlobGas'
  | 'parentBeaconBlockRoot'
> & { readonly withdrawals?: readonly Withdrawal[] | undefined }

/** A block made from candidates: which went in, which did not and why. */
export interface BuiltBlock {
  readonly transactions: readonly Transaction[]
  readonly executed: ExecutedBlock
  /** Index into the candidates, with the `TransactionErrorCode`. Those left out for space or time are in neither list. */
  readonly refused: readonly { readonly candidate: number; readonly code: string }[]
}

/** The miner's half: runs candidates serially, in the order given, until the block is full or the time is up. */
export interface BlockBuilder {
  build(
    template: BlockTemplate,
    candidates: readonly Transaction[],
    parent: ParentContext,
    timeLimitMs: number,
  ): Promise<BuiltBlock>
}
