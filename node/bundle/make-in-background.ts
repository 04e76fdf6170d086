import { closeSync, mkdirSync, openSync, rmSync, statSync } from 'node:fs'
import { constants, setPriority } from 'node:os'
import { join } from 'node:path'
// biome-ignore lint/correctness/useImportExtensions: it is JavaScript, with its types beside it.
import { bundlesFolder } from './find-bundle.mjs'
import { prepareBundle } from './prepare-bundle.ts'

/** Takes some seconds; whoever has not ended by then never will. */
const LIMIT_MS = 60_000

const root = join(import.meta.dirname, '..', '..')
const folder = bundlesFolder(root)
const lock = join(folder, 'lock')

// Whoever has started it has a node to run.
setPriority(constants.priority.PRIORITY_LOW)
mkdirSync(folder, { recursive: true })
if (takeLock()) {
  try {
    await prepareBundle(root)
  } finally {
    rmSync(lock, { force: true })
  }
}

/** Many nodes that start at the same time need one bundle. It would do no harm if two made it. */
function takeLock(): boolean {
  try {
    closeSync(openSync(lock, 'wx'))
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    const isAbandoned = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? 0) > LIMIT_MS
    if (isAbandoned) rmSync(lock, { force: true })
    return isAbandoned
  }
}
