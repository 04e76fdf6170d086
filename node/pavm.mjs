#!/usr/bin/env node
// The `pavm` command. Hands over to `main.ts` under a Node that runs TypeScript: this one, or the packaged one.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = dirname(fileURLToPath(import.meta.url))
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major > 22 || (major === 22 && minor >= 18)) {
  await import('./main.ts')
} else {
  const packaged = join(folder, '..', 'node_modules', '.bin', 'node')
  if (!existsSync(packaged)) {
    process.stderr.write(`pavm needs Node 22.18 or newer, this is ${process.versions.node}\n`)
    process.exit(1)
  }
  const child = spawn(packaged, [join(folder, 'main.ts'), ...process.argv.slice(2)], { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code) => process.exit(code ?? 1))
}
