/** The half bytes of a key, high one first: one array element each. */
export function toNibbles(bytes: Uint8Array): Uint8Array {
  const nibbles = new Uint8Array(bytes.length * 2)
  for (const [index, byte] of bytes.entries()) {
    nibbles[index * 2] = byte >> 4
    nibbles[index * 2 + 1] = byte & 0x0f
  }
  return nibbles
}

/** How many nibbles `a` and `b` share, `a` from its start and `b` from `offset` on. */
export function commonPrefixLength(a: Uint8Array, b: Uint8Array, offset = 0): number {
  const limit = Math.min(a.length, b.length - offset)
  let length = 0
  while (length < limit && a[length] === b[offset + length]) length++
  return length
}

const ODD = 0x10
const LEAF = 0x20

/** Hex-prefix encoding of a path (Yellow Paper, App. C): two flags in the first nibble, then the nibbles packed. */
export function packPath(path: Uint8Array, isLeaf: boolean): Uint8Array {
  const isOdd = path.length % 2 === 1
  const packed = new Uint8Array((path.length >> 1) + 1)
  packed[0] = (isLeaf ? LEAF : 0) | (isOdd ? ODD | path[0]! : 0)
  for (let from = isOdd ? 1 : 0, to = 1; from < path.length; from += 2, to++) {
    packed[to] = (path[from]! << 4) | path[from + 1]!
  }
  return packed
}

/** The path and whether it ends in a leaf; `undefined` when the bytes are not a canonical hex-prefix encoding. */
export function unpackPath(packed: Uint8Array): { readonly path: Uint8Array; readonly isLeaf: boolean } | undefined {
  const first = packed[0]
  if (first === undefined || first >= LEAF + ODD + 0x10) return undefined
  const isOdd = (first & ODD) !== 0
  if (!isOdd && (first & 0x0f) !== 0) return undefined
  return { path: toNibbles(packed).subarray(isOdd ? 1 : 2), isLeaf: (first & LEAF) !== 0 }
}
