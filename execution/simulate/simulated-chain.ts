import { type ChainConfig, rulesAt } from '../../config/chain.ts'
import { GAS_TRANSACTION } from '../../config/gas.ts'
import type { Rules } from '../../config/hardforks.ts'
import type { Block } from '../../primitives/block.ts'
import { EMPTY_BYTES } from '../../primitives/bytes.ts'
import { type Header, headerHash } from '../../primitives/header.ts'
import { type Hash, ZERO_HASH } from '../../primitives/hex.ts'
import { EMPTY_OMMERS_HASH } from '../../primitives/keccak.ts'
import { encodeTransaction, type Transaction } from '../../primitives/transaction.ts'
import { encodeWithdrawal } from '../../primitives/withdrawal.ts'
import { ChangedState } from '../../storage/changed-state.ts'
import { withWholeAccounts } from '../../storage/fork/whole-accounts.ts'
import type { StateDiff, StateView } from '../../storage/state-view.ts'
import { listRoot } from '../../storage/trie/list-root.ts'
import { MemoryNodes, type NodeReader } from '../../storage/trie/node-reader.ts'
import { updateState } from '../../storage/trie/state-trie.ts'
import { assembleBlock } from '../block/assemble.ts'
import { nextBaseFee } from '../block/base-fee.ts'
import { nextExcessBlobGas } from '../block/blob-gas.ts'
import { BlockError } from '../block/block-error.ts'
import type { BlockEnvironment } from '../block/environment.ts'
import type { BlockTemplate, ExecutedBlock } from '../block/executor.ts'
import type { BlockOutcome, TransactionOutcome } from '../block/outcome.ts'
import type { CallRequest, SimulationRequest } from '../call.ts'
import { environmentOf } from '../parallel/environment.ts'
import { type WorldState, withWorldState } from '../state/world-state.ts'
import { blobBaseFeeIn } from '../transaction/apply.ts'
import { runAfterBlock, runBeforeBlock } from '../transaction/system-calls.ts'
import { movedPrecompiles, overrideDiff } from './overrides.ts'
import type { PlacedBlock } from './place-blocks.ts'
import type { SimulatedBlock, SimulatedCall, SimulatedLog } from './simulated-block.ts'
import { applyUnsigned, unsignedTransaction } from './simulated-transaction.ts'
import { SimulationError } from './simulation-error.ts'
import { TransferTracer } from './transfer-tracer.ts'

export interface SimulatedChainOptions extends Pick<SimulationRequest, 'tracesTransfers' | 'validates'> {
  readonly chain: ChainConfig
  /** Most gas of all calls together. */
  readonly gasLimit: bigint
}

interface LocatedHeader {
  readonly header: Header
  readonly hash: Hash
}

export interface SimulatedChainModules {
  /** The block that the first one stands on, the state after it, and where its trie is. */
  readonly base: LocatedHeader
  readonly state: StateView
  readonly nodes: NodeReader
  /** Hashes of the blocks before `base`. */
  readonly blockHash: BlockEnvironment['blockHash']
  /** Called now and then; may throw to give up. */
  readonly onPause: () => void
}

/** What calls left behind. */
interface Executed {
  readonly outcome: BlockOutcome
  readonly transactions: readonly Transaction[]
  readonly calls: readonly SimulatedCall[]
}

const ZERO_NONCE = new Uint8Array(8)
const NO_TIMELINE: ExecutedBlock['timeline'] = { strategy: 'serial', workers: 1, durationUs: 0, entries: [] }

/** Blocks upon a stored one that are made of calls without signatures. Nothing of it is stored. */
export class SimulatedChain {
  readonly #options: SimulatedChainOptions
  readonly #modules: SimulatedChainModules
  readonly #state: ChangedState
  readonly #nodes: MemoryNodes
  readonly #hashes = new Map<bigint, Hash>()
  #parent: LocatedHeader
  #stateRoot: Hash
  #gasLeft: bigint

  constructor(options: SimulatedChainOptions, modules: SimulatedChainModules) {
    this.#options = options
    this.#modules = modules
    this.#state = new ChangedState(modules.state)
    this.#nodes = new MemoryNodes(modules.nodes)
    this.#parent = modules.base
    this.#stateRoot = modules.base.header.stateRoot
    this.#gasLeft = options.gasLimit
  }

  /** Executes the calls of the next block. Throws SimulationError and TransactionError. */
  append(placed: PlacedBlock): SimulatedBlock {
    this.#modules.onPause()
    try {
      return this.#append(placed)
    } catch (error) {
      if (error instanceof BlockError) throw new SimulationError('system-call-failed', error.message, error.details)
      throw error
    }
  }

  #append(placed: PlacedBlock): SimulatedBlock {
    const { chain } = this.#options
    const { header: overrides, accounts, calls } = placed.request
    const rules = rulesAt(chain, placed.number, placed.timestamp)
    const template = this.#template(placed, rules)
    const precompiles = accounts && movedPrecompiles(accounts, rules)
    if (accounts !== undefined) this.#apply(overrideDiff(accounts, this.#state))
    const environment = {
      ...environmentOf(template, chain, (number) => this.#blockHash(number)),
      precompiles,
    }
    const executed = withWorldState({ rules, record: false }, { view: this.#state }, (state) => {
      const before = runBeforeBlock(environment, template.parentHash, state)
      const blobBaseFee = overrides.blobBaseFee ?? blobBaseFeeIn(environment)
      const { outcomes, ...ran } = this.#run(calls, environment, blobBaseFee, state)
      const after = runAfterBlock(environment, template.withdrawals ?? [], [], state)
      return { ...ran, outcome: { before, transactions: outcomes, after } }
    })
    return this.#finish(template, rules, executed)
  }

  /** By default a block costs nothing: its base fee is 0. */
  #template({ number, timestamp, request: { header } }: PlacedBlock, rules: Rules): BlockTemplate {
    const parent = this.#parent.header
    const baseFee = header.baseFeePerGas ?? (this.#options.validates ? nextBaseFee(parent) : 0n)
    return {
      parentHash: this.#parent.hash,
      number,
      timestamp,
      coinbase: header.coinbase ?? parent.coinbase,
      gasLimit: header.gasLimit ?? parent.gasLimit,
      extraData: EMPTY_BYTES,
      difficulty: rules.atLeast('paris') ? 0n : parent.difficulty,
      mixHash: header.prevRandao ?? ZERO_HASH,
      baseFeePerGas: rules.hasBaseFee ? baseFee : undefined,
      excessBlobGas: rules.blobSchedule && nextExcessBlobGas(parent, rules),
      parentBeaconBlockRoot: rules.hasBeaconRoots ? ZERO_HASH : undefined,
      withdrawals: rules.atLeast('shanghai') ? (header.withdrawals ?? []) : undefined,
    }
  }

  #blockHash(number: bigint): Hash | undefined {
    const { base, blockHash } = this.#modules
    if (number === base.header.number) return base.hash
    return number < base.header.number ? blockHash(number) : this.#hashes.get(number)
  }

  #run(
    requests: readonly CallRequest[],
    environment: BlockEnvironment,
    blobBaseFee: bigint,
    state: WorldState,
  ): { outcomes: TransactionOutcome[]; transactions: Transaction[]; calls: SimulatedCall[] } {
    const { tracesTransfers, validates } = this.#options
    const tracer = tracesTransfers ? new TransferTracer() : undefined
    const outcomes: TransactionOutcome[] = []
    const transactions: Transaction[] = []
    const calls: SimulatedCall[] = []
    let gasUsed = 0n
    let logCount = 0
    for (const request of requests) {
      const gasLimit = this.#callGas(request, environment.gasLimit - gasUsed)
      // Looks at the nonce outside of a transaction that is undone when the next one begins.
      state.beginTransaction()
      const nonce = request.nonce ?? state.nonce(request.from)
      const transaction = unsignedTransaction(request, { nonce, gasLimit }, environment)
      const spent = { gas: 0n }
      const watch = { tracer, onPause: this.#modules.onPause, spent }
      const outcome = applyUnsigned(transaction, request.from, environment, state, { validates, blobBaseFee, watch })
      gasUsed += outcome.gasUsed
      this.#gasLeft -= outcome.gasUsed
      const logs =
        tracer?.take(outcome.logs) ?? outcome.logs.map((log): SimulatedLog => ({ ...log, index: logCount++ }))
      transactions.push(transaction)
      outcomes.push(outcome)
      calls.push({
        succeeded: outcome.succeeded,
        output: outcome.output,
        gasUsed: outcome.gasUsed,
        peakGas: spent.gas,
        logs,
        error: outcome.error,
      })
    }
    return { outcomes, transactions, calls }
  }

  /** What a call asks for, or all that its block has left; no more than is left of the simulation's. */
  #callGas(request: CallRequest, blockGas: bigint): bigint {
    const wanted = request.gasLimit ?? blockGas
    if (wanted > blockGas) {
      const message = `a call may use ${wanted} gas, its block has ${blockGas} left`
      throw new SimulationError('block-gas-exceeded', message, { gasLimit: wanted, available: blockGas })
    }
    if (wanted <= this.#gasLeft) return wanted
    if (this.#gasLeft >= GAS_TRANSACTION) return this.#gasLeft
    const { gasLimit } = this.#options
    throw new SimulationError('simulation-too-large', `the calls use more than ${gasLimit} gas together`, { gasLimit })
  }

  #finish(template: BlockTemplate, rules: Rules, { outcome, transactions, calls }: Executed): SimulatedBlock {
    const executed = assembleBlock(
      outcome,
      {
        rules,
        hasPlan: false,
        gasLimit: template.gasLimit,
        transactions,
        depositContract: this.#options.chain.depositContractAddress,
        timeline: NO_TIMELINE,
      },
      {
        parent: this.#state,
        intermediateRoot: (diff) => updateState(this.#stateRoot, diff, this.#nodes).stateRoot,
      },
    )
    this.#apply(executed.diff)
    const { withdrawals, ...fields } = template
    const header: Header = {
      ...fields,
      ommersHash: EMPTY_OMMERS_HASH,
      nonce: ZERO_NONCE,
      stateRoot: this.#stateRoot,
      transactionsRoot: listRoot(transactions.map(encodeTransaction)),
      receiptsRoot: executed.receiptsRoot,
      logsBloom: executed.logsBloom,
      gasUsed: executed.gasUsed,
      withdrawalsRoot: withdrawals && listRoot(withdrawals.map(encodeWithdrawal)),
      blobGasUsed: template.excessBlobGas === undefined ? undefined : executed.blobGasUsed,
      requestsHash: executed.requestsHash,
    }
    const block: Block = { header, transactions, ommers: [], withdrawals }
    const hash = headerHash(header)
    this.#hashes.set(header.number, hash)
    this.#parent = { header, hash }
    return { block, hash, senders: executed.senders, calls }
  }

  #apply(diff: StateDiff): void {
    const whole = withWholeAccounts(diff, this.#state)
    const { stateRoot, nodes } = updateState(this.#stateRoot, whole, this.#nodes)
    this.#nodes.add(nodes)
    this.#state.apply(diff)
    this.#stateRoot = stateRoot
  }
}
