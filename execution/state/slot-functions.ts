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

/** Functions on the slots in linear memory. */
export interface SlotFunctions {
  /** account number, key -> slot entry, made if it was not there, its fields of one transaction renewed if they are old */
  readonly findSlot: number
  /** slot entry; loads it if it is not */
  readonly loadSlot: number
  /** operation, slot entry, address of the value */
  readonly logSlot: number
  /** slot entry, kind: notes what it is now */
  readonly journalSlot: number
  /** address in the journal to go back to */
  readonly undoSlots: number
}

export interface SlotHost {
  /** slot entry: reads value, base and original from the view below */
  readonly readSlot: number
  /** makes room in the journal, or in the operation log */
  readonly journalFull: number
  readonly operationsFull: number
  /** called where there are more slots than entries; does not return */
  readonly slotsExhausted: number
}

const LIMBS = 4
const KEY: readonly ValueType[] = ['i64', 'i64', 'i64', 'i64']
/** Reverses the bytes of a vector. */
const REVERSED = Array.from({ length: 16 }, (_, index) => 15 - index)

/** More than any operation takes, and room for whole vectors behind it. */
const MAX_OPERATION_BYTES = 192
export const OPERATIONS_LIMIT: number = REGION.slots - MAX_OPERATION_BYTES
export const JOURNAL_LIMIT: number = REGION.operations - JOURNAL_ENTRY_BYTES

/** In place of a value's length: it is that of the operation before on the same slot. */
const SAME_VALUE = 0x80

export function defineSlotFunctions(module: ModuleBuilder, host: SlotHost): SlotFunctions {
  return {
    findSlot: module.function(['i32', ...KEY], ['i32'], (body) => findSlot(body, host), 'findSlot'),
    loadSlot: module.function(['i32'], [], (body) => loadSlot(body, host), 'loadSlot'),
    logSlot: module.function(['i32', 'i32', 'i32'], [], (body) => logSlot(body, host), 'logSlot'),
    journalSlot: module.function(['i32', 'i32'], [], (body) => journalSlot(body, host), 'journalSlot'),
    undoSlots: module.function(['i32'], [], undoSlots, 'undoSlots'),
  }
}

/** Multiplier of MurmurHash3's finaliser, which spreads every bit over all. */
const MIX = 0xff51_afd7_ed55_8ccdn

function findSlot(body: FunctionBody, { slotsExhausted }: SlotHost): void {
  const account = 0
  const key = [1, 2, 3, 4]
  const [bucket, entry, record, epoch] = [body.local('i32'), body.local('i32'), body.local('i32'), body.local('i32')]
  const hash = body.local('i64')
  body.i32(0).memory('i64.load32_u', CONTROL.hashSeed).get(account).emit('i64.extend_i32_u').emit('i64.xor').set(hash)
  for (const limb of key) {
    body.get(hash).get(limb).emit('i64.xor').i64(MIX).emit('i64.mul').tee(hash)
    body.get(hash).i64(32).emit('i64.shr_u').emit('i64.xor').set(hash)
  }
  body
    .get(hash)
    .emit('i32.wrap_i64')
    .i32(SLOT_BUCKETS - 1)
    .emit('i32.and')
    .i32(2)
    .emit('i32.shl')
    .set(bucket)
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
          .i32(REGION.code - SLOT_BYTES)
          .emit('i32.gt_u')
        body.if(() => body.call(slotsExhausted))
        body.i32(0).get(entry).i32(SLOT_BYTES).emit('i32.add').memory('i32.store', CONTROL.slotsEnd)
      },
    )
    body.get(entry).i32(0).i32(SLOT_BYTES).memoryFill()
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
  body.if(() => body.get(entry).call(readSlot))
}

/** As `OperationLog` describes. */
function logSlot(body: FunctionBody, { operationsFull }: SlotHost): void {
  const [operation, entry, value] = [0, 1, 2]
  const [at, account, length, scratch] = [body.local('i32'), body.local('i32'), body.local('i32'), body.local('i32')]
  const [difference, limb] = [body.local('i64'), body.local('i64')]
  const putByte = (push: () => void): void => {
    body.get(at)
    push()
    body.memory('i32.store8').get(at).i32(1).emit('i32.add').set(at)
  }
  /** Unsigned LEB128 of a field of a record. */
  const putVarint = (record: Local, offset: number): void => {
    body.get(record).memory('i32.load', offset).set(length)
    body.block((done) => {
      body.loop((next) => {
        body.get(length).i32(0x80).emit('i32.lt_u').brIf(done)
        putByte(() => body.get(length).i32(0x80).emit('i32.or'))
        body.get(length).i32(7).emit('i32.shr_u').set(length).br(next)
      })
    })
    putByte(() => body.get(length))
  }
  /** Numbers a record that is met for the first time. */
  const numberLocation = (record: Local, offset: number): void => {
    body.i32(0).i32(0).memory('i32.load', CONTROL.locations).i32(1).emit('i32.add').tee(length)
    body.memory('i32.store', CONTROL.locations)
    body.get(record).get(length).memory('i32.store', offset)
  }
  body.i32(0).memory('i32.load', CONTROL.operationsEnd).i32(OPERATIONS_LIMIT).emit('i32.gt_u')
  body.if(() => body.call(operationsFull))
  body.i32(0).memory('i32.load', CONTROL.operationsEnd).set(at)
  putByte(() => body.get(operation))
  body.block((valueFollows) => {
    body.get(entry).memory('i32.load', SLOT.location)
    body.if(() => {
      putVarint(entry, SLOT.location)
      for (let index = 0; index < LIMBS; index++) {
        body
          .get(entry)
          .memory('i64.load', SLOT.logged + 8 * index)
          .get(value)
          .memory('i64.load', 8 * index)
        body.emit('i64.xor')
        if (index > 0) body.emit('i64.or')
      }
      body.tee(difference).emit('i64.eqz').emit('i32.eqz').brIf(valueFollows)
      putByte(() => body.i32(SAME_VALUE))
      body.i32(0).get(at).memory('i32.store', CONTROL.operationsEnd)
      body.emit('return')
    })
    putByte(() => body.i32(0))
    body.get(entry).memory('i32.load', SLOT.account).set(length)
    accountRecord(body, length).tee(account).memory('i32.load', ACCOUNT.location)
    body.if(
      () => putVarint(account, ACCOUNT.location),
      () => {
        putByte(() => body.i32(0))
        for (const offset of [0, 8]) {
          body
            .get(at)
            .get(account)
            .memory('i64.load', ACCOUNT.address + offset)
            .memory('i64.store', offset)
        }
        body
          .get(at)
          .get(account)
          .memory('i32.load', ACCOUNT.address + 16)
          .memory('i32.store', 16)
        body.get(at).i32(20).emit('i32.add').set(at)
        numberLocation(account, ACCOUNT.location)
      },
    )
    storeBigEndian(body, at, entry, SLOT.key)
    body.get(at).i32(32).emit('i32.add').set(at)
    numberLocation(entry, SLOT.location)
  })
  copyWord(body, { to: entry, toOffset: SLOT.logged, from: value, fromOffset: 0 })
  // Big-endian without leading zeros, behind its length.
  body.i32(CONTROL.scratch).set(scratch)
  storeBigEndian(body, scratch, value, 0)
  body.i32(0).set(length)
  for (let index = 0; index < LIMBS; index++) {
    body
      .get(value)
      .memory('i64.load', 8 * index)
      .tee(limb)
      .emit('i64.eqz')
      .emit('i32.eqz')
    body.if(() => {
      body
        .i64(64 * (index + 1) + 7)
        .get(limb)
        .emit('i64.clz')
        .emit('i64.sub')
        .i64(3)
        .emit('i64.shr_u')
      body.emit('i32.wrap_i64').set(length)
    })
  }
  putByte(() => body.get(length))
  body
    .i32(CONTROL.scratch + 32)
    .get(length)
    .emit('i32.sub')
    .set(scratch)
  copyWord(body, { to: at, toOffset: 0, from: scratch, fromOffset: 0 })
  body.i32(0).get(at).get(length).emit('i32.add').memory('i32.store', CONTROL.operationsEnd)
}

/** 32 bytes at an address, from a little-endian word. */
function storeBigEndian(body: FunctionBody, to: Local, from: Local, fromOffset: number): void {
  const vector = body.local('v128')
  for (const half of [0, 16]) {
    body
      .get(from)
      .simdMemory('v128.load', fromOffset + half)
      .set(vector)
    body
      .get(to)
      .get(vector)
      .get(vector)
      .simd('i8x16.shuffle', ...REVERSED)
      .simdMemory('v128.store', 16 - half)
  }
  body.release(vector)
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
        () => {
          body.get(slot).get(slot).memory('i32.load', SLOT.flags)
          body.i32(~SLOT_FLAGS.isWarm).emit('i32.and').memory('i32.store', SLOT.flags)
        },
        () => {
          body.get(kind).i32(JOURNAL_KIND.value).emit('i32.eq')
          body.if(
            () => copyWord(body, { to: slot, toOffset: SLOT.value, from: at, fromOffset: JOURNAL_ENTRY.previous }),
            () => copyWord(body, { to: slot, toOffset: SLOT.original, from: at, fromOffset: JOURNAL_ENTRY.previous }),
          )
        },
      )
      body.br(next)
    })
  })
  body.i32(0).get(at).memory('i32.store', CONTROL.journalEnd)
}
