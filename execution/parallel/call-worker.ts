import { workerData } from 'node:worker_threads'
import type { CallTasks } from './call-tasks.ts'
import { connectedBase, useConnections } from './connection-data.ts'
import type { CallThreadData } from './protocol.ts'
import { Simulation } from './simulation.ts'
import { StopSignal } from './stop-signal.ts'
import { serveTasks } from './task-server.ts'
import { ThreadState } from './thread-state.ts'
import { Tracing } from './tracing.ts'

/** A thread for eth_call and its kin. */
const data = workerData as CallThreadData
// Replay threads help with blocks: what somebody calls must not keep them from their own work.
useConnections()
const thread = await ThreadState.open(data, connectedBase())
const modules = { thread, stopSignal: StopSignal.ofThread() }
const simulation = new Simulation(data, modules)
const tracing = new Tracing(modules)
serveTasks<CallTasks>(
  {
    call: (task) => simulation.call(task),
    estimateGas: (task) => simulation.estimateGas(task),
    createAccessList: (task) => simulation.createAccessList(task),
    simulate: (task) => simulation.simulate(task),
    threads: (transaction) => simulation.threads(transaction),
    record: (transaction) => simulation.record(transaction),
    trace: (task) => tracing.trace(task),
  },
  () => thread.close(),
)
