import type { Settings } from '../config/settings.ts'
import { openChainDatabase } from './chain-database.ts'
import type { ChildMessage } from './child-messages.ts'
import type { NodeModules, PavmNode } from './node.ts'

/** A node that hangs while stopping is ended after this long: its database is consistent at every instant. */
const STOP_LIMIT_MS = 3_500

export interface RunModules extends Omit<NodeModules, 'storage'> {
  /** The node is up. */
  readonly onReady?: (node: PavmNode) => void
}

/** Runs one node in this process until it is told to end, and ends the process with it. */
export async function runNode(settings: Settings, { onReady, ...modules }: RunModules): Promise<void> {
  const { log } = modules
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

  // LevelDB opens in another thread while this one loads the rest.
  const storage = openChainDatabase(settings, modules)
  // Who waits for it is told.
  storage.catch(() => {})
  const { PavmNode } = await import('./node.ts')
  node = await PavmNode.start(settings, { ...modules, storage })
  const ready: ChildMessage = {
    kind: 'ready',
    rpcUrl: node.rpcUrl,
    peerId: node.peerId,
    headNumber: Number(node.headNumber),
  }
  process.send?.(ready)
  onReady?.(node)
}
