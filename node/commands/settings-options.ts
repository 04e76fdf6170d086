import { Command } from 'commander'
import { loadSettings, type Settings } from '../../config/settings.ts'
import { hasChain } from '../chain-database.ts'
import { CommandError } from '../command-error.ts'

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

/** For commands that read a chain: throws CommandError `no-chain` instead of letting them begin one. */
export function storedChainSettings(options: DataOptions): Settings {
  const settings = dataSettings(options)
  if (hasChain(settings.dataDir)) return settings
  const message = `there is no chain in ${settings.dataDir}: name its directory by --config or --data-dir`
  throw new CommandError('no-chain', message, { dataDir: settings.dataDir })
}
