import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Command, Option } from 'commander'
import { developmentGenesis, genesisToJson } from '../../config/genesis.ts'
import { loadSettings } from '../../config/settings.ts'
import type { MiningMode } from '../../consensus/control/miner.ts'
import { developerAccounts } from '../../primitives/developer-accounts.ts'
import { type DeveloperSettings, genesisAccounts } from '../accounts.ts'
import { devBanner } from '../banner.ts'
import { CommandError } from '../command-error.ts'
import { readGenesis } from '../genesis-file.ts'
import { createLogger } from '../log.ts'
import { runNode } from '../run-node.ts'
import { accountFlags, addAccountOptions } from './account-options.ts'
import { wholeNumber } from './parsers.ts'

interface DevFlags {
  readonly host: string
  readonly port: number
  readonly data?: string
  readonly chainId?: number
  readonly blockTime: number
  readonly mining: boolean
  readonly controls: boolean
  readonly quiet: boolean
  readonly logLevel: string
}

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent']
const DEFAULT_CHAIN_ID = 31_337
const GENESIS_FILE = 'genesis.json'

/** Of the developer accounts, the first. */
const SHOWN_ACCOUNTS = 10
/** A dump of the state comes back in one request. */
const MAX_BODY_BYTES = 64 * 1024 * 1024

/** `pavm dev`: one node for tests, whose chain is its user's to control, until SIGINT or SIGTERM. */
export function devCommand(): Command {
  const command = new Command('dev')
    .description('run a single node for tests: a block at each transaction, and controls as in anvil and Hardhat')
    .option('--port <port>', 'JSON-RPC port; 0 takes a free one', wholeNumber(0, 65_535), 8545)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--data <dir>', 'where the chain is kept (default: a temporary directory, which goes with the node)')
    .option('--chain-id <id>', `chain id (default: ${DEFAULT_CHAIN_ID})`, wholeNumber(1, Number.MAX_SAFE_INTEGER))
    .option('--block-time <seconds>', 'a block every so many seconds instead', wholeNumber(0, 1_000_000), 0)
    .option('--no-mining', 'no block before it is asked for')
    .option('--controls', 'let other machines that reach the host change state and clock too', false)
    .option('--quiet', 'write the address to ask, and nothing of accounts', false)
    .addOption(new Option('--log-level <level>', 'least level shown').choices(LOG_LEVELS).default('warn'))
    .action(runDev)
  return addAccountOptions(command)
}

async function runDev(flags: DevFlags): Promise<void> {
  const isKept = flags.data !== undefined
  const directory = isKept ? resolve(flags.data) : temporaryDirectory()
  const settings = loadSettings({
    env: process.env,
    flags: {
      ...accountFlags(flags),
      dataDir: directory,
      genesis: join(directory, GENESIS_FILE),
      logLevel: flags.logLevel,
      p2pEnabled: false,
      rpcHost: flags.host,
      rpcPort: flags.port,
      rpcNamespaces: flags.controls ? ['anvil'] : undefined,
      rpcMaxBodyBytes: MAX_BODY_BYTES,
      minerEnabled: true,
      minerGasPriceFloor: 0n,
      // Its own blocks are all that there is: none is replayed.
      executionWorkers: 1,
      executionPin: false,
      storageSync: isKept,
      txpoolJournal: isKept,
    },
  })
  const chainId = writeGenesis(directory, flags.chainId, settings.accounts)
  await runNode(settings, {
    log: createLogger(settings.log),
    mining: miningMode(flags),
    onReady: ({ rpcUrl = '' }) => {
      const { mnemonic, balance, count } = settings.accounts
      const accounts = developerAccounts(Math.min(count, SHOWN_ACCOUNTS), settings.accounts)
      const content = { chainId, mnemonic, accounts, balanceInEther: balance, url: rpcUrl }
      const text = flags.quiet ? `Listening on ${rpcUrl}` : devBanner({ ...content, ...(isKept && { directory }) })
      process.stdout.write(`${text}\n`)
      if (!isKept) removeAbandoned()
    },
  })
}

function miningMode({ mining, blockTime }: DevFlags): MiningMode {
  if (!mining) return { kind: 'manual' }
  return blockTime === 0 ? { kind: 'auto' } : { kind: 'interval', seconds: blockTime }
}

/** Begins a chain in the directory, where there is none yet. Returns the chain id. Throws CommandError `chain-differs`. */
function writeGenesis(directory: string, chainId: number | undefined, accounts: DeveloperSettings): bigint {
  const file = join(directory, GENESIS_FILE)
  if (existsSync(file)) {
    const present = readGenesis(file).config.chainId
    if (chainId === undefined || present === BigInt(chainId)) return present
    const message = `the chain in ${directory} has chain id ${present}, not ${chainId}`
    throw new CommandError('chain-differs', message, { present, wanted: chainId })
  }
  const genesis = developmentGenesis({
    ...genesisAccounts(accounts),
    chainId: BigInt(chainId ?? DEFAULT_CHAIN_ID),
    engine: 'instant',
    controls: true,
    timestamp: BigInt(Math.floor(Date.now() / 1000)),
  })
  mkdirSync(directory, { recursive: true })
  writeFileSync(file, `${JSON.stringify(genesisToJson(genesis), null, 2)}\n`)
  return genesis.config.chainId
}

const TEMPORARY = /^pavm-dev-(\d+)-/

/** Named by its process, and removed with it. */
function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), `pavm-dev-${process.pid}-`))
  process.on('exit', () => rmSync(directory, { recursive: true, force: true }))
  return directory
}

/** Removes the directories of processes that were killed. */
function removeAbandoned(): void {
  for (const name of readdirSync(tmpdir())) {
    const [, pid] = TEMPORARY.exec(name) ?? []
    if (pid === undefined || isRunning(Number(pid))) continue
    try {
      rmSync(join(tmpdir(), name), { recursive: true, force: true })
    } catch {
      // Somebody else's.
    }
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
