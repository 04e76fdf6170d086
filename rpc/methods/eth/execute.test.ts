import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CallOutcome, SimulationRequest } from '../../../execution/call.ts'
import { SimulationError } from '../../../execution/simulate/simulation-error.ts'
import { TransactionError } from '../../../execution/transaction/transaction-error.ts'
import { EMPTY_BYTES } from '../../../primitives/bytes.ts'
import { CodedError } from '../../../primitives/errors.ts'
import { hexToBytes } from '../../../primitives/hex.ts'
import type { Transaction } from '../../../primitives/transaction.ts'
import { ACCOUNTS, MemoryNode } from '../../fixtures/memory-node.ts'
import { RpcClient } from '../../fixtures/rpc-client.ts'

const to = ACCOUNTS[1]!.address
const failed = (error: string, output = '0x'): CallOutcome => {
  return { succeeded: false, output: hexToBytes(output), gasUsed: 1_000n, logs: [], error }
}
const ERROR_USER =
  '0x08c379a00000000000000000000000000000000000000000000000000000000000000020000000000000000000000000000000000000000000000000000000000000000a75736572206572726f72'

test('a call gets its gas bounded, its block and its overrides', async () => {
  const node = new MemoryNode()
  node.mine([])
  node.answer = () => ({ succeeded: true, output: Uint8Array.of(1, 2), gasUsed: 30_000n, logs: [] })
  const client = new RpcClient(node, { callGasLimit: 1_000_000n })
  assert.equal(
    await client.result('eth_call', [{ to, gas: '0xffffffff' }, '0x0', { [to]: { balance: '0x1' } }]),
    '0x0102',
  )
  assert.equal(await client.result('eth_call', [{ to, input: '0x05' }]), '0x0102')
  assert.equal(await client.result('eth_estimateGas', [{ to }]), '0x7530')
  const [first, second, third] = node.requests
  assert.equal(first?.request.gasLimit, 1_000_000n)
  assert.equal(first?.context.hash, node.blocks.canonicalHash(0n))
  assert.equal(first?.context.overrides?.get(to)?.balance, 1n)
  assert.equal(second?.request.gasLimit, 1_000_000n)
  assert.deepEqual(second?.request.data, Uint8Array.of(5))
  assert.equal(second?.context.header.number, 1n)
  assert.equal(third?.request.gasLimit, undefined)
})

test('a revert is code 3 with its data, and its reason in words', async () => {
  const node = new MemoryNode()
  const client = new RpcClient(node)
  const panic = `0x4e487b71${'0'.repeat(63)}1`
  const cases: readonly [output: string, message: string][] = [
    ['0x', 'execution reverted'],
    [ERROR_USER, 'execution reverted: user error'],
    [panic, 'execution reverted: assert(false)'],
    [`0x4e487b71${'f'.repeat(64)}`, `execution reverted: unknown panic code: 0x${'f'.repeat(64)}`],
    ['0x77726f6e67', 'execution reverted'],
    // offset and length that lie beyond the data
    [`0x08c379a0${'f'.repeat(64)}`, 'execution reverted'],
    [`0x08c379a0${'0'.repeat(62)}20${'f'.repeat(64)}`, 'execution reverted'],
  ]
  for (const [output, message] of cases) {
    node.answer = () => failed('revert', output)
    for (const method of ['eth_call', 'eth_estimateGas']) {
      assert.deepEqual(await client.error(method, [{ to }]), { code: 3, message, data: output }, `${method} ${output}`)
    }
  }
})

test('other halts, limits of the service and refused requests', async () => {
  const node = new MemoryNode()
  const client = new RpcClient(node)
  node.answer = () => failed('out of gas')
  assert.deepEqual(await client.error('eth_call', [{ to }]), { code: -32000, message: 'out of gas' })
  const throwing = (code: string) => () => {
    throw new CodedError(code, 'details')
  }
  node.answer = throwing('timeout')
  assert.match((await client.error('eth_call', [{ to }])).message, /execution aborted/)
  node.answer = throwing('busy')
  assert.equal((await client.error('eth_call', [{ to }])).code, -32005)
  node.answer = throwing('insufficient-funds')
  assert.match((await client.error('eth_estimateGas', [{ to }])).message, /insufficient funds/)
  assert.equal((await client.error('eth_call', [{ to, chainId: '0x1' }])).code, -32602)
  assert.equal((await client.error('eth_call', [{ to }, '0x99'])).code, -32001)
  assert.equal((await client.error('eth_call', [{ to }, 'latest', {}, {}])).code, -32602)
})

test('an access list comes even where the call fails', async () => {
  const node = new MemoryNode()
  node.answer = () => failed('revert', ERROR_USER)
  assert.deepEqual(await new RpcClient(node).result('eth_createAccessList', [{ to }]), {
    accessList: [{ address: ACCOUNTS[2]!.address, storageKeys: [`0x${'0'.repeat(63)}7`] }],
    gasUsed: '0x3e8',
    error: 'execution reverted: user error',
  })
  node.answer = () => ({ succeeded: true, output: EMPTY_BYTES, gasUsed: 1n, logs: [] })
  assert.equal('error' in (await new RpcClient(node).result('eth_createAccessList', [{ to }])), false)
})

test('eth_simulateV1 takes blocks of calls, and gives blocks with what became of them', async () => {
  const node = new MemoryNode()
  const asked: SimulationRequest[] = []
  const transaction: Transaction = {
    type: 2,
    chainId: 31_337n,
    nonce: 0n,
    gasLimit: 50_000n,
    to,
    value: 0n,
    data: EMPTY_BYTES,
    accessList: [],
    maxFeePerGas: 0n,
    maxPriorityFeePerGas: 0n,
    yParity: 0n,
    r: 0n,
    s: 0n,
  }
  const log = { address: to, topics: [], data: EMPTY_BYTES, index: 3 }
  const common = { gasUsed: 30_000n, peakGas: 31_000n }
  const { block, hash } = node.make([], node.blocks.canonicalHash(0n))
  node.simulate = async (request) => {
    asked.push(request)
    const calls = [
      { ...common, succeeded: true, output: Uint8Array.of(1), logs: [log] },
      { ...common, succeeded: false, output: hexToBytes(ERROR_USER), logs: [], error: 'revert' },
      { ...common, succeeded: false, output: EMPTY_BYTES, logs: [], error: 'out-of-gas' },
    ]
    const transactions = calls.map(() => transaction)
    return [{ block: { ...block, transactions }, hash, senders: calls.map(() => to), calls }]
  }
  const client = new RpcClient(node)
  const payload = {
    blockStateCalls: [
      {
        blockOverrides: { time: '0x99', feeRecipient: to, prevRandao: '0x12', number: '0x7' },
        stateOverrides: { [to]: { balance: '0x1' } },
        calls: [{ to, input: '0x05' }],
      },
      {},
    ],
    traceTransfers: true,
    returnFullTransactions: true,
  }
  const [simulated] = await client.result('eth_simulateV1', [payload])
  assert.deepEqual(simulated.transactions[0].from, to)
  const [succeeded, reverted, halted] = simulated.calls
  assert.deepEqual([succeeded.status, succeeded.returnData, succeeded.maxUsedGas], ['0x1', '0x01', '0x7918'])
  assert.deepEqual([succeeded.logs[0].logIndex, succeeded.logs[0].transactionIndex], ['0x3', '0x0'])
  assert.deepEqual(reverted.error, { code: 3, message: 'execution reverted: user error', data: ERROR_USER })
  assert.deepEqual([reverted.status, reverted.returnData], ['0x0', '0x'])
  assert.deepEqual(halted.error, { code: -32015, message: 'out of gas' })
  const [first, second] = asked[0]?.blocks ?? []
  assert.equal(asked[0]?.tracesTransfers, true)
  assert.equal(asked[0]?.validates, false)
  assert.deepEqual(
    [first?.header.number, first?.header.timestamp, first?.header.coinbase, first?.header.prevRandao],
    [7n, 0x99n, to, `0x${'0'.repeat(62)}12`],
  )
  assert.equal(first?.accounts?.get(to)?.balance, 1n)
  assert.deepEqual(first?.calls[0]?.data, Uint8Array.of(5))
  assert.deepEqual(second, { header: {}, accounts: undefined, calls: [] })
})

test('eth_simulateV1 has codes of its own', async () => {
  const node = new MemoryNode()
  const client = new RpcClient(node)
  const failure = async (error: Error) => {
    node.simulate = async () => {
      throw error
    }
    return (await client.error('eth_simulateV1', [{ blockStateCalls: [{}] }])).code
  }
  const rows: readonly (readonly [Error, number])[] = [
    [new TransactionError('nonce-too-low', 'x'), -38010],
    [new TransactionError('nonce-too-high', 'x'), -38011],
    [new TransactionError('fee-cap-below-base-fee', 'x'), -38012],
    [new TransactionError('floor-gas-too-low', 'x'), -38013],
    [new TransactionError('insufficient-funds', 'x'), -38014],
    [new SimulationError('block-gas-exceeded', 'x'), -38015],
    [new SimulationError('block-number-order', 'x'), -38020],
    [new SimulationError('block-time-order', 'x'), -38021],
    [new SimulationError('precompile-moved-to-itself', 'x'), -38022],
    [new TransactionError('init-code-too-large', 'x'), -38025],
    [new SimulationError('simulation-too-large', 'x'), -38026],
    [new TransactionError('blob-list-empty', 'x'), -32602],
    [new SimulationError('recipient-missing', 'x'), -32602],
    [new Error('a bug'), -32603],
  ]
  for (const [error, code] of rows) assert.equal(await failure(error), code, String(code))
  assert.equal((await client.error('eth_simulateV1', [{ blockStateCalls: [{}] }, '0x99'])).code, -32000)
  assert.equal((await client.error('eth_simulateV1', [{}])).code, -32602)
  const other = { blockStateCalls: [{ calls: [{ chainId: '0x1' }] }] }
  assert.equal((await client.error('eth_simulateV1', [other])).code, -32602)
})
