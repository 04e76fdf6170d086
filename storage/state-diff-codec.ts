import { EMPTY_BYTES } from '../primitives/bytes.ts'
import { DecodeError } from '../primitives/errors.ts'
import type { Address } from '../primitives/hex.ts'
import { encodeRlp, type RlpInput } from '../primitives/rlp.ts'
import { address, bit, type Codec, encodeRows, fieldRows, readRows, record, uint256 } from '../primitives/rlp-codec.ts'
import { EMPTY_LIST, EMPTY_STRING, RlpCursor } from '../primitives/rlp-cursor.ts'
import { accountFields } from './flat-account.ts'
import type { Account, AccountDiff, StateDiff } from './state-view.ts'
import { StorageError } from './storage-error.ts'

/*
 * RLP of a state diff: a list of [address, account, clears storage, slots]. The account is no bytes when it is
 * unchanged, an empty list when it is deleted, else its fields; slots are [number, value]. Codes are left out: they are
 * stored once and for all.
 */

const accountRecord = record<Account>('account', accountFields)

const boxedAccount: Codec<AccountDiff['account']> = {
  encode(box): RlpInput {
    if (box === undefined) return EMPTY_BYTES
    return box.to === undefined ? [] : accountRecord.encode(box.to)
  },
  decode(cursor, end, field) {
    if (cursor.skipIf(end, EMPTY_STRING)) return undefined
    if (cursor.skipIf(end, EMPTY_LIST)) return { to: undefined }
    return { to: accountRecord.decode(cursor, end, field) }
  },
}

const flag: Codec<boolean | undefined> = {
  encode: (value) => (value ? 1n : 0n),
  decode: (cursor, end, field) => bit.decode(cursor, end, field) === 1n || undefined,
}

const slots: Codec<AccountDiff['slots']> = {
  encode: (values) => (values === undefined ? [] : [...values]),
  decode(cursor, outerEnd, field) {
    if (cursor.skipIf(outerEnd, EMPTY_LIST)) return undefined
    const end = cursor.list(outerEnd, field)
    const values = new Map<bigint, bigint>()
    while (cursor.offset < end) {
      const slotEnd = cursor.record(end, field, 2)
      values.set(uint256.decode(cursor, slotEnd, 'slot.slot'), uint256.decode(cursor, slotEnd, 'slot.value'))
    }
    return values
  },
}

const CHANGE_ROWS = fieldRows('diff', { account: boxedAccount, clearsStorage: flag, slots })

const accounts: Codec<StateDiff['accounts']> = {
  encode: (changes) => Array.from(changes, ([key, change]) => [key, ...encodeRows(CHANGE_ROWS, change)]),
  decode(cursor, outerEnd, field) {
    const end = cursor.list(outerEnd, field)
    const changes = new Map<Address, AccountDiff>()
    while (cursor.offset < end) {
      const rowEnd = cursor.record(end, field, 1 + CHANGE_ROWS.length)
      changes.set(address.decode(cursor, rowEnd, 'diff.address'), readRows(CHANGE_ROWS, cursor, rowEnd))
    }
    return changes
  },
}

export function encodeStateDiff(diff: StateDiff): Uint8Array {
  return encodeRlp(accounts.encode(diff.accounts))
}

/** Throws StorageError `corrupt`. */
export function decodeStateDiff(bytes: Uint8Array): StateDiff {
  try {
    // Our own bytes: as many items as they can hold.
    const cursor = new RlpCursor(bytes, { maxItems: bytes.length })
    return { accounts: cursor.whole(accounts.decode, 'state diff'), codes: new Map() }
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause
    throw new StorageError('corrupt', `a stored state diff cannot be decoded: ${cause.message}`, {}, { cause })
  }
}
