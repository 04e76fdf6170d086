import { bytesToBigint } from '../../primitives/bytes.ts'
import type { Address, Hash } from '../../primitives/hex.ts'
import { bytesToHash } from '../../primitives/hex.ts'
import { KECCAK_EMPTY } from '../../primitives/keccak.ts'
import {
  KIND_NUMBERS,
  MODES,
  NEW_LOCATION,
  OPERATION,
  READ_ZERO,
  type RecordedKind,
  SAME_VALUE,
} from './operation-format.ts'

/** What the number of a location stands for: an account, or a slot of its storage or transient storage. */
export interface RecordedLocation {
  readonly address: Address
  readonly slot?: bigint | undefined
}

/** An operation of a transaction, as it stands in its log (`OperationLog`). */
export interface RecordedOperation extends RecordedLocation {
  readonly kind: RecordedKind
  readonly mode: (typeof MODES)[number]
  /** A hash of code, or a number; absent where there is none. */
  readonly value?: Hash | bigint | undefined
}

const KINDS = new Map<number, RecordedKind>(
  Object.entries(KIND_NUMBERS).map(([kind, number]) => [number, kind as RecordedKind]),
)
const WITHOUT_VALUE: ReadonlySet<RecordedKind> = new Set(['resetAccount', 'selfDestruct', 'log'])

/** The operations of a whole log. `locations`: by number, from 1. */
export function readOperations(
  bytes: Uint8Array,
  locations: ReadonlyMap<number, RecordedLocation>,
): RecordedOperation[] {
  const operations: RecordedOperation[] = []
  /** Of slots and codes, whose value is not written out again while it stays. */
  const values = new Map<string, Hash | bigint>()
  let newest = 0
  /** That of the operation before, until another one is read. */
  let location = 0
  let at = 0
  while (at < bytes.length) {
    const isNew = (bytes[at]! & NEW_LOCATION) !== 0
    const first = bytes[at++]! & ~NEW_LOCATION
    const kind = KINDS.get(first >> 2)!
    const mode = MODES[first & 3]!
    if (isNew) location = ++newest
    else if (first !== OPERATION.slotWritten) {
      location = 0
      for (let shift = 0; ; shift += 7) {
        const byte = bytes[at++]!
        location |= (byte & 0x7f) << shift
        if (byte < 0x80) break
      }
    }
    const place = locations.get(location)!
    if (WITHOUT_VALUE.has(kind) || first === OPERATION.accountCreated) {
      operations.push({ kind, mode, ...place })
      continue
    }
    const key = `${location} ${kind}`
    const length = (first & 3) === READ_ZERO ? 0 : bytes[at++]!
    let value = values.get(key)!
    if (length !== SAME_VALUE) {
      const content = bytes.subarray(at, at + length)
      if (kind === 'code') value = length === 0 ? KECCAK_EMPTY : bytesToHash(content)
      else value = bytesToBigint(content.toReversed())
      at += length
      values.set(key, value)
    }
    operations.push({ kind, mode, ...place, value })
  }
  return operations
}
