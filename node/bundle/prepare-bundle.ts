import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
// biome-ignore lint/correctness/useImportExtensions: it is JavaScript, with its types beside it.
import { findBundle } from './find-bundle.mjs'
import { makeBundle } from './make-bundle.ts'
// biome-ignore lint/correctness/useImportExtensions: it is JavaScript, with its types beside it.
import { compiledFile } from './run-bundled.mjs'

const START_LIMIT_MS = 30_000
const POLL_MS = 50

/** Makes a bundle of the sources below `root`, where there is none, and runs it once, so that its compiled code is kept too. */
export async function prepareBundle(root: string): Promise<void> {
  const bundle = findBundle(root) ?? (await makeBundle(root))
  const compiled = compiledFile(bundle)
  if (existsSync(compiled)) return
  const pavm = join(root, 'node', 'pavm.mjs')
  const child = spawn(process.execPath, [pavm, 'dev', '--quiet', '--port', '0'], { stdio: 'ignore' })
  const ended = once(child, 'exit')
  const deadline = performance.now() + START_LIMIT_MS
  while (!existsSync(compiled) && child.exitCode === null && performance.now() < deadline) await sleep(POLL_MS)
  child.kill('SIGTERM')
  await ended
}
