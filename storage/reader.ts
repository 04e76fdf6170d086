/** Reads of the database, or of a snapshot of it. Keys are whole: `keys.ts` makes them. */
export interface Reader {
  /** `undefined` when there is no such key. Throws StorageError. */
  get(key: Uint8Array): Uint8Array | undefined
}

export interface Entry {
  readonly key: Uint8Array
  readonly value: Uint8Array
}

/** Also reads ranges, which LevelDB does only asynchronously. */
export interface Scanner extends Reader {
  /** Entries whose keys begin with `prefix`, ascending, or descending when `reverse`; read in bounded pieces. */
  entries(prefix: Uint8Array, options?: ScanOptions): AsyncIterable<Entry>
}

export interface ScanOptions {
  readonly reverse?: boolean
  /** Whole keys. The first key wanted, if it is not the first with the prefix (the last one when `reverse`). */
  readonly from?: Uint8Array
}
