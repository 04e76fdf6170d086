import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Block } from '../../primitives/block.ts'
import { concatBytes } from '../../primitives/bytes.ts'
import { createAddress } from '../../primitives/contract-address.ts'
import { headerHash } from '../../primitives/header.ts'
import type { Hash } from '../../primitives/hex.ts'
import { transactionHash } from '../../primitives/transaction.ts'
import type { CallRequest } from '../call.ts'
import { assemble } from '../evm/fixtures/assembler.ts'
import { contractOf } from '../threads/fixtures/run-threads.ts'
import type { TraceService, TraceWork } from '../tracing/trace-request.ts'
import type { TracerOptions } from '../tracing/tracers.ts'
import { ACCOUNTS, increment, STORE, setSlot, TestChain, transaction, word } from './fixtures/test-chain.ts'

const CALLS = { name: 'callTracer', onlyTopCall: false, withLog: false } as const
const STEPS = {
  name: 'structLogs',
  enableMemory: false,
  disableStack: false,
  disableStorage: false,
  enableReturnData: false,
  limit: 0,
} as const
/** The store loops until the gas is gone: three instructions for 12 gas. */
const LOOP = concatBytes(word(1), word(2), word(3))

// biome-ignore lint/suspicious/noExplicitAny: traces are of every shape
async function traced(service: TraceService, work: TraceWork, timeoutMs = 20_000): Promise<any> {
  const pieces = await Array.fromAsync(service.trace({ work, timeoutMs }))
  return JSON.parse(Buffer.concat(pieces).toString())
}

const mined = (hash: Hash, tracer: TracerOptions, index?: number): TraceWork => {
  return { kind: 'mined', blocks: [hash], index, report: { kind: 'tracer', tracer } }
}

const called = (
  request: CallRequest,
  context: { readonly header: Block['header']; readonly hash: Hash },
): TraceWork => {
  const calls = [{ request, report: { kind: 'tracer', tracer: STEPS } as const }]
  return { kind: 'calls', context, calls, isList: false }
}

async function chainWithBlock(t: Parameters<typeof TestChain.open>[0]) {
  const chain = await TestChain.open(t)
  const service = chain.service()
  await chain.extend(service, [setSlot(0, 0, 5, 7)])
  const block = await chain.extend(service, [increment(1, 0, 5), increment(2, 0, 5), setSlot(1, 1, 5, 1)])
  return { chain, service, block, hash: headerHash(block.header) }
}

test('a transaction is traced on what the ones before it left', async (t) => {
  const { service, block, hash } = await chainWithBlock(t)
  const trace = await traced(service.calls, mined(hash, STEPS, 1))
  const load = trace.structLogs.find(({ op }: { op: string }) => op === 'SLOAD')
  assert.deepEqual(Object.values(load.storage), [`0x${'8'.padStart(64, '0')}`])
  const all = await traced(service.calls, mined(hash, CALLS))
  assert.deepEqual(
    all.map(({ txHash }: { txHash: Hash }) => txHash),
    block.transactions.map(transactionHash),
  )
  assert.equal(all[1].result.from, ACCOUNTS[2]!.address)
})

test('instructions of a transaction with sub-threads tell in which they ran', async (t) => {
  const chain = await TestChain.open(t)
  const service = chain.service()
  const code = contractOf('1 PUSH0 MSTORE8 1 PUSH0 5 SUBSOL PUSH0 SLOAD POP', { 1: '7 PUSH0 SSTORE' })
  const init = concatBytes(assemble(`${code.length} DUP1 @code 1 ADD PUSH0 CODECOPY PUSH0 RETURN code:`), code)
  const deploy = transaction({ from: 0, nonce: 0, to: undefined, data: init, gasLimit: 1_000_000n })
  const to = createAddress(ACCOUNTS[0]!.address, 0n)
  await chain.extend(service, [deploy])
  const call = (nonce: number) => transaction({ from: 0, nonce, to, gasLimit: 100_000n })
  const { header } = await chain.extend(service, [call(1), call(2), increment(1, 0, 5)])
  const [first, second, plain] = await traced(service.calls, mined(headerHash(header), STEPS))
  for (const { result } of [first, second]) {
    const threads = result.structLogs.map(({ thread }: { thread: string }) => thread)
    assert.deepEqual([...new Set(threads)], ['0x0', '0x5'])
    const store = result.structLogs.find(({ op }: { op: string }) => op === 'SSTORE')
    assert.deepEqual([store.thread, store.depth], ['0x5', 2])
  }
  assert.equal('thread' in plain.result.structLogs[0], false)
})

test('a call is traced on what it would find, or would with other values', async (t) => {
  const { service, block, hash } = await chainWithBlock(t)
  const request = { from: ACCOUNTS[3]!.address, to: STORE, data: word(5) }
  const loaded = async (work: TraceWork) => {
    const { structLogs } = await traced(service.calls, work)
    return BigInt(Object.values(structLogs.find(({ op }: { op: string }) => op === 'SLOAD').storage)[0] as string)
  }
  const work = called(request, { header: block.header, hash })
  assert.equal(await loaded(work), 1n)
  assert.equal(await loaded({ ...work, index: 2 } as TraceWork), 9n)
  const overrides = new Map([[STORE, { stateDiff: new Map([[5n, 33n]]) }]])
  const changed = { ...called(request, { header: block.header, hash }), index: 1 }
  assert.equal(await loaded({ ...changed, context: { header: block.header, hash, overrides } } as TraceWork), 33n)
})

test('a block whose parent has no state here is refused, and so is one that is not there', async (t) => {
  const { service } = await chainWithBlock(t)
  const missing = traced(service.calls, mined(`0x${'12'.repeat(32)}`, CALLS))
  await assert.rejects(missing, { code: 'state-unavailable' })
})

async function longTransaction(t: Parameters<typeof TestChain.open>[0], gasLimit = 1_300_000n) {
  const chain = await TestChain.open(t)
  const service = chain.service()
  const block = await chain.extend(service, [transaction({ from: 0, nonce: 0, to: STORE, data: LOOP, gasLimit })])
  return { service, block, hash: headerHash(block.header) }
}

test('a trace of a third of a million instructions comes in pieces, each small', async (t) => {
  const { service, hash } = await longTransaction(t)
  let length = 0
  let largest = 0
  let steps = 0
  for await (const piece of service.calls.trace({ work: mined(hash, STEPS, 0), timeoutMs: 60_000 })) {
    length += piece.length
    largest = Math.max(largest, piece.length)
    for (let at = piece.indexOf(0x7b); at >= 0; at = piece.indexOf(0x7b, at + 1)) steps++
  }
  // One bracket for the whole, and one for each.
  assert.ok(steps > 300_000, `${steps} instructions`)
  assert.ok(length > 20_000_000, `${length} bytes`)
  assert.ok(largest <= 1 << 18, `${largest} bytes at once`)
})

test('a trace ends when its time is over, with what was written so far closed', async (t) => {
  const { service, hash } = await longTransaction(t, 16_000_000n)
  const pieces: Uint8Array[] = []
  const reading = (async () => {
    for await (const piece of service.calls.trace({ work: mined(hash, STEPS), timeoutMs: 1_000 })) pieces.push(piece)
  })()
  await assert.rejects(reading, { code: 'timeout' })
  const [{ result }] = JSON.parse(Buffer.concat(pieces).toString())
  assert.ok(result.structLogs.length > 0)
  assert.equal('gas' in result, false)
})

test('who goes cancels the trace, and its thread takes the next at once', async (t) => {
  const { service, hash, block } = await longTransaction(t)
  const gone = new AbortController()
  const seen: Uint8Array[] = []
  const reading = (async () => {
    for await (const piece of service.calls.trace({ work: mined(hash, STEPS, 0), timeoutMs: 60_000 }, gone.signal)) {
      seen.push(piece)
      gone.abort()
    }
  })()
  await assert.rejects(reading, { code: 'cancelled' })
  for await (const piece of service.calls.trace({ work: mined(hash, STEPS, 0), timeoutMs: 60_000 })) {
    assert.ok(piece.length > 0)
    break
  }
  const startMs = performance.now()
  const { header } = block
  await Promise.all([1, 2, 3].map(() => service.calls.call({ from: ACCOUNTS[0]!.address }, { header, hash })))
  // The trace alone would have a minute.
  assert.ok(performance.now() - startMs < 20_000)
})
