import type { Block } from '../../primitives/block.ts'
import type { Address, Hash } from '../../primitives/hex.ts'
import type { Log } from '../../primitives/receipt.ts'

/** What came of the calls that a simulated block is made of. */
export interface SimulatedBlock {
  /** Its transactions have no signatures, and it has no seal and no plan. */
  readonly block: Block
  readonly hash: Hash
  /** Of its transactions. */
  readonly senders: readonly Address[]
  readonly calls: readonly SimulatedCall[]
}

export interface SimulatedCall {
  readonly succeeded: boolean
  /** Return data, or revert data. */
  readonly output: Uint8Array
  readonly gasUsed: bigint
  /** Before refunds, and no less than the floor. */
  readonly peakGas: bigint
  readonly logs: readonly SimulatedLog[]
  /** Present unless it succeeded: `revert` or the cause of the halt. */
  readonly error?: string | undefined
}

export interface SimulatedLog extends Log {
  /** Where it stands among the logs of the block. */
  readonly index: number
}
