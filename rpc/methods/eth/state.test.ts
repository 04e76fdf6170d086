import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeTrieAccount } from '../../../primitives/account.ts'
import { hexToBytes } from '../../../primitives/hex.ts'
import { EMPTY_TRIE_ROOT, KECCAK_EMPTY, keccak256Hex } from '../../../primitives/keccak.ts'
import { verifyProof } from '../../../storage/trie/proof.ts'
import { accountTrieKey, updateState } from '../../../storage/trie/state-trie.ts'
import { ACCOUNTS, MemoryNode, signed } from '../../fixtures/memory-node.ts'
import { RpcClient } from '../../fixtures/rpc-client.ts'

const [alice, bob] = [ACCOUNTS[0]!.address, ACCOUNTS[1]!.address]
const code = Uint8Array.of(0x60, 0x00)

function nodeWithState() {
  const node = new MemoryNode()
  node.codes.set(keccak256Hex(code), code)
  node.accountState.set(alice, { nonce: 5n, balance: 10n ** 22n, codeHash: keccak256Hex(code) })
  node.slots.set(`${alice}/1`, 0x2an)
  node.mine([])
  return { node, client: new RpcClient(node) }
}

test('accounts, code and slots; what is not there is zero', async () => {
  const { node, client } = nodeWithState()
  assert.equal(await client.result('eth_getBalance', [alice, 'latest']), '0x21e19e0c9bab2400000')
  assert.equal(await client.result('eth_getBalance', [bob]), '0x0')
  assert.equal(await client.result('eth_getTransactionCount', [alice, '0x1']), '0x5')
  assert.equal(await client.result('eth_getCode', [alice]), '0x6000')
  assert.equal(await client.result('eth_getCode', [bob]), '0x')
  assert.equal(await client.result('eth_getStorageAt', [alice, '0x1']), `0x${'0'.repeat(62)}2a`)
  assert.equal(await client.result('eth_getStorageAt', [alice, '0x02', 'pending']), `0x${'0'.repeat(64)}`)
  assert.equal(node.openSnapshots, 0)
})

test('the pending nonce counts the pool', async () => {
  const { node, client } = nodeWithState()
  await node.pool.add(signed({ nonce: 5n }), { local: true })
  assert.equal(await client.result('eth_getTransactionCount', [alice, 'pending']), '0x6')
  assert.equal(await client.result('eth_getTransactionCount', [alice, 'latest']), '0x5')
})

test('blocks by hash, and only canonical ones when asked (EIP-1898)', async () => {
  const { node, client } = nodeWithState()
  const side = node.make([], node.blocks.canonicalHash(0n), { extraData: Uint8Array.of(1) })
  const head = node.chain.head().hash
  const balance = '0x21e19e0c9bab2400000'
  assert.equal(await client.result('eth_getBalance', [alice, head]), balance)
  assert.equal(await client.result('eth_getBalance', [alice, { blockHash: head, requireCanonical: true }]), balance)
  assert.equal(await client.result('eth_getBalance', [alice, { blockHash: side.hash }]), balance)
  const notCanonical = await client.error('eth_getBalance', [alice, { blockHash: side.hash, requireCanonical: true }])
  assert.equal(notCanonical.code, -32000)
  assert.equal((await client.error('eth_getBalance', [alice, { blockNumber: '0x63' }])).code, -32001)
  assert.equal((await client.error('eth_getBalance', [alice, `0x${'12'.repeat(32)}`])).code, -32001)
  assert.equal(node.openSnapshots, 0)
})

test('a state that is not kept is said so, and the snapshot is closed', async () => {
  const { node, client } = nodeWithState()
  node.keepsState = false
  assert.equal((await client.error('eth_getBalance', [alice, '0x0'])).code, -32002)
  assert.equal(node.openSnapshots, 0)
})

test('proofs hold against the state root; keys come back as they came, 32 bytes whole, shorter ones as quantity', async () => {
  const node = new MemoryNode()
  const client = new RpcClient(node)
  const account = { nonce: 5n, balance: 6n, codeHash: keccak256Hex(code) }
  const slots = new Map([[1n, 0x2an]])
  const diff = { accounts: new Map([[alice, { account: { to: account }, slots }]]), codes: new Map() }
  const { stateRoot, nodes } = updateState(EMPTY_TRIE_ROOT, diff, node.nodes)
  node.nodes.add(nodes)
  node.mine([], { stateRoot })
  const long = `0x${'0'.repeat(63)}1`
  const proof = await client.result('eth_getProof', [alice, ['0x01', long, '0x2'], 'latest'])
  assert.deepEqual(
    proof.storageProof.map(({ key, value }: { key: string; value: string }) => [key, value]),
    [
      ['0x1', '0x2a'],
      [long, '0x2a'],
      ['0x2', '0x0'],
    ],
  )
  const leaf = verifyProof(stateRoot, accountTrieKey(alice), proof.accountProof.map(hexToBytes))
  const { nonce, balance, codeHash, storageHash } = proof
  assert.deepEqual(leaf && decodeTrieAccount(leaf), { ...account, storageRoot: storageHash })
  assert.deepEqual([nonce, balance, codeHash], ['0x5', '0x6', account.codeHash])
  assert.equal((await client.result('eth_getProof', [bob, []])).codeHash, KECCAK_EMPTY)
  assert.equal((await client.error('eth_getProof', [alice, Array(1_025).fill('0x1')])).code, -32602)
  node.mine([], { stateRoot: `0x${'12'.repeat(32)}` })
  assert.equal((await client.error('eth_getProof', [alice, []])).code, -32002)
})

test('slots of several accounts, as many as one request may have', async () => {
  const { client } = nodeWithState()
  const values = await client.result('eth_getStorageValues', [
    { [alice]: ['0x1', `0x${'0'.repeat(63)}2`], [bob]: ['0x0'] },
  ])
  assert.deepEqual(values, {
    [alice]: [`0x${'0'.repeat(62)}2a`, `0x${'0'.repeat(64)}`],
    [bob]: [`0x${'0'.repeat(64)}`],
  })
  const many = Array.from({ length: 1_025 }, (_, slot) => `0x${slot.toString(16)}`)
  for (const request of [{}, { [alice]: many }, { [alice]: many.slice(1), [bob]: ['0x0'] }, { [alice]: ['0xg'] }]) {
    assert.equal((await client.error('eth_getStorageValues', [request])).code, -32602)
  }
})
