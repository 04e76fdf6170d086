import { rulesFor } from '../../config/hardforks.ts'
import { DEFAULT_THREAD_RULES } from '../../config/thread-rules.ts'
import type { BlockEnvironment } from '../../execution/block/environment.ts'
import { TIERS as ALL_TIERS, execute, setTier, type Tier } from '../../execution/compiler/execute.ts'
import { type MessageResult, outputOf } from '../../execution/evm/message.ts'
import type { Tracer } from '../../execution/evm/tracer.ts'
import { MemoryView } from '../../execution/state/memory-view.ts'
import { WorldState } from '../../execution/state/world-state.ts'
import { outermostMessage, warmUp } from '../../execution/transaction/run.ts'
import { type Address, ZERO_ADDRESS, ZERO_HASH } from '../../primitives/hex.ts'
import { CALLER, type Contract, type Engine, GAS, MOST_GAS, NOBODY, type RunResult, type Workload } from './engine.ts'

/** What ships is the last: ratios are taken of it. `profiled` is for tests: it differs from it in when things are compiled. */
export const TIERS: readonly Tier[] = ALL_TIERS.filter((tier) => tier !== 'profiled')

const WITHOUT_THREADS: BlockEnvironment = {
  chainId: 31_337n,
  rules: rulesFor('osaka'),
  number: 1n,
  timestamp: 1_700_000_000n,
  coinbase: ZERO_ADDRESS,
  gasLimit: MOST_GAS,
  baseFeePerGas: 0n,
  difficulty: 0n,
  prevRandao: ZERO_HASH,
  excessBlobGas: 0n,
  blockHash: () => undefined,
}
const WITH_THREADS = { ...WITHOUT_THREADS, rules: rulesFor('osaka', undefined, DEFAULT_THREAD_RULES) }

export interface OurOptions {
  /** As blocks have it; default yes. */
  readonly record?: boolean
  /** Take off the time of a call of nobody made just before, as it is done with anvil; default no. */
  readonly withoutSetUp?: boolean
  /** Contracts have sub-threads, as on a chain that has them; default no. */
  readonly hasThreads?: boolean
  /** Default: the tier, and whether it records. */
  readonly name?: string
}

/**
 * One tier of our EVM, in this process, on a state in memory. What is timed begins with a world state that has read nothing
 * and ends with the result; with recording, reads and writes are in the sets and the hash over all operations is there.
 */
export class OurEngine implements Engine {
  readonly name: string
  readonly #tier: Tier
  readonly #record: boolean
  readonly #withoutSetUp: boolean
  readonly #environment: BlockEnvironment
  #view = new MemoryView()

  constructor(tierName: string, { record = true, withoutSetUp = false, hasThreads = false, name }: OurOptions = {}) {
    const tier = TIERS.find((name) => name === tierName)
    if (tier === undefined) throw new Error(`no tier ${tierName}`)
    this.name = name ?? `ours (${tierName}${record ? '' : ', nothing recorded'})`
    this.#tier = tier
    this.#record = record
    this.#withoutSetUp = withoutSetUp
    this.#environment = hasThreads ? WITH_THREADS : WITHOUT_THREADS
  }

  supports(): boolean {
    return true
  }

  prepare(contracts: readonly Contract[]): void {
    this.#view = new MemoryView([
      [CALLER, { balance: 10n ** 18n }],
      ...contracts.map((contract) => [contract.address, { nonce: 1n, ...contract }] as const),
    ])
  }

  run(workload: Workload): RunResult {
    setTier(this.#tier)
    const setUp = this.#withoutSetUp ? this.#call(workload, NOBODY).microseconds : 0
    const { exit, gasLeft, microseconds } = this.#call(workload, workload.contract.address)
    if (exit.kind !== 'return') throw new Error(`${this.name}: ${workload.name} ended with ${exit.kind}`)
    return { output: outputOf(exit), gasUsed: (workload.gas ?? GAS) - gasLeft, microseconds: microseconds - setUp }
  }

  close(): void {}

  /** Of the workload. Asked of the reference interpreter, which shows every single one. */
  countInstructions(workload: Workload): number {
    setTier(this.#tier)
    let count = 0
    this.#call(workload, workload.contract.address, { onStep: () => count++ })
    return count
  }

  #call(
    { data, gas = GAS }: Workload,
    to: Address,
    tracer?: Tracer,
  ): MessageResult & { readonly microseconds: number } {
    const block = this.#environment
    const start = performance.now()
    const state = new WorldState({ rules: block.rules, record: this.#record }, { view: this.#view })
    state.beginTransaction()
    state.setNonce(CALLER, 1n)
    const call = { sender: CALLER, to, nonce: 0n, value: 0n, data, accessList: [] }
    warmUp(call, block, state)
    const message = outermostMessage(call, gas, state, block)
    const context = { block, origin: CALLER, gasPrice: 0n, blobVersionedHashes: [], blobBaseFee: 1n }
    const result = execute(message, context, state, { tracer })
    state.hashOperations()
    const microseconds = (performance.now() - start) * 1_000
    state.endTransaction()
    state.release()
    return { ...result, microseconds }
  }
}
