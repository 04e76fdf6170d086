/** Number `index` of the half bytes, the high one of each byte first. */
export function nibbleAt(bytes: Uint8Array, index: number): number {
  const byte = bytes[index >> 1]!
  return (index & 1) === 0 ? byte >> 4 : byte & 0x0f
}

/** A piece of a key, without a copy: the half bytes `[start, end)` of these bytes. */
export interface Path {
  readonly bytes: Uint8Array
  readonly start: number
  readonly end: number
}

/** The half bytes of a key: one array element each. */
export function toNibbles(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from({ length: bytes.length * 2 }, (_, index) => nibbleAt(bytes, index))
}

/** How many nibbles two paths share from their starts on. */
export function sharedLength(a: Path, b: Path): number {
  const limit = Math.min(a.end - a.start, b.end - b.start)
  let length = 0
  while (length < limit && nibbleAt(a.bytes, a.start + length) === nibbleAt(b.bytes, b.start + length)) length++
  return length
}

/** Lexicographic: negative when `a` comes first, 0 when equal, positive when `b` does. */
export function comparePaths(a: Path, b: Path): number {
  const shared = sharedLength(a, b)
  const [leftOfA, leftOfB] = [a.end - a.start - shared, b.end - b.start - shared]
  if (leftOfA === 0 || leftOfB === 0) return leftOfA - leftOfB
  return nibbleAt(a.bytes, a.start + shared) - nibbleAt(b.bytes, b.start + shared)
}

/** One path behind the other, in bytes of their own. */
export function joinPaths(a: Path, b: Path): Path {
  const end = a.end - a.start + b.end - b.start
  const bytes = new Uint8Array((end + 1) >> 1)
  let position = 0
  for (const path of [a, b]) {
    for (let index = path.start; index < path.end; index++, position++) {
      bytes[position >> 1]! |= nibbleAt(path.bytes, index) << ((position & 1) === 0 ? 4 : 0)
    }
  }
  return { bytes, start: 0, end }
}

const ODD = 0x10
const LEAF = 0x20

/** Bytes of the hex-prefix encoding of so many nibbles. */
export function packedLength(nibbles: number): number {
  return (nibbles >> 1) + 1
}

/**
 * Writes the hex-prefix encoding of a path (Yellow Paper, App. C): two flags in the first nibble, then the nibbles packed.
 * Returns where it ends.
 */
export function writePackedPath(target: Uint8Array, offset: number, path: Path, isLeaf: boolean): number {
  const { bytes, end } = path
  let { start } = path
  let at = offset
  const flags = isLeaf ? LEAF : 0
  target[at++] = ((end - start) & 1) === 1 ? flags | ODD | nibbleAt(bytes, start++) : flags
  if ((start & 1) === 0) for (let index = start >> 1; index < end >> 1; index++) target[at++] = bytes[index]!
  else for (; start < end; start += 2) target[at++] = (nibbleAt(bytes, start) << 4) | nibbleAt(bytes, start + 1)
  return at
}

/** The path in a hex-prefix encoding of `length` bytes; what it is of is for `isLeafPath` to say. */
export function packedPath(bytes: Uint8Array, offset: number, length: number): Path {
  const isOdd = (bytes[offset]! & ODD) !== 0
  return { bytes, start: 2 * offset + (isOdd ? 1 : 2), end: 2 * (offset + length) }
}

/** Whether the hex-prefix encoding that begins with this byte is of a leaf. */
export function isLeafPath(first: number): boolean {
  return (first & LEAF) !== 0
}

/** Hex-prefix encoding of nibbles that stand in an array element each. */
export function packPath(nibbles: Uint8Array, isLeaf: boolean): Uint8Array {
  const bytes = new Uint8Array((nibbles.length + 1) >> 1)
  for (const [index, nibble] of nibbles.entries()) bytes[index >> 1]! |= nibble << (index % 2 === 0 ? 4 : 0)
  const packed = new Uint8Array(packedLength(nibbles.length))
  writePackedPath(packed, 0, { bytes, start: 0, end: nibbles.length }, isLeaf)
  return packed
}

/** The path, one nibble an element, and whether it ends in a leaf; `undefined` when the encoding is not canonical. */
export function unpackPath(packed: Uint8Array): { readonly path: Uint8Array; readonly isLeaf: boolean } | undefined {
  const first = packed[0]
  if (first === undefined || first >= LEAF + ODD + 0x10) return undefined
  const isOdd = (first & ODD) !== 0
  if (!isOdd && (first & 0x0f) !== 0) return undefined
  return { path: toNibbles(packed).subarray(isOdd ? 1 : 2), isLeaf: isLeafPath(first) }
}
