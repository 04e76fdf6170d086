import { stat } from 'node:fs/promises'
import type { Command } from 'commander'
import { BlockError } from '../../execution/block/block-error.ts'
import { decodeBlock } from '../../primitives/block.ts'
import { DecodeError } from '../../primitives/errors.ts'
import { type ChainFileEntry, readChainFile } from '../chain-file.ts'
import { CommandError } from '../command-error.ts'
import { createLogger } from '../log.ts'
import { type NodeChain, openNodeChain } from '../node-chain.ts'
import { progressBar } from '../progress.ts'
import { type DataOptions, dataCommand, dataSettings } from './settings-options.ts'

type Chain = NodeChain['chain']

/** `pavm import FILE`: takes in the blocks of a file as if peers had sent them. */
export function importCommand(): Command {
  return dataCommand('import')
    .description('check and take in the blocks of a file, as `pavm export` writes it')
    .argument('<file>')
    .action(async (path: string, options: DataOptions) => {
      const settings = dataSettings(options)
      const { size } = await stat(path)
      const node = await openNodeChain(settings, { log: createLogger({ ...settings.log, level: 'warn' }) })
      const bar = progressBar('import', size)
      try {
        const counts = await importFile(path, node.chain, bar)
        const told = Object.entries(counts).map(([status, count]) => `${count} ${status}`)
        const { header, hash } = node.chain.head()
        process.stdout.write(`${told.join(', ') || 'no blocks'}; the head is ${header.number} ${hash}\n`)
      } finally {
        bar.stop()
        await node.close()
      }
    })
}

/**
 * Blocks by what became of them (`ImportResult`). Throws CommandError naming the block that is not right; those before it
 * stay.
 */
async function importFile(
  path: string,
  chain: Chain,
  bar: { update(done: number): void },
): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  const kept = (): string => `the blocks before it are kept, the head is ${chain.head().header.number}`
  try {
    for await (const entry of readChainFile(path)) {
      const status = await importEntry(entry, chain)
      counts[status] = (counts[status] ?? 0) + 1
      bar.update(entry.offset + entry.bytes.length)
    }
  } catch (error) {
    if (error instanceof DecodeError) {
      throw new CommandError('bad-file', `${path}: ${error.message}; ${kept()}`, error.details, { cause: error })
    }
    if (error instanceof BlockError) {
      throw new CommandError('block-refused', `${path}: ${error.message}; ${kept()}`, error.details, { cause: error })
    }
    throw error
  }
  return counts
}

/** Throws DecodeError and BlockError naming the block. */
async function importEntry({ bytes, offset }: ChainFileEntry, chain: Chain): Promise<string> {
  const block = decode(bytes, offset)
  try {
    return (await chain.importBlock(block, { source: 'file' })).status
  } catch (error) {
    if (!(error instanceof BlockError)) throw error
    const message = `block ${block.header.number} at byte ${offset} is refused: ${error.message} (${error.code})`
    throw new BlockError(error.code, message, error.details, { cause: error })
  }
}

function decode(bytes: Uint8Array, offset: number): ReturnType<typeof decodeBlock> {
  try {
    return decodeBlock(bytes)
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw new DecodeError(`what begins at byte ${offset} is no block: ${error.message}`, { offset })
  }
}
