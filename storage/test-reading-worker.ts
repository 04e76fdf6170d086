/** A worker thread that takes snapshots while the main thread commits, and says when one is not of a single block. */
import { parentPort, workerData } from 'node:worker_threads'
import { openDatabaseForReading } from './database.ts'
import { StateStore } from './state-store.ts'
import { address } from './test-support.ts'

const port = parentPort!
const database = await openDatabaseForReading(String(workerData))
const states = new StateStore({}, { database })
let isDone = false
port.once('message', () => {
  isDone = true
})
port.postMessage('ready')

let snapshots = 0
let newest = 0n
const torn: string[] = []
while (!isDone) {
  const snapshot = states.snapshot()
  // Every block sets both accounts to its number.
  const view = snapshot.stateAt(snapshot.head)!
  const balances = [1, 2].map((index) => view.account(address(index))?.balance ?? 0n)
  if (balances.some((balance) => balance !== snapshot.head.number)) torn.push(`${snapshot.head.number}: ${balances}`)
  newest = snapshot.head.number
  snapshots++
  await snapshot.close()
  await new Promise(setImmediate)
}
await database.close()
port.postMessage({ snapshots, newest, torn })
