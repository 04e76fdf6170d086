import { writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { progressBar } from '../../node/progress.ts'
import { machine } from '../report.ts'
import { PROGRAMS } from '../vm.ts'
import { DOCUMENT, writeDocument } from './document.ts'
import { reproduce, stepsOf } from './reproduce.ts'
import { FULL_SIZES } from './sizes.ts'

const DOCS = fileURLToPath(new URL('../../docs', import.meta.url))
/** Those that the paper's is compared with here. */
const COMPARED: readonly string[] = ['anvil', 'geth’s evm']

const command = new Command('npm run reproduce --')
  .description(
    'repeats the experiments of the paper and writes docs/reproduction.md; half an hour at most on two processors',
  )
  .option('--json <file>', 'write the figures there as well')
  .option('--output <folder>', 'where the document and its plots are written', DOCS)
  .parse()

// So that what was started is ended: a signal alone would skip that.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

const { json, output } = command.opts<{ json?: string; output: string }>()
const progress = progressBar('experiments', stepsOf(FULL_SIZES))
let done = 0
try {
  const sections = await reproduce(FULL_SIZES, {
    programs: PROGRAMS.filter(({ name }) => COMPARED.includes(name)),
    onStep: () => progress.update(++done),
  })
  const date = new Date().toISOString().slice(0, 10)
  writeDocument(sections, { folder: output, processors: availableParallelism(), date, sizes: FULL_SIZES })
  if (json !== undefined)
    writeFileSync(json, `${JSON.stringify({ machine: machine(), date, sections }, undefined, 2)}\n`)
} finally {
  progress.stop()
}
console.log(`written: ${relative('.', join(output, DOCUMENT))}`)
