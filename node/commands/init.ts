import type { Command } from 'commander'
import { writeNetwork } from '../network-files.ts'
import { type NetworkFlags, networkCommand, networkOptions } from './network-command.ts'

interface InitFlags extends NetworkFlags {
  readonly hosts?: string[]
}

/** `pavm init DIR`: the files of a network whose nodes run apart from each other. */
export function initCommand(): Command {
  return networkCommand('init')
    .description("write a network's genesis, keys and config files")
    .argument('<dir>', 'where to write them: genesis.json and a folder for each node')
    .option('--hosts <list>', 'the nodes’ addresses or host names, with commas between', (text) => text.split(','))
    .action(async (directory: string, flags: InitFlags) => {
      const nodes = await writeNetwork(directory, networkOptions(flags, flags.hosts))
      for (const node of nodes) process.stdout.write(`${node.name}: pavm node --config ${node.configFile}\n`)
    })
}
