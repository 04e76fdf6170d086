import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { ZERO_HASH } from '../primitives/hex.ts'
import { Batch } from './batch.ts'
import { checkDatabase } from './checker.ts'
import { type DatabaseModules, openDatabase, openDatabaseForReading } from './database.ts'
import {
  account,
  address,
  childOfHead,
  diffOf,
  GENESIS,
  openTestStorage,
  temporaryDirectory,
} from './fixtures/test-storage.ts'
import { SCHEMA_VERSION } from './identity.ts'
import { bucketKey, numberKey, textKey } from './keys.ts'
import { StateStore } from './state-store.ts'
import { TextStore } from './text-store.ts'

const IDENTITY = { chainId: 31337n, genesisHash: GENESIS.hash }
const WRITER = fileURLToPath(new URL('./fixtures/writer-process.ts', import.meta.url))

/** A process that commits blocks, and the heads it has said were stored. */
class Writer {
  readonly #child: ReturnType<typeof spawn>
  readonly lines: string[] = []
  readonly #ended: Promise<unknown>

  constructor(t: TestContext, directory: string, seed: number, { shell }: { readonly shell?: string } = {}) {
    const args = [WRITER, directory, String(seed), ...(shell === undefined ? [] : ['unchecked'])]
    const [command, ...rest] =
      shell === undefined ? [process.execPath, ...args] : ['sh', '-c', shell, 'sh', process.execPath, ...args]
    this.#child = spawn(command!, rest, { stdio: ['ignore', 'pipe', 'inherit'] })
    createInterface({ input: this.#child.stdout! }).on('line', (line) => this.lines.push(line))
    this.#ended = once(this.#child, 'close')
    t.after(() => this.#child.kill('SIGKILL'))
  }

  async waitForLines(count: number): Promise<void> {
    while (this.lines.length < count && this.#child.exitCode === null) await setTimeout(2)
  }

  async end(): Promise<void> {
    await this.#ended
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#ended
  }

  /** Number and hash of the last head acknowledged. */
  get head(): string | undefined {
    return this.lines.findLast((line) => /^\d/.test(line))
  }
}

test('a directory of another chain, genesis or schema is refused, and left as it was', async (t) => {
  const directory = temporaryDirectory(t)
  await (await openDatabase(directory, IDENTITY)).close()
  await assert.rejects(openDatabase(directory, { ...IDENTITY, chainId: 1n }), { code: 'wrong-chain' })
  await assert.rejects(openDatabase(directory, { ...IDENTITY, genesisHash: ZERO_HASH }), { code: 'wrong-chain' })
  const database = await openDatabase(directory, IDENTITY)
  const batch = new Batch()
  batch.put(textKey('identity', 'schema'), Buffer.from(String(SCHEMA_VERSION + 1)))
  await database.write(batch)
  await database.close()
  await assert.rejects(openDatabase(directory, IDENTITY), { code: 'wrong-schema' })
})

test('a second process is refused, also by another name of the directory', async (t) => {
  const directory = temporaryDirectory(t)
  const storage = await openTestStorage(directory)
  const link = `${directory}-link`
  symlinkSync(directory, link)
  t.after(() => rmSync(link))
  for (const name of [directory, link, join(directory, '.')]) {
    // Opening it by another name in this process must not lose the lock either.
    const other = await openDatabaseForReading(name)
    await other.close()
    const writer = new Writer(t, name, 1)
    await writer.end()
    assert.deepEqual(writer.lines, ['error locked'], name)
  }
  await storage.close()
  const writer = new Writer(t, directory, 1)
  await writer.waitForLines(2)
  await assert.rejects(openDatabase(directory, IDENTITY), { code: 'locked', message: /another process is using/ })
  await writer.kill()
})

test('a thread opens only what is there', async (t) => {
  await assert.rejects(openDatabaseForReading(temporaryDirectory(t)), { code: 'not-a-database' })
})

test('killed at any moment, a node has its last whole block and a consistent database', async (t) => {
  const directory = temporaryDirectory(t)
  const seed = Date.now() % 1_000_000
  for (let round = 0; round < 6; round++) {
    const where = `seed ${seed}, round ${round}`
    const writer = new Writer(t, directory, seed + round)
    await writer.waitForLines(2 + round * 4)
    await setTimeout((seed + round * 7) % 13)
    await writer.kill()
    const storage = await openTestStorage(directory)
    const report = await checkDatabase(storage.database)
    assert.deepEqual(report.problems, [], where)
    const [number, hash] = writer.head!.split(' ')
    const isStored = storage.blocks.hasBlock(hash as typeof ZERO_HASH)
    assert.ok(isStored, `${where}: block ${number} was acknowledged`)
    const distance = storage.blocks.head().number - BigInt(number!)
    assert.ok(distance >= -1n && distance <= 1n, `${where}: at most the step under way is added`)
    await storage.close()
  }
})

test('where batches wait, the identity does too, and is there at the next start', async (t) => {
  const directory = temporaryDirectory(t)
  const database = await openDatabase(directory, { ...IDENTITY, writeBehindMs: 60_000 })
  assert.equal(statSync(join(directory, fileLike(directory, /log$/))).size, 0)
  await database.close()
  await assert.rejects(openDatabase(directory, { ...IDENTITY, chainId: 2n }), { code: 'wrong-chain' })
})

test('without space nothing is written, and with space again the same batch is', async (t) => {
  let free = Number.MAX_SAFE_INTEGER
  const modules: DatabaseModules = { freeBytes: async () => free }
  const storage = await openTestStorage(temporaryDirectory(t), {}, modules)
  t.after(() => storage.close())
  const executed = childOfHead(storage, diffOf({}))
  free = 1 << 20
  await assert.rejects(storage.committer.commitBlock(executed), { code: 'disk-full' })
  assert.equal(storage.blocks.head().number, 0n)
  assert.ok(!storage.blocks.hasBlock(executed.hash))
  free = Number.MAX_SAFE_INTEGER
  await storage.committer.commitBlock(executed)
  assert.equal(storage.blocks.head().hash, executed.hash)
})

test('a write that LevelDB could not finish is reported, and is gone after a restart', {
  skip: process.platform === 'win32',
}, async (t) => {
  const directory = temporaryDirectory(t)
  const seed = Date.now() % 1_000_000
  // A file size limit of 160 kB meets the log in the middle of a batch, as a full disk does.
  const writer = new Writer(t, directory, seed, { shell: 'ulimit -f 320; exec "$@"' })
  await writer.end()
  assert.deepEqual(writer.lines.slice(-2), ['error disk-full', 'error write-failed'], `seed ${seed}`)
  const storage = await openTestStorage(directory)
  t.after(() => storage.close())
  const { number, hash } = storage.blocks.head()
  assert.deepEqual((await checkDatabase(storage.database)).problems, [], `seed ${seed}`)
  assert.ok(storage.blocks.hasBlock(writer.head!.split(' ')[1] as typeof hash), `seed ${seed}: head ${number} ${hash}`)
})

test('a damaged database is reported as such', async (t) => {
  const damages: [string, (directory: string) => void][] = [
    ['CURRENT is missing', (directory) => rmSync(join(directory, 'CURRENT'))],
    ['CURRENT is empty', (directory) => truncateSync(join(directory, 'CURRENT'))],
    ['the manifest is garbage', (directory) => overwrite(directory, /^MANIFEST/)],
    ['a table is missing', (directory) => rmSync(join(directory, fileLike(directory, /ldb$/)))],
  ]
  for (const [what, damage] of damages) {
    const directory = temporaryDirectory(t)
    const storage = await openTestStorage(directory)
    for (let number = 0; number < 3; number++) await storage.committer.commitBlock(childOfHead(storage, diffOf({})))
    await storage.close()
    // A second start turns the log into a table.
    await (await openDatabase(directory, IDENTITY)).close()
    damage(directory)
    await assert.rejects(openDatabase(directory, IDENTITY), { name: 'StorageError', code: 'corrupt' }, what)
  }
})

test('a block lost from the middle is noticed at the start', async (t) => {
  const directory = temporaryDirectory(t)
  const storage = await openTestStorage(directory)
  for (let number = 0; number < 5; number++) await storage.committer.commitBlock(childOfHead(storage, diffOf({})))
  const batch = new Batch()
  batch.delete(numberKey('canonicalHash', 3n))
  await storage.database.write(batch)
  await storage.close()
  await assert.rejects(openDatabase(directory, IDENTITY), { code: 'corrupt', message: /block 3/ })
})

test('scans are of one prefix, in order, from where they are asked to begin', async (t) => {
  const database = await openDatabase(temporaryDirectory(t), IDENTITY)
  t.after(() => database.close())
  const batch = new Batch()
  const numbers = Array.from({ length: 2500 }, (_, number) => BigInt(number) * 3n)
  for (const number of numbers) batch.put(numberKey('canonicalHash', number), Uint8Array.of(Number(number % 251n)))
  batch.put(bucketKey('head'), Uint8Array.of(1))
  await database.write(batch)
  const scan = async (options: Parameters<typeof database.entries>[1]): Promise<bigint[]> => {
    const found: bigint[] = []
    for await (const { key } of database.entries(bucketKey('canonicalHash'), options)) {
      found.push(Buffer.from(key).readBigUInt64BE(1))
    }
    return found
  }
  assert.deepEqual(await scan({}), numbers)
  assert.deepEqual(await scan({ reverse: true }), numbers.toReversed())
  assert.deepEqual(
    await scan({ from: numberKey('canonicalHash', 7000n) }),
    numbers.filter((number) => number >= 7000n),
  )
  const downward = await scan({ reverse: true, from: numberKey('canonicalHash', 10n) })
  assert.deepEqual(downward, [9n, 6n, 3n, 0n])
})

test('what waits to be written is read here at once, elsewhere once it is flushed, and is there after a close', async (t) => {
  const storage = await openTestStorage(temporaryDirectory(t), { writeBehindMs: 60_000 })
  const { directory, database, states, blocks } = storage
  const elsewhere = await openDatabaseForReading(directory, database.stateCache?.memory)
  const seen = new StateStore({}, { database: elsewhere })
  const balanceOf = (store: StateStore) => store.headView().account(address(1))?.balance
  const commit = (balance: bigint) =>
    storage.committer.commitBlock(
      childOfHead(storage, diffOf({ [address(1)]: { account: { to: account(0n, balance) } } })),
    )
  await database.flushed()

  await commit(5n)
  assert.deepEqual([balanceOf(states), balanceOf(seen), blocks.head().number], [5n, undefined, 1n])
  assert.equal(states.current(blocks.head().hash)?.account(address(1))?.balance, 5n)
  const snapshot = states.snapshot()
  await commit(6n)
  await database.flushed()
  assert.deepEqual([balanceOf(states), balanceOf(seen)], [6n, 6n])
  await commit(7n)
  assert.equal(snapshot.stateAt(snapshot.head)?.account(address(1))?.balance, 5n)
  await snapshot.close()

  // A scan, and a batch that does not wait, are after what waits.
  const heights: Uint8Array[] = []
  for await (const { key } of database.entries(bucketKey('canonicalHash'))) heights.push(key)
  assert.equal(heights.length, 4)
  assert.equal(balanceOf(seen), 7n)
  await commit(8n)
  await new TextStore({ bucket: 'metadata' }, { database }).write([['a', new Uint8Array(1)]], { sync: true })
  assert.equal(balanceOf(seen), 8n)
  await commit(9n)
  await elsewhere.close()
  await storage.close()

  const again = await openTestStorage(directory)
  assert.deepEqual([balanceOf(again.states), again.blocks.head().number], [9n, 5n])
  assert.deepEqual((await checkDatabase(again.database)).problems, [])
  await again.close()
})

test('a closed database says so', async (t) => {
  const database = await openDatabase(temporaryDirectory(t), IDENTITY)
  await database.close()
  assert.throws(() => database.get(bucketKey('head')), { code: 'closed' })
  assert.throws(() => database.snapshot(), { code: 'closed' })
  const batch = new Batch()
  batch.put(bucketKey('head'), Uint8Array.of(1))
  await assert.rejects(database.write(batch), { code: 'closed' })
})

test('text stores keep to their bucket', async (t) => {
  const database = await openDatabase(temporaryDirectory(t), IDENTITY)
  t.after(() => database.close())
  const metadata = new TextStore({ bucket: 'metadata' }, { database })
  const journal = new TextStore({ bucket: 'poolJournal' }, { database })
  await metadata.write([['peer key', Uint8Array.of(1)]], { sync: true })
  await journal.write([
    ['ü', Uint8Array.of(2)],
    ['a', Uint8Array.of(3)],
  ])
  await journal.write([
    ['a', undefined],
    ['b', new Uint8Array(0)],
  ])
  assert.deepEqual(metadata.get('peer key'), Uint8Array.of(1))
  assert.equal(metadata.get('a'), undefined)
  const entries = []
  for await (const entry of journal.entries()) entries.push(entry)
  assert.deepEqual(entries, [
    ['b', new Uint8Array(0)],
    ['ü', Uint8Array.of(2)],
  ])
})

function fileLike(directory: string, pattern: RegExp): string {
  return readdirSync(directory).find((file) => pattern.test(file))!
}

function overwrite(directory: string, pattern: RegExp): void {
  writeFileSync(join(directory, fileLike(directory, pattern)), Buffer.alloc(100, 7))
}
