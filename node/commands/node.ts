import { Command, Option } from 'commander'
import { loadSettings, SETTING_ROWS } from '../../config/settings.ts'
import type { ChildMessage } from '../child-messages.ts'
import { createLogger } from '../log.ts'
import { PavmNode } from '../node.ts'

/** A node that hangs while stopping is ended after this long: its database is consistent at every instant. */
const STOP_LIMIT_MS = 3_500

/** `pavm node`: one node in the foreground, until SIGINT or SIGTERM. Every setting is a flag too. */
export function nodeCommand(): Command {
  const command = new Command('node')
    .description('run one node')
    .option('--config <file>', 'settings (TOML); paths in it are relative to it')
  for (const { flag, setting } of SETTING_ROWS) {
    command.addOption(new Option(`${flag} <value>`, setting.doc).default(undefined, String(setting.default)))
  }
  return command.action(({ config, ...flags }: Record<string, string | undefined>) => runNode(config, flags))
}

async function runNode(file: string | undefined, flags: Readonly<Record<string, string | undefined>>): Promise<void> {
  const settings = loadSettings({ file, env: process.env, flags })
  const log = createLogger(settings.log)
  let node: PavmNode | undefined
  let stopping = false
  const stop = (reason: string): void => {
    if (stopping) return
    stopping = true
    log.info({ reason }, 'stopping')
    // Not up yet: what is on disk is whole at every instant.
    if (node === undefined) process.exit(0)
    setTimeout(() => process.exit(1), STOP_LIMIT_MS).unref()
    void node.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'did not stop cleanly')
        process.exit(1)
      },
    )
  }
  process.on('SIGINT', () => stop('SIGINT'))
  process.on('SIGTERM', () => stop('SIGTERM'))
  // The process that started this one is gone: nobody would stop the node any more.
  process.on('disconnect', () => stop('parent gone'))
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'a bug: the node ends')
    process.exit(1)
  })

  node = await PavmNode.start(settings, { log })
  const ready: ChildMessage = {
    kind: 'ready',
    rpcUrl: node.rpcUrl,
    peerId: node.peerId,
    headNumber: Number(node.headNumber),
  }
  process.send?.(ready)
}
