import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Block } from '../primitives/block.ts'
import { type CanonicalBlock, HeadChangeRecorder } from './head-change.ts'

const block = (name: string): CanonicalBlock => ({ hash: `0x${name}`, block: {} as Block, receipts: [] })

function record(steps: string): { added: string; removed: string } {
  const recorder = new HeadChangeRecorder()
  for (const step of steps.split(' ').filter(Boolean)) {
    if (step.startsWith('+')) recorder.push(block(step.slice(1)))
    else recorder.pop(block(step.slice(1)))
  }
  const names = (blocks: readonly CanonicalBlock[]) => blocks.map(({ hash }) => hash.slice(2)).join('')
  const { added, removed } = recorder.change()
  assert.equal(recorder.isEmpty, added.length + removed.length === 0, steps)
  return { added: names(added), removed: names(removed) }
}

test('steps of the head sum up to what differs in the end', () => {
  assert.deepEqual(record('+a +b'), { added: 'ab', removed: '' })
  assert.deepEqual(record('-b -a +c +d +e'), { added: 'cde', removed: 'ba' })
  assert.deepEqual(record('-b -a +c -c +a +b'), { added: '', removed: '' })
  assert.deepEqual(record('-b -a +a +c'), { added: 'c', removed: 'b' })
  assert.deepEqual(record('+a -a'), { added: '', removed: '' })
})
