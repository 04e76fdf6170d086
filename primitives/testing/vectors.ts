import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

/** Where the public test vectors lie; they are no part of the repository. */
export const VECTORS = process.env.PAVM_VECTORS ?? '../shared/vectors'

/** For `test(…, { skip })`: why tests that need these files cannot run here, or `false`. */
export function skipWithout(...paths: readonly string[]): string | false {
  const missing = paths.find((path) => !existsSync(join(VECTORS, path)))
  return missing === undefined ? false : `no test vectors at ${join(VECTORS, missing)}`
}

export function readVectors<T>(path: string): T {
  const bytes = readFileSync(join(VECTORS, path))
  return JSON.parse((path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')) as T
}

const TAR_BLOCK_BYTES = 512

/** The files of a `.tar.gz` (USTAR without links), one after another. */
export function* readArchive(path: string): Generator<{ readonly name: string; readonly text: string }> {
  const archive = gunzipSync(readFileSync(join(VECTORS, path)))
  const field = (start: number, length: number): string =>
    archive.toString('utf8', start, start + length).split('\0')[0]!
  for (let offset = 0; archive[offset] !== 0 && offset < archive.length; ) {
    const size = Number.parseInt(field(offset + 124, 12), 8)
    const prefix = field(offset + 345, 155)
    const name = field(offset, 100)
    const start = offset + TAR_BLOCK_BYTES
    yield { name: prefix === '' ? name : `${prefix}/${name}`, text: archive.toString('utf8', start, start + size) }
    offset = start + Math.ceil(size / TAR_BLOCK_BYTES) * TAR_BLOCK_BYTES
  }
}
