import { open, rename, rm } from 'node:fs/promises'
import type { Command } from 'commander'
import { encodeBlock } from '../../primitives/block.ts'
import { type ChainDatabase, openChainDatabase } from '../chain-database.ts'
import { CommandError } from '../command-error.ts'
import { progressBar } from '../progress.ts'
import { type DataOptions, dataCommand, storedChainSettings } from './settings-options.ts'

/** `pavm export FILE`: the canonical chain from block 1 to the head. */
export function exportCommand(): Command {
  return dataCommand('export')
    .description('write the canonical chain, without the genesis, to a file: the RLP of each block')
    .argument('<file>')
    .action(async (path: string, options: DataOptions) => {
      const chain = await openChainDatabase(storedChainSettings(options))
      // Under its name only when complete.
      const partial = `${path}.partial`
      try {
        const head = await writeChain(partial, chain.blocks)
        await rename(partial, path)
        process.stdout.write(`${head} blocks written to ${path}\n`)
      } catch (error) {
        await rm(partial, { force: true })
        throw error
      } finally {
        await chain.close()
      }
    })
}

/** @returns the number of the last block */
async function writeChain(path: string, blocks: ChainDatabase['blocks']): Promise<bigint> {
  const file = await open(path, 'w')
  try {
    const head = blocks.head().number
    const bar = progressBar('export', Number(head))
    for (let number = 1n; number <= head; number++) {
      const hash = blocks.canonicalHash(number)
      const block = hash === undefined ? undefined : blocks.block(hash)
      if (block === undefined) throw new CommandError('no-block', `block ${number} is not stored`, { number })
      // Not `write`, which may write a part.
      await file.appendFile(encodeBlock(block))
      bar.update(Number(number))
    }
    bar.stop()
    await file.sync()
    return head
  } finally {
    await file.close()
  }
}
