import type { FunctionBody, Local, ModuleBuilder, ValueType } from '../../primitives/wasm/encoder.ts'
import {
  ACCOUNT,
  ACCOUNT_BYTES,
  CONTROL,
  JOURNAL_ENTRY,
  JOURNAL_ENTRY_BYTES,
  JOURNAL_KIND,
  REGION,
  SLOT,
  SLOT_BUCKETS,
  SLOT_BYTES,
  SLOT_FLAGS,
} from './linear-memory.ts'
import { NEW_LOCATION, OPERATION, READ_ZERO, SAME_VALUE } from './operation-format.ts'

/** Functions on slots, their journal and the operation log in linear memory. */
export interface SlotFunctions {
  /** account number, key -> slot entry, made if it was not there, its fields of one transaction renewed if they are old */
  readonly findSlot: number
  /** slot entry; loads it if it is not */
  readonly loadSlot: number
  /** operation, slot entry: a look at its value */
  readonly logLook: number
  /** slot entry: a write of the slot whose look was logged just before, of another value, which it has already */
  readonly logWrite: number
  /** slot entry: the first look at a slot, which was 0, and the write of another value, which it has already */
  readonly logFirstWrite: number
  /** slot entry: a write of transient storage, of the value that it has already */
  readonly logTransientWrite: number
  /** slot entry, kind: notes what it is now */
  readonly journalSlot: number
  /** address in the journal to go back to */
  readonly undoSlots: number
  /** account number: gives back all slot entries of the account, transient ones too */
  readonly releaseSlots: number
  /** operation, account number: one without a value */
  readonly logAccount: number
}

export interface SlotHost {
  /** slot entry whose words are 0: reads base from the view below. Returns whether value and original are the same. */
  readonly readSlot: number
  /** makes room in the journal, or in the operation log */
  readonly journalFull: number
  readonly operationsFull: number
  /** called where there are more slots than entries; does not return */
  readonly slotsExhausted: number
  /** makes room for logs */
  readonly logsFull: number
  /** account number, topics (in `CONTROL.topics`), address and bytes of the data: takes a log that is longer than their area */
  readonly longLog: number
}

const HOST_SIGNATURES: Readonly<
  Record<keyof SlotHost, { readonly parameters: readonly ValueType[]; readonly results: readonly ValueType[] }>
> = {
  readSlot: { parameters: ['i32'], results: ['i32'] },
  journalFull: { parameters: [], results: [] },
  operationsFull: { parameters: [], results: [] },
  slotsExhausted: { parameters: [], results: [] },
  logsFull: { parameters: [], results: [] },
  longLog: { parameters: ['i32', 'i32', 'i32', 'i32'], results: [] },
}

/** Imports what `StateMemory.imports` has. */
export function importSlotHost(module: ModuleBuilder): SlotHost {
  const indexes = Object.entries(HOST_SIGNATURES).map(([name, { parameters, results }]) => [
    name,
    module.importFunction('pavm', name, parameters, results),
  ])
  return Object.fromEntries(indexes) as Record<keyof SlotHost, number>
}

const LIMBS = 4
const KEY: readonly ValueType[] = ['i64', 'i64', 'i64', 'i64']
/** Reverses the bytes of a vector. */
export const REVERSED: readonly number[] = Array.from({ length: 16 }, (_, index) => 15 - index)

/** More than a read and a write behind it take, and room for whole vectors behind them. */
const MAX_OPERATION_BYTES = 192
export const OPERATIONS_LIMIT: number = REGION.slots - MAX_OPERATION_BYTES
export const JOURNAL_LIMIT: number = REGION.operations - JOURNAL_ENTRY_BYTES

export function defineSlotFunctions(module: ModuleBuilder, host: SlotHost): SlotFunctions {
  return {
    findSlot: module.function(['i32', ...KEY], ['i32'], (body) => findSlot(body, host), 'findSlot'),
    loadSlot: module.function(['i32'], [], (body) => loadSlot(body, host), 'loadSlot'),
    logLook: module.function(['i32', 'i32'], [], (body) => logLook(body, host), 'logLook'),
    logWrite: module.function(['i32'], [], logWrite, 'logWrite'),
    logFirstWrite: module.function(['i32'], [], (body) => logFirstWrite(body, host), 'logFirstWrite'),
    logTransientWrite: module.function(['i32'], [], (body) => logTransientWrite(body, host), 'logTransientWrite'),
    journalSlot: module.function(['i32', 'i32'], [], (body) => journalSlot(body, host), 'journalSlot'),
    undoSlots: module.function(['i32'], [], undoSlots, 'undoSlots'),
    releaseSlots: module.function(['i32'], [], releaseSlots, 'releaseSlots'),
    logAccount: module.function(['i32', 'i32'], [], (body) => logAccount(body, host), 'logAccount'),
  }
}

/** Multiplier of MurmurHash3's finaliser, which spreads every bit over all. */
const MIX = 0xff51_afd7_ed55_8ccdn

/** Pushes the offset of a slot's bucket from `REGION.slotBuckets`. `account` with the bit of transient storage. */
function bucketOf(body: FunctionBody, account: Local, pushLimb: (index: number) => FunctionBody): FunctionBody {
  const hash = body.local('i64')
  body.i32(0).memory('i64.load32_u', CONTROL.hashSeed).get(account).emit('i64.extend_i32_u').emit('i64.xor').set(hash)
  for (let limb = 0; limb < LIMBS; limb++) {
    body.get(hash)
    pushLimb(limb).emit('i64.xor').i64(MIX).emit('i64.mul').tee(hash)
    body.get(hash).i64(32).emit('i64.shr_u').emit('i64.xor').set(hash)
  }
  body.release(hash)
  return body
    .get(hash)
    .emit('i32.wrap_i64')
    .i32(SLOT_BUCKETS - 1)
    .emit('i32.and')
    .i32(2)
    .emit('i32.shl')
}

function findSlot(body: FunctionBody, { slotsExhausted }: SlotHost): void {
  const account = 0
  const key = [1, 2, 3, 4]
  const [bucket, entry, record, epoch] = [body.local('i32'), body.local('i32'), body.local('i32'), body.local('i32')]
  bucketOf(body, account, (limb) => body.get(key[limb]!)).set(bucket)
  body.get(bucket).memory('i32.load', REGION.slotBuckets).set(entry)
  body.block((found) => {
    body.block((absent) => {
      body.loop((next) => {
        body.get(entry).emit('i32.eqz').brIf(absent)
        body.get(entry).memory('i32.load', SLOT.account).get(account).emit('i32.eq')
        for (const [index, limb] of key.entries()) {
          body
            .get(entry)
            .memory('i64.load', SLOT.key + 8 * index)
            .get(limb)
            .emit('i64.eq')
            .emit('i32.and')
        }
        body.brIf(found)
        body.get(entry).memory('i32.load', SLOT.nextInBucket).set(entry).br(next)
      })
    })
    // From the free ones, else the next that was never used.
    body.i32(0).memory('i32.load', CONTROL.freeSlot).tee(entry)
    body.if(
      () => body.i32(0).get(entry).memory('i32.load').memory('i32.store', CONTROL.freeSlot),
      () => {
        body
          .i32(0)
          .memory('i32.load', CONTROL.slotsEnd)
          .tee(entry)
          .i32(REGION.logs - SLOT_BYTES)
          .emit('i32.gt_u')
        body.if(() => body.call(slotsExhausted))
        body.i32(0).get(entry).i32(SLOT_BYTES).emit('i32.add').memory('i32.store', CONTROL.slotsEnd)
      },
    )
    for (const word of [SLOT.value, SLOT.original, SLOT.base]) {
      for (let limb = 0; limb < LIMBS; limb++)
        body
          .get(entry)
          .i64(0)
          .memory('i64.store', word + 8 * limb)
    }
    for (const field of [SLOT.epoch, SLOT.flags, SLOT.location]) body.get(entry).i32(0).memory('i32.store', field)
    for (const [index, limb] of key.entries()) {
      body
        .get(entry)
        .get(limb)
        .memory('i64.store', SLOT.key + 8 * index)
    }
    body.get(entry).get(account).memory('i32.store', SLOT.account)
    body.get(entry).get(bucket).memory('i32.load', REGION.slotBuckets).memory('i32.store', SLOT.nextInBucket)
    body.get(bucket).get(entry).memory('i32.store', REGION.slotBuckets)
    accountRecord(body, account).tee(record)
    body.get(entry).get(record).memory('i32.load', ACCOUNT.slots).memory('i32.store', SLOT.nextOfAccount)
    body.get(entry).memory('i32.store', ACCOUNT.slots)
  })
  body.i32(0).memory('i32.load', CONTROL.epoch).tee(epoch).get(entry).memory('i32.load', SLOT.epoch).emit('i32.ne')
  body.if(() => {
    body.get(entry).get(epoch).memory('i32.store', SLOT.epoch)
    body.get(entry).get(entry).memory('i32.load', SLOT.flags)
    body.i32(SLOT_FLAGS.isLoaded).emit('i32.and').memory('i32.store', SLOT.flags)
    body.get(entry).i32(0).memory('i32.store', SLOT.location)
    body.get(account).i32(0).emit('i32.lt_s')
    body.if(
      // Transient storage is zero at the start of each transaction (EIP-1153).
      () => {
        for (let limb = 0; limb < LIMBS; limb++)
          body
            .get(entry)
            .i64(0)
            .memory('i64.store', SLOT.value + 8 * limb)
      },
      () => {
        copyWord(body, { to: entry, toOffset: SLOT.original, from: entry, fromOffset: SLOT.value })
        body.get(entry).i32(0).memory('i32.store', SLOT.nextMet)
        accountRecord(body, account).tee(record).memory('i32.load', ACCOUNT.lastMet)
        body.if(
          () => body.get(record).memory('i32.load', ACCOUNT.lastMet).get(entry).memory('i32.store', SLOT.nextMet),
          () => body.get(record).get(entry).memory('i32.store', ACCOUNT.firstMet),
        )
        body.get(record).get(entry).memory('i32.store', ACCOUNT.lastMet)
      },
    )
  })
  body.get(entry)
}

/** Pushes the address of an account's record. The bit of transient storage shifts out. */
function accountRecord(body: FunctionBody, account: Local): FunctionBody {
  return body.get(account).i32(ACCOUNT_BYTES).emit('i32.mul').i32(REGION.accounts).emit('i32.add')
}

export function copyWord(
  body: FunctionBody,
  {
    to,
    toOffset,
    from,
    fromOffset,
  }: { readonly to: Local; readonly toOffset: number; readonly from: Local; readonly fromOffset: number },
): void {
  for (const half of [0, 16]) {
    body
      .get(to)
      .get(from)
      .simdMemory('v128.load', fromOffset + half)
      .simdMemory('v128.store', toOffset + half)
  }
}

function loadSlot(body: FunctionBody, { readSlot }: SlotHost): void {
  const entry = 0
  body.get(entry).memory('i32.load', SLOT.flags).i32(SLOT_FLAGS.isLoaded).emit('i32.and').emit('i32.eqz')
  body.if(() => {
    body.get(entry).call(readSlot)
    body.if(() => {
      for (const word of [SLOT.value, SLOT.original])
        copyWord(body, { to: entry, toOffset: word, from: entry, fromOffset: SLOT.base })
    })
    setFlag(body, entry, SLOT_FLAGS.isLoaded)
  })
}

/** Writes one operation, as `OperationLog` describes it. */
class OperationWriter {
  readonly #body: FunctionBody
  /** Where the next byte goes. */
  readonly at: Local
  readonly #rest: Local

  constructor(body: FunctionBody) {
    this.#body = body
    this.at = body.local('i32')
    this.#rest = body.local('i32')
  }

  begin(): void {
    this.#body.i32(0).memory('i32.load', CONTROL.operationsEnd).set(this.at)
  }

  /** For the longest operation, and a write behind it. */
  makeRoom({ operationsFull }: SlotHost): void {
    const body = this.#body
    body.i32(0).memory('i32.load', CONTROL.operationsEnd).i32(OPERATIONS_LIMIT).emit('i32.gt_u')
    body.if(() => body.call(operationsFull))
  }

  byte(push: () => void): void {
    this.#body.get(this.at)
    push()
    this.#body.memory('i32.store8')
    this.advance(1)
  }

  advance(bytes: number): void {
    this.#body.get(this.at).i32(bytes).emit('i32.add').set(this.at)
  }

  /** First byte and location; `field`: of the record that says which location it is, counted by first use. */
  operation(pushOperation: () => FunctionBody, record: Local, field: number): void {
    const body = this.#body
    body.get(record).memory('i32.load', field).tee(this.#rest).emit('i32.eqz')
    body.if(
      () => {
        this.numberLocation(record, field)
        this.byte(() => pushOperation().i32(NEW_LOCATION).emit('i32.or'))
      },
      () => {
        this.byte(pushOperation)
        this.#varint()
      },
    )
  }

  /** Gives the record the next number. */
  numberLocation(record: Local, field: number): void {
    const body = this.#body
    body.i32(0).i32(0).memory('i32.load', CONTROL.locations).i32(1).emit('i32.add').tee(this.#rest)
    body.memory('i32.store', CONTROL.locations)
    body.get(record).get(this.#rest).memory('i32.store', field)
  }

  /** Unsigned LEB128: of two bytes with one store, since transactions seldom meet more than 2^14 locations. */
  #varint(): void {
    const body = this.#body
    body.get(this.#rest).i32(0x80).emit('i32.lt_u')
    body.if(
      () => this.byte(() => body.get(this.#rest)),
      () => {
        body.block((short) => {
          body.get(this.#rest).i32(0x4000).emit('i32.lt_u').brIf(short)
          body.loop((next) => {
            this.byte(() => body.get(this.#rest).i32(0x80).emit('i32.or'))
            body.get(this.#rest).i32(7).emit('i32.shr_u').tee(this.#rest).i32(0x4000).emit('i32.ge_u').brIf(next)
          })
        })
        body.get(this.at)
        body.get(this.#rest).i32(0x7f).emit('i32.and').i32(0x80).emit('i32.or')
        body.get(this.#rest).i32(1).emit('i32.shl').i32(0x7f00).emit('i32.and').emit('i32.or')
        body.memory('i32.store16')
        this.advance(2)
      },
    )
  }

  /** `rest`: more bytes that have been written. */
  finish(rest?: Local): void {
    this.#body.i32(0).get(this.at)
    if (rest !== undefined) this.#body.get(rest).emit('i32.add')
    this.#body.memory('i32.store', CONTROL.operationsEnd)
  }
}

function logAccount(body: FunctionBody, host: SlotHost): void {
  const [operation, account] = [0, 1]
  const record = body.local('i32')
  const writer = new OperationWriter(body)
  writer.makeRoom(host)
  writer.begin()
  accountRecord(body, account).set(record)
  writer.operation(() => body.get(operation), record, ACCOUNT.location)
  writer.finish()
}

function logLook(body: FunctionBody, host: SlotHost): void {
  const [operation, entry] = [0, 1]
  const [isSame, isZero] = [body.local('i32'), body.local('i32')]
  const writer = new OperationWriter(body)
  writer.makeRoom(host)
  writer.begin()
  body.get(entry).memory('i32.load', SLOT.flags).i32(SLOT_FLAGS.isChanged).emit('i32.and').emit('i32.eqz')
  body.get(entry).memory('i32.load', SLOT.location).i32(0).emit('i32.ne').emit('i32.and').tee(isSame).emit('i32.eqz')
  for (let limb = 0; limb < LIMBS; limb++) {
    body.get(entry).memory('i64.load', SLOT.value + 8 * limb)
    if (limb > 0) body.emit('i64.or')
  }
  body.emit('i64.eqz').emit('i32.and').tee(isZero)
  body.if(() => body.get(operation).i32(READ_ZERO).emit('i32.or').set(operation))
  writer.operation(() => body.get(operation), entry, SLOT.location)
  body.get(isSame).get(isZero).emit('i32.or')
  body.if(() => {
    body.get(isSame)
    body.if(
      () => writer.byte(() => body.i32(SAME_VALUE)),
      () => clearFlag(body, entry, SLOT_FLAGS.isChanged),
    )
    writer.finish()
    body.emit('return')
  })
  clearFlag(body, entry, SLOT_FLAGS.isChanged)
  finishWithValue(body, writer, entry)
}

function logWrite(body: FunctionBody): void {
  const entry = 0
  const writer = new OperationWriter(body)
  writer.begin()
  writer.byte(() => body.i32(OPERATION.slotWritten))
  finishWithValue(body, writer, entry)
}

function logFirstWrite(body: FunctionBody, host: SlotHost): void {
  const entry = 0
  const look = OPERATION.slotRead | READ_ZERO | NEW_LOCATION
  const writer = new OperationWriter(body)
  writer.makeRoom(host)
  writer.begin()
  writer.numberLocation(entry, SLOT.location)
  body
    .get(writer.at)
    .i32(look | (OPERATION.slotWritten << 8))
    .memory('i32.store16')
  writer.advance(2)
  finishWithValue(body, writer, entry)
}

function logTransientWrite(body: FunctionBody, host: SlotHost): void {
  const entry = 0
  const writer = new OperationWriter(body)
  writer.makeRoom(host)
  writer.begin()
  writer.operation(() => body.i32(OPERATION.transientWritten), entry, SLOT.location)
  clearFlag(body, entry, SLOT_FLAGS.isChanged)
  finishWithValue(body, writer, entry)
}

export function setFlag(body: FunctionBody, entry: Local, flag: number): void {
  body.get(entry).get(entry).memory('i32.load', SLOT.flags).i32(flag).emit('i32.or').memory('i32.store', SLOT.flags)
}

function clearFlag(body: FunctionBody, entry: Local, flag: number): void {
  body.get(entry).get(entry).memory('i32.load', SLOT.flags).i32(~flag).emit('i32.and').memory('i32.store', SLOT.flags)
}

function finishWithValue(body: FunctionBody, writer: OperationWriter, entry: Local): void {
  const length = body.local('i32')
  const limb = body.local('i64')
  /** Bytes of a value whose highest limb that is not 0 is this one. */
  const setLength = (index: number): void => {
    body.i64(64 * (index + 1) + 7).get(limb)
    body.emit('i64.clz').emit('i64.sub').i64(3).emit('i64.shr_u').emit('i32.wrap_i64').set(length)
  }
  const setLimb = (index: number): FunctionBody =>
    body
      .get(entry)
      .memory('i64.load', SLOT.value + 8 * index)
      .tee(limb)
  for (let index = 1; index < LIMBS; index++) {
    body.get(entry).memory('i64.load', SLOT.value + 8 * index)
    if (index > 1) body.emit('i64.or')
  }
  body.emit('i64.eqz')
  body.if(
    () => {
      body.get(writer.at)
      setLimb(0).memory('i64.store', 1)
      setLength(0)
    },
    () => {
      for (let index = 1; index < LIMBS; index++) {
        setLimb(index).emit('i64.eqz').emit('i32.eqz')
        body.if(() => setLength(index))
      }
      copyWord(body, { to: writer.at, toOffset: 1, from: entry, fromOffset: SLOT.value })
    },
  )
  writer.byte(() => body.get(length))
  writer.finish(length)
}

function journalSlot(body: FunctionBody, { journalFull }: SlotHost): void {
  const [slot, kind] = [0, 1]
  const at = body.local('i32')
  body.i32(0).memory('i32.load', CONTROL.journalEnd).i32(JOURNAL_LIMIT).emit('i32.gt_u')
  body.if(() => body.call(journalFull))
  body.i32(0).memory('i32.load', CONTROL.journalEnd).tee(at).get(slot).memory('i32.store', JOURNAL_ENTRY.slot)
  body.get(at).get(kind).memory('i32.store', JOURNAL_ENTRY.kind)
  body.get(kind).i32(JOURNAL_KIND.value).emit('i32.eq')
  body.if(
    () => copyWord(body, { to: at, toOffset: JOURNAL_ENTRY.previous, from: slot, fromOffset: SLOT.value }),
    () => copyWord(body, { to: at, toOffset: JOURNAL_ENTRY.previous, from: slot, fromOffset: SLOT.original }),
  )
  body.i32(0).get(at).i32(JOURNAL_ENTRY_BYTES).emit('i32.add').memory('i32.store', CONTROL.journalEnd)
}

function undoSlots(body: FunctionBody): void {
  const target = 0
  const [at, slot, kind] = [body.local('i32'), body.local('i32'), body.local('i32')]
  body.i32(0).memory('i32.load', CONTROL.journalEnd).set(at)
  body.block((done) => {
    body.loop((next) => {
      body.get(at).get(target).emit('i32.le_u').brIf(done)
      body.get(at).i32(JOURNAL_ENTRY_BYTES).emit('i32.sub').tee(at).memory('i32.load', JOURNAL_ENTRY.slot).set(slot)
      body.get(at).memory('i32.load', JOURNAL_ENTRY.kind).tee(kind).i32(JOURNAL_KIND.warmth).emit('i32.eq')
      body.if(
        () => clearFlag(body, slot, SLOT_FLAGS.isWarm),
        () => {
          body.get(kind).i32(JOURNAL_KIND.value).emit('i32.eq')
          body.if(
            () => {
              copyWord(body, { to: slot, toOffset: SLOT.value, from: at, fromOffset: JOURNAL_ENTRY.previous })
              setFlag(body, slot, SLOT_FLAGS.isChanged)
            },
            () => copyWord(body, { to: slot, toOffset: SLOT.original, from: at, fromOffset: JOURNAL_ENTRY.previous }),
          )
        },
      )
      body.br(next)
    })
  })
  body.i32(0).get(at).memory('i32.store', CONTROL.journalEnd)
}

function releaseSlots(body: FunctionBody): void {
  const account = 0
  const [record, entry, owner, link, at, next] = [
    body.local('i32'),
    body.local('i32'),
    body.local('i32'),
    body.local('i32'),
    body.local('i32'),
    body.local('i32'),
  ]
  accountRecord(body, account).tee(record).memory('i32.load', ACCOUNT.slots).set(entry)
  body.block((done) => {
    body.loop((nextEntry) => {
      body.get(entry).emit('i32.eqz').brIf(done)
      body.get(entry).memory('i32.load', SLOT.nextOfAccount).set(next)
      // Out of its bucket: `link` is the address of what points to it.
      body.get(entry).memory('i32.load', SLOT.account).set(owner)
      bucketOf(body, owner, (limb) => body.get(entry).memory('i64.load', SLOT.key + 8 * limb))
      body.i32(REGION.slotBuckets).emit('i32.add').set(link)
      body.block((found) => {
        body.loop((further) => {
          body.get(link).memory('i32.load').tee(at).get(entry).emit('i32.eq').brIf(found)
          body.get(at).emit('i32.eqz')
          body.if(() => body.emit('unreachable'))
          body.get(at).i32(SLOT.nextInBucket).emit('i32.add').set(link).br(further)
        })
      })
      body.get(link).get(entry).memory('i32.load', SLOT.nextInBucket).memory('i32.store')
      body.get(entry).i32(0).memory('i32.load', CONTROL.freeSlot).memory('i32.store')
      body.i32(0).get(entry).memory('i32.store', CONTROL.freeSlot)
      body.get(next).set(entry).br(nextEntry)
    })
  })
  body.get(record).i32(0).memory('i32.store', ACCOUNT.slots)
}
