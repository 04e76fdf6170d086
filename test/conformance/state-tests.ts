import type { Rules } from '../../config/hardforks.ts'
import type { BlockEnvironment } from '../../execution/block/environment.ts'
import type { TransactionOutcome } from '../../execution/block/outcome.ts'
import type { MemoryView } from '../../execution/state/memory-view.ts'
import { WorldState } from '../../execution/state/world-state.ts'
import { applyTransaction } from '../../execution/transaction/apply.ts'
import { DecodeError } from '../../primitives/errors.ts'
import { type Address, type Hash, hexToBytes, wordToHash, ZERO_HASH } from '../../primitives/hex.ts'
import { keccak256Hex } from '../../primitives/keccak.ts'
import { logCodec } from '../../primitives/receipt.ts'
import { encodeRlp } from '../../primitives/rlp.ts'
import { decodeTransaction, recoverSender } from '../../primitives/transaction.ts'
import { transactionFaults } from './faults.ts'
import { type BlobScheduleJson, rulesNamed, UNKNOWN_FORK } from './fork-names.ts'
import { compareStates, type StateJson, stateFromJson, stateRootOf } from './json-state.ts'
import { isRefusal, type Refusal, refusalResult } from './refusals.ts'
import { type Case, type CaseResult, isTestsWith, PASSED, type RunOptions, type Suite, skippedCase } from './suite.ts'
import { traceTransaction } from './trace-transaction.ts'

interface StateTestJson {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly pre: StateJson
  readonly post: Readonly<Record<string, readonly ExpectedJson[]>>
  readonly config?: { readonly chainid?: string; readonly blobSchedule?: BlobScheduleJson }
}

interface ExpectedJson {
  readonly hash: Hash
  readonly logs: Hash
  readonly txbytes: string
  readonly indexes: Readonly<Record<'data' | 'gas' | 'value', number>>
  readonly state?: StateJson
  readonly expectException?: string
}

/** Ethereum's state tests: one transaction on one state under one hardfork. */
export const stateTests: Suite = {
  name: 'state tests',
  matches: ({ json }) => isTestsWith(json, 'env', 'pre', 'post', 'transaction'),
  *cases({ json }) {
    for (const [name, test] of Object.entries(json as Record<string, StateTestJson>)) yield* casesOf(name, test)
  },
}

function* casesOf(title: string, test: StateTestJson): Generator<Case> {
  for (const [fork, entries] of Object.entries(test.post)) {
    const rules = rulesNamed(fork, test.config?.blobSchedule)
    for (const expected of entries) {
      const { data, gas, value } = expected.indexes
      const name = `${title} d${data} g${gas} v${value}`
      if (rules === undefined) yield skippedCase(name, fork, UNKNOWN_FORK)
      else yield { name, fork, run: (options) => runStateTest(test, expected, rules, options) }
    }
  }
}

/** Runs one entry of a test, recorder and all, and compares everything that it names. */
async function runStateTest(
  test: StateTestJson,
  expected: ExpectedJson,
  rules: Rules,
  { trace }: Pick<RunOptions, 'trace'>,
): Promise<CaseResult> {
  const view = stateFromJson(test.pre)
  const verdict = execute(test, expected, rules, view)
  if (verdict instanceof Error) return await judgeRefusal(verdict, test, expected, rules)
  if (expected.expectException !== undefined) {
    return { problem: `accepted, should be refused: ${expected.expectException}` }
  }
  const problems = [rootProblem(view, expected), logsProblem(verdict, expected)].filter((each) => each !== undefined)
  if (problems.length === 0) return PASSED
  const traced = trace ? await traceOf(test, expected, rules) : []
  return { problem: [...problems, describe(verdict), ...traced].join('\n') }
}

async function traceOf(test: StateTestJson, { txbytes }: ExpectedJson, rules: Rules): Promise<readonly string[]> {
  const stateBefore = () => new WorldState({ rules, record: true }, { view: stateFromJson(test.pre) })
  const transaction = decodeTransaction(hexToBytes(txbytes))
  return (await traceTransaction(transaction, environmentOf(test, rules), stateBefore)).lines
}

async function judgeRefusal(
  refusal: Refusal,
  test: StateTestJson,
  expected: ExpectedJson,
  rules: Rules,
): Promise<CaseResult> {
  const { txbytes, expectException } = expected
  const view = stateFromJson(test.pre)
  // What can be decoded may have other faults beside the one met first.
  const state = new WorldState({ rules, record: false }, { view })
  const others =
    refusal instanceof DecodeError && refusal.details.problem !== 'signature'
      ? []
      : await transactionFaults(decodeTransaction(hexToBytes(txbytes)), environmentOf(test, rules), state)
  state.release()
  const result = refusalResult([refusal, ...others], expectException)
  return result.problem === undefined ? { ...result, problem: rootProblem(view, expected) } : result
}

function execute(
  test: StateTestJson,
  expected: ExpectedJson,
  rules: Rules,
  view: MemoryView,
): TransactionOutcome | Refusal {
  const state = new WorldState({ rules, record: true }, { view })
  try {
    const transaction = decodeTransaction(hexToBytes(expected.txbytes))
    const sender = recoverSender(transaction, { allowHighS: !rules.requiresLowS })
    const outcome = applyTransaction(transaction, sender, environmentOf(test, rules), state)
    view.apply(state.diff())
    return outcome
  } catch (error) {
    if (isRefusal(error)) return error
    throw error
  } finally {
    state.release()
  }
}

function environmentOf({ env, config }: StateTestJson, rules: Rules): BlockEnvironment {
  return {
    chainId: BigInt(config?.chainid ?? 1),
    rules,
    number: BigInt(env.currentNumber ?? 0),
    timestamp: BigInt(env.currentTimestamp ?? 0),
    coinbase: (env.currentCoinbase ?? '').toLowerCase() as Address,
    gasLimit: BigInt(env.currentGasLimit ?? 0),
    baseFeePerGas: rules.hasBaseFee ? BigInt(env.currentBaseFee ?? 0) : 0n,
    difficulty: BigInt(env.currentDifficulty ?? 0),
    prevRandao: env.currentRandom === undefined ? ZERO_HASH : wordToHash(BigInt(env.currentRandom)),
    excessBlobGas: BigInt(env.currentExcessBlobGas ?? 0),
    // The convention of these tests, which have no chain.
    blockHash: (number) => keccak256Hex(new TextEncoder().encode(number.toString())),
  }
}

function rootProblem(view: MemoryView, { state, hash }: ExpectedJson): string | undefined {
  const root = stateRootOf(view)
  if (root === hash) return undefined
  const lines = state === undefined ? [] : compareStates(view, stateFromJson(state))
  return [`state root is ${root}, should be ${hash}`, ...lines].join('\n')
}

function logsProblem({ logs }: TransactionOutcome, expected: ExpectedJson): string | undefined {
  const hash = keccak256Hex(encodeRlp(logs.map((log) => logCodec.encode(log))))
  if (hash === expected.logs) return undefined
  const lines = logs.map(({ address, topics, data }) => `log of ${address}: ${topics.join(' ')} ${data.length} bytes`)
  return [`hash of the logs is ${hash}, should be ${expected.logs}`, ...lines].join('\n')
}

function describe({ succeeded, gasUsed, error, logs }: TransactionOutcome): string {
  return `the transaction ${succeeded ? 'succeeded' : `failed (${error})`}, used ${gasUsed} gas, wrote ${logs.length} logs`
}
