import { bigintToBytes, EMPTY_BYTES } from './bytes.ts'
import { DecodeError } from './errors.ts'
import type { Address, Hash } from './hex.ts'
import type { RlpInput } from './rlp.ts'
import { EMPTY_STRING, type Read, type RlpCursor } from './rlp-cursor.ts'

/** Two directions of one format. */
export interface Codec<T> {
  encode(value: T): RlpInput
  readonly decode: Read<T>
}

/** One codec per property, in RLP order (objects keep the order in which string keys are written). */
export type Fields<T> = { readonly [Key in keyof T]-?: Codec<T[Key]> }

/** An unsigned integer of at most `maxBytes` bytes, themselves at most 32. */
export function uint(maxBytes: number): Codec<bigint> {
  return {
    encode: (value) => value,
    decode: (cursor, end, field) => cursor.uint(end, field, maxBytes),
  }
}

export const uint64 = uint(8)
export const uint256 = uint(32)

/** An integer that is 0 or 1. */
export const bit: Codec<bigint> = {
  encode: (value) => value,
  decode(cursor, end, field) {
    const value = cursor.uint(end, field, 1)
    if (value > 1n) throw new DecodeError(`${field}: expected 0 or 1, not ${value}`, { problem: 'overflow', field })
    return value
  },
}

/** A byte string of any length. */
export const byteString: Codec<Uint8Array> = {
  encode: (value) => value,
  decode: (cursor, end, field) => cursor.bytes(end, field),
}

export function fixedBytes(length: number): Codec<Uint8Array> {
  return {
    encode: (value) => value,
    decode: (cursor, end, field) => cursor.bytes(end, field, length),
  }
}

export const address: Codec<Address> = {
  encode: (value) => value,
  decode: (cursor, end, field) => cursor.hex(end, field, 20),
}

/** No bytes stand for `undefined`: the `to` of a transaction that creates a contract. */
export const optionalAddress: Codec<Address | undefined> = {
  encode: (value) => value ?? EMPTY_BYTES,
  decode: (cursor, end, field) => (cursor.skipIf(end, EMPTY_STRING) ? undefined : cursor.hex(end, field, 20)),
}

export const hash: Codec<Hash> = {
  encode: (value) => value,
  decode: (cursor, end, field) => cursor.hex(end, field, 32),
}

/** A 32-byte word with its leading zeros, as bigint. */
export const word: Codec<bigint> = {
  encode: (value) => bigintToBytes(value, 32),
  decode: (cursor, end, field) => cursor.word(end, field, 32),
}

export function list<T>(element: Codec<T>, maxLength?: number): Codec<readonly T[]> {
  return {
    encode: (values) => values.map(element.encode),
    decode: readList(element.decode, maxLength),
  }
}

/** Throws DecodeError, before it reads any of them, when there are more items than `maxLength`. */
export function readList<T>(read: Read<T>, maxLength?: number): Read<readonly T[]> {
  return (cursor, end, field) => {
    const listEnd = cursor.list(end, field)
    if (maxLength !== undefined) checkLength(cursor.countTo(listEnd), maxLength, field)
    const items: T[] = []
    while (cursor.offset < listEnd) items.push(read(cursor, listEnd, field))
    return items
  }
}

function checkLength(actual: number, maxLength: number, field: string): void {
  if (actual <= maxLength) return
  const details = { problem: 'count', field, actual } as const
  throw new DecodeError(`${field}: expected at most ${maxLength} items, not ${actual}`, details)
}

/** A list of fixed length whose items are the fields of an object. */
export function record<T extends object>(name: string, fields: Fields<T>): Codec<T> {
  const rows = fieldRows(name, fields)
  return {
    encode: (value) => encodeRows(rows, value),
    decode: (cursor, end, field) => readRows(rows, cursor, cursor.record(end, field, rows.length)) as T,
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

/** An object of the fields of `rows`, each read as its row says; behind those of `value` if given. */
export function readRows(
  rows: readonly FieldRow[],
  cursor: RlpCursor,
  end: number,
  value: Record<string, unknown> = {},
): object {
  for (const { key, name, codec } of rows) value[key] = codec.decode(cursor, end, name)
  return value
}
