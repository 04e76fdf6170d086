import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Transaction as EthersTransaction, hashMessage, recoverAddress, verifyTypedData } from 'ethers'
import { CodedError } from '../../../primitives/errors.ts'
import { bytesToHex } from '../../../primitives/hex.ts'
import { encodeTransaction, recoverSender, type Transaction, transactionHash } from '../../../primitives/transaction.ts'
import { ACCOUNTS, CHAIN_ID, MemoryNode, signed } from '../../fixtures/memory-node.ts'
import { RpcClient } from '../../fixtures/rpc-client.ts'

const [alice, bob] = [ACCOUNTS[0]!.address, ACCOUNTS[1]!.address]

test('raw transactions of every type go to the pool; undecodable ones are refused', async () => {
  const node = new MemoryNode()
  const client = new RpcClient(node)
  const transactions = [
    signed({ type: 0, gasPrice: 1n }),
    signed({ type: 1, gasPrice: 1n, nonce: 1n }),
    signed({ nonce: 2n }),
    signed({ type: 4, nonce: 3n, authorizationList: [] }),
  ]
  for (const transaction of transactions) {
    const raw = bytesToHex(encodeTransaction(transaction))
    assert.equal(await client.result('eth_sendRawTransaction', [raw]), transactionHash(transaction))
  }
  assert.deepEqual(
    [...node.pooled.values()].map(({ type }) => type),
    [0, 1, 2, 4],
  )
  for (const raw of ['0x', '0x00', '0x05c0', '0x02c0', '0xf8', `0x02${'c1'.repeat(2_000)}`]) {
    assert.equal((await client.error('eth_sendRawTransaction', [raw])).code, -32602, raw)
  }
})

test('the pool’s refusal reaches the client in its words', async () => {
  const node = new MemoryNode()
  node.addToPool = async () => {
    throw new CodedError('replacement-underpriced', 'needs 10 % more')
  }
  const error = await new RpcClient(node).error('eth_sendRawTransaction', [bytesToHex(encodeTransaction(signed()))])
  assert.deepEqual(error, { code: -32000, message: 'replacement transaction underpriced: needs 10 % more' })
})

test('eth_sendTransaction fills nonce, gas, fees and type, and signs', async () => {
  const node = new MemoryNode()
  node.accountState.set(alice, { nonce: 7n, balance: 1n, codeHash: '0x' })
  const client = new RpcClient(node, { priorityFeeFloor: 5n })
  const sent = async (fields: object): Promise<Transaction> => {
    const hash = await client.result('eth_sendTransaction', [{ from: alice, to: bob, ...fields }])
    return node.pooled.get(hash)!
  }
  const plain = await sent({ value: '0x1' })
  assert.equal(recoverSender(plain), alice)
  assert.deepEqual(
    { type: plain.type, nonce: plain.nonce, gasLimit: plain.gasLimit },
    { type: 2, nonce: 7n, gasLimit: 21_000n },
  )
  assert.ok(plain.type === 2 && plain.maxPriorityFeePerGas === 5n && plain.maxFeePerGas === 2_000_000_005n)
  const legacy = await sent({ gasPrice: '0x3', gas: '0x10000' })
  assert.ok(legacy.type === 0 && legacy.gasPrice === 3n && legacy.gasLimit === 65_536n && legacy.v > 35n)
  assert.equal((await sent({ gasPrice: '0x3', accessList: [] })).type, 1)
  const capped = await sent({ maxFeePerGas: '0x2' })
  assert.ok(capped.type === 2 && capped.maxPriorityFeePerGas === 2n && capped.maxFeePerGas === 2n)
  assert.equal((await sent({ authorizationList: [] })).type, 4)
  assert.equal((await sent({ nonce: '0x63' })).nonce, 99n)
})

test('concurrent sends of one account take nonces in the order they came, though their gas is estimated at once', async () => {
  const node = new MemoryNode()
  node.addToPool = () => new Promise((resolve) => setTimeout(resolve, Math.random() * 3))
  const client = new RpcClient(node)
  const values = Array.from({ length: 20 }, (_, index) => index + 1)
  await Promise.all(
    values.map((value) =>
      client.result('eth_sendTransaction', [{ from: alice, to: bob, value: `0x${value.toString(16)}` }]),
    ),
  )
  assert.deepEqual(
    [...node.pooled.values()].map(({ nonce, value }) => [nonce, value]),
    values.map((value, index) => [BigInt(index), BigInt(value)]),
  )
})

test('a failed send does not hold up the next; other accounts do not wait', async () => {
  const node = new MemoryNode()
  const client = new RpcClient(node)
  node.answer = () => ({ succeeded: false, output: new Uint8Array(0), gasUsed: 0n, logs: [], error: 'revert' })
  const failing = client.error('eth_sendTransaction', [{ from: alice, to: bob }])
  const next = client.result('eth_sendTransaction', [{ from: alice, to: bob, gas: '0x5208' }])
  assert.equal((await failing).code, 3)
  assert.equal(node.pooled.get(await next)?.nonce, 0n)
})

test('only developer accounts sign, and only for this chain', async () => {
  const client = new RpcClient(new MemoryNode())
  const stranger = `0x${'99'.repeat(20)}`
  assert.match((await client.error('eth_sendTransaction', [{ from: stranger, to: bob }])).message, /unknown account/)
  assert.match((await client.error('eth_sign', [stranger, '0x00'])).message, /unknown account/)
  assert.equal((await client.error('eth_sendTransaction', [{ to: bob }])).code, -32602)
  assert.equal((await client.error('eth_sendTransaction', [{ from: alice, to: bob, chainId: '0x1' }])).code, -32602)
  assert.match((await client.error('eth_sendTransaction', [{ from: alice }])).message, /without any data/)
})

test('signatures are what ethers says they are', async () => {
  const node = new MemoryNode()
  const client = new RpcClient(node)
  const signature = await client.result('eth_sign', [alice, '0x68656c6c6f'])
  assert.equal(recoverAddress(hashMessage('hello'), signature).toLowerCase(), alice)
  assert.equal(await client.result('personal_sign', ['0x68656c6c6f', alice]), signature)
  const { raw, tx } = await client.result('eth_signTransaction', [
    { from: alice, to: bob, gas: '0x5208', nonce: '0x1' },
  ])
  const decoded = EthersTransaction.from(raw)
  assert.equal(decoded.from?.toLowerCase(), alice)
  assert.equal(decoded.chainId, CHAIN_ID)
  assert.equal(decoded.hash, tx.hash)
  assert.equal(node.pooled.size, 0)
})

test('typed data is signed as ethers says, as an object and as text, by every name', async () => {
  const client = new RpcClient(new MemoryNode())
  const domain = { name: 'Ether Mail', chainId: 31337, verifyingContract: bob }
  const types = {
    Mail: [
      { name: 'to', type: 'address[]' },
      { name: 'amount', type: 'uint256' },
    ],
  }
  const message = { to: [alice, bob], amount: '123456789012345678901234567890' }
  const typedData = { types, primaryType: 'Mail', domain, message }
  const signature = await client.result('eth_signTypedData_v4', [alice, typedData])
  assert.equal(verifyTypedData(domain, types, message, signature).toLowerCase(), alice)
  for (const name of ['eth_signTypedData', 'eth_signTypedData_v3', 'eth_signTypedData_v4']) {
    assert.equal(await client.result(name, [alice, JSON.stringify(typedData)]), signature, name)
  }
})

test('typed data that cannot be signed is refused with the reason', async () => {
  const client = new RpcClient(new MemoryNode())
  const refusal = (account: string, typedData: unknown) => client.error('eth_signTypedData_v4', [account, typedData])
  const good = { types: { A: [{ name: 'a', type: 'bool' }] }, primaryType: 'A', domain: {}, message: { a: true } }
  assert.match((await refusal(`0x${'99'.repeat(20)}`, good)).message, /unknown account/)
  const { code, message } = await refusal(alice, { ...good, message: { a: 1 } })
  assert.deepEqual([code, message], [-32602, 'invalid argument 1 (typedData): message.a must be true or false'])
  for (const wrong of ['{', '[]', 7, {}, { ...good, types: { A: 'bool a' } }, { ...good, message: [] }]) {
    assert.equal((await refusal(alice, wrong)).code, -32602, JSON.stringify(wrong))
  }
})

test('eth_fillTransaction completes what others are to sign, and sends nothing', async () => {
  const node = new MemoryNode()
  const stranger = `0x${'12'.repeat(20)}`
  const client = new RpcClient(node, { priorityFeeFloor: 5n })
  const { tx } = await client.result('eth_fillTransaction', [{ from: stranger, to: bob, value: '0x1' }])
  assert.deepEqual(tx, {
    type: '0x2',
    nonce: '0x0',
    to: bob,
    value: '0x1',
    gas: '0x5208',
    input: '0x',
    gasPrice: '0x77359405',
    maxFeePerGas: '0x77359405',
    maxPriorityFeePerGas: '0x5',
    accessList: [],
    chainId: '0x7a69',
  })
  const legacy = await client.result('eth_fillTransaction', [
    { from: stranger, to: bob, gasPrice: '0x3', nonce: '0x9' },
  ])
  assert.deepEqual([legacy.tx.type, legacy.tx.gasPrice, legacy.tx.nonce], ['0x0', '0x3', '0x9'])
  assert.equal(node.pooled.size, 0)
})
