import type { Tracer } from '../../execution/evm/tracer.ts'
import { outcomeDifference, stateDifference } from './compare.ts'
import { type Accounts, environmentOf, type FuzzCase, type FuzzMessage } from './fuzz-case.ts'
import { isKnownDifference, type MessageEvent } from './known-differences.ts'
import { dropOtherEvm, otherEvmFor } from './other-evms.ts'
import { OurEvm } from './our-evm.ts'

export interface CaseDifference {
  /** Position of the message in the case. */
  readonly index: number
  /** In words. */
  readonly what: string
}

export interface CaseResult {
  /** Messages that both ran and that were compared completely. */
  readonly comparisons: number
  /** Whether it was given up at a difference that is known. */
  readonly isCutShort: boolean
  readonly difference: CaseDifference | undefined
}

/**
 * Runs the messages of a case one after the other in both implementations, up to the first difference. After a known
 * one the rest is left out, as the two then start from different states.
 */
export async function runCase(fuzzCase: FuzzCase): Promise<CaseResult> {
  const ours = new OurEvm(fuzzCase.environment, fuzzCase.accounts)
  try {
    return await compareWith(ours, fuzzCase)
  } finally {
    ours.release()
  }
}

async function compareWith(ours: OurEvm, fuzzCase: FuzzCase): Promise<CaseResult> {
  const { environment, accounts, messages } = fuzzCase
  const theirs = await otherEvmFor(environment)
  theirs.load(accounts)
  let comparisons = 0
  for (const [index, message] of messages.entries()) {
    // A delegating sender (EIP-7702) may have given all it had away in the message before.
    if (!canPay(ours, message)) continue
    const block = environmentOf(fuzzCase, index)
    const outcome = ours.run(block, message)
    let what: string | undefined
    try {
      what = outcomeDifference(outcome, await theirs.run(block, message))
    } catch (error) {
      dropOtherEvm(environment)
      what = `theirs threw ${error instanceof Error ? error.stack : String(error)}`
    }
    if (what === undefined) {
      comparisons++
      continue
    }
    const isKnown = isKnownDifference(environment.rules, eventsOf(fuzzCase, index))
    return { comparisons, isCutShort: isKnown, difference: isKnown ? undefined : { index, what } }
  }
  const what = stateDifference(ours.stateByDiff(), ours.state)
  const difference =
    what === undefined ? undefined : { index: messages.length - 1, what: `diff (as theirs: effects) ${what}` }
  return { comparisons, isCutShort: false, difference }
}

function canPay(evm: OurEvm, { sender, value }: FuzzMessage): boolean {
  return value <= (evm.state.get(sender)?.balance ?? 0n)
}

/** The world state before a message of the case, by our implementation. */
export function accountsBefore(fuzzCase: FuzzCase, index: number): Accounts {
  const evm = evmBefore(fuzzCase, index)
  const accounts = evm.accounts()
  evm.release()
  return accounts
}

/** All messages that a message of the case sends, itself included, with their results. */
function eventsOf(fuzzCase: FuzzCase, index: number): readonly MessageEvent[] {
  const events: MessageEvent[] = []
  const tracer: Tracer = { onResult: (message, result) => events.push({ message, result }) }
  const message = fuzzCase.messages[index]
  if (message === undefined) return events
  const evm = evmBefore(fuzzCase, index)
  evm.run(environmentOf(fuzzCase, index), message, tracer)
  evm.release()
  return events
}

function evmBefore(fuzzCase: FuzzCase, index: number): OurEvm {
  const evm = new OurEvm(fuzzCase.environment, fuzzCase.accounts)
  for (const [position, message] of fuzzCase.messages.slice(0, index).entries()) {
    if (canPay(evm, message)) evm.run(environmentOf(fuzzCase, position), message)
  }
  return evm
}
