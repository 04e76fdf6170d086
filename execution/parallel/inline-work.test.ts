import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Address, wordToAddress, ZERO_ADDRESS } from '../../primitives/hex.ts'
import type { Transaction } from '../../primitives/transaction.ts'
import type { CallRequest } from '../call.ts'
import { ACCOUNTS, increment, STORE, setSlot, TestChain, transaction, word } from './fixtures/test-chain.ts'
import { InlineWork } from './inline-work.ts'
import { ThreadState } from './thread-state.ts'

const CALL_GAS = 50_000_000n
const MODEXP: Address = wordToAddress(5n)
const IDENTITY: Address = wordToAddress(4n)

/** Loops until the gas is gone. */
const ENDLESS = { to: STORE, data: new Uint8Array(96) }

/** Takes a power of three numbers of 256 bytes: some 87,000 gas. */
const POWER = Uint8Array.from([...word(256), ...word(256), ...word(256), ...new Uint8Array(768).fill(0xff)])

async function inlineWork(chain: TestChain, limitMs = 10_000): Promise<InlineWork> {
  const thread = await ThreadState.open({ databaseDirectory: chain.directory, chain: chain.genesis.config })
  chain.beforeClose(() => thread.close())
  return new InlineWork({ limitMs, callGasLimit: CALL_GAS }, { thread })
}

function buildRequest(chain: TestChain, candidates: readonly Transaction[]) {
  const senders = candidates.map(() => undefined)
  return { template: chain.template(), candidates, parent: chain.head, timeLimitMs: 10_000, senders }
}

test('a service answers the same with and without it', async (context) => {
  const chain = await TestChain.open(context)
  const [inline, threaded] = [chain.service({ inlineMs: 10_000 }), chain.service()]
  await chain.extend(inline, [setSlot(0, 0, 7, 42), increment(1, 0, 7)])
  const from = ACCOUNTS[3]!.address
  const requests: CallRequest[] = [
    { from, to: STORE, data: word(7) },
    { from, to: IDENTITY, data: word(99) },
    { from, to: MODEXP, data: POWER },
    { from, to: STORE, data: word(7), gasLimit: 30_000n },
    { from, ...ENDLESS, gasLimit: 100_000n },
  ]
  for (const request of requests) {
    const answers = [inline, threaded].map(async ({ calls }) => [
      await calls.call(request, chain.head),
      await calls.estimateGas(request, chain.head),
      await calls.createAccessList(request, chain.head),
    ])
    const [ours, theirs] = await Promise.all(answers)
    assert.deepEqual(ours, theirs)
  }
  const hash = `0x${'11'.repeat(32)}` as const
  const unknown = { hash, header: { ...chain.head.header, stateRoot: hash } }
  const poor = { from: ZERO_ADDRESS, to: STORE, value: 10n ** 30n }
  for (const { calls } of [inline, threaded]) {
    await assert.rejects(calls.call(poor, chain.head), { name: 'TransactionError', code: 'insufficient-funds' })
    await assert.rejects(calls.call(poor, unknown), {
      code: 'state-unavailable',
    })
    // Who has gone is asked for only where a thread is needed.
    const long = { from, to: MODEXP, data: POWER }
    await assert.rejects(calls.call(long, chain.head, { gone: AbortSignal.abort() }), { code: 'cancelled' })
  }
  const candidates = [
    setSlot(0, 1, 8, 1),
    increment(1, 1, 7),
    increment(2, 5, 7),
    transaction({ ...ENDLESS, from: 4, nonce: 0 }),
  ]
  const blocks = await Promise.all([inline, threaded].map((service) => chain.build(service, candidates)))
  assert.equal(blocks[0]!.transactions.length, 3)
  assert.deepEqual(blocks[0], blocks[1])
})

test('what it gave stays as it is while it does other work', async (context) => {
  const chain = await TestChain.open(context)
  const work = await inlineWork(chain)
  const output = work.call('call', {
    request: { from: ZERO_ADDRESS, to: IDENTITY, data: word(99) },
    context: chain.head,
  })
  const built = work.build(buildRequest(chain, [setSlot(0, 0, 7, 42), increment(1, 0, 7)]))
  const before = structuredClone({ output, built })
  work.call('call', { request: { from: ZERO_ADDRESS, to: IDENTITY, data: word(1) }, context: chain.head })
  work.build(buildRequest(chain, [setSlot(5, 0, 1, 9), increment(6, 0, 1), increment(7, 0, 3)]))
  assert.deepEqual({ output, built }, before)
})

test('what takes long is given up, and nothing is left of it', async (context) => {
  const chain = await TestChain.open(context)
  const [hasty, patient] = [await inlineWork(chain, 1), await inlineWork(chain)]
  // The first pieces of work have more time.
  const short = { request: { from: ZERO_ADDRESS, to: IDENTITY, data: word(1) }, context: chain.head }
  for (let done = 0; done < 10; done++) assert.equal(hasty.call('call', short)?.succeeded, true)
  const request = buildRequest(chain, [setSlot(0, 0, 7, 42), increment(1, 0, 7)])
  const { timeline: _, ...before } = patient.build(request)!.executed
  const endless = { request: { from: ZERO_ADDRESS, ...ENDLESS }, context: chain.head }
  for (const name of ['call', 'estimateGas', 'createAccessList'] as const) {
    assert.equal(hasty.call(name, endless), undefined, name)
  }
  const long = ACCOUNTS.map((_, from) => transaction({ ...ENDLESS, from, nonce: 0, gasLimit: 1_400_000n }))
  assert.equal(hasty.build(buildRequest(chain, long)), undefined)
  const { timeline: __, ...after } = patient.build(request)!.executed
  assert.deepEqual(after, before)
})

test('precompiled contracts that may take long are left to others, and so are many candidates', async (context) => {
  const chain = await TestChain.open(context)
  const work = await inlineWork(chain)
  const call = (to: Address, data: Uint8Array, gasLimit?: bigint) =>
    work.call('call', { request: { from: ZERO_ADDRESS, to, data, gasLimit }, context: chain.head })
  assert.equal(call(MODEXP, POWER), undefined)
  assert.equal(call(IDENTITY, word(1))?.succeeded, true)
  // Not enough for it to run at all.
  assert.equal(call(MODEXP, POWER, 80_000n)?.succeeded, false)
  const transfers = Array.from({ length: 65 }, (_, nonce) =>
    transaction({ from: 0, nonce, to: ZERO_ADDRESS, value: 1n }),
  )
  assert.equal(work.build(buildRequest(chain, transfers)), undefined)
  assert.equal(work.build(buildRequest(chain, transfers.slice(0, 64)))?.included.length, 64)
})
