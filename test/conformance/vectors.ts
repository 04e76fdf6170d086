import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'

const ROOT = resolve(import.meta.dirname, '../..')

/** Where the public test vectors lie: beside the project, or where PAVM_VECTORS says. */
export const VECTORS_DIRECTORY = process.env.PAVM_VECTORS ?? resolve(ROOT, '../shared/vectors')

/** Path of a file among the vectors. */
export function vectorPath(...parts: readonly string[]): string {
  return join(VECTORS_DIRECTORY, ...parts)
}

/** For the `skip` option of a test: why its vectors cannot be read, or `false`. */
export function skipWithout(path: string): string | false {
  return existsSync(path) ? false : `no test vectors at ${path} (PAVM_VECTORS names another directory)`
}
