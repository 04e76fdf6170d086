import { buildProgram } from './cli.ts'
import { describeError, ERROR_PREFIX } from './command-error.ts'

try {
  await buildProgram().parseAsync(process.argv)
} catch (error) {
  process.stderr.write(`${ERROR_PREFIX}${describeError(error)}\n`)
  process.exit(1)
}
