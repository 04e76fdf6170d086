import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, describe, test } from 'node:test'
import { Contract, ContractFactory, type InterfaceAbi, JsonRpcProvider, Wallet } from 'ethers'
import {
  createTestClient,
  createWalletClient,
  http,
  padHex,
  parseEther,
  parseGwei,
  publicActions,
  serializeTransaction,
  walletActions,
} from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { foundry } from 'viem/chains'
import { compile } from '../contracts/compile.ts'
import { developerAccounts } from '../primitives/developer-accounts.ts'
import { type Address, type Hash, type Hex, wordToHash } from '../primitives/hex.ts'
import { CONTROLS } from '../rpc/methods/control/table.ts'
import * as results from '../rpc/results.ts'
import { runCommand } from './support/command.ts'
import { type DevNode, startDevNode } from './support/dev-node.ts'
import { eventually, RpcFailure, rpc } from './support/json-rpc.ts'
import { startTestnet } from './support/testnet.ts'

const [ALICE, BOB, CAROL] = developerAccounts(3).map(({ address }) => address) as [Address, Address, Address]
const ALICE_KEY = developerAccounts(1)[0]!.privateKey
/** Nobody's. */
const WHALE: Address = '0x00000000000000000000000000000000000000aa'
const CONTRACT: Address = '0x00000000000000000000000000000000000000c0'
const ETHER = 10n ** 18n

/** Runtime code that returns TIMESTAMP, NUMBER, GASLIMIT, PREVRANDAO and COINBASE of its block. */
const BLOCK_FIELDS: Hex = '0x425f524360205245604052446060524160805260a05ff3'
/** Runtime code that stores the second word of its call data in the slot that the first one names. */
const WORDS_STORED: Hex = '0x6020355f3555'
/** Runtime code that stores CALLER in slot 0. */
const CALLER_STORED: Hex = '0x335f55'

interface Block {
  readonly number: Hex
  readonly hash: Hash
  readonly parentHash: Hash
  readonly stateRoot: Hash
  readonly timestamp: Hex
  readonly baseFeePerGas: Hex
  readonly gasLimit: Hex
  readonly mixHash: Hash
  readonly miner: Address
  readonly transactions: readonly Hash[]
}

interface Receipt {
  readonly status: Hex
  readonly blockNumber: Hex
  readonly from: Address
  readonly contractAddress: Address | null
}

let node: DevNode

before(async () => {
  node = await startDevNode()
})
after(() => node?.[Symbol.asyncDispose]())
beforeEach(() => node.request('anvil_reset'))

const schemas = new Map(
  CONTROLS.flatMap(([names, control]) =>
    names.map((name) => [name, control.refuse('').about.result(results)] as const),
  ),
)

/** Asks the node, and holds what a control answers to what it says of that. */
async function ask<T>(method: string, ...params: unknown[]): Promise<T> {
  const result = await node.request<T>(method, ...params)
  schemas.get(method)?.parse(result)
  return result
}

const latest = (): Promise<Block> => ask('eth_getBlockByNumber', 'latest', false)
const height = async (): Promise<number> => Number(await ask<Hex>('eth_blockNumber'))
const balance = async (address: Address): Promise<bigint> => BigInt(await ask<Hex>('eth_getBalance', address, 'latest'))
const number = (block: bigint | number): Hex => `0x${block.toString(16)}`
const receiptOf = (hash: Hash): Promise<Receipt | null> => ask('eth_getTransactionReceipt', hash)
const pay = (from: Address, to: Address, wei: bigint, more: object = {}): Promise<Hash> =>
  ask('eth_sendTransaction', { from, to, value: `0x${wei.toString(16)}`, ...more })

async function failure(asked: Promise<unknown>): Promise<RpcFailure> {
  const error = await asked.then(
    () => assert.fail('it was answered'),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof RpcFailure, String(error))
  return error
}

describe('mining', () => {
  test('a send is answered when its block is there', async () => {
    const hash = await pay(ALICE, BOB, 1n)
    assert.equal((await receiptOf(hash))?.blockNumber, '0x1')
    assert.deepEqual((await latest()).transactions, [hash])
    const provider = new JsonRpcProvider(node.url, undefined, { staticNetwork: true })
    const wallet = new Wallet(ALICE_KEY, provider)
    const sent = await wallet.sendTransaction({ to: BOB, value: 2n })
    assert.equal((await provider.getTransactionReceipt(sent.hash))?.blockNumber, 2)
    provider.destroy()
  })

  test('a contract that needs a curve gives the same at once and later', async () => {
    // The generator of BN254 twice, and their sum (EIP-196).
    const data: Hex = `0x${[1, 2, 1, 2].map((word) => word.toString(16).padStart(64, '0')).join('')}`
    const sum =
      '0x030644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd315ed738c0e0a7c92e7845f96b2ae9c0a68a6a449e3538fc7ff3ebf7a5a18a2c4'
    const to = '0x0000000000000000000000000000000000000006'
    for (let asked = 0; asked < 3; asked++) {
      assert.equal(await node.request('eth_call', { to, data }), sum)
      const hash = await node.request<Hash>('eth_sendTransaction', { from: ALICE, to, data, gas: '0xffff' })
      assert.equal((await node.request<Receipt>('eth_getTransactionReceipt', hash)).status, '0x1')
    }
  })

  test('sends at the same time are all mined', async () => {
    const hashes = await Promise.all([ALICE, BOB, CAROL, ALICE, BOB].map((from) => pay(from, WHALE, 1n)))
    for (const hash of hashes) assert.equal((await receiptOf(hash))?.status, '0x1')
    assert.equal(await balance(WHALE), 5n)
  })

  test('one that waits for an earlier nonce is answered at once, and mined with it', async () => {
    const late = await pay(ALICE, WHALE, 1n, { nonce: '0x1' })
    assert.equal(await receiptOf(late), null)
    assert.equal(await height(), 0)
    await pay(ALICE, WHALE, 1n)
    assert.equal((await receiptOf(late))?.status, '0x1')
  })

  test('without automine, blocks hold what was sent before them', async () => {
    await ask('evm_setAutomine', false)
    assert.equal(await ask('anvil_getAutomine'), false)
    const hashes = [await pay(ALICE, BOB, 1n), await pay(BOB, CAROL, 1n)]
    assert.equal(await height(), 0)
    assert.equal(await ask('evm_mine'), '0x0')
    assert.deepEqual([...(await latest()).transactions].sort(), hashes.sort())
    const waiting = await pay(ALICE, BOB, 1n)
    await ask('evm_setAutomine', true)
    assert.equal((await receiptOf(waiting))?.blockNumber, '0x2')
  })

  test('blocks are counted in every spelling, and stand an interval apart', async () => {
    for (const [method, ...params] of [
      ['anvil_mine'],
      ['hardhat_mine', '0x3'],
      ['anvil_mine', 4],
      ['anvil_mine', '5'],
      ['evm_mine', { blocks: 6 }],
      ['anvil_mine', 0],
    ] as const) {
      await ask(method, ...params)
    }
    assert.equal(await height(), 19)
    const before = Number((await latest()).timestamp)
    await ask('hardhat_mine', '0x3', '0x3c')
    const blocks = await Promise.all(
      [20, 21, 22].map((n) => ask<Block>('eth_getBlockByNumber', `0x${n.toString(16)}`, false)),
    )
    const times = blocks.map(({ timestamp }) => Number(timestamp))
    assert.deepEqual(
      times.slice(1).map((time, index) => time - times[index]!),
      [60, 60],
    )
    assert.ok(times[0]! > before)
    assert.match((await failure(ask('anvil_mine', 2_000_000))).message, /at most/)
    assert.match((await failure(ask('anvil_mine', 'many'))).message, /must be a number/)
  })

  test('a thousand blocks take some seconds at most', { timeout: 60_000 }, async () => {
    const startMs = performance.now()
    await ask('anvil_mine', 1_000)
    // 1.2 s on a quiet machine.
    assert.ok(performance.now() - startMs < 15_000)
    assert.equal(await height(), 1_000)
  })

  test('in interval mode blocks come by themselves, and sends do not wait for them', async () => {
    await ask('evm_setIntervalMining', 1)
    assert.equal(await ask('anvil_getIntervalMining'), 1)
    assert.equal(await ask('anvil_getAutomine'), false)
    const hash = await pay(ALICE, BOB, 1n)
    assert.equal(await receiptOf(hash), null)
    await eventually('the transaction is mined', 10_000, async () => (await receiptOf(hash)) ?? undefined)
    await ask('evm_setIntervalMining', 0)
    assert.equal(await ask('anvil_getIntervalMining'), null)
  })
})

describe('time', () => {
  const time = async (): Promise<number> => Number((await latest()).timestamp)

  test('goes forward, to a timestamp, and on from there', async () => {
    await ask('evm_mine')
    const start = await time()
    assert.ok(Number(await ask('evm_increaseTime', 1_000)) >= 1_000)
    await ask('evm_mine')
    const later = await time()
    assert.ok(later >= start + 1_000 && later < start + 1_020, `${later - start}`)
    await ask('evm_setNextBlockTimestamp', later + 5_000)
    await ask('evm_mine')
    assert.equal(await time(), later + 5_000)
    await ask('evm_mine')
    assert.ok((await time()) < later + 5_020)
    await ask('evm_mine', later + 9_000)
    assert.equal(await time(), later + 9_000)
    await ask('anvil_setTime', later + 20_000)
    await ask('evm_mine')
    assert.ok((await time()) >= later + 20_000 && (await time()) < later + 20_020)
  })

  test('does not go back in the chain', async () => {
    await ask('evm_mine')
    const { timestamp } = await latest()
    const { code, message } = await failure(ask('evm_setNextBlockTimestamp', Number(timestamp)))
    assert.equal(code, -32602)
    assert.match(message, /is not after that of the head/)
    await ask('evm_setTime', 1_000)
    await ask('evm_mine')
    assert.equal(await time(), Number(timestamp) + 1)
    assert.equal((await failure(ask('evm_increaseTime', '0xffffffffffffffff'))).code, -32602)
  })

  test('blocks are an interval apart while that is wanted', async () => {
    await ask('anvil_setBlockTimestampInterval', 12)
    await ask('evm_mine')
    const start = await time()
    await ask('anvil_mine', 2)
    assert.equal(await time(), start + 24)
    assert.equal(await ask('anvil_removeBlockTimestampInterval'), true)
    assert.equal(await ask('anvil_removeBlockTimestampInterval'), false)
  })
})

describe('blocks', () => {
  const fields = async () => {
    const words = (await ask<Hex>('eth_call', { to: CAROL, data: '0x' }, 'latest')).slice(2).match(/.{64}/g) ?? []
    const [timestamp, height, gasLimit, randao, coinbase] = words.map((word) => BigInt(`0x${word}`))
    return { timestamp, height, gasLimit, randao, coinbase }
  }

  test('have what was wished for, and contracts see it', async () => {
    await ask('anvil_setCode', CAROL, BLOCK_FIELDS)
    await ask('anvil_setCoinbase', WHALE)
    await ask('evm_setBlockGasLimit', '0x1c9c380')
    await ask('hardhat_setNextBlockBaseFeePerGas', '0x77359400')
    await ask('hardhat_setPrevRandao', `0x${'00'.repeat(31)}07`)
    await ask('evm_mine')
    const block = await latest()
    assert.equal(block.baseFeePerGas, '0x77359400')
    assert.equal(block.gasLimit, '0x1c9c380')
    assert.equal(BigInt(block.mixHash), 7n)
    assert.equal(block.miner, WHALE)
    assert.equal(await ask('eth_coinbase'), WHALE)
    assert.deepEqual(await fields(), {
      timestamp: BigInt(block.timestamp),
      height: 1n,
      gasLimit: 30_000_000n,
      randao: 7n,
      coinbase: BigInt(WHALE),
    })
    await ask('evm_mine')
    const next = await latest()
    // Base fee and randomness were for one block; the others hold on.
    assert.equal(next.baseFeePerGas, '0x684ee180')
    assert.notEqual(BigInt(next.mixHash), 7n)
    assert.equal(next.gasLimit, '0x1c9c380')
    assert.equal(next.miner, WHALE)
  })

  test('of base fee 0 take transactions that pay nothing', async () => {
    await ask('anvil_setNextBlockBaseFeePerGas', '0x0')
    assert.equal(await ask('eth_gasPrice'), '0x0')
    const free = await pay(ALICE, BOB, 0n, { gasPrice: '0x0', gas: '0x5208' })
    assert.equal((await receiptOf(free))?.status, '0x1')
  })

  test('are what the pool goes by', async () => {
    await ask('evm_setBlockGasLimit', 100_000)
    assert.match((await failure(pay(ALICE, BOB, 1n, { gas: '0x186a1' }))).message, /exceeds block gas limit/)
    await ask('evm_setBlockGasLimit', 200_000)
    await pay(ALICE, BOB, 1n, { gas: '0x186a1' })
    await ask('anvil_setMinGasPrice', 5_000_000_000)
    assert.match((await failure(pay(ALICE, BOB, 1n, { gasPrice: '0x1', gas: '0x5208' }))).message, /underpriced/)
  })
})

describe('state', () => {
  test('changes at once, without a block', async () => {
    await ask('evm_mine')
    const { hash } = await latest()
    await ask('anvil_setBalance', WHALE, '0xde0b6b3a7640000')
    await ask('anvil_addBalance', WHALE, 1)
    await ask('hardhat_setNonce', WHALE, '0x9')
    await ask('anvil_setCode', WHALE, BLOCK_FIELDS)
    await ask('anvil_setStorageAt', WHALE, '0x2', `0x${'00'.repeat(31)}05`)
    assert.equal((await latest()).hash, hash)
    assert.equal(await balance(WHALE), ETHER + 1n)
    assert.equal(await ask('eth_getTransactionCount', WHALE, 'latest'), '0x9')
    assert.equal(await ask('eth_getCode', WHALE, 'latest'), BLOCK_FIELDS)
    assert.equal(BigInt(await ask<Hex>('eth_getStorageAt', WHALE, '0x2', 'latest')), 5n)
    const proof = await ask<Proof>('eth_getProof', WHALE, ['0x2'], 'latest')
    assert.deepEqual([proof.balance, proof.nonce, proof.storageProof[0]?.value], [number(ETHER + 1n), '0x9', '0x5'])
  })

  test('is what the next block is executed on, and what is asked of its parent later', async () => {
    await ask('anvil_setBalance', WHALE, number(ETHER))
    await ask('anvil_impersonateAccount', WHALE)
    const hash = await pay(WHALE, BOB, ETHER / 2n)
    assert.equal((await receiptOf(hash))?.status, '0x1')
    await ask('evm_mine')
    assert.ok((await balance(WHALE)) < ETHER / 2n)
    assert.equal(BigInt(await ask<Hex>('eth_getBalance', WHALE, '0x0')), ETHER)
    // The header says what it said when it was made.
    const genesis = await ask<Block>('eth_getBlockByNumber', '0x0', false)
    const { balance: proven } = await ask<Proof>('eth_getProof', WHALE, [], '0x0')
    assert.equal(BigInt(proven), ETHER)
    assert.notEqual(genesis.stateRoot, (await ask<Block>('eth_getBlockByNumber', '0x1', false)).stateRoot)
  })

  test('gives up an account that has nothing left, and keeps one with storage', async () => {
    await ask('anvil_setBalance', WHALE, '0x1')
    await ask('anvil_setBalance', WHALE, '0x0')
    assert.equal(await balance(WHALE), 0n)
    await ask('anvil_setStorageAt', WHALE, '0x1', '0x7')
    await ask('anvil_setBalance', WHALE, '0x5')
    await ask('anvil_setBalance', WHALE, '0x0')
    assert.equal(BigInt(await ask<Hex>('eth_getStorageAt', WHALE, '0x1', 'latest')), 7n)
    await ask('anvil_setStorageAt', WHALE, '0x1', '0x0')
  })

  test('frees transactions that waited for funds', async () => {
    await ask('anvil_setBalance', ALICE, '0x0')
    assert.match((await failure(pay(ALICE, BOB, 1n, { gas: '0x5208' }))).message, /insufficient funds/)
    await ask('anvil_setBalance', ALICE, number(ETHER))
    await pay(ALICE, BOB, 1n)
    assert.equal(await height(), 1)
  })

  test('is what calls, simulations and traces see', async () => {
    const stores = { from: ALICE, to: WHALE, data: `0x${'00'.repeat(31)}01${'00'.repeat(31)}02` }
    await ask('anvil_setCode', WHALE, WORDS_STORED)
    assert.ok(Number(await ask<Hex>('eth_estimateGas', stores)) > 40_000)
    const [simulated] = await ask<Simulated[]>('eth_simulateV1', { blockStateCalls: [{ calls: [stores] }] })
    assert.equal(simulated?.calls[0]?.status, '0x1')
    await ask('anvil_setStorageAt', WHALE, '0x1', '0x5')
    const hash = await ask<Hash>('eth_sendTransaction', { ...stores, gas: '0x186a0' })
    const before = await ask<Prestate>('debug_traceTransaction', hash, { tracer: 'prestateTracer' })
    assert.deepEqual(before[WHALE]?.storage, { [wordToHash(1n)]: wordToHash(5n) })
  })

  test('is dumped and loaded', async () => {
    await ask('anvil_setCode', WHALE, BLOCK_FIELDS)
    await ask('anvil_setStorageAt', WHALE, '0x1', '0x7')
    await pay(ALICE, WHALE, 3n)
    const dump = await ask<Hex>('anvil_dumpState')
    await ask('anvil_reset')
    assert.equal(await balance(WHALE), 0n)
    assert.equal(await ask('anvil_loadState', dump), true)
    assert.equal(await balance(WHALE), 3n)
    assert.equal(await ask('eth_getCode', WHALE, 'latest'), BLOCK_FIELDS)
    assert.equal(BigInt(await ask<Hex>('eth_getStorageAt', WHALE, '0x1', 'latest')), 7n)
    assert.equal(await ask('anvil_dumpState'), dump)
    assert.match((await failure(ask('anvil_loadState', '0x1234'))).message, /no dump of a state/)
  })
})

interface Simulated {
  readonly calls: readonly { readonly status: Hex }[]
}

type Prestate = Readonly<Record<Address, { readonly storage?: Readonly<Record<Hash, Hash>> }>>

interface Proof {
  readonly balance: Hex
  readonly nonce: Hex
  readonly storageProof: readonly { readonly value: Hex }[]
}

describe('snapshots', () => {
  test('bring back state, blocks, pool, time and wishes', async () => {
    await pay(ALICE, WHALE, 1n)
    await ask('anvil_setBalance', CAROL, '0x64')
    await ask('evm_setAutomine', false)
    const waiting = await pay(ALICE, BOB, 1n)
    await ask('evm_setNextBlockTimestamp', 4_000_000_000)
    await ask('anvil_setCoinbase', CAROL)
    const before = { head: await latest(), dump: await ask('anvil_dumpState'), pool: await ask('txpool_content') }
    const snapshot = await ask<Hex>('evm_snapshot')
    await ask('anvil_setBalance', CAROL, '0x1')
    await ask('anvil_setCode', WHALE, BLOCK_FIELDS)
    await ask('evm_mine')
    await ask('anvil_setBalance', CAROL, '0x2')
    await pay(BOB, WHALE, 1n)
    await ask('anvil_setCoinbase', BOB)
    await ask('anvil_mine', 3)
    assert.equal(await ask('evm_revert', snapshot), true)
    assert.deepEqual(
      { head: await latest(), dump: await ask('anvil_dumpState'), pool: await ask('txpool_content') },
      before,
    )
    assert.equal(await receiptOf(waiting), null)
    await ask('evm_mine')
    const block = await latest()
    assert.equal(Number(block.timestamp), 4_000_000_000)
    assert.equal(block.miner, CAROL)
    assert.deepEqual(block.transactions, [waiting])
    assert.equal(await ask('evm_revert', snapshot), false)
  })

  test('die with an earlier one', async () => {
    const first = await ask<Hex>('evm_snapshot')
    await ask('anvil_setBalance', CAROL, '0x1')
    const second = await ask<Hex>('evm_snapshot')
    await ask('anvil_setBalance', CAROL, '0x2')
    const third = await ask<Hex>('evm_snapshot')
    assert.equal(await ask('evm_revert', second), true)
    assert.equal(await balance(CAROL), 1n)
    assert.equal(await ask('evm_revert', third), false)
    await ask('anvil_setBalance', CAROL, '0x3')
    assert.equal(await ask('evm_revert', first), true)
    assert.equal(await balance(CAROL), 10_000n * ETHER)
    assert.equal(await ask('evm_revert', '0xff'), false)
  })

  test('of blocks that were rolled back are lost', async () => {
    await ask('anvil_mine', 2)
    const snapshot = await ask<Hex>('evm_snapshot')
    await ask('anvil_rollback', 1)
    assert.equal(await ask('evm_revert', snapshot), false)
  })
})

describe('the chain', () => {
  test('is rolled back with what was changed on its blocks', async () => {
    await ask('anvil_setBalance', CAROL, '0x1')
    const hash = await pay(ALICE, WHALE, 1n)
    await ask('anvil_setBalance', CAROL, '0x2')
    await ask('anvil_mine', 2)
    await ask('anvil_setBalance', CAROL, '0x3')
    await ask('anvil_rollback', 2)
    assert.equal(await height(), 1)
    assert.equal(await balance(CAROL), 2n)
    await ask('anvil_rollback')
    assert.equal(await balance(CAROL), 1n)
    assert.equal(await balance(WHALE), 0n)
    assert.equal(await receiptOf(hash), null)
    assert.deepEqual(await ask('txpool_status'), { pending: '0x0', queued: '0x0' })
    assert.match((await failure(ask('anvil_rollback', 1))).message, /cannot be taken off/)
    await ask('anvil_reset')
    assert.equal(await balance(CAROL), 10_000n * ETHER)
  })

  test('is reorganised', async () => {
    await pay(ALICE, WHALE, 1n)
    await ask('anvil_mine', 3)
    const before = await latest()
    const raw = (await ask<{ raw: Hex }>('eth_signTransaction', { from: BOB, to: WHALE, value: '0x3', nonce: '0x0' }))
      .raw
    await ask('anvil_reorg', 4, [
      [{ from: CAROL, to: WHALE, value: '0x5' }, 1],
      [{ from: CAROL, to: WHALE, value: '0x7' }, 1],
      [raw, 3],
    ])
    const after = await latest()
    assert.equal(after.number, before.number)
    assert.notEqual(after.hash, before.hash)
    assert.equal(await balance(WHALE), 15n)
    const counts = await Promise.all([1, 2, 3, 4].map((n) => ask('eth_getBlockTransactionCountByNumber', number(n))))
    assert.deepEqual(counts, ['0x0', '0x2', '0x0', '0x1'])
    assert.match((await failure(ask('anvil_reorg', 1, [[raw, 1]]))).message, /has no block 1/)
    assert.match(
      (await failure(ask('anvil_reorg', 1, [[{ from: CAROL, to: WHALE, nonce: '0x9' }, 0]]))).message,
      /1 of/,
    )
  })

  test('of blocks made at once gets other ones in a reorg', async () => {
    await ask('anvil_mine', 5)
    const before = await latest()
    await ask('anvil_reorg', 5)
    const after = await latest()
    assert.equal(after.number, before.number)
    assert.notEqual(after.hash, before.hash)
  })
})

describe('the pool', () => {
  test('lets go of transactions', async () => {
    await ask('evm_setAutomine', false)
    const [first, second, third, fourth] = [
      await pay(ALICE, WHALE, 1n),
      await pay(ALICE, WHALE, 2n),
      await pay(BOB, WHALE, 3n),
      await pay(CAROL, WHALE, 4n),
    ]
    assert.equal(await ask('anvil_dropTransaction', second), second)
    assert.equal(await ask('anvil_dropTransaction', second), null)
    assert.equal(await ask('hardhat_dropTransaction', second), false)
    await ask('anvil_removePoolTransactions', BOB)
    await ask('evm_mine')
    assert.deepEqual([...(await latest()).transactions].sort(), [first, fourth].sort())
    assert.equal(await receiptOf(third), null)
    await pay(ALICE, WHALE, 1n)
    await ask('anvil_dropAllTransactions')
    await ask('evm_mine')
    assert.deepEqual((await latest()).transactions, [])
  })
})

describe('impersonation', () => {
  test('sends for accounts without their keys, in every type of transaction', async () => {
    assert.match((await failure(pay(WHALE, BOB, 1n))).message, /unknown account/)
    await ask('anvil_setBalance', WHALE, number(ETHER))
    await ask('anvil_impersonateAccount', WHALE)
    assert.ok((await ask<Address[]>('eth_accounts')).includes(WHALE))
    const accessList = [{ address: BOB, storageKeys: [] }]
    const sent = [
      await pay(WHALE, BOB, 1n, { gasPrice: '0x3b9aca00' }),
      await pay(WHALE, BOB, 1n, { gasPrice: '0x3b9aca00', accessList }),
      await pay(WHALE, BOB, 1n),
    ]
    for (const hash of sent) {
      assert.equal((await receiptOf(hash))?.from, WHALE)
      assert.equal((await ask<{ from: Address }>('eth_getTransactionByHash', hash)).from, WHALE)
    }
    const traced = await ask<{ type: string; from: Address }>('debug_traceTransaction', sent[2], {
      tracer: 'callTracer',
    })
    assert.equal(traced.from, WHALE)
    await ask('anvil_stopImpersonatingAccount', WHALE)
    assert.match((await failure(pay(WHALE, BOB, 1n))).message, /unknown account/)
  })

  test('works for contracts', async () => {
    await ask('anvil_setCode', WHALE, CALLER_STORED)
    await ask('anvil_setCode', CONTRACT, CALLER_STORED)
    await ask('anvil_setBalance', WHALE, number(ETHER))
    await ask('hardhat_impersonateAccount', WHALE)
    const hash = await ask<Hash>('eth_sendTransaction', { from: WHALE, to: CONTRACT })
    assert.equal((await receiptOf(hash))?.status, '0x1')
    assert.equal(BigInt(await ask<Hex>('eth_getStorageAt', CONTRACT, '0x0', 'latest')), BigInt(WHALE))
  })

  test('is had for all accounts at once, and without asking', async () => {
    await ask('anvil_setBalance', WHALE, number(ETHER))
    await ask('anvil_autoImpersonateAccount', true)
    await pay(WHALE, BOB, 1n)
    await ask('anvil_autoImpersonateAccount', false)
    assert.match((await failure(pay(WHALE, BOB, 1n))).message, /unknown account/)
    const hash = await ask<Hash>('eth_sendUnsignedTransaction', { from: WHALE, to: BOB, value: '0x1' })
    assert.equal((await receiptOf(hash))?.status, '0x1')
  })

  test('lets a waiting transaction be seen, and mined in a reorg', async () => {
    await ask('anvil_setBalance', WHALE, number(ETHER))
    await ask('anvil_impersonateAccount', WHALE)
    await ask('evm_setAutomine', false)
    const hash = await pay(WHALE, BOB, 1n)
    assert.equal((await ask<{ from: Address }>('eth_getTransactionByHash', hash)).from, WHALE)
    await ask('evm_mine')
    await ask('anvil_reorg', 1, [[{ from: WHALE, to: BOB, value: '0x2' }, 0]])
    assert.equal(await balance(BOB), 10_000n * ETHER + 2n)
  })
})

test('it says what it is', async () => {
  await ask('evm_mine')
  const id = await ask<Hex>('evm_snapshot')
  const { hash } = await latest()
  const info = await ask<{ currentBlockHash: Hash; hardFork: string }>('anvil_nodeInfo')
  assert.deepEqual([info.currentBlockHash, info.hardFork], [hash, 'osaka'])
  const about = await ask<{ instanceId: Hash; latestBlockNumber: number; snapshots: object }>('hardhat_metadata')
  assert.equal(about.latestBlockNumber, 1)
  assert.deepEqual(about.snapshots, { [id]: [1, hash] })
  await ask('anvil_reset')
  assert.notEqual((await ask<{ instanceId: Hash }>('anvil_metadata')).instanceId, about.instanceId)
  const modules = await ask<object>('rpc_modules')
  for (const namespace of ['anvil', 'evm', 'hardhat']) assert.ok(namespace in modules, namespace)
  assert.equal(await ask('anvil_enableTraces'), null)
  assert.equal(await ask('net_peerCount'), '0x0')
})

describe('clients', () => {
  test('viem drives it as it drives anvil', async () => {
    for (const mode of ['anvil', 'hardhat'] as const) {
      await ask('anvil_reset')
      const transport = http(node.url)
      const client = createTestClient({ chain: foundry, mode, transport }).extend(walletActions).extend(publicActions)
      const snapshot = await client.snapshot()
      await client.setBalance({ address: WHALE, value: parseEther('2') })
      await client.setNonce({ address: WHALE, nonce: 7 })
      await client.setCode({ address: CONTRACT, bytecode: CALLER_STORED })
      await client.setStorageAt({ address: CONTRACT, index: 3, value: padHex('0x9') })
      await client.impersonateAccount({ address: WHALE })
      const hash = await client.sendTransaction({ account: WHALE, to: CONTRACT, gas: 100_000n })
      const receipt = await client.waitForTransactionReceipt({ hash })
      assert.equal(receipt.status, 'success')
      assert.equal(await client.getTransactionCount({ address: WHALE }), 8)
      assert.equal(await client.getStorageAt({ address: CONTRACT, slot: '0x0' }), padHex(WHALE))
      await client.stopImpersonatingAccount({ address: WHALE })
      await client.setNextBlockBaseFeePerGas({ baseFeePerGas: parseGwei('20') })
      await client.setCoinbase({ address: BOB })
      await client.setBlockGasLimit({ gasLimit: 20_000_000n })
      const { timestamp } = await client.getBlock()
      await client.setNextBlockTimestamp({ timestamp: timestamp + 500n })
      await client.mine({ blocks: 1 })
      const block = await client.getBlock()
      assert.equal(block.baseFeePerGas, parseGwei('20'))
      assert.equal(block.gasLimit, 20_000_000n)
      assert.equal(block.timestamp, timestamp + 500n)
      assert.equal(block.miner, BOB)
      await client.increaseTime({ seconds: 100 })
      await client.mine({ blocks: 3, interval: 10 })
      await client.mine({ blocks: 3 })
      assert.equal((await client.getBlock()).number, 8n)
      await client.setAutomine(false)
      assert.equal(await client.getAutomine(), false)
      const account = privateKeyToAccount(ALICE_KEY)
      const wallet = createWalletClient({ account, chain: foundry, transport })
      const dropped = await wallet.sendTransaction({ to: BOB, value: 1n })
      await client.dropTransaction({ hash: dropped })
      assert.equal((await client.getTxpoolStatus()).pending, 0)
      await client.setAutomine(true)
      if (mode === 'anvil') await client.loadState({ state: await client.dumpState() })
      await client.setLoggingEnabled(false)
      await client.revert({ id: snapshot })
      assert.equal(await client.getBalance({ address: WHALE }), 0n)
      assert.equal(await client.getBlockNumber({ cacheTime: 0 }), 0n)
    }
  })

  test('ethers deploys, calls, and reads what an impersonated account sent', async () => {
    const provider = new JsonRpcProvider(node.url, undefined, { staticNetwork: true, cacheTimeout: -1 })
    const signer = await provider.getSigner(ALICE)
    const { Token } = compile('Token.sol') as unknown as { Token: { abi: InterfaceAbi; bytecode: string } }
    const token = await new ContractFactory(Token.abi, Token.bytecode, signer).deploy('Test', 'TST', 1_000n)
    const address = (await token.getAddress()) as Address
    const held = new Contract(address, Token.abi, signer)
    await (await held.getFunction('transfer')(WHALE, 100n)).wait()
    await provider.send('hardhat_impersonateAccount', [WHALE])
    await provider.send('hardhat_setBalance', [WHALE, number(ETHER)])
    const whale = await provider.getSigner(WHALE)
    const sent = await new Contract(address, Token.abi, whale).getFunction('transfer')(BOB, 60n)
    const receipt = await sent.wait()
    assert.equal(receipt.from.toLowerCase(), WHALE)
    assert.equal((await provider.getTransaction(sent.hash))?.from.toLowerCase(), WHALE)
    assert.equal((await provider.getBlock('latest', true))?.prefetchedTransactions[0]?.from.toLowerCase(), WHALE)
    assert.deepEqual(await Promise.all([WHALE, BOB].map((each) => held.getFunction('balanceOf')(each))), [40n, 60n])
    provider.destroy()
  })
})

describe('a node of its own', () => {
  test('keeps a chain with what was changed on it, and can still be rolled back', async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'pavm-dev-test-'))
    t.after(() => rmSync(directory, { recursive: true, force: true }))
    const flags = ['--data', directory, '--chain-id', '1337']
    let head: Block
    {
      await using first = await startDevNode(...flags)
      assert.equal(await first.request('eth_chainId'), '0x539')
      await first.request('anvil_setBalance', WHALE, '0x64')
      await first.request('evm_mine')
      await first.request('anvil_setStorageAt', WHALE, '0x1', '0x7')
      await first.request('anvil_impersonateAccount', WHALE)
      await first.request('anvil_setNextBlockBaseFeePerGas', '0x0')
      const free = { from: WHALE, to: BOB, value: '0x4', gasPrice: '0x0', gas: '0x5208' }
      await first.request('eth_sendTransaction', free)
      await first.request('anvil_setBalance', WHALE, '0x5')
      head = await first.request('eth_getBlockByNumber', 'latest', false)
      first.command.signal('SIGTERM')
      assert.equal((await first.command.ended()).code, 0)
    }
    await using second = await startDevNode('--data', directory)
    assert.deepEqual(await second.request('eth_getBlockByNumber', 'latest', false), head)
    assert.equal(await second.request('eth_getBalance', WHALE, 'latest'), '0x5')
    assert.equal(await second.request('eth_getBalance', WHALE, '0x1'), '0x64')
    await second.request('anvil_rollback')
    assert.equal(await second.request('eth_getBalance', WHALE, 'latest'), '0x64')
    assert.equal(BigInt(await second.request<Hex>('eth_getStorageAt', WHALE, '0x1', 'latest')), 7n)
    await second.request('anvil_reset')
    assert.equal(await second.request('eth_getBalance', WHALE, 'latest'), '0x0')
    second.command.signal('SIGINT')
    assert.equal((await second.command.ended()).code, 0)
    const { code, stderr } = await runCommand('dev', '--port', '0', '--data', directory, '--chain-id', '5')
    assert.equal(code, 1)
    assert.match(stderr, /has chain id 1337, not 5/)
  })

  test('begins in the mode that is asked for, and leaves nothing behind', async () => {
    await using manual = await startDevNode('--no-mining', '--quiet')
    assert.equal(await manual.request('anvil_getAutomine'), false)
    await manual.request('evm_setAutomine', true)
    await manual.request('anvil_reset')
    assert.equal(await manual.request('anvil_getAutomine'), false)
    const directories = ({ command }: DevNode) =>
      readdirSync(tmpdir()).filter((name) => name.startsWith(`pavm-dev-${command.pid}-`)).length
    assert.equal(directories(manual), 1)
    manual.command.signal('SIGTERM')
    assert.equal((await manual.command.ended()).code, 0)
    assert.equal(directories(manual), 0)
    assert.equal(manual.command.stdout.trim(), `Listening on ${manual.url}`)
    await using timed = await startDevNode('--block-time', '1')
    await eventually('a block', 10_000, async () => {
      return (await timed.request('eth_blockNumber')) === '0x0' ? undefined : true
    })
    timed.command.signal('SIGKILL')
    await timed.command.ended()
    assert.equal(directories(timed), 1)
    // The next one clears up behind it.
    await using next = await startDevNode()
    await eventually('its directory is gone', 10_000, async () => (directories(timed) === 0 ? true : undefined))
    assert.equal(directories(next), 1)
  })

  test('that others can reach refuses controls until they are asked for', async () => {
    await using open = await startDevNode('--host', '0.0.0.0')
    assert.match((await failure(open.request('anvil_setBalance', WHALE, '0x1'))).message, /other machines can reach/)
    const unsigned = serializeTransaction(
      { chainId: 31_337, to: BOB, value: 1n, gas: 21_000n, maxFeePerGas: 10n ** 10n, type: 'eip1559' },
      { r: padHex(ALICE), s: padHex('0x0'), yParity: 0 },
    )
    assert.match((await failure(open.request('eth_sendRawTransaction', unsigned))).message, /invalid sender/)
    const hash = await open.request<Hash>('eth_sendTransaction', { from: ALICE, to: BOB, value: '0x1' })
    assert.notEqual(await open.request('eth_getTransactionReceipt', hash), null)
    await using asked = await startDevNode('--host', '0.0.0.0', '--controls')
    assert.equal(await asked.request('anvil_setBalance', WHALE, '0x1'), null)
  })
})

test('a network refuses every control, and says why', { timeout: 120_000 }, async (t) => {
  const testnet = await startTestnet({ nodes: 1, miners: 1, blockTimeSeconds: 1 })
  t.after(() => testnet.close())
  const names = CONTROLS.flatMap(([each]) => each)
  assert.ok(names.length > 80)
  for (const name of names) {
    const { code, message } = await failure(rpc(testnet.url(0), name))
    assert.equal(code, -32004, name)
    assert.match(message, /agree on blocks by pow/, name)
  }
  const modules = await rpc<object>(testnet.url(0), 'rpc_modules')
  for (const namespace of ['anvil', 'evm', 'hardhat']) assert.ok(!(namespace in modules), namespace)
})
