import { EMPTY_BYTES } from '../primitives/bytes.ts'
import { DecodeError } from '../primitives/errors.ts'
import type { Hash } from '../primitives/hex.ts'
import { KECCAK_EMPTY } from '../primitives/keccak.ts'
import { encodeRlp } from '../primitives/rlp.ts'
import { type Codec, hash, record, uint64, uint256 } from '../primitives/rlp-codec.ts'
import { EMPTY_STRING, RlpCursor } from '../primitives/rlp-cursor.ts'
import type { Account } from './state-view.ts'
import { StorageError } from './storage-error.ts'

/**
 * An account of the flat state. The number of its slots that are not zero answers `hasStorage` (EIP-7610) without a
 * scan, which LevelDB cannot do synchronously.
 */
export interface FlatAccount extends Account {
  readonly slotCount: bigint
}

/** Most accounts have no code: no bytes stand for its hash. */
const codeHash: Codec<Hash> = {
  encode: (value) => (value === KECCAK_EMPTY ? EMPTY_BYTES : hash.encode(value)),
  decode: (cursor, end, field) => (cursor.skipIf(end, EMPTY_STRING) ? KECCAK_EMPTY : hash.decode(cursor, end, field)),
}

export const accountFields = { nonce: uint64, balance: uint256, codeHash }

const flatAccount = record<FlatAccount>('account', { ...accountFields, slotCount: uint64 })

export function encodeFlatAccount(account: FlatAccount): Uint8Array {
  return encodeRlp(flatAccount.encode(account))
}

/** Throws StorageError `corrupt`. */
export function decodeFlatAccount(bytes: Uint8Array): FlatAccount {
  try {
    return new RlpCursor(bytes).whole(flatAccount.decode, 'account')
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause
    throw new StorageError('corrupt', `a stored account cannot be decoded: ${cause.message}`, {}, { cause })
  }
}
