import { parentPort, threadId, workerData } from 'node:worker_threads'
import { updateSubtries } from '../../storage/trie/subtrie.ts'
import { kernelThreadId, pinThread } from './affinity.ts'
import { useConnections } from './connection-data.ts'
import type { ReplayThreadData } from './protocol.ts'
import { ReplayWork } from './replay-job.ts'
import { serveReplay } from './replay-server.ts'
import { replayLane } from './thread-lanes.ts'
import { ThreadHelper } from './thread-sharing.ts'
import { ThreadState } from './thread-state.ts'

/** A replay thread: runs pieces of blocks. */
const data = workerData as ReplayThreadData
// Before the pinning, which threads made by the database would inherit.
useConnections({ lane: replayLane(data.worker) })
const thread = await ThreadState.open(data)
const pin = data.processor === undefined ? { core: undefined } : pinThread(data.processor)
const helper = data.threadBoard && new ThreadHelper(data.threadBoard, { helper: data.worker, processor: pin.core })
// Around all that it does for its owner.
parentPort?.on('message', () => helper?.leave())
serveReplay(
  {
    worker: data.worker,
    ready: { core: pin.core, reason: 'reason' in pin ? pin.reason : undefined, threadId: kernelThreadId() ?? threadId },
  },
  {
    open: (job) => new ReplayWork(job, { thread }),
    updateSubtries: (task) => updateSubtries(task, thread.nodes),
    close: () => thread.close(),
  },
)
parentPort?.on('message', () => helper?.comeBack())
