import { workerData } from 'node:worker_threads'
import type { CallTasks } from './call-tasks.ts'
import { useConnections } from './connection-data.ts'
import type { CallThreadData } from './protocol.ts'
import { Simulation } from './simulation.ts'
import { StopSignal } from './stop-signal.ts'
import { serveTasks } from './task-server.ts'
import { ThreadState } from './thread-state.ts'

/** A thread for eth_call and its kin. */
const data = workerData as CallThreadData
// Replay threads help with blocks: what somebody calls must not keep them from their own work.
useConnections({ helpers: false })
const thread = await ThreadState.open(data)
const simulation = new Simulation(data, { thread, stopSignal: StopSignal.ofThread() })
serveTasks<CallTasks>(
  {
    call: (task) => simulation.call(task),
    estimateGas: (task) => simulation.estimateGas(task),
    createAccessList: (task) => simulation.createAccessList(task),
    threads: (transaction) => simulation.threads(transaction),
    record: (transaction) => simulation.record(transaction),
  },
  () => thread.close(),
)
