import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  type Block,
  decodeBlock,
  decodeBody,
  encodeBlock,
  encodeBody,
  encodedLength,
  encodedTransactions,
} from './block.ts'
import { DecodeError } from './errors.ts'
import type { Header } from './header.ts'
import { ZERO_ADDRESS, ZERO_HASH } from './hex.ts'
import { EMPTY_OMMERS_HASH, EMPTY_TRIE_ROOT } from './keccak.ts'
import { asList, decodeRlp, encodeRlp, type RlpItem } from './rlp.ts'
import { encodeTransaction, signTransaction } from './transaction.ts'
import { decodeWithdrawal, encodeWithdrawal, type Withdrawal } from './withdrawal.ts'

const HEADER: Header = {
  parentHash: ZERO_HASH,
  ommersHash: EMPTY_OMMERS_HASH,
  coinbase: ZERO_ADDRESS,
  stateRoot: EMPTY_TRIE_ROOT,
  transactionsRoot: EMPTY_TRIE_ROOT,
  receiptsRoot: EMPTY_TRIE_ROOT,
  logsBloom: new Uint8Array(256),
  difficulty: 1n,
  number: 1n,
  gasLimit: 5_000n,
  gasUsed: 0n,
  timestamp: 0n,
  extraData: new Uint8Array(0),
  mixHash: ZERO_HASH,
  nonce: new Uint8Array(8),
}
const CANCUN: Header = {
  ...HEADER,
  baseFeePerGas: 7n,
  withdrawalsRoot: EMPTY_TRIE_ROOT,
  blobGasUsed: 0n,
  excessBlobGas: 0n,
  parentBeaconBlockRoot: ZERO_HASH,
}
const WITH_PLAN: Header = { ...CANCUN, blockAccessListHash: EMPTY_OMMERS_HASH, plan: Uint8Array.of(1, 0) }
const KEY = new Uint8Array(32).fill(1)
const CALL = { nonce: 0n, gasLimit: 21_000n, to: ZERO_ADDRESS, value: 1n, data: new Uint8Array(0) }
const LEGACY = signTransaction({ type: 0, gasPrice: 1n, ...CALL }, KEY)
const TYPED = signTransaction(
  { type: 2, chainId: 1n, maxFeePerGas: 2n, maxPriorityFeePerGas: 1n, accessList: [], ...CALL },
  KEY,
)
const WITHDRAWAL: Withdrawal = { index: 1n, validatorIndex: 2n, address: ZERO_ADDRESS, amountInGwei: 2n ** 64n - 1n }
const ACCESS_LIST = [
  {
    address: ZERO_ADDRESS,
    storageChanges: [],
    storageReads: [1n],
    balanceChanges: [{ index: 3, value: 1n }],
    nonceChanges: [],
    codeChanges: [],
  },
]

const BLOCKS: Record<string, Block> = {
  'without anything': { header: HEADER, transactions: [], ommers: [] },
  'with ommers': { header: HEADER, transactions: [LEGACY], ommers: [HEADER, HEADER] },
  'with withdrawals': { header: CANCUN, transactions: [LEGACY, TYPED], ommers: [], withdrawals: [WITHDRAWAL] },
  'with a plan': {
    header: WITH_PLAN,
    transactions: [TYPED, LEGACY],
    ommers: [],
    withdrawals: [],
    accessList: ACCESS_LIST,
  },
}

test('transactions are found in a body that is not decoded', () => {
  for (const [name, block] of Object.entries(BLOCKS)) {
    const found = encodedTransactions(encodeBody(block)).map((bytes) => bytes.slice())
    assert.deepEqual(found, block.transactions.map(encodeTransaction), name)
  }
  const body = encodeBody(BLOCKS['with a plan']!)
  for (const damaged of [body.slice(0, 50), body.slice(1), new Uint8Array(0)]) {
    assert.throws(() => encodedTransactions(damaged), DecodeError)
  }
})

for (const [name, block] of Object.entries(BLOCKS)) {
  test(`there and back: a block ${name}`, () => {
    assert.deepEqual(decodeBlock(encodeBlock(block)), block)
    const { header: _, ...body } = block
    assert.deepEqual(decodeBody(encodeBody(block)), body)
  })
}

test('the length of a block is known without its bytes', () => {
  for (const [name, block] of Object.entries(BLOCKS))
    assert.equal(encodedLength(block), encodeBlock(block).length, name)
  // Around the lengths at which prefixes get longer.
  for (const bytes of [0, 1, 55, 56, 100, 144, 256, 300, 65_400, 65_536, 70_000]) {
    const data = new Uint8Array(bytes)
    const transactions = [
      signTransaction({ type: 0, gasPrice: 1n, ...CALL, data }, KEY),
      signTransaction({ type: 1, chainId: 1n, gasPrice: 1n, accessList: [], ...CALL, data }, KEY),
    ]
    const block = { ...BLOCKS['without anything']!, transactions }
    assert.equal(encodedLength(block), encodeBlock(block).length, `${bytes} bytes`)
  }
})

describe('what is no block', () => {
  const items = (block: Block): RlpItem[] => asList(decodeRlp(encodeBlock(block)), 'block')
  const plain = BLOCKS['with withdrawals']!
  const planned = BLOCKS['with a plan']!
  const cases: [string, RlpItem][] = [
    ['no list', new Uint8Array(0)],
    ['an empty list', []],
    ['a header alone', items(plain).slice(0, 1)],
    ['too many parts', [...items(planned), []]],
    ['withdrawals that the header does not speak of', [...items(BLOCKS['without anything']!), []]],
    ['no withdrawals though the header speaks of them', items(plain).slice(0, 3)],
    ['no access list though the header speaks of it', items(planned).slice(0, 4)],
    ['an access list that the header does not speak of', [...items(plain), []]],
    ['three ommers', items(plain).with(2, Array(3).fill(items(plain)[0]))],
    ['a transaction that is a number', items(plain).with(1, [Uint8Array.of(1)])],
    ['an access list for more transactions than there are', items(planned).with(1, [])],
  ]
  for (const [name, item] of cases) {
    test(name, () => assert.throws(() => decodeBlock(encodeRlp(item)), DecodeError))
  }
})

test('how many parts there are is said', () => {
  const parts = asList(decodeRlp(encodeBlock(BLOCKS['with a plan']!)), 'block')
  const ofParts = (count: number) => () => decodeBlock(encodeRlp([...parts, [], []].slice(0, count)))
  assert.throws(ofParts(0), /block: no header/)
  for (const count of [1, 2, 6, 7]) {
    const message = `block body: no hardfork has ${count - 1} items`
    assert.throws(ofParts(count), { message, details: { problem: 'count', field: 'block body', actual: count - 1 } })
  }
})

test('nothing of a block is a window on its message', () => {
  const message = encodeBlock(BLOCKS['with a plan']!)
  const decoded = decodeBlock(message)
  message.fill(0)
  assert.deepEqual(decoded, BLOCKS['with a plan'])
  assert.deepEqual(encodeBlock(decoded), encodeBlock(BLOCKS['with a plan']!))
})

test('withdrawals', () => {
  assert.deepEqual(decodeWithdrawal(encodeWithdrawal(WITHDRAWAL)), WITHDRAWAL)
  assert.throws(() => decodeWithdrawal(encodeRlp([])), /withdrawal/)
})
