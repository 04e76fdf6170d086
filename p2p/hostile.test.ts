import assert from 'node:assert/strict'
import { afterEach, beforeEach, suite, test } from 'node:test'
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Stream } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { transfer } from '../consensus/txpool/fixtures/pool-bench.ts'
import { encodeBlock } from '../primitives/block.ts'
import { bigintToBytes } from '../primitives/bytes.ts'
import { headerHash } from '../primitives/header.ts'
import type { Hash } from '../primitives/hex.ts'
import { encodeTransaction } from '../primitives/transaction.ts'
import { ChainDouble, eventually, TestNet, type TestNode } from './fixtures/test-network.ts'
import { readFrames, writeFrames } from './frames.ts'
import { type Host, startHost } from './host.ts'
import {
  blockGossipMessage,
  blockRangeMessage,
  hashesMessage,
  numbersMessage,
  statusMessage,
  transactionsMessage,
} from './messages.ts'
import { DEFAULT_LIMITS } from './options.ts'
import { blocksTopic, PROTOCOLS, type ProtocolName, transactionsTopic } from './protocol-names.ts'

const OK = Uint8Array.of(0)
const HASH: Hash = `0x${'ab'.repeat(32)}`

let net: TestNet
let node: TestNode
let hostile: HostilePeer
beforeEach(async () => {
  net = new TestNet()
})
afterEach(async () => {
  await hostile?.stop()
  await net.stopAll()
})

/** A peer that says whatever the test wants it to. */
class HostilePeer {
  readonly #host: Host
  readonly #target: TestNode
  readonly #chain = { chainId: 31337n, genesisHash: new ChainDouble().genesisHash }
  /** Frames that it answers with, after reading the request. */
  readonly answers = new Map<ProtocolName, (request: Uint8Array) => Iterable<Uint8Array> | AsyncIterable<Uint8Array>>()
  readonly asked: ProtocolName[] = []

  private constructor(host: Host, target: TestNode) {
    this.#host = host
    this.#target = target
  }

  static async start(
    target: TestNode,
    claim: { number?: bigint; totalDifficulty?: bigint } = {},
  ): Promise<HostilePeer> {
    const { genesisHash } = new ChainDouble()
    const options = { chainId: 31337n, genesisHash, host: '127.0.0.1', port: 0, peers: [], mdns: false, maxPeers: 10 }
    const limits = { ...DEFAULT_LIMITS, maxGossipBytes: 64 * 1024 * 1024 }
    const host = await startHost({ ...options, announceAboveBytes: 0 }, limits, {
      privateKey: await generateKeyPair('Ed25519'),
      score: () => 0,
      isRefused: () => false,
    })
    const peer = new HostilePeer(host, target)
    const status = statusMessage.encode({
      version: 1n,
      chainId: 31337n,
      genesisHash,
      headHash: claim.number === undefined ? genesisHash : HASH,
      headNumber: claim.number ?? 0n,
      totalDifficulty: claim.totalDifficulty ?? 1n,
    })
    peer.answers.set('status', () => [OK, status])
    peer.answers.set('pooledTransactions', () => [OK])
    for (const [name, id] of Object.entries(PROTOCOLS) as [ProtocolName, string][]) {
      await host.handle(id, ({ stream }) => void peer.#answer(name, stream))
    }
    for (const topic of [blocksTopic(peer.#chain), transactionsTopic(peer.#chain)])
      host.services.pubsub.subscribe(topic)
    return peer
  }

  async dial(): Promise<void> {
    await this.#host.dial(multiaddr(this.#target.address()))
  }

  /** Resolves once the node gossips with this peer. */
  async connect(): Promise<void> {
    await this.dial()
    await eventually('the hostile peer is let in', () => this.score() !== undefined)
    await eventually(
      'it hears gossip',
      () => this.#host.services.pubsub.getSubscribers(blocksTopic(this.#chain)).length > 0,
    )
    await eventually('and is heard', () => this.#target.network.peers().some(({ gossips }) => gossips))
  }

  get id(): string {
    return this.#host.peerId.toString()
  }

  /** As the node sees it; `undefined` when it is not connected. */
  score(): number | undefined {
    return this.#target.network.peers().find(({ id }) => id === this.id)?.score
  }

  async gossipBlock(data: Uint8Array): Promise<void> {
    await this.#host.services.pubsub.publish(blocksTopic(this.#chain), data)
  }

  async gossipTransactions(data: Uint8Array): Promise<void> {
    await this.#host.services.pubsub.publish(transactionsTopic(this.#chain), data)
  }

  /** The frames of the answer. */
  async ask(protocol: ProtocolName, request: Uint8Array): Promise<Uint8Array[]> {
    const [connection] = this.#host.getConnections()
    const stream = await connection!.newStream(PROTOCOLS[protocol])
    const frames: Uint8Array[] = []
    const reading = async () => {
      for await (const frame of readFrames(stream, 1 << 24)) frames.push(new Uint8Array(frame))
    }
    await Promise.all([writeFrames(stream, [request]), reading()])
    return frames
  }

  /** Writes bytes as they are, in place of a request. */
  async send(protocol: ProtocolName, bytes: Uint8Array): Promise<void> {
    const [connection] = this.#host.getConnections()
    const stream = await connection!.newStream(PROTOCOLS[protocol])
    await stream.sink([bytes]).catch(() => {})
    for await (const _ of stream.source) break
  }

  async stop(): Promise<void> {
    await this.#host.stop()
  }

  async #answer(name: ProtocolName, stream: Stream): Promise<void> {
    this.asked.push(name)
    const answer = this.answers.get(name)
    if (answer === undefined) return stream.abort(new Error('no answer'))
    try {
      for await (const request of readFrames(stream, 1 << 20)) {
        await writeFrames(stream, answer(request))
        break
      }
    } catch (error) {
      stream.abort(error as Error)
    }
  }
}

async function lostScore(): Promise<void> {
  await eventually('the score has fallen', () => (hostile.score() ?? -Infinity) < 0)
}

async function rejected(): Promise<void> {
  await eventually('it is rejected', () => node.log.messages.includes('gossip message rejected'))
}

/** The node still does its work for an honest peer. */
async function stillServes(): Promise<void> {
  const honest = await net.node({ chain: new ChainDouble(), peers: [node.address()] })
  await node.chain.grow(3)
  await eventually('an honest peer is served', () => honest.chain.head().hash === node.chain.head().hash)
}

suite('hostile gossip', () => {
  const messages: readonly (readonly [name: string, data: () => Uint8Array])[] = [
    ['nothing', () => new Uint8Array()],
    ['an unknown kind', () => Uint8Array.of(7, 1, 2)],
    ['no RLP', () => Uint8Array.of(0, 0xff, 0xff)],
    ['half a block', () => Uint8Array.of(0, ...encodeBlock(node.chain.child()).subarray(0, 100))],
    ['an announcement with a hash too short', () => Uint8Array.of(1, 0xc3, 1, 1, 1)],
    ['lists in lists in lists', () => Uint8Array.of(0, ...new Uint8Array(200).fill(0xc1))],
  ]
  for (const [name, data] of messages) {
    test(`on the topic of blocks: ${name}`, async () => {
      node = await net.node()
      hostile = await HostilePeer.start(node)
      await hostile.connect()
      await hostile.gossipBlock(data())
      await rejected()
      assert.equal(node.chain.imports.length, 0)
    })
  }

  const batches: readonly (readonly [name: string, data: () => Uint8Array])[] = [
    ['no RLP', () => Uint8Array.of(0xff)],
    ['an empty batch', () => transactionsMessage.encode([])],
    ['more than a batch', () => transactionsMessage.encode(Array.from({ length: 257 }, () => Uint8Array.of(1)))],
    ['no transaction', () => transactionsMessage.encode([Uint8Array.of(9, 9)])],
    ['a broken signature', () => transactionsMessage.encode([encodeTransaction({ ...transfer(), r: 0n })])],
    ['another chain', () => transactionsMessage.encode([encodeTransaction(transfer({ chainId: 5n }))])],
  ]
  for (const [name, data] of batches) {
    test(`on the topic of transactions: ${name}`, async () => {
      node = await net.node()
      hostile = await HostilePeer.start(node)
      await hostile.connect()
      await hostile.gossipTransactions(data())
      await rejected()
      assert.deepEqual(node.bench.pool.status(), { pending: 0, queued: 0 })
    })
  }

  test('what is rejected costs score, and the node lives', async () => {
    node = await net.node()
    hostile = await HostilePeer.start(node)
    await hostile.connect()
    await hostile.gossipBlock(Uint8Array.of(7))
    await lostScore()
    await stillServes()
  })

  test('what is merely not wanted costs nothing', async () => {
    node = await net.node()
    hostile = await HostilePeer.start(node)
    await hostile.connect()
    const orphan = node.chain.child({
      parent: { ...node.chain.child(), header: { ...node.chain.child().header, number: 90n } },
    })
    await hostile.gossipBlock(blockGossipMessage.encode({ kind: 'block', block: encodeBlock(orphan) }))
    await hostile.gossipTransactions(transactionsMessage.encode([encodeTransaction(transfer({ nonce: 5000 }))]))
    await eventually('the block was looked at', () => node.chain.imports.length === 1)
    await new Promise((resolve) => setTimeout(resolve, 300))
    assert.ok((hostile.score() ?? -1) >= 0)
  })

  test('a message over the limit costs score and connection, and the node lives', async () => {
    node = await net.node({ limits: { maxGossipBytes: 10_000 } })
    hostile = await HostilePeer.start(node)
    await hostile.connect()
    await hostile.gossipBlock(new Uint8Array(200_000))
    await lostScore()
    await eventually('it is disconnected', () => hostile.score() === undefined)
    await stillServes()
  })

  test('an announcement that is not kept costs score', async () => {
    node = await net.node()
    hostile = await HostilePeer.start(node)
    hostile.answers.set('blocksByHash', () => [OK])
    await hostile.connect()
    const announcement = { hash: HASH, number: 1n, totalDifficulty: 2n }
    await hostile.gossipBlock(blockGossipMessage.encode({ kind: 'announcement', announcement }))
    await lostScore()
  })

  test('an announcement that lies about the chain is rejected', async () => {
    node = await net.node()
    hostile = await HostilePeer.start(node)
    const block = node.chain.child()
    hostile.answers.set('blocksByHash', () => [OK, encodeBlock(block)])
    await hostile.connect()
    const announcement = { hash: headerHash(block.header), number: 1n, totalDifficulty: 1_000_000n }
    await hostile.gossipBlock(blockGossipMessage.encode({ kind: 'announcement', announcement }))
    await lostScore()
  })

  test('a flood is ignored, and costs', async () => {
    node = await net.node({ limits: { gossipMessagesPerSecond: 1, gossipBurstMessages: 5 } })
    hostile = await HostilePeer.start(node)
    await hostile.connect()
    for (let nonce = 0; nonce < 20; nonce++) {
      await hostile.gossipTransactions(transactionsMessage.encode([encodeTransaction(transfer({ nonce }))]))
    }
    await lostScore()
    assert.ok(node.bench.pool.status().pending <= 6)
  })
})

suite('hostile requests', () => {
  const requests: readonly (readonly [name: string, protocol: ProtocolName, request: Uint8Array])[] = [
    ['a range that is no RLP', 'blocksByRange', Uint8Array.of(0xff)],
    ['a range of nothing', 'blocksByRange', blockRangeMessage.encode({ from: 0n, count: 0n })],
    ['a range of everything', 'blocksByRange', blockRangeMessage.encode({ from: 0n, count: 2n ** 64n - 1n })],
    ['more hashes than allowed', 'blocksByHash', hashesMessage.encode(Array.from({ length: 129 }, () => HASH))],
    ['more numbers than allowed', 'canonicalHashes', numbersMessage.encode(Array.from({ length: 65 }, () => 1n))],
    ['a status that is none', 'status', Uint8Array.of(0xc0)],
  ]
  for (const [name, protocol, request] of requests) {
    test(`${name} is refused`, async () => {
      node = await net.node()
      hostile = await HostilePeer.start(node)
      await hostile.connect()
      assert.deepEqual(await hostile.ask(protocol, request), [Uint8Array.of(2)])
      await lostScore()
    })
  }

  test('a length beyond the limit is not waited for', async () => {
    node = await net.node()
    hostile = await HostilePeer.start(node)
    await hostile.connect()
    await hostile.send('blocksByRange', Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x0f, 1, 2, 3)).catch(() => {})
    await lostScore()
    await stillServes()
  })

  test('numbers beyond the chain are answered with what there is', async () => {
    node = await net.node()
    await node.chain.grow(3)
    hostile = await HostilePeer.start(node)
    await hostile.connect()
    const [code, ...blocks] = await hostile.ask('blocksByRange', blockRangeMessage.encode({ from: 2n, count: 100n }))
    assert.deepEqual(code, OK)
    assert.equal(blocks.length, 2)
    const [, hashes] = await hostile.ask('canonicalHashes', numbersMessage.encode([3n, 4n, 1n]))
    assert.deepEqual(hashesMessage.decode(hashes!), [node.chain.head().hash])
  })

  test('an answer ends when it has enough bytes', async () => {
    node = await net.node({ limits: { maxResponseBytes: 5_000 } })
    for (let number = 0; number < 10; number++) {
      await node.chain.importBlock(node.chain.child({ extra: new Uint8Array(2_000) }))
    }
    hostile = await HostilePeer.start(node)
    await hostile.connect()
    const frames = await hostile.ask('blocksByRange', blockRangeMessage.encode({ from: 1n, count: 10n }))
    assert.equal(frames.length, 1 + 2)
  })

  test('too many requests are answered with busy, and cost', async () => {
    node = await net.node({ limits: { requestsPerSecond: 1, requestBurst: 6 } })
    hostile = await HostilePeer.start(node)
    await hostile.connect()
    const codes: number[] = []
    for (let count = 0; count < 10; count++) {
      codes.push((await hostile.ask('canonicalHashes', numbersMessage.encode([0n])))[0]![0]!)
    }
    assert.ok(codes.includes(0))
    assert.equal(codes.at(-1), 1)
    await lostScore()
  })

  test('nothing but a status is answered before the handshake', async () => {
    node = await net.node()
    hostile = await HostilePeer.start(node)
    hostile.answers.set('status', () => new Promise<never>(() => {}) as never)
    await hostile.dial()
    await eventually('it is asked', () => hostile.asked.includes('status'))
    assert.deepEqual(await hostile.ask('canonicalHashes', numbersMessage.encode([0n])), [Uint8Array.of(2)])
  })
})

suite('hostile answers', () => {
  const claim = { number: 10n, totalDifficulty: 1_000n }
  const answers: readonly (readonly [name: string, answer: () => Iterable<Uint8Array>])[] = [
    ['no code', () => [Uint8Array.of(0, 0)]],
    ['no blocks', () => [OK]],
    ['rubbish', () => [OK, Uint8Array.of(1, 2, 3)]],
    ['blocks that are no chain', () => [OK, encodeBlock(node.chain.child()), encodeBlock(node.chain.child())]],
    ['blocks from elsewhere', () => [OK, encodeBlock(node.chain.child({ parent: { ...node.chain.child() } }))]],
    ['more blocks than asked for', () => [OK, ...Array.from({ length: 200 }, () => encodeBlock(node.chain.child()))]],
    ['a block beyond the limit', () => [OK, new Uint8Array(60_000)]],
  ]
  for (const [name, answer] of answers) {
    test(`to a request for blocks: ${name}`, async () => {
      node = await net.node({ limits: { maxBlockBytes: 50_000, maxResponseBytes: 50_000 } })
      hostile = await HostilePeer.start(node, claim)
      const genesis = hashesMessage.encode([node.chain.genesisHash])
      hostile.answers.set('canonicalHashes', () => [OK, genesis])
      hostile.answers.set('blocksByRange', answer)
      await hostile.connect()
      await eventually('the node has asked', () => hostile.asked.includes('blocksByRange'))
      await lostScore()
      await stillServes()
    })
  }

  test('a peer that does not even have our genesis', async () => {
    node = await net.node()
    hostile = await HostilePeer.start(node, claim)
    hostile.answers.set('canonicalHashes', () => [OK, hashesMessage.encode([HASH])])
    await hostile.connect()
    await lostScore()
  })

  test('a peer that answers drop by drop is given up', async () => {
    node = await net.node({ limits: { requestTimeoutMs: 300 } })
    hostile = await HostilePeer.start(node, claim)
    hostile.answers.set('canonicalHashes', async function* () {
      yield OK
      await new Promise((resolve) => setTimeout(resolve, 2_000))
    })
    await hostile.connect()
    await lostScore()
    await stillServes()
  })

  test('transactions that can never be valid', async () => {
    node = await net.node()
    hostile = await HostilePeer.start(node)
    hostile.answers.set('pooledTransactions', () => [
      OK,
      encodeTransaction(transfer({ chainId: 5n })),
      encodeTransaction(transfer()),
    ])
    await hostile.connect()
    await lostScore()
    await eventually('the good one is taken', () => node.bench.pool.status().pending === 1)
  })
})

test('random bytes to every protocol and topic leave the node unharmed', async (context) => {
  node = await net.node({ limits: { requestBurst: 1_000, refusalMinMs: 1 } })
  hostile = await HostilePeer.start(node)
  await hostile.connect()
  const seed = Number(process.env.TEST_SEED ?? Date.now() % 2 ** 31)
  context.diagnostic(`seed ${seed}`)
  let state = BigInt(seed)
  const next = (bound: number) => {
    state = (state * 6364136223846793005n + 1442695040888963407n) & ((1n << 64n) - 1n)
    return Number((state >> 33n) % BigInt(bound))
  }
  for (let round = 0; round < 100 && hostile.score() !== undefined; round++) {
    const bytes = bigintToBytes(state, 8).subarray(0, 1 + next(8))
    const protocol = Object.keys(PROTOCOLS)[next(5)] as ProtocolName
    await hostile.send(protocol, bytes).catch(() => {})
    if (next(2) === 0) await hostile.gossipBlock(bytes)
    else await hostile.gossipTransactions(bytes)
  }
  await stillServes()
})
