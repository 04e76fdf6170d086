import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rulesFor } from '../../config/hardforks.ts'
import { DEFAULT_THREAD_RULES } from '../../config/thread-rules.ts'
import { keccak256Hex } from '../../primitives/keccak.ts'
import { CONTRACT, runCode } from '../evm/fixtures/run-code.ts'
import { contractOf } from './fixtures/run-threads.ts'
import { THREADS_ADDRESS } from './thread-calls.ts'
import { ThreadTracer } from './thread-tracer.ts'

const subsol = (id: number, byte: number) => `${byte} PUSH0 MSTORE8 1 PUSH0 ${id} SUBSOL`

function threadsOf(main: string, threads: Readonly<Record<number, string>>) {
  const tracer = new ThreadTracer()
  const rules = rulesFor('osaka', undefined, DEFAULT_THREAD_RULES)
  runCode(contractOf(main, threads), { tracer, environment: { rules } })
  return tracer.threads
}

test('every thread is told of: what started it, what became of it, and in which order', () => {
  const after = '2 PUSH0 MSTORE8 1 PUSH0 9 1 5 AFTERW'
  const threads = threadsOf(`${subsol(1, 1)} ${after} ${subsol(3, 2)} 3 REVERTT ${subsol(4, 3)} PUSH0 SLOAD`, {
    1: `${subsol(1, 2)} 7 PUSH0 MSTORE 32 PUSH0 RETURN`,
    2: 'STOP',
    3: 'PUSH0 PUSH0 REVERT',
  })
  assert.deepEqual(
    threads.map(({ id, parent, origin, after, slot, data, state, order }) => [
      id,
      parent,
      origin,
      after,
      slot,
      data,
      state,
      order,
    ]),
    [
      [1n, undefined, 'subsol', undefined, undefined, '0x01', 'return', 0],
      [5n, undefined, 'afterw', 1n, 9n, '0x02', 'return', 2],
      [3n, undefined, 'subsol', undefined, undefined, '0x02', 'revert', undefined],
      [4n, undefined, 'subsol', undefined, undefined, '0x03', 'revert', 3],
      [1n, 0, 'subsol', undefined, undefined, '0x02', 'return', 1],
    ],
  )
  assert.equal(threads[0]!.contract, CONTRACT)
  assert.equal(BigInt(threads[0]!.output!), 7n)
  assert.ok(threads[0]!.gasUsed! > threads[4]!.gasUsed!)
  for (const { startUs, durationUs, order } of threads)
    if (order !== undefined) assert.ok(startUs! >= 0 && durationUs! >= 0)
})

test('one whose frame reverts is told of, and so is one that a call of the reserved address started', () => {
  const [dropped] = threadsOf(`${subsol(1, 1)} PUSH0 PUSH0 REVERT`, { 1: 'STOP' })
  assert.deepEqual([dropped!.state, dropped!.order, dropped!.output], ['revert', undefined, undefined])
  const selector = BigInt(keccak256Hex(Buffer.from('subsol(uint256,bytes)'))) & (0xffff_ffffn << 224n)
  const input = `${selector} 0 MSTORE 6 4 MSTORE 64 36 MSTORE 1 68 MSTORE 1 100 MSTORE8`
  const [asked] = threadsOf(`${input} 0 0 101 0 0 ${THREADS_ADDRESS} 0 CALL`, { 1: 'STOP' })
  assert.deepEqual([asked!.id, asked!.state, asked!.data], [6n, 'return', '0x01'])
})
