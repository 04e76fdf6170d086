import { existsSync, mkdirSync, readdirSync, realpathSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import { Level } from 'level'
import { EMPTY_BYTES } from '../primitives/bytes.ts'
import type { Batch, BatchOperation } from './batch.ts'
import { BUCKETS } from './buckets.ts'
import { type FetchedBase, NotFetched, type StateBase } from './fork/state-base.ts'
import { type ChainIdentity, checkIdentity, hasIdentity, identityBatch } from './identity.ts'
import { type ByteLevel, type LevelSnapshot, type ReadOptions, readLevel, scanLevel } from './level-scan.ts'
import { NativeWindow } from './native-window.ts'
import type { Entry, Scanner, ScanOptions } from './reader.ts'
import { checkRecentBlocks } from './startup-check.ts'
import { isOfState, StateCache } from './state-cache.ts'
import { StorageError, storageError } from './storage-error.ts'
import { WaitingBatches, WriteBehind } from './write-behind.ts'

export interface DatabaseOptions extends ChainIdentity {
  /** LevelDB's cache of blocks read from disk, shared by all threads. Default 64. */
  readonly cacheMegabytes?: number
  /** Writes are refused (`disk-full`) while less would stay free. Default 64. */
  readonly reserveMegabytes?: number
  /** Whether a write is on disk when its promise resolves, if it does not say so itself. Default true. */
  readonly sync?: boolean
  /**
   * Milliseconds that batches which may wait do so, and are read from memory meanwhile; 0, the default: none waits. A crash loses
   * what waits, the newest batches.
   */
  readonly writeBehindMs?: number
}

/** What the database asks of the machine. */
export interface DatabaseModules {
  /** What a forked chain begins upon. */
  readonly base?: FetchedBase | undefined
  /** Bytes that a file in the directory may still grow by. */
  readonly freeBytes?: (directory: string) => number | Promise<number>
}

const MEGABYTE = 1 << 20
const DEFAULT_CACHE_MEGABYTES = 64

/**
 * Room for what LevelDB writes on its own: a write buffer turned into a table, and a compaction, which copies up to some
 * 25 tables of 2 MB before it deletes the old ones.
 */
const DEFAULT_RESERVE_MEGABYTES = 64

/** LevelDB's log and memory table: a block of 300 transfers writes about 1 MB, and each turn costs a compaction. */
const WRITE_BUFFER_BYTES = 16 * MEGABYTE

const BYTES: ReadOptions = { keyEncoding: 'view', valueEncoding: 'view' }

interface LevelModules {
  readonly level: ByteLevel
  readonly stateCache: StateCache | undefined
  readonly base?: StateBase | undefined
}

/** How a batch is written. */
export interface WriteOptions {
  /** Whether it is on disk when the promise resolves. Absent: as the database is opened. */
  readonly sync?: boolean
  /** Whether a database that writes behind may resolve before it is written. */
  readonly mayWait?: boolean
  /**
   * Of a batch that puts another state in the place of the whole one: called when nobody takes what was remembered of it any more, and
   * makes the base the one of the new state.
   */
  readonly onBegin?: () => void
}

/**
 * The node's one LevelDB. All reads of single keys are synchronous; a thread sees every batch whole as soon as it is
 * written by another. Batches that wait to be written are seen by the thread that has them: others are to be asked for something
 * after `flushed`.
 */
export class Database implements Scanner {
  readonly directory: string
  /** Of the flat state; in threads that only read, where they were given its memory. */
  readonly stateCache: StateCache | undefined
  readonly #base: StateBase | undefined
  readonly #level: ByteLevel
  readonly #reserveBytes: number
  readonly #sync: boolean
  readonly #freeBytes: (directory: string) => number | Promise<number>
  readonly #behind: WriteBehind | undefined
  readonly #key = new NativeWindow()
  readonly #value = new NativeWindow()
  /** Batches being written that put the flat state in an unknown state; one that failed among them. */
  #changing = 0
  #failure: StorageError | undefined

  constructor(
    {
      directory,
      reserveMegabytes,
      sync = true,
      writeBehindMs = 0,
    }: {
      readonly directory: string
      readonly reserveMegabytes?: number | undefined
      readonly sync?: boolean | undefined
      readonly writeBehindMs?: number | undefined
    },
    { level, stateCache, base, freeBytes }: LevelModules & Pick<DatabaseModules, 'freeBytes'>,
  ) {
    this.#base = base
    this.directory = directory
    this.stateCache = stateCache
    this.#level = level
    this.#reserveBytes = (reserveMegabytes ?? DEFAULT_RESERVE_MEGABYTES) * MEGABYTE
    this.#sync = sync
    this.#freeBytes = freeBytes ?? rememberingFreeBytes()
    if (writeBehindMs > 0) {
      const write = (operations: readonly BatchOperation[]) => this.#write(operations, { sync, isReadHere: true })
      this.#behind = new WriteBehind({ waitMs: writeBehindMs }, { write })
    }
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const waiting = this.#behind?.waiting.find(key)
    if (waiting !== undefined) return valueHere(key, valueAfter(waiting), this.#base)
    const read = () => valueHere(key, readLevel(this.#level, key, BYTES), this.#base)
    return isOfState(key) ? readCached(key, this.stateCache, this.stateCache?.generation(), read) : read()
  }

  /** Of a forked chain: what has been changed, and no more. */
  entries(prefix: Uint8Array, options: ScanOptions = {}): AsyncIterable<Entry> {
    return present(prefix, this.#scan(prefix, options))
  }

  async *#scan(prefix: Uint8Array, options: ScanOptions): AsyncGenerator<Entry> {
    await this.flushed()
    yield* scanLevel(this.#level, prefix, options, BYTES)
  }

  /** Whether reads that are done before anything else gets its turn see one state. Never in a thread that has no `stateCache`. */
  get isSteady(): boolean {
    return this.stateCache !== undefined && this.#changing === 0
  }

  /** Resolves when every batch so far is written, for who reads in another thread; `undefined` where none waits. */
  flushed(): Promise<void> | undefined {
    return this.#behind?.flushed()
  }

  /** Whether what the database does not have of the state may be in the base of a forked chain. */
  get isForked(): boolean {
    return this.#base?.isActive ?? false
  }

  /**
   * What `read` gives, once nothing that it reads of the base of a forked chain is missing here: it is called again after each
   * value that had to be fetched first, and must not have changed anything by then. Called at once the first time.
   */
  async fetched<T>(read: () => T | Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await read()
      } catch (error) {
        if (!(error instanceof NotFetched)) throw error
        await (this.#base as FetchedBase).fetch(error.key)
      }
    }
  }

  /** The state at this moment, whatever is written later. Holds back compaction: close it soon. */
  snapshot(): DatabaseSnapshot {
    const { stateCache } = this
    const generation = stateCache?.generation()
    try {
      const snapshot = this.#level.snapshot()
      // A batch in between may be in it or not.
      const isCertain = stateCache?.generation() === generation
      return new DatabaseSnapshot(isCertain ? generation : undefined, {
        level: this.#level,
        snapshot,
        stateCache,
        base: this.#base,
        waiting: this.#behind?.waiting,
      })
    } catch (error) {
      throw storageError(error, 'take a snapshot of the database')
    }
  }

  /**
   * Stores the whole batch, on disk when the promise resolves (`sync: false`: handed to the operating system, so that
   * only a power failure can lose it). Throws StorageError `disk-full` before anything is written when space is short:
   * the same batch may be tried again. A write that fails inside LevelDB is final (`write-failed` from then on), since
   * what is appended behind half a record might be lost at the next start.
   */
  async write(batch: Batch, { sync = this.#sync, mayWait = false, onBegin }: WriteOptions = {}): Promise<void> {
    if (batch.operations.length === 0) return
    await this.#checkSpace(batch.bytes)
    this.#requireWritable()
    const marksDeleted = this.isForked && onBegin === undefined
    const operations = marksDeleted ? batch.operations.map(markDeleted) : batch.operations
    if (mayWait && this.#behind !== undefined) return await this.#behind.add(operations, batch.bytes)
    await this.flushed()
    await this.#write(operations, { sync, onBegin })
  }

  /** Throws StorageError `write-failed` once a write has. */
  #requireWritable(): void {
    if (this.#failure === undefined) return
    const message = `nothing is written until a restart, since an earlier write failed: ${this.#failure.message}`
    throw new StorageError('write-failed', message, {}, { cause: this.#failure })
  }

  /** `isReadHere`: from memory while it is written. */
  async #write(
    operations: readonly BatchOperation[],
    {
      sync,
      isReadHere = false,
      onBegin,
    }: { readonly sync: boolean; readonly isReadHere?: boolean; readonly onBegin?: (() => void) | undefined },
  ): Promise<void> {
    this.#requireWritable()
    const changesState = onBegin !== undefined || operations.some(({ key }) => isOfState(key))
    const isUnsteady = changesState && !isReadHere
    if (changesState) this.stateCache?.begin()
    if (isUnsteady) this.#changing++
    onBegin?.()
    try {
      // One call each takes a third of the time that LevelDB needs to read as many objects (2.3 ms for 4,000).
      const chained = this.#level.batch()
      for (const operation of operations) {
        const key = this.#key.of(operation.key)
        if (operation.type === 'put') chained.put(key, this.#value.of(operation.value))
        else chained.del(key)
      }
      const written = chained.write({ sync })
      // While another thread writes.
      if (onBegin !== undefined) this.stateCache?.clear()
      else if (changesState) this.stateCache?.change(operations)
      await written
      if (changesState) this.stateCache?.end()
      if (isUnsteady) this.#changing--
    } catch (error) {
      const bytes = operations.reduce((sum, operation) => sum + bytesOf(operation), 0)
      const failure = storageError(error, 'write to the database', { bytes })
      if (failure.code !== 'closed') this.#failure = failure
      throw failure
    }
  }

  async #checkSpace(batchBytes: number): Promise<void> {
    const free = await this.#freeBytes(this.directory)
    const needed = batchBytes + this.#reserveBytes
    if (free >= needed) return
    const message = `${this.directory} has ${Math.floor(free / MEGABYTE)} MB free, writing needs ${Math.ceil(needed / MEGABYTE)} MB`
    throw new StorageError('disk-full', message, { free, needed })
  }

  /**
   * Waits for writes that have begun. The thread that opened the directory first closes last: LevelDB's block cache is
   * its own.
   */
  async close(): Promise<void> {
    try {
      await this.flushed()
    } finally {
      await this.#level.close()
    }
  }
}

/** The database at one moment. */
export class DatabaseSnapshot implements Scanner {
  readonly #level: ByteLevel
  readonly #snapshot: LevelSnapshot
  readonly #options: ReadOptions
  readonly #stateCache: StateCache | undefined
  readonly #base: StateBase | undefined
  /** What the cache calls this moment; `undefined` if that is not known. */
  readonly #generation: number | undefined
  readonly #waiting: WaitingBatches

  constructor(
    generation: number | undefined,
    {
      level,
      snapshot,
      stateCache,
      base,
      waiting = new WaitingBatches(),
    }: LevelModules & { readonly snapshot: LevelSnapshot; readonly waiting?: WaitingBatches | undefined },
  ) {
    this.#base = base
    this.#waiting = waiting
    this.#level = level
    this.#snapshot = snapshot
    this.#options = { ...BYTES, snapshot }
    this.#stateCache = stateCache
    this.#generation = generation
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const waiting = this.#waiting.find(key)
    if (waiting !== undefined) return valueHere(key, valueAfter(waiting), this.#base)
    const read = () => valueHere(key, readLevel(this.#level, key, this.#options) ?? this.#laterCode(key), this.#base)
    return isOfState(key) ? readCached(key, this.#stateCache, this.#generation, read) : read()
  }

  /** Only of a moment at which no batch waited. */
  entries(prefix: Uint8Array, options: ScanOptions = {}): AsyncIterable<Entry> {
    if (!this.#waiting.isEmpty) throw new Error('a snapshot is scanned that has batches which were not written')
    return present(prefix, scanLevel(this.#level, prefix, options, this.#options))
  }

  /** The code of an account of the base comes into the database when the account is read. */
  #laterCode(key: Uint8Array): Uint8Array | undefined {
    return key[0] === BUCKETS.code && this.#base?.isActive ? readLevel(this.#level, key, BYTES) : undefined
  }

  async close(): Promise<void> {
    await this.#snapshot.close()
  }
}

/** Of what is stored: an empty value of the state marks what a forked chain has deleted; for what is not there the base is asked. */
function valueHere(
  key: Uint8Array,
  stored: Uint8Array | undefined,
  base: StateBase | undefined,
): Uint8Array | undefined {
  if (stored === undefined) return base?.get(key)
  return stored.length === 0 && isOfState(key) ? undefined : stored
}

function valueAfter(operation: BatchOperation): Uint8Array | undefined {
  return operation.type === 'put' ? operation.value : undefined
}

function bytesOf(operation: BatchOperation): number {
  return operation.key.length + (valueAfter(operation)?.length ?? 0)
}

/** On a forked chain what is deleted of the state stays so, though the base has it. */
function markDeleted(operation: BatchOperation): BatchOperation {
  const { key, type } = operation
  return type === 'del' && isOfState(key) ? { type: 'put', key, value: EMPTY_BYTES } : operation
}

/** Without the marks of what a forked chain has deleted. */
function present(prefix: Uint8Array, entries: AsyncIterable<Entry>): AsyncIterable<Entry> {
  return isOfState(prefix) ? withValues(entries) : entries
}

async function* withValues(entries: AsyncIterable<Entry>): AsyncGenerator<Entry> {
  for await (const entry of entries) if (entry.value.length > 0) yield entry
}

/** The value from the cache, or from where `read` finds it; that is as the state was at that generation. */
function readCached(
  key: Uint8Array,
  cache: StateCache | undefined,
  generation: number | undefined,
  read: () => Uint8Array | undefined,
): Uint8Array | undefined {
  if (cache === undefined || generation === undefined) return read()
  const known = cache.get(key, generation)
  if (known !== undefined) return known.value
  const value = read()
  cache.add(key, value, generation)
  return value
}

/**
 * Opens the directory (and makes it when there is none) for the process's main thread, before any other thread opens
 * it. Throws StorageError: `locked` when another process has it open, `wrong-chain`, `wrong-schema`, `corrupt`,
 * `disk-full`, `io`.
 */
export async function openDatabase(
  directory: string,
  options: DatabaseOptions,
  modules: DatabaseModules = {},
): Promise<Database> {
  const database = await open(directory, options, { ...modules, stateCache: new StateCache() })
  try {
    if (hasIdentity(database)) checkIdentity(database, options)
    else await database.write(identityBatch(options), { mayWait: true })
    checkRecentBlocks(database)
    return database
  } catch (error) {
    await database.close()
    throw error
  }
}

/**
 * Opens the directory in a worker thread of the process that has it open already, with the memory of its `stateCache` if that
 * is to be shared, and what a forked chain begins upon. Throws StorageError `not-a-database` when there is none, and what `openDatabase` throws.
 */
export async function openDatabaseForReading(
  directory: string,
  stateCacheMemory?: SharedArrayBuffer,
  base?: StateBase,
): Promise<Database> {
  if (!existsSync(join(directory, 'CURRENT'))) {
    throw new StorageError('not-a-database', `there is no database in ${directory}`)
  }
  return await open(directory, {}, { stateCache: stateCacheMemory && new StateCache(stateCacheMemory), base })
}

async function open(
  directory: string,
  { cacheMegabytes = DEFAULT_CACHE_MEGABYTES, reserveMegabytes, sync, writeBehindMs }: Partial<DatabaseOptions>,
  modules: Pick<DatabaseModules, 'freeBytes'> & Omit<LevelModules, 'level'>,
): Promise<Database> {
  let level: ByteLevel | undefined
  try {
    mkdirSync(directory, { recursive: true })
    // One spelling for all threads: LevelDB knows an open directory by its name, and would open it twice by two names.
    const path = realpathSync(directory)
    checkFiles(path)
    level = new Level<Uint8Array, Uint8Array>(path, {
      ...BYTES,
      multithreading: true,
      cacheSize: cacheMegabytes * MEGABYTE,
      writeBufferSize: WRITE_BUFFER_BYTES,
    })
    await level.open()
    return new Database({ directory: path, reserveMegabytes, sync, writeBehindMs }, { ...modules, level })
  } catch (error) {
    await level?.close()
    const failure = storageError(error, `open the database in ${directory}`, { directory })
    if (failure.code !== 'locked') throw failure
    const message = `another process is using ${directory}: each node needs a data directory of its own`
    throw new StorageError('locked', message, { directory }, { cause: error })
  }
}

/** Without CURRENT, which names the newest state of the files, LevelDB would start afresh and delete the other files. */
function checkFiles(directory: string): void {
  const files = readdirSync(directory)
  if (files.includes('CURRENT') || !files.some((file) => file.endsWith('.ldb') || file.startsWith('MANIFEST-'))) return
  throw new StorageError('corrupt', `${directory} has files of a database but CURRENT is missing`, { directory })
}

/** To ask takes 4 to 16 us, and 300 where a thread is asked to wait for it. In this time less is written than the reserve. */
const SPACE_INTERVAL_MS = 100

function rememberingFreeBytes(): (directory: string) => number {
  let last: { readonly at: number; readonly bytes: number } | undefined
  return (directory) => {
    const now = performance.now()
    if (last === undefined || now - last.at > SPACE_INTERVAL_MS) {
      const { bavail, bsize } = statfsSync(directory)
      last = { at: now, bytes: bavail * bsize }
    }
    return last.bytes
  }
}
