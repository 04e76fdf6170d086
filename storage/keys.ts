import { bigintToBytes, hexDigitsToBytes, writeHexDigits } from '../primitives/bytes.ts'
import type { Address, Hash, Hex } from '../primitives/hex.ts'
import { BUCKETS, type Bucket } from './buckets.ts'

const ADDRESS_BYTES = 20
const HASH_BYTES = 32
const SLOT_OFFSET = 1 + ADDRESS_BYTES

/** The first byte of every key of a bucket: the prefix to scan it by, and the whole key where a bucket has just one. */
export function bucketKey(bucket: Bucket): Uint8Array {
  return Uint8Array.of(BUCKETS[bucket])
}

/** The bucket and then the bytes of `hex`, which are that many. */
function hexKey(bucket: Bucket, hex: Hex, bytes: number): Uint8Array {
  const key = hexDigitsToBytes(hex, 1 + bytes, 2)
  if (key === undefined) throw new TypeError(`not hex digits: ${hex}`)
  key[0] = BUCKETS[bucket]
  return key
}

/** Key of something that a hash names. */
export function hashKey(
  bucket:
    | 'header'
    | 'body'
    | 'receipts'
    | 'senders'
    | 'totalDifficulty'
    | 'transactionLocation'
    | 'replay'
    | 'code'
    | 'changedStateRoot',
  hash: Hash,
): Uint8Array {
  return hexKey(bucket, hash, HASH_BYTES)
}

/** Key of a trie node, whose hash (32 bytes) comes as bytes. */
export function trieNodeKey(hash: Uint8Array): Uint8Array {
  const key = new Uint8Array(1 + HASH_BYTES)
  key[0] = BUCKETS.trieNode
  key.set(hash, 1)
  return key
}

/** Key of something that belongs to the canonical block of that number. */
export function numberKey(bucket: 'canonicalHash' | 'reverseDiff', number: bigint): Uint8Array {
  const key = new Uint8Array(9)
  key[0] = BUCKETS[bucket]
  new DataView(key.buffer).setBigUint64(1, number)
  return key
}

export function accountKey(address: Address): Uint8Array {
  return hexKey('account', address, ADDRESS_BYTES)
}

/** What the keys of all slots of an account begin with. */
export function slotPrefix(address: Address): Uint8Array {
  return hexKey('slot', address, ADDRESS_BYTES)
}

export function slotKey(address: Address, slot: bigint): Uint8Array {
  const key = new Uint8Array(SLOT_OFFSET + HASH_BYTES)
  key[0] = BUCKETS.slot
  writeHexDigits(address, key, 1)
  if (slot !== 0n) key.set(bigintToBytes(slot, HASH_BYTES), SLOT_OFFSET)
  return key
}

export function textKey(bucket: 'identity' | 'metadata' | 'poolJournal', text: string): Uint8Array {
  const bytes = Buffer.from(text, 'utf8')
  const key = new Uint8Array(1 + bytes.length)
  key[0] = BUCKETS[bucket]
  key.set(bytes, 1)
  return key
}

/** The bytes of an account key that are the address (20). */
export function addressOfKey(key: Uint8Array): Uint8Array {
  return key.subarray(1, SLOT_OFFSET)
}

/** The bytes of a slot key that are the slot (32). */
export function slotOfKey(key: Uint8Array): Uint8Array {
  return key.subarray(SLOT_OFFSET)
}
