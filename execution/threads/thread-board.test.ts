import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
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
  const wake = async (ownProcessor?: number) => {
    board.wake(() => ownProcessor)
    await setImmediate()
    return [...awake]
  }
  return { board, sleep, wake }
}

describe('the board of threads', () => {
  test('wakes one helper, and no other as long as he looks', async () => {
    const { board, wake } = newBoard(undefined, undefined)
    assert.deepEqual(await wake(), [1])
    assert.deepEqual(await wake(), [1])
    board.setBusy(1)
    assert.deepEqual(await wake(), [1, 0])
  })

  test('wakes nobody who would push the caller off his processor', async () => {
    const { board, wake } = newBoard(0, 1)
    assert.deepEqual(await wake(1), [0])
    board.setBusy(0)
    assert.deepEqual(await wake(1), [0])
    assert.deepEqual(await wake(0), [0, 1])
  })

  test('wakes nobody who has work of his own, until he is through with it', async () => {
    const { board, wake } = newBoard(undefined)
    board.setBusy(0)
    assert.deepEqual(await wake(), [])
    board.rouse(0)
    await setImmediate()
    assert.deepEqual(await wake(), [0])
  })

  test('lets nobody sleep while there is something to do', async () => {
    const { board, sleep, wake } = newBoard(undefined)
    await wake()
    const [lane] = board.lanes
    const empty = new Uint8Array(0)
    lane!.add(lane!.open([empty, empty, empty])!, { id: 1n, data: empty })
    await sleep(0)
    assert.equal(board.hold()!.task, 0)
  })
})
