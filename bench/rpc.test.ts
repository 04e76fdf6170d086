import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ANVIL, type DevNodeKind, PAVM_DEV } from './rpc/dev-nodes.ts'
import { measureRpc } from './rpc.ts'

const TINY = { calls: 2, sends: 2, batch: 3, logs: 200, blocks: 10, accounts: 50 }
const ABSENT: DevNodeKind = { ...ANVIL, name: 'no node', isInstalled: () => false }

test('nodes are measured beside each other, and one that is not there is told', async () => {
  const kinds = [PAVM_DEV, ABSENT, { ...PAVM_DEV, name: 'another' }]
  const [ratios, times] = await measureRpc({ sizes: TINY, warmUps: 0, rounds: 1, restMs: 0, kinds })
  assert.deepEqual(times!.columns, ['', 'pavm dev', 'another'])
  for (const [task, ...cells] of times!.rows)
    assert.ok(
      cells.every((ms) => Number(ms) > 0),
      task,
    )
  assert.deepEqual(ratios!.columns, ['', 'another'])
  assert.equal(ratios!.rows.length, times!.rows.length)
  for (const [task, cell] of ratios!.rows) assert.match(String(cell), /^\d+\.\d\d x$/, task)
  assert.ok(ratios!.notes.includes('no node is not installed here.'))
})
