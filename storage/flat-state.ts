import { bigintToMinimalBytes, bytesToBigint } from '../primitives/bytes.ts'
import type { Address } from '../primitives/hex.ts'
import type { Batch } from './batch.ts'
import { clears } from './compose-diffs.ts'
import { decodeFlatAccount, encodeFlatAccount, type FlatAccount } from './flat-account.ts'
import { accountKey, hashKey, slotKey, slotOfKey, slotPrefix } from './keys.ts'
import type { Reader, Scanner } from './reader.ts'
import type { AccountDiff, StateDiff } from './state-view.ts'

/** `undefined` when there is no such account. Throws StorageError `corrupt`. */
export function readFlatAccount(reader: Reader, address: Address): FlatAccount | undefined {
  const bytes = reader.get(accountKey(address))
  return bytes && decodeFlatAccount(bytes)
}

/** 0n for a slot that is not stored. */
export function readFlatSlot(reader: Reader, address: Address, slot: bigint): bigint {
  return slotValue(reader.get(slotKey(address, slot)))
}

function slotValue(stored: Uint8Array | undefined): bigint {
  return stored === undefined ? 0n : bytesToBigint(stored)
}

/**
 * Adds to `batch` what brings the flat state from what `state` holds to what `diff` says, code included. Returns the
 * diff that undoes it. Clearing the storage of an account reads all its slots, and batch and result then hold them.
 */
export async function applyDiff(state: Scanner, diff: StateDiff, batch: Batch): Promise<StateDiff> {
  const cleared = new Map<Address, Map<bigint, bigint>>()
  for (const [address, change] of diff.accounts) {
    if (clears(change) && (readFlatAccount(state, address)?.slotCount ?? 0n) > 0n) {
      cleared.set(address, await clearSlots(state, address, batch))
    }
  }
  return applyCleared(state, diff, batch, cleared)
}

/** `cleared`: what the accounts had of which the batch deletes all slots already. */
function applyCleared(
  state: Reader,
  diff: StateDiff,
  batch: Batch,
  cleared: ReadonlyMap<Address, Map<bigint, bigint>>,
): StateDiff {
  const accounts = new Map<Address, AccountDiff>()
  for (const [address, change] of diff.accounts) {
    const reverse = applyAccountDiff(state, address, change, batch, cleared.get(address))
    if (reverse !== undefined) accounts.set(address, reverse)
  }
  for (const [codeHash, code] of diff.codes) batch.put(hashKey('code', codeHash), code)
  return { accounts, codes: new Map() }
}

/** `undefined` when nothing changes. */
function applyAccountDiff(
  state: Reader,
  address: Address,
  change: AccountDiff,
  batch: Batch,
  cleared: Map<bigint, bigint> | undefined,
): AccountDiff | undefined {
  const key = accountKey(address)
  const stored = state.get(key)
  const old = stored && decodeFlatAccount(stored)
  const fields = change.account === undefined ? old : change.account.to
  const isDeleted = fields === undefined
  if (isDeleted && change.account === undefined && hasValues(change.slots)) {
    throw new Error(`state diff sets slots of ${address}, which does not exist`)
  }
  const oldSlots = cleared ?? new Map<bigint, bigint>()
  let slotCount = cleared ? 0n : (old?.slotCount ?? 0n)
  for (const [slot, value] of (!isDeleted && change.slots) || []) {
    const keyOfSlot = slotKey(address, slot)
    const before = cleared ? (cleared.get(slot) ?? 0n) : slotValue(state.get(keyOfSlot))
    if (value === (cleared ? 0n : before)) continue
    oldSlots.set(slot, before)
    if (cleared || before === 0n) slotCount++
    else if (value === 0n) slotCount--
    if (value === 0n) batch.delete(keyOfSlot)
    else batch.put(keyOfSlot, bigintToMinimalBytes(value))
  }
  const hasNewFields = change.account !== undefined && !isSameAccount(old, fields)
  if (hasNewFields || slotCount !== (old?.slotCount ?? 0n)) {
    if (fields === undefined) batch.delete(key)
    else batch.put(key, encodeFlatAccount({ ...fields, slotCount }))
  }
  if (!hasNewFields && oldSlots.size === 0) return undefined
  return { account: hasNewFields ? { to: old } : undefined, slots: oldSlots.size === 0 ? undefined : oldSlots }
}

function hasValues(slots: AccountDiff['slots']): boolean {
  return slots?.values().some((value) => value !== 0n) ?? false
}

function isSameAccount(a: AccountFields | undefined, b: AccountFields | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  return a.nonce === b.nonce && a.balance === b.balance && a.codeHash === b.codeHash
}

type AccountFields = Omit<FlatAccount, 'slotCount'>

/** Deletes all slots of the account and returns them. */
async function clearSlots(state: Scanner, address: Address, batch: Batch): Promise<Map<bigint, bigint>> {
  const slots = new Map<bigint, bigint>()
  for await (const { key, value } of state.entries(slotPrefix(address))) {
    batch.delete(key)
    slots.set(bytesToBigint(slotOfKey(key)), bytesToBigint(value))
  }
  return slots
}
