import { changeAccount, slotChanges } from './account-change.ts'
import { ChangeList } from './change-list.ts'
import { NewNodes, readRecords } from './new-nodes.ts'
import type { NodeReader } from './node-reader.ts'
import { updateBelow } from './update.ts'

/** A part of a trie that can be updated by itself, since it has its place in its parent whatever becomes of the others. */
export interface Subtrie {
  /** What the changes are of: leaves of accounts, with storage tries of theirs, or slots. */
  readonly kind: 'accounts' | 'slots'
  /** Nibbles of the keys that lead to it, which all changes share. */
  readonly depth: number
  /** What stands for it in its parent. */
  readonly reference: Uint8Array
  readonly changes: ChangeList
}

export interface SubtrieUpdate {
  /** What stands for it in its parent now; `NOTHING` where nothing is left. */
  readonly reference: Uint8Array
  /** Records of new nodes, for `readRecords`; its own is the last, if it has more than 31 bytes. */
  readonly records: Uint8Array
}

/** Pure: what it reads is named by hashes. `made`: space for new nodes, empty before and after. Throws what `nodes` throws. */
export function updateSubtrie(
  { kind, depth, reference, changes }: Subtrie,
  nodes: NodeReader,
  made: NewNodes = new NewNodes(),
): SubtrieUpdate {
  const sorted =
    kind === 'slots' ? slotChanges(changes) : changes.sorted((change, leaf) => changeAccount(change, leaf, nodes, made))
  return { reference: updateBelow(reference, depth, sorted, nodes, made), records: made.take() }
}

/**
 * The same for bytes that came from another thread: those that `encodeSubtries` made. The result is for
 * `decodeSubtrieUpdates`. What is new is remembered by `nodes`, since the thread is likely to get the same parts next time.
 */
export function updateSubtries(task: Uint8Array, nodes: NodeReader): Uint8Array {
  const made = new NewNodes()
  const updates = decodeSubtries(task).map((subtrie) => updateSubtrie(subtrie, nodes, made))
  for (const { records } of updates) nodes.remember?.(readRecords(records))
  return encodeParts(updates.flatMap(({ reference, records }) => [reference, records]))
}

const KINDS = ['accounts', 'slots'] as const

/** In an array of its own, whose memory can be handed over to another thread. */
export function encodeSubtries(subtries: readonly Subtrie[]): Uint8Array {
  return encodeParts(
    subtries.flatMap(({ kind, depth, reference, changes }) => {
      return [Uint8Array.of(KINDS.indexOf(kind), depth), reference, changes.bytes]
    }),
  )
}

function decodeSubtries(task: Uint8Array): Subtrie[] {
  const parts = decodeParts(task)
  return Array.from({ length: parts.length / 3 }, (_, index) => {
    const [head, reference, changes] = parts.slice(3 * index)
    return { kind: KINDS[head![0]!]!, depth: head![1]!, reference: reference!, changes: new ChangeList(changes!) }
  })
}

/** Windows on the result of `updateSubtries`, in the order of the subtries. */
export function decodeSubtrieUpdates(result: Uint8Array): SubtrieUpdate[] {
  const parts = decodeParts(result)
  return Array.from({ length: parts.length / 2 }, (_, index) => {
    return { reference: parts[2 * index]!, records: parts[2 * index + 1]! }
  })
}

const LENGTH_BYTES = 4

/** Each part behind its length, of 4 bytes, little-endian. */
function encodeParts(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + LENGTH_BYTES + part.length, 0))
  const view = new DataView(bytes.buffer)
  let at = 0
  for (const part of parts) {
    view.setUint32(at, part.length, true)
    bytes.set(part, at + LENGTH_BYTES)
    at += LENGTH_BYTES + part.length
  }
  return bytes
}

function decodeParts(bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const parts: Uint8Array[] = []
  for (let at = 0; at < bytes.length; ) {
    const end = at + LENGTH_BYTES + view.getUint32(at, true)
    parts.push(bytes.subarray(at + LENGTH_BYTES, end))
    at = end
  }
  return parts
}
