import { parentPort, workerData } from 'node:worker_threads'
import { openDatabaseForReading } from '../../storage/database.ts'
import { storedNodes } from '../../storage/state-store.ts'
import { updateSubtries } from '../../storage/trie/subtrie.ts'

/** Updates subtries on a thread of its own, which reads their nodes from the database and remembers them. */
const { directory, cacheBytes } = workerData as { readonly directory: string; readonly cacheBytes: number }
const database = await openDatabaseForReading(directory)
const nodes = storedNodes(database, cacheBytes)

parentPort!.on('message', (task: Uint8Array | undefined) => {
  if (task === undefined) {
    parentPort!.close()
    void database.close()
    return
  }
  const result = updateSubtries(task, nodes)
  parentPort!.postMessage(result, [result.buffer as ArrayBuffer])
})
parentPort!.postMessage(undefined)
