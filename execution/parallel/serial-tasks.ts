import type { Block } from '../../primitives/block.ts'
import type { Address } from '../../primitives/hex.ts'
import type { Transaction } from '../../primitives/transaction.ts'
import type { BlockTemplate, BuiltBlock, ExecutedBlock, ParentContext } from '../block/executor.ts'
import type { ParentMessage } from './parent-message.ts'
import type { BundleResult, ReplayJob } from './protocol.ts'
import type { TaskPool } from './task-pool.ts'

export interface ExecuteRequest {
  readonly block: Omit<Block, 'accessList'>
  readonly parent: ParentContext
  /** Those known already, by transaction. */
  readonly senders: readonly (Address | undefined)[]
}

export interface BuildRequest {
  readonly template: BlockTemplate
  readonly candidates: readonly Transaction[]
  readonly parent: ParentContext
  /** Those known already, by candidate. */
  readonly senders: readonly (Address | undefined)[]
  readonly timeLimitMs: number
}

/** A built block with its transactions as indexes into the candidates, which the other side has. */
export type BuildAnswer = Omit<BuiltBlock, 'transactions'> & { readonly included: readonly number[] }

/** As it is posted. */
type Posted<Request> = Omit<Request, 'parent'> & { readonly parent: ParentMessage }

/** What the serial thread does. */
export interface SerialTasks {
  execute(request: Posted<ExecuteRequest>): ExecutedBlock
  build(request: Posted<BuildRequest>): BuildAnswer
  /** Runs a bundle of a replay that no replay thread survives. */
  rescue(request: { readonly job: ReplayJob; readonly bundle: number }): readonly BundleResult[]
}

export type SerialThread = Pick<TaskPool<SerialTasks>, 'run'>
