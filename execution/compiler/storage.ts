import type { Rules } from '../../config/hardforks.ts'
import type { FunctionBody, Local, ModuleBuilder, ValueType } from '../../primitives/wasm/encoder.ts'
import { CONTROL, FRAME, JOURNAL_KIND, SLOT, SLOT_FLAGS, TRANSIENT } from '../state/linear-memory.ts'
import { OPERATION } from '../state/operation-format.ts'
import { type SlotFunctions, setFlag } from '../state/slot-functions.ts'
import { FRAME_PARAMETER, GAS_PARAMETER } from './frame-memory.ts'

/** Storage instructions under the rules of a hardfork. Gas that is below 0 says that there was too little. */
export interface StorageFunctions {
  /** frame, gas, key -> gas, address of the value */
  readonly loadStorage: number
  /** frame, gas, key, value -> gas */
  readonly storeStorage: number
  /** frame, key -> address of the value */
  readonly loadTransient: number
  /** frame, key, value */
  readonly storeTransient: number
}

const WORD: readonly ValueType[] = ['i64', 'i64', 'i64', 'i64']

export const STORAGE_SIGNATURES: Readonly<
  Record<keyof StorageFunctions, { readonly parameters: readonly ValueType[]; readonly results: readonly ValueType[] }>
> = {
  loadStorage: { parameters: ['i32', 'i64', ...WORD], results: ['i64', 'i32'] },
  storeStorage: { parameters: ['i32', 'i64', ...WORD, ...WORD], results: ['i64'] },
  loadTransient: { parameters: ['i32', ...WORD], results: ['i32'] },
  storeTransient: { parameters: ['i32', ...WORD, ...WORD], results: [] },
}

export function defineStorageFunctions(module: ModuleBuilder, slots: SlotFunctions, rules: Rules): StorageFunctions {
  const define = (name: keyof StorageFunctions, write: (body: FunctionBody) => void): number => {
    const { parameters, results } = STORAGE_SIGNATURES[name]
    return module.function(parameters, results, write, name)
  }
  return {
    loadStorage: define('loadStorage', (body) => loadStorage(body, slots, rules)),
    storeStorage: define('storeStorage', (body) => storeStorage(body, slots, rules)),
    loadTransient: define('loadTransient', (body) => loadTransient(body, slots)),
    storeTransient: define('storeTransient', (body) => storeTransient(body, slots)),
  }
}

function find(body: FunctionBody, slots: SlotFunctions, key: readonly Local[], isTransient: boolean): FunctionBody {
  body.get(FRAME_PARAMETER).memory('i32.load', FRAME.account)
  if (isTransient) body.i32(TRANSIENT).emit('i32.or')
  for (const limb of key) body.get(limb)
  return body.call(slots.findSlot)
}

function ifRecording(body: FunctionBody, log: () => void): void {
  body.i32(0).memory('i32.load', CONTROL.isRecording)
  body.if(log)
}

function logLook(body: FunctionBody, slots: SlotFunctions, operation: number, entry: Local): void {
  ifRecording(body, () => body.i32(operation).get(entry).call(slots.logLook))
}

/** Takes gas where the slot is cold, and makes it warm (EIP-2929); `fail` leaves. */
function chargeWarmth(body: FunctionBody, slots: SlotFunctions, entry: Local, cold: bigint, fail: () => void): void {
  body.get(entry).memory('i32.load', SLOT.flags).i32(SLOT_FLAGS.isWarm).emit('i32.and').emit('i32.eqz')
  body.if(() => {
    body.get(entry).i32(JOURNAL_KIND.warmth).call(slots.journalSlot)
    setFlag(body, entry, SLOT_FLAGS.isWarm)
    body.get(GAS_PARAMETER).i64(cold).emit('i64.sub').tee(GAS_PARAMETER).i64(0).emit('i64.lt_s')
    body.if(fail)
  })
}

/** SLOAD. In the order of EIP-7928: what is not paid for is not looked at. */
function loadStorage(body: FunctionBody, slots: SlotFunctions, rules: Rules): void {
  const entry = body.local('i32')
  find(body, slots, [2, 3, 4, 5], false).set(entry)
  if (rules.hasWarmth) {
    chargeWarmth(body, slots, entry, rules.gas.coldSlotSurcharge, () => body.i64(-1).i32(0).emit('return'))
  }
  body.get(entry).call(slots.loadSlot)
  setFlag(body, entry, SLOT_FLAGS.isRead)
  const pushValue = (): FunctionBody => body.get(entry).i32(SLOT.value).emit('i32.add')
  logLook(body, slots, OPERATION.slotRead, entry)
  body.get(GAS_PARAMETER)
  pushValue()
}

/** SSTORE (EIP-2200, EIP-2929, EIP-3529; before them by the current value alone). */
function storeStorage(body: FunctionBody, slots: SlotFunctions, rules: Rules): void {
  const { sentry, isNetMetered, dirty, set, reset, clearRefund } = rules.gas.storage
  const value = [6, 7, 8, 9]
  const entry = body.local('i32')
  const [isFirst, keepsValue, wasZero, isZero, becomesZero] = [
    body.local('i32'),
    body.local('i32'),
    body.local('i32'),
    body.local('i32'),
    body.local('i32'),
  ]
  const [cost, refund] = [body.local('i64'), body.local('i64')]
  const look = (): FunctionBody => body.i32(OPERATION.slotRead).get(entry).call(slots.logLook)
  /** Out of gas behind the look. */
  const fail = (): void => {
    body.get(isFirst)
    body.if(look)
    body.i64(-1).emit('return')
  }
  /** Pushes an i32: whether a field of the entry is the value of four limbs, another field, or 0. */
  const isEqual = (field: number, other: readonly Local[] | number | undefined): FunctionBody => {
    for (let limb = 0; limb < 4; limb++) {
      body.get(entry).memory('i64.load', field + 8 * limb)
      if (typeof other === 'number')
        body
          .get(entry)
          .memory('i64.load', other + 8 * limb)
          .emit('i64.xor')
      else if (other !== undefined) body.get(other[limb]!).emit('i64.xor')
      if (limb > 0) body.emit('i64.or')
    }
    return body.emit('i64.eqz')
  }
  if (sentry > 0n) {
    body.get(GAS_PARAMETER).i64(sentry).emit('i64.le_s')
    body.if(() => body.i64(-1).emit('return'))
  }
  find(body, slots, [2, 3, 4, 5], false).tee(entry).call(slots.loadSlot)
  setFlag(body, entry, SLOT_FLAGS.isRead)
  isEqual(SLOT.value, undefined).set(isZero)
  ifRecording(body, () => {
    // A look at a slot that is 0, for the first time, is logged together with the write, if there comes one: that takes half the time.
    body.get(entry).memory('i32.load', SLOT.location).emit('i32.eqz').get(isZero).emit('i32.and').tee(isFirst)
    body.emit('i32.eqz')
    body.if(look)
  })
  if (rules.hasWarmth) chargeWarmth(body, slots, entry, rules.gas.coldSlot, fail)

  isEqual(SLOT.value, value).set(keepsValue)
  body.get(value[0]!)
  for (const limb of value.slice(1)) body.get(limb).emit('i64.or')
  body.emit('i64.eqz').set(becomesZero)
  body.i64(0).set(refund)
  if (!isNetMetered) {
    body.i64(set).i64(reset).get(isZero).get(becomesZero).emit('i32.eqz').emit('i32.and').emit('select').set(cost)
    body.get(isZero).emit('i32.eqz').get(becomesZero).emit('i32.and')
    body.if(() => body.i64(clearRefund).set(refund))
  } else {
    body.get(keepsValue)
    body.if(
      () => body.i64(dirty).set(cost),
      () => {
        isEqual(SLOT.original, undefined).set(wasZero)
        // What a cleared slot has coming back, less what it had already.
        body.get(wasZero).emit('i32.eqz')
        body.if(() => {
          body.get(becomesZero).emit('i64.extend_i32_u').get(isZero).emit('i64.extend_i32_u').emit('i64.sub')
          body.i64(clearRefund).emit('i64.mul').set(refund)
        })
        isEqual(SLOT.value, SLOT.original)
        body.if(
          () => body.i64(set).i64(reset).get(wasZero).emit('select').set(cost),
          () => {
            body.i64(dirty).set(cost)
            isEqual(SLOT.original, value)
            body.if(() => {
              body
                .get(refund)
                .i64(set - dirty)
                .i64(reset - dirty)
                .get(wasZero)
                .emit('select')
              body.emit('i64.add').set(refund)
            })
          },
        )
      },
    )
  }
  body.get(GAS_PARAMETER).get(cost).emit('i64.sub').tee(GAS_PARAMETER).i64(0).emit('i64.lt_s')
  body.if(fail)
  body.i32(0).i32(0).memory('i64.load', CONTROL.refund).get(refund).emit('i64.add').memory('i64.store', CONTROL.refund)
  body.get(keepsValue)
  body.if(
    () => {
      body.get(isFirst)
      body.if(look)
    },
    () => {
      write(body, slots, entry, value)
      body.get(isFirst)
      body.if(
        () => body.get(entry).call(slots.logFirstWrite),
        () => ifRecording(body, () => body.get(entry).call(slots.logWrite)),
      )
    },
  )
  body.get(GAS_PARAMETER)
}

/** Journals a write, and does it. */
function write(body: FunctionBody, slots: SlotFunctions, entry: Local, value: readonly Local[]): void {
  body.get(entry).i32(JOURNAL_KIND.value).call(slots.journalSlot)
  for (const [limb, local] of value.entries()) {
    body
      .get(entry)
      .get(local)
      .memory('i64.store', SLOT.value + 8 * limb)
  }
}

/** TLOAD (EIP-1153). */
function loadTransient(body: FunctionBody, slots: SlotFunctions): void {
  const entry = body.local('i32')
  find(body, slots, [1, 2, 3, 4], true).set(entry)
  const pushValue = (): FunctionBody => body.get(entry).i32(SLOT.value).emit('i32.add')
  logLook(body, slots, OPERATION.transientRead, entry)
  pushValue()
}

/** TSTORE (EIP-1153). */
function storeTransient(body: FunctionBody, slots: SlotFunctions): void {
  const entry = body.local('i32')
  find(body, slots, [1, 2, 3, 4], true).set(entry)
  write(body, slots, entry, [5, 6, 7, 8])
  ifRecording(body, () => body.get(entry).call(slots.logTransientWrite))
}
