import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { stringify } from 'smol-toml'
import { developmentGenesis, genesisToJson } from '../config/genesis.ts'
import { loadSettings } from '../config/settings.ts'
import { developerAccounts } from '../primitives/developer-accounts.ts'
import { CodedError } from '../primitives/errors.ts'
import { type Address, bytesToHex, hexToBytes } from '../primitives/hex.ts'
import { keccak256 } from '../primitives/keccak.ts'
import { type DeveloperSettings, genesisAccounts } from './accounts.ts'
import { requireUnused } from './chain-database.ts'

/** The genesis of a network, in its directory. */
export const GENESIS_FILE = 'genesis.json'
const CHAIN_FILE = 'network.json'
/** Of a node, in the node's directory. */
const DATA_DIRECTORY = 'data'

/** What makes the chain: changing one of these makes another chain. */
export interface ChainOptions {
  readonly consensus: 'pow' | 'instant'
  readonly blockTimeSeconds: number
  /** Default: those of the settings' defaults. */
  readonly accounts?: DeveloperSettings | undefined
}

const DEFAULT_ACCOUNTS: DeveloperSettings = loadSettings({ env: {}, flags: {} }).accounts

/** Seconds between blocks where nothing is said: under `instant` blocks come with the transactions. */
export const DEFAULT_BLOCK_TIME_SECONDS: Readonly<Record<ChainOptions['consensus'], number>> = { pow: 2, instant: 0 }

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
  if (options.consensus === 'pow' && options.blockTimeSeconds === 0) {
    wrong('consensus pow needs a block time of at least 1 s')
  }
  if (options.hosts !== undefined && options.hosts.length !== options.nodes) {
    wrong(`${options.hosts.length} hosts given for ${options.nodes} nodes`)
  }
  const { rpc, p2p } = portsOf(options)
  if (rpc.some((port) => p2p.includes(port))) {
    wrong(`JSON-RPC ports from ${options.rpcPort} and peer ports from ${options.p2pPort} overlap`)
  }
}

/** The ports that the nodes listen on, in their order. */
export function portsOf({ nodes, hosts, rpcPort, p2pPort }: Omit<NetworkOptions, keyof ChainOptions>): {
  readonly rpc: readonly number[]
  readonly p2p: readonly number[]
} {
  const from = (first: number) => Array.from({ length: nodes }, (_, index) => first + (hosts === undefined ? index : 0))
  return { rpc: from(rpcPort), p2p: from(p2pPort) }
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
  const { consensus, blockTimeSeconds, accounts } = options
  writeChain(root, { consensus, blockTimeSeconds, accounts })

  const apart = options.hosts !== undefined
  const ports = portsOf(options)
  const nodes = Array.from({ length: options.nodes }, (_, index) => {
    const role = index < options.miners ? ('miner' as const) : ('validator' as const)
    return {
      index,
      role,
      name: `${role}-${index}`,
      directory: join(root, `node-${index}`),
      host: options.hosts?.[index] ?? '127.0.0.1',
      rpcPort: ports.rpc[index] as number,
      p2pPort: ports.p2p[index] as number,
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
      genesis: join('..', GENESIS_FILE),
      dataDir: DATA_DIRECTORY,
      log: { label: node.name },
      p2p: {
        host: apart ? '0.0.0.0' : '127.0.0.1',
        port: node.p2pPort,
        peers: addresses.filter((_, index) => index !== node.index),
        mdns: false,
      },
      rpc: { host: apart ? '0.0.0.0' : '127.0.0.1', port: node.rpcPort },
      ...(accounts && { accounts: developerSection(accounts) }),
      miner: { enabled: node.role === 'miner', coinbase: minerCoinbase(node.index) },
    }
    writeFileSync(configFile, `${stringify(mergeSections(local, options.settings ?? {}))}\n`)
    return { name: node.name, role: node.role, directory: node.directory, configFile, rpcPort: node.rpcPort }
  })
}

/**
 * Removes a network's files, and nothing else that may lie in the directory. Removes nothing when a node of it runs.
 * @throws StorageError `locked`
 */
export async function removeNetwork(directory: string): Promise<void> {
  const nodes: string[] = []
  for (let node = join(directory, 'node-0'); existsSync(node); node = join(directory, `node-${nodes.length}`)) {
    nodes.push(node)
  }
  for (const node of nodes) await requireUnused(join(node, DATA_DIRECTORY))
  for (const path of [...nodes, ...[join(directory, CHAIN_FILE), join(directory, GENESIS_FILE)]]) {
    rmSync(path, { recursive: true, force: true })
  }
}

/** What `network.json` keeps of the options that make the chain. */
interface ChainRecord {
  readonly consensus: ChainOptions['consensus']
  readonly blockTimeSeconds: number
  /** In words. Absent: those of the settings' defaults. */
  readonly accounts?: string
}

function writeChain(root: string, { consensus, blockTimeSeconds, accounts = DEFAULT_ACCOUNTS }: ChainOptions): void {
  const chainFile = join(root, CHAIN_FILE)
  const genesisFile = join(root, GENESIS_FILE)
  const chain: Required<ChainRecord> = { consensus, blockTimeSeconds, accounts: describeAccounts(accounts) }
  if (existsSync(chainFile) && existsSync(genesisFile)) {
    const stored = JSON.parse(readFileSync(chainFile, 'utf8')) as ChainRecord
    const present: ChainRecord = { accounts: describeAccounts(DEFAULT_ACCOUNTS), ...stored }
    for (const key of ['consensus', 'blockTimeSeconds', 'accounts'] as const) {
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
    ...genesisAccounts(accounts),
    engine: consensus,
    periodSeconds: blockTimeSeconds,
    timestamp: BigInt(Math.floor(Date.now() / 1000)),
  })
  writeFileSync(genesisFile, `${JSON.stringify(genesisToJson(genesis), null, 2)}\n`)
  writeFileSync(chainFile, `${JSON.stringify(chain, null, 2)}\n`)
}

/** Mnemonic and path are told by the first account, which is no secret. */
function describeAccounts({ count, balance, mnemonic, path }: DeveloperSettings): string {
  const [first] = developerAccounts(Math.min(count, 1), { mnemonic, path })
  return first === undefined ? 'none' : `${count} from ${first.address} on with ${balance} ether`
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

/** For a node's file. */
function developerSection({ mnemonic, count, path, balance }: DeveloperSettings): Sections {
  return { mnemonic, count, path, balance }
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
