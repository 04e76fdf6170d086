import { Batch } from './batch.ts'
import type { Database } from './database.ts'
import { bucketKey, textKey } from './keys.ts'

/** A change of a text store: `undefined` deletes. */
export type TextChange = readonly [name: string, value: Uint8Array | undefined]

/** A small store of bytes by name, for a part of the node that has its own format: `metadata`, `poolJournal`. */
export class TextStore {
  readonly #bucket: 'metadata' | 'poolJournal'
  readonly #database: Database

  constructor(options: { readonly bucket: 'metadata' | 'poolJournal' }, modules: { readonly database: Database }) {
    this.#bucket = options.bucket
    this.#database = modules.database
  }

  get(name: string): Uint8Array | undefined {
    return this.#database.get(textKey(this.#bucket, name))
  }

  /** Ascending by the bytes of the names. */
  async *entries(): AsyncGenerator<readonly [name: string, value: Uint8Array], void, undefined> {
    for await (const { key, value } of this.#database.entries(bucketKey(this.#bucket))) {
      yield [Buffer.from(key.subarray(1)).toString('utf8'), value]
    }
  }

  /** All changes at once. With `sync`, on disk when the promise resolves. Throws StorageError. */
  async write(changes: Iterable<TextChange>, { sync = false }: { readonly sync?: boolean } = {}): Promise<void> {
    const batch = new Batch()
    for (const [name, value] of changes) {
      const key = textKey(this.#bucket, name)
      if (value === undefined) batch.delete(key)
      else batch.put(key, value)
    }
    await this.#database.write(batch, { sync })
  }
}
