import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type TaskCommon, TaskLane } from './task-lane.ts'

const COMMON: TaskCommon = [Uint8Array.of(1), Uint8Array.of(2, 2), Uint8Array.of(3, 3, 3)]
const PATIENCE_MS = 1_000

const result = (output: Uint8Array, gasUsed = 7n) => ({ exit: { kind: 'return', output }, gasUsed }) as const
const byte = (value: number, length = 1) => new Uint8Array(length).fill(value)

/** The ends of the owner and of a helper. */
function newLane() {
  const memory = new SharedArrayBuffer(TaskLane.BYTES)
  const [owner, helper] = [new TaskLane(memory, 0), new TaskLane(memory, 0)]
  const offer = (...data: Uint8Array[]) => {
    const open = owner.open(COMMON)!
    return { open, tasks: data.map((each, index) => owner.add(open, { id: BigInt(index), data: each })) }
  }
  return { memory, owner, helper, offer }
}

describe('a lane of tasks', () => {
  test('gives helpers the last one first, with all that was offered', () => {
    const { owner, helper, offer } = newLane()
    const { tasks } = offer(byte(10), byte(11, 5_000))
    const held = [helper.hold()!, helper.hold()!]
    assert.deepEqual(
      held.map(({ task }) => task),
      tasks.toReversed(),
    )
    assert.equal(helper.hold(), undefined)
    const inputs = held.map((each) => helper.input(each)!)
    assert.deepEqual(
      inputs.map(({ task }) => task),
      [
        { id: 1n, data: byte(11, 5_000) },
        { id: 0n, data: byte(10) },
      ],
    )
    for (const each of held) assert.deepEqual(helper.common(each), COMMON)
    const revert = { exit: { kind: 'revert', output: byte(5, 100_000) }, gasUsed: 2n ** 60n } as const
    helper.finish(held[0]!, revert)
    helper.finish(held[1]!, result(byte(0, 0)))
    assert.deepEqual(owner.take(tasks[1]!, PATIENCE_MS), revert)
    assert.deepEqual(owner.take(tasks[0]!, PATIENCE_MS), result(byte(0, 0)))
  })

  test('takes ids of 256 bits', () => {
    const { owner, helper } = newLane()
    const id = 2n ** 256n - 3n
    owner.add(owner.open(COMMON)!, { id, data: byte(1) })
    assert.equal(helper.input(helper.hold()!)!.task.id, id)
  })

  test('numbers offers: what tasks have in common is the same under one number, and under no other', () => {
    const { memory, owner, helper, offer } = newLane()
    const numbers = (count: number) => Array.from({ length: count }, () => helper.input(helper.hold()!)!.offer)
    const first = offer(byte(1), byte(2))
    const [a, b] = numbers(2)
    offer(byte(3))
    const [c] = numbers(1)
    owner.close(first.open)
    offer(byte(4))
    const [d] = numbers(1)
    assert.equal(a, b)
    assert.equal(new Set([a, c, d]).size, 3)
    // A thread that has the lane after another one goes on counting.
    const next = new TaskLane(memory, 0)
    next.closeAll()
    next.add(next.open(COMMON)!, { id: 1n, data: byte(5) })
    const [e] = numbers(1)
    assert.equal(new Set([a, c, d, e]).size, 4)
  })

  test('gives the owner back what nobody has begun with', () => {
    const { owner, helper, offer } = newLane()
    const { tasks } = offer(byte(1), byte(2))
    assert.equal(owner.take(tasks[0]!, PATIENCE_MS), undefined)
    assert.equal(helper.hold()!.task, tasks[1])
    assert.equal(helper.hasFree, false)
  })

  test('tells what no helper could run', () => {
    const { owner, helper, offer } = newLane()
    const { tasks } = offer(byte(1))
    helper.finish(helper.hold()!, undefined)
    assert.equal(owner.take(tasks[0]!, PATIENCE_MS), 'in vain')
  })

  test('lets the owner lose his patience', () => {
    const { owner, helper, offer } = newLane()
    const { tasks } = offer(byte(1))
    const held = helper.hold()!
    assert.equal(owner.take(tasks[0]!, 1), 'late')
    assert.equal(helper.isHeld(held), false)
    helper.finish(held, result(byte(1)))
    assert.equal(owner.take(tasks[0]!, 1), 'late')
  })

  test('closes offers with those that came after them', () => {
    const { owner, helper, offer } = newLane()
    const outer = offer(byte(1), byte(2))
    const held = helper.hold()!
    const inner = offer(byte(3))
    assert.equal(helper.hold()!.task, inner.tasks[0])
    owner.close(outer.open)
    assert.equal(helper.hasFree, false)
    assert.equal(helper.isHeld(held), false)
    assert.equal(helper.input(held), undefined)
    assert.equal(helper.common(held), undefined)
    assert.deepEqual(offer(byte(4)).tasks, outer.tasks.slice(0, 1))
  })

  test('keeps those who come late from the tasks of others', () => {
    const { owner, helper, offer } = newLane()
    const first = offer(byte(1))
    const late = helper.hold()!
    owner.close(first.open)
    const second = offer(byte(2))
    assert.equal(second.tasks[0], late.task)
    const held = helper.hold()!
    helper.finish(late, result(byte(1)))
    assert.equal(helper.isHeld(held), true)
    helper.finish(held, result(byte(2)))
    assert.deepEqual(owner.take(held.task, PATIENCE_MS), result(byte(2)))
  })

  test('has room for so much, and again when it is closed', () => {
    const { owner, helper, offer } = newLane()
    const large = byte(9, 700_000)
    for (let round = 0; round < 3; round++) {
      const { open, tasks } = offer(large, large, byte(1))
      assert.deepEqual(tasks, [0, undefined, 1])
      assert.equal(owner.open([large, large, large]), undefined)
      const outputs = [large, byte(1, 600_000)]
      for (const output of outputs) helper.finish(helper.hold()!, result(output))
      assert.equal(owner.take(0, PATIENCE_MS), 'in vain')
      assert.deepEqual(owner.take(1, PATIENCE_MS), result(large))
      owner.close(open)
    }
    const many = offer(...Array.from({ length: 1_100 }, () => byte(1))).tasks
    assert.deepEqual([many[1_023], many[1_024]], [1_023, undefined])
  })
})
