import { rulesFor } from '../../config/hardforks.ts'
import type { BlockEnvironment } from '../../execution/block/environment.ts'
import { TIERS as ALL_TIERS, execute, setTier, type Tier } from '../../execution/compiler/execute.ts'
import { type MessageResult, outputOf } from '../../execution/evm/message.ts'
import type { Tracer } from '../../execution/evm/tracer.ts'
import { MemoryView } from '../../execution/state/memory-view.ts'
import { WorldState } from '../../execution/state/world-state.ts'
import { outermostMessage, warmUp } from '../../execution/transaction/run.ts'
import { type Address, ZERO_ADDRESS, ZERO_HASH } from '../../primitives/hex.ts'
import { CALLER, type Contract, type Engine, GAS, NOBODY, type RunResult, type Workload } from './engine.ts'

/** What ships is the last: ratios are taken of it. `profiled` is for tests: it differs from it in when things are compiled. */
export const TIERS: readonly Tier[] = ALL_TIERS.filter((tier) => tier !== 'profiled')

const ENVIRONMENT: BlockEnvironment = {
  chainId: 31_337n,
  rules: rulesFor('osaka'),
  number: 1n,
  timestamp: 1_700_000_000n,
  coinbase: ZERO_ADDRESS,
  gasLimit: GAS,
  baseFeePerGas: 0n,
  difficulty: 0n,
  prevRandao: ZERO_HASH,
  excessBlobGas: 0n,
  blockHash: () => undefined,
}

export interface OurOptions {
  /** As blocks have it; default yes. */
  readonly record?: boolean
  /** Take off the time of a call of nobody made just before, as it is done with anvil; default no. */
  readonly withoutSetUp?: boolean
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
  #view = new MemoryView()

  constructor(tierName: string, { record = true, withoutSetUp = false }: OurOptions = {}) {
    const tier = TIERS.find((name) => name === tierName)
    if (tier === undefined) throw new Error(`no tier ${tierName}`)
    this.name = `ours (${tierName}${record ? '' : ', nothing recorded'})`
    this.#tier = tier
    this.#record = record
    this.#withoutSetUp = withoutSetUp
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
    const setUp = this.#withoutSetUp ? this.#call(workload.data, NOBODY).microseconds : 0
    const { exit, gasLeft, microseconds } = this.#call(workload.data, workload.contract.address)
    if (exit.kind !== 'return') throw new Error(`${this.name}: ${workload.name} ended with ${exit.kind}`)
    return { output: outputOf(exit), gasUsed: GAS - gasLeft, microseconds: microseconds - setUp }
  }

  close(): void {}

  /** Of the workload. Asked of the reference interpreter, which shows every single one. */
  countInstructions(workload: Workload): number {
    setTier(this.#tier)
    let count = 0
    this.#call(workload.data, workload.contract.address, { onStep: () => count++ })
    return count
  }

  #call(data: Uint8Array, to: Address, tracer?: Tracer): MessageResult & { readonly microseconds: number } {
    const start = performance.now()
    const state = new WorldState({ rules: ENVIRONMENT.rules, record: this.#record }, { view: this.#view })
    state.beginTransaction()
    state.setNonce(CALLER, 1n)
    const call = { sender: CALLER, to, nonce: 0n, value: 0n, data, accessList: [] }
    warmUp(call, ENVIRONMENT, state)
    const message = outermostMessage(call, GAS, state, ENVIRONMENT)
    const context = { block: ENVIRONMENT, origin: CALLER, gasPrice: 0n, blobVersionedHashes: [], blobBaseFee: 1n }
    const result = execute(message, context, state, { tracer })
    state.hashOperations()
    const microseconds = (performance.now() - start) * 1_000
    state.endTransaction()
    state.release()
    return { ...result, microseconds }
  }
}
