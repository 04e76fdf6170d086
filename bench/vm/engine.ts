import type { MemoryAccount } from '../../execution/state/memory-view.ts'
import { type Address, wordToAddress } from '../../primitives/hex.ts'

/** Who calls the contracts. */
export const CALLER: Address = wordToAddress(0xca11e4n)

/** An account without code: a call of it takes what every call takes, and nothing else. */
export const NOBODY: Address = wordToAddress(0xca11e5n)

/** Of each call: more than any of them uses, and no more than the least that an engine takes. */
export const GAS = 1_000_000_000n

/** Of calls that are not for that engine. */
export const MOST_GAS = 10_000_000_000n

/** A contract in its place before each call, with what is in its storage. */
export interface Contract extends Required<Pick<MemoryAccount, 'code' | 'storage'>> {
  readonly address: Address
}

/** One call of a contract, whose changes are forgotten after it. */
export interface Workload {
  readonly name: string
  /** One of those that only compute: no storage, no hashes. */
  readonly computes: boolean
  /** Where what is recorded weighs most: our tiers are measured without recording as well. */
  readonly isMostlyState: boolean
  readonly contract: Contract
  readonly data: Uint8Array
  /** Of the call; default `GAS`. No more than `MOST_GAS`. */
  readonly gas?: bigint
}

export interface RunResult {
  /** What the call returned: a checksum, so that engines can be compared. */
  readonly output: Uint8Array
  /** By the contract's code alone, refunds not taken off; `undefined` where the engine does not tell. */
  readonly gasUsed: bigint | undefined
  readonly microseconds: number
}

/** An EVM that is measured: ours or another one. */
export interface Engine {
  readonly name: string
  /** Whether it can run the workload at all. */
  supports(workload: Workload): boolean
  /** Once, before the first run. */
  prepare(contracts: readonly Contract[]): void | Promise<void>
  /** One call. @throws Error when it fails */
  run(workload: Workload): RunResult | Promise<RunResult>
  /** Where the engine has a benchmark of its own: microseconds of a call, the mean over many after a warm-up. */
  average?(workload: Workload): Promise<number>
  /** Once, after the last run, also when `prepare` failed. */
  close(): void | Promise<void>
}
