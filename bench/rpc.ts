import { setTimeout as sleep } from 'node:timers/promises'
import { Random } from '../test/support/random.ts'
import { median, shuffled } from './measure.ts'
import type { Report } from './report.ts'
import { ANVIL, type DevNodeKind, HARDHAT, PAVM_DEV, type StartedNode, startNode } from './rpc/dev-nodes.ts'
import { JsonRpcClient } from './rpc/json-rpc-client.ts'
import { type Task, type TaskSizes, tasks } from './rpc/tasks.ts'

export interface RpcBenchOptions {
  readonly sizes: TaskSizes
  readonly warmUps: number
  readonly rounds: number
  /** Milliseconds that all nodes have after their starts, for what they do by themselves then. */
  readonly restMs: number
  /** Those of them that are installed are measured; the first is compared with the others. */
  readonly kinds?: readonly DevNodeKind[]
}

const START = 'start to the first answer'
const ORDER_SEED = 7

/** What nodes for tests of contracts do for their clients, each in a process of its own, in turns. */
export async function measureRpc(options: RpcBenchOptions): Promise<readonly Report[]> {
  const { kinds = [PAVM_DEV, ANVIL, HARDHAT], sizes, restMs } = options
  const present = kinds.filter((kind) => kind.isInstalled())
  const missing = kinds.filter((kind) => !present.includes(kind)).map(({ name }) => `${name} is not installed here.`)
  const times = new Map<string, Map<string, number>>()
  times.set(START, await measureStarts(present, options))
  const all = tasks(sizes)
  const traced = present.map((kind) => kind.traced ?? kind)
  await withNodes(present, restMs, async (nodes) => {
    for (const task of all.filter(({ isTraced }) => !isTraced))
      times.set(task.name, await measureTask(task, nodes, options))
  })
  await withNodes(traced, restMs, async (nodes) => {
    for (const task of all.filter(({ isTraced }) => isTraced))
      times.set(task.name, await measureTask(task, nodes, options))
  })
  return [ratioReport(present, times, missing), timeReport(present, times)]
}

interface Subject {
  readonly kind: DevNodeKind
  readonly client: JsonRpcClient
}

/** All of them run while one after the other is asked. */
async function withNodes(
  kinds: readonly DevNodeKind[],
  restMs: number,
  use: (nodes: readonly Subject[]) => Promise<void>,
): Promise<void> {
  const nodes: (Subject & { readonly node: StartedNode })[] = []
  try {
    for (const kind of kinds) {
      const node = await startNode(kind)
      nodes.push({ kind, node, client: new JsonRpcClient(node.url) })
    }
    await sleep(restMs)
    await use(nodes)
  } finally {
    for (const { node, client } of nodes) {
      client.close()
      await node.stop()
    }
  }
}

/** Milliseconds by the node's name: medians. */
async function measureStarts(
  kinds: readonly DevNodeKind[],
  { warmUps, rounds }: RpcBenchOptions,
): Promise<Map<string, number>> {
  const samples = new Map(kinds.map(({ name }) => [name, [] as number[]]))
  for (const kind of kinds) await kind.prepare?.()
  const random = new Random(ORDER_SEED)
  for (let round = -Math.min(warmUps, 1); round < rounds; round++) {
    for (const kind of shuffled(kinds, random)) {
      const { startMs, stop } = await startNode(kind)
      await stop()
      if (round >= 0) samples.get(kind.name)!.push(startMs)
    }
  }
  return medians(samples)
}

async function measureTask(
  task: Task,
  nodes: readonly Subject[],
  { warmUps, rounds }: RpcBenchOptions,
): Promise<Map<string, number>> {
  const samples = new Map(nodes.map(({ kind }) => [kind.name, [] as number[]]))
  const prepared = new Map<string, unknown>()
  for (const { kind, client } of nodes) prepared.set(kind.name, await task.prepare(client))
  const random = new Random(ORDER_SEED)
  for (let round = -warmUps; round < rounds; round++) {
    for (const { kind, client } of shuffled(nodes, random)) {
      // Whoever was not asked for a while takes 1 to 2 ms to wake, whatever it is asked then.
      await client.ask('eth_chainId')
      let elapsed = 0
      for (const { counts, run } of task.steps) {
        const start = performance.now()
        await run(client, prepared.get(kind.name))
        if (counts) elapsed += performance.now() - start
      }
      if (round >= 0) samples.get(kind.name)!.push(elapsed)
    }
  }
  return medians(samples)
}

function medians(samples: ReadonlyMap<string, readonly number[]>): Map<string, number> {
  return new Map([...samples].map(([name, values]) => [name, median(values)]))
}

type Times = ReadonlyMap<string, ReadonlyMap<string, number>>

function ratioReport([ours, ...others]: readonly DevNodeKind[], times: Times, missing: readonly string[]): Report {
  return {
    title: `RPC: how many times as fast as the others ${ours!.name} is`,
    columns: ['', ...others.map(({ name }) => name)],
    rows: [...times].map(([task, of]) => [
      task,
      ...others.map(({ name }) => `${(of.get(name)! / of.get(ours!.name)!).toFixed(2)} x`),
    ]),
    notes: [`Time of the other one divided by time of ${ours!.name}.`, ...missing],
  }
}

function timeReport(kinds: readonly DevNodeKind[], times: Times): Report {
  return {
    title: 'RPC: milliseconds',
    columns: ['', ...kinds.map(({ name }) => name)],
    rows: [...times].map(([task, of]) => [task, ...kinds.map(({ name }) => of.get(name)!)]),
    notes: ['Medians, as a client sees them: from the request to the whole answer, parsed.'],
    figures: Object.fromEntries([...times].map(([task, of]) => [task, Object.fromEntries(of)])),
  }
}
