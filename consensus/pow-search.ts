import { Worker } from 'node:worker_threads'
import { BlockError } from '../execution/block/block-error.ts'
import type { PowReply, PowRequest } from './pow-protocol.ts'
import type { NonceSearch } from './pow-seal.ts'

interface Pending {
  resolve(nonce: bigint): void
  reject(reason: unknown): void
}

/** Searches nonces in one worker thread, started at the first search and replaced when it dies. */
export class PowSearch {
  readonly #hashesPerSecond: number
  readonly #pending = new Map<number, Pending>()
  #worker: Worker | undefined
  #lastId = 0
  #isClosed = false

  /** The rate at which one search hashes. */
  constructor(options: { readonly hashesPerSecond: number }) {
    this.#hashesPerSecond = options.hashesPerSecond
  }

  /** The first nonce from `firstNonce` on that meets the target. Rejects with the signal's reason when aborted. */
  async find(search: NonceSearch, firstNonce: bigint, signal: AbortSignal): Promise<bigint> {
    signal.throwIfAborted()
    if (this.#isClosed) throw closed()
    const id = ++this.#lastId
    const { promise, resolve, reject } = Promise.withResolvers<bigint>()
    const onAbort = () => {
      this.#post({ kind: 'cancel', id })
      reject(signal.reason)
    }
    signal.addEventListener('abort', onAbort, { once: true })
    this.#pending.set(id, { resolve, reject })
    this.#post({ kind: 'search', id, search, firstNonce, hashesPerSecond: this.#hashesPerSecond })
    try {
      return await promise
    } finally {
      this.#pending.delete(id)
      signal.removeEventListener('abort', onAbort)
    }
  }

  async close(): Promise<void> {
    const worker = this.#worker
    this.#worker = undefined
    this.#isClosed = true
    this.#rejectAll(closed())
    await worker?.terminate()
  }

  #post(request: PowRequest): void {
    this.#worker ??= this.#start()
    this.#worker.postMessage(request)
  }

  #start(): Worker {
    const worker = new Worker(new URL('./pow-worker.ts', import.meta.url))
    worker.on('message', (reply: PowReply) => this.#pending.get(reply.id)?.resolve(reply.nonce))
    const onEnd = (reason: unknown) => {
      if (this.#worker !== worker) return
      this.#worker = undefined
      this.#rejectAll(reason)
    }
    worker.on('error', onEnd)
    worker.on('exit', (code) => onEnd(new Error(`the nonce search ended with code ${code}`)))
    return worker
  }

  #rejectAll(reason: unknown): void {
    for (const pending of this.#pending.values()) pending.reject(reason)
    this.#pending.clear()
  }
}

function closed(): BlockError {
  return new BlockError('closed', 'the node is shutting down')
}
