import type { StateView } from '../../storage/state-view.ts'
import { execute } from '../compiler/execute.ts'
import { MachineLimitError } from '../compiler/machine-limit.ts'
import type { TransactionContext } from '../evm/context.ts'
import type { Message } from '../evm/message.ts'
import { type WorldState, withWorldState } from '../state/world-state.ts'
import type { Speculated } from './helpers.ts'

/**
 * Runs a sub-thread of offerable code apart from its transaction. `undefined` where it looked at any state, left anything behind, or
 * halted: then only its frame can say what comes of it.
 */
export function speculate(message: Message, transaction: TransactionContext): Speculated | undefined {
  const { rules } = transaction.block
  try {
    return withWorldState({ rules, record: true }, { view: new CodeView(message) }, (state) =>
      run(message, transaction, state),
    )
  } catch (error) {
    if (error instanceof MachineLimitError || error instanceof StateLooked) return undefined
    throw error
  }
}

function run(message: Message, transaction: TransactionContext, state: WorldState): Speculated | undefined {
  state.beginTransaction()
  const started = { threads: 0 }
  const { exit, gasLeft } = execute(message, transaction, state, { started })
  if (exit.kind === 'halt' || state.recordedLocations > 0) return undefined
  const { logs } = state.endTransaction()
  return logs.length > 0 ? undefined : { exit, gasUsed: message.gas - gasLeft, started: started.threads }
}

class StateLooked extends Error {}

/** A state of which nothing is known but that the contract has its code. */
class CodeView implements StateView {
  readonly #message: Message

  constructor(message: Message) {
    this.#message = message
  }

  account(): undefined {
    return undefined
  }

  slot(): bigint {
    throw new StateLooked('a sub-thread looked at storage')
  }

  code(): Uint8Array {
    return this.#message.code
  }

  hasStorage(): boolean {
    throw new StateLooked('a sub-thread looked at storage')
  }
}
