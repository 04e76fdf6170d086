import type { Address, Hash } from '../../primitives/hex.ts'
import type { Log } from '../../primitives/receipt.ts'

/** What a message did, in a form that every implementation can be brought to. */
export interface Outcome {
  readonly ending: 'return' | 'revert' | 'halt'
  /** The implementation's own word for the ending: told, never compared. */
  readonly reason: string
  /** Return or revert data; empty after a halt, and after a creation, whose code is in the state. */
  readonly output: Uint8Array
  readonly gasLeft: bigint
  /** The refund counter, before any limit. */
  readonly refund: bigint
  readonly logs: readonly Log[]
  /** Of a creation that succeeded. */
  readonly created: Address | undefined
  /** The whole world state after the transaction. */
  readonly state: PlainState
}

export type PlainState = ReadonlyMap<Address, PlainAccount>

export interface PlainAccount {
  readonly nonce: bigint
  readonly balance: bigint
  readonly codeHash: Hash
  /** Slots that are not zero. */
  readonly storage: ReadonlyMap<bigint, bigint>
}

/** One instruction about to be executed. */
export interface Step {
  readonly depth: number
  readonly programCounter: number
  /** 0xfe (INVALID) for all bytes that are no instruction. */
  readonly opcode: number
  readonly gasLeft: bigint
  /** The topmost words, topmost first, and how many there are in all. */
  readonly top: readonly bigint[]
  readonly stackSize: number
}

/** Words of the stack that a step keeps: CALL takes seven. */
export const WORDS_OF_STEP = 7
