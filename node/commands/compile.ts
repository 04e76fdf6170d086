import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Command } from 'commander'
import { CompileError, doesNotCompile } from '../../contracts/compiler/compile-error.ts'
import {
  type CompileOptions,
  compileFiles,
  compilePavm,
  type PavmArtifact,
} from '../../contracts/compiler/compile-pavm.ts'
import { hasErrors } from '../../contracts/compiler/solc.ts'
import { wholeNumber } from './parsers.ts'

interface Options extends CompileOptions {
  readonly output: string
  readonly standardJson: boolean
}

/** `pavm compile FILE...`: Solidity, with the keywords of threads, to bytecode. */
export function compileCommand(): Command {
  return new Command('compile')
    .description('compile Solidity files, which may start threads, and write an artifact of each of their contracts')
    .argument('<files...>')
    .option('--output <dir>', 'where artifacts are written, in a folder for each file', 'artifacts')
    .option('--standard-json', "print solc's standard JSON output instead", false)
    .option('--optimize-runs <n>', 'how often code is expected to run', wholeNumber(1, 2 ** 32 - 1), 200)
    .option('--evm-version <name>', "as `prague`; solc's own where it is left out")
    .option('--contract <name>', 'this contract alone')
    .action(runCompile)
}

function runCompile(files: readonly string[], options: Options): void {
  try {
    if (options.standardJson) printOutput(files, options)
    else writeArtifacts(files, options)
  } catch (error) {
    if (!(error instanceof CompileError) || error.code !== 'does-not-compile') throw error
    process.stderr.write(`${error.message}\n\n`)
    throw new CompileError('does-not-compile', `there are errors in ${files.join(', ')}`)
  }
}

function printOutput(files: readonly string[], options: CompileOptions): void {
  const { output } = compileFiles(files, options)
  process.stdout.write(`${JSON.stringify(output)}\n`)
  if (hasErrors(output)) throw doesNotCompile(output.errors ?? [])
}

function writeArtifacts(files: readonly string[], options: Options): void {
  const { artifacts, warnings } = compilePavm(files, options)
  for (const { formattedMessage } of warnings) process.stderr.write(`${formattedMessage}\n`)
  for (const artifact of artifacts) {
    const path = join(options.output, artifact.sourceName, `${artifact.contractName}.json`)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, `${JSON.stringify(artifact, null, 2)}\n`)
    process.stdout.write(`${summary(artifact)}  ${path}\n`)
  }
}

function summary({ contractName, abi, deployedBytecode }: PavmArtifact): string {
  const functions = abi.filter(({ type }) => type === 'function').length
  const bytes = String((deployedBytecode.length - 2) / 2).padStart(6)
  return `${contractName.padEnd(24)} ${bytes} bytes  ${String(functions).padStart(3)} functions`
}
