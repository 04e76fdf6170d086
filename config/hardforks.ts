import type { GasSchedule, StorageGas } from './gas.ts'
import { type ThreadRules, threadGasToJson } from './thread-rules.ts'

/** Every hardfork, oldest first. The `bpo` ones change the blob schedule only (EIP-7892). */
export const HARDFORKS = [
  'frontier',
  'homestead',
  'daoFork',
  'tangerineWhistle',
  'spuriousDragon',
  'byzantium',
  'constantinople',
  'petersburg',
  'istanbul',
  'muirGlacier',
  'berlin',
  'london',
  'arrowGlacier',
  'grayGlacier',
  'paris',
  'shanghai',
  'cancun',
  'prague',
  'osaka',
  'bpo1',
  'bpo2',
  'bpo3',
  'bpo4',
  'bpo5',
] as const

export type Hardfork = (typeof HARDFORKS)[number]

/** Blobs per block and how fast their price moves (EIP-4844, EIP-7840). */
export interface BlobSchedule {
  readonly target: number
  readonly max: number
  readonly baseFeeUpdateFraction: bigint
}

/** Everything that differs from hardfork to hardfork. Without limit = `Infinity`. */
export interface Rules {
  readonly hardfork: Hardfork
  /** Whether the rules are those of `hardfork` or of a later one. For hot code read a field instead. */
  atLeast(hardfork: Hardfork): boolean
  readonly gas: GasSchedule
  /** `undefined` before Cancun. */
  readonly blobSchedule: BlobSchedule | undefined
  /** pavm's sub-threads of contracts; `undefined` where the genesis does not have them. */
  readonly threads: ThreadRules | undefined
  /** Whether an account may send without a signature: on a chain with controls alone. */
  readonly allowsImpersonation: boolean

  /** The highest transaction type that is valid; so are all below it. */
  readonly maxTransactionType: 0 | 1 | 2 | 3 | 4
  /** Signatures must have the lower `s` (EIP-2). */
  readonly requiresLowS: boolean
  /** Legacy signatures may bind the chain id (EIP-155). */
  readonly hasReplayProtection: boolean
  /** Receipts hold a status, not a state root (EIP-658). */
  readonly hasReceiptStatus: boolean
  /** EIP-1559. */
  readonly hasBaseFee: boolean
  /** Gas comes back up to `gasUsed / refundQuotient` (EIP-3529). */
  readonly refundQuotient: bigint
  /** EIP-7825, in gas. */
  readonly transactionGasLimitCap: bigint | undefined
  /** EIP-7594. */
  readonly maxBlobsPerTransaction: number
  /** Bytes of the RLP of a block (EIP-7934). */
  readonly maxBlockBytes: number
  /** A blob costs at least as much as this much execution gas (EIP-7918); 0 before it. */
  readonly blobReserveGas: bigint
  /** Wei. */
  readonly blockReward: bigint
  /** Blocks by which the difficulty bomb is put off. */
  readonly bombDelay: bigint
  /** EIP-2 from Homestead on, EIP-100 from Byzantium on. */
  readonly difficultyRule: 'frontier' | 'homestead' | 'byzantium'

  /** Bytes (EIP-170, EIP-3860). */
  readonly maxCodeSize: number
  readonly maxInitCodeSize: number
  /** Code may not begin with 0xEF (EIP-3541). */
  readonly reservesCodePrefix: boolean
  /** Too little gas to store the code makes a creation fail (EIP-2); before, it leaves an empty contract. */
  readonly failsUnpaidDeposit: boolean
  /** EIP-161: empty accounts do not exist; contracts begin with nonce 1. */
  readonly clearsEmptyAccounts: boolean
  /** A call gets at most 63/64 of the gas (EIP-150); before, asking for more than there is halts. */
  readonly keepsCallReserve: boolean
  /** EIP-2929 and EIP-2930. */
  readonly hasWarmth: boolean
  /** EIP-3651. */
  readonly warmsCoinbase: boolean
  /** SELFDESTRUCT deletes only what the same transaction created (EIP-6780). */
  readonly keepsDestroyedAccounts: boolean
  /** EIP-7702. */
  readonly hasDelegation: boolean
  /** EIP-4788, EIP-2935 and (EIP-7685) 7002 and 7251. */
  readonly hasBeaconRoots: boolean
  readonly hasBlockHashHistory: boolean
  readonly hasRequests: boolean
}

type RuleValues = Omit<Rules, 'hardfork' | 'atLeast' | 'gas' | 'threads' | 'allowsImpersonation'>
type RuleChanges = Partial<RuleValues> & { readonly gas?: Partial<GasSchedule> }

const LEGACY_STORAGE: StorageGas = {
  isNetMetered: false,
  dirty: 0n,
  set: 20_000n,
  reset: 5_000n,
  clearRefund: 15_000n,
  sentry: 0n,
}
/** EIP-1283. */
const NET_STORAGE: StorageGas = { ...LEGACY_STORAGE, isNetMetered: true, dirty: 200n }
/** EIP-2200. */
const ISTANBUL_STORAGE: StorageGas = { ...NET_STORAGE, dirty: 800n, sentry: 2_300n }
/** EIP-2929: 2,100 of a cold access come on top. */
const BERLIN_STORAGE: StorageGas = { ...ISTANBUL_STORAGE, dirty: 100n, reset: 2_900n }
/** EIP-3529. */
const LONDON_STORAGE: StorageGas = { ...BERLIN_STORAGE, clearRefund: 4_800n }

const FRONTIER_GAS: GasSchedule = {
  expPerByte: 10n,
  balance: 20n,
  externalCode: 20n,
  externalCodeHash: 400n,
  storageLoad: 50n,
  storage: LEGACY_STORAGE,
  call: 40n,
  selfDestruct: 0n,
  selfDestructNewAccount: 0n,
  selfDestructRefund: 24_000n,
  coldAccountSurcharge: 0n,
  coldSlotSurcharge: 0n,
  coldAccount: 0n,
  coldSlot: 0n,
  warmAccount: 0n,
  transactionCreate: 0n,
  transactionNonZeroByte: 68n,
  transactionFloorPerToken: 0n,
  initCodePerWord: 0n,
  bn254Add: 500n,
  bn254Multiply: 40_000n,
  bn254Pairing: 100_000n,
  bn254PairingPerPair: 80_000n,
  modularExponentiation: 'eip198',
}

const FRONTIER: RuleValues = {
  blobSchedule: undefined,
  maxTransactionType: 0,
  requiresLowS: false,
  hasReplayProtection: false,
  hasReceiptStatus: false,
  hasBaseFee: false,
  refundQuotient: 2n,
  transactionGasLimitCap: undefined,
  maxBlobsPerTransaction: Number.POSITIVE_INFINITY,
  maxBlockBytes: Number.POSITIVE_INFINITY,
  blobReserveGas: 0n,
  blockReward: 5_000_000_000_000_000_000n,
  bombDelay: 0n,
  difficultyRule: 'frontier',
  maxCodeSize: Number.POSITIVE_INFINITY,
  maxInitCodeSize: Number.POSITIVE_INFINITY,
  reservesCodePrefix: false,
  failsUnpaidDeposit: false,
  clearsEmptyAccounts: false,
  keepsCallReserve: false,
  hasWarmth: false,
  warmsCoinbase: false,
  keepsDestroyedAccounts: false,
  hasDelegation: false,
  hasBeaconRoots: false,
  hasBlockHashHistory: false,
  hasRequests: false,
}

/** What each hardfork changed; one that is not here changed nothing that is a rule. */
const CHANGES: Readonly<Partial<Record<Hardfork, RuleChanges>>> = {
  homestead: {
    requiresLowS: true,
    failsUnpaidDeposit: true,
    difficultyRule: 'homestead',
    gas: { transactionCreate: 32_000n },
  },
  // EIP-150
  tangerineWhistle: {
    keepsCallReserve: true,
    gas: {
      balance: 400n,
      externalCode: 700n,
      storageLoad: 200n,
      call: 700n,
      selfDestruct: 5_000n,
      selfDestructNewAccount: 25_000n,
    },
  },
  // EIP-155, EIP-160, EIP-161, EIP-170
  spuriousDragon: {
    hasReplayProtection: true,
    clearsEmptyAccounts: true,
    maxCodeSize: 24_576,
    gas: { expPerByte: 50n },
  },
  // EIP-658, EIP-649, EIP-100
  byzantium: {
    hasReceiptStatus: true,
    blockReward: 3_000_000_000_000_000_000n,
    bombDelay: 3_000_000n,
    difficultyRule: 'byzantium',
  },
  // EIP-1283, EIP-1234
  constantinople: {
    blockReward: 2_000_000_000_000_000_000n,
    bombDelay: 5_000_000n,
    gas: { storage: NET_STORAGE },
  },
  // EIP-1716
  petersburg: { gas: { storage: LEGACY_STORAGE } },
  // EIP-1108, EIP-1884, EIP-2028, EIP-2200
  istanbul: {
    gas: {
      balance: 700n,
      externalCodeHash: 700n,
      storageLoad: 800n,
      storage: ISTANBUL_STORAGE,
      transactionNonZeroByte: 16n,
      bn254Add: 150n,
      bn254Multiply: 6_000n,
      bn254Pairing: 45_000n,
      bn254PairingPerPair: 34_000n,
    },
  },
  // EIP-2384
  muirGlacier: { bombDelay: 9_000_000n },
  // EIP-2565, EIP-2929, EIP-2930
  berlin: {
    maxTransactionType: 1,
    hasWarmth: true,
    gas: {
      balance: 100n,
      externalCode: 100n,
      externalCodeHash: 100n,
      storageLoad: 100n,
      storage: BERLIN_STORAGE,
      call: 100n,
      coldAccountSurcharge: 2_500n,
      coldSlotSurcharge: 2_000n,
      coldAccount: 2_600n,
      coldSlot: 2_100n,
      warmAccount: 100n,
      modularExponentiation: 'eip2565',
    },
  },
  // EIP-1559, EIP-3529, EIP-3541, EIP-3554
  london: {
    maxTransactionType: 2,
    hasBaseFee: true,
    refundQuotient: 5n,
    reservesCodePrefix: true,
    bombDelay: 9_700_000n,
    gas: { storage: LONDON_STORAGE, selfDestructRefund: 0n },
  },
  // EIP-4345
  arrowGlacier: { bombDelay: 10_700_000n },
  // EIP-5133
  grayGlacier: { bombDelay: 11_400_000n },
  // EIP-3675
  paris: { blockReward: 0n },
  // EIP-3651, EIP-3860
  shanghai: { warmsCoinbase: true, maxInitCodeSize: 49_152, gas: { initCodePerWord: 2n } },
  // EIP-4788, EIP-4844, EIP-6780
  cancun: {
    maxTransactionType: 3,
    keepsDestroyedAccounts: true,
    hasBeaconRoots: true,
    blobSchedule: { target: 3, max: 6, baseFeeUpdateFraction: 3_338_477n },
  },
  // EIP-2935, EIP-7623, EIP-7685, EIP-7691, EIP-7702
  prague: {
    maxTransactionType: 4,
    hasDelegation: true,
    hasBlockHashHistory: true,
    hasRequests: true,
    blobSchedule: { target: 6, max: 9, baseFeeUpdateFraction: 5_007_716n },
    gas: { transactionFloorPerToken: 10n },
  },
  // EIP-7594, EIP-7825, EIP-7883, EIP-7918, EIP-7934
  osaka: {
    transactionGasLimitCap: 16_777_216n,
    maxBlobsPerTransaction: 6,
    maxBlockBytes: 8_388_608,
    blobReserveGas: 8_192n,
    gas: { modularExponentiation: 'eip7883' },
  },
  // EIP-7892
  bpo1: { blobSchedule: { target: 10, max: 15, baseFeeUpdateFraction: 8_346_193n } },
  bpo2: { blobSchedule: { target: 14, max: 21, baseFeeUpdateFraction: 11_684_671n } },
}

const ORDER: ReadonlyMap<Hardfork, number> = new Map(HARDFORKS.map((hardfork, index) => [hardfork, index]))

/** Below 0 if `a` is older than `b`, 0 if they are the same, else above. */
export function compareHardforks(a: Hardfork, b: Hardfork): number {
  return (ORDER.get(a) ?? 0) - (ORDER.get(b) ?? 0)
}

export function isHardfork(name: string): name is Hardfork {
  return ORDER.has(name as Hardfork)
}

function buildRules(
  hardfork: Hardfork,
  blobSchedule: BlobSchedule | undefined,
  threads: ThreadRules | undefined,
  allowsImpersonation: boolean,
): Rules {
  const applied = HARDFORKS.slice(0, HARDFORKS.indexOf(hardfork) + 1).map((each) => CHANGES[each] ?? {})
  const values: RuleValues = Object.assign({}, FRONTIER, ...applied)
  const gas: GasSchedule = Object.assign({}, FRONTIER_GAS, ...applied.map((changes) => changes.gas ?? {}))
  return {
    ...values,
    gas,
    blobSchedule: values.blobSchedule && (blobSchedule ?? values.blobSchedule),
    threads,
    allowsImpersonation,
    hardfork,
    atLeast: (other) => compareHardforks(hardfork, other) >= 0,
  }
}

// Every hardfork with at most a handful of schedules: chains have one blob schedule per hardfork.
const cache = new Map<string, Rules>()
const MAX_CACHED_RULES = 256

/**
 * The rules of a hardfork: equal arguments give the same object. `blobSchedule` replaces mainnet's and is ignored before
 * Cancun, when there are no blobs. `threads` adds pavm's instructions, `controls` what the user of a chain with controls may do.
 */
export function rulesFor(
  hardfork: Hardfork,
  blobSchedule?: BlobSchedule,
  threads?: ThreadRules,
  controls = false,
): Rules {
  const schedule = blobSchedule
    ? `${blobSchedule.target}/${blobSchedule.max}/${blobSchedule.baseFeeUpdateFraction}`
    : 'mainnet'
  const key = `${hardfork} ${schedule} ${controls} ${threads === undefined ? '' : threadsKey(threads)}`
  const known = cache.get(key)
  if (known) return known
  const rules = buildRules(hardfork, blobSchedule, threads, controls)
  if (cache.size >= MAX_CACHED_RULES) cache.clear()
  cache.set(key, rules)
  return rules
}

/** Equal for equal rules; computed once for each object, since rules are looked up for every block. */
function threadsKey(threads: ThreadRules): string {
  let key = threadKeys.get(threads)
  if (key === undefined) {
    key = JSON.stringify([threads.limit, ...Object.entries(threadGasToJson(threads.gas)).sort()])
    threadKeys.set(threads, key)
  }
  return key
}

const threadKeys = new WeakMap<ThreadRules, string>()
