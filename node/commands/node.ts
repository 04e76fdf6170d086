import { Command, Option } from 'commander'
import { loadSettings, SETTING_ROWS } from '../../config/settings.ts'
import { createLogger } from '../log.ts'
import { runNode } from '../run-node.ts'

/** `pavm node`: one node in the foreground, until SIGINT or SIGTERM. Every setting is a flag too. */
export function nodeCommand(): Command {
  const command = new Command('node')
    .description('run one node')
    .option('--config <file>', 'settings (TOML); paths in it are relative to it')
  for (const { flag, setting } of SETTING_ROWS) {
    command.addOption(new Option(`${flag} <value>`, setting.doc).default(undefined, String(setting.default)))
  }
  return command.action(async ({ config, ...flags }: Record<string, string | undefined>) => {
    const settings = loadSettings({ file: config, env: process.env, flags })
    await runNode(settings, { log: createLogger(settings.log) })
  })
}
