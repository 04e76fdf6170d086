import { open, rename } from 'node:fs/promises'
import type { Command } from 'commander'
import { encodeBlock } from '../../primitives/block.ts'
import { openChainDatabase } from '../chain-database.ts'
import { progressBar } from '../progress.ts'
import { type DataOptions, dataCommand, dataSettings } from './settings-options.ts'

/** `pavm export FILE`: the canonical chain from block 1 to the head. */
export function exportCommand(): Command {
  return dataCommand('export')
    .description('write the canonical chain, without the genesis, to a file: the RLP of each block')
    .argument('<file>')
    .action(async (path: string, options: DataOptions) => {
      const chain = await openChainDatabase(dataSettings(options))
      // Under its name only when complete.
      const partial = `${path}.partial`
      const file = await open(partial, 'w')
      try {
        const head = chain.blocks.head().number
        const bar = progressBar('export', Number(head))
        for (let number = 1n; number <= head; number++) {
          const hash = chain.blocks.canonicalHash(number)
          const block = hash === undefined ? undefined : chain.blocks.block(hash)
          if (block === undefined) throw new Error(`block ${number} is not stored`)
          await file.write(encodeBlock(block))
          bar.update(Number(number))
        }
        bar.stop()
        await file.sync()
        await rename(partial, path)
        process.stdout.write(`${head} blocks written to ${path}\n`)
      } finally {
        await file.close()
        await chain.close()
      }
    })
}
