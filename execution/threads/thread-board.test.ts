import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { EMPTY_BYTES } from '../../primitives/bytes.ts'
import { ThreadBoard } from './thread-board.ts'

/** A board whose helpers are pinned to these processors, and who is awake of them. */
function newBoard(...processors: (number | undefined)[]) {
  const board = new ThreadBoard(ThreadBoard.memoryFor({ lanes: 1, helpers: processors.length }))
  const awake = new Set<number>()
  const sleep = (helper: number) => {
    awake.delete(helper)
    return board.sleep(helper).then(() => awake.add(helper))
  }
  for (const [helper, processor] of processors.entries()) {
    board.setProcessor(helper, processor)
    void sleep(helper)
  }
  const [lane] = board.lanes
  const wake = async (ownProcessor?: number) => {
    lane!.processor = ownProcessor
    board.wake(lane!)
    await setImmediate()
    return [...awake]
  }
  return { board, lane: lane!, sleep, wake }
}

describe('the board of threads', () => {
  test('wakes one helper, and no other as long as he looks', async () => {
    const { board, wake } = newBoard(undefined, undefined)
    assert.deepEqual(await wake(), [1])
    assert.deepEqual(await wake(), [1])
    board.setBusy(1)
    assert.deepEqual(await wake(), [1, 0])
  })

  test('lets nobody help who would push the owner off his processor', async () => {
    const { board, lane, wake } = newBoard(0, 1)
    assert.deepEqual(await wake(1), [0])
    board.setBusy(0)
    assert.deepEqual(await wake(1), [0])
    assert.deepEqual(await wake(0), [0, 1])
    board.setLooking(0)
    lane.add(lane.open([EMPTY_BYTES, EMPTY_BYTES, EMPTY_BYTES])!, { id: 1n, data: EMPTY_BYTES })
    assert.equal(board.hasFree(0), false)
    assert.equal(board.hold(0), undefined)
    assert.equal(board.hold(1)!.task, 0)
  })

  test('wakes nobody who has work of his own, until he is through with it', async () => {
    const { board, wake } = newBoard(undefined)
    board.setBusy(0)
    assert.deepEqual(await wake(), [])
    board.setAsleep(0)
    assert.deepEqual(await wake(), [0])
  })

  test('lets nobody sleep while there is something to do', async () => {
    const { board, lane, sleep, wake } = newBoard(undefined)
    await wake()
    lane.add(lane.open([EMPTY_BYTES, EMPTY_BYTES, EMPTY_BYTES])!, { id: 1n, data: EMPTY_BYTES })
    await sleep(0)
    assert.equal(board.hold(0)!.task, 0)
  })
})
