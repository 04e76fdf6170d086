import { Command, Option } from 'commander'
import { DEFAULT_BLOCK_TIME_SECONDS, type NetworkOptions } from '../network-files.ts'
import { accountSettings, addAccountOptions } from './account-options.ts'
import { wholeNumber } from './parsers.ts'

/** What the command line says of a network. */
export interface NetworkFlags {
  readonly nodes?: number
  readonly miners: number
  readonly blockTime?: number
  readonly consensus: NetworkOptions['consensus']
  readonly rpcPort: number
  readonly p2pPort: number
}

/** Nodes of a network for which nobody says how many. */
const DEFAULT_NODES = 4

/** A command that makes a network, with the options that each of them has. */
export function networkCommand(name: string): Command {
  const command = new Command(name)
    .option('--nodes <n>', `how many nodes (default: ${DEFAULT_NODES}, or as many as hosts)`, wholeNumber(1, 64))
    .option('--miners <n>', 'how many of them mine', wholeNumber(1, 64), 1)
    .option('--block-time <seconds>', 'seconds between blocks (default: pow 2, instant 0)', wholeNumber(0, 3600))
    .addOption(new Option('--consensus <engine>', 'consensus engine').choices(['pow', 'instant']).default('pow'))
    .option('--rpc-port <port>', 'JSON-RPC port; on one machine that of the first node', wholeNumber(1, 65_000), 8545)
    .option('--p2p-port <port>', 'peer port; on one machine that of the first node', wholeNumber(1, 65_000), 30303)
  return addAccountOptions(command)
}

export function networkOptions(flags: NetworkFlags, hosts?: readonly string[]): NetworkOptions {
  const { nodes, miners, blockTime, consensus, rpcPort, p2pPort } = flags
  return {
    nodes: nodes ?? hosts?.length ?? DEFAULT_NODES,
    miners,
    consensus,
    blockTimeSeconds: blockTime ?? DEFAULT_BLOCK_TIME_SECONDS[consensus],
    rpcPort,
    p2pPort,
    hosts,
    accounts: accountSettings(flags),
  }
}
