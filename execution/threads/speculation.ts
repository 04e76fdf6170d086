import type { StateView } from '../../storage/state-view.ts'
import { execute } from '../compiler/execute.ts'
import { MachineLimitError } from '../compiler/machine-limit.ts'
import type { TransactionContext } from '../evm/context.ts'
import type { Message } from '../evm/message.ts'
import { type WorldState, withWorldState } from '../state/world-state.ts'
import type { Speculated } from './helpers.ts'

export interface SpeculationModules {
  /** Asked now and then: whether anybody waits for the result. */
  readonly isWanted: () => boolean
}

/**
 * Runs a sub-thread of offerable code apart from its transaction. `undefined` where it looked at any state, left anything behind, started
 * threads, or halted: then only its frame can say what comes of it.
 */
export function speculate(
  message: Message,
  transaction: TransactionContext,
  modules: SpeculationModules,
): Speculated | undefined {
  const { rules } = transaction.block
  try {
    return withWorldState({ rules, record: true }, { view: new CodeView(message) }, (state) =>
      run(message, transaction, state, modules),
    )
  } catch (error) {
    if (error instanceof MachineLimitError || error instanceof GivenUp) return undefined
    throw error
  }
}

function run(
  message: Message,
  transaction: TransactionContext,
  state: WorldState,
  { isWanted }: SpeculationModules,
): Speculated | undefined {
  state.beginTransaction()
  const onPause = (): void => {
    if (!isWanted()) throw new GivenUp('nobody waits for the sub-thread')
  }
  const { exit, gasLeft } = execute(message, transaction, state, { onPause, started: new NoThreads() })
  if (exit.kind === 'halt' || state.recordedLocations > 0) return undefined
  const { logs } = state.endTransaction()
  return logs.length > 0 ? undefined : { exit, gasUsed: message.gas - gasLeft }
}

class GivenUp extends Error {}

/** What a thread of the thread may use depends on the gas that is left, which here is another than in its place. */
class NoThreads {
  get threads(): number {
    return 0
  }

  set threads(_: number) {
    throw new GivenUp('a sub-thread started another')
  }
}

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
    throw new GivenUp('a sub-thread looked at storage')
  }

  code(): Uint8Array {
    return this.#message.code
  }

  hasStorage(): boolean {
    throw new GivenUp('a sub-thread looked at storage')
  }
}
