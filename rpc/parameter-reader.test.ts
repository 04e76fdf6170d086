import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { z } from 'zod'
import { Random, seedFromEnvironment } from '../test/support/random.ts'
import { Refusal, readerOf } from './parameter-reader.ts'
import * as parameters from './parameters.ts'

const seed = seedFromEnvironment()
const random = new Random(seed)

const ADDRESS = '0x00000000000000000000000000000000000000aA'
const HASH = `0x${'ab'.repeat(32)}`

/** What clients send, and what they should not. */
const VALUES: readonly unknown[] = [
  ...[undefined, null, true, 0, 7, -1, 1.5, '', '0x', '0x0', '0x00', '0x01', '0x7', '0xff', 'ff', '0xzz', '0x123'],
  ...['latest', 'pending', 'earliest', 'safe', 'finalized', 'LATEST', ADDRESS, `${ADDRESS}00`, HASH, `${HASH}0`],
  ...[`0x${'f'.repeat(16)}`, `0x1${'0'.repeat(16)}`, `0x${'f'.repeat(64)}`, `0x1${'0'.repeat(64)}`],
  ...[[], {}, [ADDRESS], { blockHash: HASH }, { blockNumber: '0x1' }, { blockHash: HASH, blockNumber: '0x1' }],
  ...[
    { blockHash: HASH, requireCanonical: true },
    { blockHash: HASH, requireCanonical: 1 },
  ],
  [{ address: ADDRESS, storageKeys: ['0x1', HASH] }],
  [{ address: ADDRESS }],
  [{ storageKeys: [] }],
]

const MEMBERS = [
  ...['from', 'to', 'gas', 'gasPrice', 'maxFeePerGas', 'maxPriorityFeePerGas', 'maxFeePerBlobGas', 'value', 'data'],
  ...['input', 'nonce', 'accessList', 'blobVersionedHashes', 'authorizationList', 'chainId', 'type', 'other'],
]

/** Members that go together more often than by chance. */
function randomRequest(): unknown {
  const names = MEMBERS.filter(() => random.chance(0.2))
  return Object.fromEntries(
    names.map((name) => {
      if (random.chance(0.2)) return [name, random.pick(VALUES)]
      if (name === 'from' || name === 'to') return [name, ADDRESS]
      if (name === 'accessList') return [name, [{ address: ADDRESS, storageKeys: ['0x1'] }]]
      if (name.endsWith('s') || name.endsWith('List')) return [name, []]
      return [name, random.pick(['0x0', '0x10', '0x20'])]
    }),
  )
}

function outcomeOf(read: () => unknown): unknown {
  try {
    return { value: read() }
  } catch (error) {
    assert.ok(error instanceof Refusal)
    return { message: error.message, path: error.path }
  }
}

function bySchema(schema: z.ZodType, value: unknown): unknown {
  const { success, data, error } = schema.safeParse(value)
  return success ? { value: data } : { message: error.issues[0]?.message, path: error.issues[0]?.path }
}

function withoutAbsent(outcome: unknown): unknown {
  const { value, ...rest } = outcome as { readonly value?: object }
  return { ...rest, members: Object.entries(value ?? {}).filter(([, member]) => member !== undefined) }
}

test(`every schema of parameters is read as it says itself (seed ${seed})`, () => {
  const { uint64, uint256, address, hash, data, storageKey, namedStorageKey, count } = parameters
  const { blockNumberOrTag, blockParameter, blockOrLatest, transactionRequest, logQuery, optional } = parameters
  const schemas: Readonly<Record<string, z.ZodType>> = {
    ...{ uint64, uint256, address, hash, data, storageKey, namedStorageKey, count },
    ...{ blockNumberOrTag, blockParameter, blockOrLatest, transactionRequest, logQuery },
    ...{ optionalHash: optional(hash), optionalBlock: optional(blockParameter) },
  }
  const accepted = new Set<string>()
  for (const [name, schema] of Object.entries(schemas)) {
    const read = readerOf(schema)
    for (const value of VALUES) {
      const outcome = outcomeOf(() => read(value))
      assert.deepEqual(outcome, bySchema(schema, value), `${name} of ${JSON.stringify(value)}`)
      if (Object.hasOwn(outcome as object, 'value')) accepted.add(name)
    }
  }
  assert.deepEqual([...accepted], Object.keys(schemas))
})

test(`transaction requests are read as their schema says (seed ${seed})`, () => {
  const read = readerOf(parameters.transactionRequest)
  let accepted = 0
  for (let run = 0; run < 5_000; run++) {
    const request = randomRequest()
    const outcome = outcomeOf(() => read(request))
    // Zod writes `undefined` for some members that are absent.
    const expected = withoutAbsent(bySchema(parameters.transactionRequest, request))
    assert.deepEqual(withoutAbsent(outcome), expected, JSON.stringify(request))
    if (Object.hasOwn(outcome as object, 'value')) accepted += 1
  }
  assert.ok(accepted > 500 && accepted < 4_500, `${accepted} accepted`)
})
