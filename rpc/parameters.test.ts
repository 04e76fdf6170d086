import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { z } from 'zod'
import {
  address,
  blockNumberOrTag,
  blockOrLatest,
  blockParameter,
  count,
  data,
  hash,
  logQuery,
  stateOverrides,
  storageKey,
  transactionRequest,
  uint64,
  uint256,
} from './parameters.ts'

const A = '0x00000000000000000000000000000000000000aa'
const H = `0x${'ab'.repeat(32)}`

function accepts(schema: z.ZodType, cases: readonly (readonly [unknown, unknown])[]): void {
  for (const [input, expected] of cases) assert.deepEqual(schema.parse(input), expected, JSON.stringify(input))
}

function refuses(schema: z.ZodType, inputs: readonly unknown[]): void {
  for (const input of inputs) {
    const parsed = schema.safeParse(input)
    assert.equal(parsed.success, false, `accepted ${JSON.stringify(input)?.slice(0, 100)}`)
    assert.ok((parsed.error?.issues[0]?.message ?? '') !== '', JSON.stringify(input))
  }
}

const WRONG_TYPES = [
  undefined,
  null,
  1,
  true,
  {},
  [],
  ['0x1'],
  '',
  '1',
  'latest?',
  '0xg',
  '0X1',
  ' 0x1',
  '0x1 ',
  '-0x1',
]

describe('base types of execution-apis', () => {
  test('quantities', () => {
    accepts(uint64, [
      ['0x0', 0n],
      ['0xFf', 255n],
      ['0xffffffffffffffff', 2n ** 64n - 1n],
    ])
    refuses(uint64, [...WRONG_TYPES, '0x', '0x00', '0x01', '0x10000000000000000', `0x${'f'.repeat(100_000)}`])
    accepts(uint256, [[`0x${'f'.repeat(64)}`, 2n ** 256n - 1n]])
    refuses(uint256, [`0x1${'0'.repeat(64)}`])
  })

  test('addresses, hashes, data and storage keys', () => {
    accepts(address, [[A.toUpperCase().replace('0X', '0x'), A]])
    refuses(address, [...WRONG_TYPES, '0x', A.slice(0, -1), `${A}0`])
    refuses(hash, [...WRONG_TYPES, A, `${H}00`])
    accepts(data, [
      ['0x', new Uint8Array(0)],
      ['0x00fF', Uint8Array.of(0, 255)],
    ])
    refuses(data, [undefined, null, 1, '', '0x1', '0xzz', 'ff'])
    accepts(storageKey, [
      ['0x0', 0n],
      ['0x00', 0n],
      ['0x', 0n],
      [H, BigInt(H)],
    ])
    refuses(storageKey, ['0xasdf', `0x${'0'.repeat(65)}`, 1, null])
  })

  test('counts', () => {
    accepts(count, [
      ['0x5', 5],
      [5, 5],
    ])
    refuses(count, [-1, 1.5, Number.NaN, 2 ** 60, '0x100000000', '5', null])
  })
})

test('blocks (EIP-1898)', () => {
  accepts(blockParameter, [
    ['latest', { tag: 'latest' }],
    ['finalized', { tag: 'finalized' }],
    ['0x10', { number: 16n }],
    [H, { hash: H, requireCanonical: false }],
    [{ blockHash: H }, { hash: H, requireCanonical: false }],
    [
      { blockHash: H, requireCanonical: true },
      { hash: H, requireCanonical: true },
    ],
    [{ blockNumber: '0x1' }, { number: 1n }],
    [{ blockNumber: 'safe' }, { tag: 'safe' }],
  ])
  refuses(blockParameter, [
    ...WRONG_TYPES,
    'LATEST',
    '0x01',
    { blockHash: H, blockNumber: '0x1' },
    { blockHash: '0x1' },
    { blockHash: H, requireCanonical: 'yes' },
    `0x${'g'.repeat(64)}`,
  ])
  refuses(blockNumberOrTag, [H, { blockNumber: '0x1' }])
  accepts(blockOrLatest, [
    [undefined, { tag: 'latest' }],
    [null, { tag: 'latest' }],
  ])
})

test('transactions', () => {
  const parsed = transactionRequest.parse({ from: A, gas: '0x5208', input: '0x01', data: '0x01', nonce: null, foo: 1 })
  assert.equal(parsed.from, A)
  assert.equal(parsed.gasLimit, 21_000n)
  assert.deepEqual(parsed.data, Uint8Array.of(1))
  assert.equal(parsed.nonce, undefined)
  assert.equal(parsed.hasFrom, true)
  assert.equal(transactionRequest.parse({}).hasFrom, false)
  assert.deepEqual(
    [{ type: 2 }, { type: '0x2' }].map((each) => transactionRequest.parse(each).type),
    [2, 2],
  )
  assert.deepEqual(
    transactionRequest.parse({ accessList: [{ address: A, storageKeys: [H] }, { address: A }] }).accessList,
    [
      { address: A, slots: [BigInt(H)] },
      { address: A, slots: [] },
    ],
  )
  refuses(transactionRequest, [
    null,
    'x',
    { from: 'me' },
    { data: '0x01', input: '0x02' },
    { gasPrice: '0x1', maxFeePerGas: '0x1' },
    { maxFeePerGas: '0x1', maxPriorityFeePerGas: '0x2' },
    { accessList: [{}] },
    { accessList: Array(10_001).fill({ address: A }) },
    { value: `0x${'f'.repeat(65)}` },
  ])
})

test('state overrides', () => {
  const parsed = stateOverrides.parse({ [A]: { balance: '0x1', code: '0x00', stateDiff: { [H]: '0x2' } } })
  assert.deepEqual(parsed.get(A as `0x${string}`)?.stateDiff, new Map([[BigInt(H), 2n]]))
  refuses(stateOverrides, [
    { '0x1': {} },
    { [A]: { state: {}, stateDiff: {} } },
    { [A]: { nonce: '0x10000000000000000' } },
    { [A]: { state: { [`${H}00`]: '0x1' } } },
    { [A]: 1 },
    [],
  ])
})

test('log queries', () => {
  accepts(logQuery, [
    [{}, { addresses: [], topics: [] }],
    [
      { address: A, topics: null },
      { addresses: [A], topics: [] },
    ],
    [
      { address: [A, A], topics: [null, H, [H, H], []] },
      { addresses: [A, A], topics: [[], [H], [H, H], []] },
    ],
    [
      { fromBlock: 'earliest', toBlock: '0x5' },
      { addresses: [], topics: [], fromBlock: { tag: 'earliest' }, toBlock: { number: 5n } },
    ],
  ])
  refuses(logQuery, [
    { topics: [H, H, H, H, H] },
    { topics: H },
    { topics: [['0x1']] },
    { address: Array(1_001).fill(A) },
    { blockHash: H, fromBlock: '0x1' },
    { blockHash: H, toBlock: 'latest' },
    null,
  ])
})
