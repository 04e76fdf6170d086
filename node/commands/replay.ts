import { type Command, InvalidArgumentError } from 'commander'
import { checkClaims } from '../../execution/block/claims.ts'
import type { ExecutionStrategy, ParentContext } from '../../execution/block/executor.ts'
import type { Hash } from '../../primitives/hex.ts'
import type { ChainDatabase } from '../chain-database.ts'
import { CommandError } from '../command-error.ts'
import { createLogger } from '../log.ts'
import { openNodeChain } from '../node-chain.ts'
import { wholeNumber } from './parsers.ts'
import { type DataOptions, dataCommand, storedChainSettings } from './settings-options.ts'

const STRATEGIES: readonly ExecutionStrategy[] = ['serial', 'groups', 'split', 'values']

/** `pavm replay BLOCK`: runs a stored block again by every strategy and compares the times. */
export function replayCommand(): Command {
  return dataCommand('replay')
    .description('run a stored block again, serially and by each strategy, and print a table')
    .argument('<block>', 'number, hash, or `latest`', parseBlock)
    .option('--runs <n>', 'runs of each; the median counts', wholeNumber(1, 10_000), 5)
    .action(runReplay)
}

function parseBlock(text: string): bigint | Hash | 'latest' {
  if (text === 'latest') return text
  if (/^0x[0-9a-f]{64}$/i.test(text)) return text.toLowerCase() as Hash
  if (/^\d+$/.test(text)) return BigInt(text)
  throw new InvalidArgumentError('a block number, a hash, or `latest` is needed.')
}

async function runReplay(
  wanted: bigint | Hash | 'latest',
  options: DataOptions & { readonly runs: number },
): Promise<void> {
  const settings = storedChainSettings(options)
  const node = await openNodeChain(settings, { log: createLogger({ ...settings.log, level: 'warn' }) })
  try {
    const { blocks } = node.storage
    const hash = resolve(wanted, blocks)
    const block = hash === undefined ? undefined : blocks.block(hash)
    if (hash === undefined || block === undefined) throw noBlock(`block ${wanted} is not stored`)
    if (block.header.number === 0n) throw noBlock('the genesis holds nothing to run')
    const parent = parentOf(block.header.parentHash, blocks)
    const strategies = block.header.plan === undefined ? STRATEGIES.slice(0, 1) : STRATEGIES

    const times = new Map<ExecutionStrategy, number[]>(strategies.map((strategy) => [strategy, []]))
    const cores = new Map<ExecutionStrategy, number>()
    // In turn, so that a machine whose speed drifts treats all alike. The first round warms up.
    for (let run = 0; run <= options.runs; run++) {
      for (const strategy of strategies) {
        const executed = await node.execution.executor(strategy).execute(block, parent)
        checkClaims(block, executed, block.header.stateRoot)
        if (run > 0) times.get(strategy)?.push(executed.timeline.durationUs)
        cores.set(strategy, new Set(executed.timeline.entries.map((entry) => entry.worker)).size)
      }
    }
    const serial = median(times.get('serial') ?? [])
    process.stdout.write(
      `block ${block.header.number} ${hash}: ${block.transactions.length} transactions, ${block.header.gasUsed} gas\n`,
    )
    process.stdout.write('strategy  workers  median ms  over serial\n')
    for (const strategy of strategies) {
      const time = median(times.get(strategy) ?? [])
      const row = [
        strategy.padEnd(8),
        String(cores.get(strategy) ?? 0).padStart(8),
        (time / 1000).toFixed(2).padStart(10),
        (serial / time).toFixed(2).padStart(12),
      ]
      process.stdout.write(`${row.join(' ')}\n`)
    }
  } finally {
    await node.close()
  }
}

function noBlock(message: string): CommandError {
  return new CommandError('no-block', message)
}

type Blocks = ChainDatabase['blocks']

function resolve(wanted: bigint | Hash | 'latest', blocks: Blocks): Hash | undefined {
  if (wanted === 'latest') return blocks.head().hash
  return typeof wanted === 'bigint' ? blocks.canonicalHash(wanted) : wanted
}

function parentOf(hash: Hash, blocks: Blocks): ParentContext {
  const header = blocks.header(hash)
  if (header === undefined) throw noBlock(`the parent ${hash} is not stored`)
  const recentHashes: Hash[] = [hash]
  let ancestor = header
  while (recentHashes.length < 256 && ancestor.number > 0n) {
    const next = blocks.header(ancestor.parentHash)
    if (next === undefined) break
    recentHashes.push(ancestor.parentHash)
    ancestor = next
  }
  return { header, hash, recentHashes }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}
