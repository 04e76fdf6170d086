import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { rulesAt } from '../config/chain.ts'
import type { Settings } from '../config/settings.ts'
import type { Chain } from '../consensus/chain.ts'
import { BlockWishes } from '../consensus/control/block-wishes.ts'
import { Controls } from '../consensus/control/controls.ts'
import type { MiningMode } from '../consensus/control/miner.ts'
import { PayloadBuilder } from '../consensus/payload-builder.ts'
import { Producer } from '../consensus/producer.ts'
import { TxPool } from '../consensus/txpool/pool.ts'
import { nextBaseFee } from '../execution/block/base-fee.ts'
import type { Network } from '../p2p/network.ts'
import type { DeveloperAccount } from '../primitives/developer-accounts.ts'
import { feeRules } from '../rpc/fee-rules.ts'
import { UpstreamAnswerError } from '../rpc/forked-methods.ts'
import type { NetworkReader, UpstreamReader } from '../rpc/modules.ts'
import { DEFAULT_RPC_OPTIONS } from '../rpc/options.ts'
import { RpcServer } from '../rpc/server.ts'
import type { Database } from '../storage/database.ts'
import { TextStore } from '../storage/text-store.ts'
import { controlsRefusal, isControlled, wishedFees } from './controls.ts'
import type { ForkedState } from './fork/forked-state.ts'
import { UpstreamRefusal } from './fork/upstream-refusal.ts'
import { identityFile } from './identity-file.ts'
import type { NodeChain } from './node-chain.ts'

const CLIENT_NAME = 'pavm/0.1.0'

export interface PartsModules {
  readonly log: Logger
  /** When blocks are made at first, on a chain that is its user's to control. */
  readonly mining?: MiningMode | undefined
  /** For which the node signs. */
  readonly accounts: readonly DeveloperAccount[]
}

/** What a node is made of. */
export interface Parts {
  readonly core: NodeChain
  readonly txpool: TxPool
  /** Absent where the node has no peers. */
  readonly network: Network | undefined
  readonly producer: Producer | undefined
  /** In the producer's place where the chain is its user's to control. */
  readonly controls: Controls | undefined
  readonly rpc: RpcServer | undefined
}

/** Of a node by itself. */
export const NO_PEERS: NetworkReader = {
  peers: () => [],
  syncStatus: () => ({ syncing: false }),
  nodeInfo: () => ({ peerId: '', addresses: [] }),
}

/** Constructs what a node is made of, upon its chain. Nothing runs yet. */
export async function buildParts(
  settings: Settings,
  { log, mining, accounts }: PartsModules,
  core: NodeChain,
): Promise<Parts> {
  const { storage, execution, senders, engine, processor, chain } = core
  const { config, database, blocks, states, committer, forks } = storage
  const moduleLog = (module: string): Logger => log.child({ module })

  const setLogging = (isOn: boolean): void => {
    log.level = isOn ? 'info' : 'silent'
  }
  const { coinbase, gasLimit } = settings.miner
  const extraData = new TextEncoder().encode(settings.miner.extraData)
  const wishes = new BlockWishes({ coinbase })
  const refusal = controlsRefusal(settings, config)
  const txpool = new TxPool(
    {
      chainId: config.chainId,
      perSender: settings.txpool.perSender,
      pending: settings.txpool.pending,
      queued: settings.txpool.queued,
      maxTransactionBytes: settings.txpool.maxTransactionBytes,
      minimumGasPrice: settings.miner.gasPriceFloor,
      allowsImpersonation: refusal === undefined,
      localSenders: new Set(accounts.map(({ address }) => address)),
    },
    {
      nextBlock: () => {
        const { header } = chain.head()
        const rules = rulesAt(config, header.number + 1n, header.timestamp + 1n)
        const wished = wishes.current
        return {
          rules,
          gasLimit: wished.gasLimit ?? header.gasLimit,
          baseFeePerGas: rules.hasBaseFee ? (wished.next.baseFeePerGas ?? nextBaseFee(header)) : 0n,
          minimumGasPrice: wished.minimumGasPrice,
        }
      },
      state: () => states.headView(),
      fetched: (read) => states.fetched(read),
      journal: settings.txpool.journal ? poolJournal(database) : undefined,
      senders,
      settle: async (hash) => await controls?.settle(hash),
      log: moduleLog('txpool'),
    },
  )
  const { builder } = execution
  const maker = { chain, engine, txpool, builder, processor, log: moduleLog('miner') }
  const controls =
    forks !== undefined && isControlled(settings, config)
      ? new Controls(
          { config, gasLimit, extraData, mode: mining },
          { ...maker, database, blocks, states, committer, wishes, forking: forks.forking, setLogging },
        )
      : undefined
  const network = settings.p2p.enabled ? await buildNetwork(settings, core, txpool, moduleLog('p2p')) : undefined
  const producer =
    settings.miner.enabled && controls === undefined
      ? new Producer(
          { config, coinbase, gasLimit, extraData },
          { ...maker, publish: (block) => void network?.publishBlock(block) },
        )
      : undefined
  const fees = feeRules(config)
  const rpc = settings.rpc.enabled
    ? new RpcServer(
        {
          ...DEFAULT_RPC_OPTIONS,
          ...pickRpc(settings),
          chainId: config.chainId,
          clientVersion: `${CLIENT_NAME}/${process.platform}-${process.arch}/node${process.versions.node}`,
          coinbase: settings.miner.enabled ? coinbase : undefined,
        },
        {
          blocks,
          chain,
          state: states,
          pool: txpool,
          calls: execution.calls,
          network: network ?? NO_PEERS,
          fees: controls === undefined ? fees : wishedFees(fees, { chain, wishes }),
          config,
          upstream: forks && upstreamReader(forks.base),
          payloads: settings.rpc.testing
            ? new PayloadBuilder({ config, gasLimit }, { blocks, txpool, builder, processor })
            : undefined,
          accounts,
          // Also where nobody may use them: what is sent is put off too.
          settled: controls && (() => controls.settled()),
          made: controls && (() => controls.miner.made),
          controls: refusal === undefined && controls !== undefined ? controls : { refusal: refusal ?? '' },
          writeConsole: controls && ((line) => void process.stdout.write(`${line}\n`)),
          workers: () => execution.workers(),
          compiler: () => execution.compilerCounts(),
          log: moduleLog('rpc'),
        },
      )
    : undefined
  return { core, txpool, network, producer, controls, rpc }
}

/** The chain that this one begins upon, if it does, for those who ask about what was before. */
function upstreamReader(base: ForkedState): UpstreamReader {
  return {
    get point() {
      return base.upstream?.point
    },
    get name() {
      return base.upstream?.name ?? ''
    },
    answer: async (method, params, isUnderstood) => {
      const { upstream } = base
      if (upstream === undefined) throw new Error('the chain is not a forked one')
      try {
        return await upstream.answer(method, params, isUnderstood)
      } catch (error) {
        throw error instanceof UpstreamRefusal ? new UpstreamAnswerError(error.message, error.refusal) : error
      }
    },
  }
}

/** The libraries take half a second to load, which a node without peers need not wait for. */
async function buildNetwork(settings: Settings, core: NodeChain, txpool: TxPool, log: Logger): Promise<Network> {
  const { Network } = await import('../p2p/network.ts')
  const { chain, storage } = core
  const { config, blocks, genesisHash } = storage
  const { host, port, peers, mdns, maxPeers, announceAboveBytes } = settings.p2p
  return new Network(
    { chainId: config.chainId, genesisHash, host, port, peers, mdns, maxPeers, announceAboveBytes },
    { chain, blocks, txpool, identity: identityFile(identityPath(settings)), log },
  )
}

/** Beside the data directory's database: a network's files hold the key before the node first starts. */
function identityPath(settings: Settings): string {
  const beside = join(settings.dataDir, '..', 'identity.key')
  return existsSync(beside) ? beside : join(settings.dataDir, 'identity.key')
}

function pickRpc({ rpc, miner, metrics, storage }: Settings) {
  const { host, port, corsOrigins, allowedHosts, maxBodyBytes, maxBatch, maxRequestsPerSecond } = rpc
  const { callGasLimit, maxLogRange, maxLogs, maxFilters, maxSubscriptions } = rpc
  const { namespaces, maxTraceTimeoutMs, maxTraceBlocks } = rpc
  return {
    ...{ host, port, corsOrigins, allowedHosts, maxBodyBytes, maxBatch, maxRequestsPerSecond },
    ...{ callGasLimit, maxLogRange, maxLogs, maxFilters, maxSubscriptionsPerConnection: maxSubscriptions },
    ...{ namespaces, maxTraceTimeoutMs, maxTraceBlocks },
    keptStates: storage.prune,
    priorityFeeFloor: miner.gasPriceFloor,
    metrics: metrics.enabled,
  }
}

function poolJournal(database: Database) {
  const store = new TextStore({ bucket: 'poolJournal' }, { database })
  return {
    entries: () => store.entries(),
    write: (changes: ReadonlyMap<string, Uint8Array | undefined>) => store.write(changes),
  }
}

/** Has the pool take up what it had, and follow the chain from now on. */
export async function loadPool({ core: { chain }, txpool }: Parts, log: Logger): Promise<void> {
  await txpool.load()
  chain.on('head', (change) => {
    txpool.onHead(change)
    logHeadChange(log, change)
  })
}

type HeadChange = Parameters<Parameters<Chain['on']>[1]>[0]

function logHeadChange(log: Logger, { added, removed }: HeadChange): void {
  const head = added.at(-1)
  if (head === undefined) return
  const { number, gasUsed } = head.block.header
  const details = { number, hash: head.hash, transactions: head.block.transactions.length, gasUsed }
  if (removed.length > 0) log.warn({ ...details, removed: removed.length, added: added.length }, 'reorg')
  else log.info(details, 'new head')
}

/** First what brings work in, then what does it, then the disk. */
export async function stopParts({ rpc, producer, controls, network, txpool, core }: Parts): Promise<void> {
  await producer?.stop()
  await rpc?.stop()
  await controls?.close()
  await network?.stop()
  await txpool.close()
  await core.close()
}
