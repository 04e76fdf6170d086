import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CallOutcome } from '../../../execution/call.ts'
import { EMPTY_BYTES } from '../../../primitives/bytes.ts'
import { CodedError } from '../../../primitives/errors.ts'
import { hexToBytes } from '../../../primitives/hex.ts'
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
