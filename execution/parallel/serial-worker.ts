import { workerData } from 'node:worker_threads'
import { buildBlock } from './build-block.ts'
import { connectedBase, useConnections } from './connection-data.ts'
import { unpackParent } from './parent-message.ts'
import type { ThreadData } from './protocol.ts'
import { ReplayWork } from './replay-job.ts'
import { runBundle } from './run-bundle.ts'
import { executeBlock } from './serial-block.ts'
import type { SerialTasks } from './serial-tasks.ts'
import { StopSignal } from './stop-signal.ts'
import { serveTasks } from './task-server.ts'
import { SERIAL_LANE } from './thread-lanes.ts'
import { ThreadState } from './thread-state.ts'

/** The thread for whole blocks: executes and builds them. */
useConnections({ lane: SERIAL_LANE })
const thread = await ThreadState.open(workerData as ThreadData, connectedBase())
const stopSignal = StopSignal.ofThread()
serveTasks<SerialTasks>(
  {
    execute: (request) => executeBlock({ ...request, parent: unpackParent(request.parent) }, thread),
    build: (request) => buildBlock({ ...request, parent: unpackParent(request.parent) }, { thread, stopSignal }),
    rescue: ({ job, bundle }) => {
      const work = new ReplayWork(job, { thread })
      try {
        return [...runBundle(bundle, work)]
      } finally {
        work.close()
      }
    },
  },
  () => thread.close(),
)
