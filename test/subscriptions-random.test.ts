import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { developerAccounts } from '../primitives/developer-accounts.ts'
import type { Address, Hash, Hex } from '../primitives/hex.ts'
import { quantityToHex, wordToAddress, wordToHash } from '../primitives/hex.ts'
import { type DevNode, startDevNode } from './support/dev-node.ts'
import { Random, seedFromEnvironment } from './support/random.ts'
import { Subscriber } from './support/subscriber.ts'

const STEPS = Number(process.env.TEST_STEPS ?? 120)
const SENDERS = developerAccounts(2).map(({ address }) => address)
/** Log their call data under the topic that is its first word, so many times as their address says. */
const LOGGERS: readonly (readonly [Address, Hex])[] = [
  [wordToAddress(0x1001n), '0x365f5f375f35365fa100'],
  [wordToAddress(0x1003n), `0x365f5f37${'5f35365fa1'.repeat(3)}00`],
]
const TOPICS = [1n, 2n, 3n].map(wordToHash)

interface Log {
  readonly address: Address
  readonly topics: readonly Hash[]
  readonly blockHash: Hash
  readonly blockNumber: Hex
  readonly logIndex: Hex
  readonly removed: boolean
}

type Head = Readonly<Record<'hash' | 'parentHash' | 'number', string>>

interface Query {
  readonly address?: Address
  readonly topics?: readonly (readonly Hash[])[]
  readonly fromBlock?: Hex
  readonly toBlock?: Hex
}

/** What somebody may want to hear of. */
const QUERIES: readonly Query[] = [
  {},
  { address: LOGGERS[1]![0] },
  { topics: [[TOPICS[0]!, TOPICS[2]!]] },
  { fromBlock: '0x3', toBlock: '0x8' },
]

/** The logs that stand, for one who has been told of them and of those that do not stand any more. */
class StandingLogs {
  readonly standing: Log[]
  #taken = 0

  constructor(standing: readonly Log[] = []) {
    this.standing = [...standing]
  }

  /** Takes what is new in a list of all that was told. */
  follow(told: readonly Log[]): this {
    for (; this.#taken < told.length; this.#taken += 1) this.take(told[this.#taken] as Log)
    return this
  }

  /** They come on top of one another, and go in the opposite order. */
  take(log: Log): void {
    if (log.removed) assert.deepEqual(log, { ...this.standing.pop(), removed: true })
    else this.standing.push(log)
  }
}

interface Listener {
  readonly query: Query
  readonly told: readonly Log[]
  readonly view: StandingLogs
}

interface Filter {
  readonly query: Query
  readonly id: Hex
  readonly polled: Log[]
  readonly view: StandingLogs
}

class RandomChain {
  readonly #node: DevNode
  readonly #random: Random
  #snapshots: { readonly id: Hex; readonly height: number }[] = []
  readonly done = new Map<string, number>()

  constructor(node: DevNode, random: Random) {
    this.#node = node
    this.#random = random
  }

  /** Returns whether there is a new head. */
  async step(): Promise<boolean> {
    const steps = [
      ...[this.#send, this.#send, this.#send, this.#mine, this.#snapshot, this.#setMode],
      ...[this.#revert, this.#rollBack, this.#reorganise, this.#reorganise],
      ...(this.#random.chance(0.1) ? [this.#reset] : []),
    ]
    const step = this.#random.pick(steps)
    this.done.set(step.name, (this.done.get(step.name) ?? 0) + 1)
    return await step.call(this)
  }

  #transaction() {
    const [to] = this.#random.pick(LOGGERS)
    return { from: this.#random.pick(SENDERS), to, data: this.#random.pick(TOPICS), gas: '0x186a0' }
  }

  async #send(): Promise<boolean> {
    await this.#ask('eth_sendTransaction', this.#transaction())
    return false
  }

  async #mine(): Promise<boolean> {
    const blocks = this.#random.below(4)
    await this.#ask('anvil_mine', blocks)
    return blocks > 0
  }

  async #setMode(): Promise<boolean> {
    await this.#ask('evm_setAutomine', this.#random.chance(0.6))
    return false
  }

  async #snapshot(): Promise<boolean> {
    this.#snapshots.push({ id: await this.#ask<Hex>('evm_snapshot'), height: await this.#height() })
    return false
  }

  async #revert(): Promise<boolean> {
    const height = await this.#height()
    this.#snapshots = this.#snapshots.filter((snapshot) => snapshot.height <= height)
    const [snapshot] = this.#snapshots.splice(this.#random.below(this.#snapshots.length + 1))
    if (snapshot !== undefined) await this.#ask('evm_revert', snapshot.id)
    return false
  }

  async #rollBack(): Promise<boolean> {
    await this.#ask('anvil_rollback', Math.min(this.#random.below(4), await this.#height()))
    return false
  }

  async #reorganise(): Promise<boolean> {
    const depth = Math.min(1 + this.#random.below(5), await this.#height())
    const count = depth === 0 ? 0 : this.#random.below(4)
    const placed = Array.from({ length: count }, () => [this.#transaction(), this.#random.below(depth)])
    placed.sort(([, first], [, second]) => Number(first) - Number(second))
    await this.#ask('anvil_reorg', depth, placed)
    return depth > 0
  }

  async #reset(): Promise<boolean> {
    await this.#ask('anvil_reset')
    this.#snapshots = []
    await prepare(this.#node)
    return false
  }

  async #height(): Promise<number> {
    return Number(await this.#ask<Hex>('eth_blockNumber'))
  }

  #ask<T>(method: string, ...params: unknown[]): Promise<T> {
    return this.#node.request<T>(method, ...params)
  }
}

async function prepare(node: DevNode): Promise<void> {
  for (const [address, code] of LOGGERS) await node.request('anvil_setCode', address, code)
}

/** The canonical logs that a query is for, of blocks that there are. */
async function canonicalLogs(node: DevNode, { fromBlock = '0x0', toBlock, ...criteria }: Query): Promise<Log[]> {
  const head = Number(await node.request<Hex>('eth_blockNumber'))
  if (Number(fromBlock) > head) return []
  const last = quantityToHex(Math.min(Number(toBlock ?? head), head))
  return await node.request<Log[]>('eth_getLogs', { ...criteria, fromBlock, toBlock: last })
}

async function canonicalHashes(node: DevNode): Promise<string[]> {
  const height = Number(await node.request<Hex>('eth_blockNumber'))
  const numbers = Array.from({ length: height + 1 }, (_, number) => quantityToHex(number))
  return await Promise.all(
    numbers.map(async (number) => (await node.request<Head>('eth_getBlockByNumber', number, false)).hash),
  )
}

/** The chain that ends in the newest head, for one who has been told of all heads. */
function chainOf(heads: readonly Head[], genesis: string): string[] {
  const known = new Map(heads.map((head) => [head.hash, head]))
  const chain: string[] = []
  for (let head = heads.at(-1); head !== undefined; head = known.get(head.parentHash)) {
    chain.push(head.hash)
    if (head.parentHash === genesis) chain.push(genesis)
  }
  return chain.reverse()
}

/** What was sent over a WebSocket may be read a moment later than the answer to a request. */
async function soon(check: () => void): Promise<void> {
  const limit = Date.now() + 5_000
  for (;;) {
    try {
      return check()
    } catch (error) {
      if (Date.now() > limit) throw error
      await sleep(2)
    }
  }
}

test('whatever becomes of the chain, who listens and who polls know what it is', { timeout: 300_000 }, async (t) => {
  const seed = seedFromEnvironment()
  t.diagnostic(`TEST_SEED=${seed}`)
  const random = new Random(seed)
  await using node = await startDevNode('--quiet')
  const subscriber = await Subscriber.connect(node.url)
  t.after(() => subscriber.close())
  await prepare(node)
  const [genesis] = await canonicalHashes(node)
  const heads = await subscriber.subscribe<Head>('newHeads')
  const pending = await subscriber.subscribe<Hash>('newPendingTransactions')
  const listeners: Listener[] = []
  const filters: Filter[] = []
  const join = async (query: Query) => {
    const standing = await canonicalLogs(node, query)
    const told = await subscriber.subscribe<Log>('logs', query)
    listeners.push({ query, told, view: new StandingLogs(standing) })
    const id = await node.request<Hex>('eth_newFilter', query)
    filters.push({ query, id, polled: [], view: new StandingLogs(standing) })
  }
  for (const query of QUERIES) await join(query)
  const blockFilter = await node.request<Hex>('eth_newBlockFilter')
  const pendingFilter = await node.request<Hex>('eth_newPendingTransactionFilter')
  const polledBlocks: string[] = []
  const polledPending: Hash[] = []

  const chain = new RandomChain(node, random)
  for (let step = 0; step < STEPS; step += 1) {
    const isNewHead = await chain.step()
    // Somebody comes later.
    if (step === STEPS >> 1) await join({})
    for (const { query, told, view } of listeners) {
      const expected = await canonicalLogs(node, query)
      await soon(() => assert.deepEqual(view.follow(told).standing, expected))
    }
    if (isNewHead) {
      const expected = await canonicalHashes(node)
      await soon(() => assert.deepEqual(chainOf(heads, genesis as string), expected))
    }
    if (!random.chance(0.3) && step < STEPS - 1) continue
    for (const [index, { query, id, polled, view }] of filters.entries()) {
      polled.push(...(await node.request<Log[]>('eth_getFilterChanges', id)))
      assert.deepEqual(view.follow(polled).standing, await canonicalLogs(node, query))
      assert.deepEqual(polled, listeners[index]?.told)
      // Without a range that is the newest block alone.
      if (query.fromBlock !== undefined) assert.deepEqual(await node.request('eth_getFilterLogs', id), view.standing)
    }
    polledBlocks.push(...(await node.request<string[]>('eth_getFilterChanges', blockFilter)))
    await soon(() =>
      assert.deepEqual(
        polledBlocks,
        heads.map(({ hash }) => hash),
      ),
    )
    polledPending.push(...(await node.request<Hash[]>('eth_getFilterChanges', pendingFilter)))
    await soon(() => assert.deepEqual(polledPending, pending))
  }
  t.diagnostic([...chain.done].map(([name, count]) => `${name} ${count}`).join(', '))
  const told = listeners.flatMap((listener) => listener.told)
  t.diagnostic(`${heads.length} heads, ${told.length} logs, ${told.filter(({ removed }) => removed).length} taken back`)
  assert.ok(told.some(({ removed }) => removed))
})
