import type { TransactionContext } from '../evm/context.ts'
import { runMessage } from '../evm/interpreter.ts'
import type { Message, MessageResult } from '../evm/message.ts'
import type { Tracer } from '../evm/tracer.ts'
import type { WorldState } from '../state/world-state.ts'
import { Machine } from './machine.ts'

/**
 * What runs messages that nobody traces. `reference`: the readable interpreter. `interpreter`: the WebAssembly interpreter
 * alone.
 */
export const TIERS = ['reference', 'interpreter'] as const

export type Tier = (typeof TIERS)[number]

let tier: Tier = tierFromEnvironment()
let machine: Machine | undefined

/** PAVM_TIER forces one, in all threads: for tests and measurements. @throws RangeError */
function tierFromEnvironment(): Tier {
  const name = process.env.PAVM_TIER ?? 'interpreter'
  const known = TIERS.find((each) => each === name)
  if (known === undefined) throw new RangeError(`PAVM_TIER is ${name}, not one of ${TIERS.join(', ')}`)
  return known
}

/** From now on, in this thread. */
export function setTier(name: Tier): void {
  tier = name
}

/**
 * Runs a message to its end as `runMessage` does, on the fastest engine there is; with a tracer on the reference
 * interpreter. `onPause` is called now and then and may throw to give up.
 */
export function execute(
  message: Message,
  transaction: TransactionContext,
  state: WorldState,
  { tracer, onPause }: { readonly tracer?: Tracer | undefined; readonly onPause?: (() => void) | undefined } = {},
): MessageResult {
  if (tracer !== undefined || tier === 'reference') return runMessage(message, transaction, state, { tracer })
  machine ??= new Machine()
  return runMessage(message, transaction, state, { makeFrame: machine.framesFor(transaction, state, onPause) })
}
