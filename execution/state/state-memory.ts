import { randomBytes } from 'node:crypto'
import { concatBytes, writeHexDigits } from '../../primitives/bytes.ts'
import { type Address, type Hash, hashToBytes } from '../../primitives/hex.ts'
import type { Log } from '../../primitives/receipt.ts'
import { ModuleBuilder } from '../../primitives/wasm/encoder.ts'
import { addKeccak, KECCAK_BLOCK_BYTES, KECCAK_STATE_BYTES } from '../../primitives/wasm/keccak-function.ts'
import { WASM_PAGE_BYTES, type WasmFunction, webAssembly } from '../../primitives/wasm/webassembly.ts'
import {
  ACCOUNT,
  ACCOUNT_BYTES,
  CONTROL,
  JOURNAL_ENTRY,
  JOURNAL_ENTRY_BYTES,
  JOURNAL_KIND,
  type LinearMemory,
  linearMemory,
  MEMORY_BYTES,
  REGION,
  readWord,
  SLOT,
  SLOT_BYTES,
  SLOT_FLAGS,
  TOPIC_BYTES,
  writeWord,
} from './linear-memory.ts'
import { LOGS_LIMIT, type LogRecord, logRecordBytes, readLogRecords, writeLogRecord } from './log-records.ts'
import { defineSlotFunctions, importSlotHost, OPERATIONS_LIMIT, type SlotHost } from './slot-functions.ts'

/** Whose transaction is running: the one world state of the thread that journal, log and epoch are of. */
export interface ScopeOwner {
  /** The value in the view below of the slot in an entry. */
  readSlot(account: number, entry: number): bigint
  /** Whether what the view below holds of the storage is gone. */
  isStorageCleared(account: number): boolean
}

/** What is kept of a transaction while another world state's runs. */
export interface TransactionScope {
  epoch: number
  refund: bigint
  isRecording: boolean
  journal: Uint8Array
  operations: Uint8Array
  logs: Uint8Array
  locations: number
  /** Parts of the journal, and of the logs, that did not fit, in their order. */
  drained: Uint8Array[]
  drainedLogs: Uint8Array[]
  /** Of keccak over the operations that did not fit. */
  hashed: Uint8Array | undefined
}

export function newScope(epoch: number, isRecording: boolean): TransactionScope {
  return {
    epoch,
    refund: 0n,
    isRecording,
    journal: NO_BYTES,
    operations: NO_BYTES,
    logs: NO_BYTES,
    locations: 0,
    drained: [],
    drainedLogs: [],
    hashed: undefined,
  }
}

const NO_BYTES = new Uint8Array(0)
const MAX_ACCOUNTS = (REGION.slotBuckets - REGION.accounts) / ACCOUNT_BYTES

type SlotExports = Readonly<
  Record<
    | 'findSlot'
    | 'loadSlot'
    | 'logLook'
    | 'logWrite'
    | 'logTransientWrite'
    | 'journalSlot'
    | 'undoSlots'
    | 'releaseSlots',
    WasmFunction
  >
>
type KeccakExports = Readonly<Record<'keccak256' | 'absorb' | 'finish', WasmFunction>>

/** More accounts or slots than a thread has room for, all in world states that are in use. */
export class StateMemoryError extends Error {
  override readonly name = 'StateMemoryError'
}

/**
 * Slots, their journal, logs and the operation log in linear memory, where the virtual machine works on them without JavaScript.
 * The world states of a thread share it; one at a time has a transaction running.
 */
export class StateMemory {
  readonly memory: LinearMemory
  readonly #functions: SlotExports & KeccakExports
  /** Numbers of loaded slots by entry: each takes 0.2 µs to read. */
  readonly #keys: (bigint | undefined)[] = []
  /** Account numbers that were given back. */
  readonly #freeAccounts: number[] = []
  #accounts = 1
  #epochs = 0
  #owner: ScopeOwner | undefined
  #scope: TransactionScope | undefined

  constructor() {
    this.memory = linearMemory()
    const { u32 } = this.memory
    u32[CONTROL.hashSeed / 4] = randomBytes(4).readUInt32LE()
    u32[CONTROL.slotsEnd / 4] = REGION.slots
    u32[CONTROL.journalEnd / 4] = REGION.journal
    u32[CONTROL.operationsEnd / 4] = REGION.operations
    u32[CONTROL.logsEnd / 4] = REGION.logs
    this.#functions = this.#instantiate()
  }

  #instantiate(): SlotExports & KeccakExports {
    const module = new ModuleBuilder()
    module.importMemory('pavm', 'memory', MEMORY_BYTES / WASM_PAGE_BYTES)
    defineSlotFunctions(module, importSlotHost(module))
    addKeccak(module, { keccak256: 'keccak256', absorb: 'absorb', finish: 'finish' })
    const { exports } = new webAssembly.Instance(new webAssembly.Module(module.encode()), {
      pavm: { memory: this.memory.memory, ...this.imports },
    })
    return exports as SlotExports & KeccakExports
  }

  /** What modules that work on slots import from the host. */
  get imports(): Readonly<Record<keyof SlotHost, (...parameters: number[]) => unknown>> {
    return {
      readSlot: (entry) => this.#readSlot(entry!),
      journalFull: () => this.#drainJournal(),
      operationsFull: () => this.#absorbOperations(),
      slotsExhausted: () => {
        throw new StateMemoryError('too many storage slots are in use')
      },
      logsFull: () => this.#drainLogs(),
      longLog: (account, topicCount, data, length) => {
        const { bytes } = this.memory
        const topics = bytes.subarray(CONTROL.topics, CONTROL.topics + TOPIC_BYTES * topicCount!)
        this.#addLog({ account: account!, topics, data: bytes.subarray(data, data! + length!) })
      },
    }
  }

  // Scopes

  /** Makes a world state the one whose transaction runs, keeping what another one has begun. */
  own(owner: ScopeOwner, scope: TransactionScope): void {
    if (this.#owner === owner) return
    if (this.#scope !== undefined) this.#save(this.#scope)
    this.#owner = owner
    this.#scope = scope
    const { u32, bytes, i64 } = this.memory
    bytes.set(scope.journal, REGION.journal)
    bytes.set(scope.operations, REGION.operations)
    bytes.set(scope.logs, REGION.logs)
    u32[CONTROL.journalEnd / 4] = REGION.journal + scope.journal.length
    u32[CONTROL.operationsEnd / 4] = REGION.operations + scope.operations.length
    u32[CONTROL.logsEnd / 4] = REGION.logs + scope.logs.length
    u32[CONTROL.epoch / 4] = scope.epoch
    u32[CONTROL.locations / 4] = scope.locations
    u32[CONTROL.isRecording / 4] = scope.isRecording ? 1 : 0
    i64[CONTROL.refund / 8] = scope.refund
    if (scope.hashed !== undefined) bytes.set(scope.hashed, CONTROL.keccak)
    scope.journal = NO_BYTES
    scope.operations = NO_BYTES
    scope.logs = NO_BYTES
  }

  /** A world state begins no transaction any more, and ends none. */
  disown(owner: ScopeOwner): void {
    if (this.#owner !== owner) return
    this.#owner = undefined
    this.#scope = undefined
  }

  #save(scope: TransactionScope): void {
    const { u32, bytes, i64 } = this.memory
    scope.journal = bytes.slice(REGION.journal, u32[CONTROL.journalEnd / 4])
    scope.operations = bytes.slice(REGION.operations, u32[CONTROL.operationsEnd / 4])
    scope.logs = bytes.slice(REGION.logs, u32[CONTROL.logsEnd / 4])
    scope.epoch = u32[CONTROL.epoch / 4]!
    scope.locations = u32[CONTROL.locations / 4]!
    scope.refund = i64[CONTROL.refund / 8]!
    if (scope.hashed !== undefined) scope.hashed = bytes.slice(CONTROL.keccak, CONTROL.keccak + KECCAK_STATE_BYTES)
  }

  /** Begins a transaction of the owner: its journal and logs are empty, and what is met is met for the first time. */
  begin(): number {
    const { u32, i64 } = this.memory
    const scope = this.#scope!
    scope.drained.length = 0
    scope.drainedLogs.length = 0
    scope.hashed = undefined
    u32[CONTROL.journalEnd / 4] = REGION.journal
    u32[CONTROL.operationsEnd / 4] = REGION.operations
    u32[CONTROL.logsEnd / 4] = REGION.logs
    u32[CONTROL.locations / 4] = 0
    i64[CONTROL.refund / 8] = 0n
    const epoch = this.newEpoch()
    u32[CONTROL.epoch / 4] = epoch
    return epoch
  }

  /** A number that no transaction of the thread has had. */
  newEpoch(): number {
    return ++this.#epochs
  }

  // Accounts

  /** A number for an account, until it is given back. @throws StateMemoryError */
  newAccount(address: Address): number {
    const number = this.#freeAccounts.pop() ?? this.#accounts++
    if (number >= MAX_ACCOUNTS) throw new StateMemoryError('too many accounts are in use')
    const { bytes, u32 } = this.memory
    const record = accountRecord(number)
    u32[(record + ACCOUNT.location) >>> 2] = 0
    u32[(record + ACCOUNT.slots) >>> 2] = 0
    u32[(record + ACCOUNT.firstMet) >>> 2] = 0
    u32[(record + ACCOUNT.lastMet) >>> 2] = 0
    writeHexDigits(address, bytes, record + ACCOUNT.address)
    return number
  }

  /** Forgets accounts and all their slots: of a world state that is not used any more. */
  release(accounts: readonly number[]): void {
    for (const number of accounts) {
      this.#functions.releaseSlots(number)
      this.#freeAccounts.push(number)
    }
  }

  /** Its number in the operation log + 1, or 0. */
  locationOf(account: number): number {
    return this.memory.u32[(accountRecord(account) + ACCOUNT.location) >>> 2]!
  }

  setLocation(account: number, location: number): void {
    this.memory.u32[(accountRecord(account) + ACCOUNT.location) >>> 2] = location
  }

  /** A transaction meets the account for the first time. */
  enterAccount(account: number): void {
    const { u32 } = this.memory
    const record = accountRecord(account)
    u32[(record + ACCOUNT.location) >>> 2] = 0
    u32[(record + ACCOUNT.firstMet) >>> 2] = 0
    u32[(record + ACCOUNT.lastMet) >>> 2] = 0
  }

  // Slots

  /** The entry of a slot: `account` is the number, with `TRANSIENT` for transient storage. */
  slot(account: number, slot: bigint): number {
    return (this.#functions.findSlot as unknown as (account: number, ...limbs: bigint[]) => number)(
      account,
      slot,
      slot >> 64n,
      slot >> 128n,
      slot >> 192n,
    )
  }

  load(entry: number): void {
    this.#functions.loadSlot(entry)
  }

  logLook(operation: number, entry: number): void {
    this.#functions.logLook(operation, entry)
  }

  logWrite(entry: number): void {
    this.reserveOperations(OPERATIONS_LIMIT)
    this.#functions.logWrite(entry)
  }

  logTransientWrite(entry: number): void {
    this.#functions.logTransientWrite(entry)
  }

  /** Notes the value, so that a rollback brings it back. */
  journal(kind: keyof typeof JOURNAL_KIND, entry: number): void {
    this.#functions.journalSlot(entry, JOURNAL_KIND[kind])
  }

  read(entry: number, field: 'value' | 'original' | 'base'): bigint {
    return readWord(this.memory, entry + SLOT[field])
  }

  write(entry: number, value: bigint): void {
    writeWord(this.memory, entry + SLOT.value, value)
  }

  /** Changes the value and that before the transaction, which is no operation in the log. */
  reset(entry: number, value: bigint): void {
    writeWord(this.memory, entry + SLOT.value, value)
    writeWord(this.memory, entry + SLOT.original, value)
    this.setFlag(entry, SLOT_FLAGS.isChanged)
  }

  /** Whether the value is another than before the transaction, or than in the view below. */
  differs(entry: number, from: 'original' | 'base'): boolean {
    const { u32 } = this.memory
    const value = (entry + SLOT.value) >>> 2
    const other = (entry + SLOT[from]) >>> 2
    for (let part = 0; part < 8; part++) if (u32[value + part] !== u32[other + part]) return true
    return false
  }

  /** The slot's number, read once while the entry is in use. */
  key(entry: number): bigint {
    const index = (entry - REGION.slots) / SLOT_BYTES
    const known = this.#keys[index]
    if (known !== undefined) return known
    const key = readWord(this.memory, entry + SLOT.key)
    this.#keys[index] = key
    return key
  }

  /** The same where the entry may not be loaded. */
  slotOf(entry: number): bigint {
    return readWord(this.memory, entry + SLOT.key)
  }

  flags(entry: number): number {
    return this.memory.u32[(entry + SLOT.flags) >>> 2]!
  }

  setFlag(entry: number, flag: number): void {
    this.memory.u32[(entry + SLOT.flags) >>> 2]! |= flag
  }

  /** Entries of the slots that the running transaction has met, in order. */
  *metSlots(account: number): Generator<number> {
    const { u32 } = this.memory
    let entry = u32[(accountRecord(account) + ACCOUNT.firstMet) >>> 2]!
    while (entry !== 0) {
      yield entry
      entry = u32[(entry + SLOT.nextMet) >>> 2]!
    }
  }

  /** All entries of an account that are loaded: transient ones never are. */
  *loadedSlots(account: number): Generator<number> {
    const { u32 } = this.memory
    let entry = u32[(accountRecord(account) + ACCOUNT.slots) >>> 2]!
    while (entry !== 0) {
      if (this.flags(entry) & SLOT_FLAGS.isLoaded) yield entry
      entry = u32[(entry + SLOT.nextOfAccount) >>> 2]!
    }
  }

  /** See `SlotHost`. */
  #readSlot(entry: number): number {
    const account = this.memory.u32[(entry + SLOT.account) >>> 2]!
    this.#keys[(entry - REGION.slots) / SLOT_BYTES] = undefined
    const value = this.#owner!.readSlot(account, entry)
    if (value === 0n) return 0
    writeWord(this.memory, entry + SLOT.base, value)
    return this.#owner!.isStorageCleared(account) ? 0 : 1
  }

  // Logs

  /** Appends one to those of the running transaction. */
  addLog(account: number, topics: readonly Hash[], data: Uint8Array): void {
    this.#addLog({ account, topics: concatBytes(...topics.map(hashToBytes)), data })
  }

  #addLog(record: LogRecord): void {
    const { u32 } = this.memory
    const length = logRecordBytes(record)
    if (u32[CONTROL.logsEnd / 4]! + length > LOGS_LIMIT) this.#drainLogs()
    const at = u32[CONTROL.logsEnd / 4]!
    if (at + length <= LOGS_LIMIT) {
      writeLogRecord(this.memory, at, record)
      u32[CONTROL.logsEnd / 4] = at + length
      return
    }
    const bytes = new Uint8Array(length)
    writeLogRecord({ bytes, view: new DataView(bytes.buffer) }, 0, record)
    this.#scope!.drainedLogs.push(bytes)
  }

  /** Of the running transaction. */
  logs(addressOf: (account: number) => Address): Log[] {
    const logs: Log[] = []
    for (const bytes of this.#scope!.drainedLogs) {
      readLogRecords({ bytes, view: new DataView(bytes.buffer) }, [0, bytes.length], addressOf, logs)
    }
    readLogRecords(this.memory, [REGION.logs, this.memory.u32[CONTROL.logsEnd / 4]!], addressOf, logs)
    return logs
  }

  /** Behind the last log, in bytes since the beginning of the transaction. */
  get logsLength(): number {
    return this.memory.u32[CONTROL.logsEnd / 4]! - REGION.logs + lengthOf(this.#scope!.drainedLogs)
  }

  /** Takes back the logs behind a place where `logsLength` was. */
  rollbackLogs(length: number): void {
    const { u32, bytes } = this.memory
    const { drainedLogs } = this.#scope!
    let start = lengthOf(drainedLogs)
    while (start > length) {
      const part = drainedLogs.pop()!
      start -= part.length
      // One that is too long for the area is a single log, which goes as a whole.
      if (start < length) bytes.set(part, REGION.logs)
    }
    u32[CONTROL.logsEnd / 4] = REGION.logs + length - start
  }

  #drainLogs(): void {
    const { u32, bytes } = this.memory
    const end = u32[CONTROL.logsEnd / 4]!
    if (end > REGION.logs) this.#scope!.drainedLogs.push(bytes.slice(REGION.logs, end))
    u32[CONTROL.logsEnd / 4] = REGION.logs
  }

  // Journal

  /** In bytes since the beginning of the transaction. */
  get journalLength(): number {
    return this.memory.u32[CONTROL.journalEnd / 4]! - REGION.journal + lengthOf(this.#scope!.drained)
  }

  rollback(length: number): void {
    const { u32, bytes } = this.memory
    const { drained } = this.#scope!
    while (lengthOf(drained) > length) {
      this.#functions.undoSlots(REGION.journal)
      const part = drained.pop()!
      bytes.set(part, REGION.journal)
      u32[CONTROL.journalEnd / 4] = REGION.journal + part.length
    }
    this.#functions.undoSlots(REGION.journal + length - lengthOf(drained))
  }

  /** Returns whether the slot was warm (EIP-2929). */
  makeWarm(entry: number): boolean {
    if (this.flags(entry) & SLOT_FLAGS.isWarm) return true
    this.journal('warmth', entry)
    this.setFlag(entry, SLOT_FLAGS.isWarm)
    return false
  }

  /** Makes cold again the slots that the journal says have become warm behind that length. */
  takeWarmth(length: number): number[] {
    const { u32 } = this.memory
    const entries = this.#warmedSince(length)
    for (const entry of entries) u32[(entry + SLOT.flags) >>> 2]! &= ~SLOT_FLAGS.isWarm
    return entries
  }

  #warmedSince(length: number): number[] {
    const { bytes, u32 } = this.memory
    const { drained } = this.#scope!
    const entries: number[] = []
    let start = 0
    for (const part of [...drained, bytes.subarray(REGION.journal, u32[CONTROL.journalEnd / 4])]) {
      const view = new DataView(part.buffer, part.byteOffset, part.length)
      for (let at = 0; at < part.length; at += JOURNAL_ENTRY_BYTES) {
        if (start + at < length || view.getUint32(at + JOURNAL_ENTRY.kind, true) !== JOURNAL_KIND.warmth) continue
        entries.push(view.getUint32(at + JOURNAL_ENTRY.slot, true))
      }
      start += part.length
    }
    return entries
  }

  /** Slots that the journal says have become warm in the running transaction, in order. */
  warmSlots(): { readonly account: number; readonly slot: bigint }[] {
    return this.#warmedSince(0).map((entry) => {
      return { account: this.memory.u32[(entry + SLOT.account) >>> 2]!, slot: this.slotOf(entry) }
    })
  }

  /** The whole operation log; `undefined` if its beginning is hashed already. */
  get wholeOperations(): Uint8Array | undefined {
    return this.#scope!.hashed === undefined ? this.operations.slice() : undefined
  }

  /** Entries of the account's slots, transient ones too, that the operation log has numbers for. */
  *loggedSlots(account: number): Generator<number> {
    const { u32 } = this.memory
    const epoch = u32[CONTROL.epoch / 4]!
    let entry = u32[(accountRecord(account) + ACCOUNT.slots) >>> 2]!
    while (entry !== 0) {
      if (u32[(entry + SLOT.epoch) >>> 2]! === epoch && this.locationOfSlot(entry) !== 0) yield entry
      entry = u32[(entry + SLOT.nextOfAccount) >>> 2]!
    }
  }

  /** Its number in the operation log, or 0. */
  locationOfSlot(entry: number): number {
    return this.memory.u32[(entry + SLOT.location) >>> 2]!
  }

  /** Locations that the operation log has numbers for. */
  get recordedLocations(): number {
    return this.memory.u32[CONTROL.locations / 4]!
  }

  /** What it has can not be undone any more. */
  forgetJournal(): void {
    this.#scope!.drained.length = 0
    this.memory.u32[CONTROL.journalEnd / 4] = REGION.journal
  }

  #drainJournal(): void {
    const { u32, bytes } = this.memory
    this.#scope!.drained.push(bytes.slice(REGION.journal, u32[CONTROL.journalEnd / 4]))
    u32[CONTROL.journalEnd / 4] = REGION.journal
  }

  // Operation log

  /** What of the log is not hashed yet. */
  get operations(): Uint8Array {
    return this.memory.bytes.subarray(REGION.operations, this.memory.u32[CONTROL.operationsEnd / 4])
  }

  /** Writes keccak256 of the whole log to the scratch area. @returns its address */
  hashOperations(): number {
    const { u32 } = this.memory
    if (this.#scope!.hashed !== undefined) this.#absorbOperations()
    const length = u32[CONTROL.operationsEnd / 4]! - REGION.operations
    const { keccak256, finish } = this.#functions
    if (this.#scope!.hashed === undefined) keccak256(REGION.operations, length, CONTROL.keccakOutput)
    else finish(CONTROL.keccak, REGION.operations, length, CONTROL.keccakOutput)
    return CONTROL.keccakOutput
  }

  /** Hashes whole blocks of the log, and moves the rest to the front. */
  #absorbOperations(): void {
    const { u32, bytes } = this.memory
    const scope = this.#scope!
    if (scope.hashed === undefined) {
      bytes.fill(0, CONTROL.keccak, CONTROL.keccak + KECCAK_STATE_BYTES)
      scope.hashed = NO_BYTES
    }
    const length = u32[CONTROL.operationsEnd / 4]! - REGION.operations
    const blocks = Math.floor(length / KECCAK_BLOCK_BYTES)
    this.#functions.absorb(CONTROL.keccak, REGION.operations, blocks)
    const rest = REGION.operations + blocks * KECCAK_BLOCK_BYTES
    bytes.copyWithin(REGION.operations, rest, REGION.operations + length)
    u32[CONTROL.operationsEnd / 4] = REGION.operations + length - blocks * KECCAK_BLOCK_BYTES
  }

  /** Makes room for operations of JavaScript's. */
  reserveOperations(limit: number): void {
    if (this.memory.u32[CONTROL.operationsEnd / 4]! > limit) this.#absorbOperations()
  }
}

export function accountRecord(account: number): number {
  return REGION.accounts + (account & MAX_NUMBER) * ACCOUNT_BYTES
}

/** Account numbers fit 31 bits: the highest is for transient storage. */
const MAX_NUMBER = 0x7fff_ffff

function lengthOf(parts: readonly Uint8Array[]): number {
  let sum = 0
  for (const part of parts) sum += part.length
  return sum
}

let created: StateMemory | undefined

/** The thread's. */
export function stateMemory(): StateMemory {
  created ??= new StateMemory()
  return created
}
