import type { Rules } from '../../config/hardforks.ts'
import type { BlockEnvironment } from '../../execution/block/environment.ts'
import type { MemoryView } from '../../execution/state/memory-view.ts'
import { WorldState } from '../../execution/state/world-state.ts'
import { applyTransaction } from '../../execution/transaction/apply.ts'
import { TransactionError } from '../../execution/transaction/transaction-error.ts'
import { DecodeError } from '../../primitives/errors.ts'
import { type Address, type Hash, hexToBytes, wordToHash, ZERO_HASH } from '../../primitives/hex.ts'
import { keccak256Hex } from '../../primitives/keccak.ts'
import { type Log, logCodec } from '../../primitives/receipt.ts'
import { encodeRlp } from '../../primitives/rlp.ts'
import { decodeTransaction, recoverSender } from '../../primitives/transaction.ts'
import { type BlobScheduleJson, rulesNamed } from './fork-names.ts'
import { compareStates, type StateJson, stateFromJson, stateRootOf } from './json-state.ts'
import { readTar } from './tar.ts'
import { vectorPath } from './vectors.ts'

/** The state test archives among the vectors. */
export const STATE_TEST_ARCHIVES = ['eest-eips', 'eest-static', 'ethereum-tests-cancun-extra'].map((name) =>
  vectorPath('state-tests', `${name}.tar.gz`),
)

/** One transaction on one state under one hardfork. */
export interface StateTestCase {
  readonly name: string
  readonly rules: Rules
  readonly test: StateTestJson
  readonly expected: ExpectedJson
}

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

/** Every case of an archive whose file name contains `filter`. Forks that are no hardfork of ours are left out. */
export function* stateTestCases(archive: string, filter = ''): Generator<StateTestCase> {
  for (const { name, bytes } of readTar(archive)) {
    if (!name.includes(filter) || !name.endsWith('.json')) continue
    const file: Record<string, StateTestJson> = JSON.parse(Buffer.from(bytes).toString())
    for (const [title, test] of Object.entries(file)) yield* casesOf(name, title, test)
  }
}

function* casesOf(file: string, title: string, test: StateTestJson): Generator<StateTestCase> {
  for (const [fork, entries] of Object.entries(test.post)) {
    const rules = rulesNamed(fork, test.config?.blobSchedule)
    if (rules === undefined) continue
    for (const expected of entries) {
      const { data, gas, value } = expected.indexes
      yield { name: `${file} ${title} ${fork} d${data} g${gas} v${value}`, rules, test, expected }
    }
  }
}

/** Runs a case and says what is wrong; `undefined` when all is as expected. */
export function runStateTest({ rules, test, expected }: StateTestCase, record = true): string | undefined {
  const view = stateFromJson(test.pre)
  const run = execute(test, expected, rules, view, record)
  if ('refused' in run && expected.expectException === undefined) return `refused: ${run.refused}`
  if (!('refused' in run) && expected.expectException !== undefined) {
    return `accepted, should be refused: ${expected.expectException}`
  }
  const root = stateRootOf(view)
  if (root !== expected.hash) return describeDifference(view, expected, root)
  const logs = 'refused' in run ? [] : run.logs
  const logsHash = keccak256Hex(encodeRlp(logs.map((log) => logCodec.encode(log))))
  return logsHash === expected.logs ? undefined : `wrong logs: ${logs.length} of them`
}

type Run = { readonly logs: readonly Log[] } | { readonly refused: string }

function execute(test: StateTestJson, expected: ExpectedJson, rules: Rules, view: MemoryView, record: boolean): Run {
  const environment = environmentOf(test, rules)
  const state = new WorldState({ rules, record }, { view })
  try {
    const transaction = decodeTransaction(hexToBytes(expected.txbytes))
    const sender = recoverSender(transaction, { allowHighS: !rules.requiresLowS })
    const { logs } = applyTransaction(transaction, sender, environment, state)
    view.apply(state.diff())
    return { logs }
  } catch (error) {
    if (!(error instanceof TransactionError || error instanceof DecodeError)) throw error
    return { refused: `${error.code}: ${error.message}` }
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

function describeDifference(view: MemoryView, { state, hash }: ExpectedJson, root: Hash): string {
  const lines = state === undefined ? [] : compareStates(view, stateFromJson(state))
  return [`state root ${root}, should be ${hash}`, ...lines].join('\n  ')
}
