import { DecodeError } from '../primitives/errors.ts'
import type { Address } from '../primitives/hex.ts'
import { decodeRlp, encodeRlp, type RlpInput } from '../primitives/rlp.ts'
import { address, bit, type Codec, list, record, uint256 } from '../primitives/rlp-codec.ts'
import { accountFields } from './flat-account.ts'
import type { Account, AccountDiff, StateDiff } from './state-view.ts'
import { StorageError } from './storage-error.ts'

/**
 * RLP of a state diff: a list of [address, account, clears storage, slots]. The account is no bytes when it is
 * unchanged, an empty list when it is deleted, else its fields; slots are [number, value]. Codes are left out: they are
 * stored once and for all.
 */
interface Row {
  readonly address: Address
  readonly account: AccountDiff['account']
  readonly clearsStorage: bigint
  readonly slots: readonly Slot[]
}

interface Slot {
  readonly slot: bigint
  readonly value: bigint
}

const accountRecord = record<Account>('account', accountFields)

const boxedAccount: Codec<AccountDiff['account']> = {
  encode(box): RlpInput {
    if (box === undefined) return new Uint8Array(0)
    return box.to === undefined ? [] : accountRecord.encode(box.to)
  },
  decode(item, field) {
    if (item instanceof Uint8Array && item.length === 0) return undefined
    if (Array.isArray(item) && item.length === 0) return { to: undefined }
    return { to: accountRecord.decode(item, field) }
  },
}

const slotRecord = record<Slot>('slot', { slot: uint256, value: uint256 })
const rows = list(record<Row>('diff', { address, account: boxedAccount, clearsStorage: bit, slots: list(slotRecord) }))

export function encodeStateDiff(diff: StateDiff): Uint8Array {
  const encoded = [...diff.accounts].map(([accountAddress, change]) => ({
    address: accountAddress,
    account: change.account,
    clearsStorage: change.clearsStorage ? 1n : 0n,
    slots: [...(change.slots ?? [])].map(([slot, value]) => ({ slot, value })),
  }))
  return encodeRlp(rows.encode(encoded))
}

/** Throws StorageError `corrupt`. */
export function decodeStateDiff(bytes: Uint8Array): StateDiff {
  try {
    // Our own bytes: as many items as they can hold.
    const decoded = rows.decode(decodeRlp(bytes, { maxItems: bytes.length }), 'state diff')
    const accounts = new Map(decoded.map((row) => [row.address, toAccountDiff(row)]))
    return { accounts, codes: new Map() }
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause
    throw new StorageError('corrupt', `a stored state diff cannot be decoded: ${cause.message}`, {}, { cause })
  }
}

function toAccountDiff({ account, clearsStorage, slots }: Row): AccountDiff {
  return {
    account,
    clearsStorage: clearsStorage === 1n ? true : undefined,
    slots: slots.length === 0 ? undefined : new Map(slots.map(({ slot, value }) => [slot, value])),
  }
}
