import { join, resolve } from 'node:path'
import { type Command, Option } from 'commander'
import { developerAccounts } from '../../primitives/developer-accounts.ts'
import type { DeveloperSettings } from '../accounts.ts'
import { type BannerContent, banner } from '../banner.ts'
import { Devnet } from '../devnet.ts'
import { requireFreePorts } from '../free-ports.ts'
import { readGenesis } from '../genesis-file.ts'
import { createLogger, prettyLogFormat } from '../log.ts'
import {
  checkNetworkOptions,
  GENESIS_FILE,
  type NetworkOptions,
  type NodeFiles,
  portsOf,
  removeNetwork,
  writeNetwork,
} from '../network-files.ts'
import { accountSettings } from './account-options.ts'
import { type NetworkFlags, networkCommand, networkOptions } from './network-command.ts'
import { wholeNumber } from './parsers.ts'

interface DevnetFlags extends NetworkFlags {
  readonly data: string
  readonly fresh: boolean
  readonly replay?: string
  readonly workers?: number
  readonly verifySerial: boolean
  readonly logLevel: string
}

/** Of the developer accounts, the first. */
const SHOWN_ACCOUNTS = 10

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error']

/** `pavm devnet`: several nodes on this machine, until Ctrl-C. What `npm start` runs. */
export function devnetCommand(): Command {
  return networkCommand('devnet')
    .description('run a local testnet of several nodes (npm start)')
    .option('--data <dir>', 'where the chain, keys and settings of the nodes are kept', '.pavm')
    .option('--fresh', 'delete what is kept there and begin a new chain', false)
    .addOption(new Option('--replay <strategy>', 'how validators replay blocks').choices(['groups', 'split', 'values']))
    .option('--workers <n>', 'replay threads of each node (default: all cores)', wholeNumber(1, 1024))
    .option('--verify-serial', 'execute every block serially too and compare', false)
    .addOption(new Option('--log-level <level>', 'least level shown').choices(LOG_LEVELS).default('info'))
    .action(runDevnet)
}

async function runDevnet(options: DevnetFlags): Promise<void> {
  const directory = resolve(options.data)
  const accounts = accountSettings(options)
  const network = { ...networkOptions(options), settings: devnetSettings(options) }
  checkNetworkOptions(network)
  const ports = portsOf(network)
  await requireFreePorts([...ports.rpc, ...ports.p2p])
  if (options.fresh) await removeNetwork(directory)
  const nodes = await writeNetwork(directory, network)

  const log = createLogger({ level: 'info', format: 'pretty', label: 'devnet' })
  const format = prettyLogFormat(process.stdout.isTTY === true)
  let crashed = false
  const devnet = new Devnet(
    { nodes },
    {
      onLine: (node, line) => process.stdout.write(line.startsWith('{') ? format(line) : `${node} ${line}\n`),
      onCrash: (node, reason) => {
        crashed = true
        const isLast = devnet.size === 0
        // `node` is the label of the line.
        log.error(
          { crashed: node, reason },
          isLast ? 'the last node has crashed' : 'a node has crashed; the others go on',
        )
        if (isLast) process.exit(1)
      },
    },
  )
  let isStopping = false
  const stop = async (): Promise<void> => {
    if (isStopping) return
    isStopping = true
    log.info('stopping all nodes')
    const killed = await devnet.stop()
    if (killed.length > 0) log.warn({ killed }, 'these nodes did not stop in time and were killed')
    process.exit(crashed ? 1 : 0)
  }
  process.on('SIGINT', () => void stop())
  process.on('SIGTERM', () => void stop())
  // Whoever watched has gone, as with `| head`.
  process.stdout.on('error', () => void stop())

  try {
    const ready = await devnet.start()
    process.stdout.write(`${banner(bannerContent({ ...options, accounts }, directory, nodes, ready))}\n`)
  } catch (error) {
    // Nodes that are asked to stop while they start do not come up; `stop` ends the process.
    if (isStopping) return
    isStopping = true
    await devnet.stop()
    throw error
  }
}

function devnetSettings(flags: DevnetFlags): NetworkOptions['settings'] {
  const { replay, workers, verifySerial, logLevel } = flags
  return {
    log: { level: logLevel },
    execution: {
      ...(replay === undefined ? {} : { replay }),
      ...(workers === undefined ? {} : { workers }),
      verifySerial,
    },
  }
}

function bannerContent(
  options: DevnetFlags & { readonly accounts: DeveloperSettings },
  directory: string,
  nodes: readonly NodeFiles[],
  ready: Awaited<ReturnType<Devnet['start']>>,
): BannerContent {
  const { config } = readGenesis(join(directory, GENESIS_FILE))
  const { accounts } = options
  return {
    chainId: config.chainId,
    consensus: options.consensus,
    blockTimeSeconds: config.pavm.periodSeconds,
    directory,
    mnemonic: accounts.mnemonic,
    accounts: developerAccounts(Math.min(accounts.count, SHOWN_ACCOUNTS), accounts),
    balanceInEther: accounts.balance,
    nodes: nodes.map(({ name, rpcPort }) => ({
      name,
      url: ready.get(name)?.rpcUrl ?? `http://127.0.0.1:${rpcPort}`,
      headNumber: ready.get(name)?.headNumber ?? 0,
    })),
  }
}
