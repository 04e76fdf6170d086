import type { Logger } from 'pino'
import type { Settings } from '../config/settings.ts'
import { BlockProcessor } from '../consensus/block-processor.ts'
import { Chain } from '../consensus/chain.ts'
import { createEngine } from '../consensus/create-engine.ts'
import type { Engine } from '../consensus/engine.ts'
import { StoredBranches } from '../consensus/stored-branches.ts'
import { ExecutionService } from '../execution/parallel/service.ts'
import type { SharedCompiler } from '../execution/parallel/shared-compiler.ts'
import { SenderCache } from '../execution/sender-cache.ts'
import { type ChainDatabase, type ChainSource, openChainDatabase } from './chain-database.ts'

/** Storage, execution and the chain on top of them: what can take in blocks, without network, pool and RPC. */
export interface NodeChain {
  readonly storage: ChainDatabase
  readonly execution: ExecutionService
  /** What the pool finds out and the threads need not find out again. */
  readonly senders: SenderCache
  readonly engine: Engine
  readonly processor: BlockProcessor
  readonly chain: Chain
  close(): Promise<void>
}

/** What a chain is opened with. */
export interface NodeChainModules extends ChainSource {
  readonly log: Logger
  /** Where it is being opened already, of the same settings and source. */
  readonly storage?: Promise<ChainDatabase> | undefined
  /** Another chain's of this process, which closes it; absent: its own. */
  readonly compiler?: SharedCompiler | undefined
}

/** Opens the data directory and finishes what the last process left undone. Throws an error with a code. */
export async function openNodeChain(
  settings: Settings,
  { log, storage: opening, compiler, ...source }: NodeChainModules,
): Promise<NodeChain> {
  const storage = await (opening ?? openChainDatabase(settings, source))
  const { config, database, blocks, states, committer, directory } = storage
  const senders = new SenderCache()
  const execution = new ExecutionService(
    {
      databaseDirectory: directory,
      stateCache: database.stateCache?.memory,
      chain: config,
      workers: settings.execution.workers,
      pin: settings.execution.pin,
      inlineMs: settings.execution.inlineMs,
      callGasLimit: settings.rpc.callGasLimit,
      callTimeoutMs: settings.rpc.callTimeoutMs,
      compiler: settings.execution.compiler,
    },
    {
      log: log.child({ module: 'execution' }),
      connectBase: storage.forks && (() => storage.forks!.base.connect()),
      database,
      senders,
      compiler,
    },
  )
  const engine = createEngine({ config, hashesPerSecond: settings.miner.hashesPerSecond })
  const executor = execution.executor(settings.execution.replay, { verifySerial: settings.execution.verifySerial })
  const { nodes } = states
  const processor = new BlockProcessor({ executor, nodes, stateUpdate: execution.stateUpdate(nodes) })
  const branches = new StoredBranches({ scanner: database })
  const chain = new Chain(
    { config },
    { engine, blocks, committer, processor, branches, log: log.child({ module: 'chain' }) },
  )
  const close = async (): Promise<void> => {
    await chain.close()
    await engine.close()
    await execution.close()
    await storage.close()
  }
  try {
    // Nobody sends blocks to replay to a node without peers.
    if (settings.p2p.enabled) await execution.start()
    await chain.start()
  } catch (error) {
    await close()
    throw error
  }
  return { storage, execution, senders, engine, processor, chain, close }
}
