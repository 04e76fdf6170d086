import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { rulesAt } from '../config/chain.ts'
import type { Settings } from '../config/settings.ts'
import { nextBaseFee } from '../consensus/base-fee.ts'
import type { Chain } from '../consensus/chain.ts'
import { Producer } from '../consensus/producer.ts'
import { TxPool } from '../consensus/txpool/pool.ts'
import { Network } from '../p2p/network.ts'
import { developerAccounts } from '../primitives/developer-accounts.ts'
import { keccakBackend } from '../primitives/keccak.ts'
import { secp256k1Backend } from '../primitives/secp256k1.ts'
import { feeRules } from '../rpc/fee-rules.ts'
import { DEFAULT_RPC_OPTIONS } from '../rpc/options.ts'
import { RpcServer } from '../rpc/server.ts'
import type { Database } from '../storage/database.ts'
import { TextStore } from '../storage/text-store.ts'
import { identityFile } from './identity-file.ts'
import { type NodeChain, openNodeChain } from './node-chain.ts'

/** Developer accounts that the genesis funds and the node signs for. */
const DEVELOPER_ACCOUNTS = 20

const CLIENT_NAME = 'pavm/0.1.0'

interface Parts {
  readonly core: NodeChain
  readonly txpool: TxPool
  readonly network: Network
  readonly producer: Producer | undefined
  readonly rpc: RpcServer | undefined
}

/** A whole node: everything is constructed here, and ended in the opposite order. */
export class PavmNode {
  readonly rpcUrl: string | undefined
  readonly #parts: Parts

  private constructor(parts: Parts, rpcUrl: string | undefined) {
    this.#parts = parts
    this.rpcUrl = rpcUrl
  }

  /** Opens the chain and brings every service up. Throws an error with a code when something is in the way. */
  static async start(settings: Settings, { log }: { readonly log: Logger }): Promise<PavmNode> {
    const parts = build(settings, log, await openNodeChain(settings, { log }))
    const { core, txpool, network, producer, rpc } = parts
    const { chain, execution } = core
    try {
      await txpool.load()
      chain.on('head', (change) => {
        txpool.onHead(change)
        logHeadChange(log, change)
      })
      await network.start()
      const address = await rpc?.start()
      producer?.start()
      const rpcUrl = address === undefined ? undefined : `http://${address.host}:${address.port}`
      const { header, hash } = chain.head()
      warnOfSlowBackends(log)
      log.info({ rpcUrl, number: header.number, hash, workers: execution.workers().length }, 'node is up')
      return new PavmNode(parts, rpcUrl)
    } catch (error) {
      await stopParts(parts)
      throw error
    }
  }

  get peerId(): string {
    return this.#parts.network.nodeInfo().peerId
  }

  get headNumber(): bigint {
    return this.#parts.core.chain.head().header.number
  }

  /** Ends everything; what was stored is on disk when it resolves. */
  async stop(): Promise<void> {
    await stopParts(this.#parts)
  }
}

function build(settings: Settings, log: Logger, core: NodeChain): Parts {
  const { storage, execution, senders, engine, processor, chain } = core
  const { config, database, blocks, states, genesisHash } = storage
  const moduleLog = (module: string): Logger => log.child({ module })

  const accounts = settings.rpc.unlockDeveloperAccounts ? developerAccounts(DEVELOPER_ACCOUNTS) : []
  const txpool = new TxPool(
    {
      chainId: config.chainId,
      perSender: settings.txpool.perSender,
      pending: settings.txpool.pending,
      queued: settings.txpool.queued,
      maxTransactionBytes: settings.txpool.maxTransactionBytes,
      minimumGasPrice: settings.miner.gasPriceFloor,
      localSenders: new Set(accounts.map(({ address }) => address)),
    },
    {
      nextBlock: () => {
        const { header } = chain.head()
        const rules = rulesAt(config, header.number + 1n, header.timestamp + 1n)
        return { rules, gasLimit: header.gasLimit, baseFeePerGas: rules.hasBaseFee ? nextBaseFee(header) : 0n }
      },
      state: () => states.headView(),
      journal: settings.txpool.journal ? poolJournal(database) : undefined,
      senders,
      log: moduleLog('txpool'),
    },
  )
  const network = new Network(
    {
      chainId: config.chainId,
      genesisHash,
      host: settings.p2p.host,
      port: settings.p2p.port,
      peers: settings.p2p.peers,
      mdns: settings.p2p.mdns,
      maxPeers: settings.p2p.maxPeers,
      announceAboveBytes: settings.p2p.announceAboveBytes,
    },
    {
      chain,
      blocks,
      txpool,
      identity: identityFile(identityPath(settings)),
      log: moduleLog('p2p'),
    },
  )
  const producer = settings.miner.enabled
    ? new Producer(
        {
          config,
          coinbase: settings.miner.coinbase,
          gasLimit: settings.miner.gasLimit,
          extraData: new TextEncoder().encode(settings.miner.extraData),
        },
        {
          chain,
          engine,
          txpool,
          builder: execution.builder,
          processor,
          log: moduleLog('miner'),
          publish: (block) => void network.publishBlock(block),
        },
      )
    : undefined
  const rpc = settings.rpc.enabled
    ? new RpcServer(
        {
          ...DEFAULT_RPC_OPTIONS,
          ...pickRpc(settings),
          chainId: config.chainId,
          clientVersion: `${CLIENT_NAME}/${process.platform}-${process.arch}/node${process.versions.node}`,
          coinbase: settings.miner.enabled ? settings.miner.coinbase : undefined,
        },
        {
          blocks,
          chain,
          state: states,
          pool: txpool,
          calls: execution.calls,
          network,
          fees: feeRules(config),
          accounts,
          workers: () => execution.workers(),
          compiler: () => execution.compilerCounts(),
          log: moduleLog('rpc'),
        },
      )
    : undefined
  return { core, txpool, network, producer, rpc }
}

/** Beside the data directory's database: a network's files hold the key before the node first starts. */
function identityPath(settings: Settings): string {
  const beside = join(settings.dataDir, '..', 'identity.key')
  return existsSync(beside) ? beside : join(settings.dataDir, 'identity.key')
}

function pickRpc({ rpc, miner, metrics }: Settings) {
  const { host, port, corsOrigins, allowedHosts, maxBodyBytes, maxBatch, maxRequestsPerSecond } = rpc
  const { callGasLimit, maxLogRange, maxLogs, maxFilters, maxSubscriptions } = rpc
  return {
    ...{ host, port, corsOrigins, allowedHosts, maxBodyBytes, maxBatch, maxRequestsPerSecond },
    ...{ callGasLimit, maxLogRange, maxLogs, maxFilters, maxSubscriptionsPerConnection: maxSubscriptions },
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

/** Both fall back without a word; everything works, many times slower. */
function warnOfSlowBackends(log: Logger): void {
  const slow = Object.entries({ keccak: keccakBackend, secp256k1: secp256k1Backend })
    .filter(([, backend]) => backend === 'javascript')
    .map(([name]) => name)
  if (slow.length > 0) log.warn({ slow }, 'the fast implementation could not be loaded: slow JavaScript is used')
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
async function stopParts({ rpc, producer, network, txpool, core }: Parts): Promise<void> {
  await producer?.stop()
  await rpc?.stop()
  await network.stop()
  await txpool.close()
  await core.close()
}
