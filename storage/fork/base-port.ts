import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import { RecentCache } from '../recent-cache.ts'
import { StorageError } from '../storage-error.ts'
import { isOfBase, type StateBase } from './state-base.ts'

/** What a thread needs in order to read a base that another thread has. */
export interface BaseConnection {
  readonly port: MessagePort
  /** Word 0, of all threads: which base it is, 0 for none, counting up. */
  readonly shared: SharedArrayBuffer
  /** Word 0, of this thread: how many answers it got. */
  readonly answers: SharedArrayBuffer
}

export interface BaseQuestion {
  readonly key: Uint8Array
  /** Word 0 of `shared` when it was asked. */
  readonly generation: number
}

export type BaseAnswer = { readonly value: Uint8Array | undefined } | { readonly failure: string }

/** Bytes of keys and values that a thread remembers. */
const MAX_KNOWN_BYTES = 16 << 20
/** What an entry takes beside its value. */
const ENTRY_BYTES = 150
/** How often a thread that waits looks whether it is to end. */
const LOOK_MS = 50

const NOTHING = new Uint8Array(0)

/** A base that another thread has. A thread that executes cannot turn to its messages, so it sleeps until the answer is there. */
export class BasePort implements StateBase {
  readonly #port: MessagePort
  readonly #shared: Int32Array
  readonly #answers: Int32Array
  readonly #isStopping: () => boolean
  #generation = 0
  #known = newCache()

  constructor({ port, shared, answers }: BaseConnection, modules: { readonly isStopping: () => boolean }) {
    this.#port = port
    this.#shared = new Int32Array(shared)
    this.#answers = new Int32Array(answers)
    this.#isStopping = modules.isStopping
  }

  get isActive(): boolean {
    return Atomics.load(this.#shared, 0) !== 0
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const generation = Atomics.load(this.#shared, 0)
    if (generation === 0 || !isOfBase(key)) return undefined
    if (generation !== this.#generation) {
      this.#generation = generation
      this.#known = newCache()
    }
    const value = this.#known.get(Buffer.from(key).toString('latin1'), () => this.#ask({ key, generation }) ?? NOTHING)
    return value === undefined || value.length === 0 ? undefined : value
  }

  #ask(question: BaseQuestion): Uint8Array | undefined {
    this.#port.postMessage(question)
    for (;;) {
      const count = Atomics.load(this.#answers, 0)
      const received = receiveMessageOnPort(this.#port) as { readonly message: BaseAnswer } | undefined
      if (received !== undefined) {
        const { message } = received
        if ('failure' in message) throw new StorageError('upstream-failed', message.failure)
        return message.value
      }
      if (this.#isStopping()) throw new StorageError('closed', 'the node is shutting down')
      Atomics.wait(this.#answers, 0, count, LOOK_MS)
    }
  }
}

function newCache(): RecentCache<string, Uint8Array> {
  return new RecentCache({ maxWeight: MAX_KNOWN_BYTES }, { weigh: (value) => value.length + ENTRY_BYTES })
}
