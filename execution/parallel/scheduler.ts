import type { Plan } from '../../primitives/plan.ts'
import type { ReplayStrategy } from '../block/executor.ts'

/** Which part of a block a run belongs to: the system operations before or after the transactions, or some of these. */
export type Step = 'before' | 'transactions' | 'after'

/**
 * The unit of work: transactions of one group, or of several whole ones, in block order, executed one after the other on one
 * private overlay; or the system operations before or after the block, which start from the list's values like any other run.
 */
export interface Run {
  readonly step: Step
  /** Group of the plan; -1 for the system operations, and where there are several. */
  readonly group: number
  /** Ascending; empty for the system operations. */
  readonly transactions: readonly number[]
  /** Gas the plan claims for it: a weight only, so that a lie about it costs balance and nothing else. */
  readonly gas: number
  /** It holds all transactions of its group. */
  readonly isWhole: boolean
}

/** Runs that a worker takes and answers at once. */
export type Bundle = readonly Run[]

/** Group number of runs that hold system operations. */
export const SYSTEM_GROUP = -1

/** Group number of runs of several groups. */
export const SEVERAL_GROUPS = -1

/** About what the system calls of Prague use in an idle block; their order of magnitude is all that matters. */
const SYSTEM_GAS = 100_000

/**
 * The next piece of work is that part of a worker's fair share of what is left: large pieces first, since each costs one more look
 * at the access list and 20 µs to take and answer; small ones last, so that all end at about the same time although gas is only
 * roughly time, and the main thread takes its part of some worker's processor.
 */
const SHARE = 1 / 3
/** No piece needs to be smaller than that part of a worker's fair share of the whole. */
const LEAST_SHARE = 1 / 32
/** Groups up to that part of it are not cut. */
const WHOLE_SHARE = 1 / 8

/** Time that executing a transaction takes beside its code (decoding, checks, recording), and its sender's recovery. */
const TRANSACTION_US = 25
const RECOVERY_US = 50
/** Compiled code does more, code that waits for the disk less; only the order of magnitude matters. */
const GAS_PER_US = 500
const FREE_GAS = 21_000

/** Less work than that is done sooner by one worker less: each reads the access list and has to be woken. */
export const LEAST_SHARE_US = 700

/** Less work than that is done sooner in one piece than by any worker: ten to thirty transactions that compute little. */
export const LEAST_REPLAY_US = 2_000

/** Microseconds that the transactions of a block are going to take, about. */
export function estimateWork(plan: Plan, unknownSenders: number): number {
  let us = unknownSenders * RECOVERY_US
  for (const { gasUsed } of plan.transactions) {
    us += TRANSACTION_US + Math.max(0, Number(gasUsed) - FREE_GAS) / GAS_PER_US
  }
  return us
}

/**
 * How many workers should share a block of so much work, of those there are: one, where it is small or cheap. Each should have
 * work for that many microseconds; all have to take part if that is 0.
 */
export function usefulWorkers(workUs: number, workers: number, leastShareUs: number = LEAST_SHARE_US): number {
  if (leastShareUs === 0) return workers
  return Math.max(1, Math.min(workers, Math.floor(workUs / leastShareUs)))
}

/** The work of a block in the order in which workers should take it: longest first, every transaction exactly once. */
export function schedule(plan: Plan, strategy: ReplayStrategy, workers: number): Bundle[] {
  const bundles = bundleRuns([...systemRuns, ...cutIntoRuns(plan, strategy, workers)], workers)
  return strategy === 'values' ? bundles : bundles.map(joinWholeGroups)
}

/**
 * One run of all whole groups of a bundle: they have nothing to do with one another, and setting up an overlay takes as long
 * as a transfer.
 */
function joinWholeGroups(bundle: Bundle): Bundle {
  const whole = bundle.filter((run) => run.isWhole)
  if (whole.length < 2) return bundle
  const transactions = whole.flatMap((run) => run.transactions).sort((a, b) => a - b)
  const joined = { ...whole[0]!, group: SEVERAL_GROUPS, transactions, gas: sum(whole.map((run) => run.gas)) }
  return [...bundle.filter((run) => !run.isWhole), joined]
}

const systemRuns: readonly Run[] = [
  { step: 'before', group: SYSTEM_GROUP, transactions: [], gas: SYSTEM_GAS, isWhole: false },
  { step: 'after', group: SYSTEM_GROUP, transactions: [], gas: SYSTEM_GAS, isWhole: false },
]

/** The transactions of a plan as runs, in order of group and then of the block. Where groups are cut is the strategy's. */
export function cutIntoRuns(plan: Plan, strategy: ReplayStrategy, workers: number): Run[] {
  const total = sum(plan.transactions.map(weight))
  // A single worker has nothing to share: everything is one run, as in serial execution.
  if (workers === 1 && strategy !== 'values' && plan.transactions.length > 0) {
    const transactions = [...plan.transactions.keys()]
    return [{ step: 'transactions', group: SEVERAL_GROUPS, transactions, gas: total, isWhole: true }]
  }
  const limits = cutLimits[strategy](total, workers)
  return groupsOf(plan).flatMap((transactions, group) => cutGroup(plan, group, transactions, limits))
}

/** Gas of pieces. */
interface CutLimits {
  /** Groups up to it stay whole. */
  readonly whole: number
  readonly next: (left: number) => number
}

const cutLimits: Readonly<Record<ReplayStrategy, (total: number, workers: number) => CutLimits>> = {
  groups: () => ({ whole: Number.POSITIVE_INFINITY, next: (left) => left }),
  split: (total, workers) => {
    return { whole: (total / workers) * WHOLE_SHARE, next: (left) => nextPiece(left, total, workers) }
  },
  values: () => ({ whole: 0, next: () => 0 }),
}

/** Gas of the next piece of work, of that much in all of which so much is left. */
function nextPiece(left: number, total: number, workers: number): number {
  return Math.max((left / workers) * SHARE, (total / workers) * LEAST_SHARE)
}

function groupsOf(plan: Plan): number[][] {
  const groups: number[][] = []
  for (const [index, transaction] of plan.transactions.entries()) {
    const group = groups[transaction.group]
    if (group === undefined) groups[transaction.group] = [index]
    else group.push(index)
  }
  return groups
}

/** Consecutive pieces, of about as much gas as the limits say of each. */
function cutGroup(plan: Plan, group: number, transactions: readonly number[], { whole, next }: CutLimits): Run[] {
  const weights = transactions.map((index) => weight(plan.transactions[index]!))
  let left = sum(weights)
  if (left <= whole) return [{ step: 'transactions', group, transactions, gas: left, isWhole: true }]
  const runs: Run[] = []
  let start = 0
  let gas = 0
  for (const [position, own] of weights.entries()) {
    // The middle of the transaction decides on which side of the cut it falls.
    if (position > start && gas + own / 2 > next(left)) {
      runs.push({ step: 'transactions', group, transactions: transactions.slice(start, position), gas, isWhole: false })
      left -= gas
      start = position
      gas = 0
    }
    gas += own
  }
  runs.push({ step: 'transactions', group, transactions: transactions.slice(start), gas, isWhole: start === 0 })
  return runs
}

/** Longest first; small ones are put together until they make a bundle. */
export function bundleRuns(runs: readonly Run[], workers: number): Bundle[] {
  const total = sum(runs.map((run) => run.gas))
  let left = total
  const bundles: Run[][] = []
  let room = 0
  for (const run of runs.toSorted((a, b) => b.gas - a.gas)) {
    const last = bundles.at(-1)
    if (last !== undefined && run.gas <= room) {
      last.push(run)
      room -= run.gas
    } else {
      bundles.push([run])
      room = nextPiece(left, total, workers) - run.gas
    }
    left -= run.gas
  }
  return bundles
}

/** Gas as a number above 0: no transaction is free, whatever the plan says. */
function weight(transaction: { readonly gasUsed: bigint }): number {
  return Math.max(1, Number(transaction.gasUsed))
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, next) => total + next, 0)
}
