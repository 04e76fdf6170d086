import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Command, Option } from 'commander'
import { developmentGenesis, type Genesis, genesisToJson } from '../../config/genesis.ts'
import { loadSettings } from '../../config/settings.ts'
import type { MiningMode } from '../../consensus/control/miner.ts'
import { developerAccounts } from '../../primitives/developer-accounts.ts'
import { type DeveloperSettings, genesisAccounts } from '../accounts.ts'
import { devBanner } from '../banner.ts'
import { CommandError } from '../command-error.ts'
import type { UpstreamAddress } from '../fork/open-upstream.ts'
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
  readonly fork?: UpstreamAddress
  readonly forkUrl?: string
  readonly forkBlockNumber?: number
  readonly forkCache?: string
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
/** A call that is the first to read a forked chain waits for each value. */
const FORKED_CALL_TIMEOUT_MS = 120_000

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
    .option(
      '--fork <url[@block]>',
      'begin upon the newest block, or that one, of the chain of another node',
      forkAddress,
    )
    .option('--fork-url <url>', 'the same, as anvil has it')
    .option('--fork-block-number <number>', 'and its block', wholeNumber(0, Number.MAX_SAFE_INTEGER))
    .option(
      '--fork-cache <dir>',
      'where what was read of it is kept for later runs (default: .pavm/fork, or in --data)',
    )
    .option('--quiet', 'write the address to ask, and nothing of accounts', false)
    .addOption(new Option('--log-level <level>', 'least level shown').choices(LOG_LEVELS).default('warn'))
    .action(runDev)
  return addAccountOptions(command)
}

async function runDev(flags: DevFlags): Promise<void> {
  const isKept = flags.data !== undefined
  const directory = isKept ? resolve(flags.data) : temporaryDirectory()
  const fork = forkOf(flags)
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
      executionInlineMs: 10,
      storageSync: isKept,
      // What a crash would lose is in a temporary directory anyway.
      storageWriteBehindMs: isKept ? 0 : 20,
      txpoolJournal: isKept,
      forkCache:
        flags.forkCache ?? (isKept && !('PAVM_FORK_CACHE' in process.env) ? join(directory, 'fork') : undefined),
      ...(fork && !('PAVM_RPC_CALL_TIMEOUT_MS' in process.env) && { rpcCallTimeoutMs: FORKED_CALL_TIMEOUT_MS }),
    },
  })
  const isNew = !existsSync(join(directory, GENESIS_FILE))
  const upstream =
    fork && isNew ? await (await import('../fork/open-upstream.ts')).openUpstream(fork, settings.fork) : undefined
  const genesis = beginChain(directory, flags.chainId, upstream?.point.chainId, settings.accounts)
  const { chainId } = genesis.config
  await runNode(settings, {
    log: createLogger(settings.log),
    genesis,
    mining: miningMode(flags),
    fork: fork && { ...fork, upstream },
    onReady: ({ rpcUrl = '', fork: forked }) => {
      const { mnemonic, balance, count } = settings.accounts
      const accounts = developerAccounts(Math.min(count, SHOWN_ACCOUNTS), settings.accounts)
      const described = forked && `block ${forked.point.number} of chain ${forked.point.chainId} at ${forked.name}`
      const content = { chainId, mnemonic, accounts, balanceInEther: balance, url: rpcUrl, fork: described }
      const text = flags.quiet ? `Listening on ${rpcUrl}` : devBanner({ ...content, ...(isKept && { directory }) })
      process.stdout.write(`${text}\n`)
      if (!isKept) setTimeout(removeAbandoned, CLEANING_DELAY_MS).unref()
    },
  })
}

/** A URL may have an @ of its own, but none with nothing but a number behind it. */
const AT_BLOCK = /^(.+)@(\d{1,18})$/

function forkAddress(text: string): UpstreamAddress {
  const [, url = text, block] = AT_BLOCK.exec(text) ?? []
  return { url, block: block === undefined ? undefined : BigInt(block) }
}

/** Throws CommandError `invalid-fork`. */
function forkOf({ fork, forkUrl, forkBlockNumber }: DevFlags): UpstreamAddress | undefined {
  const address = fork ?? (forkUrl === undefined ? undefined : forkAddress(forkUrl))
  if (address === undefined) {
    if (forkBlockNumber === undefined) return undefined
    throw new CommandError('invalid-fork', '--fork-block-number is the block of a chain: --fork is missing')
  }
  return forkBlockNumber === undefined ? address : { ...address, block: BigInt(forkBlockNumber) }
}

function miningMode({ mining, blockTime }: DevFlags): MiningMode {
  if (!mining) return { kind: 'manual' }
  return blockTime === 0 ? { kind: 'auto' } : { kind: 'interval', seconds: blockTime }
}

/** The genesis of the chain in the directory, which is begun where there is none yet. Throws CommandError `chain-differs`. */
function beginChain(
  directory: string,
  chainId: number | undefined,
  forkedId: bigint | undefined,
  accounts: DeveloperSettings,
): Genesis {
  const file = join(directory, GENESIS_FILE)
  if (existsSync(file)) {
    const there = readGenesis(file)
    const present = there.config.chainId
    if (chainId === undefined || present === BigInt(chainId)) return there
    const message = `the chain in ${directory} has chain id ${present}, not ${chainId}`
    throw new CommandError('chain-differs', message, { present, wanted: chainId })
  }
  const genesis = developmentGenesis({
    ...genesisAccounts(accounts),
    chainId: BigInt(chainId ?? forkedId ?? DEFAULT_CHAIN_ID),
    engine: 'instant',
    controls: true,
    timestamp: BigInt(Math.floor(Date.now() / 1000)),
  })
  mkdirSync(directory, { recursive: true })
  writeFileSync(file, `${JSON.stringify(genesisToJson(genesis), null, 2)}\n`)
  return genesis
}

/** Not before the first answers. */
const CLEANING_DELAY_MS = 1_000

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
