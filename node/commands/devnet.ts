import { resolve } from 'node:path'
import { Command, Option } from 'commander'
import { DEVELOPER_MNEMONIC, developerAccounts } from '../../primitives/developer-accounts.ts'
import { banner } from '../banner.ts'
import { Devnet } from '../devnet.ts'
import { readGenesis } from '../genesis-file.ts'
import { createLogger, prettyLogFormat } from '../log.ts'
import {
  checkNetworkOptions,
  NetworkFilesError,
  type NetworkOptions,
  removeNetwork,
  writeNetwork,
} from '../network-files.ts'
import { wholeNumber } from './parsers.ts'

interface DevnetOptions {
  readonly nodes: number
  readonly miners: number
  readonly blockTime: number
  readonly consensus: 'pow' | 'instant'
  readonly rpcPort: number
  readonly p2pPort: number
  readonly data: string
  readonly fresh: boolean
  readonly replay?: string
  readonly workers?: number
  readonly verifySerial: boolean
  readonly logLevel: string
}

/** `pavm devnet`: several nodes on this machine, until Ctrl-C. What `npm start` runs. */
export function devnetCommand(): Command {
  return new Command('devnet')
    .description('run a local testnet of several nodes (npm start)')
    .option('--nodes <n>', 'how many nodes', wholeNumber(1, 64), 4)
    .option('--miners <n>', 'how many of them mine', wholeNumber(1, 64), 1)
    .option('--block-time <seconds>', 'seconds between blocks', wholeNumber(1, 3600), 2)
    .addOption(new Option('--consensus <engine>', 'consensus engine').choices(['pow', 'instant']).default('pow'))
    .option('--rpc-port <port>', 'JSON-RPC port of the first node; the others follow', wholeNumber(1, 65_000), 8545)
    .option('--p2p-port <port>', 'peer port of the first node; the others follow', wholeNumber(1, 65_000), 30303)
    .option('--data <dir>', 'where the chain, keys and settings of the nodes are kept', '.pavm')
    .option('--fresh', 'delete what is kept there and begin a new chain', false)
    .addOption(new Option('--replay <strategy>', 'how validators replay blocks').choices(['groups', 'split', 'values']))
    .option('--workers <n>', 'replay threads of each node (default: all cores)', wholeNumber(1, 1024))
    .option('--verify-serial', 'execute every block serially too and compare', false)
    .option('--log-level <level>', 'trace, debug, info, warn or error', 'info')
    .action(runDevnet)
}

async function runDevnet(options: DevnetOptions): Promise<void> {
  const log = createLogger({ level: 'info', format: 'pretty', label: 'devnet' })
  const directory = resolve(options.data)
  const network: NetworkOptions = {
    nodes: options.nodes,
    miners: options.miners,
    consensus: options.consensus,
    blockTimeSeconds: options.blockTime,
    rpcPort: options.rpcPort,
    p2pPort: options.p2pPort,
    settings: {
      log: { level: options.logLevel },
      execution: {
        ...(options.replay === undefined ? {} : { replay: options.replay }),
        ...(options.workers === undefined ? {} : { workers: options.workers }),
        verifySerial: options.verifySerial,
      },
    },
  }
  try {
    checkNetworkOptions(network)
    if (options.fresh) removeNetwork(directory)
    const nodes = await writeNetwork(directory, network)
    const format = prettyLogFormat(process.stdout.isTTY === true)
    let crashed = false
    const devnet = new Devnet(
      { nodes },
      {
        onLine: (node, line) => process.stdout.write(line.startsWith('{') ? format(line) : `${node} ${line}\n`),
        onCrash: (node, reason) => {
          crashed = true
          log.error({ node, reason }, 'a node has crashed; the others go on')
        },
      },
    )
    const stop = stopOnce(async () => {
      log.info('stopping all nodes')
      const killed = await devnet.stop()
      if (killed.length > 0) log.warn({ killed }, 'these nodes did not stop in time and were killed')
      process.exit(crashed ? 1 : 0)
    })
    process.on('SIGINT', stop)
    process.on('SIGTERM', stop)

    let ready: Awaited<ReturnType<Devnet['start']>>
    try {
      ready = await devnet.start()
    } catch (error) {
      await devnet.stop()
      throw error
    }
    const genesis = readGenesis(`${directory}/genesis.json`)
    process.stdout.write(
      `${banner({
        chainId: genesis.config.chainId,
        consensus: options.consensus,
        blockTimeSeconds: options.blockTime,
        directory,
        mnemonic: DEVELOPER_MNEMONIC,
        accounts: developerAccounts(10),
        balanceInEther: 10_000n,
        nodes: nodes.map((node) => ({
          name: node.name,
          url: ready.get(node.name)?.rpcUrl ?? `http://127.0.0.1:${node.rpcPort}`,
          headNumber: ready.get(node.name)?.headNumber ?? 0,
        })),
      })}\n`,
    )
  } catch (error) {
    log.error(
      error instanceof NetworkFilesError ? error.message : `the testnet did not start: ${(error as Error).message}`,
    )
    process.exit(1)
  }
}

function stopOnce(stop: () => Promise<void>): () => void {
  let stopping = false
  return () => {
    if (stopping) return
    stopping = true
    void stop()
  }
}
