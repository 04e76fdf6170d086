import { Worker } from 'node:worker_threads'
import type { BlobSidecar } from './transaction.ts'

export interface KzgQuestion {
  readonly id: number
  readonly sidecar: BlobSidecar
}

export interface KzgAnswer {
  readonly id: number
  readonly isValid: boolean
}

interface Waiting {
  readonly resolve: (isValid: boolean) => void
  readonly reject: (error: Error) => void
}

/**
 * The thread that checks blobs. kzg-wasm computes for about 10 s when it loads its trusted setup, so it is not loaded
 * before the first blob comes, and never where it would hold up anything else.
 */
let thread: KzgThread | undefined

/** Whether a sidecar's proofs fit its blobs and commitments, as many of each as there should be. Rejects if the thread dies. */
export function verifyProofs(sidecar: BlobSidecar): Promise<boolean> {
  thread ??= new KzgThread(() => {
    thread = undefined
  })
  return thread.verify(sidecar)
}

class KzgThread {
  readonly #worker: Worker
  readonly #waiting = new Map<number, Waiting>()
  #nextId = 0

  constructor(onDeath: () => void) {
    this.#worker = new Worker(new URL('./kzg-worker.ts', import.meta.url))
    this.#worker.on('message', ({ id, isValid }: KzgAnswer) => {
      this.#waiting.get(id)?.resolve(isValid)
      this.#settled(id)
    })
    let isDead = false
    const die = (reason: unknown): void => {
      // An error is followed by an exit, by which time there may be another thread.
      if (isDead) return
      isDead = true
      onDeath()
      const error = reason instanceof Error ? reason : new Error(`the blob thread ended with code ${reason}`)
      for (const { reject } of this.#waiting.values()) reject(error)
      this.#waiting.clear()
    }
    this.#worker.on('error', die)
    this.#worker.on('exit', die)
    this.#worker.unref()
  }

  verify(sidecar: BlobSidecar): Promise<boolean> {
    const id = this.#nextId++
    // While somebody waits the process must not end; an idle thread must not keep it.
    this.#worker.ref()
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#worker.postMessage({ id, sidecar } satisfies KzgQuestion)
    })
  }

  #settled(id: number): void {
    this.#waiting.delete(id)
    if (this.#waiting.size === 0) this.#worker.unref()
  }
}
