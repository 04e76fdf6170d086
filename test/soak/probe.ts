import { writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { isMainThread } from 'node:worker_threads'

const SWEEP_MS = 200

/**
 * Loaded into a node before all else (`--import`): on SIGUSR2 it writes what memory the node has in use, garbage collected, to
 * the file that SOAK_PROBE_FILE names.
 */
const file = process.env.SOAK_PROBE_FILE
if (isMainThread && file !== undefined) {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  process.on('SIGUSR2', async () => {
    collect()
    // Buffers are let go by a thread of the engine.
    await sleep(SWEEP_MS)
    collect()
    writeFileSync(file, JSON.stringify(process.memoryUsage()))
  })
}
