import { bigintToBytes, bytesToBigint, EMPTY_BYTES } from './bytes.ts'
import { DecodeError } from './errors.ts'
import { type Address, bytesToHex, type Hash } from './hex.ts'
import { asBytes, asList, asUint, type RlpInput, type RlpItem } from './rlp.ts'

/** Two directions of one format. `decode` throws DecodeError naming the field. */
export interface Codec<T> {
  encode(value: T): RlpInput
  decode(item: RlpItem | undefined, field: string): T
}

/** One codec per property, in RLP order (objects keep the order in which string keys are written). */
export type Fields<T> = { readonly [Key in keyof T]-?: Codec<T[Key]> }

/** An unsigned integer of at most `maxBytes` bytes. */
export function uint(maxBytes: number): Codec<bigint> {
  return {
    encode: (value) => value,
    decode: (item, field) => asUint(item, field, maxBytes),
  }
}

export const uint64 = uint(8)
export const uint256 = uint(32)

/** An integer that is 0 or 1. */
export const bit: Codec<bigint> = {
  encode: (value) => value,
  decode(item, field) {
    const value = asUint(item, field, 1)
    if (value > 1n) throw new DecodeError(`${field}: expected 0 or 1, not ${value}`, { problem: 'overflow', field })
    return value
  },
}

/** A byte string of any length. */
export const byteString: Codec<Uint8Array> = {
  encode: (value) => value,
  decode: (item, field) => asBytes(item, field),
}

export function fixedBytes(length: number): Codec<Uint8Array> {
  return {
    encode: (value) => value,
    decode: (item, field) => asBytes(item, field, length),
  }
}

export const address: Codec<Address> = {
  encode: (value) => value,
  decode: (item, field) => bytesToHex(asBytes(item, field, 20)),
}

/** No bytes stand for `undefined`: the `to` of a transaction that creates a contract. */
export const optionalAddress: Codec<Address | undefined> = {
  encode: (value) => value ?? EMPTY_BYTES,
  decode: (item, field) => (item instanceof Uint8Array && item.length === 0 ? undefined : address.decode(item, field)),
}

export const hash: Codec<Hash> = {
  encode: (value) => value,
  decode: (item, field) => bytesToHex(asBytes(item, field, 32)),
}

/** A 32-byte word with its leading zeros, as bigint. */
export const word: Codec<bigint> = {
  encode: (value) => bigintToBytes(value, 32),
  decode: (item, field) => bytesToBigint(asBytes(item, field, 32)),
}

export function list<T>(element: Codec<T>, maxLength = Number.POSITIVE_INFINITY): Codec<readonly T[]> {
  return {
    encode: (values) => values.map(element.encode),
    decode: (item, field) => decodeList(item, field, element.decode, maxLength),
  }
}

/** Throws DecodeError, before it decodes anything, when there are more items. */
export function decodeList<T>(
  item: RlpItem | undefined,
  field: string,
  decode: Codec<T>['decode'],
  maxLength: number,
): readonly T[] {
  const items = asList(item, field)
  if (items.length > maxLength) {
    const details = { problem: 'count', field, actual: items.length } as const
    throw new DecodeError(`${field}: expected at most ${maxLength} items, not ${items.length}`, details)
  }
  return items.map((child) => decode(child, field))
}

/** A list of fixed length whose items are the fields of an object. */
export function record<T extends object>(name: string, fields: Fields<T>): Codec<T> {
  const rows = fieldRows(name, fields)
  return {
    encode: (value) => encodeRows(rows, value),
    decode: (item, field) => decodeRows(rows, asList(item, field, rows.length)) as T,
  }
}

/** One row of a field table, with the name that errors give the field. */
export interface FieldRow<Key extends string = string> {
  readonly key: Key
  readonly name: string
  readonly codec: Codec<unknown>
}

/** A field table as rows, in order. */
export function fieldRows<Key extends string>(
  name: string,
  fields: Readonly<Record<Key, Codec<unknown>>>,
): readonly FieldRow<Key>[] {
  return (Object.keys(fields) as Key[]).map((key) => ({
    key,
    name: `${name}.${key}`,
    codec: fields[key] as Codec<unknown>,
  }))
}

export function encodeRows(rows: readonly FieldRow[], value: object): RlpInput[] {
  const fields = value as Readonly<Record<string, unknown>>
  return rows.map(({ key, codec }) => codec.encode(fields[key]))
}

/** The fields of `rows` from as many items, each decoded as its row says. */
export function decodeRows(rows: readonly FieldRow[], items: readonly RlpItem[]): object {
  const value: Record<string, unknown> = {}
  for (const [index, { key, name, codec }] of rows.entries()) value[key] = codec.decode(items[index], name)
  return value
}
