import { parentPort } from 'node:worker_threads'
import { ClaimsBoard } from './claims-board.ts'
import type { BundleResult, ReplayCommand, ReplayJob, ReplayReport } from './protocol.ts'

/** A job as a thread works on it. */
export interface OpenJob {
  run(bundle: number): BundleResult
  close(): void
}

export interface ReplayServerOptions {
  readonly worker: number
  /** How pinning went, told to the owner. */
  readonly ready: Omit<Extract<ReplayReport, { kind: 'ready' }>, 'kind'>
}

/** Serves the owner of this replay thread from now on. `open` must not throw: what fails, fails in the bundles. */
export function serveReplay({ worker, ready }: ReplayServerOptions, open: (job: ReplayJob) => OpenJob): void {
  const port = parentPort
  if (port === null) throw new Error('replays are served in a worker thread only')
  const report = (message: ReplayReport) => port.postMessage(message)
  let present: { readonly job: ReplayJob; readonly board: ClaimsBoard; readonly open: OpenJob } | undefined

  const takeAll = () => {
    if (present === undefined) return
    const { job, board } = present
    for (let bundle = board.take(worker); bundle !== undefined; bundle = board.take(worker)) {
      report({ kind: 'bundle', job: job.id, result: present.open.run(bundle) })
    }
  }
  const end = () => {
    present?.open.close()
    present = undefined
  }

  port.on('message', (command: ReplayCommand) => {
    if (command.kind !== 'again') end()
    if (command.kind === 'job') {
      present = { job: command.job, board: new ClaimsBoard(command.job.board), open: open(command.job) }
    }
    takeAll()
  })
  report({ kind: 'ready', ...ready })
}
