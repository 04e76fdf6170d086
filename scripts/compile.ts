// Prints ABI and bytecode of contracts as JSON, for clients in other languages: node scripts/compile.ts Token.sol ...
import { compile } from '../contracts/compile.ts'

const files = process.argv.slice(2)
if (files.length === 0) throw new Error('name at least one file of contracts/')
process.stdout.write(`${JSON.stringify(compile(...files))}\n`)
