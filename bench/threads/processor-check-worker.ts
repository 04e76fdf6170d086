import { parentPort, workerData } from 'node:worker_threads'
import { pinThread } from '../../execution/parallel/affinity.ts'
import { CHECK_STATE, checkCall, type ProcessorCheckData } from './check-call.ts'

const { state, processor } = workerData as ProcessorCheckData
pinThread(processor)
const call = checkCall()
parentPort!.postMessage('ready')
while (Atomics.load(state, 0) !== CHECK_STATE.ends) {
  Atomics.wait(state, 0, CHECK_STATE.waits)
  Atomics.compareExchange(state, 0, CHECK_STATE.asked, CHECK_STATE.runs)
  while (Atomics.load(state, 0) === CHECK_STATE.runs) call()
}
