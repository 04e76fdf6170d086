import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Hash } from '../primitives/hex.ts'
import { EMPTY_TRIE_ROOT, KECCAK_EMPTY } from '../primitives/keccak.ts'
import { Batch } from '../storage/batch.ts'
import { type Database, openDatabase } from '../storage/database.ts'
import { trieNodeKey } from '../storage/keys.ts'
import { storedNodes } from '../storage/state-store.ts'
import type { StateDiff } from '../storage/state-view.ts'
import { MemoryNodes } from '../storage/trie/node-reader.ts'
import { ParallelStateUpdate } from '../storage/trie/parallel-update.ts'
import { updateState } from '../storage/trie/state-trie.ts'
import { Random } from '../test/support/random.ts'
import { type MeasureOptions, measureInTurns, median, wallClock } from './measure.ts'
import type { Report } from './report.ts'
import { blockChange, initialState, KINDS } from './trie/changes.ts'
import { updateByEthereumjs } from './trie/ethereumjs.ts'
import { TrieWorkers } from './trie/workers.ts'

export interface TrieOptions extends MeasureOptions {
  /** In each block. */
  readonly transactions: number
  /** Numbers of accounts, and of slots of the one contract. */
  readonly sizes: readonly number[]
  /** Numbers of threads. */
  readonly pools: readonly number[]
}

/** How long the state root of a block takes: on one thread, on several, and by another library. */
export async function measureTrie(options: TrieOptions): Promise<Report> {
  const rows: Report['rows'][number][] = []
  for (const size of options.sizes) rows.push(...(await measureSize(size, options)))
  return {
    title: `State root: blocks of ${options.transactions} transactions`,
    columns: ['changes', 'accounts and slots', 'computed', 'ms', 'one thread / this'],
    rows,
    notes: [
      `Medians of ${options.rounds} rounds after ${options.warmUps} to warm up, wall time from the change to the root and all new nodes.`,
      'The old nodes are in the caches of the threads, but for "nothing cached", where they come from LevelDB. What the',
      'transactions move goes between accounts of random choice; @ethereumjs/mpt has our Keccak and our cache.',
    ],
  }
}

const CACHE_BYTES = 256 << 20

async function measureSize(size: number, options: TrieOptions): Promise<Report['rows']> {
  const directory = mkdtempSync(join(tmpdir(), 'pavm-bench-'))
  const database = await openDatabase(directory, { chainId: 31337n, genesisHash: KECCAK_EMPTY })
  const pools: TrieWorkers[] = []
  try {
    const root = await storeState(database, initialState(size))
    const ways = await openWays(database, root, options.pools, pools)
    const rows: Report['rows'][number][] = []
    for (const kind of KINDS) {
      const random = new Random(size)
      // Few, so that each comes again and finds its nodes in the caches.
      const changes = Array.from({ length: 4 }, () => blockChange(kind, size, options.transactions, random))
      const subjects = ways.map(({ name, run }) => {
        let round = 0
        return { steps: [{ name, run: () => run(changes[round++ % changes.length]!) }] }
      })
      await checkAgreement(ways, changes[0]!)
      const samples = await measureInTurns(subjects, options, wallClock)
      const base = median(samples.get(ways[0]!.name)!)
      for (const { name } of ways) {
        const us = median(samples.get(name)!)
        rows.push([kind, size, name, us / 1_000, `${(base / us).toFixed(2)} x`])
      }
    }
    return rows
  } finally {
    await Promise.all(pools.map((pool) => pool.stop()))
    await database.close()
    rmSync(directory, { recursive: true, force: true })
  }
}

async function storeState(database: Database, state: StateDiff): Promise<Hash> {
  const { stateRoot, nodes } = updateState(EMPTY_TRIE_ROOT, state, new MemoryNodes())
  const batch = new Batch()
  for (const { hash, rlp } of nodes) batch.put(trieNodeKey(hash), rlp)
  await database.write(batch, { sync: false })
  return stateRoot
}

interface Way {
  readonly name: string
  run(change: StateDiff): Hash | Promise<Hash>
}

/** The first is the one that others are compared with. */
async function openWays(
  database: Database,
  root: Hash,
  counts: readonly number[],
  pools: TrieWorkers[],
): Promise<Way[]> {
  const nodes = storedNodes(database, CACHE_BYTES)
  const ways: Way[] = [
    { name: 'on one thread', run: (change) => updateState(root, change, nodes).stateRoot },
    {
      name: 'on one thread, nothing cached',
      run: (change) => updateState(root, change, storedNodes(database, CACHE_BYTES)).stateRoot,
    },
  ]
  for (const workers of counts) {
    const pool = await TrieWorkers.start(workers, database.directory, CACHE_BYTES)
    pools.push(pool)
    const parallel = new ParallelStateUpdate({ workers, minChanges: 1 }, { nodes, run: pool.run })
    ways.push({
      name: `by ${workers} ${workers === 1 ? 'worker' : 'workers'}`,
      run: async (change) => (await parallel.update(root, change)).stateRoot,
    })
  }
  ways.push({ name: 'by @ethereumjs/mpt', run: (change) => updateByEthereumjs(root, change, nodes) })
  return ways
}

async function checkAgreement(ways: readonly Way[], change: StateDiff): Promise<void> {
  const roots = new Set<Hash>()
  for (const { run } of ways) roots.add(await run(change))
  if (roots.size > 1) throw new Error(`the ways give different roots: ${[...roots].join(', ')}`)
}
