import assert from 'node:assert/strict'
import { afterEach, beforeEach, suite, test } from 'node:test'
import { transfer, zeroBlobTransaction } from '../consensus/txpool/fixtures/pool-bench.ts'
import { headerHash } from '../primitives/header.ts'
import { transactionHash } from '../primitives/transaction.ts'
import { ChainDouble, eventually, TestNet, type TestNode } from './fixtures/test-network.ts'

let net: TestNet
beforeEach(() => {
  net = new TestNet()
})
afterEach(async () => {
  await net.stopAll()
})

function gossiping(network: TestNode['network']): number {
  return network.peers().filter(({ gossips }) => gossips).length
}

async function connected(...nodes: readonly TestNode[]): Promise<void> {
  await eventually('all nodes are connected', () =>
    nodes.every(({ network }) => gossiping(network) === nodes.length - 1),
  )
}

/** Nodes that all know each other. */
async function mesh(count: number, options: Parameters<TestNet['node']>[0] = {}): Promise<TestNode[]> {
  const nodes: TestNode[] = []
  for (let index = 0; index < count; index++) {
    nodes.push(await net.node({ ...options, peers: nodes.map((node) => node.address()) }))
  }
  await connected(...nodes)
  return nodes
}

async function sameHead(nodes: readonly TestNode[], timeoutMs?: number): Promise<void> {
  const head = nodes[0]!.chain.head()
  await eventually(
    `all are at ${head.header.number}`,
    () => nodes.every(({ chain }) => chain.head().hash === head.hash),
    timeoutMs,
  )
}

async function publish({ network, chain }: TestNode, options: Parameters<ChainDouble['child']>[0] = {}) {
  const block = chain.child(options)
  await chain.importBlock(block)
  await network.publishBlock(block)
  return block
}

suite('gossip', () => {
  test('a small block reaches four nodes', async () => {
    const nodes = await mesh(4)
    await publish(nodes[0]!)
    await sameHead(nodes)
    assert.deepEqual(
      nodes.map(({ chain }) => chain.imports.length),
      [1, 1, 1, 1],
    )
  })

  test('a large block is announced and pulled', async () => {
    const nodes = await mesh(3)
    await publish(nodes[0]!, { extra: new Uint8Array(2_000_000) })
    await sameHead(nodes)
  })

  test('a block passes through a node to those behind it', async () => {
    const first = await net.node()
    const middle = await net.node({ peers: [first.address()] })
    const last = await net.node({ peers: [middle.address()] })
    await eventually('a line of three', () => gossiping(middle.network) === 2)
    await eventually('at both ends', () => gossiping(last.network) === 1)
    await publish(first)
    await sameHead([first, middle, last])
  })

  test('an invalid block goes no further than one hop, and three cost the connection', async () => {
    const liar = await net.node()
    const middle = await net.node({ peers: [liar.address()] })
    const last = await net.node({ peers: [middle.address()] })
    await eventually('a line of three', () => gossiping(middle.network) === 2)
    await eventually('at both ends', () => gossiping(last.network) === 1)
    for (const node of [middle, last]) node.chain.isInvalid = ({ header }) => header.extraData[0] === 66
    for (let lie = 0; lie < 3; lie++) {
      await liar.network.publishBlock(liar.chain.child({ extra: Uint8Array.of(66, lie) }))
    }
    const liarId = liar.network.nodeInfo().peerId
    await eventually('the liar is cut off', () => middle.network.peers().every(({ id }) => id !== liarId))
    assert.equal(middle.chain.imports.length, 3)
    assert.equal(last.chain.imports.length, 0)
    await publish(middle)
    await sameHead([middle, last])
    assert.ok(middle.log.messages.includes('peer cut off'))
    // It is refused when it dials again.
    await new Promise((resolve) => setTimeout(resolve, 500))
    assert.ok(middle.network.peers().every(({ id }) => id !== liarId))
  })

  test('a block whose parent is missing brings the ancestors with it', async () => {
    const [a, b] = await mesh(2)
    await a!.chain.grow(5, 1)
    await publish(a!)
    await sameHead([a!, b!], 900)
  })

  test('local transactions reach all pools, once', async () => {
    const nodes = await mesh(3)
    const transactions = Array.from({ length: 30 }, (_, nonce) => transfer({ nonce }))
    for (const transaction of transactions) await nodes[0]!.bench.pool.add(transaction, { local: true })
    nodes[0]!.network.publishTransactions(transactions)
    await eventually('all pools have them', () => nodes.every(({ bench }) => bench.pool.status().pending === 30))
    assert.deepEqual(nodes[2]!.bench.announced, transactions.map(transactionHash))
  })

  test('transactions of a lost block are told again', async () => {
    const [a, b] = await mesh(2)
    const transactions = [transfer({ from: 0 }), transfer({ from: 1 })]
    const follow = ({ bench }: TestNode, nonce: bigint, change: 'added' | 'removed') => {
      for (const index of [0, 1]) bench.set(index, { nonce })
      const none = { added: [], removed: [] }
      bench.pool.onHead({ ...none, [change]: [{ block: { ...a!.chain.child(), transactions } }] })
    }
    for (const transaction of transactions) {
      const hash = await a!.bench.pool.add(transaction, { local: true })
      await eventually('both have it', () => b!.bench.pool.has(hash))
    }
    for (const node of [a!, b!]) follow(node, 1n, 'added')
    assert.equal(b!.bench.pool.status().pending, 0)
    b!.bench.set(0, { nonce: 0n })
    b!.bench.set(1, { nonce: 0n })
    follow(a!, 0n, 'removed')
    await eventually('the other pool has both', () => b!.bench.pool.status().pending === 2)
  })

  test('six blobs travel with their transaction (EIP-4844)', async () => {
    const [a, b] = await mesh(2)
    const { transaction, sidecar } = zeroBlobTransaction(0, 6)
    const hash = await a!.bench.pool.add(transaction, { sidecar, local: true })
    await eventually('the other pool has it', () => b!.bench.pool.has(hash))
    assert.equal(b!.bench.pool.pooled(hash)?.sidecar?.blobs.length, 6)
  })

  test('what a pool has is handed over to a node that connects', async () => {
    const first = await net.node()
    for (let nonce = 0; nonce < 100; nonce++) await first.bench.add(transfer({ nonce }))
    await first.bench.add(transfer({ from: 1, nonce: 7 }))
    const second = await net.node({ peers: [first.address()] })
    await eventually('the pool has moved', () => second.bench.pool.status().pending === 100)
    assert.deepEqual(second.bench.pool.status(), { pending: 100, queued: 1 })
  })
})

suite('sync', () => {
  test('a node that starts late gets 200 blocks, and says that it is syncing', async () => {
    const first = await net.node()
    await first.chain.grow(200)
    const late = await net.node({ peers: [first.address()], limits: { maxBlocksPerRequest: 32 } })
    const seen: bigint[] = []
    await eventually('the late node is there', () => {
      const status = late.network.syncStatus()
      if (status.syncing) seen.push(status.highestBlock)
      return late.chain.head().header.number === 200n
    })
    assert.equal(late.chain.head().hash, first.chain.head().hash)
    assert.equal(late.chain.imports.length, 200)
    await eventually('the sync has ended', () => !late.network.syncStatus().syncing)
    await publish(first)
    await sameHead([first, late])
  })

  test('a node that comes back with a losing branch takes the other, even from far back', async () => {
    const winner = await net.node()
    const loser = new ChainDouble()
    await winner.chain.grow(150)
    for (let number = 1n; number <= 150n; number++) {
      await loser.importBlock(winner.chain.block(winner.chain.canonicalHash(number)!)!)
    }
    await winner.chain.grow(300, 1)
    await loser.grow(100, 2)
    const back = await net.node({ chain: loser, peers: [winner.address()] })
    await sameHead([winner, back])
  })

  test('the heavier of two branches wins on both sides', async () => {
    const a = await net.node()
    const b = await net.node()
    await a.chain.grow(5, 1)
    await b.chain.grow(3, 2)
    await b.chain.importBlock(b.chain.child({ difficulty: 10n }))
    a.network.addPeer(b.address())
    await sameHead([b, a])
  })

  test('blocks that gossip has missed come by status', async () => {
    const [a, b] = await mesh(2)
    await a!.chain.grow(3)
    await sameHead([a!, b!])
  })

  test('an invalid chain is not taken, and another peer helps', async () => {
    const liar = await net.node()
    const honest = await net.node()
    await liar.chain.grow(50, 66)
    await honest.chain.grow(20, 1)
    const chain = new ChainDouble()
    chain.isInvalid = ({ header }) => header.extraData[0] === 66
    const node = await net.node({ chain, peers: [liar.address(), honest.address()] })
    await sameHead([honest, node])
    // The honest peer may have been asked first: the longer chain is then looked at afterwards.
    await eventually('the lie is found', () => node.log.messages.includes('invalid block'))
    await eventually('its teller is scored down', () => node.network.peers().some(({ score }) => score < 0))
    assert.equal(node.chain.head().hash, honest.chain.head().hash)
  })
})

suite('peers', () => {
  test('another genesis or another chain id is refused', async () => {
    const node = await net.node()
    const other = await net.node({ chain: new ChainDouble(Uint8Array.of(1)), peers: [node.address()] })
    const foreign = await net.node({ chainId: 1n, peers: [node.address()] })
    const refusals = ({ log }: TestNode) => log.messages.filter((text) => text.startsWith('peer refused')).length
    await eventually('both are refused', () => refusals(node) === 2)
    await eventually('and refuse', () => refusals(other) === 1 && refusals(foreign) === 1)
    assert.deepEqual(node.network.peers(), [])
  })

  test('the identity stays, and a lost connection is made again', async () => {
    const identity = new Map<string, Uint8Array>()
    const before = await net.node({ identity })
    const { peerId } = before.network.nodeInfo()
    const port = Number(before.address().split('/')[4])
    const other = await net.node({ peers: [before.address()] })
    await connected(before, other)
    await before.network.stop()
    await eventually('the other has noticed', () => other.network.peers().length === 0)
    const after = await net.node({ identity, port })
    assert.equal(after.network.nodeInfo().peerId, peerId)
    await connected(after, other)
    await publish(after)
    await sameHead([after, other])
  })

  test('peers are named with address, direction and head', async () => {
    const [a, b] = await mesh(2)
    const [peer] = b!.network.peers()
    assert.equal(peer?.id, a!.network.nodeInfo().peerId)
    assert.equal(peer?.direction, 'outbound')
    assert.match(peer?.address ?? '', /^\/ip4\/127\.0\.0\.1\/tcp\/\d+/)
    assert.deepEqual(peer?.head, { hash: a!.chain.genesisHash, number: 0n, totalDifficulty: 1n })
    assert.equal(headerHash(a!.chain.head().header), a!.chain.genesisHash)
  })

  test('more peers than allowed are sent away', async () => {
    const node = await net.node({ maxPeers: 1 })
    const first = await net.node({ peers: [node.address()] })
    await connected(node, first)
    await net.node({ peers: [node.address()] })
    await new Promise((resolve) => setTimeout(resolve, 600))
    assert.equal(node.network.peers().length, 1)
  })

  test('stopping takes no more than two seconds, in the midst of things', async () => {
    const nodes = await mesh(3)
    await nodes[0]!.chain.grow(500)
    await new Promise((resolve) => setTimeout(resolve, 50))
    const start = Date.now()
    await net.stopAll()
    assert.ok(Date.now() - start < 2_000, `${Date.now() - start} ms`)
  })
})

test('an address in use is named', async () => {
  const node = await net.node()
  const port = Number(node.address().split('/')[4])
  await assert.rejects(net.node({ port }), { code: 'listen-failed' })
})
