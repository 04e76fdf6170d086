import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { transactionHash } from '../primitives/transaction.ts'
import { ACCOUNTS, MemoryNode, signed } from './fixtures/memory-node.ts'
import { RpcClient } from './fixtures/rpc-client.ts'
import type { Connection } from './method.ts'
import type { RpcOptions } from './options.ts'

const log = { address: ACCOUNTS[2]!.address, topics: [], data: new Uint8Array(0) }
const other = { ...log, address: ACCOUNTS[1]!.address }

// biome-ignore lint/suspicious/noExplicitAny: results are of every shape
type Result = any

/** What is not told at once comes within some turns. */
const settle = () => sleep(50)

/** A connection whose peer reads when it is told to. */
class SlowConnection implements Connection {
  readonly sent: { readonly subscription: string; readonly result: Result }[] = []
  closedFor: string | undefined
  /** Messages that it takes before it has no more room. */
  room = Number.POSITIVE_INFINITY
  #onRoom: (() => void)[] = []
  #onClose: (() => void)[] = []

  send(text: string): void {
    this.room -= 1
    this.sent.push(JSON.parse(text).params)
  }

  get hasRoom(): boolean {
    return this.room > 0
  }

  onRoom(listener: () => void): void {
    this.#onRoom.push(listener)
  }

  onClose(listener: () => void): void {
    this.#onClose.push(listener)
  }

  close(reason: string): void {
    this.closedFor = reason
    for (const listener of this.#onClose) listener()
  }

  read(messages: number): void {
    this.room += messages
    for (const listener of this.#onRoom.splice(0)) listener()
  }

  get listeners(): number {
    return this.#onRoom.length
  }

  of(subscription: string): Result[] {
    return this.sent.filter((each) => each.subscription === subscription).map(({ result }) => result)
  }
}

function connect(overrides: Partial<RpcOptions> = {}) {
  const node = new MemoryNode()
  const client = new RpcClient(node, overrides)
  const connection = new SlowConnection()
  const ask = async (method: string, params: unknown[], onAnswered?: (listener: () => void) => void) =>
    await client.request(method, params, { connection, onAnswered })
  const subscribe = async (...params: unknown[]): Promise<string> => (await ask('eth_subscribe', params)).result
  return { node, client, connection, ask, subscribe }
}

test('a slow client gets all in order, as it takes it; others do not wait for it', async () => {
  const { node, client, connection, subscribe } = connect()
  const fast = new SlowConnection()
  const caller = { connection: fast }
  const heads = await subscribe('newHeads')
  const logs = await subscribe('logs')
  const fastLogs = (await client.request('eth_subscribe', ['logs'], caller)).result
  connection.room = 1
  const mined = []
  for (let block = 0; block < 20; block += 1) mined.push(node.mine([{ transaction: signed(), logs: [log, other] }]))
  await settle()
  assert.equal(connection.sent.length, 1)
  assert.equal(connection.listeners, 1)
  assert.equal(fast.of(fastLogs).length, 40)
  while (connection.sent.length < 60) {
    const before: number = connection.sent.length
    connection.read(3)
    await nextTurn()
    assert.equal(connection.sent.length, before + 3 - (before === 58 ? 1 : 0))
  }
  assert.deepEqual(
    connection.of(heads).map(({ hash }) => hash),
    mined.map(({ hash }) => hash),
  )
  assert.deepEqual(connection.of(logs), fast.of(fastLogs))
})

test('one that falls behind what is kept is cut, and told why', async () => {
  const { node, connection, subscribe } = connect()
  await subscribe('newPendingTransactions')
  connection.room = 2
  const transaction = signed()
  for (let index = 0; index < 20_100; index += 1) await node.pool.add(transaction, { local: false })
  await settle()
  assert.match(connection.closedFor ?? '', /fell behind/)
  assert.equal(connection.sent.length, 2)
  node.mine([])
})

test('a subscription with much to say leaves others their turn', async () => {
  const { node, connection, subscribe } = connect()
  const logs = await subscribe('logs')
  connection.room = 0
  for (let block = 0; block < 300; block += 1) node.mine([{ transaction: signed(), logs: Array(100).fill(log) }])
  let turns = 0
  connection.read(Number.POSITIVE_INFINITY)
  assert.ok(connection.of(logs).length < 30_000, 'not all at once')
  for (; connection.of(logs).length < 30_000; turns += 1) await nextTurn()
  assert.ok(turns > 0)
  assert.equal(connection.of(logs).length, 30_000)
})

test('nothing is told before the client knows of the subscription, and then all since it was made', async () => {
  const { node, connection, ask } = connect()
  const listeners: (() => void)[] = []
  const { result: heads } = await ask('eth_subscribe', ['newHeads'], (listener) => listeners.push(listener))
  const { hash } = node.mine([])
  assert.deepEqual(connection.sent, [])
  for (const listener of listeners) listener()
  await settle()
  assert.deepEqual(
    connection.of(heads).map((head: { hash: string }) => head.hash),
    [hash],
  )
})

test('a reorg: logs are taken back, the last one first; heads of the new branch are told', async () => {
  const { node, connection, subscribe } = connect()
  const heads = await subscribe('newHeads')
  const logs = await subscribe('logs', { address: [log.address] })
  const genesis = node.chain.head().hash
  const transaction = signed()
  const lost = node.mine([{ transaction, logs: [log, other, log] }])
  const won = node.make([{ transaction, logs: [other, log] }], genesis, { extraData: Uint8Array.of(3) })
  node.reorganise([lost], [won])
  node.reorganise([won], [])
  await settle()
  assert.deepEqual(
    connection.of(logs).map(({ removed, blockHash, logIndex }) => [removed, blockHash, Number(logIndex)]),
    [
      [false, lost.hash, 0],
      [false, lost.hash, 2],
      [true, lost.hash, 2],
      [true, lost.hash, 0],
      [false, won.hash, 1],
      [true, won.hash, 1],
    ],
  )
  assert.deepEqual(
    connection.of(heads).map(({ hash }) => hash),
    [lost.hash, won.hash],
  )
})

test('logs of a range of blocks alone', async () => {
  const { node, connection, subscribe, ask } = connect()
  const logs = await subscribe('logs', { fromBlock: '0x2', toBlock: '0x3' })
  for (let block = 1; block <= 5; block += 1) node.mine([{ transaction: signed(), logs: [log] }])
  await settle()
  assert.deepEqual(
    connection.of(logs).map(({ blockNumber }) => blockNumber),
    ['0x2', '0x3'],
  )
  assert.equal((await ask('eth_subscribe', ['logs', { fromBlock: '0x3', toBlock: '0x2' }])).error?.code, -32602)
})

test('topics match by position, any of several, and nothing beyond those that a log has', async () => {
  const { node, connection, subscribe } = connect()
  const [a, b, c] = [1n, 2n, 3n].map((topic) => `0x${topic.toString(16).padStart(64, '0')}` as const)
  const cases: readonly (readonly [topics: unknown[], found: number[]])[] = [
    [[], [0, 1, 2, 3]],
    [[a], [1, 2]],
    [
      [null, b],
      [2, 3],
    ],
    [[[a, c]], [1, 2, 3]],
    [
      [[a, c], [b]],
      [2, 3],
    ],
    [[a, b, c], []],
    [
      [null, null],
      [2, 3],
    ],
  ]
  const logs = [[], [a!], [a!, b!], [c!, b!]].map((topics) => ({ ...log, topics }))
  const ids = []
  for (const [topics] of cases) ids.push(await subscribe('logs', { topics }))
  node.mine([{ transaction: signed(), logs }])
  await settle()
  for (const [index, [topics, found]] of cases.entries()) {
    const told: number[] = connection.of(ids[index]!).map(({ logIndex }) => Number(logIndex))
    assert.deepEqual(told, found, JSON.stringify(topics))
  }
})

test('whole transactions; one that has gone again is left out', async () => {
  const { node, connection, subscribe } = connect()
  const hashes = await subscribe('newPendingTransactions')
  const full = await subscribe('newPendingTransactions', true)
  connection.room = 0
  const [gone, mined, waiting] = [0n, 1n, 2n].map((nonce) => signed({ nonce }))
  for (const transaction of [gone!, mined!, waiting!]) await node.pool.add(transaction, { local: true })
  node.pooled.delete(transactionHash(gone!))
  node.mine([{ transaction: mined! }])
  connection.read(10)
  await settle()
  const expected = [gone!, mined!, waiting!].map(transactionHash)
  assert.deepEqual(connection.of(hashes), expected)
  assert.deepEqual(
    connection.of(full).map(({ hash }) => hash),
    expected.slice(1),
  )
})

test('syncing: how it is, and when that changes', async () => {
  mock.timers.enable({ apis: ['setInterval'] })
  try {
    const { node, client, connection, subscribe } = connect()
    const syncing = await subscribe('syncing')
    mock.timers.tick(1_000)
    node.sync = { syncing: true, startingBlock: 1n, currentBlock: 2n, highestBlock: 30n }
    mock.timers.tick(3_000)
    node.sync = { syncing: false }
    mock.timers.tick(1_000)
    const status = { startingBlock: '0x1', currentBlock: '0x2', highestBlock: '0x1e' }
    assert.deepEqual(connection.of(syncing), [false, { syncing: true, status }, false])
    client.close()
  } finally {
    mock.timers.reset()
  }
})

test('what subscriptions of a connection ask for is limited, until one is gone', async () => {
  const { ask, subscribe } = connect({ maxSubscriptionsPerConnection: 10 })
  const topics = [Array.from({ length: 600 }, (_, index) => `0x${index.toString(16).padStart(64, '0')}`)]
  const first = await subscribe('logs', { topics })
  assert.match((await ask('eth_subscribe', ['logs', { topics }])).error?.message ?? '', /too many addresses and topics/)
  assert.equal((await ask('eth_unsubscribe', [first])).result, true)
  await subscribe('logs', { topics })
})

test('what cannot be read is logged and left out; the rest is told', async () => {
  const { node, connection, subscribe } = connect()
  const logs = await subscribe('logs')
  const broken = node.make([{ transaction: signed(), logs: [log] }], node.chain.head().hash)
  Object.defineProperty(broken, 'receipts', {
    get: () => {
      throw new Error('corrupt')
    },
  })
  node.reorganise([], [broken])
  node.mine([{ transaction: signed(), logs: [log] }])
  await settle()
  assert.equal(node.logged.length, 1)
  assert.equal(connection.of(logs).length, 1)
})
