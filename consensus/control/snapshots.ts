import type { Hash } from '../../primitives/hex.ts'
import { composeDiffs } from '../../storage/compose-diffs.ts'
import type { StateDiff } from '../../storage/state-view.ts'
import type { PooledTransaction } from '../txpool/pooled-transaction.ts'
import type { Wishes } from './block-wishes.ts'
import type { ClockReading } from './clock.ts'
import { ControlError } from './control-error.ts'

/**
 * What a chain is at one moment. When blocks are made, and who is impersonated, is no part of it: suites set that once, and other
 * nodes leave it too.
 */
export interface Moment {
  readonly block: Hash
  readonly number: bigint
  readonly pool: readonly PooledTransaction[]
  readonly clock: ClockReading
  readonly wishes: Wishes
}

interface Snapshot {
  readonly id: number
  readonly moment: Moment
  /** What undoes the changes of its block's state between it and the next snapshot. */
  undo: StateDiff | undefined
}

/** What a revert has to do: roll back to the block of the moment, apply these in order, and restore the rest. */
export interface Return {
  readonly moment: Moment
  readonly undo: readonly StateDiff[]
}

/** Each holds on to the pool that it had. */
const MAX_SNAPSHOTS = 10_000

/** Moments to which the chain can be brought back, oldest first. */
export class Snapshots {
  readonly #kept: Snapshot[] = []
  #nextId = 1

  /** Returns the number of the snapshot. Numbers are not used again. Throws ControlError `too-many-snapshots`. */
  add(moment: Moment): number {
    if (this.#kept.length >= MAX_SNAPSHOTS) {
      throw new ControlError(
        'too-many-snapshots',
        `at most ${MAX_SNAPSHOTS} snapshots are kept: revert to an earlier one`,
      )
    }
    const id = this.#nextId++
    this.#kept.push({ id, moment, undo: undefined })
    return id
  }

  /** The state after the head has been changed without a block. */
  onChange(head: Hash, undo: StateDiff): void {
    const latest = this.#kept.at(-1)
    // One of an earlier block does not care: rolling back to it undoes the change along with the head.
    if (latest?.moment.block !== head) return
    latest.undo = latest.undo === undefined ? undo : composeDiffs(undo, latest.undo)
  }

  /** The head has been rolled back to this number: what was kept of later blocks is lost. */
  onRollback(number: bigint): void {
    const first = this.#kept.findIndex(({ moment }) => moment.number > number)
    if (first >= 0) this.#kept.length = first
  }

  /** Takes out the snapshot and all that came after it. `undefined`: there is no such snapshot. */
  take(id: number): Return | undefined {
    const index = this.#kept.findIndex((snapshot) => snapshot.id === id)
    const [snapshot, ...later] = index < 0 ? [] : this.#kept.splice(index)
    if (snapshot === undefined) return undefined
    const { moment } = snapshot
    const ofBlock = [snapshot, ...later.filter((each) => each.moment.block === moment.block)]
    return { moment, undo: ofBlock.reverse().flatMap(({ undo }) => undo ?? []) }
  }

  /** Number of snapshots and the block of each. */
  list(): readonly { readonly id: number; readonly block: Hash; readonly number: bigint }[] {
    return this.#kept.map(({ id, moment: { block, number } }) => ({ id, block, number }))
  }

  clear(): void {
    this.#kept.length = 0
  }
}
