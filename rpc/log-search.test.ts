import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Log } from '../primitives/receipt.ts'
import { ACCOUNTS, MemoryNode, signed } from './fixtures/memory-node.ts'
import { RpcClient } from './fixtures/rpc-client.ts'

const [one, two] = [ACCOUNTS[0]!.address, ACCOUNTS[1]!.address]
const topic = (n: number) => `0x${n.toString(16).padStart(64, '0')}` as const
const log = (address: Log['address'], ...topics: number[]): Log => {
  return { address, topics: topics.map(topic), data: new Uint8Array(0) }
}

/** Blocks 1 to 6; the odd ones have logs. */
function nodeWithLogs() {
  const node = new MemoryNode()
  for (let number = 1; number <= 6; number += 1) {
    const logs = [log(one, number), log(two, number, 99), log(two)]
    node.mine([{ transaction: signed({ nonce: BigInt(number) }), ...(number % 2 === 1 ? { logs } : {}) }])
  }
  return node
}

const placesOf = (logs: { blockNumber: string; logIndex: string }[]) =>
  logs.map(({ blockNumber, logIndex }) => `${Number(blockNumber)}/${Number(logIndex)}`)

test('addresses and topics: alternatives at a place, wildcards, more topics than asked for', async () => {
  const client = new RpcClient(nodeWithLogs())
  const cases: readonly [object, string[]][] = [
    [{}, ['1/0', '1/1', '1/2', '3/0', '3/1', '3/2', '5/0', '5/1', '5/2']],
    [{ address: one }, ['1/0', '3/0', '5/0']],
    [{ address: [one, two], topics: [] }, ['1/0', '1/1', '1/2', '3/0', '3/1', '3/2', '5/0', '5/1', '5/2']],
    [{ topics: [topic(3)] }, ['3/0', '3/1']],
    [{ topics: [[topic(3), topic(5)]] }, ['3/0', '3/1', '5/0', '5/1']],
    [{ topics: [null, topic(99)] }, ['1/1', '3/1', '5/1']],
    [{ topics: [[], []] }, ['1/1', '3/1', '5/1']],
    [{ address: one, topics: [null, topic(99)] }, []],
    [{ topics: [topic(7)] }, []],
  ]
  for (const [criteria, places] of cases) {
    const found = await client.result('eth_getLogs', [{ fromBlock: 'earliest', toBlock: 'latest', ...criteria }])
    assert.deepEqual(placesOf(found), places, JSON.stringify(criteria))
  }
})

test('ranges: by default the head alone; by hash; refused when reversed or beyond the head', async () => {
  const node = nodeWithLogs()
  const client = new RpcClient(node)
  assert.deepEqual(await client.result('eth_getLogs', [{}]), [])
  assert.equal((await client.result('eth_getLogs', [{ fromBlock: '0x2', toBlock: '0x3' }])).length, 3)
  const blockHash = node.blocks.canonicalHash(5n)
  assert.deepEqual(placesOf(await client.result('eth_getLogs', [{ blockHash }])), ['5/0', '5/1', '5/2'])
  for (const [filter, code] of [
    [{ fromBlock: '0x3', toBlock: '0x2' }, -32602],
    [{ fromBlock: '0x3', toBlock: '0x7' }, -32602],
    [{ blockHash: topic(1) }, -32001],
    [{ blockHash, fromBlock: '0x1' }, -32602],
  ] as const) {
    assert.equal((await client.error('eth_getLogs', [filter])).code, code, JSON.stringify(filter))
  }
})

test('limits: exactly as many blocks and logs as allowed, and one more', async () => {
  const node = nodeWithLogs()
  const range = { fromBlock: '0x1', toBlock: '0x6' }
  assert.equal((await new RpcClient(node, { maxLogRange: 6 }).result('eth_getLogs', [range])).length, 9)
  assert.equal((await new RpcClient(node, { maxLogRange: 5 }).error('eth_getLogs', [range])).code, -32005)
  assert.equal((await new RpcClient(node, { maxLogs: 9 }).result('eth_getLogs', [range])).length, 9)
  assert.equal((await new RpcClient(node, { maxLogs: 8 }).error('eth_getLogs', [range])).code, -32005)
})

test('limits: no more data than an answer may have', async () => {
  const node = nodeWithLogs()
  const range = { fromBlock: '0x1', toBlock: '0x6' }
  const logs: readonly { data: string }[] = await new RpcClient(node).result('eth_getLogs', [range])
  const length = logs.reduce((sum, { data }) => sum + data.length, 0)
  const { code, message } = await new RpcClient(node, { maxResponseBytes: length - 1 }).error('eth_getLogs', [range])
  assert.equal(code, -32005)
  assert.match(message, /ask for fewer blocks/)
})

test('a block whose bloom says no is not read', async () => {
  const node = nodeWithLogs()
  const client = new RpcClient(node)
  const read: string[] = []
  const { logs } = node.blocks
  Object.assign(node.blocks, {
    logs: (hash: `0x${string}`) => {
      read.push(hash)
      return logs(hash)
    },
  })
  await client.result('eth_getLogs', [{ fromBlock: 'earliest', topics: [topic(3)] }])
  assert.deepEqual(read, [node.blocks.canonicalHash(3n)])
})
