import { BlockStore } from '../../storage/block-store.ts'
import { ChangedState } from '../../storage/changed-state.ts'
import type { StateView } from '../../storage/state-view.ts'
import type { BlockEnvironment } from '../block/environment.ts'
import { IndexedAccessList } from '../block/indexed-list.ts'
import { ListView } from '../block/list-view.ts'
import type { CallContext, CallOutcome, CallRequest, StoredTransaction } from '../call.ts'
import type { Tracer } from '../evm/tracer.ts'
import { movedPrecompiles, overrideDiff } from '../simulate/overrides.ts'
import { placeBlocks } from '../simulate/place-blocks.ts'
import { SimulatedChain } from '../simulate/simulated-chain.ts'
import { type WorldState, withWorldState } from '../state/world-state.ts'
import { ThreadTracer } from '../threads/thread-tracer.ts'
import { applyTransaction } from '../transaction/apply.ts'
import { createAccessList } from '../transaction/create-access-list.ts'
import { estimateGas, gasBounds } from '../transaction/estimate-gas.ts'
import { simulateCall } from '../transaction/simulate-call.ts'
import type { CallTasks } from './call-tasks.ts'
import { Deadline } from './deadline.ts'
import { ancestorHash, environmentOf } from './environment.ts'
import { onState } from './on-state.ts'
import type { StopSignal } from './stop-signal.ts'
import type { ThreadState } from './thread-state.ts'

export interface SimulationOptions {
  /** Most gas of a call. */
  readonly callGasLimit: bigint
  /** Most time for a call, or for all runs of an estimate or of the making of an access list. */
  readonly callTimeoutMs: number
  /** See `DeadlineOptions`. */
  readonly precompileGas?: bigint | undefined
}

/**
 * Calls on the state after a block, in this thread. Throw `CallError`: `state-unavailable` when it is not kept, `timeout`,
 * `closed` when the thread is to end.
 */
export class Simulation implements Omit<CallTasks, 'trace'> {
  readonly #options: SimulationOptions
  readonly #thread: ThreadState
  readonly #stopSignal: StopSignal

  constructor(options: SimulationOptions, modules: { readonly thread: ThreadState; readonly stopSignal: StopSignal }) {
    this.#options = options
    this.#thread = modules.thread
    this.#stopSignal = modules.stopSignal
  }

  call({ request, context }: Parameters<CallTasks['call']>[0]): ReturnType<CallTasks['call']> {
    const gasLimit = this.#boundedGas(request.gasLimit ?? this.#options.callGasLimit)
    return this.#on(context, ({ run }) => run({ ...request, gasLimit }))
  }

  estimateGas({ request, context }: Parameters<CallTasks['estimateGas']>[0]): ReturnType<CallTasks['estimateGas']> {
    const gasLimit = this.#boundedGas(request.gasLimit ?? context.header.gasLimit)
    return this.#on(context, ({ environment, view, run }) => {
      const balance = view.account(request.from)?.balance ?? 0n
      const bounds = gasBounds({ ...request, gasLimit }, environment, balance)
      return estimateGas((limit) => run({ ...request, gasLimit: limit }), bounds)
    })
  }

  createAccessList({
    request,
    context,
  }: Parameters<CallTasks['createAccessList']>[0]): ReturnType<CallTasks['createAccessList']> {
    const gasLimit = this.#boundedGas(request.gasLimit ?? this.#options.callGasLimit)
    return this.#on(context, ({ environment, view, run }) => {
      const nonce = view.account(request.from)?.nonce ?? 0n
      return createAccessList(run, { ...request, gasLimit }, environment, nonce)
    })
  }

  simulate({ request, context }: Parameters<CallTasks['simulate']>[0]): ReturnType<CallTasks['simulate']> {
    const { callGasLimit: gasLimit } = this.#options
    const deadline = this.#deadline()
    const { header, hash } = context
    const placed = placeBlocks(request.blocks, header)
    return onState(context, this.#thread, ({ view, reader }) => {
      const { chain, nodes } = this.#thread
      const blocks = new BlockStore({ reader })
      // The root of what the view shows, should the user of the chain have changed the state since the block.
      const stateRoot = blocks.stateRoot(hash) ?? header.stateRoot
      const simulated = new SimulatedChain(
        { chain, gasLimit, tracesTransfers: request.tracesTransfers, validates: request.validates },
        {
          base: { header: { ...header, stateRoot }, hash },
          state: view,
          nodes,
          blockHash: ancestorHash(header, blocks),
          onPause: () => deadline.look(),
        },
      )
      return placed.map((block) => simulated.append(block))
    })
  }

  threads(transaction: StoredTransaction): ReturnType<CallTasks['threads']> {
    const tracer = new ThreadTracer()
    return this.#again(transaction, () => tracer) ? tracer.threads : undefined
  }

  record(transaction: StoredTransaction): ReturnType<CallTasks['record']> {
    let record: ReturnType<CallTasks['record']>
    const isThere = this.#again(transaction, (state) => ({
      onResult: ({ depth }) => {
        // The outermost ends last; when the transaction has ended, it is all forgotten.
        if (depth === 0) record = state.recorded()
      },
    }))
    return isThere ? record : undefined
  }

  /** Executes it again on what the list of its block says was there before it. Returns whether that could be done. */
  #again({ blockHash, index, sender }: StoredTransaction, tracerOn: (state: WorldState) => Tracer): boolean {
    const deadline = this.#deadline()
    const { header, accessList, transactions } = this.#thread.block(blockHash) ?? {}
    const transaction = transactions?.[index]
    if (header === undefined || accessList === undefined || transaction === undefined) return false
    const parent = this.#thread.header(header.parentHash)
    if (parent === undefined) return false
    return onState({ header: parent, hash: header.parentHash }, this.#thread, ({ source, reader }) => {
      const blocks = new BlockStore({ reader })
      const environment = environmentOf(header, this.#thread.chain, ancestorHash(header, blocks))
      const view = new ListView(index + 1, { list: new IndexedAccessList(accessList, { parent: source }) })
      withWorldState({ rules: environment.rules, record: true, keepPreimages: true }, { view }, (state) => {
        const watch = { tracer: tracerOn(state), ...deadline.watch }
        return applyTransaction(transaction, sender, environment, state, watch)
      })
      return true
    })
  }

  /** For one call, from now on. */
  #deadline(): Deadline {
    const { callTimeoutMs: timeoutMs, precompileGas } = this.#options
    return new Deadline({ timeoutMs, precompileGas }, { stopSignal: this.#stopSignal })
  }

  #boundedGas(gasLimit: bigint): bigint {
    const { callGasLimit } = this.#options
    return gasLimit < callGasLimit ? gasLimit : callGasLimit
  }

  #on<Result>({ header, hash, overrides }: CallContext, use: (site: Site) => Result): Result {
    const { watch } = this.#deadline()
    return onState({ header, hash }, this.#thread, (state) => {
      const diff = overrides && overrideDiff(overrides, state.view)
      const view = diff === undefined ? state.view : new ChangedState(state.view, diff)
      const blocks = new BlockStore({ reader: state.reader })
      const ofBlock = environmentOf(header, this.#thread.chain, ancestorHash(header, blocks))
      const { rules } = ofBlock
      const environment = { ...ofBlock, precompiles: overrides && movedPrecompiles(overrides, rules) }
      // Every run starts from the same state: what one changes stays in its own world state.
      const run: Site['run'] = (request, tracer) =>
        withWorldState({ rules, record: false }, { view }, (state) =>
          simulateCall(request, environment, state, { tracer, ...watch }),
        )
      return use({ environment, view, run })
    })
  }
}

interface Site {
  readonly environment: BlockEnvironment
  readonly view: StateView
  run(request: CallRequest, tracer?: Tracer): CallOutcome
}
