import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'

const BLOCK_BYTES = 512
const NAME_BYTES = 100
const SIZE_OFFSET = 124
const SIZE_BYTES = 12
const PREFIX_OFFSET = 345
const PREFIX_BYTES = 155

/** A file inside an archive. */
export interface TarEntry {
  readonly name: string
  readonly bytes: Uint8Array
}

/** The files of a gzipped USTAR archive without links or directories, in order. Throws when a header is cut off. */
export function* readTar(path: string): Generator<TarEntry> {
  const archive = gunzipSync(readFileSync(path))
  let offset = 0
  while (offset + BLOCK_BYTES <= archive.length) {
    const header = archive.subarray(offset, offset + BLOCK_BYTES)
    if (header[0] === 0) return
    const size = Number.parseInt(text(header, SIZE_OFFSET, SIZE_BYTES), 8)
    const prefix = text(header, PREFIX_OFFSET, PREFIX_BYTES)
    const name = text(header, 0, NAME_BYTES)
    const start = offset + BLOCK_BYTES
    if (!(start + size <= archive.length)) throw new Error(`${path}: ${name} is cut off`)
    const bytes = new Uint8Array(archive.buffer, archive.byteOffset + start, size)
    yield { name: prefix === '' ? name : `${prefix}/${name}`, bytes }
    offset = start + Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES
  }
}

/** A field that ends with its first zero byte. */
function text(header: Buffer, offset: number, length: number): string {
  const field = header.subarray(offset, offset + length)
  const end = field.indexOf(0)
  return field.toString('latin1', 0, end === -1 ? length : end).trim()
}
