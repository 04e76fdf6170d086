import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { compileCommand } from './commands/compile.ts'
import { devnetCommand } from './commands/devnet.ts'
import { exportCommand } from './commands/export.ts'
import { importCommand } from './commands/import.ts'
import { initCommand } from './commands/init.ts'
import { nodeCommand } from './commands/node.ts'
import { replayCommand } from './commands/replay.ts'

/** The command line `pavm`: one subcommand a file in `commands/`. */
export function buildProgram(): Command {
  const { version, description } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string
    description: string
  }
  const program = new Command('pavm').description(description).version(version).showHelpAfterError()
  for (const command of [
    devnetCommand,
    nodeCommand,
    initCommand,
    exportCommand,
    importCommand,
    replayCommand,
    compileCommand,
  ]) {
    program.addCommand(command())
  }
  return program
}
