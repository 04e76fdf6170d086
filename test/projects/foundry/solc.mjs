#!/usr/bin/env node
/** solc-js where Forge expects the native compiler: what it asks of that is `--version` and `--standard-json`. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const solc = createRequire(import.meta.url)('solc')

if (process.argv.includes('--version')) {
  process.stdout.write(`solc, the solidity compiler commandline interface\nVersion: ${solc.version()}\n`)
} else if (process.argv.includes('--standard-json')) {
  process.stdout.write(solc.compile(readFileSync(0, 'utf8')))
} else {
  process.stderr.write(`not known: ${process.argv.slice(2).join(' ')}\n`)
  process.exit(1)
}
