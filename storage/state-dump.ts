import { bytesToBigint, EMPTY_BYTES } from '../primitives/bytes.ts'
import { type Address, bytesToAddress } from '../primitives/hex.ts'
import { KECCAK_EMPTY } from '../primitives/keccak.ts'
import { decodeFlatAccount } from './flat-account.ts'
import { addressOfKey, bucketKey, hashKey, slotOfKey, slotPrefix } from './keys.ts'
import type { Scanner } from './reader.ts'

/** An account with all that it has. */
export interface DumpedAccount {
  readonly address: Address
  readonly nonce: bigint
  /** Wei. */
  readonly balance: bigint
  readonly code: Uint8Array
  readonly storage: ReadonlyMap<bigint, bigint>
}

/** Every account of the flat state, by address. Consistent while nothing is written. Throws StorageError `corrupt`. */
export async function* dumpState(database: Scanner): AsyncGenerator<DumpedAccount> {
  for await (const { key, value } of database.entries(bucketKey('account'))) {
    const address = bytesToAddress(addressOfKey(key))
    const { nonce, balance, codeHash, slotCount } = decodeFlatAccount(value)
    const code = codeHash === KECCAK_EMPTY ? EMPTY_BYTES : (database.get(hashKey('code', codeHash)) ?? EMPTY_BYTES)
    const storage = new Map<bigint, bigint>()
    if (slotCount > 0n) {
      for await (const slot of database.entries(slotPrefix(address))) {
        storage.set(bytesToBigint(slotOfKey(slot.key)), bytesToBigint(slot.value))
      }
    }
    yield { address, nonce, balance, code, storage }
  }
}
