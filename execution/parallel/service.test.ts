import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { platform } from 'node:os'
import { test } from 'node:test'
import type { Block } from '../../primitives/block.ts'
import { blockAccessListHash } from '../../primitives/block-access-list.ts'
import { ZERO_ADDRESS } from '../../primitives/hex.ts'
import { decodePlan, encodePlan } from '../../primitives/plan.ts'
import type { Transaction } from '../../primitives/transaction.ts'
import { checkClaims } from '../block/claims.ts'
import type { ExecutedBlock, ReplayStrategy } from '../block/executor.ts'
import { DEFAULT_COMPILER_OPTIONS } from '../compiler/compiler-options.ts'
import { ACCOUNTS, increment, STORE, setSlot, TestChain, transaction, word } from './fixtures/test-chain.ts'

const STRATEGIES: readonly ReplayStrategy[] = ['groups', 'split', 'values']

/** Transfers between pairs, a chain over a hot slot, writers of their own slots, a reader of the coinbase, two failures. */
function mixedCandidates(): Transaction[] {
  const nonces = ACCOUNTS.map(() => 0)
  const next = (from: number) => nonces[from]!++
  return Array.from({ length: 60 }, (_, index) => {
    const from = index % ACCOUNTS.length
    const nonce = next(from)
    if (index === 31) return transaction({ from, nonce, to: STORE, gasLimit: 100_000n })
    if (index === 33) return transaction({ from, nonce, to: STORE, data: new Uint8Array(96), gasLimit: 60_000n })
    if (index === 35) return transaction({ from, nonce, data: Uint8Array.of(0x60, 0x00, 0x60, 0x00, 0xfd) })
    if (index % 4 === 0) return increment(from, nonce, 1)
    if (index % 4 === 1) return setSlot(from, nonce, 100 + index, index)
    if (index % 4 === 2) return transaction({ from, nonce, to: ACCOUNTS[(from + 1) % 20]!.address, value: 5n })
    return increment(from, nonce, 200 + (index % 8))
  })
}

function withoutTimeline({ timeline: _, ...rest }: ExecutedBlock) {
  return rest
}

test('every strategy with any number of workers gives what serial execution gives', async (context) => {
  const chain = await TestChain.open(context)
  const builder = chain.service({ workers: 1 })
  for (const candidates of [[], mixedCandidates()]) {
    const block = await chain.build(builder, candidates)
    assert.equal(block.transactions.length, candidates.length)
    const expected = await builder.executor('serial').execute(block, chain.head)
    checkClaims(block, expected, chain.stateRoot(expected))
    for (const workers of [1, 2, 4]) {
      const service = chain.service({ workers })
      for (const strategy of STRATEGIES) {
        const executed = await service.executor(strategy).execute(block, chain.head)
        assert.deepEqual(withoutTimeline(executed), withoutTimeline(expected), `${strategy}, ${workers} workers`)
        checkClaims(block, executed, chain.stateRoot(executed))
        const { timeline } = executed
        assert.equal(timeline.strategy, strategy)
        assert.equal(timeline.workers, workers)
        assert.deepEqual(
          timeline.entries.flatMap((entry) => entry.transactions).toSorted((a, b) => a - b),
          [...block.transactions.keys()],
        )
        for (const entry of timeline.entries) assert.ok(entry.startUs >= 0 && entry.worker < workers)
      }
    }
  }
})

test('what gets hot is compiled for all threads, and changes no result', async (context) => {
  const chain = await TestChain.open(context)
  const service = chain.service({ compiler: { ...DEFAULT_COMPILER_OPTIONS, threshold: 20 } })
  const plain = chain.service({ compiler: { ...DEFAULT_COMPILER_OPTIONS, enabled: false } })
  // Loops until the gas is gone.
  const endless = { to: STORE, data: new Uint8Array(96), gasLimit: 60_000n }
  const candidates = ACCOUNTS.map((_, from) => transaction({ ...endless, from, nonce: 0 }))
  const block = await chain.build(service, candidates)
  const expected = withoutTimeline(await plain.executor('serial').execute(block, chain.head))
  const end = performance.now() + 20_000
  // The serial thread, both replay threads, and some of them again for blocks of code that had not run.
  while (service.compilerCounts().reused < 4) {
    assert.ok(performance.now() < end, JSON.stringify(service.compilerCounts()))
    for (const strategy of ['split', 'serial'] as const) {
      assert.deepEqual(withoutTimeline(await service.executor(strategy).execute(block, chain.head)), expected)
    }
  }
  // The contract, and the four that the system calls (EIP-4788, 2935, 7002, 7251), each once or, for
  // what of it had not run before, twice.
  const { compiled, givenUp } = service.compilerCounts()
  assert.ok(compiled >= 5 && compiled <= 10, `${compiled} modules`)
  assert.equal(givenUp, 0)
  assert.equal(plain.compilerCounts().compiled, 0)
})

test('blocks build on one another', async (context) => {
  const chain = await TestChain.open(context)
  const service = chain.service()
  for (let nonce = 0; nonce < 4; nonce++) {
    const block = await chain.build(service, [increment(0, nonce, 1), increment(1, nonce, 1), increment(2, nonce, 2)])
    const verifying = service.executor('split', { verifySerial: true })
    checkClaims(block, await verifying.execute(block, chain.head))
    await chain.extend(service, block.transactions)
  }
})

test('replay workers are pinned to their cores, and the kernel agrees', {
  skip: platform() !== 'linux',
}, async (context) => {
  const chain = await TestChain.open(context)
  const lines: string[] = []
  const log = { debug() {}, info: (_: object, line: string) => lines.push(line), warn() {}, error() {} }
  const service = chain.service({ workers: 0 }, log)
  await service.start()
  const workers = service.workers()
  assert.ok(workers.length > 0)
  for (const { index, core, threadId } of workers) {
    const status = readFileSync(`/proc/self/task/${threadId}/status`, 'utf8')
    assert.equal(/Cpus_allowed_list:\s*(\S+)/.exec(status)?.[1], String(core))
    assert.ok(lines.includes(`replay worker ${index} is pinned to core ${core}`))
  }
  assert.equal(new Set(workers.map(({ core }) => core)).size, workers.length)
})

test('on a chain without plans every executor is the serial one', async (context) => {
  const chain = await TestChain.open(context, { plan: false })
  const service = chain.service()
  const block = await chain.build(service, mixedCandidates())
  assert.equal(block.header.plan, undefined)
  const executor = service.executor('split')
  assert.equal(executor.strategy, 'serial')
  checkClaims(block, await executor.execute(block, chain.head))
})

test('the builder refuses what cannot be executed, and leaves out what does not fit', async (context) => {
  const chain = await TestChain.open(context)
  const service = chain.service()
  const candidates = [
    transaction({ from: 0, nonce: 0, to: ZERO_ADDRESS, value: 1n }),
    transaction({ from: 0, nonce: 0, to: ZERO_ADDRESS, value: 2n }),
    transaction({ from: 1, nonce: 0, to: ZERO_ADDRESS, value: 10n ** 30n }),
    transaction({ from: 1, nonce: 1, to: ZERO_ADDRESS }),
    transaction({ from: 2, nonce: 7, to: ZERO_ADDRESS }),
    transaction({ from: 3, nonce: 0, to: ZERO_ADDRESS, gasLimit: 17_000_000n }),
    transaction({ from: 4, nonce: 0, to: STORE, data: new Uint8Array(96), gasLimit: 150_000n }),
    transaction({ from: 5, nonce: 0, to: ZERO_ADDRESS, gasLimit: 60_000n }),
    transaction({ from: 5, nonce: 1, to: ZERO_ADDRESS, gasLimit: 21_000n }),
    transaction({ from: 0, nonce: 1, to: ZERO_ADDRESS, gasLimit: 21_000n }),
  ]
  const template = chain.template({ gasLimit: 200_000n })
  const built = await service.builder.build(template, candidates, chain.head, 10_000)
  assert.deepEqual(
    built.transactions.map((each) => candidates.indexOf(each)),
    [0, 6, 9],
  )
  assert.deepEqual(built.refused, [
    { candidate: 1, code: 'nonce-too-low' },
    { candidate: 2, code: 'insufficient-funds' },
    { candidate: 4, code: 'nonce-too-high' },
    { candidate: 5, code: 'gas-limit-exceeds-cap' },
  ])
  const block = chain.seal(template, built)
  checkClaims(block, await service.executor('split').execute(block, chain.head))
})

test('the builder stops when its time is up', async (context) => {
  const chain = await TestChain.open(context)
  const service = chain.service()
  const candidates = ACCOUNTS.map((_, from) => transaction({ from, nonce: 0, to: ZERO_ADDRESS }))
  const built = await service.builder.build(chain.template(), candidates, chain.head, 0)
  assert.ok(built.transactions.length < candidates.length)
  assert.deepEqual(built.refused, [])
})

/** The block with some of its plan changed, and the header's gas with it. */
function withPlan(block: Block, change: (index: number) => { gasUsed?: bigint; group?: number }): Block {
  const plan = decodePlan(block.header.plan!)
  const transactions = plan.transactions.map((planned, index) => ({ ...planned, ...change(index) }))
  const gasUsed = transactions.reduce((sum, planned) => sum + planned.gasUsed, 0n)
  return { ...block, header: { ...block.header, gasUsed, plan: encodePlan({ transactions }) } }
}

/** Judges the block as a validator would. */
async function judge(block: Block, chain: TestChain, execution: Promise<ExecutedBlock>): Promise<void> {
  const executed = await execution
  checkClaims(block, executed, chain.stateRoot(executed))
}

test('lies are named, whatever the strategy', async (context) => {
  const chain = await TestChain.open(context)
  const service = chain.service()
  // A chain of ten by five senders, then four that have nothing to do with it.
  const honest = await chain.build(service, [
    ...Array.from({ length: 10 }, (_, index) => increment(index % 5, Math.floor(index / 5), 1)),
    ...[10, 11, 12, 13].map((from) => transaction({ from, nonce: 0, to: ZERO_ADDRESS, value: 1n })),
  ])
  const falseList = honest.accessList!.map((account) => {
    if (account.address !== ACCOUNTS[0]!.address) return account
    return { ...account, nonceChanges: account.nonceChanges.map((change) => ({ ...change, value: change.value + 1n })) }
  })
  const nonceLie: Block = {
    ...honest,
    header: { ...honest.header, blockAccessListHash: blockAccessListHash(falseList) },
    accessList: falseList,
  }
  const lies: [string, Block, string][] = [
    ['gas', withPlan(honest, (index) => (index === 3 ? { gasUsed: 30_000n } : {})), 'wrong-gas-used'],
    ['group', withPlan(honest, (index) => ({ group: index < 5 ? 0 : index < 10 ? 1 : index - 8 })), 'wrong-group'],
    ['nonce', nonceLie, 'wrong-written-value'],
    ['order', { ...honest, transactions: honest.transactions.with(0, increment(0, 1, 1)) }, 'invalid-transaction'],
  ]
  for (const strategy of STRATEGIES) {
    const executor = service.executor(strategy)
    await judge(honest, chain, executor.execute(honest, chain.head))
    for (const [name, block, code] of lies) {
      const verdict = judge(block, chain, executor.execute(block, chain.head))
      await assert.rejects(verdict, { name: 'BlockError', code }, `${name} by ${strategy}`)
    }
  }
})

test('a block that hides how much gas it uses is refused', async (context) => {
  const chain = await TestChain.open(context)
  const service = chain.service()
  const endless = { to: STORE, data: new Uint8Array(96) }
  const honest = await chain.build(
    service,
    ACCOUNTS.map((_, from) => transaction({ ...endless, from, nonce: 0, gasLimit: 30_000n })),
  )
  // The same but for gas limits of 3 million, all of which is used, 60 million in all.
  const hostile = {
    ...honest,
    header: { ...honest.header, gasLimit: 4_000_000n },
    transactions: ACCOUNTS.map((_, from) => transaction({ ...endless, from, nonce: 0, gasLimit: 3_000_000n })),
  }
  for (const strategy of STRATEGIES) {
    const verdict = service.executor(strategy).execute(hostile, chain.head)
    // It pays the fees of that gas, which the list does not say either.
    await assert.rejects(verdict, { name: 'BlockError', code: /wrong-(gas-used|written-value)/ }, strategy)
  }
})

test('a signature of nobody makes the block invalid', async (context) => {
  const chain = await TestChain.open(context)
  const service = chain.service()
  const honest = await chain.build(service, [increment(0, 0, 1), increment(1, 0, 1)])
  const forged = { ...honest, transactions: honest.transactions.with(1, { ...honest.transactions[1]!, s: 0n }) }
  for (const strategy of [...STRATEGIES, 'serial' as const]) {
    await assert.rejects(service.executor(strategy).execute(forged, chain.head), { code: 'invalid-transaction' })
  }
})

test('a block on a state that is not there is not judged', async (context) => {
  const chain = await TestChain.open(context)
  const service = chain.service()
  const block = await chain.build(service, [increment(0, 0, 1)])
  const hash = `0x${'ab'.repeat(32)}` as const
  const parent = { ...chain.head, hash, header: { ...chain.head.header, stateRoot: hash } }
  for (const strategy of [...STRATEGIES, 'serial' as const]) {
    await assert.rejects(service.executor(strategy).execute(block, parent), { code: 'state-unavailable' })
  }
})

test('calls see the state after their block, with overrides on top', async (context) => {
  const chain = await TestChain.open(context)
  const service = chain.service()
  const genesis = chain.head
  await chain.extend(service, [setSlot(0, 0, 7, 42)])
  // 32 bytes of slot 7.
  const code = Uint8Array.of(0x60, 7, 0x54, 0x60, 0, 0x52, 0x60, 32, 0x60, 0, 0xf3)
  const overrides = new Map([[STORE, { code }]])
  const request = { from: ACCOUNTS[0]!.address, to: STORE }
  const after = await service.calls.call(request, { ...chain.head, overrides })
  assert.deepEqual(after.output, word(42))
  const before = await service.calls.call(request, { ...genesis, overrides })
  assert.deepEqual(before.output, word(0))
  const state = new Map([[STORE, { code, stateDiff: new Map([[7n, 5n]]) }]])
  assert.deepEqual((await service.calls.call(request, { ...genesis, overrides: state })).output, word(5))
  await assert.rejects(service.calls.call({ ...request, gasLimit: 100n }, chain.head), { name: 'TransactionError' })
})

test('BLOCKHASH in a call follows the headers', async (context) => {
  const chain = await TestChain.open(context)
  const service = chain.service()
  const hashes = [chain.head.hash]
  for (let nonce = 0; nonce < 3; nonce++) {
    await chain.extend(service, [transaction({ from: 0, nonce, to: ZERO_ADDRESS })])
    hashes.push(chain.head.hash)
  }
  // The hash of the block whose number is the call data.
  const code = Uint8Array.of(0x60, 0, 0x35, 0x40, 0x60, 0, 0x52, 0x60, 32, 0x60, 0, 0xf3)
  const overrides = new Map([[STORE, { code }]])
  for (const number of [0, 1, 2]) {
    const request = { from: ZERO_ADDRESS, to: STORE, data: word(number) }
    const { output } = await service.calls.call(request, { ...chain.head, overrides })
    assert.deepEqual(output, word(BigInt(hashes[number]!)))
  }
  const own = await service.calls.call({ from: ZERO_ADDRESS, to: STORE, data: word(3) }, { ...chain.head, overrides })
  assert.deepEqual(own.output, word(0))
})

test('gas estimates are exact, and an access list is found', async (context) => {
  const chain = await TestChain.open(context)
  const service = chain.service()
  const from = ACCOUNTS[0]!.address
  const request = { from, to: STORE, data: word(3) }
  const estimate = await service.calls.estimateGas(request, chain.head)
  assert.ok('gasLimit' in estimate)
  assert.equal((await service.calls.call({ ...request, gasLimit: estimate.gasLimit }, chain.head)).succeeded, true)
  assert.equal(
    (await service.calls.call({ ...request, gasLimit: estimate.gasLimit - 1n }, chain.head)).succeeded,
    false,
  )
  const { accessList, outcome } = await service.calls.createAccessList(request, chain.head)
  assert.deepEqual(accessList, [{ address: STORE, slots: [3n] }])
  assert.equal(outcome.succeeded, true)
  const endless = await service.calls.estimateGas(
    { from, to: STORE, data: new Uint8Array(96), gasLimit: 90_000n },
    chain.head,
  )
  assert.ok('succeeded' in endless && !endless.succeeded)
})

test('a call that takes too long ends with timeout, and the next one is answered', async (context) => {
  const chain = await TestChain.open(context)
  const service = chain.service({ callTimeoutMs: 100, callGasLimit: 10n ** 12n, callThreads: 1 })
  const endless = { from: ZERO_ADDRESS, to: STORE, data: new Uint8Array(96) }
  await assert.rejects(service.calls.call(endless, chain.head), { name: 'CallError', code: 'timeout' })
  assert.equal((await service.calls.call({ from: ZERO_ADDRESS, to: STORE, data: word(1) }, chain.head)).succeeded, true)
})
