import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TraceRequest } from '../../execution/tracing/trace-request.ts'
import { bytesToHex } from '../../primitives/hex.ts'
import { encodeTransaction, transactionHash } from '../../primitives/transaction.ts'
import { ACCOUNTS, CHAIN_ID, MemoryNode, signed } from '../fixtures/memory-node.ts'
import { RpcClient } from '../fixtures/rpc-client.ts'
import type { RpcOptions } from '../options.ts'

/** debug_trace*, trace_ and ots_: what is asked of those who execute, and what is refused. */

const transaction = signed()
const hash = transactionHash(transaction)
const STEPS = {
  name: 'structLogs',
  enableMemory: false,
  disableStack: false,
  disableStorage: false,
  enableReturnData: false,
  limit: 0,
}

function start(answer: unknown = {}, options: Partial<RpcOptions> = {}) {
  const node = new MemoryNode()
  const block = node.mine([{ transaction }])
  const requests: TraceRequest[] = []
  node.trace = async function* (request) {
    requests.push(request)
    yield Buffer.from(JSON.stringify(answer))
  }
  return { node, block, requests, client: new RpcClient(node, options) }
}

test('debug_traceTransaction: the transaction by its place, with what geth does by default', async () => {
  const { client, requests, block } = start({ gas: 1 })
  assert.deepEqual(await client.result('debug_traceTransaction', [hash]), { gas: 1 })
  const report = { kind: 'tracer', tracer: STEPS }
  assert.deepEqual(requests, [{ work: { kind: 'mined', blocks: [block.hash], index: 0, report }, timeoutMs: 5_000 }])
  assert.equal((await client.error('debug_traceTransaction', [block.hash])).message, 'transaction not found')
})

test('debug_traceBlock*: all of a block; there is no genesis to trace', async () => {
  const { client, requests, block, node } = start([])
  await client.result('debug_traceBlockByNumber', ['latest', { tracer: 'callTracer', timeout: '1m30s' }])
  await client.result('debug_traceBlockByHash', [block.hash, { limit: 3, enableMemory: true }])
  const tracers = requests.map(
    ({ work }) => work.kind === 'mined' && work.report.kind === 'tracer' && work.report.tracer,
  )
  assert.deepEqual(tracers, [
    { name: 'callTracer', onlyTopCall: false, withLog: false },
    { ...STEPS, limit: 3, enableMemory: true },
  ])
  // One cannot ask for more than there is.
  assert.equal(requests[0]!.timeoutMs, 60_000)
  const genesis = node.blocks.canonicalHash(0n)
  assert.equal((await client.error('debug_traceBlockByNumber', ['0x0'])).message, 'genesis is not traceable')
  assert.equal((await client.error('debug_traceBlockByHash', [genesis])).code, -32000)
  assert.equal((await client.error('debug_traceBlockByNumber', ['0x77'])).message, 'block #119 not found')
})

test('debug_traceCall: on a block, before a transaction of it, with other values', async () => {
  const { client, requests, block } = start()
  const to = ACCOUNTS[1]!.address
  const config = {
    tracer: 'prestateTracer',
    tracerConfig: { diffMode: true },
    stateOverrides: { [to]: { balance: '0x5' } },
    blockOverrides: { number: '0x9', time: '0x8', feeRecipient: to },
    txIndex: '0x0',
  }
  await client.result('debug_traceCall', [{ to, gas: '0xffffffffff' }, 'latest', config])
  const [{ work }] = requests as [TraceRequest]
  assert.ok(work.kind === 'calls')
  assert.equal(work.context.hash, block.hash)
  assert.deepEqual(work.context.overrides?.get(to)?.balance, 5n)
  assert.deepEqual([work.block?.number, work.block?.timestamp, work.block?.coinbase], [9n, 8n, to])
  assert.equal(work.index, 0)
  assert.equal(work.calls[0]!.request.gasLimit, 50_000_000n)
  const { error } = await client.request('debug_traceCall', [{ chainId: '0x1' }])
  assert.match(error!.message, new RegExp(`chainId does not match node's \\(have=1, want=${CHAIN_ID}\\)`))
})

const REFUSED: readonly (readonly [config: unknown, message: RegExp])[] = [
  [{ tracer: 'jsTracer' }, /invalid argument 1 \(config\.tracer\): no tracer "jsTracer"/],
  [{ tracer: 'callTracer', tracerConfig: { withLog: 1 } }, /config\.tracerConfig\.withLog\): must be true or false/],
  [{ tracer: 'muxTracer', tracerConfig: { muxTracer: {} } }, /no tracer "muxTracer"/],
  [{ timeout: '5' }, /config\.timeout\): must be a duration/],
  [{ limit: -1 }, /config\.limit\): must not be negative/],
  [{ disableStack: 'yes' }, /must be true or false/],
]
for (const [config, message] of REFUSED) {
  test(`options that are refused: ${JSON.stringify(config)}`, async () => {
    const { code, message: text } = await start().client.error('debug_traceTransaction', [hash, config])
    assert.equal(code, -32602)
    assert.match(text, message)
  })
}

test('trace_: blocks, transactions, and what is not there', async () => {
  const { client, requests, block, node } = start([])
  await client.result('trace_block', ['latest'])
  await client.result('trace_transaction', [hash])
  await client.result('trace_get', [hash, ['0x0', '0x2']])
  await client.result('trace_replayTransaction', [hash, ['trace', 'vmTrace']])
  await client.result('trace_replayBlockTransactions', [block.hash, ['stateDiff']])
  const reports = requests.map(({ work }) => work.kind === 'mined' && [work.index, work.report])
  const replay = { kind: 'replay', trace: false, vmTrace: false, stateDiff: false }
  assert.deepEqual(reports, [
    [undefined, { kind: 'localized', withRewards: true }],
    [0, { kind: 'localized', withRewards: false }],
    [0, { kind: 'localized', withRewards: false, at: [0, 2] }],
    [0, { ...replay, trace: true, vmTrace: true }],
    [undefined, { ...replay, stateDiff: true }],
  ])
  const unknown = node.blocks.canonicalHash(0n)
  assert.equal(await client.result('trace_transaction', [unknown]), null)
  assert.equal(await client.result('trace_block', ['0x99']), null)
  assert.equal((await client.error('trace_replayTransaction', [unknown, []])).code, -32000)
  assert.match((await client.error('trace_call', [{}, ['all']])).message, /must be of trace, vmTrace, stateDiff/)
})

test('trace_filter: a bounded range', async () => {
  const { client, requests, node, block } = start([], { maxTraceBlocks: 2 })
  const from = ACCOUNTS[0]!.address
  await client.result('trace_filter', [{ fromAddress: [from], after: 1, count: 2 }])
  const [{ work }] = requests as [TraceRequest]
  assert.ok(work.kind === 'mined')
  assert.deepEqual(work.blocks, [node.blocks.canonicalHash(0n), block.hash])
  const report = { kind: 'localized', from: [from], to: undefined, skip: 1, count: 2, withRewards: true }
  assert.deepEqual(work.report, report)
  node.mine([])
  assert.equal((await client.error('trace_filter', [{}])).code, -32005)
  assert.equal((await client.error('trace_filter', [{ fromBlock: '0x2', toBlock: '0x1' }])).code, -32602)
})

test('trace_rawTransaction: what the signed transaction asks for, on the head', async () => {
  const { client, requests, block } = start()
  const asked = signed({ nonce: 1n, gasLimit: 90_000_000n, data: Uint8Array.of(7) })
  await client.result('trace_rawTransaction', [bytesToHex(encodeTransaction(asked)), ['stateDiff']])
  const [{ work }] = requests as [TraceRequest]
  assert.ok(work.kind === 'calls' && !work.isList)
  assert.equal(work.context.hash, block.hash)
  const [{ request, report }] = work.calls as [(typeof work.calls)[number]]
  assert.deepEqual(report, { kind: 'replay', trace: false, vmTrace: false, stateDiff: true })
  const { from, to, value, nonce, gasLimit, maxFeePerGas, data } = request
  assert.deepEqual([from, to, value, nonce], [ACCOUNTS[0]!.address, asked.to, 1n, 1n])
  assert.deepEqual([gasLimit, maxFeePerGas, data], [50_000_000n, 3_000_000_000n, Uint8Array.of(7)])
  const elsewhere = signed({ chainId: 5n })
  const nobody = { ...asked, r: 0n }
  for (const [raw, message] of [
    ['0x02', /invalid argument 0 \(transaction\)/],
    [bytesToHex(encodeTransaction(nobody)), /invalid argument 0 \(transaction\): transaction: invalid signature/],
    [bytesToHex(encodeTransaction(elsewhere)), /chainId does not match/],
  ] as const) {
    const error = await client.error('trace_rawTransaction', [raw, []])
    assert.equal(error.code, -32602)
    assert.match(error.message, message)
  }
})

test('trace_callMany: each call with what is asked of it', async () => {
  const { client, requests } = start([])
  const { address } = ACCOUNTS[1]!
  await client.result('trace_callMany', [
    [
      [{ to: address }, ['trace']],
      [{ to: address, gas: '0x7' }, []],
    ],
    'latest',
  ])
  const [{ work }] = requests as [TraceRequest]
  assert.ok(work.kind === 'calls' && work.isList)
  assert.deepEqual(
    work.calls.map(({ request, report }) => [request.gasLimit, report.kind === 'replay' && report.trace]),
    [
      [50_000_000n, true],
      [7n, false],
    ],
  )
})

test('ots_: what is known without executing anything', async () => {
  const { client, block } = start()
  assert.equal(await client.result('ots_getApiLevel'), 8)
  assert.equal(await client.result('ots_hasCode', [ACCOUNTS[0]!.address, 1]), false)
  const details = await client.result('ots_getBlockDetails', [1])
  assert.equal(details.block.hash, block.hash)
  assert.deepEqual([details.block.transactionCount, details.block.transactions], [1, undefined])
  assert.equal(BigInt(details.totalFees), 21_000n * 3_000_000_000n)
  assert.deepEqual(await client.result('ots_getBlockDetailsByHash', [block.hash]), details)
  const page = await client.result('ots_getBlockTransactions', [1, 0, 10])
  assert.equal(page.fullblock.transactions[0].hash, hash)
  assert.equal(page.receipts[0].logs, null)
  const beyond = await client.result('ots_getBlockTransactions', [1, 1, 10])
  assert.deepEqual(beyond.fullblock.transactions, [])
  const sender = ACCOUNTS[0]!.address
  assert.equal(await client.result('ots_getTransactionBySenderAndNonce', [sender, 0]), hash)
  assert.equal(await client.result('ots_getTransactionBySenderAndNonce', [sender, 1]), null)
  assert.equal(await client.result('ots_getContractCreator', [sender]), null)
  assert.equal((await client.result('erigon_getHeaderByNumber', [1])).hash, block.hash)
  assert.equal(await client.result('ots_getBlockDetails', [9]), null)
})

test('ots_search*: pages of whole blocks, from one end of the chain to the other', async () => {
  const node = new MemoryNode()
  const mined = [0, 1, 2].map((nonce) => node.mine([{ transaction: signed({ nonce: BigInt(nonce) }) }]))
  node.trace = async function* ({ work }) {
    assert.ok(work.kind === 'mined')
    yield Buffer.from(JSON.stringify(work.blocks.map(() => [0])))
  }
  const client = new RpcClient(node)
  const account = ACCOUNTS[1]!.address
  const numbers = ({ txs }: { readonly txs: readonly { readonly blockNumber: string }[] }) =>
    txs.map(({ blockNumber }) => Number(blockNumber))
  const first = await client.result('ots_searchTransactionsBefore', [account, 0, 2])
  assert.deepEqual([numbers(first), first.firstPage, first.lastPage], [[3, 2], true, false])
  assert.equal(first.receipts[0].timestamp, `0x${mined[2]!.block.header.timestamp.toString(16)}`)
  const second = await client.result('ots_searchTransactionsBefore', [account, 2, 2])
  assert.deepEqual([numbers(second), second.firstPage, second.lastPage], [[1], false, true])
  const oldest = await client.result('ots_searchTransactionsAfter', [account, 0, 2])
  assert.deepEqual([numbers(oldest), oldest.firstPage, oldest.lastPage], [[2, 1], false, true])
  const newest = await client.result('ots_searchTransactionsAfter', [account, 2, 2])
  assert.deepEqual([numbers(newest), newest.firstPage, newest.lastPage], [[3], true, false])
  const bounded = new RpcClient(node, { maxTraceBlocks: 1 })
  assert.equal((await bounded.error('ots_searchTransactionsBefore', [account, 0, 2])).code, -32005)
})

test('others than this machine get none of these unless they are let', async () => {
  const served = (options: Partial<RpcOptions>) => [...start({}, options).client.methods.keys()]
  const guarded = (names: readonly string[]) => [...new Set(names.map((name) => name.split('_')[0]))]
  for (const host of ['127.0.0.1', '::1', 'localhost']) {
    assert.ok(served({ host }).includes('debug_traceTransaction'), host)
  }
  const open = served({ host: '0.0.0.0' })
  for (const namespace of ['debug', 'trace', 'ots']) assert.ok(!guarded(open).includes(namespace), namespace)
  assert.ok(open.includes('eth_call'))
  const asked = served({ host: '::', namespaces: ['trace'] })
  assert.ok(asked.includes('trace_block') && !asked.includes('debug_traceCall'))
})
