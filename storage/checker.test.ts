import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hashToBytes, ZERO_HASH } from '../primitives/hex.ts'
import { keccak256Hex } from '../primitives/keccak.ts'
import { transactionHash } from '../primitives/transaction.ts'
import { Batch } from './batch.ts'
import { checkDatabase } from './checker.ts'
import { account, address, childOfHead, diffOf, type TestStorage, temporaryStorage } from './fixtures/test-storage.ts'
import { encodeFlatAccount } from './flat-account.ts'
import { readFlatAccount } from './flat-state.ts'
import { accountKey, bucketKey, hashKey, numberKey, slotKey, trieNodeKey } from './keys.ts'

const CODE = Uint8Array.of(0x60, 0x00)
const [A, B] = [address(1), address(2)]

/** A chain of three blocks with two accounts, one of which has slots and code. */
async function storageWithState(t: Parameters<typeof temporaryStorage>[0]): Promise<TestStorage> {
  const storage = await temporaryStorage(t)
  const slots = new Map(Array.from({ length: 30 }, (_, slot) => [BigInt(slot), BigInt(slot + 1)] as const))
  const contract = { account: { to: account(1n, 1n, keccak256Hex(CODE)) }, slots }
  await storage.committer.commitBlock(childOfHead(storage, diffOf({ [A]: contract }, CODE)))
  await storage.committer.commitBlock(childOfHead(storage, diffOf({ [B]: { account: { to: account(0n, 2n) } } })))
  await storage.committer.commitBlock(childOfHead(storage, diffOf({}), { transactionCount: 2 }))
  return storage
}

type Damage = (batch: Batch, storage: TestStorage) => void

/** Each way to damage the database, and what the checker must say of it. */
const DAMAGES: readonly (readonly [name: string, damage: Damage, said: RegExp])[] = [
  ['a slot with another value', (batch) => batch.put(slotKey(A, 3n), Uint8Array.of(99)), /slot 0x0+3 .* is 99.* be 4/],
  ['a slot missing', (batch) => batch.delete(slotKey(A, 3n)), /key with hash 0xc2575a0e.* not in the flat state/],
  ['a slot too many', (batch) => batch.put(slotKey(A, 99n), Uint8Array.of(1)), /slot 0x0+63 .* is 1, should be 0/],
  ['a slot of nobody', (batch) => batch.put(slotKey(address(9), 1n), Uint8Array.of(1)), /number of slots of accounts/],
  [
    'an account missing',
    (batch) => batch.delete(accountKey(B)),
    /state trie: the key with hash .* not in the flat state/,
  ],
  [
    'an account too many',
    (batch, { database }) => batch.put(accountKey(address(9)), database.get(accountKey(B))!),
    /not in the trie/,
  ],
  [
    'a wrong balance',
    (batch, { database }) =>
      batch.put(accountKey(B), encodeFlatAccount({ ...readFlatAccount(database, B)!, balance: 3n })),
    /balance in the flat state is 3, should be 2/,
  ],
  [
    'a wrong number of slots',
    (batch, { database }) =>
      batch.put(accountKey(A), encodeFlatAccount({ ...readFlatAccount(database, A)!, slotCount: 1n })),
    /number of slots is 1, should be 30/,
  ],
  ['a garbled account', (batch) => batch.put(accountKey(B), Uint8Array.of(0xff)), /cannot be decoded/],
  ['code missing', (batch) => batch.delete(hashKey('code', keccak256Hex(CODE))), /code 0x.* is missing/],
  ['damaged code', (batch) => batch.put(hashKey('code', keccak256Hex(CODE)), Uint8Array.of(1)), /hash of its code/],
  [
    'a trie node missing',
    (batch, { blocks }) => batch.delete(trieNodeKey(hashToBytes(blocks.head().stateRoot))),
    /a node of the trie is not stored/,
  ],
  [
    'a damaged trie node',
    (batch, { blocks }) => batch.put(trieNodeKey(hashToBytes(blocks.head().stateRoot)), Uint8Array.of(0xc0)),
    /not what its hash says/,
  ],
  [
    'a canonical hash missing',
    (batch) => batch.delete(numberKey('canonicalHash', 2n)),
    /block 2 has no canonical hash/,
  ],
  [
    'a canonical hash above the head',
    (batch) => batch.put(numberKey('canonicalHash', 9n), hashToBytes(ZERO_HASH)),
    /number of canonical hashes is 5/,
  ],
  [
    'another block in its place',
    (batch, { blocks }) => batch.put(numberKey('canonicalHash', 2n), hashToBytes(blocks.canonicalHash(1n)!)),
    /block 2: the number is 1/,
  ],
  [
    'receipts of another block',
    (batch, { database, blocks }) =>
      batch.put(hashKey('receipts', blocks.head().hash), database.get(hashKey('receipts', blocks.canonicalHash(1n)!))!),
    /root of its receipts/,
  ],
  [
    'receipts missing',
    (batch, { blocks }) => batch.delete(hashKey('receipts', blocks.head().hash)),
    /receipts are missing/,
  ],
  [
    'a body of another block',
    (batch, { database, blocks }) =>
      batch.put(hashKey('body', blocks.head().hash), database.get(hashKey('body', blocks.canonicalHash(1n)!))!),
    /root of its transactions/,
  ],
  [
    'a garbled body',
    (batch, { blocks }) => batch.put(hashKey('body', blocks.head().hash), Uint8Array.of(0xc0)),
    /body of block .* cannot be decoded/,
  ],
  [
    'a header missing',
    (batch, { blocks }) => batch.delete(hashKey('header', blocks.canonicalHash(2n)!)),
    /block 2: the header is missing/,
  ],
  [
    'a wrong total difficulty',
    (batch, { blocks }) => batch.put(hashKey('totalDifficulty', blocks.head().hash), Uint8Array.of(200)),
    /total difficulty is 200/,
  ],
  [
    'a transaction not indexed',
    (batch, { blocks }) => {
      const [first] = blocks.block(blocks.head().hash)!.transactions
      batch.delete(hashKey('transactionLocation', transactionHash(first!)))
    },
    /location of transaction 0 is undefined/,
  ],
  [
    'a transaction indexed that is nowhere',
    (batch, { database, blocks }) => {
      const [first] = blocks.block(blocks.head().hash)!.transactions
      const location = database.get(hashKey('transactionLocation', transactionHash(first!)))!
      batch.put(hashKey('transactionLocation', ZERO_HASH), location)
    },
    /number of indexed transactions/,
  ],
  [
    'another state root',
    (batch, { database }) => {
      const head = database.get(bucketKey('head'))!.slice()
      head.fill(1, 40)
      batch.put(bucketKey('head'), head)
    },
    /head's state root/,
  ],
]

test('an honest database has no problems', async (t) => {
  const { database } = await storageWithState(t)
  const report = await checkDatabase(database)
  assert.deepEqual(report.problems, [])
  assert.deepEqual([report.problemCount, report.blocks, report.transactions, report.slots], [0, 4, 4, 30])
})

for (const [name, damage, said] of DAMAGES) {
  test(`the checker names ${name}`, async (t) => {
    const storage = await storageWithState(t)
    const batch = new Batch()
    damage(batch, storage)
    await storage.database.write(batch)
    const { problems, problemCount } = await checkDatabase(storage.database)
    assert.ok(
      problems.some((problem) => said.test(problem)),
      `said: ${problems.join('\n') || 'nothing'}`,
    )
    assert.equal(problemCount, problems.length)
  })
}

test('only so many problems are put in words', async (t) => {
  const { database } = await storageWithState(t)
  const batch = new Batch()
  for (let slot = 0n; slot < 30n; slot++) batch.put(slotKey(A, slot), Uint8Array.of(200))
  await database.write(batch)
  const report = await checkDatabase(database, { maxProblems: 5 })
  assert.equal(report.problems.length, 5)
  assert.equal(report.problemCount, 30)
})
