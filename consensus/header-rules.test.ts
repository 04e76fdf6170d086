import assert from 'node:assert/strict'
import { test } from 'node:test'
import { developmentGenesis, type Genesis, parseGenesis } from '../config/genesis.ts'
import { nextBaseFee } from '../execution/block/base-fee.ts'
import type { BlockErrorCode } from '../execution/block/block-error.ts'
import { type Header, headerHash } from '../primitives/header.ts'
import { ZERO_HASH } from '../primitives/hex.ts'
import { createEngine } from './create-engine.ts'
import type { Engine } from './engine.ts'
import { checkClock, verifyHeader } from './header-rules.ts'
import { InstantEngine } from './instant.ts'
import { PowEngine } from './pow.ts'

function firstHeader(genesis: Genesis): Header {
  const { config: _config, alloc: _alloc, ...fields } = genesis
  return { ...fields, stateRoot: ZERO_HASH }
}

/** A header that follows from its parent in everything; what the body determines is as in an empty block. */
function childOf(parent: Header, engine: Engine, changes: Partial<Header> = {}): Header {
  const place = {
    parentHash: headerHash(parent),
    number: parent.number + 1n,
    timestamp: engine.earliestTimestamp(parent),
  }
  return {
    ...parent,
    ...place,
    gasUsed: 0n,
    baseFeePerGas: nextBaseFee(parent),
    ...engine.prepare(place, parent),
    ...changes,
  }
}

const genesis = developmentGenesis({ engine: 'instant', timestamp: 1_000n })
const { config } = genesis
const engine = createEngine({ config })
const parent = firstHeader(genesis)
const valid = childOf(parent, engine)

const verify = (header: Header, before = parent) => verifyHeader(header, before, { config, engine })

test('a header that follows from its parent is valid', () => {
  verify(valid)
})

const GAS = parent.gasLimit
const BLOB = 131_072n

const FALSIFIED: readonly (readonly [label: string, changes: Partial<Header>, code: BlockErrorCode])[] = [
  ['number', { number: 2n }, 'wrong-number'],
  ['number of the parent', { number: 0n }, 'wrong-number'],
  ['timestamp of the parent', { timestamp: parent.timestamp }, 'timestamp-too-early'],
  ['gas limit too high', { gasLimit: GAS + GAS / 1024n }, 'gas-limit-out-of-bounds'],
  ['gas limit too low', { gasLimit: GAS - GAS / 1024n }, 'gas-limit-out-of-bounds'],
  ['gas used', { gasUsed: GAS + 1n }, 'gas-used-above-limit'],
  ['extra data', { extraData: new Uint8Array(33) }, 'extra-data-too-long'],
  ['base fee', { baseFeePerGas: valid.baseFeePerGas! + 1n }, 'wrong-base-fee'],
  ['no base fee', { baseFeePerGas: undefined }, 'field-missing'],
  ['no withdrawals', { withdrawalsRoot: undefined }, 'field-missing'],
  ['no blob gas used', { blobGasUsed: undefined }, 'field-missing'],
  ['no excess blob gas', { excessBlobGas: undefined }, 'field-missing'],
  ['no beacon root', { parentBeaconBlockRoot: undefined }, 'field-missing'],
  ['no requests', { requestsHash: undefined }, 'field-missing'],
  ['no list', { blockAccessListHash: undefined }, 'field-missing'],
  ['no plan', { plan: undefined }, 'field-missing'],
  ['excess blob gas', { excessBlobGas: 1n }, 'wrong-excess-blob-gas'],
  ['part of a blob', { blobGasUsed: 1n }, 'blob-gas-out-of-bounds'],
  ['too many blobs', { blobGasUsed: 10n * BLOB }, 'blob-gas-out-of-bounds'],
  ['ommers', { ommersHash: ZERO_HASH }, 'wrong-ommers-hash'],
  ['difficulty', { difficulty: 1n }, 'wrong-difficulty'],
  ['nonce', { nonce: new Uint8Array(8).fill(1) }, 'wrong-nonce'],
  ['mixHash', { mixHash: ZERO_HASH }, 'wrong-mix-hash'],
]

for (const [label, changes, code] of FALSIFIED) {
  test(`falsified: ${label}`, () => assert.throws(() => verify({ ...valid, ...changes }), { code }))
}

test('limits themselves are allowed', () => {
  verify({ ...valid, gasLimit: GAS + GAS / 1024n - 1n })
  verify({ ...valid, gasLimit: GAS - GAS / 1024n + 1n })
  verify({ ...valid, gasUsed: GAS, extraData: new Uint8Array(32), blobGasUsed: 9n * BLOB })
})

test('with the plan off its fields are forbidden', () => {
  const plain = { ...config, pavm: { ...config.pavm, plan: false } }
  const check = (header: Header) => verifyHeader(header, parent, { config: plain, engine })
  assert.throws(() => check(valid), { code: 'field-forbidden' })
  assert.throws(() => check({ ...valid, blockAccessListHash: undefined }), { code: 'field-forbidden' })
  check({ ...valid, blockAccessListHash: undefined, plan: undefined })
})

test('a block from more than 15 s ahead is refused for now, where time is the clock’s', () => {
  const header = { ...valid, timestamp: 1_016n }
  assert.throws(() => checkClock(header, 1_000_999, { followsClock: true }), { code: 'future-block' })
  checkClock(header, 1_001_000, { followsClock: true })
  checkClock(header, 0, { followsClock: false })
})

test('pow: no block before its slot', () => {
  const pow = new PowEngine({ periodSeconds: 2, minimumDifficulty: 1n, seed: ZERO_HASH, hashesPerSecond: 1 })
  const early = { ...childOf(parent, pow), timestamp: parent.timestamp + 1n }
  assert.throws(() => verifyHeader(early, parent, { config, engine: pow }), { code: 'timestamp-too-early' })
})

test('instant with a period keeps it', () => {
  assert.equal(new InstantEngine({ periodSeconds: 5 }).earliestTimestamp(parent), parent.timestamp + 5n)
})

/** Ethereum: London at 2, DAO fork at 1, Merge at 4, Shanghai by time. */
const ethereum = parseGenesis({
  config: {
    chainId: 1,
    homesteadBlock: 0,
    daoForkBlock: 1,
    daoForkSupport: true,
    eip150Block: 1,
    eip155Block: 1,
    eip158Block: 1,
    byzantiumBlock: 1,
    constantinopleBlock: 1,
    petersburgBlock: 1,
    istanbulBlock: 1,
    berlinBlock: 1,
    londonBlock: 2,
    mergeNetsplitBlock: 4,
    shanghaiTime: 10_000,
    terminalTotalDifficulty: 500_000,
  },
  difficulty: 131_072,
  gasLimit: 10_000_000,
  alloc: {},
})
const ethereumEngine = createEngine({ config: ethereum.config })
const DAO = new TextEncoder().encode('dao-hard-fork')

const verifyEthereum = (header: Header, before: Header) =>
  verifyHeader(header, before, { config: ethereum.config, engine: ethereumEngine })

test('Ethereum before the Merge: difficulty, DAO fork, London’s gas limit and base fee', () => {
  const block0 = firstHeader(ethereum)
  const after = (before: Header, changes: Partial<Header>): Header => ({
    ...before,
    parentHash: headerHash(before),
    number: before.number + 1n,
    timestamp: before.timestamp + 20n,
    extraData: DAO,
    ...changes,
  })
  const block1 = after(block0, {})
  verifyEthereum(block1, block0)
  assert.throws(() => verifyEthereum({ ...block1, extraData: new Uint8Array(0) }, block0), { code: 'wrong-extra-data' })
  assert.throws(() => verifyEthereum({ ...block1, difficulty: 131_073n }, block0), { code: 'wrong-difficulty' })
  assert.throws(() => verifyEthereum({ ...block1, baseFeePerGas: 7n }, block0), { code: 'field-forbidden' })

  const block2 = after(block1, { gasLimit: 20_000_000n, baseFeePerGas: 1_000_000_000n })
  verifyEthereum(block2, block1)
  assert.throws(() => verifyEthereum({ ...block2, gasLimit: 10_000_000n }, block1), { code: 'gas-limit-out-of-bounds' })

  const block3 = after(block2, { baseFeePerGas: 875_000_000n })
  const block4 = after(block3, { baseFeePerGas: nextBaseFee(block3), difficulty: 0n })
  verifyEthereum(block4, block3)
  assert.throws(() => verifyEthereum({ ...block4, difficulty: 131_072n }, block3), { code: 'wrong-difficulty' })
  assert.throws(() => verifyEthereum({ ...block4, nonce: new Uint8Array(8).fill(1) }, block3), { code: 'wrong-nonce' })
  assert.throws(() => verifyEthereum({ ...block4, withdrawalsRoot: ZERO_HASH }, block3), { code: 'field-forbidden' })
})

test('the user of a chain chooses base fee, gas limit and randomness, and nothing else', () => {
  const controlled = developmentGenesis({ engine: 'instant', timestamp: 1_000n, controls: true })
  const context = { config: controlled.config, engine: createEngine(controlled) }
  const first = firstHeader(controlled)
  const ofChild = (changes: Partial<Header>) => childOf(first, createEngine(controlled), changes)
  const chosen = { baseFeePerGas: 7n, gasLimit: 9n, mixHash: ZERO_HASH }
  verifyHeader(ofChild(chosen), first, context)
  for (const [field, value] of Object.entries(chosen)) {
    assert.throws(() => verify({ ...valid, [field]: value }), `${field} is chosen on another chain`)
  }
  const others: readonly (readonly [Partial<Header>, BlockErrorCode])[] = [
    [{ gasUsed: GAS + 1n }, 'gas-used-above-limit'],
    [{ timestamp: first.timestamp }, 'timestamp-too-early'],
    [{ difficulty: 1n }, 'wrong-difficulty'],
  ]
  for (const [changes, code] of others) {
    assert.throws(() => verifyHeader(ofChild(changes), first, context), { code })
  }
})
