import { type GossipSub, type GossipSubComponents, gossipsub } from '@chainsafe/libp2p-gossipsub'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { type Identify, identify } from '@libp2p/identify'
import type { ConnectionGater, PeerId, PrivateKey } from '@libp2p/interface'
import { mdns } from '@libp2p/mdns'
import { type Ping, ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { createLibp2p, type Libp2p } from 'libp2p'
import { gossipOptions } from './gossip-options.ts'
import { NetworkError } from './network-error.ts'
import type { NetworkLimits, NetworkOptions } from './options.ts'
import { mdnsService } from './protocol-names.ts'

export interface HostServices extends Record<string, unknown> {
  readonly identify: Identify
  readonly ping: Ping
  readonly pubsub: GossipSub
}

export type Host = Libp2p<HostServices>

interface HostModules {
  readonly privateKey: PrivateKey
  /** The application's part of a peer's score: 0 or less. */
  readonly score: (peer: string) => number
  /** Whether connections with the peer are refused. */
  readonly isRefused: (peer: string) => boolean
}

/** A pair of nodes may dial each other at the same time and end up with two connections. */
const CONNECTIONS_PER_PEER = 2
/** Per second from one address; many nodes of a local testnet share one. */
const INBOUND_CONNECTIONS_PER_SECOND = 100
/** A machine whose cores are all busy with replay answers late; it is not dead. */
const PING_TIMEOUT_MS = 15_000
const PING_INTERVAL_MS = 15_000

/** Starts listening. Throws NetworkError `listen-failed`. */
export async function startHost(
  options: NetworkOptions,
  limits: NetworkLimits,
  { privateKey, score, isRefused }: HostModules,
): Promise<Host> {
  const host = await createLibp2p<HostServices>({
    start: false,
    privateKey,
    addresses: { listen: [listenAddress(options)] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    peerDiscovery: options.mdns ? [mdns({ serviceTag: mdnsService(options) })] : [],
    connectionGater: gaterFor(isRefused),
    connectionManager: {
      maxConnections: options.maxPeers * CONNECTIONS_PER_PEER,
      inboundConnectionThreshold: INBOUND_CONNECTIONS_PER_SECOND,
      maxIncomingPendingConnections: INBOUND_CONNECTIONS_PER_SECOND,
      // Dialling again is the dialler's business.
      reconnectRetries: 0,
    },
    connectionMonitor: { pingInterval: PING_INTERVAL_MS, pingTimeout: { minTimeout: PING_TIMEOUT_MS } },
    services: {
      identify: identify(),
      ping: ping(),
      // Its declared type is the general interface, which lacks what asynchronous validation needs.
      pubsub: gossipsub(gossipOptions(options, limits, score)) as (components: GossipSubComponents) => GossipSub,
    },
  })
  try {
    await host.start()
    return host
  } catch (error) {
    await host.stop()
    const message = `cannot listen on ${options.host}:${options.port}`
    throw new NetworkError('listen-failed', message, { host: options.host, port: options.port }, { cause: error })
  }
}

function listenAddress({ host, port }: NetworkOptions): string {
  return `/${host.includes(':') ? 'ip6' : 'ip4'}/${host}/tcp/${port}`
}

function gaterFor(isRefused: (peer: string) => boolean): ConnectionGater {
  const denies = (peer: PeerId) => isRefused(peer.toString())
  return {
    denyDialPeer: denies,
    denyInboundEncryptedConnection: denies,
    denyOutboundEncryptedConnection: denies,
    // libp2p's own default refuses private addresses in browsers only; here every address may be dialled.
    denyDialMultiaddr: () => false,
  }
}
