import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryNode } from './fixtures/memory-node.ts'
import { RpcClient } from './fixtures/rpc-client.ts'
import { REFUSED_METHODS } from './refused.ts'

test('what other nodes have and this one has not is refused with the reason', async () => {
  const client = new RpcClient(new MemoryNode())
  for (const name of ['debug_dbGet', 'admin_addPeer', 'anvil_setChainId']) {
    const { code, message } = await client.error(name, [1, 2, 3])
    assert.equal(code, -32004, name)
    assert.match(message, /^not served: \w/, name)
  }
  assert.equal((await client.error('debug_nonsense')).code, -32601)
})

test('nothing that is served has a reason not to be', () => {
  const { methods } = new RpcClient(new MemoryNode())
  for (const name of REFUSED_METHODS.keys()) assert.ok(!methods.has(name), name)
})
