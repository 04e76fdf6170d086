import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rulesFor } from '../../config/hardforks.ts'
import { DEFAULT_THREAD_RULES } from '../../config/thread-rules.ts'
import { assemble } from '../evm/fixtures/assembler.ts'
import { OTHER } from '../evm/fixtures/run-code.ts'
import { contractOf } from '../threads/fixtures/run-threads.ts'
import { type TraceCodeOptions, traceOfCode } from './fixtures/trace-code.ts'
import type { StructLogOptions } from './struct-log-tracer.ts'

const DEFAULTS: StructLogOptions = {
  name: 'structLogs',
  enableMemory: false,
  disableStack: false,
  disableStorage: false,
  enableReturnData: false,
  limit: 0,
}

interface StructLog {
  readonly memory?: readonly string[]
  readonly storage?: Readonly<Record<string, string>>
  readonly returnData?: string
  readonly refund?: number
  readonly pc: number
  readonly op: string
  readonly gas: number
  readonly gasCost: number
  readonly depth: number
  readonly stack?: readonly string[]
  readonly error?: string
  readonly thread?: string
}

function logsOf(source: string, changes: Partial<StructLogOptions> = {}, options: TraceCodeOptions = {}) {
  return traceOfCode({ ...DEFAULTS, ...changes }, source, options).structLogs as StructLog[]
}

const costOf = (logs: readonly StructLog[], op: string) => logs.filter((log) => log.op === op).map((log) => log.gasCost)
const only = (logs: readonly StructLog[], op: string) => logs.find((log) => log.op === op)!

test('each instruction with what was there before it', () => {
  const trace = traceOfCode(DEFAULTS, '1 PUSH0 MSTORE 7 9 ADD POP 32 PUSH0 RETURN')
  assert.deepEqual(trace.structLogs.slice(0, 3), [
    { pc: 0, op: 'PUSH1', gas: 979_000, gasCost: 3, depth: 1, stack: [] },
    { pc: 2, op: 'PUSH0', gas: 978_997, gasCost: 2, depth: 1, stack: ['0x1'] },
    { pc: 3, op: 'MSTORE', gas: 978_995, gasCost: 6, depth: 1, stack: ['0x1', '0x0'] },
  ])
  assert.deepEqual(trace.structLogs[5].stack, ['0x7', '0x9'])
  assert.deepEqual([trace.gas, trace.failed], [21_027, false])
  assert.equal(trace.returnValue, `0x${'0'.repeat(63)}1`)
})

test('stacks are right after exchanges and calls, whatever was written of them before', () => {
  const logs = logsOf(`1 2 3 SWAP2 DUP2 POP 0 0 0 0 0 ${OTHER} GAS CALL SUB STOP`)
  const stacks = logs.map(({ op, stack }) => `${op} ${stack!.join(' ')}`)
  assert.ok(stacks.includes('DUP2 0x3 0x2 0x1'), stacks.join('\n'))
  assert.ok(stacks.includes('POP 0x3 0x2 0x1 0x2'))
  assert.ok(stacks.includes('SUB 0x3 0x2 0x1 0x1'))
  assert.ok(stacks.includes('STOP 0x3 0x2 0x0'))
})

test('memory, storage, return data and refunds where they are asked for', () => {
  const source = `5 PUSH0 MSTORE PUSH0 7 SSTORE 9 8 SSTORE 7 SLOAD POP 0 0 32 0 4 GAS STATICCALL STOP`
  const account = { storage: new Map([[7n, 1n]]) }
  const [mstore, ...rest] = logsOf(source, { enableMemory: true, enableReturnData: true }, { account })
  const word = (digits: string) => `0x${digits.padStart(64, '0')}`
  assert.equal('memory' in mstore!, false)
  const at = (op: string) => rest.filter((log) => log.op === op)
  assert.deepEqual(at('SSTORE')[0]!.memory, [word('5')])
  assert.deepEqual(at('SSTORE')[0]!.storage, { [word('7')]: word('0') })
  assert.deepEqual(at('SSTORE')[1]!.storage, { [word('7')]: word('0'), [word('8')]: word('9') })
  assert.equal(at('SSTORE')[1]!.refund, 4_800)
  assert.deepEqual(at('SLOAD')[0]!.storage, { [word('7')]: word('0'), [word('8')]: word('9') })
  assert.equal(at('STOP')[0]!.returnData, word('5'))
  assert.equal('storage' in at('POP')[0]!, false)
  const bare = logsOf(source, { disableStack: true, disableStorage: true })
  assert.ok(bare.every((log) => !('stack' in log || 'storage' in log || 'memory' in log || 'returnData' in log)))
})

test('a limit ends what is told, not what is executed', () => {
  const trace = traceOfCode({ ...DEFAULTS, limit: 2 }, '1 2 ADD PUSH0 MSTORE STOP')
  assert.equal(trace.structLogs.length, 2)
  assert.equal(trace.structLogs[1].gasCost, 3)
  assert.equal(trace.gas, 21_017)
})

test('what a call costs includes the gas that it passes on, what a creation costs does not', () => {
  const init = '0x60fe5f5360015ff3'
  const others = [[OTHER, { code: assemble('STOP') }]] as const
  const logs = logsOf(`0 0 0 0 0 ${OTHER} 5000 CALL ${init} 0 MSTORE 8 24 0 CREATE STOP`, {}, { others })
  assert.deepEqual(costOf(logs, 'CALL'), [2_600 + 5_000])
  assert.deepEqual(costOf(logs, 'CREATE'), [32_002])
  // The code costs 200 gas, which RETURN does not.
  assert.deepEqual(costOf(logs, 'RETURN'), [0])
})

test('a call that is refused has its price, and the next instruction the gas back', () => {
  const logs = logsOf(`0 0 0 0 7 ${OTHER} 5000 CALL POP STOP`)
  const call = only(logs, 'CALL')
  assert.equal(call.gasCost, 2_600 + 9_000 + 25_000 + 5_000)
  assert.equal(only(logs, 'POP').gas, call.gas - 2_600 - 9_000 - 25_000 + 2_300)
})

const FAILURES: readonly (readonly [
  source: string,
  gas: bigint,
  op: string,
  cost: number,
  error: string | undefined,
])[] = [
  ['ADD', 50_000n, 'ADD', 3, 'stack underflow (0 <=> 2)'],
  ['1 PUSH0 SSTORE', 40_000n, 'SSTORE', 22_100, 'out of gas'],
  ['1 PUSH0 SSTORE', 23_000n, 'SSTORE', 22_100, 'out of gas: not enough gas for reentrancy sentry'],
  ['PUSH0 SLOAD', 21_100n, 'SLOAD', 2_100, 'out of gas'],
  ['1 1000000 MSTORE', 60_000n, 'MSTORE', 3 + 2_000_000, 'out of gas'],
  ['7 JUMP', 50_000n, 'JUMP', 8, undefined],
  ['.fe', 50_000n, 'INVALID', 0, undefined],
  ['.0c', 50_000n, 'opcode 0x0c not defined', 0, undefined],
  ['PUSH0 PUSH0 REVERT', 50_000n, 'REVERT', 0, undefined],
]
for (const [source, gasLimit, op, cost, error] of FAILURES) {
  test(`the last instruction of ${source} with ${gasLimit} gas`, () => {
    const last = logsOf(source, {}, { request: { gasLimit } }).at(-1)!
    assert.equal(last.op, op)
    assert.equal(last.error, error)
    if (op === 'MSTORE') assert.ok(last.gasCost > 1_000_000)
    else assert.equal(last.gasCost, cost)
  })
}

test('where there are sub-threads, each instruction tells in which it ran', () => {
  const rules = rulesFor('osaka', undefined, DEFAULT_THREAD_RULES)
  const source = contractOf('1 PUSH0 MSTORE8 1 PUSH0 5 SUBSOL PUSH0 SLOAD POP', { 1: 'GAS POP STOP' })
  const code = `.${Buffer.from(source).toString('hex')}`
  const logs = logsOf(code, {}, { environment: { rules }, startsThreads: true })
  const inThread = logs.filter(({ thread }) => thread === '0x5')
  assert.ok(inThread.some(({ op, depth }) => op === 'GAS' && depth === 2))
  assert.ok(logs.every(({ thread }) => thread === '0x0' || thread === '0x5'))
  // The thread's gas is not what the instruction before the join costs.
  const subsol = logs.findIndex(({ op }) => op === 'SUBSOL')
  assert.equal(logs[subsol]!.gasCost, 703)
  assert.ok(logs.findIndex(({ thread }) => thread === '0x5') < logs.findIndex(({ op }) => op === 'SLOAD'))
  assert.ok(logsOf(code, {}, { environment: { rules } }).every((log) => !('thread' in log)))
})
