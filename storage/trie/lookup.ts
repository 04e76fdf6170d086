import { type Hash, hashToBytes } from '../../primitives/hex.ts'
import { EMPTY_TRIE_ROOT } from '../../primitives/keccak.ts'
import { HASH_PREFIX, itemEnd, NOTHING, payloadStart } from './encoded-node.ts'
import { isLeafPath, nibbleAt, packedPath, sharedLength } from './nibbles.ts'
import type { NodeReader } from './node-reader.ts'

/** The way to a key: what is there, and RLP of the nodes passed that are stored under their hash, the root first. */
export interface TriePath {
  /** May be a window on one of the nodes. */
  readonly value: Uint8Array | undefined
  readonly nodes: readonly Uint8Array[]
}

/** The value of `key`, `undefined` where the trie has none; a window to be left alone. Throws what `nodes` throws. */
export function lookup(root: Hash, key: Uint8Array, nodes: NodeReader): Uint8Array | undefined {
  return lookupPath(root, key, nodes).value
}

/** Like `lookup`, with the way there. A key that is not there has the nodes that prove it (none for an empty trie). */
export function lookupPath(root: Hash, key: Uint8Array, nodes: NodeReader): TriePath {
  const passed: Uint8Array[] = []
  if (root === EMPTY_TRIE_ROOT) return { value: undefined, nodes: passed }
  const end = 2 * key.length
  let depth = 0
  let bytes = nodes.rlp(hashToBytes(root))
  let at = 0
  passed.push(bytes)
  for (;;) {
    const first = payloadStart(bytes, at)
    const second = itemEnd(bytes, first)
    if (itemEnd(bytes, second) !== itemEnd(bytes, at)) {
      at = childAt(bytes, first, depth === end ? VALUE : nibbleAt(key, depth))
      if (bytes[at] === NOTHING) return { value: undefined, nodes: passed }
      if (depth === end) return { value: stringAt(bytes, at), nodes: passed }
      depth++
    } else {
      const start = payloadStart(bytes, first)
      const path = packedPath(bytes, start, second - start)
      const length = path.end - path.start
      if (sharedLength(path, { bytes: key, start: depth, end }) !== length) return { value: undefined, nodes: passed }
      depth += length
      at = second
      if (isLeafPath(bytes[start]!)) return { value: depth === end ? stringAt(bytes, at) : undefined, nodes: passed }
    }
    if (bytes[at] !== HASH_PREFIX) continue
    bytes = nodes.rlp(bytes, at + 1)
    at = 0
    passed.push(bytes)
  }
}

/** Which item of a branch its value is. */
const VALUE = 16

function childAt(bytes: Uint8Array, first: number, index: number): number {
  let at = first
  for (let passed = 0; passed < index; passed++) at = itemEnd(bytes, at)
  return at
}

function stringAt(bytes: Uint8Array, at: number): Uint8Array {
  return bytes.subarray(payloadStart(bytes, at), itemEnd(bytes, at))
}
