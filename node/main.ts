import { buildProgram } from './cli.ts'

await buildProgram().parseAsync(process.argv)
