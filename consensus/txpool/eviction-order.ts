import { IndexedHeap } from './indexed-heap.ts'
import type { SenderTransactions } from './sender-transactions.ts'

/**
 * Who loses a transaction first when room is needed. It is always a sender's last one, so that no gap opens: queued
 * before pending, since a queued one cannot be mined whatever it offers; then the one worth least; then of the sender
 * with most; then the latest. Senders whose last one is privileged are left out.
 */
export class EvictionOrder {
  readonly #withQueued = new IndexedHeap(losesBefore)
  readonly #pendingOnly = new IndexedHeap(losesBefore)
  readonly #privileged = new IndexedHeap(losesBefore)

  /** To be called after every change of a sender, before the next one changes. */
  place(sender: SenderTransactions): void {
    const heap = this.#heapOf(sender)
    for (const other of [this.#withQueued, this.#pendingOnly, this.#privileged]) {
      if (other !== heap) other.remove(sender)
    }
    heap?.place(sender)
  }

  /** Orders everything anew, after all senders changed at once. */
  rebuild(senders: Iterable<SenderTransactions>): void {
    for (const heap of [this.#withQueued, this.#pendingOnly, this.#privileged]) heap.clear()
    for (const sender of senders) this.place(sender)
  }

  firstQueued(): SenderTransactions | undefined {
    return this.#withQueued.first()
  }

  first(): SenderTransactions | undefined {
    return this.#withQueued.first() ?? this.#pendingOnly.first()
  }

  /** For a newcomer that is privileged itself: it may compete with its like too. */
  firstOrPrivileged(): SenderTransactions | undefined {
    return this.first() ?? this.#privileged.first()
  }

  #heapOf(sender: SenderTransactions): IndexedHeap<SenderTransactions> | undefined {
    const { last } = sender
    if (last === undefined) return undefined
    if (last.isPrivileged) return this.#privileged
    return sender.queuedCount > 0 ? this.#withQueued : this.#pendingOnly
  }
}

function losesBefore(a: SenderTransactions, b: SenderTransactions): boolean {
  if (a.floor !== b.floor) return a.floor < b.floor
  if (a.size !== b.size) return a.size > b.size
  return (a.last?.sequence ?? 0) > (b.last?.sequence ?? 0)
}
