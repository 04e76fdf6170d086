import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Hardfork } from '../../config/hardforks.ts'
import {
  BEACON_ROOTS_ADDRESS,
  CONSOLIDATION_REQUESTS_ADDRESS,
  HISTORY_STORAGE_ADDRESS,
  SYSTEM_CONTRACTS,
  WITHDRAWAL_REQUESTS_ADDRESS,
} from '../../config/system-contracts.ts'
import { concatBytes } from '../../primitives/bytes.ts'
import { type Address, type Hash, hexToBytes, wordToAddress, wordToHash } from '../../primitives/hex.ts'
import { BlockError } from '../block/block-error.ts'
import type { BlockEnvironment } from '../block/environment.ts'
import { assemble } from '../evm/fixtures/assembler.ts'
import { CALLER, COINBASE, OTHER, testEnvironment } from '../evm/fixtures/run-code.ts'
import { type MemoryAccount, MemoryView } from '../state/memory-view.ts'
import { WorldState } from '../state/world-state.ts'
import { runAfterBlock, runBeforeBlock } from './system-calls.ts'

const ROOT: Hash = wordToHash(0xbeac04n)
const PARENT: Hash = wordToHash(0x9a4e47n)

type Accounts = Iterable<readonly [Address, MemoryAccount]>

function systemAccounts(): (readonly [Address, MemoryAccount])[] {
  return [...SYSTEM_CONTRACTS].map(([address, code]) => [address, { nonce: 1n, code }])
}

function stateOf(environment: BlockEnvironment, accounts: Accounts): WorldState {
  return new WorldState({ rules: environment.rules, record: true }, { view: new MemoryView(accounts) })
}

function environmentOf(hardfork: Hardfork): BlockEnvironment {
  return testEnvironment(hardfork, { parentBeaconBlockRoot: ROOT })
}

function before(hardfork: Hardfork, accounts: Accounts = systemAccounts(), isDaoForkBlock = false) {
  const environment = environmentOf(hardfork)
  return runBeforeBlock(environment, PARENT, stateOf(environment, accounts), { isDaoForkBlock })
}

test('the beacon root is stored beside its timestamp from Cancun on (EIP-4788)', () => {
  assert.equal(before('shanghai').writes.size, 0)
  const { writes, reads } = before('cancun')
  const position = 12_345n % 8_191n
  assert.deepEqual(
    writes.get(BEACON_ROOTS_ADDRESS)?.slots,
    new Map([
      [position, 12_345n],
      [position + 8_191n, BigInt(ROOT)],
    ]),
  )
  // Neither the caller nor the coinbase is met.
  assert.deepEqual([...reads.keys()], [BEACON_ROOTS_ADDRESS])
})

test("the parent's hash is stored from Prague on (EIP-2935)", () => {
  assert.equal(before('cancun').writes.has(HISTORY_STORAGE_ADDRESS), false)
  const slots = before('prague').writes.get(HISTORY_STORAGE_ADDRESS)?.slots
  assert.deepEqual(slots, new Map([[999n, BigInt(PARENT)]]))
})

test('without the contracts nothing happens before the block', () => {
  assert.equal(before('osaka', []).writes.size, 0)
})

test("the DAO's ether moves in the fork's first block only (EIP-779)", () => {
  const dao: Address = '0xbb9bc244d798123fde783fcc1c72d3bb8c189413'
  const recovery: Address = '0xbf4ed7b27f1d666546e30d74d50d173d20bca754'
  const accounts: Accounts = [[dao, { balance: 5n }]]
  assert.equal(before('daoFork', accounts).writes.size, 0)
  const { writes, credits } = before('daoFork', accounts, true)
  assert.equal(writes.get(dao)?.balance, 0n)
  assert.equal(credits.get(recovery), 5n)
})

test('withdrawals are credited in gwei, without a look (EIP-4895)', () => {
  const environment = environmentOf('cancun')
  const withdrawal = { index: 0n, validatorIndex: 0n, address: OTHER, amountInGwei: 3n }
  const { credits, reads } = runAfterBlock(environment, [withdrawal, withdrawal], [], stateOf(environment, []))
  assert.equal(credits.get(OTHER), 6_000_000_000n)
  assert.equal(reads.get(OTHER)?.balance, false)
  assert.equal(reads.has(COINBASE), false)
})

test('rewards are paid for the block and its ommers until the Merge', () => {
  const ommers = [
    { number: 999n, coinbase: OTHER },
    { number: 994n, coinbase: CALLER },
  ]
  const rewards = (hardfork: Hardfork) => {
    const environment = environmentOf(hardfork)
    const { credits } = runAfterBlock(environment, [], ommers, stateOf(environment, []))
    return [COINBASE, OTHER, CALLER].map((address) => credits.get(address))
  }
  const ether = 10n ** 18n
  assert.deepEqual(rewards('frontier'), [5n * ether + (10n * ether) / 32n, (35n * ether) / 8n, (10n * ether) / 8n])
  assert.deepEqual(rewards('london'), [2n * ether + (4n * ether) / 32n, (14n * ether) / 8n, (4n * ether) / 8n])
  assert.deepEqual(rewards('paris'), [undefined, undefined, undefined])
})

test('queued requests are taken out of their contracts (EIP-7002, EIP-7251)', () => {
  const environment = environmentOf('prague')
  const source = wordToAddress(0x50n)
  const key = new Uint8Array(48).fill(7)
  // One request in the queue: count 1, head 0, tail 1, then source and the pieces of key and amount.
  const word = (bytes: Uint8Array) => BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
  const storage = new Map([
    [1n, 1n],
    [3n, 1n],
    [4n, BigInt(source)],
    [5n, word(key.subarray(0, 32))],
    [6n, word(concatBytes(key.subarray(32), new Uint8Array(7), Uint8Array.of(9), new Uint8Array(8)))],
  ])
  const accounts = systemAccounts().map(
    ([address, account]) =>
      [address, address === WITHDRAWAL_REQUESTS_ADDRESS ? { ...account, storage } : account] as const,
  )
  const { requests, reads } = runAfterBlock(environment, [], [], stateOf(environment, accounts))
  const amount = hexToBytes('0x0900000000000000')
  assert.deepEqual(requests, [concatBytes(Uint8Array.of(1), hexToBytes(source), key, amount)])
  assert.deepEqual([...reads.keys()].sort(), [WITHDRAWAL_REQUESTS_ADDRESS, CONSOLIDATION_REQUESTS_ADDRESS].sort())
})

test('a request contract that is missing or fails makes the block invalid', () => {
  const environment = environmentOf('prague')
  const failing: Accounts = systemAccounts().map(
    ([address, account]) =>
      [address, address === CONSOLIDATION_REQUESTS_ADDRESS ? { code: assemble('INVALID') } : account] as const,
  )
  for (const accounts of [[], failing]) {
    assert.throws(
      () => runAfterBlock(environment, [], [], stateOf(environment, accounts)),
      (error) => error instanceof BlockError && error.code === 'system-call-failed',
    )
  }
  assert.deepEqual(runAfterBlock(environmentOf('cancun'), [], [], stateOf(environment, [])).requests, [])
})
