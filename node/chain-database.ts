import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { ChainConfig } from '../config/chain.ts'
import { developmentGenesis, type Genesis } from '../config/genesis.ts'
import type { Settings } from '../config/settings.ts'
import type { Hash } from '../primitives/hex.ts'
import { Batch } from '../storage/batch.ts'
import { BlockStore } from '../storage/block-store.ts'
import { Committer } from '../storage/commit.ts'
import { type Database, openDatabase, openDatabaseForReading } from '../storage/database.ts'
import { type ForkPoint, readForkPoint } from '../storage/fork/fork-point.ts'
import { type GenesisBlock, genesisBlock } from '../storage/genesis-block.ts'
import { readHead } from '../storage/head.ts'
import { hashKey } from '../storage/keys.ts'
import { StateStore } from '../storage/state-store.ts'
import { StorageError } from '../storage/storage-error.ts'
import { genesisAccounts } from './accounts.ts'
import { CommandError } from './command-error.ts'
import { ForkedState } from './fork/forked-state.ts'
import { NodeForking } from './fork/node-forking.ts'
import type { UpstreamAddress } from './fork/open-upstream.ts'
import type { Upstream } from './fork/upstream.ts'
import { readGenesis } from './genesis-file.ts'

/** What another chain is to a chain in its user's hands. */
export interface Forks {
  readonly base: ForkedState
  readonly forking: NodeForking
}

/** A chain to begin upon, and if it has been found already, who knows it. */
export interface ForkSource extends UpstreamAddress {
  readonly upstream?: Upstream | undefined
}

/** What a chain is begun with, where it is known already. */
export interface ChainSource {
  /** Another chain that it begins upon, where it is its user's to control. */
  readonly fork?: ForkSource | undefined
  /** The one that the settings name. */
  readonly genesis?: Genesis | undefined
}

/** A chain on disk, opened: what every command that touches one begins with. */
export interface ChainDatabase {
  readonly genesis: Genesis
  readonly genesisHash: Hash
  readonly config: ChainConfig
  /** Where LevelDB's files are. */
  readonly directory: string
  readonly database: Database
  readonly blocks: BlockStore
  readonly states: StateStore
  readonly committer: Committer
  /** Where the chain is its user's to control: what it may begin upon in the place of its genesis. */
  readonly forks: Forks | undefined
  close(): Promise<void>
}

function chainDirectory(dataDir: string): string {
  return join(dataDir, 'chain')
}

/** Whether a chain was begun in this data directory. */
export function hasChain(dataDir: string): boolean {
  return existsSync(join(chainDirectory(dataDir), 'CURRENT'))
}

/** Throws StorageError `locked` when a process works on the chain in this data directory. */
export async function requireUnused(dataDir: string): Promise<void> {
  if (!hasChain(dataDir)) return
  try {
    const database = await openDatabaseForReading(chainDirectory(dataDir))
    await database.close()
  } catch (error) {
    // A damaged one is used by nobody.
    if (error instanceof StorageError && error.code === 'locked') throw error
  }
}

/**
 * Opens the chain of these settings, and begins it when the directory is empty: with its genesis, or upon the block of `fork`. Throws
 * StorageError, ConfigError; CommandError `chain-differs` where the chain that is there was not forked so.
 */
export async function openChainDatabase(
  settings: Pick<Settings, 'accounts' | 'genesis' | 'dataDir' | 'storage' | 'fork'>,
  { fork, genesis = genesisOf(settings) }: ChainSource = {},
): Promise<ChainDatabase> {
  const first = genesisBlock(genesis)
  const directory = chainDirectory(settings.dataDir)
  const storeCode = async (codeHash: Hash, code: Uint8Array): Promise<void> => {
    const batch = new Batch()
    batch.put(hashKey('code', codeHash), code)
    await database.write(batch, { sync: false })
  }
  const base = genesis.config.pavm.controls ? new ForkedState({ alloc: genesis.alloc, storeCode }) : undefined
  const identity = { chainId: genesis.config.chainId, genesisHash: first.hash }
  const { prune, ...ofDatabase } = settings.storage
  const database = await openDatabase(directory, { ...identity, ...ofDatabase }, { base })
  const blocks = new BlockStore({ reader: database })
  const committer = new Committer(prune === 0 ? {} : { keepStates: prune }, { database, blocks })
  let forks: Forks | undefined
  try {
    await committer.commitGenesis(first)
    forks = await openForks(settings, { base, committer, genesis: first, database }, fork)
  } catch (error) {
    await database.close()
    throw error
  }
  return {
    genesis,
    genesisHash: first.hash,
    config: genesis.config,
    directory,
    database,
    blocks,
    states: new StateStore({}, { database }),
    committer,
    forks,
    close: async () => {
      await committer.close()
      await forks?.forking.close()
      forks?.base.close()
      await database.close()
    },
  }
}

function genesisOf({ genesis, accounts }: Pick<Settings, 'accounts' | 'genesis'>): Genesis {
  return genesis === '' ? developmentGenesis(genesisAccounts(accounts)) : readGenesis(genesis)
}

async function openForks(
  settings: Pick<Settings, 'dataDir' | 'fork'>,
  modules: {
    readonly base: ForkedState | undefined
    readonly committer: Committer
    readonly genesis: GenesisBlock
    readonly database: Database
  },
  source: ForkSource | undefined,
): Promise<Forks | undefined> {
  const { base, committer, database } = modules
  const point = readForkPoint(database)
  const upstream = await openSource(settings, source, point, readHead(database)?.number ?? 0n)
  if (base === undefined) return undefined
  if (upstream !== undefined && point !== undefined) base.switchTo(upstream)
  if (upstream !== undefined && point === undefined) await committer.restart(upstream, () => base.switchTo(upstream))
  const forking = new NodeForking(
    { settings: settings.fork, url: source?.url },
    { base, committer, genesis: modules.genesis },
  )
  return { base, forking }
}

/** Throws CommandError `chain-differs` where the chain in the directory does not begin there. */
async function openSource(
  { dataDir, fork }: Pick<Settings, 'dataDir' | 'fork'>,
  source: ForkSource | undefined,
  point: ForkPoint | undefined,
  height: bigint,
): Promise<Upstream | undefined> {
  const there = point && `the chain in ${dataDir} begins upon block ${point.number} of chain ${point.chainId}`
  if (source === undefined) {
    if (there === undefined) return undefined
    throw new CommandError('chain-differs', `${there}: a node of that chain has to be named (--fork)`)
  }
  if (there === undefined && height > 0n) {
    throw new CommandError('chain-differs', `the chain in ${dataDir} begins with its own genesis, and forks no other`)
  }
  if (point !== undefined && source.block !== undefined && source.block !== point.number) {
    throw new CommandError('chain-differs', `${there}, not ${source.block}`)
  }
  // Most chains fork none, and start earlier without it.
  const { openUpstream } = await import('./fork/open-upstream.ts')
  const upstream =
    source.upstream ?? (await openUpstream({ url: source.url, block: point?.number ?? source.block }, fork))
  if (point === undefined || upstream.point.hash === point.hash) return upstream
  await upstream.close()
  throw new CommandError('chain-differs', `${there}, which is not the one that ${upstream.name} has`)
}
