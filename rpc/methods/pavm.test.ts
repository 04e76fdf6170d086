import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AccountChanges } from '../../primitives/block-access-list.ts'
import { decodeHeader } from '../../primitives/header.ts'
import { hexToBytes, wordToHash, ZERO_HASH } from '../../primitives/hex.ts'
import { encodePlan } from '../../primitives/plan.ts'
import { transactionHash } from '../../primitives/transaction.ts'
import { ACCOUNTS, MemoryNode, signed } from '../fixtures/memory-node.ts'
import { RpcClient } from '../fixtures/rpc-client.ts'

const [alice, bob] = [ACCOUNTS[0]!.address, ACCOUNTS[1]!.address]
const coinbase = `0x${'00'.repeat(19)}01` as const
const contract = `0x${'ff'.repeat(20)}` as const

const account = (address: AccountChanges['address'], changes: Partial<AccountChanges> = {}): AccountChanges => {
  return {
    address,
    storageChanges: [],
    storageReads: [],
    balanceChanges: [],
    nonceChanges: [],
    codeChanges: [],
    ...changes,
  }
}

const at = <T>(index: number, value: T) => ({ index, value })

/** Two transactions, of alice and of bob, that write one slot each of one contract and pay one coinbase. */
function nodeWithPlan() {
  const senders = [alice, bob].sort().map((address, order) => {
    const index = address === alice ? 1 : 2
    return { order, changes: account(address, { balanceChanges: [at(index, 50n)], nonceChanges: [at(index, 1n)] }) }
  })
  const accessList = [
    account(coinbase, { balanceChanges: [at(1, 5n), at(2, 9n)] }),
    ...senders.map(({ changes }) => changes),
    account(contract, {
      storageChanges: [
        { slot: 1n, changes: [at(0, 7n), at(1, 8n)] },
        { slot: 3n, changes: [at(2, 4n)] },
      ],
      storageReads: [2n],
      codeChanges: [at(3, Uint8Array.of(0xfe))],
    }),
  ]
  // Locations: 0-2 coinbase, 3-5 and 6-8 the senders, 9-11 the contract's account, 12-14 its slots 1, 2, 3.
  const transactions = [
    { gasUsed: 30_000n, reads: [11, 13], group: 0 },
    { gasUsed: 40_000n, reads: [11], group: 1 },
  ]
  const node = new MemoryNode()
  const mined = [{ transaction: signed() }, { transaction: signed({}, 1) }]
  const header = { blockAccessListHash: ZERO_HASH, plan: encodePlan({ transactions }) }
  const { hash } = node.mine(mined, header, { accessList })
  const firstLocation = (address: string) =>
    3 + 3 * (senders.find(({ changes }) => changes.address === address)?.order ?? 0)
  return { node, hash, mined, ofAlice: firstLocation(alice), ofBob: firstLocation(bob) }
}

test('pavm_getPlan: whole read sets, write sets with values, additions, groups', async () => {
  const { node, hash, mined, ofAlice, ofBob } = nodeWithPlan()
  const plan = await new RpcClient(node).result('pavm_getPlan', ['latest'])
  assert.equal(plan.blockHash, hash)
  assert.equal(plan.locations.length, 15)
  assert.deepEqual(plan.locations[9], { address: contract, kind: 'balance' })
  assert.deepEqual(
    plan.locations.slice(12).map(({ slot }: { slot: string }) => BigInt(slot)),
    [1n, 2n, 3n],
  )
  assert.deepEqual(plan.groups, [[0], [1]])
  const [first, second] = plan.transactions
  const sortedNumbers = (...numbers: number[]) => numbers.sort((a, b) => a - b)
  assert.deepEqual(first.reads, sortedNumbers(ofAlice, ofAlice + 1, ofAlice + 2, 11, 12, 13))
  assert.deepEqual(second.reads, sortedNumbers(ofBob, ofBob + 1, ofBob + 2, 11, 14))
  assert.deepEqual(first.writes, [
    { location: 0, value: '0x5', isAddition: true },
    { location: ofAlice, value: '0x32' },
    { location: ofAlice + 1, value: '0x1' },
    { location: 12, value: wordToHash(8n) },
  ])
  assert.equal(first.hash, transactionHash(mined[0]!.transaction))
  assert.equal(first.gasUsed, '0x7530')
  assert.equal(second.from, bob)
  assert.deepEqual(plan.systemWrites, {
    before: [{ location: 12, value: wordToHash(7n) }],
    after: [{ location: 11, value: '0xfe' }],
  })
})

test('the access list, in the words of execution-apis (EIP-7928)', async () => {
  const { node } = nodeWithPlan()
  const client = new RpcClient(node)
  const list = await client.result('pavm_getBlockAccessList', ['latest'])
  assert.deepEqual(list.at(-1), {
    address: contract,
    storageChanges: [
      {
        key: wordToHash(1n),
        changes: [
          { index: '0x0', value: wordToHash(7n) },
          { index: '0x1', value: wordToHash(8n) },
        ],
      },
      { key: wordToHash(3n), changes: [{ index: '0x2', value: wordToHash(4n) }] },
    ],
    storageReads: [wordToHash(2n)],
    balanceChanges: [],
    nonceChanges: [],
    codeChanges: [{ index: '0x3', code: '0xfe' }],
  })
  assert.deepEqual(await client.result('eth_getBlockAccessList', ['latest']), list)
})

test('pavm_getReplay: who ran what where, and the speed-up', async () => {
  const { node, hash } = nodeWithPlan()
  const entry = { group: 0, transactions: [0], startUs: 0, durationUs: 300, gasUsed: 30_000n }
  node.timelines.set(hash, {
    strategy: 'split',
    workers: 2,
    durationUs: 400,
    entries: [
      { ...entry, worker: 0, core: 1 },
      { ...entry, worker: 1, core: undefined, group: 1, transactions: [1] },
    ],
  })
  const replay = await new RpcClient(node).result('pavm_getReplay', [hash])
  assert.equal(replay.strategy, 'split')
  assert.equal(replay.speedUp, 1.5)
  assert.equal(replay.sumUs, 600)
  assert.deepEqual(replay.entries[0], { ...entry, worker: 0, core: 1, gasUsed: '0x7530' })
  assert.equal(replay.entries[1].core, null)
})

test('what a block does not have is null', async () => {
  const client = new RpcClient(new MemoryNode())
  const methods = ['pavm_getPlan', 'pavm_getBlockAccessList', 'pavm_getReplay', 'pavm_getHeader']
  for (const method of methods) assert.equal(await client.result(method, ['0x5']), null, method)
  for (const method of methods.slice(0, 3)) assert.equal(await client.result(method, ['latest']), null, method)
})

test('raw headers hash to the block; node and peers', async () => {
  const { node } = nodeWithPlan()
  const client = new RpcClient(node)
  const raw = hexToBytes(await client.result('pavm_getHeader', ['latest']))
  assert.deepEqual(decodeHeader(raw), node.chain.head().header)
  const info = await client.result('pavm_nodeInfo')
  assert.deepEqual(info.workers, [{ index: 0, core: 1, threadId: 42 }])
  assert.equal(info.genesisHash, node.blocks.canonicalHash(0n))
  assert.equal((await client.result('pavm_peers'))[0].id, 'peer-1')
})
