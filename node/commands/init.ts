import { Command, Option } from 'commander'
import { DEFAULT_BLOCK_TIME_SECONDS, writeNetwork } from '../network-files.ts'
import { wholeNumber } from './parsers.ts'

interface InitOptions {
  readonly nodes?: number
  readonly miners: number
  readonly blockTime?: number
  readonly consensus: 'pow' | 'instant'
  readonly rpcPort: number
  readonly p2pPort: number
  readonly hosts?: string[]
}

/** `pavm init DIR`: the files of a network whose nodes run apart from each other. */
export function initCommand(): Command {
  return new Command('init')
    .description("write a network's genesis, keys and config files")
    .argument('<dir>', 'where to write them: genesis.json and a folder for each node')
    .option('--nodes <n>', 'how many nodes (default: as many as hosts, or 4)', wholeNumber(1, 64))
    .option('--miners <n>', 'how many of them mine', wholeNumber(1, 64), 1)
    .option('--hosts <list>', 'the nodes’ addresses or host names, with commas between', (text) => text.split(','))
    .option('--block-time <seconds>', 'seconds between blocks (default: pow 2, instant 0)', wholeNumber(0, 3600))
    .addOption(new Option('--consensus <engine>', 'consensus engine').choices(['pow', 'instant']).default('pow'))
    .option('--rpc-port <port>', 'JSON-RPC port', wholeNumber(1, 65_535), 8545)
    .option('--p2p-port <port>', 'peer port', wholeNumber(1, 65_535), 30303)
    .action(async (directory: string, options: InitOptions) => {
      const nodes = await writeNetwork(directory, {
        nodes: options.nodes ?? options.hosts?.length ?? 4,
        miners: options.miners,
        consensus: options.consensus,
        blockTimeSeconds: options.blockTime ?? DEFAULT_BLOCK_TIME_SECONDS[options.consensus],
        rpcPort: options.rpcPort,
        p2pPort: options.p2pPort,
        hosts: options.hosts,
      })
      for (const node of nodes) process.stdout.write(`${node.name}: pavm node --config ${node.configFile}\n`)
    })
}
