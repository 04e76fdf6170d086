import { Command } from 'commander'
import { loadSettings, type Settings } from '../../config/settings.ts'

/** A command that works on one node's data while the node does not run. */
export function dataCommand(name: string): Command {
  return new Command(name)
    .option('--config <file>', 'settings of the node whose data is used (TOML)')
    .option('--data-dir <dir>', 'data directory, if not the one of the settings')
    .option('--genesis <file>', 'genesis, if not the one of the settings')
}

export interface DataOptions {
  readonly config?: string
  readonly dataDir?: string
  readonly genesis?: string
}

export function dataSettings({ config, dataDir, genesis }: DataOptions): Settings {
  return loadSettings({ file: config, env: process.env, flags: { dataDir, genesis } })
}
