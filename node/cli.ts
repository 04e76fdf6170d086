import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { describeError, ERROR_PREFIX } from './command-error.ts'

/** One subcommand a file in `commands/`, each loaded when it is wanted: some take a second. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  devnet: async () => (await import('./commands/devnet.ts')).devnetCommand(),
  dev: async () => (await import('./commands/dev.ts')).devCommand(),
  node: async () => (await import('./commands/node.ts')).nodeCommand(),
  init: async () => (await import('./commands/init.ts')).initCommand(),
  export: async () => (await import('./commands/export.ts')).exportCommand(),
  import: async () => (await import('./commands/import.ts')).importCommand(),
  replay: async () => (await import('./commands/replay.ts')).replayCommand(),
  account: async () => (await import('./commands/account.ts')).accountCommand(),
  compile: async () => (await import('./commands/compile.ts')).compileCommand(),
}

/** The command line `pavm`, with the subcommand of that name, or with all of them where there is none. */
export async function buildProgram(name: string | undefined): Promise<Command> {
  const { version, description } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string
    description: string
  }
  const program = new Command('pavm').description(description).version(version).showHelpAfterError()
  const wanted = name !== undefined && Object.hasOwn(COMMANDS, name) ? [COMMANDS[name]!] : Object.values(COMMANDS)
  for (const command of await Promise.all(wanted.map((load) => load()))) program.addCommand(command)
  return program
}

/** Runs the command of `process.argv`. What is in its way is said on standard error, and ends the process. */
export async function runCommandLine(argv: readonly string[]): Promise<void> {
  try {
    const program = await buildProgram(argv[2])
    await program.parseAsync(argv)
  } catch (error) {
    process.stderr.write(`${ERROR_PREFIX}${describeError(error)}\n`)
    process.exit(1)
  }
}
