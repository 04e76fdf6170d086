import { bytesToBigint } from '../../primitives/bytes.ts'
import { type Address, bytesToAddress } from '../../primitives/hex.ts'
import { BUCKETS } from '../buckets.ts'
import { addressOfKey, slotOfKey } from '../keys.ts'

/** What a forked chain begins upon: the state after the fork point, below what the database has of it. */
export interface StateBase {
  /** Whether the chain is a forked one now. Then what is deleted from the state leaves a mark: an empty value. */
  readonly isActive: boolean
  /**
   * The value of a key that the database does not have; `undefined` if there is none. Throws StorageError `upstream-failed`;
   * NotFetched in a thread that cannot wait for it.
   */
  get(key: Uint8Array): Uint8Array | undefined
}

/** One that values can be brought to before they are read. */
export interface FetchedBase extends StateBase {
  /** Afterwards `get` has it. Rejects with StorageError `upstream-failed`. */
  fetch(key: Uint8Array): Promise<void>
}

/** A value of the base is not here yet: who can wait fetches it and begins again. */
export class NotFetched extends Error {
  readonly key: Uint8Array

  constructor(key: Uint8Array) {
    super('a value of the forked chain is not here yet')
    this.key = key
  }
}

/** What a key of the database stands for, as far as a base has such things. */
export type BaseKey =
  | { readonly kind: 'account'; readonly address: Address }
  | { readonly kind: 'slot'; readonly address: Address; readonly slot: bigint }
  | { readonly kind: 'blockHash'; readonly number: bigint }

/** `undefined`: only the database has such things. */
export function baseKey(key: Uint8Array): BaseKey | undefined {
  switch (key[0]) {
    case BUCKETS.account:
      return { kind: 'account', address: bytesToAddress(addressOfKey(key)) }
    case BUCKETS.slot:
      return { kind: 'slot', address: bytesToAddress(addressOfKey(key)), slot: bytesToBigint(slotOfKey(key)) }
    case BUCKETS.canonicalHash:
      return { kind: 'blockHash', number: bytesToBigint(key.subarray(1)) }
    default:
      return undefined
  }
}

/** Whether a base may have a value for the key. */
export function isOfBase(key: Uint8Array): boolean {
  return key[0] === BUCKETS.account || key[0] === BUCKETS.slot || key[0] === BUCKETS.canonicalHash
}
