import type { Block } from '../../primitives/block.ts'
import type { Header } from '../../primitives/header.ts'
import type { Address, Hash } from '../../primitives/hex.ts'
import { recoverAuthority, type Transaction, transactionHash } from '../../primitives/transaction.ts'
import { BlockStore } from '../../storage/block-store.ts'
import { ChangedState } from '../../storage/changed-state.ts'
import type { StateDiff, StateView } from '../../storage/state-view.ts'
import type { BlockEnvironment } from '../block/environment.ts'
import { IndexedAccessList } from '../block/indexed-list.ts'
import { ListView } from '../block/list-view.ts'
import type { CallRequest } from '../call.ts'
import { CallError } from '../call-error.ts'
import type { Watch } from '../compiler/execute.ts'
import { movedPrecompiles, overrideDiff } from '../simulate/overrides.ts'
import { type WorldState, withWorldState } from '../state/world-state.ts'
import { JsonWriter } from '../tracing/json-writer.ts'
import { makeReport } from '../tracing/reports.ts'
import type { Report, TracePosition } from '../tracing/trace.ts'
import type { TraceBlockOverrides, TraceWork } from '../tracing/trace-request.ts'
import { applyTransaction } from '../transaction/apply.ts'
import { simulateCall } from '../transaction/simulate-call.ts'
import { runBeforeBlock } from '../transaction/system-calls.ts'
import type { CallTasks, TraceTaskRequest } from './call-tasks.ts'
import { Deadline } from './deadline.ts'
import { ancestorHash, type EnvironmentFields, environmentOf } from './environment.ts'
import { onState } from './on-state.ts'
import { senderInBlock } from './recover-sender.ts'
import { isDaoForkBlock } from './serial-block.ts'
import type { StopSignal } from './stop-signal.ts'
import { MAX_WAIT_MS, TextChannel } from './text-channel.ts'
import type { BlockState, ThreadState } from './thread-state.ts'

/** Bytes of a trace: what is written in a minute fills it. */
const MAX_LENGTH = 2 ** 32

/**
 * Executes what blocks have executed again, or calls, and writes what tracers see, in this thread. Throws `CallError`:
 * `state-unavailable`, `timeout`, `trace-too-large`; `cancelled` when nobody reads any more, `closed` when the thread is to end.
 */
export class Tracing implements Pick<CallTasks, 'trace'> {
  readonly #thread: ThreadState
  readonly #stopSignal: StopSignal

  constructor(modules: { readonly thread: ThreadState; readonly stopSignal: StopSignal }) {
    this.#thread = modules.thread
    this.#stopSignal = modules.stopSignal
  }

  trace({ work, timeoutMs, channel: memory }: TraceTaskRequest): void {
    const channel = new TextChannel(memory)
    const deadline = new Deadline({ timeoutMs }, { stopSignal: this.#stopSignal })
    const look = () => {
      if (channel.isCancelled) throw new CallError('cancelled', 'nobody waits for the trace any more')
      deadline.look()
    }
    const writer = new JsonWriter(this.#sinkTo(channel, deadline))
    try {
      look()
      new TraceRun(work, { thread: this.#thread, writer, look }).run()
      writer.end()
    } catch (error) {
      if (!channel.isCancelled) writer.abandon()
      throw error
    }
  }

  /** What waiting takes is not the trace's time, but bounded too. */
  #sinkTo(channel: TextChannel, deadline: Deadline): (text: string) => void {
    let waitedMs = 0
    let length = 0
    return (text) => {
      length += text.length
      if (length > MAX_LENGTH) {
        // What closes it is let through.
        length = Number.NEGATIVE_INFINITY
        throw new CallError('trace-too-large', `the trace has more than ${MAX_LENGTH} bytes`)
      }
      const startMs = performance.now()
      channel.write(text, () => {
        if (channel.isCancelled) throw new CallError('cancelled', 'nobody waits for the trace any more')
        if (this.#stopSignal.isSet) throw new CallError('closed', 'the node is shutting down')
        if (waitedMs + performance.now() - startMs < MAX_WAIT_MS) return
        throw new CallError('timeout', `what was traced was not read within ${MAX_WAIT_MS} ms`)
      })
      const tookMs = performance.now() - startMs
      waitedMs += tookMs
      deadline.extend(tookMs)
    }
  }
}

interface RunModules {
  readonly thread: ThreadState
  readonly writer: JsonWriter
  /** May throw to give up. */
  readonly look: () => void
}

/** One piece of work. */
class TraceRun {
  readonly #work: TraceWork
  readonly #thread: ThreadState
  readonly #writer: JsonWriter
  readonly #look: () => void

  constructor(work: TraceWork, { thread, writer, look }: RunModules) {
    this.#work = work
    this.#thread = thread
    this.#writer = writer
    this.#look = look
  }

  run(): void {
    const work = this.#work
    if (work.kind === 'calls') {
      this.#traceCalls(work)
      return
    }
    const report = makeReport(work.report, work.index === undefined, this.#writer)
    report.begin()
    for (const hash of work.blocks) {
      if (report.isComplete) break
      this.#look()
      this.#traceBlock(hash, work.index, report)
    }
    report.end()
  }

  /** All transactions of a block, or one of them. */
  #traceBlock(hash: Hash, only: number | undefined, report: Report): void {
    const block = this.#block(hash)
    const { header, transactions } = block
    if (transactions.length === 0) {
      const environment = environmentOf(header, this.#thread.chain, () => undefined)
      report.endBlock?.({ block, hash, environment })
      return
    }
    const last = only ?? transactions.length - 1
    onState(this.#parentOf(header), this.#thread, (fixed) => {
      const blocks = new BlockStore({ reader: fixed.reader })
      const environment = environmentOf(header, this.#thread.chain, ancestorHash(header, blocks))
      const senders = blocks.senders(hash)
      const { rules } = environment
      this.#inBlock(header, environment, fixed, (state) => {
        let logsBefore = 0
        for (const [index, transaction] of transactions.slice(0, last + 1).entries()) {
          this.#look()
          const sender = senders?.[index] ?? senderInBlock(index, transaction, rules)
          const site = { block, environment, state, fixed, sender }
          const position = { header, blockHash: hash, transactionHash: transactionHash(transaction), index, logsBefore }
          const { logs } =
            only === undefined || index === only
              ? this.#traceTransaction(transaction, site, position, report)
              : applyTransaction(transaction, sender, environment, state, { onPause: this.#look })
          logsBefore += logs.length
        }
      })
      report.endBlock?.({ block, hash, environment })
    })
  }

  #traceTransaction(transaction: Transaction, site: BlockSite, position: TracePosition, report: Report) {
    const { environment, state, sender } = site
    const trace = report.start({
      state,
      environment,
      sender,
      to: transaction.to,
      gasLimit: transaction.gasLimit,
      authorities: authoritiesOf(transaction),
      position,
      startsThreads: () => this.#startsThreads(transaction, site, position.index),
    })
    const watch = { tracer: trace.tracer, onPause: this.#look }
    const outcome = applyTransaction(transaction, sender, environment, state, watch)
    trace.finish(outcome)
    return outcome
  }

  /** Executed apart from its block, on what the block's list says was there before it, as fast as may be. */
  #startsThreads(transaction: Transaction, { block, environment, fixed, sender }: BlockSite, index: number): boolean {
    const { accessList } = block
    const { rules } = environment
    if (rules.threads === undefined || accessList === undefined) return false
    const view = new ListView(index + 1, { list: new IndexedAccessList(accessList, { parent: fixed.source }) })
    const started = { threads: 0 }
    const watch: Watch = { started, onPause: this.#look }
    withWorldState({ rules, record: true }, { view }, (state) =>
      applyTransaction(transaction, sender, environment, state, watch),
    )
    return started.threads > 0
  }

  #traceCalls({ context, calls, block, index, isList }: CallsWork): void {
    const { header, hash, overrides } = context
    const start = index === undefined ? { header, hash } : this.#parentOf(header)
    onState(start, this.#thread, (fixed) => {
      const { chain } = this.#thread
      const blocks = new BlockStore({ reader: fixed.reader })
      const own = environmentOf(header, chain, ancestorHash(header, blocks))
      const view = new ChangedState(fixed.view)
      if (index !== undefined) view.apply(this.#diffBefore(index, hash, own, fixed))
      if (overrides !== undefined) view.apply(overrideDiff(overrides, view))
      const overridden = environmentOf(overriddenFields(header, block ?? {}), chain, own.blockHash)
      const { rules } = overridden
      const precompiles = overrides && movedPrecompiles(overrides, rules)
      const environment = { ...overridden, precompiles, blobBaseFee: block?.blobBaseFee }
      withWorldState({ rules, record: false }, { view }, (state) => {
        if (isList) this.#writer.open('[', ']')
        for (const { request, report } of calls) {
          if (isList) this.#writer.item()
          const gasLimit = request.gasLimit ?? environment.gasLimit
          const authorities = (request.authorizationList ?? []).flatMap((each) => recoverAuthority(each) ?? [])
          const site = { state, environment, sender: request.from, to: request.to, gasLimit, authorities }
          const startsThreads = () => this.#callStartsThreads(request, environment, view)
          const trace = makeReport(report, false, this.#writer).start({ ...site, position: undefined, startsThreads })
          trace.finish(simulateCall(request, environment, state, { tracer: trace.tracer, onPause: this.#look }))
        }
        if (isList) this.#writer.close()
      })
    })
  }

  /** What the transactions of a block up to that one have changed. */
  #diffBefore(index: number, hash: Hash, environment: BlockEnvironment, fixed: BlockState): StateDiff {
    const { header, transactions } = this.#block(hash)
    return this.#inBlock(header, environment, fixed, (state) => {
      for (const [position, transaction] of transactions.slice(0, index).entries()) {
        this.#look()
        const sender = senderInBlock(position, transaction, environment.rules)
        applyTransaction(transaction, sender, environment, state, { onPause: this.#look })
      }
      return state.diff()
    })
  }

  /** A call's earlier calls are not executed again for this: what they changed is not seen. */
  #callStartsThreads(request: CallRequest, environment: BlockEnvironment, view: StateView): boolean {
    const { rules } = environment
    if (rules.threads === undefined) return false
    const started = { threads: 0 }
    withWorldState({ rules, record: false }, { view }, (state) =>
      simulateCall(request, environment, state, { started, onPause: this.#look }),
    )
    return started.threads > 0
  }

  /** What `use` makes of the state that the first transaction of a block sees, on that of its parent. */
  #inBlock<Result>(
    header: Header,
    environment: BlockEnvironment,
    { view }: BlockState,
    use: (state: WorldState) => Result,
  ): Result {
    const { chain } = this.#thread
    return withWorldState({ rules: environment.rules, record: chain.pavm.plan }, { view }, (state) => {
      runBeforeBlock(environment, header.parentHash, state, { isDaoForkBlock: isDaoForkBlock(header.number, chain) })
      return use(state)
    })
  }

  #parentOf({ parentHash }: Header): { readonly header: Header; readonly hash: Hash } {
    const header = this.#thread.header(parentHash)
    if (header === undefined) throw new CallError('state-unavailable', `block ${parentHash} is not stored`)
    return { header, hash: parentHash }
  }

  #block(hash: Hash): Block {
    const block = this.#thread.block(hash)
    if (block === undefined) throw new CallError('state-unavailable', `block ${hash} is not stored`)
    return block
  }
}

type CallsWork = Extract<TraceWork, { readonly kind: 'calls' }>

interface BlockSite {
  readonly block: Block
  readonly environment: BlockEnvironment
  readonly state: WorldState
  /** The state before the block. */
  readonly fixed: BlockState
  readonly sender: Address
}

/** What the calls see of the block. */
function overriddenFields(header: Header, overrides: TraceBlockOverrides): EnvironmentFields {
  return {
    ...header,
    number: overrides.number ?? header.number,
    timestamp: overrides.timestamp ?? header.timestamp,
    coinbase: overrides.coinbase ?? header.coinbase,
    gasLimit: overrides.gasLimit ?? header.gasLimit,
    difficulty: overrides.difficulty ?? header.difficulty,
    mixHash: overrides.prevRandao ?? header.mixHash,
    baseFeePerGas: overrides.baseFeePerGas ?? header.baseFeePerGas,
  }
}

/** Of those whose signatures are good. */
function authoritiesOf(transaction: Transaction): readonly Address[] {
  if (transaction.type !== 4) return []
  return transaction.authorizationList.flatMap((each) => recoverAuthority(each) ?? [])
}
