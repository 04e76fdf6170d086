import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Hash } from '../../primitives/hex.ts'
import { wordToAddress, wordToHash, ZERO_ADDRESS } from '../../primitives/hex.ts'
import type { StateDiff } from '../../storage/state-view.ts'
import { type Moment, Snapshots } from './snapshots.ts'

const hashOf = (number: bigint): Hash => wordToHash(number)

function momentAt(number: bigint): Moment {
  return {
    block: hashOf(number),
    number,
    pool: [],
    clock: { now: 0n, next: undefined, interval: undefined },
    wishes: { coinbase: ZERO_ADDRESS, gasLimit: undefined, minimumGasPrice: undefined, next: {} },
  }
}

/** What would undo a change of that account. */
function undoOf(account: bigint): StateDiff {
  return { accounts: new Map([[wordToAddress(account), { account: { to: undefined } }]]), codes: new Map() }
}

const accountsOf = (diffs: readonly StateDiff[]) =>
  diffs.map(({ accounts }) => [...accounts.keys()].map((address) => BigInt(address)))

test('a return undoes what was changed on the block of the snapshot, the last change first', () => {
  const snapshots = new Snapshots()
  snapshots.onChange(hashOf(1n), undoOf(1n))
  const first = snapshots.add(momentAt(1n))
  snapshots.onChange(hashOf(1n), undoOf(2n))
  snapshots.onChange(hashOf(1n), undoOf(3n))
  const second = snapshots.add(momentAt(1n))
  snapshots.onChange(hashOf(1n), undoOf(4n))
  // Blocks above are rolled back, and what was changed on them with them.
  const third = snapshots.add(momentAt(2n))
  snapshots.onChange(hashOf(2n), undoOf(5n))
  const back = snapshots.take(first)
  assert.equal(back?.moment.number, 1n)
  assert.deepEqual(accountsOf(back?.undo ?? []), [[4n], [3n, 2n]])
  for (const id of [first, second, third]) assert.equal(snapshots.take(id), undefined)
})

test('numbers are not used again', () => {
  const snapshots = new Snapshots()
  const first = snapshots.add(momentAt(1n))
  snapshots.take(first)
  assert.ok(snapshots.add(momentAt(1n)) > first)
})

test('those of blocks that are rolled back are lost, and changes of an earlier block are its own again', () => {
  const snapshots = new Snapshots()
  const kept = snapshots.add(momentAt(1n))
  const lost = snapshots.add(momentAt(3n))
  snapshots.onRollback(1n)
  snapshots.onChange(hashOf(1n), undoOf(7n))
  assert.deepEqual(
    snapshots.list().map(({ id }) => id),
    [kept],
  )
  assert.equal(snapshots.take(lost), undefined)
  assert.deepEqual(accountsOf(snapshots.take(kept)?.undo ?? []), [[7n]])
})

test('there is a bound', () => {
  const snapshots = new Snapshots()
  for (let count = 0; count < 10_000; count++) snapshots.add(momentAt(1n))
  assert.throws(() => snapshots.add(momentAt(1n)), { code: 'too-many-snapshots' })
})
