import type { Level } from 'level'
import { NativeWindow } from './native-window.ts'
import type { Entry, ScanOptions } from './reader.ts'
import { storageError } from './storage-error.ts'

/** LevelDB with keys and values as bytes. */
export type ByteLevel = Level<Uint8Array, Uint8Array>

/** The state of the database at one moment. */
export type LevelSnapshot = ReturnType<ByteLevel['snapshot']>

/** How a read is done: both encodings named, so that abstract-level need not merge defaults. */
export interface ReadOptions {
  readonly keyEncoding: 'view'
  readonly valueEncoding: 'view'
  readonly snapshot?: LevelSnapshot
}

/** Entries read at once; LevelDB also ends a piece at 16 KiB. */
const PIECE_ENTRIES = 1000

const keysToRead = new NativeWindow()

/** `undefined` when there is no such key. Throws StorageError. */
export function readLevel(level: ByteLevel, key: Uint8Array, options: ReadOptions): Uint8Array | undefined {
  let value: Uint8Array | undefined
  try {
    value = level.getSync(keysToRead.of(key), options)
  } catch (error) {
    throw storageError(error, 'read the database', { bucket: key[0] })
  }
  return value && plainBytes(value)
}

/** Entries whose keys begin with `prefix`. Throws StorageError. */
export async function* scanLevel(
  level: ByteLevel,
  prefix: Uint8Array,
  { reverse = false, from }: ScanOptions,
  options: ReadOptions,
): AsyncGenerator<Entry, void, undefined> {
  const range = reverse ? { gte: prefix, lte: from ?? endOf(prefix) } : { gte: from ?? prefix, lt: endOf(prefix) }
  const iterator = level.iterator({ ...range, ...options, reverse })
  try {
    for (;;) {
      const piece = await iterator.nextv(PIECE_ENTRIES)
      if (piece.length === 0) return
      for (const [key, value] of piece) yield { key: plainBytes(key), value: plainBytes(value) }
    }
  } catch (error) {
    throw storageError(error, 'read the database', { bucket: prefix[0] })
  } finally {
    await iterator.close()
  }
}

/** The first key behind all those with the prefix. No bucket is 255, so there is one. */
function endOf(prefix: Uint8Array): Uint8Array {
  const end = prefix.slice()
  let last = end.length - 1
  while (end[last] === 0xff) last--
  end[last]!++
  return end.subarray(0, last + 1)
}

/** LevelDB gives Buffers, whose `slice` and equality differ from those of the plain arrays that callers expect. */
function plainBytes(buffer: Uint8Array): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length)
}
