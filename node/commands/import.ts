import { stat } from 'node:fs/promises'
import type { Command } from 'commander'
import { decodeBlock } from '../../primitives/block.ts'
import { CodedError } from '../../primitives/errors.ts'
import { readChainFile } from '../chain-file.ts'
import { createLogger } from '../log.ts'
import { openNodeChain } from '../node-chain.ts'
import { progressBar } from '../progress.ts'
import { type DataOptions, dataCommand, dataSettings } from './settings-options.ts'

/** `pavm import FILE`: takes in the blocks of a file as if peers had sent them. */
export function importCommand(): Command {
  return dataCommand('import')
    .description('check and take in the blocks of a file, as `pavm export` writes it')
    .argument('<file>')
    .action(async (path: string, options: DataOptions) => {
      const settings = dataSettings(options)
      const { size } = await stat(path)
      const node = await openNodeChain(settings, { log: createLogger({ ...settings.log, level: 'warn' }) })
      const counts: Record<string, number> = {}
      const bar = progressBar('import', size)
      try {
        for await (const { bytes, endOffset } of readChainFile(path)) {
          const block = decodeBlock(bytes)
          try {
            const { status } = await node.chain.importBlock(block, { source: 'file' })
            counts[status] = (counts[status] ?? 0) + 1
          } catch (error) {
            const code = error instanceof CodedError ? ` (${error.code})` : ''
            const message = `block ${block.header.number} is refused${code}: ${(error as Error).message}`
            throw new Error(message, { cause: error })
          }
          bar.update(endOffset)
        }
      } finally {
        bar.stop()
        await node.close()
      }
      const { header, hash } = node.chain.head()
      const told = Object.entries(counts).map(([status, count]) => `${count} ${status}`)
      process.stdout.write(`${told.join(', ') || 'no blocks'}; the head is ${header.number} ${hash}\n`)
    })
}
