import {
  decodeNetworkTransaction,
  encodeNetworkTransaction,
  type NetworkTransaction,
} from '../../primitives/blob-transaction.ts'
import { concatBytes } from '../../primitives/bytes.ts'
import type { PoolJournal, PoolModules } from './modules.ts'
import type { PooledTransaction } from './pooled-transaction.ts'

/** A journal entry: one byte of origin (1 = local), then the transaction's network form. */
const REMOTE = 0
const LOCAL = 1

export interface JournalEntry extends NetworkTransaction {
  readonly isLocal: boolean
}

/** Throws DecodeError. */
export function decodeJournalEntry(value: Uint8Array): JournalEntry {
  return { ...decodeNetworkTransaction(value.subarray(1)), isLocal: value[0] === LOCAL }
}

function encodeJournalEntry({ transaction, sidecar, isLocal }: PooledTransaction): Uint8Array {
  return concatBytes(Uint8Array.of(isLocal ? LOCAL : REMOTE), encodeNetworkTransaction(transaction, sidecar))
}

/**
 * Gathers the changes of the pool and writes them one batch after another. A journal that cannot be written (a full disk)
 * costs the survival of a restart and nothing else, so it is logged and not thrown.
 */
export class JournalWriter {
  readonly #journal: PoolJournal | undefined
  readonly #log: PoolModules['log']
  #changes = new Map<string, Uint8Array | undefined>()
  #flushing: Promise<void> | undefined

  constructor(journal: PoolJournal | undefined, log: PoolModules['log']) {
    this.#journal = journal
    this.#log = log
  }

  put(pooled: PooledTransaction): void {
    if (this.#journal) this.#change(pooled.hash, encodeJournalEntry(pooled))
  }

  delete(hash: string): void {
    if (this.#journal) this.#change(hash, undefined)
  }

  /** Resolves when everything changed up to now is written. */
  async flush(): Promise<void> {
    while (this.#flushing) await this.#flushing
  }

  #change(hash: string, value: Uint8Array | undefined): void {
    this.#changes.set(hash, value)
    this.#flushing ??= this.#writeAll()
  }

  async #writeAll(): Promise<void> {
    // One turn later, so that a batch of transactions is one write.
    await new Promise((resolve) => setImmediate(resolve))
    while (this.#changes.size > 0) {
      const changes = this.#changes
      this.#changes = new Map()
      try {
        await this.#journal?.write(changes)
      } catch (error) {
        this.#log?.warn({ err: error, entries: changes.size }, 'txpool journal not written')
      }
    }
    this.#flushing = undefined
  }
}
