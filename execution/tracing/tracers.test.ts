import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rulesFor } from '../../config/hardforks.ts'
import { DEFAULT_THREAD_RULES } from '../../config/thread-rules.ts'
import { hexToBytes, wordToHash } from '../../primitives/hex.ts'
import { delegationCode } from '../evm/delegation.ts'
import { assemble } from '../evm/fixtures/assembler.ts'
import { CALLER, COINBASE, CONTRACT, OTHER, testEnvironment } from '../evm/fixtures/run-code.ts'
import { type MemoryAccount, MemoryView } from '../state/memory-view.ts'
import { withWorldState } from '../state/world-state.ts'
import { contractOf } from '../threads/fixtures/run-threads.ts'
import { simulateCall } from '../transaction/simulate-call.ts'
import { reportOfCode, type TraceCodeOptions, traceOfCode } from './fixtures/trace-code.ts'
import { JsonWriter } from './json-writer.ts'
import { startTrace } from './tracers.ts'

const CALLS = { name: 'callTracer', onlyTopCall: false, withLog: false } as const
const PRESTATE = {
  name: 'prestateTracer',
  diffMode: false,
  disableCode: false,
  disableStorage: false,
  includeEmpty: false,
} as const

const others = (account: MemoryAccount) => ({ others: [[OTHER, account]] }) satisfies TraceCodeOptions
const call = (gas: string | number = 'GAS', value = 0) => `0 0 0 0 ${value} ${OTHER} ${gas} CALL`

test('callTracer: calls in calls, with what they return and why they fail', () => {
  const error = `0x08c379a0${'20'.padStart(64, '0')}${'03'.padStart(64, '0')}${'626164'.padEnd(64, '0')}`
  // The data stands behind the ten bytes of the code.
  const reverting = assemble(`100 10 PUSH0 CODECOPY 100 PUSH0 REVERT .${error.slice(2)}`)
  const trace = traceOfCode(CALLS, `${call()} 32 PUSH0 RETURN`, {
    ...others({ code: reverting }),
    request: { data: hexToBytes('0x01') },
  })
  assert.equal(trace.type, 'CALL')
  assert.deepEqual([trace.from, trace.to, trace.input, trace.gas], [CALLER, CONTRACT, '0x01', '0xf4240'])
  const [inner] = trace.calls
  assert.deepEqual([inner.from, inner.to, inner.value], [CONTRACT, OTHER, '0x0'])
  assert.deepEqual([inner.error, inner.output, inner.revertReason], ['execution reverted', error, 'bad'])
  assert.equal('error' in trace, false)
})

test('callTracer: kinds of calls, and the account that was called though it delegates', () => {
  const delegate = `0x${'de'.repeat(20)}` as const
  const options = {
    others: [
      [OTHER, { code: delegationCode(delegate) }],
      [delegate, { code: assemble('STOP') }],
    ],
    request: { value: 5n },
  } as const satisfies TraceCodeOptions
  const plain = `0 0 0 0 ${OTHER} GAS`
  const source = `${plain} DELEGATECALL ${plain} STATICCALL 0 0 0 0 2 ${OTHER} GAS CALLCODE STOP`
  const { calls } = traceOfCode(CALLS, source, options)
  assert.deepEqual(
    calls.map(({ type, from, to, value }: Record<string, string>) => [type, from, to, value]),
    [
      ['DELEGATECALL', CONTRACT, OTHER, '0x5'],
      ['STATICCALL', CONTRACT, OTHER, undefined],
      ['CALLCODE', CONTRACT, OTHER, '0x2'],
    ],
  )
})

test('callTracer: what is not made is told, with why', () => {
  const { calls } = traceOfCode(CALLS, `${call(7_000, 9)} 1 0 0 CREATE2 5 0 0 CREATE STOP`)
  assert.equal(calls[0].error, 'insufficient balance for transfer')
  assert.deepEqual([calls[0].gas, calls[0].gasUsed, calls[0].value], ['0x2454', '0x0', '0x9'])
  const [created] = traceOfCode(CALLS, '0 0 5 CREATE STOP').calls
  assert.deepEqual([created.type, created.error, created.value], ['CREATE', 'insufficient balance for transfer', '0x5'])
  assert.equal('to' in created, false)
})

test('callTracer: logs with their places, none of what failed', () => {
  const options = others({ code: assemble('0 0 LOG0 INVALID') })
  const withLog = { ...CALLS, withLog: true }
  const source = `7 PUSH0 MSTORE ${call(10_000)} 0x99 32 PUSH0 LOG1 ${call(10_000)} PUSH0 PUSH0 LOG0 STOP`
  const { logs, calls } = traceOfCode(withLog, source, options)
  assert.deepEqual(logs, [
    { address: CONTRACT, topics: [wordToHash(0x99n)], data: wordToHash(7n), index: '0x0', position: '0x1' },
    { address: CONTRACT, topics: [], data: '0x', index: '0x1', position: '0x2' },
  ])
  assert.equal('logs' in calls[0], false)
  const top = traceOfCode({ ...withLog, onlyTopCall: true }, source, options)
  assert.equal(top.logs.length, 2)
  assert.equal('calls' in top, false)
})

test('callTracer: a self-destruction is a call of the beneficiary, unless it fails', () => {
  const account = { balance: 12n }
  const [destruction] = traceOfCode(CALLS, `${OTHER} SELFDESTRUCT`, { account }).calls
  assert.deepEqual(destruction, {
    type: 'SELFDESTRUCT',
    from: CONTRACT,
    to: OTHER,
    value: '0xc',
    gas: '0x0',
    gasUsed: '0x0',
    input: '0x',
  })
  const failed = traceOfCode(CALLS, `${OTHER} SELFDESTRUCT`, { account, request: { gasLimit: 26_000n } })
  assert.equal(failed.error, 'out of gas')
  assert.equal('calls' in failed, false)
})

test('callTracer: the price of code that is too dear', () => {
  const trace = traceOfCode(CALLS, '', {
    request: { to: undefined, gasLimit: 60_000n, data: assemble('1000 PUSH0 RETURN') },
  })
  assert.deepEqual([trace.type, trace.error], ['CREATE', 'contract creation code storage out of gas'])
})

test('callTracer: sub-threads are calls of the contract by itself, with their ids', () => {
  const rules = rulesFor('osaka', undefined, DEFAULT_THREAD_RULES)
  const code = contractOf('1 PUSH0 MSTORE8 1 PUSH0 5 SUBSOL PUSH0 SLOAD POP', { 1: 'STOP' })
  const source = `.${Buffer.from(code).toString('hex')}`
  const { calls } = traceOfCode(CALLS, source, { environment: { rules } })
  assert.equal(calls.length, 1)
  assert.deepEqual(
    [calls[0].type, calls[0].from, calls[0].to, calls[0].thread, calls[0].input],
    ['DELEGATECALL', CONTRACT, CONTRACT, '0x5', '0x01'],
  )
})

test('flatCallTracer: in a list, without precompiled contracts unless they are asked for', () => {
  const source = `32 0 32 0 4 GAS STATICCALL ${call()} STOP`
  const options = others({ code: assemble('INVALID') })
  const flat = { name: 'flatCallTracer', convertParityErrors: true, includePrecompiles: false } as const
  const [outer, inner] = traceOfCode(flat, source, options)
  assert.deepEqual([outer.subtraces, outer.traceAddress, outer.type, outer.blockNumber], [1, [], 'call', 1_000])
  assert.deepEqual([inner.traceAddress, inner.error, inner.action.callType], [[0], 'Bad instruction', 'call'])
  assert.equal('result' in inner, false)
  const all = traceOfCode({ ...flat, includePrecompiles: true, convertParityErrors: false }, source, options)
  assert.deepEqual([all[0].subtraces, all[1].action.callType], [2, 'staticcall'])
  assert.equal(all[2].error, 'invalid opcode: INVALID')
})

test('4byteTracer counts selectors with the length of what is behind them', () => {
  const source = `8 0 4 28 0 ${OTHER} GAS CALL 0 0 6 26 0 ${OTHER} GAS CALL 0 0 6 26 0 ${OTHER} GAS CALL STOP`
  const counts = traceOfCode({ name: '4byteTracer' }, source, { request: { data: hexToBytes('0xa1b2c3d4e5') } })
  assert.deepEqual(counts, { '0x00000000-0': 1, '0x00000000-2': 2, '0xa1b2c3d4-1': 1 })
})

test('muxTracer and noopTracer', () => {
  const tracers = [{ name: 'noopTracer' }, CALLS] as const
  const trace = traceOfCode({ name: 'muxTracer', tracers }, 'STOP')
  assert.deepEqual(Object.keys(trace), ['noopTracer', 'callTracer'])
  assert.deepEqual(trace.noopTracer, {})
  assert.equal(trace.callTracer.to, CONTRACT)
})

const SLOTS = { storage: new Map([[1n, 5n]]) }

test('prestateTracer: what was there before, of all that was looked at', () => {
  const source = `1 SLOAD 2 SLOAD 9 3 SSTORE ${OTHER} BALANCE 0x77 EXTCODESIZE STOP`
  const options = { account: SLOTS, ...others({ balance: 4n }) }
  const trace = traceOfCode(PRESTATE, source, options)
  assert.deepEqual(Object.keys(trace).sort(), [CALLER, CONTRACT, OTHER].sort())
  assert.deepEqual(trace[OTHER], { balance: '0x4' })
  assert.equal(trace[CONTRACT].nonce, 1)
  assert.deepEqual(trace[CONTRACT].storage, {
    [wordToHash(1n)]: wordToHash(5n),
    [wordToHash(2n)]: wordToHash(0n),
    [wordToHash(3n)]: wordToHash(0n),
  })
  const bare = traceOfCode({ ...PRESTATE, disableCode: true, disableStorage: true }, source, options)
  assert.deepEqual(Object.keys(bare[CONTRACT]).sort(), ['balance', 'codeHash', 'nonce'])
  const empty = traceOfCode({ ...PRESTATE, includeEmpty: true }, source, options)
  assert.deepEqual(empty[COINBASE], { balance: '0x0' })
})

test('prestateTracer: what an instruction that halts would have looked at is not there', () => {
  const options = { account: SLOTS, request: { gasLimit: 22_000n }, ...others({ balance: 4n }) }
  const trace = traceOfCode(PRESTATE, `${OTHER} BALANCE`, options)
  assert.equal(OTHER in trace, false)
  assert.equal('storage' in traceOfCode(PRESTATE, '1 SLOAD', options)[CONTRACT], false)
})

test('prestateTracer: what has changed, before and after', () => {
  const source = `6 1 SSTORE 0 4 SSTORE 7 7 SSTORE 8 SLOAD ${call('GAS', 3)} STOP`
  const storage = new Map([
    [1n, 5n],
    [4n, 4n],
    [7n, 7n],
    [8n, 8n],
  ])
  const { pre, post } = traceOfCode({ ...PRESTATE, diffMode: true }, source, { account: { storage, balance: 10n } })
  assert.deepEqual(Object.keys(pre).sort(), [CALLER, CONTRACT].sort())
  assert.deepEqual(pre[CONTRACT].storage, { [wordToHash(1n)]: wordToHash(5n), [wordToHash(4n)]: wordToHash(4n) })
  assert.deepEqual(post[CONTRACT], { balance: '0x7', storage: { [wordToHash(1n)]: wordToHash(6n) } })
  assert.deepEqual(post[OTHER], { balance: '0x3' })
  assert.deepEqual(post[CALLER], { nonce: 1 })
})

test('prestateTracer: an account that goes has no after; from Cancun on it stays', () => {
  const source = `${OTHER} SELFDESTRUCT`
  const account = { balance: 10n }
  const diff = { ...PRESTATE, diffMode: true }
  const before = traceOfCode(diff, source, { account, hardfork: 'shanghai' })
  assert.equal(CONTRACT in before.post, false)
  assert.equal(before.pre[CONTRACT].balance, '0xa')
  assert.deepEqual(traceOfCode(diff, source, { account }).post[CONTRACT], { balance: '0x0' })
})

const REPLAY = { kind: 'replay', trace: false, vmTrace: false, stateDiff: false } as const

test('stateDiff: how each field has changed', () => {
  const source = `6 1 SSTORE ${call('GAS', 3)} STOP`
  const { stateDiff, trace, vmTrace } = reportOfCode({ ...REPLAY, stateDiff: true }, source, {
    account: { ...SLOTS, balance: 10n },
  })
  assert.deepEqual(stateDiff[CONTRACT], {
    balance: { '*': { from: '0xa', to: '0x7' } },
    code: '=',
    nonce: '=',
    storage: { [wordToHash(1n)]: { '*': { from: wordToHash(5n), to: wordToHash(6n) } } },
  })
  assert.deepEqual(stateDiff[OTHER], {
    balance: { '+': '0x3' },
    code: { '+': '0x' },
    nonce: { '+': '0x0' },
    storage: {},
  })
  assert.deepEqual([trace, vmTrace], [[], null])
  const gone = reportOfCode({ ...REPLAY, stateDiff: true }, `${OTHER} SELFDESTRUCT`, { hardfork: 'shanghai' }).stateDiff
  assert.deepEqual(gone[CONTRACT].nonce, { '-': '0x1' })
})

test('vmTrace: each instruction with what it changed, and the code that it called', () => {
  const options = others({ code: assemble('5 PUSH0 MSTORE 32 PUSH0 RETURN') })
  const source = `9 2 SSTORE 32 0 0 0 0 ${OTHER} GAS CALL 0 0 0 0 0 0xaa GAS CALL INVALID`
  const { vmTrace, output } = reportOfCode({ ...REPLAY, vmTrace: true }, source, options)
  assert.equal(output, '0x')
  const { ops } = vmTrace
  assert.deepEqual(ops[0], { pc: 0, cost: 3, sub: null, ex: { mem: null, push: ['0x9'], store: null, used: 978_997 } })
  assert.deepEqual(ops[2].ex.store, { key: '0x2', val: '0x9' })
  const [first, second] = ops
    .filter(({ ex }: { ex: { push: unknown } | null }) => ex?.push)
    .filter((each: { cost: number; ex: { store: unknown } }) => each.cost > 5_000 && !each.ex.store)
  assert.deepEqual(first.ex.mem, { data: wordToHash(5n), off: 0 })
  assert.deepEqual(first.ex.push, ['0x1'])
  assert.equal(first.sub.ops.length, 6)
  assert.deepEqual(first.sub.ops[2].ex.mem, { data: wordToHash(5n), off: 0 })
  assert.equal(second.sub, null)
  assert.equal(ops.at(-1).ex, null)
  assert.equal(reportOfCode({ ...REPLAY, vmTrace: true }, '', {}).vmTrace, null)
})

test('the calls that moved something, for Otterscan', () => {
  const source = `${call('GAS', 3)} ${call()} 0 0 0 CREATE ${call('GAS', 999)} STOP`
  const operations = reportOfCode({ kind: 'operations' }, source, { account: { balance: 10n } })
  assert.deepEqual(operations[0], { type: 0, from: CONTRACT, to: OTHER, value: '0x3' })
  assert.deepEqual([operations.length, operations[1].type, operations[1].value], [2, 2, '0x0'])
  assert.deepEqual(reportOfCode({ kind: 'operations' }, `${call('GAS', 3)} INVALID`, { account: { balance: 10n } }), [])
  const calls = reportOfCode({ kind: 'calls' }, `32 0 32 0 4 GAS STATICCALL ${call()} STOP`)
  assert.deepEqual(
    calls.map(({ type, depth }: { type: string; depth: number }) => [type, depth]),
    [
      ['CALL', 0],
      ['CALL', 1],
    ],
  )
  assert.equal(reportOfCode({ kind: 'error' }, '7 PUSH0 MSTORE8 1 PUSH0 REVERT'), '0x07')
  assert.equal(reportOfCode({ kind: 'error' }, 'STOP'), '0x')
})

test('what a tracer looks at is not recorded', () => {
  const source = `6 1 SSTORE 2 SLOAD ${OTHER} BALANCE ${call('GAS', 3)} 0 0 0 CREATE 5 7 SSTORE ${OTHER} SELFDESTRUCT`
  const environment = testEnvironment()
  const request = { from: CALLER, to: CONTRACT, gasLimit: 200_000n }
  const structLogs = {
    enableMemory: true,
    disableStack: false,
    disableStorage: false,
    enableReturnData: true,
    limit: 0,
  }
  const options = { name: 'muxTracer', tracers: [CALLS, PRESTATE, { name: 'structLogs', ...structLogs }] } as const
  const run = (isTraced: boolean) => {
    const view = new MemoryView([[CONTRACT, { nonce: 1n, balance: 9n, code: assemble(source) }]])
    return withWorldState({ rules: environment.rules, record: true }, { view }, (state) => {
      const place = { state, environment, sender: CALLER, to: CONTRACT, gasLimit: 200_000n, authorities: [] }
      const subject = { ...place, position: undefined, startsThreads: () => false }
      const tracer = isTraced ? startTrace(options, subject, new JsonWriter(() => {})).tracer : undefined
      const outcome = simulateCall(request, environment, state, { tracer })
      return { outcome, hash: state.hashOperations(), locations: state.recordedLocations, diff: state.diff() }
    })
  }
  const traced = run(true)
  assert.deepEqual(traced, run(false))
  assert.equal(traced.outcome.succeeded, true)
  assert.ok(traced.locations > 5)
})
