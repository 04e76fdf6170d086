import type { TransactionOutcome } from '../../execution/block/outcome.ts'
import { delegationTarget } from '../../execution/evm/delegation.ts'
import type { Address } from '../../primitives/hex.ts'
import { hashToWord } from '../../primitives/hex.ts'
import { decodePlan, type Plan } from '../../primitives/plan.ts'
import type { MadeBlock } from './block-lab.ts'
import type { Random } from './random.ts'

const DECILES = 10

/** First topics of `Workbench`'s event that say what it did. */
const CALLED_OTHERS = [3n, 4n, 5n]
const ENDED_CHILD = [7n, 8n]

const KINDS = [
  'transactions of type 0',
  'transactions of type 1',
  'transactions of type 2',
  'transactions of type 3',
  'transactions of type 4',
  'reverted',
  'out of gas',
  'halted otherwise',
  'contracts created',
  'contracts ended',
  'delegations changed',
  'calls between contracts',
  'looks at the coinbase',
  'candidates refused',
  'blocks without conflict',
  'blocks of one group',
  'blocks with withdrawals',
  'blocks with additive fees',
  'blocks with ordinary fees',
] as const

type Kind = (typeof KINDS)[number]

/** Counts what random blocks really held, so that a test can tell that it tested what it says. */
export class BlockCensus {
  readonly #counts = new Map<Kind, number>(KINDS.map((kind) => [kind, 0]))
  /** Blocks by conflict ratio, 0 to 10 %, 10 to 20 % ... */
  readonly #deciles = new Array<number>(DECILES).fill(0)

  add({ block, processed, refused }: MadeBlock): void {
    const { header, transactions, withdrawals = [] } = block
    const { outcomes } = processed.executed
    for (const { type } of transactions) this.#count(`transactions of type ${type}`)
    for (const outcome of outcomes) this.#addOutcome(outcome)
    this.#count('candidates refused', refused.length)
    if (withdrawals.length > 0) this.#count('blocks with withdrawals')
    this.#addCoinbase(header.coinbase, outcomes)
    this.#addRatio(conflictRatio(decodePlan(header.plan!)))
  }

  /** What has not been met at all. */
  missing(): string[] {
    const kinds = KINDS.filter((kind) => this.#counts.get(kind) === 0)
    const deciles = this.#deciles.flatMap((count, decile) => (count === 0 ? [`conflict ratio ${rangeOf(decile)}`] : []))
    return [...kinds, ...deciles]
  }

  /** A heat for the next block that is to fill the decile with the fewest blocks. */
  neededHeat(random: Random): number {
    const rarest = this.#deciles.indexOf(Math.min(...this.#deciles))
    if (random.chance(0.5)) return random.pick([0, 1, random.fraction()])
    return (rarest + random.fraction()) / DECILES
  }

  toString(): string {
    const counts = [...this.#counts].map(([kind, count]) => `${count} ${kind}`)
    const deciles = this.#deciles.map((count, decile) => `${count} at ${rangeOf(decile)}`)
    return `${counts.join(', ')}; blocks by conflict ratio: ${deciles.join(', ')}`
  }

  #addOutcome({ error, logs, writes }: TransactionOutcome): void {
    if (error === 'revert') this.#count('reverted')
    else if (error === 'out-of-gas') this.#count('out of gas')
    else if (error !== undefined) this.#count('halted otherwise')
    for (const { code, nonce } of writes.values()) {
      if (code === undefined) continue
      if (code.bytes.length === 0 || delegationTarget(code.bytes)) this.#count('delegations changed')
      else if (nonce === 1n) this.#count('contracts created')
    }
    for (const { topics } of logs) {
      const topic = topics[1] === undefined ? undefined : hashToWord(topics[1])
      if (CALLED_OTHERS.includes(topic!)) this.#count('calls between contracts')
      if (ENDED_CHILD.includes(topic!)) this.#count('contracts ended')
    }
  }

  #addCoinbase(coinbase: Address, outcomes: readonly TransactionOutcome[]): void {
    const looks = outcomes.filter(({ reads }) => reads.get(coinbase)?.balance).length
    const additions = outcomes.filter(({ credits }) => credits.has(coinbase)).length
    this.#count('looks at the coinbase', looks)
    if (looks > 0) this.#count('blocks with ordinary fees')
    else if (additions > 1) this.#count('blocks with additive fees')
  }

  #addRatio(ratio: number | undefined): void {
    if (ratio === undefined) return
    if (ratio === 0) this.#count('blocks without conflict')
    if (ratio === 1) this.#count('blocks of one group')
    const decile = Math.min(DECILES - 1, Math.floor(ratio * DECILES))
    this.#deciles[decile]!++
  }

  #count(kind: Kind, by = 1): void {
    this.#counts.set(kind, this.#counts.get(kind)! + by)
  }
}

/** From 0, every transaction in a group of its own, to 1, all in one; `undefined` of fewer than two transactions. */
export function conflictRatio({ transactions }: Plan): number | undefined {
  if (transactions.length < 2) return undefined
  const groups = new Set(transactions.map(({ group }) => group)).size
  return 1 - (groups - 1) / (transactions.length - 1)
}

function rangeOf(decile: number): string {
  return `${decile * 10}-${(decile + 1) * 10} %`
}
