import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { ChainConfig } from '../config/chain.ts'
import { developmentGenesis, type Genesis } from '../config/genesis.ts'
import type { Settings } from '../config/settings.ts'
import type { Hash } from '../primitives/hex.ts'
import { BlockStore } from '../storage/block-store.ts'
import { Committer } from '../storage/commit.ts'
import { type Database, openDatabase, openDatabaseForReading } from '../storage/database.ts'
import { genesisBlock } from '../storage/genesis-block.ts'
import { StateStore } from '../storage/state-store.ts'
import { StorageError } from '../storage/storage-error.ts'
import { genesisAccounts } from './accounts.ts'
import { readGenesis } from './genesis-file.ts'

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

/** Opens the chain of these settings, and begins it when the directory is empty. Throws StorageError, ConfigError. */
export async function openChainDatabase(
  settings: Pick<Settings, 'accounts' | 'genesis' | 'dataDir' | 'storage'>,
): Promise<ChainDatabase> {
  const genesis =
    settings.genesis === '' ? developmentGenesis(genesisAccounts(settings.accounts)) : readGenesis(settings.genesis)
  const first = genesisBlock(genesis)
  const directory = chainDirectory(settings.dataDir)
  const database = await openDatabase(directory, {
    chainId: genesis.config.chainId,
    genesisHash: first.hash,
    cacheMegabytes: settings.storage.cacheMegabytes,
    sync: settings.storage.sync,
  })
  const committer = new Committer(settings.storage.prune === 0 ? {} : { keepStates: settings.storage.prune }, {
    database,
  })
  await committer.commitGenesis(first)
  return {
    genesis,
    genesisHash: first.hash,
    config: genesis.config,
    directory,
    database,
    blocks: new BlockStore({ reader: database }),
    states: new StateStore({}, { database }),
    committer,
    close: async () => {
      await committer.close()
      await database.close()
    },
  }
}
