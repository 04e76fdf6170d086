import {
  copyBytes,
  HASH_REFERENCE_BYTES,
  headerLength,
  itemEnd,
  LIST_OFFSET,
  NOTHING,
  payloadStart,
  stringLength,
  writeHeader,
  writeString,
} from './encoded-node.ts'
import type { NewNodes } from './new-nodes.ts'
import { type Path, packedLength, writePackedPath } from './nibbles.ts'

export const BRANCH_WIDTH = 16

/** Where something stands. */
interface Place {
  readonly bytes: Uint8Array
  readonly at: number
}

/** A list of 16 children and a value, none of which is there. */
export const EMPTY_BRANCH: Place = {
  bytes: new Uint8Array(2 + BRANCH_WIDTH).fill(NOTHING).fill(LIST_OFFSET + BRANCH_WIDTH + 1, 0, 1),
  at: 0,
}

/** A node that an update makes, not encoded yet; or what stands for one that is (`stored`). */
export type Changed =
  | { readonly kind: 'leaf'; readonly path: Path; readonly value: Uint8Array }
  | { readonly kind: 'extension'; readonly path: Path; readonly child: Changed }
  | ChangedBranch
  | StoredNode

export interface ChangedBranch {
  readonly kind: 'branch'
  /** RLP of the branch that it takes the place of, which has the children that are `SAME`; else `EMPTY_BRANCH`. */
  readonly source: Place
  /** 16, by next nibble. */
  readonly children: readonly Updated[]
  readonly value: Uint8Array | undefined
}

export interface StoredNode {
  readonly kind: 'stored'
  /** Where its hash is, or itself if it has less than 32 bytes. */
  readonly bytes: Uint8Array
  readonly at: number
  /** Of one that is new: its RLP, and who is to be told when another node takes its place. */
  readonly rlp?: Uint8Array | undefined
  readonly onOpened?: (() => void) | undefined
}

/** Where nothing changed. */
export const SAME = 'same'

/** What becomes of a node; `undefined`: it is gone. */
export type Updated = Changed | undefined | typeof SAME

/** Encodes and hashes a root and what is new below it. Returns the hash as it would stand in a parent. */
export function writeRoot(node: Changed, made: NewNodes): Uint8Array {
  if (node.kind === 'stored') return node.bytes.slice(node.at, itemEnd(node.bytes, node.at))
  const { bytes, at } = writeNode(node, made, true)
  return bytes.slice(at, at + HASH_REFERENCE_BYTES)
}

/** The same for a node that has a parent: one of less than 32 bytes stands for itself. */
export function writeReference(node: Changed, made: NewNodes): Uint8Array {
  const { bytes, at } = writeChild(node, made)
  return bytes.slice(at, itemEnd(bytes, at))
}

function writeChild(node: Changed, made: NewNodes): Place {
  return node.kind === 'stored' ? node : writeNode(node, made, false)
}

function writeNode(node: Exclude<Changed, StoredNode>, made: NewNodes, isRoot: boolean): Place {
  switch (node.kind) {
    case 'leaf':
      return writeLeaf(node.path, node.value, made, isRoot)
    case 'extension':
      return writeExtension(node.path, writeChild(node.child, made), made, isRoot)
    case 'branch':
      return writeBranch(node, made, isRoot)
  }
}

/** Shorter encodings stand in their parent, longer ones behind their hash. */
function finish(bytes: Uint8Array, start: number, end: number, made: NewNodes, isRoot: boolean): Place {
  if (end - start < HASH_REFERENCE_BYTES - 1 && !isRoot) return { bytes: bytes.slice(start, end), at: 0 }
  return { bytes, at: made.add(end - start) }
}

function pathStringLength(path: Path): number {
  const length = packedLength(path.end - path.start)
  return length === 1 ? 1 : headerLength(length) + length
}

function writePath(target: Uint8Array, offset: number, path: Path, isLeaf: boolean): number {
  const length = packedLength(path.end - path.start)
  const at = length === 1 ? offset : writeHeader(target, offset, length, NOTHING)
  return writePackedPath(target, at, path, isLeaf)
}

function writeLeaf(path: Path, value: Uint8Array, made: NewNodes, isRoot: boolean): Place {
  const payload = pathStringLength(path) + stringLength(value)
  const { bytes, start } = made.space(headerLength(payload) + payload)
  let at = writeHeader(bytes, start, payload, LIST_OFFSET)
  at = writePath(bytes, at, path, true)
  return finish(bytes, start, writeString(bytes, at, value), made, isRoot)
}

function writeExtension(path: Path, child: Place, made: NewNodes, isRoot: boolean): Place {
  const childEnd = itemEnd(child.bytes, child.at)
  const payload = pathStringLength(path) + childEnd - child.at
  const { bytes, start } = made.space(headerLength(payload) + payload)
  let at = writeHeader(bytes, start, payload, LIST_OFFSET)
  at = writePath(bytes, at, path, false)
  at = copyBytes(bytes, at, child.bytes, child.at, childEnd)
  return finish(bytes, start, at, made, isRoot)
}

const NO_CHILD: Place = { bytes: Uint8Array.of(NOTHING), at: 0 }

function writeBranch({ source, children, value }: ChangedBranch, made: NewNodes, isRoot: boolean): Place {
  const places = children.map((child) => {
    if (child === SAME) return undefined
    return child === undefined ? NO_CHILD : writeChild(child, made)
  })
  const first = payloadStart(source.bytes, source.at)
  let payload = value === undefined ? 1 : stringLength(value)
  for (let nibble = 0, position = first; nibble < BRANCH_WIDTH; nibble++) {
    const end = itemEnd(source.bytes, position)
    const place = places[nibble]
    payload += place === undefined ? end - position : itemEnd(place.bytes, place.at) - place.at
    position = end
  }
  const { bytes, start } = made.space(headerLength(payload) + payload)
  let at = writeHeader(bytes, start, payload, LIST_OFFSET)
  let position = first
  /** From where on the source is still to be copied. */
  let copied = first
  for (const place of places) {
    const end = itemEnd(source.bytes, position)
    if (place !== undefined) {
      at = copyBytes(bytes, at, source.bytes, copied, position)
      at = copyBytes(bytes, at, place.bytes, place.at, itemEnd(place.bytes, place.at))
      copied = end
    }
    position = end
  }
  at = copyBytes(bytes, at, source.bytes, copied, position)
  if (value !== undefined) return finish(bytes, start, writeString(bytes, at, value), made, isRoot)
  bytes[at] = NOTHING
  return finish(bytes, start, at + 1, made, isRoot)
}
