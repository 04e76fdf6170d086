import { isDeepStrictEqual } from 'node:util'
import type { BlockEnvironment } from '../../execution/block/environment.ts'
import { setTier, type Tier } from '../../execution/compiler/execute.ts'
import { outputOf } from '../../execution/evm/message.ts'
import type { Tracer } from '../../execution/evm/tracer.ts'
import { MemoryView } from '../../execution/state/memory-view.ts'
import { WorldState } from '../../execution/state/world-state.ts'
import { equalBytes } from '../../primitives/bytes.ts'
import { bytesToHex } from '../../primitives/hex.ts'
import { environmentOf, type FuzzCase, type FuzzMessage } from '../fuzz/fuzz-case.ts'
import { type RanMessage, runFuzzMessage } from '../fuzz/run-message.ts'

/** Engines that are held against the reference interpreter. */
export const TIERS: readonly Tier[] = ['interpreter', 'compiler', 'profiled']

export interface TierDifference {
  readonly tier: Tier
  /** Position of the message in the case. */
  readonly index: number
  readonly gas: bigint
  /** In words: the tier's first. */
  readonly what: string
}

export interface TierResult {
  /** Messages that every tier ran and whose results were all the same. */
  readonly comparisons: number
  readonly difference: TierDifference | undefined
}

/** A case that can be run again and again, under other gas limits, on the same state. */
export class TierCase {
  readonly #case: FuzzCase
  readonly #view: MemoryView

  constructor(fuzzCase: FuzzCase) {
    this.#case = fuzzCase
    this.#view = new MemoryView(fuzzCase.accounts)
  }

  /**
   * Runs all messages, one after the other, on the reference interpreter and on each tier, recording, up to the first
   * difference. With `gas` all get that much.
   */
  compare(gas?: bigint): TierResult {
    const reference = this.#state()
    const states = TIERS.map((tier) => ({ tier, state: this.#state() }))
    let comparisons = 0
    try {
      for (const [index, given] of this.#case.messages.entries()) {
        const message = gas === undefined ? given : { ...given, gas }
        const block = environmentOf(this.#case, index)
        if (!canPay(reference, message)) continue
        const expected = runOn('reference', reference, block, message)
        for (const { tier, state } of states) {
          const what = differenceBetween(runOn(tier, state, block, message), expected)
          if (what !== undefined) return { comparisons, difference: { tier, index, gas: message.gas, what } }
        }
        comparisons++
      }
      return { comparisons, difference: undefined }
    } finally {
      for (const { state } of states) state.release()
      reference.release()
    }
  }

  /** What the reference interpreter makes of the messages, watched by a tracer. */
  runOnReference(tracer?: Tracer): RanMessage[] {
    const state = this.#state()
    try {
      return this.#case.messages.map((message, index) =>
        runOn('reference', state, environmentOf(this.#case, index), message, tracer),
      )
    } finally {
      state.release()
    }
  }

  #state(): WorldState {
    return new WorldState({ rules: this.#case.environment.rules, record: true }, { view: this.#view })
  }
}

/** A delegating sender (EIP-7702) may have given all it had away. The look is undone with its transaction. */
function canPay(state: WorldState, { sender, value }: FuzzMessage): boolean {
  if (value === 0n) return true
  state.beginTransaction()
  return value <= state.balance(sender)
}

function runOn(
  tier: Tier,
  state: WorldState,
  block: BlockEnvironment,
  message: FuzzMessage,
  tracer?: Tracer,
): RanMessage {
  const before = setTier(tier)
  try {
    return runFuzzMessage(state, block, message, tracer)
  } finally {
    setTier(before)
  }
}

/** The first difference, in words: `undefined` if there is none. The cause of a halt may be another. */
export function differenceBetween(actual: RanMessage, expected: RanMessage): string | undefined {
  const [output, expectedOutput] = [outputOf(actual.exit), outputOf(expected.exit)]
  if (actual.exit.kind !== expected.exit.kind) return told('ending', endingOf(actual), endingOf(expected))
  if (actual.gasLeft !== expected.gasLeft) return told('gas left', actual.gasLeft, expected.gasLeft)
  if (actual.refund !== expected.refund) return told('refund', actual.refund, expected.refund)
  if (!equalBytes(output, expectedOutput)) return told('output', bytesToHex(output), bytesToHex(expectedOutput))
  for (const field of ['logs', 'effects', 'operationsHash'] as const) {
    if (!isDeepStrictEqual(actual[field], expected[field])) {
      return told(field, JSON.stringify(actual[field], plain), JSON.stringify(expected[field], plain))
    }
  }
  return undefined
}

function endingOf({ exit }: RanMessage): string {
  return exit.kind === 'halt' ? exit.cause : exit.kind
}

function plain(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `0x${value.toString(16)}`
  if (value instanceof Uint8Array) return bytesToHex(value)
  return value instanceof Map ? [...value] : value
}

function told(what: string, actual: unknown, expected: unknown): string {
  return `${what}: ${String(actual)}, on the reference interpreter ${String(expected)}`
}
