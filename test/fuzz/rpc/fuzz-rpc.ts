import { readFileSync } from 'node:fs'
import { Agent } from 'node:http'
import { Worker } from 'node:worker_threads'
import { CleanUp } from '../../support/clean-up.ts'
import { survivors } from '../../support/command.ts'
import { rpc } from '../../support/json-rpc.ts'
import { type FuzzRequest, REQUEST_KINDS, type RequestKind, requestFor } from './random-request.ts'
import { sendRequest } from './send-request.ts'
import { startTarget, type Target } from './target.ts'
import type { Watched } from './watch-thread.ts'

/** After so many requests the node is looked at, and its chain put back to where it was. */
const ROUND = 250
/** Requests that are under way at a time, slow ones apart. */
const CONCURRENCY = 16
const MAX_SLOW = 60

const MAX_WATCHED_MS = 2_000

/** The threads, their compiled code and the caches are there after a tenth of the requests, and no less than so many. */
const WARM_UP = 1_000
const MAX_GROWTH = 1.5
/** Garbage is collected in its time. */
const MEMORY_PATIENCE_MS = 30_000

export interface RpcFuzzOptions {
  readonly seed: number
  /** Number of the first request. */
  readonly first?: number
  readonly count: number
  readonly onProgress?: (done: number) => void
}

export interface RpcFuzzResult {
  readonly sent: Readonly<Record<RequestKind, number>>
  /** What was wrong, with the requests by number. */
  readonly failures: readonly string[]
  /** Of eth_blockNumber, asked all the time. */
  readonly slowestMs: number
  readonly warmBytes: number
  readonly endBytes: number
}

/** Sends requests to a node of its own and looks whether what must hold holds. Ends at the first round with a failure. */
export async function fuzzRpc(options: RpcFuzzOptions): Promise<RpcFuzzResult> {
  const cleanUp = new CleanUp()
  try {
    return await fuzz(options, await startTarget(cleanUp))
  } finally {
    await cleanUp.run()
  }
}

async function fuzz({ seed, first = 0, count, onProgress }: RpcFuzzOptions, target: Target): Promise<RpcFuzzResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONCURRENCY })
  const sent = Object.fromEntries(REQUEST_KINDS.map((kind) => [kind, 0])) as Record<RequestKind, number>
  const failures: string[] = []
  const underWay = new Map<number, FuzzRequest>()
  const slow = new Set<Promise<void>>()
  const watch = new Watch(target, () => [...underWay.keys()])

  const run = async (request: FuzzRequest): Promise<void> => {
    underWay.set(request.number, request)
    try {
      const wrong = await sendRequest(request, target.port, agent)
      if (wrong !== undefined) failures.push(`request ${request.number} (${request.kind}): ${wrong}\n${shown(request)}`)
    } finally {
      underWay.delete(request.number)
    }
    sent[request.kind] += 1
  }
  const runRound = async (from: number, to: number): Promise<void> => {
    let next = from
    const client = async (): Promise<void> => {
      while (next < to) {
        const request = requestFor(seed, next++, target)
        if (request.kind !== 'slow') {
          await run(request)
          continue
        }
        if (slow.size >= MAX_SLOW) await Promise.race(slow)
        const running: Promise<void> = run(request).finally(() => slow.delete(running))
        slow.add(running)
      }
    }
    await Promise.all(Array.from({ length: CONCURRENCY }, client))
  }

  const warmAt = Math.min(count / 2, Math.max(WARM_UP, count / 10))
  let warmBytes = 0
  let snapshot = await rpc(target.url, 'evm_snapshot')
  for (let done = 0; done < count && failures.length === 0; ) {
    const size = Math.min(ROUND, count - done)
    await runRound(first + done, first + done + size)
    done += size
    failures.push(...watch.take(), ...nodeFailures(target))
    if (failures.length === 0) snapshot = await putBack(target, snapshot)
    if (done >= warmAt) warmBytes = Math.max(warmBytes, warmBytes === 0 || done < 2 * warmAt ? memoryOf(target) : 0)
    onProgress?.(done)
  }
  await Promise.all(slow)
  const endBytes = failures.length === 0 ? await settledMemory(target, warmBytes * MAX_GROWTH) : 0
  await watch.stop()
  failures.push(...watch.take())
  if (failures.length === 0) failures.push(...nodeFailures(target))
  if (endBytes > warmBytes * MAX_GROWTH) failures.push(`memory grew from ${warmBytes} to ${endBytes} bytes`)
  agent.destroy()
  return { sent, failures, slowestMs: watch.slowestMs, warmBytes, endBytes }
}

/** Has eth_blockNumber asked all the time. */
class Watch {
  slowestMs = 0
  readonly #thread: Worker
  readonly #failures: string[] = []

  constructor({ url }: Target, underWay: () => readonly number[]) {
    this.#thread = new Worker(new URL('./watch-thread.ts', import.meta.url), { workerData: url })
    this.#thread.on('message', (watched: Watched) => {
      const beside = `beside requests ${underWay().join(', ')} or those before`
      if ('failure' in watched) {
        this.#failures.push(`eth_blockNumber failed ${beside}: ${watched.failure}`)
        return
      }
      this.slowestMs = Math.max(this.slowestMs, watched.ms)
      if (watched.ms > MAX_WATCHED_MS) this.#failures.push(`eth_blockNumber took ${watched.ms} ms ${beside}`)
    })
  }

  /** What was wrong since the last time. */
  take(): readonly string[] {
    return this.#failures.splice(0)
  }

  async stop(): Promise<void> {
    await this.#thread.terminate()
  }
}

/** Lines of the log that are of failures, with the stack behind, threads that died among them. */
const FAILURE_LINE = /^.*(?:\b(?:ERROR|FATAL):|\bdied\b).*(?:\n(?!\[).*){0,8}/gm

/** What the node says of itself: that it ended, or what failed. */
function nodeFailures({ command }: Target): string[] {
  if (survivors([command.pid]).length === 0) return [`the node ended: ${command.stdout.slice(-2_000)}`]
  return (command.stdout.match(FAILURE_LINE) ?? []).map((lines) => `the node logged: ${lines}`)
}

/** Puts the chain back to where it was, and what requests may have switched off. Returns the next snapshot. */
async function putBack({ url }: Target, snapshot: unknown): Promise<unknown> {
  await rpc(url, 'evm_revert', snapshot)
  await rpc(url, 'anvil_removeBlockTimestampInterval')
  await rpc(url, 'anvil_setMinGasPrice', '0x0')
  await rpc(url, 'evm_setBlockGasLimit', '0x1c9c380')
  await rpc(url, 'anvil_dropAllTransactions')
  await rpc(url, 'evm_setAutomine', true)
  return await rpc(url, 'evm_snapshot')
}

/** Resident bytes of the node's process, all of its threads included. */
function memoryOf({ command }: Target): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${command.pid}/status`, 'utf8')) ?? []
  return Number(kilobytes) * 1024
}

/** The same, once it is at most `limit` or has not become so in time. */
async function settledMemory(target: Target, limit: number): Promise<number> {
  const deadline = performance.now() + MEMORY_PATIENCE_MS
  while (memoryOf(target) > limit && performance.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 500))
  return memoryOf(target)
}

const SHOWN = 1_000

/** A request for people, cut where it is long. */
export function shown(request: FuzzRequest): string {
  if (request.transport === 'post') return cut(request.body)
  const bytes = Buffer.concat(request.pieces.map((piece) => piece.bytes))
  return `${cut(JSON.stringify(bytes.subarray(0, SHOWN + 1).toString('latin1')))} (${bytes.length} bytes), then ${JSON.stringify(request.ending)}`
}

function cut(text: string): string {
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}... (${text.length} characters)`
}
