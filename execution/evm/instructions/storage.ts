import type { StorageGas } from '../../../config/gas.ts'
import { type Halt, OUT_OF_GAS, WRITE_IN_STATIC_CONTEXT } from '../exit.ts'
import type { Frame } from '../frame.ts'

/** SLOAD. */
export function storageLoad(frame: Frame): Halt | undefined {
  const { stack, message, context } = frame
  const slot = stack.peek()
  if (!frame.chargeSlotAccess(slot, context.rules.gas.coldSlotSurcharge)) return OUT_OF_GAS
  stack.setTop(context.state.slot(message.recipient, slot))
  return undefined
}

/** SSTORE. Has no base gas: all of it depends on the slot. */
export function storageStore(frame: Frame): Halt | undefined {
  const { stack, message, context } = frame
  const { state, rules } = context
  if (message.isStatic) return WRITE_IN_STATIC_CONTEXT
  const slot = stack.pop()
  const value = stack.pop()
  const prices = rules.gas.storage
  // Before any look at the slot (EIP-2200, EIP-7928).
  if (prices.sentry > 0n && frame.gas <= prices.sentry) return OUT_OF_GAS

  const { recipient } = message
  const current = state.slot(recipient, slot)
  const original = prices.isNetMetered ? state.originalSlot(recipient, slot) : current
  if (!frame.chargeSlotAccess(slot, rules.gas.coldSlot)) return OUT_OF_GAS
  const { gas, refund } = (prices.isNetMetered ? netGas : grossGas)(prices, original, current, value)
  if (!frame.charge(gas)) return OUT_OF_GAS
  if (refund > 0n) state.addRefund(refund)
  if (refund < 0n) state.subRefund(-refund)
  if (value !== current) state.setSlot(recipient, slot, value)
  return undefined
}

interface StorePrice {
  readonly gas: bigint
  /** Below 0 takes back an earlier refund. */
  readonly refund: bigint
}

/** By the current value alone (Yellow Paper, appendix G, C_SSTORE before EIP-1283). */
function grossGas(prices: StorageGas, _original: bigint, current: bigint, value: bigint): StorePrice {
  return {
    gas: current === 0n && value !== 0n ? prices.set : prices.reset,
    refund: current !== 0n && value === 0n ? prices.clearRefund : 0n,
  }
}

/** By the value before the transaction too (EIP-1283, EIP-2200, EIP-3529). */
function netGas(prices: StorageGas, original: bigint, current: bigint, value: bigint): StorePrice {
  if (value === current) return { gas: prices.dirty, refund: 0n }
  const firstPrice = original === 0n ? prices.set : prices.reset
  const clearing = clearRefund(prices, original, value) - clearRefund(prices, original, current)
  if (current === original) return { gas: firstPrice, refund: clearing }
  const restoring = value === original ? firstPrice - prices.dirty : 0n
  return { gas: prices.dirty, refund: clearing + restoring }
}

/** What a slot now holding `value` has coming back for having been cleared. */
function clearRefund(prices: StorageGas, original: bigint, value: bigint): bigint {
  return original !== 0n && value === 0n ? prices.clearRefund : 0n
}

/** TLOAD (EIP-1153). */
export function transientLoad({ stack, message, context }: Frame): undefined {
  stack.setTop(context.state.transient(message.recipient, stack.peek()))
}

/** TSTORE (EIP-1153). */
export function transientStore({ stack, message, context }: Frame): Halt | undefined {
  if (message.isStatic) return WRITE_IN_STATIC_CONTEXT
  const slot = stack.pop()
  const value = stack.pop()
  context.state.setTransient(message.recipient, slot, value)
  return undefined
}
