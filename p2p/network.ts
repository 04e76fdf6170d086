import type { PeerId } from '@libp2p/interface'
import { isHeavier } from '../consensus/fork-choice.ts'
import type { Block } from '../primitives/block.ts'
import type { Hash } from '../primitives/hex.ts'
import { type Transaction, transactionHash } from '../primitives/transaction.ts'
import { BlockGossip } from './block-gossip.ts'
import { Dialler } from './dialler.ts'
import { Gossip } from './gossip.ts'
import { type Host, startHost } from './host.ts'
import { loadIdentity } from './identity.ts'
import type { NetworkModules } from './modules.ts'
import { NetworkError } from './network-error.ts'
import { DEFAULT_LIMITS, type NetworkLimits, type NetworkOptions } from './options.ts'
import { type Peer, PeerBook } from './peer-book.ts'
import { PeerManager } from './peer-manager.ts'
import { PeerRequests } from './peer-requests.ts'
import { PeerScores } from './peer-scores.ts'
import { PeerServices } from './peer-services.ts'
import { importPooled } from './pooled-import.ts'
import { blocksTopic, transactionsTopic } from './protocol-names.ts'
import { Refusals } from './refusals.ts'
import { RequestClient } from './request-client.ts'
import { RequestServer } from './request-server.ts'
import { Sync, type SyncStatus } from './sync.ts'
import { TransactionGossip } from './transaction-gossip.ts'

/** What is known of a connected node. */
export interface PeerInfo {
  readonly id: string
  /** Multiaddr. */
  readonly address: string
  readonly direction: 'inbound' | 'outbound'
  /** Below 0 for misbehaviour; at -100 a peer is cut off. */
  readonly score: number
  /** It takes new blocks by gossip. */
  readonly gossips: boolean
  readonly head: { readonly hash: Hash; readonly number: bigint; readonly totalDifficulty: bigint } | undefined
}

/** Everything that exists between start and stop. */
interface Parts {
  readonly host: Host
  readonly dialler: Dialler
  readonly manager: PeerManager
  readonly blockGossip: BlockGossip
  readonly transactionGossip: TransactionGossip
  readonly sync: Sync
}

/**
 * The node's place among the others: finds them, exchanges blocks and transactions by gossip, follows the heaviest chain,
 * and parts from those that misbehave. Local transactions that the pool takes are gossiped without being asked to.
 */
export class Network {
  readonly #options: NetworkOptions
  readonly #limits: NetworkLimits
  readonly #modules: NetworkModules
  readonly #stop = new AbortController()
  readonly #book: PeerBook
  readonly #scores = new PeerScores()
  readonly #refusals: Refusals
  #parts: Parts | undefined

  constructor(options: NetworkOptions & { readonly limits?: Partial<NetworkLimits> }, modules: NetworkModules) {
    this.#options = options
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits }
    this.#modules = modules
    this.#book = new PeerBook(this.#limits)
    this.#refusals = new Refusals(this.#limits)
  }

  /** Listens, and begins to dial. Throws NetworkError. To be called once. */
  async start(): Promise<void> {
    const privateKey = await loadIdentity(this.#modules.identity)
    const host = await startHost(this.#options, this.#limits, {
      privateKey,
      score: (peer) => this.#scores.score(peer),
      isRefused: (peer) => this.#refusals.has(peer),
    })
    const parts = this.#build(host)
    this.#parts = parts
    await this.#serve(host, parts.manager)
    this.#listen(host, parts)
    parts.manager.start()
    for (const address of this.#options.peers) parts.dialler.add(address)
    this.#modules.log.info({ ...this.nodeInfo() }, 'network started')
  }

  /** Ends all connections and everything under way. */
  async stop(): Promise<void> {
    const parts = this.#parts
    this.#parts = undefined
    this.#stop.abort(new NetworkError('stopped', 'the network was stopped'))
    if (parts === undefined) return
    this.#modules.txpool.off('transaction', this.#onTransaction)
    this.#modules.txpool.off('queued', this.#onTransaction)
    this.#modules.txpool.off('returned', this.#onReturned)
    parts.dialler.stop()
    parts.manager.stop()
    parts.transactionGossip.stop()
    await parts.host.stop()
    await parts.sync.stopped()
  }

  /** Sends a block that this node made, after it has been imported here. Never rejects: failures are logged. */
  async publishBlock(block: Block): Promise<void> {
    try {
      await this.#parts?.blockGossip.publish(block)
    } catch (error) {
      this.#modules.log.error({ err: error, number: block.header.number }, 'block not published')
    }
  }

  /** Sends transactions that are in the pool, soon and in batches; those sent lately are left out. */
  publishTransactions(transactions: readonly Transaction[]): void {
    this.#parts?.transactionGossip.publish(transactions.map(transactionHash))
  }

  /** Dials a multiaddr, and again whenever the connection is lost. Throws NetworkError `bad-address`. */
  addPeer(address: string): void {
    this.#running().dialler.add(address)
  }

  /** Nodes of the same chain that are connected. */
  peers(): PeerInfo[] {
    const subscribers = this.#parts?.host.services.pubsub.getSubscribers(blocksTopic(this.#options)) ?? []
    const gossiping = new Set(subscribers.map(String))
    return this.#book.ready().map((peer) => ({
      id: peer.id,
      address: peer.address,
      direction: peer.direction,
      score: this.#parts?.manager.score(peer.id) ?? 0,
      gossips: gossiping.has(peer.id),
      head: {
        hash: peer.status.headHash,
        number: peer.status.headNumber,
        totalDifficulty: peer.status.totalDifficulty,
      },
    }))
  }

  syncStatus(): SyncStatus {
    return this.#parts?.sync.status() ?? { syncing: false }
  }

  /** The node's identity, and the multiaddrs under which others can reach it. */
  nodeInfo(): { readonly peerId: string; readonly addresses: readonly string[] } {
    const { host } = this.#running()
    return { peerId: host.peerId.toString(), addresses: host.getMultiaddrs().map(String) }
  }

  #running(): Parts {
    if (this.#parts === undefined) throw new NetworkError('stopped', 'the network does not run')
    return this.#parts
  }

  #build(host: Host): Parts {
    const { chain, blocks, txpool, log } = this.#modules
    const limits = this.#limits
    const book = this.#book
    const scores = this.#scores
    const stop = this.#stop.signal
    const { pubsub } = host.services
    const requests = new PeerRequests(limits, { client: new RequestClient(limits, { host, stop }), scores })
    const gossip = new Gossip(limits, { pubsub, book, scores, log })
    const transactionGossip = new TransactionGossip(
      { topic: transactionsTopic(this.#options), limits },
      { gossip, txpool, log },
    )
    const pullTransactions = (peer: Peer) => {
      importPooled(peer, { txpool, requests, scores, stop, log })
        .then((hashes) => transactionGossip.publish(hashes))
        .catch((error: unknown) => log.error({ err: error }, 'pooled transactions not taken in'))
    }
    const sync = new Sync(limits, { chain, blocks, book, requests, scores, stop, onSynced: pullTransactions, log })
    const manager = new PeerManager(
      { identity: this.#options, maxPeers: this.#options.maxPeers, limits },
      {
        ...{ host, pubsub, chain, book, scores, requests, log },
        refusals: this.#refusals,
        onReady: (peer) => {
          // Against the state of an old head they would be judged wrongly: then they are pulled after the sync.
          if (!this.#isAhead(peer)) pullTransactions(peer)
        },
        onStatus: () => sync.wake(),
      },
    )
    const blockGossip = new BlockGossip(
      { topic: blocksTopic(this.#options), announceAboveBytes: this.#options.announceAboveBytes, limits },
      {
        ...{ gossip, chain, blocks, book, requests, scores, log },
        onBehind: (source) => {
          const peer = book.get(source)
          if (peer !== undefined) manager.askSoon(peer)
        },
      },
    )
    const dialler = new Dialler(limits, { host, stop, log })
    return { host, dialler, manager, blockGossip, transactionGossip, sync }
  }

  #isAhead({ status }: Peer): boolean {
    if (status === undefined) return false
    const { hash, header, totalDifficulty } = this.#modules.chain.head()
    const claim = { hash: status.headHash, number: status.headNumber, totalDifficulty: status.totalDifficulty }
    return isHeavier(claim, { hash, number: header.number, totalDifficulty })
  }

  async #serve(host: Host, manager: PeerManager): Promise<void> {
    const { blocks, txpool, log } = this.#modules
    const modules = { host, book: this.#book, scores: this.#scores, stop: this.#stop.signal, log }
    const server = new RequestServer(this.#limits, modules)
    const services = new PeerServices(this.#limits, { blocks, txpool })
    await server.handle('status', (request, peer) => manager.serveStatus(request, peer))
    await server.handle('canonicalHashes', (request) => services.canonicalHashes(request))
    await server.handle('blocksByRange', (request) => services.blocksByRange(request))
    await server.handle('blocksByHash', (request) => services.blocksByHash(request))
    await server.handle('pooledTransactions', () => services.pooledTransactions())
  }

  #listen(host: Host, { dialler, manager }: Parts): void {
    this.#modules.txpool.on('transaction', this.#onTransaction)
    this.#modules.txpool.on('queued', this.#onTransaction)
    this.#modules.txpool.on('returned', this.#onReturned)
    host.addEventListener('peer:connect', ({ detail }) => {
      dialler.onConnected(detail.toString())
      manager.onConnect(detail)
    })
    host.addEventListener('peer:disconnect', ({ detail }) => {
      dialler.onDisconnected(detail.toString())
      manager.onDisconnect(detail)
    })
    host.addEventListener('peer:discovery', ({ detail }) => this.#onDiscovery(host, detail.id))
    // Connections that were made while the host was starting.
    for (const peer of host.getPeers()) {
      dialler.onConnected(peer.toString())
      manager.onConnect(peer)
    }
  }

  /** libp2p tells of nodes that it found; dialling them is up to us. */
  #onDiscovery(host: Host, peer: PeerId): void {
    if (this.#book.size >= this.#options.maxPeers || this.#refusals.has(peer.toString())) return
    if (host.getConnections(peer).length > 0) return
    host.dial(peer, { signal: this.#stop.signal }).catch((error: unknown) => {
      this.#modules.log.debug({ peer: peer.toString(), err: error }, 'dialling a discovered node failed')
    })
  }

  readonly #onTransaction = (_transaction: Transaction, hash: Hash, isLocal: boolean): void => {
    if (isLocal) this.#parts?.transactionGossip.publish([hash])
  }

  /** From the other side of a network that was parted: ours alone know it. */
  readonly #onReturned = (_transaction: Transaction, hash: Hash): void => {
    this.#parts?.transactionGossip.publishAgain(hash)
  }
}
