import type { Header } from '../../primitives/header.ts'
import type { Hash } from '../../primitives/hex.ts'
import { BlockStore } from '../../storage/block-store.ts'
import type { StateView } from '../../storage/state-view.ts'
import { StorageError } from '../../storage/storage-error.ts'
import type { BlockEnvironment } from '../block/environment.ts'
import { IndexedAccessList } from '../block/indexed-list.ts'
import { ListView } from '../block/list-view.ts'
import type { CallContext, CallOutcome, CallRequest, StoredTransaction } from '../call.ts'
import { CallError } from '../call-error.ts'
import { pausingTracer } from '../evm/pausing-tracer.ts'
import type { Tracer } from '../evm/tracer.ts'
import { type WorldState, withWorldState } from '../state/world-state.ts'
import { ThreadTracer } from '../threads/thread-tracer.ts'
import { applyTransaction } from '../transaction/apply.ts'
import { createAccessList } from '../transaction/create-access-list.ts'
import { estimateGas, gasBounds } from '../transaction/estimate-gas.ts'
import { simulateCall } from '../transaction/simulate-call.ts'
import type { CallTasks } from './call-tasks.ts'
import { Deadline } from './deadline.ts'
import { environmentOf } from './environment.ts'
import { ExecutionError } from './execution-error.ts'
import { OverrideView } from './override-view.ts'
import type { StopSignal } from './stop-signal.ts'
import type { FixedState, ThreadState } from './thread-state.ts'

export interface SimulationOptions {
  /** Most gas of a call. */
  readonly callGasLimit: bigint
  /** Most time for a call, or for all runs of an estimate or of the making of an access list. */
  readonly callTimeoutMs: number
}

/**
 * Calls on the state after a block, in this thread. Throw `CallError`: `state-unavailable` when it is not kept, `timeout`,
 * `closed` when the thread is to end.
 */
export class Simulation implements CallTasks {
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
    const { callTimeoutMs: timeoutMs } = this.#options
    const deadline = new Deadline({ timeoutMs }, { stopSignal: this.#stopSignal })
    const { header, accessList, transactions } = this.#thread.block(blockHash) ?? {}
    const transaction = transactions?.[index]
    if (header === undefined || accessList === undefined || transaction === undefined) return false
    const parent = this.#thread.block(header.parentHash)
    if (parent === undefined) return false
    return this.#onState({ header: parent.header, hash: header.parentHash }, ({ source, reader }) => {
      const blocks = new BlockStore({ reader })
      const environment = environmentOf(header, this.#thread.chain, ancestorHash(header, blocks))
      const view = new ListView(index + 1, { list: new IndexedAccessList(accessList, { parent: source }) })
      withWorldState({ rules: environment.rules, record: true, keepPreimages: true }, { view }, (state) => {
        const tracer = pausingTracer(() => deadline.look(), tracerOn(state))
        return applyTransaction(transaction, sender, environment, state, tracer)
      })
      return true
    })
  }

  #boundedGas(gasLimit: bigint): bigint {
    const { callGasLimit } = this.#options
    return gasLimit < callGasLimit ? gasLimit : callGasLimit
  }

  #on<Result>({ header, hash, overrides }: CallContext, use: (site: Site) => Result): Result {
    const { callTimeoutMs: timeoutMs } = this.#options
    const deadline = new Deadline({ timeoutMs }, { stopSignal: this.#stopSignal })
    return this.#onState({ header, hash }, (state) => {
      const view = overrides === undefined ? state.view : new OverrideView(state.view, overrides)
      const blocks = new BlockStore({ reader: state.reader })
      const environment = environmentOf(header, this.#thread.chain, ancestorHash(header, blocks))
      const { rules } = environment
      // Every run starts from the same state: what one changes stays in its own world state.
      const run: Site['run'] = (request, tracer) =>
        withWorldState({ rules, record: false }, { view }, (state) =>
          simulateCall(request, environment, state, { tracer, onPause: () => deadline.look() }),
        )
      return use({ environment, view, run })
    })
  }

  #onState<Result>({ header, hash }: CallContext, use: (state: FixedState) => Result): Result {
    try {
      const state = this.#thread.after({ hash, stateRoot: header.stateRoot })
      try {
        return use(state)
      } finally {
        state.close()
      }
    } catch (error) {
      throw isStateMissing(error) ? new CallError('state-unavailable', error.message, error.details) : error
    }
  }
}

interface Site {
  readonly environment: BlockEnvironment
  readonly view: StateView
  run(request: CallRequest, tracer?: Tracer): CallOutcome
}

function isStateMissing(error: unknown): error is ExecutionError | StorageError {
  if (error instanceof ExecutionError) return error.code === 'state-unavailable'
  return error instanceof StorageError && error.code === 'missing-state'
}

/** How far back BLOCKHASH sees. */
const VISIBLE_ANCESTORS = 256n

/** Follows the headers from the block's own parent, so that it is right on a branch that has lost, too. */
function ancestorHash(header: Header, blocks: Pick<BlockStore, 'header'>): BlockEnvironment['blockHash'] {
  return (number) => {
    if (number >= header.number || number + VISIBLE_ANCESTORS < header.number) return undefined
    let hash: Hash | undefined = header.parentHash
    for (let at = header.number - 1n; at > number && hash !== undefined; at--) hash = blocks.header(hash)?.parentHash
    return hash
  }
}
