import { writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { BroadcastChannel, isMainThread } from 'node:worker_threads'

/** For the threads to collect their garbage, and the engine's own threads to let go of buffers. */
const COLLECT_MS = 500

/**
 * Loaded into each thread of a node before all else (`--import`): on SIGUSR2 all of them collect their garbage, and what memory the
 * node has in use then is written to the file that SOAK_PROBE_FILE names.
 */
const file = process.env.SOAK_PROBE_FILE
if (file !== undefined) {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const threads = new BroadcastChannel('collect garbage')
  threads.onmessage = collect
  threads.unref()
  if (isMainThread) {
    process.on('SIGUSR2', async () => {
      threads.postMessage(undefined)
      collect()
      await sleep(COLLECT_MS)
      collect()
      writeFileSync(file, JSON.stringify(process.memoryUsage()))
    })
  }
}
