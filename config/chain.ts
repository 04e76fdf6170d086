import type { Address, Hash } from '../primitives/hex.ts'
import { type BlobSchedule, type Hardfork, type Rules, rulesFor } from './hardforks.ts'
import type { ThreadRules } from './thread-rules.ts'

/** When a hardfork begins: with the first block whose number or timestamp is at least `at`. */
export interface Activation {
  readonly hardfork: Hardfork
  readonly by: 'number' | 'timestamp'
  readonly at: bigint
}

/** What the genesis' `pavm` object says. */
export interface PavmConfig {
  /** `ethereum`: the chain is made elsewhere, by Ethereum's rules alone, and only imported here. */
  readonly engine: 'instant' | 'pow' | 'ethereum'
  /** Least time between blocks, and what the difficulty aims at. 0 for `instant` alone. */
  readonly periodSeconds: number
  /** Whether headers carry the access list's hash and the plan, receipts `operationsHash`. Off: byte-exact Ethereum. */
  readonly plan: boolean
  /** Where nonce searches begin, so that a run can be repeated. */
  readonly powSeed: Hash
  readonly minimumDifficulty: bigint
  /** Sub-threads of contracts; absent: their instructions are invalid. */
  readonly threads?: ThreadRules | undefined
  /**
   * The chain is its user's to control, under `instant` alone: who makes a block chooses base fee, gas limit and randomness, and
   * an account may send without a signature (`impersonate`).
   */
  readonly controls?: boolean | undefined
}

/** The rules of one chain: everything of the genesis that is not its first block. Plain data: it can be cloned to a worker. */
export interface ChainConfig {
  readonly chainId: bigint
  /** The hardforks that ever become active, oldest first; Frontier, always active, is not among them. */
  readonly activations: readonly Activation[]
  /** 0n on a chain that never had a Merge to wait for. */
  readonly terminalTotalDifficulty: bigint | undefined
  /** Blob schedules that differ from mainnet's, by the hardfork that brings them (EIP-7840, EIP-7892). */
  readonly blobSchedule: Readonly<Partial<Record<Hardfork, BlobSchedule>>>
  /** Whose logs are deposits (EIP-6110). */
  readonly depositContractAddress: Address | undefined
  readonly pavm: PavmConfig
}

/** The latest hardfork active in a block. */
export function hardforkAt(config: ChainConfig, number: bigint, timestamp: bigint): Hardfork {
  let hardfork: Hardfork = 'frontier'
  for (const activation of config.activations) {
    if ((activation.by === 'number' ? number : timestamp) < activation.at) break
    hardfork = activation.hardfork
  }
  return hardfork
}

/** The rules of a block. The same object for all blocks of a hardfork. */
export function rulesAt(config: ChainConfig, number: bigint, timestamp: bigint): Rules {
  const hardfork = hardforkAt(config, number, timestamp)
  const known = knownRules(config)
  const rules = known.get(hardfork) ?? rulesOf(config, hardfork)
  known.set(hardfork, rules)
  return rules
}

function rulesOf(config: ChainConfig, hardfork: Hardfork): Rules {
  const { threads, controls } = config.pavm
  return rulesFor(hardfork, blobScheduleOf(config, hardfork), threads, controls)
}

/** Rules are asked for several times a block, and to write the name that equal ones have in common takes a microsecond. */
const rulesByChain = new WeakMap<ChainConfig, Map<Hardfork, Rules>>()

function knownRules(config: ChainConfig): Map<Hardfork, Rules> {
  let known = rulesByChain.get(config)
  if (known === undefined) {
    known = new Map()
    rulesByChain.set(config, known)
  }
  return known
}

/** The chain's own schedule of a hardfork; `undefined` where it keeps mainnet's. Osaka by itself changes nothing. */
function blobScheduleOf(config: ChainConfig, hardfork: Hardfork): BlobSchedule | undefined {
  const own = config.blobSchedule[hardfork]
  return own === undefined && hardfork === 'osaka' ? config.blobSchedule.prague : own
}
