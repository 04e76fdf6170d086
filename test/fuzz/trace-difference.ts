import type { BlockEnvironment } from '../../execution/block/environment.ts'
import { instructionsFor } from '../../execution/evm/opcodes.ts'
import type { Accounts, FuzzMessage } from './fuzz-case.ts'
import { dropOtherEvm, otherEvmFor } from './other-evms.ts'
import { OurEvm, stepTracer } from './our-evm.ts'
import type { Outcome, Step } from './outcome.ts'

/** Steps kept of either trace; a trace that is longer is compared up to here. */
const MAX_STEPS = 1_000_000

export interface TraceDifference {
  /** Each step as a line; where the two differ, one line for each implementation. Then how each ended. */
  readonly lines: readonly string[]
  /** Position of the first step that differs, in steps; `undefined` if none does. */
  readonly differsAt: number | undefined
}

/**
 * Runs a message in both implementations and tells the trace up to and including the first step that differs, or its
 * end if none does: the last `maxLines` steps of it. What the message starts from is as for `FuzzMessage`.
 */
export async function traceDifference(
  accounts: Accounts,
  message: FuzzMessage,
  environment: BlockEnvironment,
  maxLines = 100,
): Promise<TraceDifference> {
  const [ours, theirs] = [noTrace(), noTrace()]
  await keepTrace(ours, (onStep) => new OurEvm(environment, accounts).run(environment, message, stepTracer(onStep)))
  const other = await otherEvmFor(environment)
  other.load(accounts)
  await keepTrace(theirs, (onStep) => other.run(environment, message, onStep))
  if (theirs.hasThrown) dropOtherEvm(environment)
  const instructions = instructionsFor(environment.rules)
  const lineOf = (step: Step | undefined) =>
    step === undefined ? 'no step' : stepLine(step, instructions[step.opcode]?.name ?? 'INVALID')

  const differsAt = firstDifferentStep(ours, theirs)
  const shared = ours.steps.slice(0, differsAt ?? ours.steps.length)
  const lines = shared.slice(-maxLines).map(lineOf)
  if (shared.length > maxLines) lines.unshift(`... ${shared.length - maxLines} steps before`)
  if (differsAt !== undefined) {
    lines.push(`ours:   ${lineOf(ours.steps[differsAt])}`, `theirs: ${lineOf(theirs.steps[differsAt])}`)
  }
  return { lines: [...lines, `ours ended: ${ours.ending}`, `theirs ended: ${theirs.ending}`], differsAt }
}

interface Trace {
  readonly steps: Step[]
  ending: string
  /** Not as the EVM has it, but as JavaScript has it. */
  hasThrown: boolean
}

function noTrace(): Trace {
  return { steps: [], ending: '', hasThrown: false }
}

async function keepTrace(
  trace: Trace,
  run: (onStep: (step: Step) => void) => Promise<Outcome> | Outcome,
): Promise<void> {
  try {
    const { ending, reason } = await run((step) => {
      if (trace.steps.length < MAX_STEPS) trace.steps.push(step)
    })
    trace.ending = ending === reason ? ending : `${ending} (${reason})`
  } catch (error) {
    trace.ending = `exception ${String(error)}`
    trace.hasThrown = true
  }
}

/** @ethereumjs/evm throws while it traces a REVERT of more than there can be: steps that are missing then say nothing. */
function firstDifferentStep(ours: Trace, theirs: Trace): number | undefined {
  const length = theirs.hasThrown ? theirs.steps.length : Math.max(ours.steps.length, theirs.steps.length)
  for (let index = 0; index < length; index++) {
    const [a, b] = [ours.steps[index], theirs.steps[index]]
    if (a === undefined || b === undefined || !isSameStep(a, b)) return index
  }
  return undefined
}

function isSameStep(a: Step, b: Step): boolean {
  return (
    a.programCounter === b.programCounter &&
    a.depth === b.depth &&
    a.opcode === b.opcode &&
    a.gasLeft === b.gasLeft &&
    a.stackSize === b.stackSize &&
    a.top.every((word, index) => word === b.top[index])
  )
}

function stepLine({ depth, programCounter, gasLeft, top, stackSize }: Step, name: string): string {
  const words = top.map((word) => `0x${word.toString(16)}`).join(' ')
  return `depth ${depth} pc ${programCounter} ${name} gas ${gasLeft} stack ${stackSize}: ${words}`
}
