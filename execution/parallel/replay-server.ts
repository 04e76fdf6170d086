import { parentPort } from 'node:worker_threads'
import { ClaimsBoard } from './claims-board.ts'
import { endThread } from './end-thread.ts'
import type { BundleResult, ReplayCommand, ReplayJob, ReplayReport } from './protocol.ts'
import { type OpenJob, runBundle } from './run-bundle.ts'
import type { StopMessage } from './stop-signal.ts'

export interface ReplayServerOptions {
  readonly worker: number
  /** How pinning went, told to the owner. */
  readonly ready: Omit<Extract<ReplayReport, { kind: 'ready' }>, 'kind'>
}

/** Serves the owner of this replay thread until it is told to stop. Then `close` comes last. */
export function serveReplay(
  { worker, ready }: ReplayServerOptions,
  {
    open,
    updateSubtries,
    close,
  }: {
    readonly open: (job: ReplayJob) => OpenJob
    readonly updateSubtries: (task: Uint8Array) => Uint8Array
    readonly close: () => Promise<void>
  },
): void {
  const port = parentPort
  if (port === null) throw new Error('replays are served in a worker thread only')
  const report = (message: ReplayReport) => port.postMessage(message)
  let present: { readonly job: ReplayJob; readonly board: ClaimsBoard; readonly open: OpenJob } | undefined

  const takeAll = () => {
    if (present === undefined) return
    const { job, board } = present
    // In one message: each wakes the owner, which may have to push this thread off its processor.
    let results: BundleResult[] = []
    const send = () => {
      if (results.length > 0) report({ kind: 'bundles', job: job.id, results })
      results = []
    }
    for (let bundle = board.take(worker); bundle !== undefined; bundle = board.take(worker)) {
      for (const result of runBundle(bundle, present.open)) {
        results.push(result)
        // The owner may have seen enough.
        if (!result.isComplete) send()
      }
      board.finish(worker, bundle)
    }
    send()
  }
  const end = () => {
    present?.open.close()
    present = undefined
  }

  const update = (id: number, task: Uint8Array) => {
    let result: Uint8Array | undefined
    try {
      result = updateSubtries(task)
    } catch {
      // The owner does it himself, and meets whatever is wrong there.
    }
    const transfer = result === undefined ? [] : [result.buffer as ArrayBuffer]
    port.postMessage({ kind: 'subtries', id, result } satisfies ReplayReport, transfer)
  }

  port.on('message', (command: ReplayCommand | StopMessage) => {
    if (command.kind === 'subtries') {
      update(command.id, command.task)
      return
    }
    if (command.kind !== 'again') end()
    if (command.kind === 'stop') {
      void endThread(close)
      return
    }
    if (command.kind === 'job') {
      present = { job: command.job, board: new ClaimsBoard(command.job.board), open: open(command.job) }
    }
    takeAll()
  })
  report({ kind: 'ready', ...ready })
}
