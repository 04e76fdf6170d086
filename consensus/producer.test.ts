import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BlockBuilder } from '../execution/block/executor.ts'
import type { Block } from '../primitives/block.ts'
import type { Address } from '../primitives/hex.ts'
import { type Transaction, transactionHash } from '../primitives/transaction.ts'
import { checkDatabase } from '../storage/checker.ts'
import { COINBASE_A, COINBASE_B, hashOf, RECIPIENT, TestNode, testGenesis, transfer } from './fixtures/test-node.ts'
import { Producer, type ProducerModules } from './producer.ts'

/** The transactions that wait, as far as the producer looks at them. */
class FakePool extends EventEmitter<{ transaction: [] }> {
  readonly waiting: Transaction[] = []

  constructor(node: TestNode) {
    super()
    node.chain.on('head', ({ added }) => {
      const mined = new Set(added.flatMap(({ block }) => block.transactions.map(transactionHash)))
      this.replace(this.waiting.filter((transaction) => !mined.has(transactionHash(transaction))))
    })
  }

  candidates(): Transaction[] {
    return [...this.waiting]
  }

  add(...transactions: Transaction[]): void {
    this.waiting.push(...transactions)
    this.emit('transaction')
  }

  replace(transactions: Transaction[]): void {
    this.waiting.splice(0, this.waiting.length, ...transactions)
  }
}

interface Miner {
  readonly node: TestNode
  readonly pool: FakePool
  readonly producer: Producer
  readonly published: Block[]
  readonly errors: string[]
}

async function openMiner(
  t: TestContext,
  genesis = testGenesis(),
  coinbase: Address = COINBASE_A,
  modules: Partial<ProducerModules> = {},
  hashesPerSecond = 1_000_000,
): Promise<Miner> {
  const node = await TestNode.open(t, { genesis, now: Date.now, hashesPerSecond })
  const pool = new FakePool(node)
  const published: Block[] = []
  const errors: string[] = []
  const producer = new Producer(
    { config: genesis.config, coinbase, gasLimit: 60_000_000n, extraData: new Uint8Array(0) },
    {
      chain: node.chain,
      engine: node.engine,
      txpool: pool,
      builder: node.execution,
      processor: node.processor,
      log: { debug: () => {}, error: (_details, message) => errors.push(message) },
      publish: (block) => published.push(block),
      ...modules,
    },
  )
  t.after(() => producer.stop())
  return { node, pool, producer, published, errors }
}

const nowSeconds = () => BigInt(Math.floor(Date.now() / 1_000))
const instantGenesis = () => testGenesis({ engine: 'instant', periodSeconds: 0, timestamp: nowSeconds() })

async function until(condition: () => boolean, what: string, timeoutMs = 8_000): Promise<void> {
  const startedMs = performance.now()
  while (!condition()) {
    if (performance.now() - startedMs > timeoutMs) assert.fail(`${what}: not within ${timeoutMs} ms`)
    await sleep(5)
  }
}

test('instant: a block for what is there, none for nothing', async (t) => {
  const { node, pool, producer, published, errors } = await openMiner(t, instantGenesis())
  producer.start()
  await sleep(50)
  assert.equal(published.length, 0)
  pool.add(transfer(0, 0n), transfer(1, 0n))
  await until(() => published.length === 1, 'the first block')
  assert.equal(published[0]!.transactions.length, 2)
  assert.equal(published[0]!.header.coinbase, COINBASE_A)
  for (let nonce = 1n; nonce <= 5n; nonce++) {
    pool.add(transfer(0, nonce))
    await until(() => node.balance(RECIPIENT) === nonce + 2n, `the block of nonce ${nonce}`)
  }
  await sleep(50)
  assert.equal(published.length, 6)
  assert.equal(node.head, hashOf(published[5]!))
  assert.deepEqual(errors, [])
})

test('instant: candidates that are refused are reported, and make no block and no busy loop', async (t) => {
  const refused: string[] = []
  let builds = 0
  const refusing: BlockBuilder = {
    build: async (template, candidates, parent, timeLimitMs) => {
      builds++
      const bad = candidates.filter(({ gasLimit }) => gasLimit === 21_000n && candidates.length === 1)
      const good = candidates.filter((candidate) => !bad.includes(candidate))
      const built = await miner.node.execution.build(template, good, parent, timeLimitMs)
      return { ...built, refused: bad.map((_, candidate) => ({ candidate, code: 'nonce-too-high' })) }
    },
  }
  const miner = await openMiner(t, instantGenesis(), COINBASE_A, {
    builder: refusing,
    onRefused: (list) => refused.push(...list.map(({ transaction, code }) => `${transaction.nonce} ${code}`)),
  })
  miner.producer.start()
  miner.pool.add(transfer(0, 7n))
  await until(() => refused.length > 0, 'the refusal')
  await sleep(100)
  assert.deepEqual(refused, ['7 nonce-too-high'])
  assert.equal(builds, 1)
  assert.equal(miner.published.length, 0)
  miner.pool.replace([])
  miner.pool.add(transfer(0, 0n), transfer(1, 0n))
  await until(() => miner.published.length === 1, 'the block of the good ones')
})

test('pow: a block a period, empty or not', async (t) => {
  const { node, pool, producer, published } = await openMiner(t, testGenesis({ timestamp: nowSeconds() - 1n }))
  pool.add(transfer(0, 0n))
  producer.start()
  await until(() => published.length === 3, 'three blocks')
  const timestamps = published.map(({ header }) => header.timestamp)
  assert.ok(timestamps[1]! > timestamps[0]! && timestamps[2]! > timestamps[1]!)
  assert.ok(timestamps[2]! <= nowSeconds(), 'none before its slot')
  assert.equal(published[0]!.transactions.length, 1)
  assert.equal(published[1]!.transactions.length, 0)
  assert.equal(node.head, hashOf(published[2]!))
})

test('stopping ends waiting, building and sealing within a second, and it can start again', async (t) => {
  const never = new Promise<never>(() => {})
  const stopsSoon = async (miner: Miner) => {
    const startedMs = performance.now()
    await miner.producer.stop()
    assert.ok(performance.now() - startedMs < 200)
    assert.deepEqual(miner.errors, [])
  }
  const waiting = await openMiner(t, testGenesis({ timestamp: nowSeconds() + 60n }))
  waiting.producer.start()
  await sleep(20)
  await stopsSoon(waiting)

  const past = () => testGenesis({ timestamp: nowSeconds() - 10n })
  const building = await openMiner(t, past(), COINBASE_A, { builder: { build: () => never } })
  building.producer.start()
  await sleep(20)
  await stopsSoon(building)

  const sealing = await openMiner(t, testGenesis({ timestamp: nowSeconds() - 10n, difficulty: 2n ** 100n }))
  sealing.producer.start()
  await sleep(100)
  await stopsSoon(sealing)

  const again = await openMiner(t, past())
  again.producer.start()
  await again.producer.stop()
  again.producer.start()
  await until(() => again.published.length > 0, 'a block after the second start')
})

test('a failure is logged, and the next attempt comes after a pause', async (t) => {
  let attempts = 0
  const failing: BlockBuilder = {
    build: async (...given) => {
      if (attempts++ === 0) throw new Error('no memory')
      return await miner.node.execution.build(...given)
    },
  }
  const miner = await openMiner(t, instantGenesis(), COINBASE_A, { builder: failing })
  miner.producer.start()
  miner.pool.add(transfer(0, 0n))
  await until(() => miner.published.length === 1, 'the block')
  assert.deepEqual(miner.errors, ['making a block failed'])
  assert.equal(attempts, 2)
})

test('a better head ends the search on the old one', async (t) => {
  const genesis = testGenesis({ timestamp: nowSeconds() - 10n })
  const other = await TestNode.open(t, { genesis, now: Date.now })
  const { block } = await other.make({ coinbase: COINBASE_B })
  const seals: bigint[] = []
  const miner = await openMiner(t, genesis)
  const { engine } = miner.node
  const slow = new Producer(
    { config: genesis.config, coinbase: COINBASE_A, gasLimit: 60_000_000n, extraData: new Uint8Array(0) },
    {
      chain: miner.node.chain,
      engine: {
        earliestTimestamp: (parent) => engine.earliestTimestamp(parent),
        prepare: (child, parent) => engine.prepare(child, parent),
        seal: async (header, signal) => {
          seals.push(header.number)
          return await engine.seal({ ...header, difficulty: 2n ** 100n }, signal)
        },
        followsClock: true,
        makesEmptyBlocks: true,
      },
      txpool: miner.pool,
      builder: miner.node.execution,
      processor: miner.node.processor,
      log: { debug: () => {}, error: (_details, message) => miner.errors.push(message) },
      publish: () => {},
    },
  )
  t.after(() => slow.stop())
  slow.start()
  await until(() => seals.length === 1, 'the search')
  await miner.node.take(block)
  await until(() => seals.length === 2, 'the search on the new head')
  assert.deepEqual(seals, [1n, 2n])
  await slow.stop()
  assert.deepEqual(miner.errors, [])
})

/** Hands the blocks that one miner makes from now on, and those it made, to the other; ended by the signal. */
async function deliver(from: Miner, to: Miner, signal: AbortSignal): Promise<void> {
  for (let next = 0; !signal.aborted; ) {
    const block = from.published[next]
    if (block === undefined) await sleep(5)
    else {
      await to.node.take(block)
      next++
    }
  }
}

test('two miners race, cut off from each other and joined again: one chain wins, no transaction is lost', async (t) => {
  // A search of 0.25 s on average, against 10 ms until the other hears of the block.
  const genesis = testGenesis({ timestamp: nowSeconds() - 3n, difficulty: 1_000n })
  const a = await openMiner(t, genesis, COINBASE_A, {}, 2_000)
  const b = await openMiner(t, genesis, COINBASE_B, {}, 2_000)
  a.pool.add(transfer(0, 0n))
  b.pool.add(transfer(1, 0n))
  const cameBack: Transaction[] = []
  for (const { node, pool, producer } of [a, b]) {
    node.chain.on('head', ({ removed }) => {
      const transactions = removed.flatMap(({ block }) => block.transactions)
      cameBack.push(...transactions)
      pool.add(...transactions)
    })
    producer.start()
  }
  await until(() => a.published.length >= 1 && b.published.length >= 1, 'a branch each')
  assert.notEqual(a.node.head, b.node.head)
  const joined = new AbortController()
  const deliveries = Promise.all([deliver(a, b, joined.signal), deliver(b, a, joined.signal)])
  try {
    const isOne = () => a.node.head === b.node.head && a.node.balance(RECIPIENT) === 2n
    await until(isOne, 'both transfers on one chain', 30_000)
  } finally {
    for (const { producer } of [a, b]) await producer.stop()
    joined.abort()
    await deliveries
  }
  assert.ok(cameBack.length > 0, 'a transaction of the losing branch came back')
  for (const { node, errors } of [a, b]) {
    assert.deepEqual(errors, [])
    assert.deepEqual((await checkDatabase(node.database)).problems, [])
  }
})
