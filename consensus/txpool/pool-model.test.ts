import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Block } from '../../primitives/block.ts'
import { bytesToHex, type Hash } from '../../primitives/hex.ts'
import {
  effectiveTip,
  encodeTransaction,
  maxFeePerGasOf,
  maxPriorityFeePerGasOf,
  type Transaction,
  transactionHash,
} from '../../primitives/transaction.ts'
import { Random, seedFromEnvironment } from '../../test/support/random.ts'
import { PoolBench, testAddress, transfer } from './fixtures/pool-bench.ts'

const SENDERS = 8
const LOCAL_SENDER = 0
const LIMITS = { perSender: 4, pending: 12, queued: 6, maxBytes: 2_600 }
const GWEI = 10n ** 9n
const UNIT_COST = 21_000n * GWEI

interface Entry {
  readonly transaction: Transaction
  readonly hash: Hash
  readonly from: number
  readonly bytes: number
  readonly isLocal: boolean
  readonly order: number
}

/** The pool's rules once more, without any of its data structures: one flat list, looked through again and again. */
class Model {
  entries: Entry[] = []
  readonly nonces: bigint[] = new Array(SENDERS).fill(0n)
  readonly balances: bigint[] = new Array(SENDERS).fill(1_000n * UNIT_COST)
  baseFee = GWEI
  #order = 0

  of(from: number): Entry[] {
    return this.entries
      .filter((entry) => entry.from === from)
      .sort((a, b) => Number(a.transaction.nonce - b.transaction.nonce))
  }

  pendingOf(from: number): Entry[] {
    const pending: Entry[] = []
    let left = this.balances[from]!
    for (const entry of this.of(from)) {
      left -= cost(entry.transaction)
      if (entry.transaction.nonce !== this.nonces[from]! + BigInt(pending.length) || left < 0n) break
      pending.push(entry)
    }
    return pending
  }

  queuedOf(from: number): Entry[] {
    return this.of(from).slice(this.pendingOf(from).length)
  }

  floor(entries: readonly Entry[]): bigint {
    return entries
      .map((entry) => effectiveTip(entry.transaction, this.baseFee))
      .sort(descending)
      .at(-1)!
  }

  /** Senders in the order in which they lose their last transaction. */
  victims(include: 'remote' | 'local'): number[] {
    const rank = (from: number) => {
      const all = this.of(from)
      return { all, floor: this.floor(all), isQueued: this.queuedOf(from).length > 0, last: all.at(-1)! }
    }
    return Array.from({ length: SENDERS }, (_, from) => from)
      .filter((from) => this.of(from).length > 0 && this.of(from).at(-1)!.isLocal === (include === 'local'))
      .sort((a, b) => {
        const [x, y] = [rank(a), rank(b)]
        if (include === 'remote' && x.isQueued !== y.isQueued) return x.isQueued ? -1 : 1
        if (x.floor !== y.floor) return x.floor < y.floor ? -1 : 1
        if (x.all.length !== y.all.length) return y.all.length - x.all.length
        return y.last.order - x.last.order
      })
  }

  /** The code with which the transaction is refused; `undefined` when it is in. */
  add(from: number, transaction: Transaction, asLocal: boolean): string | undefined {
    const hash = transactionHash(transaction)
    if (this.entries.some((entry) => entry.hash === hash)) return 'already-known'
    const isLocal = asLocal && from === LOCAL_SENDER
    const { nonce } = transaction
    const newcomer = {
      transaction,
      hash,
      from,
      bytes: encodeTransaction(transaction).length,
      isLocal,
      order: this.#order++,
    }
    if (nonce < this.nonces[from]!) return 'nonce-too-low'
    const own = this.of(from)
    const old = own.find((entry) => entry.transaction.nonce === nonce)
    if (old && !replaces(old.transaction, transaction)) return 'replacement-underpriced'
    const limit = LIMITS.perSender * (isLocal ? 2 : 1)
    const isFull = !old && own.length >= limit
    if (isFull && nonce > own.at(-1)!.transaction.nonce) return 'sender-limit'
    const others = this.pendingOf(from).filter((entry) => entry !== old)
    if (sum(others.map((entry) => cost(entry.transaction))) + cost(transaction) > this.balances[from]!)
      return 'insufficient-funds'

    const before = this.entries
    this.entries = this.entries.filter((entry) => entry !== old)
    if (isFull) this.entries = this.entries.filter((entry) => entry !== own.at(-1))
    const code = this.#makeRoom(newcomer, old)
    if (code !== undefined) {
      this.entries = before
      return code
    }
    this.entries.push(newcomer)
    this.trim()
    return undefined
  }

  #makeRoom(newcomer: Entry, old: Entry | undefined): string | undefined {
    const { from, transaction, isLocal } = newcomer
    const share = (limit: number) => (isLocal ? limit + Math.ceil(limit / 8) : limit)
    for (;;) {
      const isPending = this.#wouldBePending(newcomer)
      const queued = this.#withReplaced(old, () => this.#queuedCount())
      const bytes = this.entries.reduce((total, entry) => total + entry.bytes, 0) + newcomer.bytes
      const isPoolFull =
        this.entries.length + 1 > share(LIMITS.pending + LIMITS.queued) || bytes > share(LIMITS.maxBytes)
      const isQueueFull = !isPending && !old && queued + 1 > share(LIMITS.queued)
      if (!isPoolFull && !isQueueFull) return undefined
      const remote = this.#withReplaced(old, () => this.victims('remote'))
      const queuedOnly = remote.filter((victim) => this.#withReplaced(old, () => this.queuedOf(victim).length > 0))
      const candidates = isPoolFull
        ? [...remote, ...(isLocal ? this.#withReplaced(old, () => this.victims('local')) : [])]
        : queuedOnly
      const victim = candidates[0]
      if (victim === undefined) return 'pool-full'
      const [last, victimFloor, hasQueued] = this.#withReplaced(old, () => [
        this.of(victim).at(-1)!,
        this.floor(this.of(victim)),
        this.queuedOf(victim).length > 0,
      ])
      if (victim === from && last.transaction.nonce <= transaction.nonce) return 'underpriced'
      const ownFloor = this.floor([
        ...this.of(from).filter((entry) => entry.transaction.nonce < transaction.nonce),
        newcomer,
      ])
      if (!(isPending && hasQueued) && ownFloor <= victimFloor) return 'underpriced'
      this.entries = this.entries.filter((entry) => entry !== last)
    }
  }

  /** Runs with the transaction that is to be replaced still in its place. */
  #withReplaced<T>(old: Entry | undefined, run: () => T): T {
    const without = this.entries
    if (old) this.entries = [...without, old]
    const result = run()
    this.entries = without
    return result
  }

  #wouldBePending(newcomer: Entry): boolean {
    const without = this.entries
    this.entries = [...without, newcomer]
    const isPending = this.pendingOf(newcomer.from).includes(newcomer)
    this.entries = without
    return isPending
  }

  #queuedCount(): number {
    return Array.from({ length: SENDERS }, (_, from) => this.queuedOf(from).length).reduce((a, b) => a + b, 0)
  }

  trim(): void {
    while (this.#queuedCount() > LIMITS.queued) {
      const victim = this.victims('remote').find((from) => this.queuedOf(from).length > 0)
      if (victim === undefined) return
      const last = this.of(victim).at(-1)
      this.entries = this.entries.filter((entry) => entry !== last)
    }
  }

  /** The next best one that can be taken, until none is left. */
  candidates(baseFee: bigint): Hash[] {
    const left = Array.from({ length: SENDERS }, (_, from) => this.pendingOf(from))
    const taken: Hash[] = []
    const tip = ({ transaction }: Entry) => effectiveTip(transaction, baseFee)
    for (;;) {
      const heads = left
        .map((entries) => entries[0])
        .filter((entry) => entry !== undefined && tip(entry) >= 0n) as Entry[]
      heads.sort((a, b) => descending(tip(a), tip(b)) || a.order - b.order)
      const best = heads[0]
      if (best === undefined) return taken
      taken.push(best.hash)
      left[best.from]!.shift()
    }
  }
}

function descending(a: bigint, b: bigint): number {
  return a === b ? 0 : a > b ? -1 : 1
}

function cost(transaction: Transaction): bigint {
  return transaction.gasLimit * maxFeePerGasOf(transaction) + transaction.value
}

function sum(values: readonly bigint[]): bigint {
  return values.reduce((a, b) => a + b, 0n)
}

function replaces(old: Transaction, next: Transaction): boolean {
  const isRaised = (of: (transaction: Transaction) => bigint) => of(next) * 100n >= of(old) * 110n && of(next) > of(old)
  return isRaised(maxPriorityFeePerGasOf) && isRaised(maxFeePerGasOf)
}

test('the pool does what a naive model does', async (context) => {
  const seed = seedFromEnvironment()
  context.diagnostic(`seed ${seed}`)
  const codes = new Map<string, number>()
  for (let run = 0; run < 40; run++) await compare(new Random(seed + run), codes, `seed ${seed}, run ${run}`)
  for (const code of [
    'taken',
    'underpriced',
    'replacement-underpriced',
    'insufficient-funds',
    'sender-limit',
    'nonce-too-low',
  ]) {
    assert.ok((codes.get(code) ?? 0) > 5, `${code} was reached ${codes.get(code)} times`)
  }
})

async function compare(random: Random, codes: Map<string, number>, where: string): Promise<void> {
  const bench = new PoolBench({ ...LIMITS, localSenders: new Set([testAddress(LOCAL_SENDER)]) })
  const model = new Model()
  const write = (from: number) => bench.set(from, { nonce: model.nonces[from]!, balance: model.balances[from]! })
  for (let from = 0; from < SENDERS; from++) write(from)
  for (let step = 0; step < 120; step++) {
    const from = random.below(SENDERS)
    const message = `${where}, step ${step}`
    if (random.chance(0.85)) {
      const nonce = Number(model.nonces[from]) + Math.max(-1, random.below(8) - random.below(4) - 1)
      const tip = 1 + random.below(12)
      const options = {
        from,
        nonce: Math.max(0, nonce),
        tip,
        feeCap: tip + random.below(6),
        dataBytes: random.pick([0, 0, 0, 200]),
      }
      const transaction = transfer({ ...options, gasLimit: 30_000n })
      const local = random.chance(0.5)
      const expected = model.add(from, transaction, local)
      const actual = await bench.pool.add(transaction, { local }).then(
        () => undefined,
        (error) => error.code as string,
      )
      assert.equal(actual, expected, `${message}: ${bytesToHex(encodeTransaction(transaction))}`)
      codes.set(actual ?? 'taken', (codes.get(actual ?? 'taken') ?? 0) + 1)
    } else {
      model.baseFee = BigInt(1 + random.below(5)) * GWEI
      if (random.chance(0.5)) model.nonces[from]! += BigInt(random.below(3))
      if (random.chance(0.5)) model.balances[from] = BigInt(random.below(60)) * UNIT_COST
      model.entries = model.entries.filter((entry) => entry.transaction.nonce >= model.nonces[entry.from]!)
      model.trim()
      write(from)
      bench.next = { ...bench.next, baseFeePerGas: model.baseFee }
      bench.pool.onHead({
        added: [{ block: { header: {}, transactions: [], ommers: [] } as unknown as Block }],
        removed: [],
      })
    }
    agree(bench, model, message)
  }
}

function agree(bench: PoolBench, model: Model, message: string): void {
  const { pending, queued } = bench.pool.content()
  for (let from = 0; from < SENDERS; from++) {
    const hashes = (of: typeof pending) => of.get(testAddress(from))?.map(({ hash }) => hash) ?? []
    assert.deepEqual(
      hashes(pending),
      model.pendingOf(from).map(({ hash }) => hash),
      `${message}, pending of ${from}`,
    )
    assert.deepEqual(
      hashes(queued),
      model.queuedOf(from).map(({ hash }) => hash),
      `${message}, queued of ${from}`,
    )
    assert.equal(bench.pool.nextNonce(testAddress(from)), model.nonces[from]! + BigInt(hashes(pending).length), message)
  }
  for (const baseFee of [model.baseFee, model.baseFee + 3n * GWEI]) {
    const candidates = bench.pool.candidates(baseFee, 1n).map(transactionHash)
    assert.deepEqual(candidates, model.candidates(baseFee), `${message}, candidates at ${baseFee}`)
  }
  const { pending: pendingCount, queued: queuedCount } = bench.pool.status()
  assert.equal(pendingCount + queuedCount, model.entries.length, message)
}
