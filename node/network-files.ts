import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { stringify } from 'smol-toml'
import { developmentGenesis, genesisToJson } from '../config/genesis.ts'
import { CodedError } from '../primitives/errors.ts'
import { type Address, bytesToHex, hexToBytes } from '../primitives/hex.ts'
import { keccak256 } from '../primitives/keccak.ts'

/** What makes the chain: changing one of these makes another chain. */
export interface ChainOptions {
  readonly consensus: 'pow' | 'instant'
  readonly blockTimeSeconds: number
}

export interface NetworkOptions extends ChainOptions {
  readonly nodes: number
  /** The first so many nodes mine. */
  readonly miners: number
  /** Node i serves JSON-RPC on `rpcPort + i`. */
  readonly rpcPort: number
  /** Node i listens for peers on `p2pPort + i`. */
  readonly p2pPort: number
  /** One address a node, for machines apart from each other; the same ports everywhere then. Default: this machine. */
  readonly hosts?: readonly string[] | undefined
  /** Further settings that go into every node's file, by section. */
  readonly settings?: Readonly<Record<string, Readonly<Record<string, string | number | boolean>>>> | undefined
}

/** Where one node of a network lives. */
export interface NodeFiles {
  /** `miner-0`, `validator-1`: the number is the node's. */
  readonly name: string
  readonly role: 'miner' | 'validator'
  readonly directory: string
  readonly configFile: string
  readonly rpcPort: number
}

/** `chain-differs`: the directory holds a network with another chain. `bad-options`: the options contradict each other. */
export class NetworkFilesError extends CodedError<'chain-differs' | 'bad-options'> {}

/** The address a miner's fees go to: nobody's key, and not a developer account, whose use would chain transactions. */
export function minerCoinbase(index: number): Address {
  return bytesToHex(keccak256(new TextEncoder().encode(`pavm miner ${index}`)).subarray(12)) as Address
}

export function checkNetworkOptions(options: NetworkOptions): void {
  const wrong = (message: string): never => {
    throw new NetworkFilesError('bad-options', message)
  }
  if (options.miners > options.nodes)
    wrong(`${options.miners} miners need at least as many nodes, not ${options.nodes}`)
  if (options.consensus === 'instant' && options.nodes !== 1) {
    wrong(`consensus instant runs on a single node, not ${options.nodes}: give --nodes 1`)
  }
  if (options.hosts !== undefined && options.hosts.length !== options.nodes) {
    wrong(`${options.hosts.length} hosts given for ${options.nodes} nodes`)
  }
}

/**
 * Writes a network's genesis, keys and config files, or brings those of an existing one up to date: the chain, its data
 * and the nodes' identities stay. Layout: `genesis.json`, and for node i `node-i/{config.toml, identity.key, data/}`.
 * @throws NetworkFilesError
 */
export async function writeNetwork(directory: string, options: NetworkOptions): Promise<NodeFiles[]> {
  checkNetworkOptions(options)
  const root = resolve(directory)
  mkdirSync(root, { recursive: true })
  writeChain(root, { consensus: options.consensus, blockTimeSeconds: options.blockTimeSeconds })

  const apart = options.hosts !== undefined
  const nodes = Array.from({ length: options.nodes }, (_, index) => {
    const role = index < options.miners ? ('miner' as const) : ('validator' as const)
    return {
      index,
      role,
      name: `${role}-${index}`,
      directory: join(root, `node-${index}`),
      host: options.hosts?.[index] ?? '127.0.0.1',
      rpcPort: options.rpcPort + (apart ? 0 : index),
      p2pPort: options.p2pPort + (apart ? 0 : index),
    }
  })
  const addresses = await Promise.all(
    nodes.map(async (node) => {
      mkdirSync(node.directory, { recursive: true })
      const peerId = await identity(join(node.directory, 'identity.key'))
      return `${multiaddrHost(node.host)}/tcp/${node.p2pPort}/p2p/${peerId}`
    }),
  )
  return nodes.map((node) => {
    const configFile = join(node.directory, 'config.toml')
    const local = {
      genesis: '../genesis.json',
      dataDir: 'data',
      log: { label: node.name },
      p2p: {
        host: apart ? '0.0.0.0' : '127.0.0.1',
        port: node.p2pPort,
        peers: addresses.filter((_, index) => index !== node.index),
        mdns: false,
      },
      rpc: { host: apart ? '0.0.0.0' : '127.0.0.1', port: node.rpcPort },
      miner: { enabled: node.role === 'miner', coinbase: minerCoinbase(node.index) },
    }
    writeFileSync(configFile, `${stringify(mergeSections(local, options.settings ?? {}))}\n`)
    return { name: node.name, role: node.role, directory: node.directory, configFile, rpcPort: node.rpcPort }
  })
}

/** Removes a network's files, and nothing else that may lie in the directory. */
export function removeNetwork(directory: string): void {
  for (const name of ['genesis.json', 'network.json']) rmSync(join(directory, name), { force: true })
  for (let index = 0; existsSync(join(directory, `node-${index}`)); index++) {
    rmSync(join(directory, `node-${index}`), { recursive: true, force: true })
  }
}

function writeChain(root: string, chain: ChainOptions): void {
  const chainFile = join(root, 'network.json')
  const genesisFile = join(root, 'genesis.json')
  if (existsSync(chainFile) && existsSync(genesisFile)) {
    const present = JSON.parse(readFileSync(chainFile, 'utf8')) as ChainOptions
    for (const key of ['consensus', 'blockTimeSeconds'] as const) {
      if (present[key] === chain[key]) continue
      throw new NetworkFilesError(
        'chain-differs',
        `the chain in ${root} was made with ${key} ${present[key]}, not ${chain[key]}: ` +
          'start with what it was made with, or give --fresh to begin a new chain',
        { key, present: present[key], wanted: chain[key] },
      )
    }
    return
  }
  const genesis = developmentGenesis({
    engine: chain.consensus,
    periodSeconds: chain.blockTimeSeconds,
    timestamp: BigInt(Math.floor(Date.now() / 1000)),
  })
  writeFileSync(genesisFile, `${JSON.stringify(genesisToJson(genesis), null, 2)}\n`)
  writeFileSync(chainFile, `${JSON.stringify(chain, null, 2)}\n`)
}

async function identity(file: string): Promise<string> {
  if (!existsSync(file)) {
    const key = await generateKeyPair('Ed25519')
    writeFileSync(file, `${bytesToHex(privateKeyToProtobuf(key))}\n`, { mode: 0o600 })
  }
  const key = privateKeyFromProtobuf(hexToBytes(readFileSync(file, 'utf8').trim() as `0x${string}`))
  return peerIdFromPrivateKey(key).toString()
}

function multiaddrHost(host: string): string {
  if (/^\d+(\.\d+){3}$/.test(host)) return `/ip4/${host}`
  return host.includes(':') ? `/ip6/${host}` : `/dns/${host}`
}

type Sections = Record<string, unknown>

function mergeSections(base: Sections, extra: Sections): Sections {
  const merged: Sections = { ...base }
  for (const [key, value] of Object.entries(extra)) {
    const present = merged[key]
    merged[key] = typeof present === 'object' && present !== null ? { ...present, ...(value as object) } : value
  }
  return merged
}
