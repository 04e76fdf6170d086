import { type FileHandle, open } from 'node:fs/promises'
import { DecodeError } from '../primitives/errors.ts'

/** A block larger than this is refused before it is read: EIP-7934 allows 8 MiB, an access list adds as much again. */
const MAX_BLOCK_BYTES = 64 * 1024 * 1024

/** RLP: a list of up to 55 bytes has one byte before it, a longer one a byte that says how many hold its length. */
const SHORT_LIST = 0xc0
const LONG_LIST = 0xf7

/** One block of a chain file, still encoded, and where it begins. */
export interface ChainFileEntry {
  readonly bytes: Uint8Array
  readonly offset: number
}

/** Reads a chain file: the RLP of blocks one after the other. Throws DecodeError naming the byte. */
export async function* readChainFile(path: string): AsyncGenerator<ChainFileEntry> {
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    let offset = 0
    while (offset < size) {
      const length = await lengthAt(file, offset)
      if (offset + length > size) throw new DecodeError(`the block at byte ${offset} is cut off`, { offset })
      yield { bytes: await readAt(file, offset, length), offset }
      offset += length
    }
  } finally {
    await file.close()
  }
}

/** Bytes of the list that begins there, its prefix included. */
async function lengthAt(file: FileHandle, offset: number): Promise<number> {
  const prefix = await readAt(file, offset, 9)
  const first = prefix[0] ?? 0
  if (first < SHORT_LIST) throw new DecodeError(`no block begins at byte ${offset}`, { offset })
  if (first <= LONG_LIST) return 1 + first - SHORT_LIST
  const bytes = first - LONG_LIST
  const length = prefix.subarray(1, 1 + bytes).reduce((sum, byte) => sum * 256 + byte, 0)
  if (length > MAX_BLOCK_BYTES)
    throw new DecodeError(`the block at byte ${offset} has ${length} bytes`, { offset, length })
  return 1 + bytes + length
}

/** Fewer bytes at the end of the file. */
async function readAt(file: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const { buffer, bytesRead } = await file.read(new Uint8Array(length), 0, length, offset)
  return buffer.subarray(0, bytesRead)
}
