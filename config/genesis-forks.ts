import type { Activation } from './chain.ts'
import { GenesisError } from './config-error.ts'
import type { Hardfork } from './hardforks.ts'

interface ForkKey {
  readonly key: string
  readonly hardfork: Hardfork
  readonly by: Activation['by']
  /** A chain may go without it: it changed only the difficulty bomb, mainnet's state, the fork id or the blob schedule. */
  readonly isOptional?: boolean
}

/** Geth's keys, oldest hardfork first. Spurious Dragon has two, which must agree. */
export const FORK_KEYS: readonly ForkKey[] = [
  { key: 'homesteadBlock', hardfork: 'homestead', by: 'number' },
  { key: 'daoForkBlock', hardfork: 'daoFork', by: 'number', isOptional: true },
  { key: 'eip150Block', hardfork: 'tangerineWhistle', by: 'number' },
  { key: 'eip155Block', hardfork: 'spuriousDragon', by: 'number' },
  { key: 'eip158Block', hardfork: 'spuriousDragon', by: 'number' },
  { key: 'byzantiumBlock', hardfork: 'byzantium', by: 'number' },
  { key: 'constantinopleBlock', hardfork: 'constantinople', by: 'number' },
  { key: 'petersburgBlock', hardfork: 'petersburg', by: 'number' },
  { key: 'istanbulBlock', hardfork: 'istanbul', by: 'number' },
  { key: 'muirGlacierBlock', hardfork: 'muirGlacier', by: 'number', isOptional: true },
  { key: 'berlinBlock', hardfork: 'berlin', by: 'number' },
  { key: 'londonBlock', hardfork: 'london', by: 'number' },
  { key: 'arrowGlacierBlock', hardfork: 'arrowGlacier', by: 'number', isOptional: true },
  { key: 'grayGlacierBlock', hardfork: 'grayGlacier', by: 'number', isOptional: true },
  { key: 'mergeNetsplitBlock', hardfork: 'paris', by: 'number', isOptional: true },
  { key: 'shanghaiTime', hardfork: 'shanghai', by: 'timestamp' },
  { key: 'cancunTime', hardfork: 'cancun', by: 'timestamp' },
  { key: 'pragueTime', hardfork: 'prague', by: 'timestamp' },
  { key: 'osakaTime', hardfork: 'osaka', by: 'timestamp' },
  { key: 'bpo1Time', hardfork: 'bpo1', by: 'timestamp', isOptional: true },
  { key: 'bpo2Time', hardfork: 'bpo2', by: 'timestamp', isOptional: true },
  { key: 'bpo3Time', hardfork: 'bpo3', by: 'timestamp', isOptional: true },
  { key: 'bpo4Time', hardfork: 'bpo4', by: 'timestamp', isOptional: true },
  { key: 'bpo5Time', hardfork: 'bpo5', by: 'timestamp', isOptional: true },
]

export interface ForkOptions {
  readonly terminalTotalDifficulty: bigint | undefined
  /** Without it a chain ignores `daoForkBlock`. */
  readonly daoForkSupport: boolean
}

/**
 * The activations in order. The Merge is where `mergeNetsplitBlock` says, else at block 0 when the terminal total
 * difficulty is 0, else with Shanghai: a rule is looked up by number and timestamp, which do not tell total difficulty.
 * Throws GenesisError `fork-order`.
 */
export function activationsFromKeys(
  values: Readonly<Record<string, bigint | undefined>>,
  options: ForkOptions,
): Activation[] {
  checkSameFork(values, 'eip155Block', 'eip158Block')
  const activations: Activation[] = []
  let missing: string | undefined
  for (const { key, hardfork, by, isOptional } of FORK_KEYS) {
    const at =
      hardfork === 'daoFork' && !options.daoForkSupport
        ? undefined
        : (values[key] ?? impliedAt(hardfork, values, options))
    if (at === undefined) {
      if (isOptional !== true) missing ??= key
      continue
    }
    if (missing !== undefined) throw forkOrder(key, `is set, but ${missing}, which comes before it, is not`)
    if (activations.at(-1)?.hardfork === hardfork) continue
    const activation = { hardfork, by: impliedBy(hardfork, values, options) ?? by, at }
    checkOrder(activations.at(-1), activation, key)
    activations.push(activation)
  }
  return activations
}

function impliedAt(
  hardfork: Hardfork,
  values: Readonly<Record<string, bigint | undefined>>,
  { terminalTotalDifficulty }: ForkOptions,
): bigint | undefined {
  if (hardfork === 'petersburg') return values.constantinopleBlock
  if (hardfork !== 'paris') return undefined
  return terminalTotalDifficulty === 0n ? 0n : values.shanghaiTime
}

/** The Merge that comes with Shanghai comes by timestamp. */
function impliedBy(
  hardfork: Hardfork,
  values: Readonly<Record<string, bigint | undefined>>,
  { terminalTotalDifficulty }: ForkOptions,
): Activation['by'] | undefined {
  const isWithShanghai = values.mergeNetsplitBlock === undefined && terminalTotalDifficulty !== 0n
  return hardfork === 'paris' && isWithShanghai ? 'timestamp' : undefined
}

function checkSameFork(values: Readonly<Record<string, bigint | undefined>>, first: string, second: string): void {
  if (values[first] !== values[second]) throw forkOrder(second, `must equal ${first}: they are one hardfork`)
}

/** Numbers and timestamps cannot be compared; every fork by number comes before those by timestamp. */
function checkOrder(previous: Activation | undefined, activation: Activation, key: string): void {
  if (previous !== undefined && previous.by === activation.by && previous.at > activation.at) {
    throw forkOrder(key, `${activation.at} is before ${previous.hardfork}, at ${previous.at}`)
  }
}

function forkOrder(key: string, message: string): GenesisError {
  return new GenesisError('fork-order', `genesis: config.${key}: ${message}`, { key: `config.${key}` })
}
