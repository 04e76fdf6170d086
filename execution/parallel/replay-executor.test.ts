import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BlockExecutor, ExecutedBlock, ReplayStrategy } from '../block/executor.ts'
import { DEFAULT_COMPILER_OPTIONS } from '../compiler/compiler-options.ts'
import { SenderCache } from '../sender-cache.ts'
import type { MortalData } from './fixtures/mortal-replay-worker.ts'
import { increment, setSlot, TestChain } from './fixtures/test-chain.ts'
import { ReplayExecutor } from './replay-executor.ts'
import { ReplayPool } from './replay-pool.ts'
import type { SerialTasks } from './serial-tasks.ts'
import { TaskPool } from './task-pool.ts'
import { ThreadState } from './thread-state.ts'
import { VerifyingExecutor } from './verifying-executor.ts'

function errorOf(what: string) {
  return () => new Error(what)
}

/** A replay over threads that die a number of times of one transaction. */
async function mortalExecutor(chain: TestChain, strategy: ReplayStrategy, deaths: number, workers: number) {
  const countdown = new SharedArrayBuffer(4)
  new Int32Array(countdown)[0] = deaths
  const thread = {
    databaseDirectory: chain.directory,
    chain: chain.genesis.config,
    compiler: DEFAULT_COMPILER_OPTIONS,
  }
  const mortal: typeof thread & MortalData = { ...thread, countdown, deadlyTransaction: 7 }
  const warnings: string[] = []
  const warn = (_: object, line: string) => warnings.push(line)
  const pool = new ReplayPool(
    {
      entry: new URL('./fixtures/mortal-replay-worker.ts', import.meta.url),
      workers,
      processors: undefined,
      thread: mortal,
      memoryMegabytes: 256,
    },
    { log: { debug() {}, info() {}, warn, error: warn } },
  )
  const serialThread = new TaskPool<SerialTasks>(
    {
      thread: {
        entry: new URL('./serial-worker.ts', import.meta.url),
        name: 'serial',
        data: thread,
        memoryMegabytes: 256,
      },
      threads: 1,
      queued: 10,
      attempts: 3,
    },
    { busy: errorOf('busy'), timeout: errorOf('timeout'), died: errorOf('died'), closed: errorOf('closed') },
  )
  const state = await ThreadState.open(thread)
  chain.beforeClose(async () => {
    await Promise.all([pool.close(), serialThread.close()])
    await state.close()
  })
  const executor = new ReplayExecutor(
    { strategy, leastShareUs: 0 },
    { pool, serial: serialThread, state: async () => state, senders: new SenderCache() },
  )
  return { executor, warnings }
}

function withoutTimeline({ timeline: _, ...rest }: ExecutedBlock) {
  return rest
}

test('a worker that dies in the midst of a block changes nothing of what comes out', async (context) => {
  const chain = await TestChain.open(context)
  const block = await chain.build(chain.service(), [
    ...Array.from({ length: 20 }, (_, from) => increment(from, 0, 1)),
    ...Array.from({ length: 20 }, (_, from) => setSlot(from, 1, from, 5)),
  ])
  const expected = await chain.service().executor('serial').execute(block, chain.head)
  for (const [strategy, deaths, workers, lines] of [
    ['split', 1, 2, /died/],
    ['groups', 2, 1, /died/],
    ['values', 1_000, 2, /serial/],
  ] as const) {
    const { executor, warnings } = await mortalExecutor(chain, strategy, deaths, workers)
    const executed = await executor.execute(block, chain.head)
    assert.deepEqual(withoutTimeline(executed), withoutTimeline(expected), strategy)
    assert.ok(
      warnings.some((line) => lines.test(line)),
      warnings.join('\n'),
    )
  }
})

test('two executors that differ in any field are found out', async (context) => {
  const chain = await TestChain.open(context)
  const service = chain.service()
  const block = await chain.build(service, [increment(0, 0, 1), increment(1, 0, 2)])
  const serial = service.executor('serial')
  const broken = (change: (executed: ExecutedBlock) => ExecutedBlock): BlockExecutor => ({
    strategy: 'split',
    execute: async (...args) => change(await serial.execute(...args)),
  })
  const verify = (executor: BlockExecutor) => new VerifyingExecutor({ executor, serial }).execute(block, chain.head)
  assert.deepEqual((await verify(broken((executed) => executed))).gasUsed, block.header.gasUsed)
  // What a claim covers is found as a false claim, what none does by comparison.
  const otherGas = broken((executed) => ({ ...executed, gasUsed: executed.gasUsed + 1n }))
  await assert.rejects(verify(otherGas), { code: 'verdict-differs' })
  const otherDiff = broken((executed) => ({ ...executed, diff: { ...executed.diff, accounts: new Map() } }))
  await assert.rejects(verify(otherDiff), (error: { code: string; details: { fields: string[] } }) => {
    assert.equal(error.code, 'verdict-differs')
    assert.deepEqual(error.details.fields, ['diff'])
    return true
  })
})
