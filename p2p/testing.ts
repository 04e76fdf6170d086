import { isHeavier } from '../consensus/fork-choice.ts'
import { PoolBench } from '../consensus/txpool/testing.ts'
import { BlockError } from '../execution/block/block-error.ts'
import type { Log } from '../execution/parallel/log.ts'
import type { Block } from '../primitives/block.ts'
import { EMPTY_BYTES } from '../primitives/bytes.ts'
import { type Header, headerHash } from '../primitives/header.ts'
import { type Hash, ZERO_ADDRESS, ZERO_HASH } from '../primitives/hex.ts'
import { EMPTY_OMMERS_HASH, EMPTY_TRIE_ROOT } from '../primitives/keccak.ts'
import type { NetworkBlocks, NetworkChain } from './modules.ts'
import { Network } from './network.ts'
import type { NetworkLimits, NetworkOptions } from './options.ts'

const GENESIS_HEADER: Header = {
  parentHash: ZERO_HASH,
  ommersHash: EMPTY_OMMERS_HASH,
  coinbase: ZERO_ADDRESS,
  stateRoot: EMPTY_TRIE_ROOT,
  transactionsRoot: EMPTY_TRIE_ROOT,
  receiptsRoot: EMPTY_TRIE_ROOT,
  logsBloom: new Uint8Array(256),
  difficulty: 1n,
  number: 0n,
  gasLimit: 30_000_000n,
  gasUsed: 0n,
  timestamp: 0n,
  extraData: EMPTY_BYTES,
  mixHash: ZERO_HASH,
  nonce: new Uint8Array(8),
}

interface StoredBlock {
  readonly block: Block
  readonly totalDifficulty: bigint
}

/** A chain in memory that believes every block but those that `isInvalid` names, and follows the heaviest branch. */
export class ChainDouble implements NetworkChain, NetworkBlocks {
  readonly #blocks = new Map<Hash, StoredBlock>()
  #canonical: Hash[] = []
  isInvalid: (block: Block) => boolean = () => false
  /** Blocks handed to `importBlock`, in order. */
  readonly imports: Hash[] = []

  constructor(genesisExtra: Uint8Array = EMPTY_BYTES) {
    const block = { header: { ...GENESIS_HEADER, extraData: genesisExtra }, transactions: [], ommers: [] }
    const hash = headerHash(block.header)
    this.#blocks.set(hash, { block, totalDifficulty: 1n })
    this.#canonical.push(hash)
  }

  get genesisHash(): Hash {
    return this.#canonical[0]!
  }

  head(): { readonly header: Header; readonly hash: Hash; readonly totalDifficulty: bigint } {
    const hash = this.#canonical.at(-1)!
    const { block, totalDifficulty } = this.#blocks.get(hash)!
    return { header: block.header, hash, totalDifficulty }
  }

  async importBlock(block: Block): Promise<{ hash: Hash; status: 'imported' | 'side' | 'reorg' | 'known' }> {
    const hash = headerHash(block.header)
    this.imports.push(hash)
    if (this.hasBlock(hash)) return { hash, status: 'known' }
    const parent = this.#blocks.get(block.header.parentHash)
    if (parent === undefined) throw new BlockError('unknown-parent', 'the parent is not stored')
    if (this.isInvalid(block)) throw new BlockError('wrong-state-root', 'the test says so')
    const totalDifficulty = parent.totalDifficulty + block.header.difficulty
    const head = this.head()
    this.#blocks.set(hash, { block, totalDifficulty })
    const branch = { hash, number: block.header.number, totalDifficulty }
    if (!isHeavier(branch, { ...head, number: head.header.number })) return { hash, status: 'side' }
    this.#follow(hash)
    return { hash, status: head.hash === block.header.parentHash ? 'imported' : 'reorg' }
  }

  #follow(tip: Hash): void {
    const forward: Hash[] = []
    let hash = tip
    for (;;) {
      const { header } = this.#blocks.get(hash)!.block
      if (this.#canonical[Number(header.number)] === hash) break
      forward.push(hash)
      hash = header.parentHash
    }
    const ancestor = Number(this.#blocks.get(hash)!.block.header.number)
    this.#canonical = [...this.#canonical.slice(0, ancestor + 1), ...forward.reverse()]
  }

  block(hash: Hash): Block | undefined {
    return this.#blocks.get(hash)?.block
  }

  hasBlock(hash: Hash): boolean {
    return this.#blocks.has(hash)
  }

  canonicalHash(number: bigint): Hash | undefined {
    return this.#canonical[Number(number)]
  }

  totalDifficulty(hash: Hash): bigint | undefined {
    return this.#blocks.get(hash)?.totalDifficulty
  }

  /** A child of a block, the head where absent. */
  child(options: { readonly parent?: Block; readonly extra?: Uint8Array; readonly difficulty?: bigint } = {}): Block {
    const parent = options.parent ?? this.block(this.head().hash)!
    const header = {
      ...GENESIS_HEADER,
      parentHash: headerHash(parent.header),
      number: parent.header.number + 1n,
      timestamp: parent.header.timestamp + 1n,
      difficulty: options.difficulty ?? 1n,
      extraData: options.extra ?? EMPTY_BYTES,
    }
    return { header, transactions: [], ommers: [] }
  }

  /** Adds so many blocks on the head; `mark` tells branches apart. */
  async grow(count: number, mark = 0): Promise<void> {
    for (let added = 0; added < count; added++) await this.importBlock(this.child({ extra: Uint8Array.of(mark) }))
  }
}

/** What a network logged, by message. */
export class LogDouble implements Log {
  readonly messages: string[] = []
  readonly debug = (_details: object, message: string): void => void this.messages.push(message)
  readonly info = this.debug
  readonly warn = this.debug
  readonly error = this.debug
}

export interface TestNode {
  readonly network: Network
  readonly chain: ChainDouble
  readonly bench: PoolBench
  readonly log: LogDouble
  readonly identity: Map<string, Uint8Array>
  address(): string
}

interface NodeOptions extends Partial<Omit<NetworkOptions, 'genesisHash'>> {
  readonly chain?: ChainDouble
  readonly limits?: Partial<NetworkLimits>
  readonly identity?: Map<string, Uint8Array>
}

/** Quick to notice what the tests are about. */
const TEST_LIMITS: Partial<NetworkLimits> = {
  statusIntervalMs: 1_000,
  redialMinMs: 50,
  redialMaxMs: 200,
  gossipGraceMs: 50,
  requestTimeoutMs: 2_000,
}

/** Nodes over loopback TCP; `stopAll` ends them. */
export class TestNet {
  readonly #nodes: TestNode[] = []

  async node({
    chain = new ChainDouble(),
    limits,
    identity = new Map(),
    ...options
  }: NodeOptions = {}): Promise<TestNode> {
    const bench = new PoolBench()
    const log = new LogDouble()
    const network = new Network(
      {
        chainId: 31337n,
        genesisHash: chain.genesisHash,
        host: '127.0.0.1',
        port: 0,
        peers: [],
        mdns: false,
        maxPeers: 10,
        announceAboveBytes: 100_000,
        ...options,
        limits: { ...TEST_LIMITS, ...limits },
      },
      {
        chain,
        blocks: chain,
        txpool: bench.pool,
        identity: { get: (key) => identity.get(key), put: (key, value) => void identity.set(key, value) },
        log,
      },
    )
    await network.start()
    const node = { network, chain, bench, log, identity, address: () => network.nodeInfo().addresses[0]! }
    this.#nodes.push(node)
    return node
  }

  async stopAll(): Promise<void> {
    await Promise.all(this.#nodes.map(({ network }) => network.stop()))
  }
}

/** Waits until the condition holds; fails after the time given. */
export async function eventually(what: string, holds: () => boolean, timeoutMs = 10_000): Promise<void> {
  const end = Date.now() + timeoutMs
  while (!holds()) {
    if (Date.now() > end) throw new Error(`not within ${timeoutMs} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
