import { z } from 'zod'
import { bigintToBytes, bytesToBigint, EMPTY_BYTES } from '../primitives/bytes.ts'
import { developerAccounts } from '../primitives/developer-accounts.ts'
import { EMPTY_REQUESTS_HASH, type Header } from '../primitives/header.ts'
import {
  type Address,
  bytesToHex,
  type Hash,
  quantityToHex,
  wordToHash,
  ZERO_ADDRESS,
  ZERO_HASH,
} from '../primitives/hex.ts'
import { EMPTY_OMMERS_HASH, EMPTY_TRIE_ROOT } from '../primitives/keccak.ts'
import { once } from '../primitives/once.ts'
import { encodePlan } from '../primitives/plan.ts'
import { type Activation, type ChainConfig, type PavmConfig, rulesAt } from './chain.ts'
import { describeIssue, GenesisError } from './config-error.ts'
import { activationsFromKeys, FORK_KEYS } from './genesis-forks.ts'
import { type BlobSchedule, type Hardfork, isHardfork } from './hardforks.ts'
import { CREATE2_FACTORY, SYSTEM_CONTRACTS } from './system-contracts.ts'
import {
  DEFAULT_THREAD_GAS,
  DEFAULT_THREAD_RULES,
  parseThreadGas,
  type ThreadGas,
  type ThreadRules,
  threadGasToJson,
  threadsOfGenesis,
} from './thread-rules.ts'
import { addressKey, byteString, exactBytes, hash, quantity, wholeNumber } from './values.ts'

/** An account of the genesis state. */
export interface GenesisAccount {
  readonly balance: bigint
  readonly nonce: bigint
  readonly code: Uint8Array
  readonly storage: ReadonlyMap<bigint, bigint>
}

/**
 * A chain's rules, first state and first header. The header's fields are complete for the hardfork of block 0, but for
 * `stateRoot`, which takes a trie to know.
 */
export interface Genesis extends Omit<Header, 'stateRoot'> {
  readonly config: ChainConfig
  readonly alloc: ReadonlyMap<Address, GenesisAccount>
}

const DEFAULT_GAS_LIMIT = 4_712_388n
/** What geth takes where a genesis names none, and the chain begins before the Merge. */
const DEFAULT_DIFFICULTY = 131_072n
/** EIP-1559, INITIAL_BASE_FEE: 1 gwei. */
const INITIAL_BASE_FEE = 1_000_000_000n
const DEFAULT_MINIMUM_DIFFICULTY = 64n
const PLAN_NEEDS_CANCUN =
  'needs Cancun from block 0 on: before it SELFDESTRUCT can clear old storage, and the oldest receipts hold ' +
  'intermediate state roots, so such blocks replay serially only'
/** Where the difficulty of a devnet with one miner and 2 s a block comes to rest, about: no search from below at the start. */
const DEVELOPMENT_DIFFICULTY = 2_048n

const account = once(() =>
  z.strictObject({
    balance: quantity(32).default(0n),
    nonce: quantity(8).default(0n),
    code: byteString.default(EMPTY_BYTES),
    storage: z.record(z.string(), z.string()).default({}),
    // Some tools write the account's key down for people; it is no part of the state.
    secretKey: z.string().optional(),
    comment: z.string().optional(),
  }),
)

const blobSchedule = once(() =>
  z.strictObject({
    target: wholeNumber(0, 0xffff),
    max: wholeNumber(0, 0xffff),
    baseFeeUpdateFraction: quantity(8),
  }),
)

const pavm = once(() =>
  z.strictObject({
    engine: z.enum(['instant', 'pow', 'ethereum']).default('instant'),
    periodSeconds: wholeNumber(0, 86_400).optional(),
    plan: z.boolean().optional(),
    powSeed: hash.default(ZERO_HASH),
    minimumDifficulty: quantity(32).default(DEFAULT_MINIMUM_DIFFICULTY),
    threads: threadsOfGenesis().optional(),
    controls: z.boolean().optional(),
  }),
)

/** Keys that other clients write and that say nothing a chain of ours needs. */
const IGNORED_CONFIG_KEYS = [
  'eip150Hash',
  'ethash',
  'clique',
  'isDev',
  'preMergeForkBlock',
  'mergeForkBlock',
  'terminalTotalDifficultyPassed',
  'terminalBlockHash',
  'terminalBlockNumber',
  'withdrawalRequestContractAddress',
  'consolidationRequestContractAddress',
]

const chainConfig = once(() =>
  z.strictObject({
    chainId: quantity(8),
    ...Object.fromEntries(FORK_KEYS.map(({ key }) => [key, quantity(8).nullish()])),
    ...Object.fromEntries(IGNORED_CONFIG_KEYS.map((key) => [key, z.unknown().optional()])),
    daoForkSupport: z.boolean().default(false),
    terminalTotalDifficulty: quantity(32).nullish(),
    blobSchedule: z.record(z.string(), blobSchedule()).nullish(),
    depositContractAddress: addressKey.nullish(),
    pavm: pavm().optional(),
  }),
)

const genesisFile = once(() =>
  z.strictObject({
    config: chainConfig(),
    alloc: z.record(z.string(), account()),
    nonce: quantity(8).nullish(),
    timestamp: quantity(8).nullish(),
    extraData: byteString.nullish(),
    gasLimit: quantity(8).nullish(),
    difficulty: quantity(32).nullish(),
    mixHash: hash.nullish(),
    // Geth matches keys whatever their case, and some tools rely on it for this one.
    mixhash: hash.nullish(),
    coinbase: addressKey.nullish(),
    parentHash: hash.nullish(),
    number: quantity(8).nullish(),
    gasUsed: quantity(8).nullish(),
    baseFeePerGas: quantity(32).nullish(),
    blobGasUsed: quantity(8).nullish(),
    excessBlobGas: quantity(8).nullish(),
  }),
)

type ParsedGenesis = z.infer<ReturnType<typeof genesisFile>>
type ParsedConfig = z.infer<ReturnType<typeof chainConfig>>
type ParsedPavm = z.infer<ReturnType<typeof pavm>>
type ParsedThreads = z.infer<ReturnType<typeof threadsOfGenesis>>

export interface GenesisModules {
  /** The content of a JSON file that the genesis names, relative to it. */
  readonly readJson?: (name: string) => unknown
}

/**
 * Reads geth's genesis JSON, with an optional `pavm` object in `config`. Numbers may be JSON numbers, decimal or hex
 * strings; addresses with or without 0x. Throws GenesisError naming the key.
 */
export function parseGenesis(json: unknown, modules: GenesisModules = {}): Genesis {
  const result = genesisFile().safeParse(json)
  if (!result.success) {
    const { code, key, message } = describeIssue(result.error)
    throw new GenesisError(code, `genesis: ${key || 'the whole'}: ${message}`, { key })
  }
  const parsed = result.data
  const config = parseConfig(parsed.config, modules)
  return { config, alloc: parseAlloc(parsed.alloc), ...headerFields(parsed, config) }
}

/**
 * `parseGenesis` of a file's text. Integers that a double would round, as mainnet's terminal total difficulty, keep all
 * their digits. Throws GenesisError; SyntaxError where the text is not JSON.
 */
export function parseGenesisText(text: string, modules: GenesisModules = {}): Genesis {
  const keepDigits = (_key: string, value: unknown, context?: { readonly source?: string }): unknown => {
    const isRounded = typeof value === 'number' && !Number.isSafeInteger(value)
    return isRounded && context?.source !== undefined ? context.source : value
  }
  return parseGenesis(JSON.parse(text, keepDigits), modules)
}

function parseConfig(parsed: ParsedConfig, modules: GenesisModules): ChainConfig {
  const terminalTotalDifficulty = parsed.terminalTotalDifficulty ?? undefined
  const keys = parsed as Readonly<Record<string, unknown>>
  const values = Object.fromEntries(FORK_KEYS.map(({ key }) => [key, (keys[key] ?? undefined) as bigint | undefined]))
  const activations = activationsFromKeys(values, { terminalTotalDifficulty, daoForkSupport: parsed.daoForkSupport })
  return {
    chainId: parsed.chainId,
    activations,
    terminalTotalDifficulty,
    blobSchedule: parseBlobSchedule(parsed.blobSchedule ?? {}, activations),
    depositContractAddress: parsed.depositContractAddress ?? undefined,
    pavm: parsePavm(parsed.pavm, modules),
  }
}

function parseBlobSchedule(
  schedules: Readonly<Record<string, BlobSchedule>>,
  activations: readonly Activation[],
): ChainConfig['blobSchedule'] {
  const known: Partial<Record<Hardfork, BlobSchedule>> = {}
  for (const [name, schedule] of Object.entries(schedules)) {
    const key = `config.blobSchedule.${name}`
    if (!isHardfork(name)) throw new GenesisError('unknown-key', `genesis: ${key}: no such hardfork`, { key })
    if (schedule.target > schedule.max || schedule.baseFeeUpdateFraction === 0n) {
      throw new GenesisError('invalid-value', `genesis: ${key}: target above max, or no update fraction`, { key })
    }
    known[name] = schedule
  }
  // A schedule is all that such a hardfork is (EIP-7892), and mainnet's need not fit what the chain had before.
  for (const { hardfork } of activations) {
    if (!hardfork.startsWith('bpo') || known[hardfork] !== undefined) continue
    const key = `config.blobSchedule.${hardfork}`
    throw new GenesisError('invalid-value', `genesis: ${key}: is missing, though the hardfork is scheduled`, { key })
  }
  return known
}

/** Without a `pavm` object the chain is plain Ethereum. */
function parsePavm(parsed: ParsedPavm | undefined, modules: GenesisModules): PavmConfig {
  const values = parsed ?? pavm().parse({ engine: 'ethereum' })
  const plan = values.plan ?? values.engine !== 'ethereum'
  if (plan && values.engine === 'ethereum') {
    const key = 'config.pavm.plan'
    throw new GenesisError('invalid-value', `genesis: ${key}: blocks of engine ethereum have no plan`, { key })
  }
  const periodSeconds = values.periodSeconds ?? (values.engine === 'pow' ? 2 : 0)
  if (values.engine === 'pow' && (periodSeconds === 0 || values.minimumDifficulty === 0n)) {
    const key = periodSeconds === 0 ? 'config.pavm.periodSeconds' : 'config.pavm.minimumDifficulty'
    throw new GenesisError('invalid-value', `genesis: ${key}: pow needs at least 1`, { key })
  }
  if (values.controls && values.engine !== 'instant') {
    const key = 'config.pavm.controls'
    throw new GenesisError('invalid-value', `genesis: ${key}: only a chain of engine instant has controls`, { key })
  }
  const { threads, ...others } = values
  return { ...others, plan, periodSeconds, ...(threads && { threads: parseThreads(threads, modules) }) }
}

function parseThreads({ gas, limit }: ParsedThreads, { readJson }: GenesisModules): ThreadRules {
  if (gas === undefined) return { gas: DEFAULT_THREAD_GAS, limit }
  const key = 'config.pavm.threads.gas'
  if (typeof gas !== 'string') return { gas: parseGasTable(gas, ''), limit }
  if (readJson === undefined) {
    throw new GenesisError('invalid-value', `genesis: ${key}: a file can only be named by a genesis file`, { key })
  }
  let table: unknown
  try {
    table = readJson(gas)
  } catch (cause) {
    const message = `genesis: ${key}: ${gas} cannot be read: ${(cause as Error).message}`
    throw new GenesisError('invalid-value', message, { key }, { cause })
  }
  return { gas: parseGasTable(table, ` (in ${gas})`), limit }
}

function parseGasTable(table: unknown, where: string): ThreadGas {
  try {
    return parseThreadGas(table)
  } catch (cause) {
    if (!(cause instanceof z.ZodError)) throw cause
    const issue = describeIssue(cause)
    const key = ['config.pavm.threads.gas', ...(issue.key === '' ? [] : [issue.key])].join('.')
    throw new GenesisError(issue.code, `genesis: ${key}: ${issue.message}${where}`, { key }, { cause })
  }
}

function parseAlloc(accounts: ParsedGenesis['alloc']): Map<Address, GenesisAccount> {
  const alloc = new Map<Address, GenesisAccount>()
  for (const [name, { balance, nonce, code, storage }] of Object.entries(accounts)) {
    const address = parseKey(addressKey, name, `alloc.${name}`)
    if (alloc.has(address)) {
      throw new GenesisError('invalid-value', `genesis: alloc.${name}: the account is there twice`, {
        key: `alloc.${name}`,
      })
    }
    const slots = Object.entries(storage).map(([slot, value]): [bigint, bigint] => {
      const key = `alloc.${name}.storage.${slot}`
      return [bytesToBigint(parseKey(exactBytes(32), slot, key)), bytesToBigint(parseKey(exactBytes(32), value, key))]
    })
    alloc.set(address, { balance, nonce, code, storage: new Map(slots) })
  }
  return alloc
}

function parseKey<T>(schema: z.ZodType<T>, text: string, key: string): T {
  const result = schema.safeParse(text)
  if (result.success) return result.data
  throw new GenesisError('invalid-value', `genesis: ${key}: ${describeIssue(result.error).message}`, { key })
}

type GenesisHeader = Omit<Header, 'stateRoot'>

function headerFields(parsed: Omit<ParsedGenesis, 'config' | 'alloc'>, config: ChainConfig): GenesisHeader {
  const timestamp = parsed.timestamp ?? 0n
  const rules = rulesAt(config, 0n, timestamp)
  const header: GenesisHeader = {
    parentHash: parsed.parentHash ?? ZERO_HASH,
    ommersHash: EMPTY_OMMERS_HASH,
    coinbase: parsed.coinbase ?? ZERO_ADDRESS,
    transactionsRoot: EMPTY_TRIE_ROOT,
    receiptsRoot: EMPTY_TRIE_ROOT,
    logsBloom: new Uint8Array(256),
    difficulty: parsed.difficulty ?? (rules.atLeast('paris') ? 0n : DEFAULT_DIFFICULTY),
    number: parsed.number ?? 0n,
    gasLimit: parsed.gasLimit || DEFAULT_GAS_LIMIT,
    gasUsed: parsed.gasUsed ?? 0n,
    timestamp,
    extraData: parsed.extraData ?? EMPTY_BYTES,
    mixHash: parsed.mixHash ?? parsed.mixhash ?? ZERO_HASH,
    nonce: bigintToBytes(parsed.nonce ?? 0n, 8),
    ...(rules.atLeast('london') ? { baseFeePerGas: parsed.baseFeePerGas ?? INITIAL_BASE_FEE } : {}),
    ...(rules.atLeast('shanghai') ? { withdrawalsRoot: EMPTY_TRIE_ROOT } : {}),
    ...(rules.atLeast('cancun')
      ? {
          blobGasUsed: parsed.blobGasUsed ?? 0n,
          excessBlobGas: parsed.excessBlobGas ?? 0n,
          parentBeaconBlockRoot: ZERO_HASH,
        }
      : {}),
    ...(rules.atLeast('prague') ? { requestsHash: EMPTY_REQUESTS_HASH } : {}),
  }
  if (header.number !== 0n) throw new GenesisError('invalid-value', 'genesis: number: must be 0', { key: 'number' })
  if (!config.pavm.plan) return header
  if (!rules.atLeast('cancun')) {
    const key = 'config.pavm.plan'
    throw new GenesisError('plan-before-cancun', `genesis: ${key}: ${PLAN_NEEDS_CANCUN}`, { key })
  }
  // The hash of an empty access list is that of an empty list of ommers: both are keccak256(rlp([])).
  return { ...header, blockAccessListHash: EMPTY_OMMERS_HASH, plan: encodePlan({ transactions: [] }) }
}

/** The genesis as geth's JSON; `parseGenesis` reads it back to the same value. */
export function genesisToJson(genesis: Genesis): Record<string, unknown> {
  const { config, alloc } = genesis
  return {
    config: configToJson(config),
    nonce: bytesToHex(genesis.nonce),
    timestamp: quantityToHex(genesis.timestamp),
    extraData: bytesToHex(genesis.extraData),
    gasLimit: quantityToHex(genesis.gasLimit),
    difficulty: quantityToHex(genesis.difficulty),
    mixHash: genesis.mixHash,
    coinbase: genesis.coinbase,
    parentHash: genesis.parentHash,
    number: quantityToHex(genesis.number),
    gasUsed: quantityToHex(genesis.gasUsed),
    ...optionalQuantities(genesis),
    alloc: Object.fromEntries([...alloc].map(([address, state]) => [address, accountToJson(state)])),
  }
}

function optionalQuantities(genesis: Genesis): Record<string, string> {
  const fields = ['baseFeePerGas', 'blobGasUsed', 'excessBlobGas'] as const
  return Object.fromEntries(
    fields.flatMap((key) => (genesis[key] === undefined ? [] : [[key, quantityToHex(genesis[key])]])),
  )
}

function configToJson(config: ChainConfig): Record<string, unknown> {
  const { terminalTotalDifficulty, depositContractAddress, activations } = config
  const keys = FORK_KEYS.flatMap(({ key, hardfork, by }) => {
    // A Merge by timestamp was implied by Shanghai, and has no key.
    const activation = activations.find((each) => each.hardfork === hardfork && each.by === by)
    return activation === undefined ? [] : [[key, plainNumber(activation.at)]]
  })
  const schedules = Object.entries(config.blobSchedule).map(([hardfork, schedule]) => [
    hardfork,
    { ...schedule, baseFeeUpdateFraction: plainNumber(schedule.baseFeeUpdateFraction) },
  ])
  return {
    chainId: plainNumber(config.chainId),
    ...Object.fromEntries(keys),
    ...(activations.some(({ hardfork }) => hardfork === 'daoFork') ? { daoForkSupport: true } : {}),
    ...(terminalTotalDifficulty === undefined ? {} : { terminalTotalDifficulty: plainNumber(terminalTotalDifficulty) }),
    ...(schedules.length === 0 ? {} : { blobSchedule: Object.fromEntries(schedules) }),
    ...(depositContractAddress === undefined ? {} : { depositContractAddress }),
    pavm: pavmToJson(config.pavm),
  }
}

function pavmToJson({ threads, ...pavm }: PavmConfig): Record<string, unknown> {
  return {
    ...pavm,
    minimumDifficulty: quantityToHex(pavm.minimumDifficulty),
    ...(threads && { threads: { gas: threadGasToJson(threads.gas), limit: threads.limit } }),
  }
}

/** Geth wants JSON numbers; beyond what a double holds exactly a string keeps the value. */
function plainNumber(value: bigint): number | string {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value.toString()
}

function accountToJson({ balance, nonce, code, storage }: GenesisAccount): Record<string, unknown> {
  return {
    balance: quantityToHex(balance),
    ...(nonce === 0n ? {} : { nonce: quantityToHex(nonce) }),
    ...(code.length === 0 ? {} : { code: bytesToHex(code) }),
    ...(storage.size === 0
      ? {}
      : { storage: Object.fromEntries([...storage].map(([slot, value]) => [wordToHash(slot), wordToHash(value)])) }),
  }
}

export interface DevelopmentGenesisOptions {
  readonly chainId?: bigint
  readonly engine?: PavmConfig['engine']
  readonly periodSeconds?: number
  readonly plan?: boolean
  readonly powSeed?: Hash
  readonly minimumDifficulty?: bigint
  /** Sub-threads of contracts; default yes, on chains with a plan. */
  readonly threads?: boolean
  /** See `PavmConfig`. */
  readonly controls?: boolean
  /** Of the genesis, where the search's difficulty starts from. */
  readonly difficulty?: bigint
  /** Seconds. */
  readonly timestamp?: bigint
  readonly gasLimit?: bigint
  /** How many developer accounts; default 20. */
  readonly accounts?: number
  /** Theirs (see `developerAccounts`). */
  readonly mnemonic?: string
  readonly path?: string
  /** Of each, wei; default 10,000 ether. */
  readonly balance?: bigint
}

const DEVELOPMENT_CHAIN_ID = 31_337n
const DEVELOPMENT_GAS_LIMIT = 60_000_000n
const DEVELOPMENT_BALANCE = 10_000n * 10n ** 18n
const DEVELOPMENT_ACCOUNTS = 20

const EMPTY_ACCOUNT: GenesisAccount = { balance: 0n, nonce: 0n, code: EMPTY_BYTES, storage: new Map() }

/**
 * The genesis of a new devnet: Osaka from block 0, the developer accounts, the system contracts in place. Throws GenesisError where
 * options do not go together.
 */
export function developmentGenesis(options: DevelopmentGenesisOptions = {}): Genesis {
  const engine = options.engine ?? 'pow'
  const { balance = DEVELOPMENT_BALANCE } = options
  const developers = developerAccounts(options.accounts ?? DEVELOPMENT_ACCOUNTS, options)
  const contracts = [...SYSTEM_CONTRACTS, CREATE2_FACTORY]
  const forks = FORK_KEYS.filter(({ hardfork }) => hardfork !== 'daoFork' && !hardfork.startsWith('bpo'))
  const chain = {
    chainId: options.chainId ?? DEVELOPMENT_CHAIN_ID,
    ...Object.fromEntries(forks.map(({ key }) => [key, 0n])),
    daoForkSupport: false,
    terminalTotalDifficulty: 0n,
    pavm: {
      engine,
      powSeed: options.powSeed ?? ZERO_HASH,
      minimumDifficulty: options.minimumDifficulty ?? DEFAULT_MINIMUM_DIFFICULTY,
      ...(options.periodSeconds === undefined ? {} : { periodSeconds: options.periodSeconds }),
      ...(options.plan === undefined ? {} : { plan: options.plan }),
      ...((options.threads ?? options.plan ?? true) ? { threads: { limit: DEFAULT_THREAD_RULES.limit } } : {}),
      ...(options.controls === undefined ? {} : { controls: options.controls }),
    },
  }
  const header = {
    difficulty: options.difficulty ?? (engine === 'pow' ? DEVELOPMENT_DIFFICULTY : 0n),
    timestamp: options.timestamp ?? 0n,
    gasLimit: options.gasLimit ?? DEVELOPMENT_GAS_LIMIT,
    baseFeePerGas: INITIAL_BASE_FEE,
  }
  const config = parseConfig(chain, {})
  return {
    config,
    alloc: new Map([
      ...developers.map(({ address }) => [address, { ...EMPTY_ACCOUNT, balance }] as const),
      // Nonce 1, as if each had been deployed by its transaction (EIP-161).
      ...contracts.map(([address, code]) => [address, { ...EMPTY_ACCOUNT, nonce: 1n, code }] as const),
    ]),
    ...headerFields(header, config),
  }
}
