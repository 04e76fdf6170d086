import { developmentGenesis, type Genesis, type GenesisAccount } from '../../config/genesis.ts'
import { completeBlock, draftBlock } from '../../consensus/block-draft.ts'
import { BlockProcessor, type ProcessedBlock } from '../../consensus/block-processor.ts'
import { TestNode } from '../../consensus/fixtures/test-node.ts'
import type { BlockExecutor, BuiltBlock, ExecutionStrategy } from '../../execution/block/executor.ts'
import { ExecutionService } from '../../execution/parallel/service.ts'
import { type KnownSenders, SenderCache } from '../../execution/sender-cache.ts'
import type { Block } from '../../primitives/block.ts'
import { type Address, ZERO_ADDRESS } from '../../primitives/hex.ts'
import type { Transaction } from '../../primitives/transaction.ts'
import type { Withdrawal } from '../../primitives/withdrawal.ts'
import { CleanUp } from './clean-up.ts'
import type { TestAccount } from './test-accounts.ts'

export interface BlockLabOptions {
  readonly genesis: Genesis
  /** A pool of this many replay workers each, all on one database. The first also builds, and executes serially. */
  readonly pools: readonly number[]
  /** Pin each replay worker to a processor, as nodes do. Default no: several pools would crowd the first ones. */
  readonly pin?: boolean
  /** Default 0: all workers take part in every block, however small. */
  readonly leastShareUs?: number
}

export interface BuildWishes {
  readonly coinbase?: Address
  readonly withdrawals?: readonly Withdrawal[]
}

/** A block that its miner has made, with all that the miner knows of it. */
export interface MadeBlock {
  readonly block: Block
  readonly processed: ProcessedBlock
  /** Candidates that could not be executed. */
  readonly refused: BuiltBlock['refused']
}

const BUILD_LIMIT_MS = 60_000
const SILENT = { debug() {}, info() {}, warn() {}, error() {} }

/** A chain on disk whose blocks are made as a miner makes them, and executed in worker threads in every way there is. */
export class BlockLab {
  readonly node: TestNode
  /** As if the pool had seen them. */
  knownSenders: KnownSenders = new SenderCache()
  readonly #services: ReadonlyMap<number, ExecutionService>
  readonly #cleanUp: CleanUp

  static async open({ genesis, pools, pin = false, leastShareUs = 0 }: BlockLabOptions): Promise<BlockLab> {
    const cleanUp = new CleanUp()
    const node = await TestNode.open(cleanUp, { genesis })
    const services = new Map<number, ExecutionService>()
    const lab = new BlockLab(node, services, cleanUp)
    const senders: KnownSenders = { get: (hash) => lab.knownSenders.get(hash) }
    for (const workers of pools) {
      const stateCache = node.database.stateCache?.memory
      const options = { directory: node.directory, stateCache, genesis, workers, pin, leastShareUs, senders }
      const service = executionService(options)
      cleanUp.after(() => service.close())
      services.set(workers, service)
    }
    return lab
  }

  private constructor(node: TestNode, services: ReadonlyMap<number, ExecutionService>, cleanUp: CleanUp) {
    this.node = node
    this.#services = services
    this.#cleanUp = cleanUp
  }

  async close(): Promise<void> {
    await this.#cleanUp.run()
  }

  /** Starts the replay threads, which else do so when they are first needed. */
  async start(): Promise<void> {
    await Promise.all(this.#services.values().map((service) => service.start()))
  }

  executor(strategy: ExecutionStrategy, workers: number): BlockExecutor {
    const service = this.#services.get(workers)
    if (service === undefined) throw new RangeError(`no pool of ${workers} workers`)
    return service.executor(strategy)
  }

  /** Makes a child of the head from the candidates that can be executed, in their order. */
  async build(candidates: readonly Transaction[], wishes: BuildWishes = {}): Promise<MadeBlock> {
    const { coinbase = ZERO_ADDRESS, withdrawals = [] } = wishes
    const { chain, engine, genesis, states } = this.node
    const parent = chain.headContext()
    const options = { config: genesis.config, coinbase, gasLimit: parent.header.gasLimit, extraData: new Uint8Array(0) }
    const plain = draftBlock(parent, 0, options, engine)
    if (plain === undefined) throw new Error('this engine makes no block here')
    const draft = { ...plain, template: { ...plain.template, withdrawals } }
    const [service] = this.#services.values()
    const built = await service!.builder.build(draft.template, candidates, parent, BUILD_LIMIT_MS)
    const stateUpdate = service!.stateUpdate(states.nodes)
    const processor = new BlockProcessor({ executor: service!.executor('serial'), nodes: states.nodes, stateUpdate })
    const processed = await processor.finish(built.executed, parent.header)
    return { block: completeBlock(draft, built, processed.stateRoot), processed, refused: built.refused }
  }

  /** What a validator does with a child of the head, but for storing it. Throws BlockError when it is invalid. */
  async judge(block: Block, executor: BlockExecutor): Promise<ProcessedBlock> {
    const { chain, states } = this.node
    return await new BlockProcessor({ executor, nodes: states.nodes }).process(block, chain.headContext())
  }

  /** Makes it the head. */
  async append({ block, processed }: MadeBlock): Promise<void> {
    await this.node.chain.importBlock(block, { source: 'miner', processed })
  }

  /** Puts the accounts' nonces right after transactions of theirs were left out, or their code used some up. */
  synchroniseNonces(accounts: readonly TestAccount[]): void {
    const view = this.node.states.headView()
    for (const account of accounts) account.nonce = view.account(account.address)?.nonce ?? 0n
  }
}

/** Threads over a database that this process has open, or will have when they are first used. Close them before it. */
export function executionService(options: {
  readonly directory: string
  readonly stateCache?: SharedArrayBuffer | undefined
  readonly genesis: Genesis
  readonly workers: number
  readonly pin?: boolean
  readonly leastShareUs?: number
  readonly senders?: KnownSenders
}): ExecutionService {
  return new ExecutionService(
    {
      databaseDirectory: options.directory,
      stateCache: options.stateCache,
      chain: options.genesis.config,
      workers: options.workers,
      pin: options.pin ?? false,
      leastShareUs: options.leastShareUs,
      callTimeoutMs: 1_000,
      callGasLimit: 1_000_000n,
    },
    { log: SILENT, senders: options.senders },
  )
}

/** A development chain that makes blocks at once, with these accounts besides the usual ones. */
export function labGenesis(accounts: Iterable<readonly [Address, Partial<GenesisAccount>]>): Genesis {
  return withAccounts(developmentGenesis({ engine: 'instant', periodSeconds: 0 }), accounts)
}

export function withAccounts(
  genesis: Genesis,
  accounts: Iterable<readonly [Address, Partial<GenesisAccount>]>,
): Genesis {
  const added = [...accounts].map(([address, fields]) => {
    return [address, { balance: 0n, nonce: 0n, code: new Uint8Array(0), storage: new Map(), ...fields }] as const
  })
  return { ...genesis, alloc: new Map([...genesis.alloc, ...added]) }
}
