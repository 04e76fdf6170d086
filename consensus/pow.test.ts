import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { bytesToBigint } from '../primitives/bytes.ts'
import { type Header, headerHash } from '../primitives/header.ts'
import { ZERO_ADDRESS, ZERO_HASH } from '../primitives/hex.ts'
import { EMPTY_OMMERS_HASH, EMPTY_TRIE_ROOT } from '../primitives/keccak.ts'
import { ZERO_NONCE } from './limits.ts'
import { PowEngine } from './pow.ts'
import { firstNonce, isSealed, sealHash, sealTarget, searchNonce } from './pow-seal.ts'

const options = { periodSeconds: 2, minimumDifficulty: 500n, seed: ZERO_HASH, hashesPerSecond: 200_000 }
const engine = new PowEngine(options)
after(() => engine.close())

const parent: Header = {
  parentHash: ZERO_HASH,
  ommersHash: EMPTY_OMMERS_HASH,
  coinbase: ZERO_ADDRESS,
  stateRoot: EMPTY_TRIE_ROOT,
  transactionsRoot: EMPTY_TRIE_ROOT,
  receiptsRoot: EMPTY_TRIE_ROOT,
  logsBloom: new Uint8Array(256),
  difficulty: 500n,
  number: 4n,
  gasLimit: 30_000_000n,
  gasUsed: 0n,
  timestamp: 100n,
  extraData: new Uint8Array(0),
  mixHash: ZERO_HASH,
  nonce: ZERO_NONCE,
}

function childOf(timestamp: bigint, using = engine): Header {
  const place = { parentHash: headerHash(parent), number: 5n, timestamp }
  return { ...parent, ...place, ...using.prepare(place, parent) }
}

const never = new AbortController().signal

test('a sealed header passes; with another nonce or content it does not', async () => {
  const sealed = await engine.seal(childOf(102n), never)
  engine.verifyHeader(sealed, parent)
  assert.equal(sealed.difficulty, 501n)
  const reject = (changes: Partial<Header>, code: string) =>
    assert.throws(() => engine.verifyHeader({ ...sealed, ...changes }, parent), { code })
  reject({ nonce: Uint8Array.from(sealed.nonce, (byte) => byte ^ 1) }, 'wrong-seal')
  reject({ gasUsed: 1n }, 'wrong-seal')
  reject({ difficulty: 500n }, 'wrong-difficulty')
  reject({ timestamp: 103n }, 'wrong-difficulty')
  reject({ mixHash: ZERO_HASH }, 'wrong-mix-hash')
})

test('the same header and seed give the same nonce, another seed another one', async () => {
  const header = childOf(102n)
  const first = await engine.seal(header, never)
  assert.deepEqual(await engine.seal(header, never), first)
  const otherSeed = new PowEngine({ ...options, seed: `0x${'11'.repeat(32)}` })
  const other = await otherSeed.seal(header, never)
  await otherSeed.close()
  assert.notDeepEqual(other.nonce, first.nonce)
  assert.ok(isSealed(other))
})

test('the nonce is the first that will do, counted from the start and around 2^64', () => {
  const hash = sealHash(childOf(102n))
  const search = { sealHash: hash, target: sealTarget(300n) }
  const start = firstNonce(ZERO_HASH, hash)
  const nonce = searchNonce(search, start, 100_000)
  assert.ok(nonce !== undefined)
  assert.equal(searchNonce(search, start, Number((nonce - start) & 0xffffffffn)), undefined)
  assert.equal(searchNonce({ ...search, target: sealTarget(1n) }, 2n ** 64n, 1), 0n)
})

test('work of difficulty 1 is always enough, of 0 never', () => {
  assert.equal(bytesToBigint(sealTarget(1n)), 2n ** 256n - 1n)
  assert.ok(isSealed({ ...parent, difficulty: 1n }))
  assert.equal(isSealed({ ...parent, difficulty: 0n }), false)
})

test('a search that is aborted rejects at once, and the next one works', async () => {
  const controller = new AbortController()
  const hopeless = engine.seal({ ...childOf(102n), difficulty: 2n ** 200n }, controller.signal)
  await sleep(30)
  const abortedAt = performance.now()
  controller.abort(new Error('another head'))
  await assert.rejects(hopeless, { message: 'another head' })
  assert.ok(performance.now() - abortedAt < 100)
  assert.ok(isSealed(await engine.seal(childOf(104n), never)))
  await assert.rejects(engine.seal(childOf(102n), controller.signal), { message: 'another head' })
})

test('the rate is kept: the search sleeps between batches', async () => {
  const slow = new PowEngine({ ...options, hashesPerSecond: 1_000 })
  await slow.seal({ ...parent, difficulty: 1n }, never)
  const controller = new AbortController()
  const before = process.cpuUsage()
  const hopeless = slow.seal({ ...parent, difficulty: 2n ** 200n }, controller.signal)
  const rejected = assert.rejects(hopeless)
  await sleep(400)
  const { user, system } = process.cpuUsage(before)
  controller.abort()
  await rejected
  await slow.close()
  assert.ok(user + system < 200_000, `${user + system} microseconds of CPU in 0.4 s`)
})

test('closing ends a search, and no other begins', async () => {
  const other = new PowEngine(options)
  const hopeless = other.seal({ ...parent, difficulty: 2n ** 200n }, never)
  const rejected = assert.rejects(hopeless, { code: 'closed' })
  await other.close()
  await rejected
  await assert.rejects(other.seal(parent, never), { code: 'closed' })
})

test('safe is 6 blocks deep, finalized 32', () => {
  assert.deepEqual(engine.finality(100n), { safe: 94n, finalized: 68n })
  assert.deepEqual(engine.finality(10n), { safe: 4n, finalized: 0n })
})
