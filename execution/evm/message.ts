import type { Address, Hash } from '../../primitives/hex.ts'
import type { ThreadData } from '../threads/thread-data.ts'
import type { Exit } from './exit.ts'

/** One call or creation (Yellow Paper 8 and 7): what a frame starts from. */
export interface Message {
  readonly kind: 'call' | 'create'
  readonly caller: Address
  /** Whose storage and balance the code works on; in a creation the new contract. */
  readonly recipient: Address
  /** Where the code comes from; a precompile's address runs the precompile unless a delegation led there. */
  readonly codeAddress: Address
  readonly isDelegated: boolean
  readonly code: Uint8Array
  /** `undefined` for init code. */
  readonly codeHash: Hash | undefined
  /** What CALLVALUE returns, in wei. */
  readonly value: bigint
  /** Whether the value moves; not in DELEGATECALL and CALLCODE, and not in system calls, which do not touch anything. */
  readonly transfersValue: boolean
  readonly data: Uint8Array
  readonly gas: bigint
  /** 0 for the outermost. */
  readonly depth: number
  readonly isStatic: boolean
  /** Which sub-thread of its caller it is, if it is one. */
  readonly thread?: MessageThread | undefined
}

export interface MessageThread {
  readonly id: bigint
  /** Its own words, over those that its frame has left. */
  readonly data: ThreadData
}

export interface MessageResult {
  readonly exit: Exit
  readonly gasLeft: bigint
}

/** Return or revert data; empty after a halt. */
export function outputOf(exit: Exit): Uint8Array {
  return exit.kind === 'halt' ? NO_OUTPUT : exit.output
}

const NO_OUTPUT = new Uint8Array(0)
