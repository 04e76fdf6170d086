import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { rulesFor } from '../../config/hardforks.ts'
import { delegationCode } from '../../execution/evm/delegation.ts'
import type { Block } from '../../primitives/block.ts'
import { keccak256Hex } from '../../primitives/keccak.ts'
import {
  impersonate,
  signAuthorization,
  type Transaction,
  transactionHash,
  type UnsignedTransaction,
} from '../../primitives/transaction.ts'
import {
  blobTransaction,
  MemoryJournal,
  PoolBench,
  setCode,
  testAddress,
  testKey,
  transfer,
  zeroBlobTransaction,
} from './fixtures/pool-bench.ts'

const GWEI = 10n ** 9n

/** What the pool looks at of a block. */
function blockOf(...transactions: Transaction[]): { readonly block: Block } {
  return { block: { header: {}, transactions, ommers: [] } as unknown as Block }
}

suite('admission', () => {
  test('takes a transfer, and refuses it the second time', async () => {
    const bench = new PoolBench()
    const hash = await bench.add(transfer())
    assert.equal(hash, transactionHash(transfer()))
    assert.ok(bench.pool.has(hash))
    assert.deepEqual(bench.pool.get(hash), transfer())
    assert.deepEqual(bench.pool.status(), { pending: 1, queued: 0 })
    assert.equal(bench.pool.nextNonce(testAddress(0)), 1n)
    assert.deepEqual(bench.announced, [hash])
    await bench.refuses(transfer(), 'already-known')
  })

  const refusals: readonly (readonly [name: string, transaction: Transaction, code: string])[] = [
    ['another chain', transfer({ chainId: 1n }), 'wrong-chain-id'],
    ['too little gas', transfer({ gasLimit: 20_999n }), 'intrinsic-gas-too-low'],
    ['more gas than a block has', transfer({ gasLimit: 30_000_001n }), 'gas-limit-exceeds-block'],
    ['more gas than EIP-7825 allows', transfer({ gasLimit: 16_777_217n }), 'gas-limit-exceeds-cap'],
    ['a tip above the fee cap', transfer({ tip: 5, feeCap: 4 }), 'priority-fee-above-fee-cap'],
    ['too many bytes', transfer({ dataBytes: 131_072, gasLimit: 3_000_000n }), 'transaction-too-large'],
    ['a nonce out of reach', transfer({ nonce: 2049 }), 'nonce-too-far'],
    ['more than the balance', transfer({ value: 10n ** 21n }), 'insufficient-funds'],
    ['a broken signature', { ...transfer(), r: 0n }, 'invalid-signature'],
    ['a high s', { ...transfer(), s: 2n ** 256n - 1n }, 'invalid-signature'],
    ['blobs that are missing', blobTransaction(0, [`0x01${'00'.repeat(31)}`]), 'missing-sidecar'],
  ]
  for (const [name, transaction, code] of refusals) {
    test(`refuses ${name}`, async () => {
      const bench = new PoolBench()
      await bench.refuses(transaction, code)
      assert.deepEqual(bench.pool.status(), { pending: 0, queued: 0 })
    })
  }

  test('refuses what pays less than the minimum, and a used nonce', async () => {
    const bench = new PoolBench({ minimumGasPrice: 50n * GWEI })
    await bench.refuses(transfer({ feeCap: 49 }), 'underpriced')
    await bench.add(transfer({ feeCap: 50 }))
    bench.set(1, { nonce: 3n })
    await bench.refuses(transfer({ from: 1, nonce: 2 }), 'nonce-too-low')
  })

  test('refuses contracts (EIP-3607), not delegated accounts', async () => {
    const bench = new PoolBench()
    for (const [index, code] of [Uint8Array.of(0x00), delegationCode(testAddress(5))].entries()) {
      bench.codes.set(keccak256Hex(code), code)
      bench.set(index, { codeHash: keccak256Hex(code) })
    }
    await bench.refuses(transfer({ from: 0 }), 'sender-has-code')
    await bench.add(transfer({ from: 1 }))
  })

  test('counts the cost of all pending transactions against the balance', async () => {
    const bench = new PoolBench()
    const cost = 21_000n * 101n * GWEI + 1n
    bench.set(0, { balance: 2n * cost })
    await bench.add(transfer({ nonce: 0 }))
    await bench.add(transfer({ nonce: 1 }))
    await bench.refuses(transfer({ nonce: 2 }), 'insufficient-funds')
    await bench.refuses(transfer({ nonce: 1, tip: 2, feeCap: 112 }), 'insufficient-funds')
    bench.set(1, { balance: cost - 1n })
    await bench.refuses(transfer({ from: 1 }), 'insufficient-funds')
  })

  test('checks a sidecar before the proofs are computed', async () => {
    const bench = new PoolBench()
    const sidecar = { version: 0 as const, blobs: [], commitments: [], proofs: [] }
    await assert.rejects(bench.add(blobTransaction(0, [`0x01${'00'.repeat(31)}`]), sidecar), {
      code: 'invalid-sidecar',
    })
    await assert.rejects(bench.add(transfer(), sidecar), { code: 'unexpected-sidecar' })
  })

  test('takes a blob transaction with true proofs, and keeps the blobs over a restart (EIP-4844)', async () => {
    const bench = new PoolBench()
    const { transaction, sidecar } = zeroBlobTransaction(0, 2)
    const [proof, ...others] = sidecar.proofs
    const forged = { ...sidecar, proofs: [Uint8Array.of(...proof!.subarray(0, 47), 1), ...others] }
    await assert.rejects(bench.add(transaction, forged), { code: 'invalid-sidecar' })
    const [hash] = await Promise.all([
      bench.add(transaction, sidecar),
      assert.rejects(bench.add(transaction, sidecar), { code: 'already-known' }),
    ])
    await bench.pool.close()
    const after = new PoolBench({}, bench.journal)
    await after.pool.load()
    assert.deepEqual(after.pool.pooled(hash)?.sidecar, sidecar)
    assert.deepEqual(after.pool.candidates(1n, GWEI + 1n), [])
    assert.deepEqual(after.pool.candidates(1n, GWEI), [transaction])
  })

  test('takes nothing once it is closed', async () => {
    const bench = new PoolBench()
    await bench.pool.close()
    await bench.refuses(transfer(), 'closed')
  })
})

suite('pending and queued', () => {
  test('a gap makes the later ones wait, and filling it promotes them in order', async () => {
    const bench = new PoolBench()
    const queued: string[] = []
    bench.pool.on('queued', (_transaction, hash) => queued.push(hash))
    const third = await bench.add(transfer({ nonce: 2 }))
    const second = await bench.add(transfer({ nonce: 1 }))
    assert.deepEqual(bench.pool.status(), { pending: 0, queued: 2 })
    assert.equal(bench.pool.nextNonce(testAddress(0)), 0n)
    assert.deepEqual(queued, [third, second])
    const first = await bench.add(transfer({ nonce: 0 }))
    assert.deepEqual(bench.announced, [first, second, third])
    assert.deepEqual(bench.pool.status(), { pending: 3, queued: 0 })
    const { pending, queued: left } = bench.pool.content()
    assert.deepEqual(
      pending.get(testAddress(0))?.map((pooled) => pooled.hash),
      [first, second, third],
    )
    assert.equal(left.size, 0)
  })

  test('a replacement must raise tip and fee cap by a tenth', async () => {
    const bench = new PoolBench()
    const old = await bench.add(transfer({ tip: 10, feeCap: 100 }))
    await bench.refuses(transfer({ tip: 10, feeCap: 120 }), 'replacement-underpriced')
    await bench.refuses(transfer({ tip: 12, feeCap: 109 }), 'replacement-underpriced')
    const next = await bench.add(transfer({ tip: 11, feeCap: 110 }))
    assert.ok(!bench.pool.has(old))
    assert.deepEqual(bench.candidates(), [next])
    assert.deepEqual(bench.pool.status(), { pending: 1, queued: 0 })
  })

  test('a dearer replacement pushes the later ones out of what the balance covers', async () => {
    const bench = new PoolBench()
    const cost = 21_000n * 101n * GWEI + 1n
    bench.set(0, { balance: 3n * cost })
    for (let nonce = 0; nonce < 3; nonce++) await bench.add(transfer({ nonce }))
    bench.set(0, { balance: 3n * cost + 21_000n * 11n * GWEI })
    bench.pool.onHead({ added: [blockOf()], removed: [] })
    await bench.add(transfer({ nonce: 0, tip: 2, feeCap: 112 }))
    assert.deepEqual(bench.pool.status(), { pending: 3, queued: 0 })
    bench.set(0, { balance: 3n * cost })
    bench.pool.onHead({ added: [blockOf()], removed: [] })
    assert.deepEqual(bench.pool.status(), { pending: 2, queued: 1 })
  })

  test('candidates: best tip first, nonces in order, those below the base fee left out', async () => {
    const bench = new PoolBench()
    const cheapFirst = await bench.add(transfer({ from: 0, nonce: 0, tip: 1 }))
    const dearBehind = await bench.add(transfer({ from: 0, nonce: 1, tip: 9 }))
    const middle = await bench.add(transfer({ from: 1, tip: 5 }))
    const sameTipLater = await bench.add(transfer({ from: 2, tip: 5 }))
    const capped = await bench.add(transfer({ from: 3, tip: 8, feeCap: 8 }))
    bench.next = { ...bench.next, baseFeePerGas: 2n * GWEI }
    bench.pool.onHead({ added: [], removed: [] })
    assert.deepEqual(bench.candidates(), [capped, middle, sameTipLater, cheapFirst, dearBehind])
    bench.next = { ...bench.next, baseFeePerGas: 9n * GWEI }
    assert.deepEqual(bench.candidates(), [middle, sameTipLater, cheapFirst, dearBehind])
    assert.equal(bench.pool.candidates(GWEI, 1n, 2).length, 2)
  })

  test('the limit of a sender lets gaps be filled', async () => {
    const bench = new PoolBench({ perSender: 2 })
    await bench.add(transfer({ nonce: 1 }))
    const last = await bench.add(transfer({ nonce: 3 }))
    await bench.refuses(transfer({ nonce: 4 }), 'sender-limit')
    await bench.add(transfer({ nonce: 0 }))
    assert.ok(!bench.pool.has(last))
    assert.deepEqual(bench.pool.status(), { pending: 2, queued: 0 })
    await bench.refuses(transfer({ nonce: 2 }), 'sender-limit')
  })
})

suite('eviction', () => {
  test('the cheapest goes, for one that pays more', async () => {
    const bench = new PoolBench({ pending: 2, queued: 0 })
    const cheap = await bench.add(transfer({ from: 0, tip: 2 }))
    const dear = await bench.add(transfer({ from: 1, tip: 5 }))
    await bench.refuses(transfer({ from: 2, tip: 2 }), 'underpriced')
    assert.ok(bench.pool.has(cheap))
    const newcomer = await bench.add(transfer({ from: 2, tip: 3 }))
    assert.deepEqual(new Set(bench.candidates()), new Set([dear, newcomer]))
    await bench.pool.close()
    assert.deepEqual(new Set(bench.journal.values.keys()), new Set([dear, newcomer]))
  })

  test('a dear transaction behind a cheap one is no shelter', async () => {
    const bench = new PoolBench({ pending: 2, queued: 0 })
    const head = await bench.add(transfer({ from: 0, nonce: 0, tip: 1 }))
    const behind = await bench.add(transfer({ from: 0, nonce: 1, tip: 50 }))
    await bench.add(transfer({ from: 1, tip: 2 }))
    assert.ok(bench.pool.has(head))
    assert.ok(!bench.pool.has(behind))
    await bench.refuses(transfer({ from: 0, nonce: 1, tip: 50 }), 'underpriced')
  })

  test('queued ones yield to any pending one, and to dearer queued ones', async () => {
    const bench = new PoolBench({ pending: 1, queued: 2 })
    const cheap = await bench.add(transfer({ from: 0, nonce: 1, tip: 20 }))
    const dear = await bench.add(transfer({ from: 1, nonce: 1, tip: 30 }))
    await bench.refuses(transfer({ from: 2, nonce: 1, tip: 20 }), 'underpriced')
    const dearer = await bench.add(transfer({ from: 2, nonce: 1, tip: 25 }))
    assert.ok(!bench.pool.has(cheap))
    await bench.add(transfer({ from: 3, tip: 1 }))
    await bench.add(transfer({ from: 4, tip: 1 }))
    assert.ok(!bench.pool.has(dearer))
    assert.ok(bench.pool.has(dear))
    assert.deepEqual(bench.pool.status(), { pending: 2, queued: 1 })
  })

  test('all the room that a large one needs, or nothing is evicted', async () => {
    const size = 150
    const bench = new PoolBench({ maxBytes: 3 * size })
    const before = await Promise.all([1, 2, 9].map((tip, from) => bench.add(transfer({ from, tip }))))
    await bench.refuses(transfer({ from: 5, tip: 5, dataBytes: 2 * size, gasLimit: 100_000n }), 'underpriced')
    assert.deepEqual(new Set(bench.candidates()), new Set(before))
    const large = await bench.add(transfer({ from: 5, tip: 5, dataBytes: size, gasLimit: 100_000n }))
    assert.deepEqual(new Set(bench.candidates()), new Set([large, before[2]]))
  })

  test('local transactions of known senders have more room, to an end, and are not evicted by others', async () => {
    const localSenders = new Set([testAddress(0), testAddress(1)])
    const bench = new PoolBench({ pending: 8, queued: 0, localSenders, perSender: 4 })
    for (let from = 10; from < 18; from++) await bench.add(transfer({ from, tip: 5 }))
    await bench.refuses(transfer({ from: 0, tip: 1 }), 'underpriced')
    const local = await bench.pool.add(transfer({ from: 0, tip: 1 }), { local: true })
    await assert.rejects(bench.pool.add(transfer({ from: 1, tip: 1 }), { local: true }), { code: 'underpriced' })
    await bench.add(transfer({ from: 19, tip: 9 }))
    assert.ok(bench.pool.has(local))
    assert.deepEqual(bench.pool.status(), { pending: 8, queued: 0 })
  })

  test('a pool full of local transactions says so', async () => {
    const bench = new PoolBench({ pending: 1, queued: 0, localSenders: new Set([testAddress(0)]) })
    await bench.pool.add(transfer({ nonce: 0 }), { local: true })
    await bench.refuses(transfer({ from: 1, tip: 99 }), 'pool-full')
  })

  test('what falls back into a full queue is trimmed', async () => {
    const bench = new PoolBench({ queued: 2 })
    for (let nonce = 0; nonce < 5; nonce++) await bench.add(transfer({ nonce }))
    bench.set(0, { balance: 0n })
    bench.pool.onHead({ added: [blockOf()], removed: [] })
    assert.deepEqual(bench.pool.status(), { pending: 0, queued: 2 })
  })
})

suite('following the chain', () => {
  test('drops what was mined, promotes what became payable, keeps the rest', async () => {
    const bench = new PoolBench()
    const mined = transfer({ nonce: 0 })
    await bench.add(mined)
    const next = await bench.add(transfer({ nonce: 1 }))
    bench.set(0, { nonce: 1n })
    bench.pool.onHead({ added: [blockOf(mined)], removed: [] })
    assert.deepEqual(bench.candidates(), [next])
    assert.equal(bench.pool.nextNonce(testAddress(0)), 2n)
    await bench.pool.close()
    assert.deepEqual([...bench.journal.values.keys()], [next])
  })

  test('follows only the accounts in the access list when there is one', async () => {
    const bench = new PoolBench()
    await bench.add(transfer({ from: 0 }))
    await bench.add(transfer({ from: 1 }))
    bench.set(0, { nonce: 1n })
    bench.set(1, { nonce: 1n })
    const { block } = blockOf()
    const accessList = [{ address: testAddress(0) }] as unknown as Block['accessList']
    bench.pool.onHead({ added: [{ block: { ...block, accessList } }], removed: [] })
    assert.deepEqual(bench.pool.status(), { pending: 1, queued: 0 })
  })

  test('a reorg brings back what the new branch does not have', async () => {
    const bench = new PoolBench()
    const both = transfer({ from: 0 })
    const lost = [transfer({ from: 1, nonce: 0 }), transfer({ from: 1, nonce: 1 })]
    bench.set(0, { nonce: 1n })
    bench.pool.onHead({ added: [blockOf(both)], removed: [blockOf(lost[1]!), blockOf(lost[0]!, both)] })
    assert.deepEqual(bench.candidates(), lost.map(transactionHash))
  })

  test('an account that a reorg puts back leaves a gap behind', async () => {
    const bench = new PoolBench()
    bench.set(0, { nonce: 3n })
    await bench.add(transfer({ nonce: 3 }))
    bench.set(0, { nonce: 1n })
    bench.pool.onHead({ added: [blockOf()], removed: [] })
    assert.deepEqual(bench.pool.status(), { pending: 0, queued: 1 })
  })

  test('drops what the next hardfork or a lower gas limit forbids', async () => {
    const bench = new PoolBench()
    bench.next = { ...bench.next, rules: rulesFor('prague') }
    bench.pool.onHead({ added: [], removed: [] })
    await bench.add(transfer({ from: 0, gasLimit: 20_000_000n }))
    await bench.add(transfer({ from: 1, gasLimit: 10_000_000n }))
    const small = await bench.add(transfer({ from: 2 }))
    bench.next = { ...bench.next, rules: rulesFor('osaka') }
    bench.pool.onHead({ added: [], removed: [] })
    assert.equal(bench.pool.status().pending, 2)
    bench.next = { ...bench.next, gasLimit: 9_000_000n }
    bench.pool.onHead({ added: [], removed: [] })
    assert.deepEqual(bench.candidates(), [small])
  })

  test('the queue forgets what waited too long, pending ones stay', async () => {
    const bench = new PoolBench({ queuedLifetimeMs: 100_000 })
    await bench.add(transfer({ from: 0, nonce: 1 }))
    await bench.add(transfer({ from: 1 }))
    bench.nowMs += 99_999
    bench.pool.onHead({ added: [], removed: [] })
    assert.deepEqual(bench.pool.status(), { pending: 1, queued: 1 })
    bench.nowMs += 60_001
    bench.pool.onHead({ added: [], removed: [] })
    assert.deepEqual(bench.pool.status(), { pending: 1, queued: 0 })
  })
})

suite('delegated accounts (EIP-7702)', () => {
  const authorization = (authority: number, nonce = 0n) =>
    signAuthorization({ chainId: 31337n, address: testAddress(9), nonce }, testKey(authority))

  test('one in flight, its next, and what replaces it', async () => {
    const bench = new PoolBench()
    const code = delegationCode(testAddress(9))
    bench.codes.set(keccak256Hex(code), code)
    bench.set(0, { codeHash: keccak256Hex(code) })
    await bench.refuses(transfer({ nonce: 1 }), 'delegated-account-limit')
    await bench.add(transfer({ nonce: 0, tip: 10 }))
    await bench.refuses(transfer({ nonce: 1 }), 'delegated-account-limit')
    await bench.add(transfer({ nonce: 0, tip: 20, feeCap: 200 }))
  })

  test('the same while a delegation is on its way, until it is gone', async () => {
    const bench = new PoolBench()
    const delegating = setCode(1, 0, [authorization(0)])
    await bench.add(delegating)
    await bench.add(transfer({ from: 0, nonce: 0 }))
    await bench.refuses(transfer({ from: 0, nonce: 1 }), 'delegated-account-limit')
    bench.set(1, { nonce: 1n })
    bench.pool.onHead({ added: [blockOf(delegating)], removed: [] })
    await bench.add(transfer({ from: 0, nonce: 1 }))
  })

  test('an account with several in flight is not delegated', async () => {
    const bench = new PoolBench()
    await bench.add(transfer({ from: 0, nonce: 0 }))
    await bench.add(transfer({ from: 0, nonce: 1 }))
    await bench.refuses(setCode(1, 0, [authorization(0)]), 'authority-in-flight')
  })
})

suite('journal', () => {
  test('brings back everything after a restart, in order, local ones as local', async () => {
    const journal = new MemoryJournal()
    const before = new PoolBench({}, journal)
    const local = await before.pool.add(transfer({ from: 3 }), { local: true })
    assert.ok(journal.values.has(local), 'a local transaction is in the journal when it is acknowledged')
    for (const nonce of [2, 1, 0]) await before.add(transfer({ nonce }))
    await before.add(transfer({ from: 1, nonce: 5 }))
    await before.pool.close()

    const after = new PoolBench({}, journal)
    after.set(0, { nonce: 1n })
    await after.pool.load()
    assert.deepEqual(after.pool.status(), { pending: 3, queued: 1 })
    assert.equal(after.pool.pooled(local)?.isLocal, true)
    await after.pool.close()
    assert.equal(journal.values.size, 4, 'what is used up has left the journal')
  })

  test('a damaged entry costs that entry only', async () => {
    const journal = new MemoryJournal()
    const before = new PoolBench({}, journal)
    await before.add(transfer())
    await before.pool.close()
    journal.values.set('damaged', Uint8Array.of(0, 0xff, 0xff))
    const after = new PoolBench({}, journal)
    await after.pool.load()
    assert.deepEqual(after.pool.status(), { pending: 1, queued: 0 })
    await after.pool.close()
    assert.ok(!journal.values.has('damaged'))
  })

  test('a journal that cannot be written stops nothing', async () => {
    const bench = new PoolBench()
    bench.journal.failure = new Error('disk full')
    await bench.pool.add(transfer(), { local: true })
    assert.deepEqual(bench.pool.status(), { pending: 1, queued: 0 })
    await bench.pool.close()
  })
})

suite('in the hands of a user', () => {
  test('follows accounts and the next block where no block has changed them', async () => {
    const bench = new PoolBench()
    const late = await bench.add(transfer({ nonce: 1 }))
    const dear = await bench.add(transfer({ from: 1, gasLimit: 100_000n }))
    assert.deepEqual(bench.pool.status(), { pending: 1, queued: 1 })
    bench.set(0, { nonce: 1n })
    bench.next = { ...bench.next, gasLimit: 50_000n }
    bench.pool.refresh()
    assert.deepEqual(bench.candidates(), [late])
    assert.ok(!bench.pool.has(dear))
    bench.next = { ...bench.next, minimumGasPrice: 10n ** 12n }
    bench.pool.refresh()
    await bench.refuses(transfer({ from: 2 }), 'underpriced')
  })

  test('has again what it had, whatever has become of the senders', async () => {
    const bench = new PoolBench()
    const hashes = [
      await bench.add(transfer()),
      await bench.add(transfer({ nonce: 1 })),
      await bench.add(transfer({ from: 1 })),
    ]
    const before = bench.pool.transactions()
    assert.deepEqual(
      before.map(({ hash }) => hash),
      hashes,
    )
    assert.equal(
      bench.pool.drop(({ sender }) => sender === testAddress(0)),
      2,
    )
    assert.deepEqual(bench.pool.status(), { pending: 1, queued: 0 })
    await bench.add(transfer({ from: 2 }))
    bench.set(0, { balance: 0n })
    bench.set(1, { nonce: 1n })
    bench.pool.refresh()
    bench.pool.replaceAll(before)
    // The first sender cannot pay any more, and the second one's nonce has been used.
    assert.deepEqual(bench.pool.status(), { pending: 0, queued: 2 })
    bench.set(0, { balance: 10n ** 18n })
    bench.pool.refresh()
    assert.deepEqual(bench.candidates(), hashes.slice(0, 2))
    await bench.pool.close()
    assert.deepEqual(new Set(bench.journal.values.keys()), new Set(hashes.slice(0, 2)))
  })

  test('takes what nobody signed only where both the rules and the pool allow it', async () => {
    const { r: _, s: __, ...unsigned } = transfer()
    const transaction = impersonate(unsigned as UnsignedTransaction, testAddress(5))
    const controlled = rulesFor('osaka', undefined, undefined, true)
    for (const [allowsImpersonation, rules] of [
      [false, controlled],
      [true, rulesFor('osaka')],
    ] as const) {
      const bench = new PoolBench({ allowsImpersonation })
      bench.next = { ...bench.next, rules }
      bench.pool.refresh()
      await bench.refuses(transaction, 'invalid-signature')
    }
    const bench = new PoolBench({ allowsImpersonation: true })
    bench.next = { ...bench.next, rules: controlled }
    bench.pool.refresh()
    // A contract too.
    const code = Uint8Array.of(0)
    bench.codes.set(keccak256Hex(code), code)
    bench.set(5, { codeHash: keccak256Hex(code) })
    const hash = await bench.add(transaction)
    assert.equal(bench.pool.pooled(hash)?.sender, testAddress(5))
  })
})
