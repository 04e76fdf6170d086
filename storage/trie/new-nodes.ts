import { keccak256Into } from '../../primitives/keccak.ts'
import { HASH_BYTES, HASH_PREFIX } from './encoded-node.ts'
import type { NewNode } from './node.ts'

/** Of the first array, and of the largest: lists of a few items need some kB, a block of 300 transfers 300 to 600. */
const PIECE_BYTES = 1 << 12
const MAX_PIECE_BYTES = 1 << 20

/** A record: the length of its RLP, what stands for it as a child (`HASH_PREFIX` and the hash), and the RLP. */
const LENGTH_BYTES = 4
const REFERENCE = LENGTH_BYTES
const HASH = REFERENCE + 1
const RLP = HASH + HASH_BYTES

interface Piece {
  readonly bytes: Uint8Array
  used: number
}

/** Where something is written to: behind what is there. */
export interface Space {
  readonly bytes: Uint8Array
  readonly start: number
}

/**
 * Nodes that updates make, written one behind the other into a few large arrays instead of one each: allocating those
 * would take half as long as hashing what is in them.
 */
export class NewNodes {
  readonly #pieces: Piece[] = []
  #piece: Piece = { bytes: new Uint8Array(0), used: 0 }

  /** Space for the RLP of a node of at most that many bytes, which `add` then takes; else it is used again. */
  space(bytes: number): Space {
    if (this.#piece.bytes.length - this.#piece.used < RLP + bytes) {
      const size = Math.max(PIECE_BYTES, Math.min(this.#piece.bytes.length * 2, MAX_PIECE_BYTES), RLP + bytes)
      this.#piece = { bytes: new Uint8Array(size), used: 0 }
      this.#pieces.push(this.#piece)
    }
    return { bytes: this.#piece.bytes, start: this.#piece.used + RLP }
  }

  /** Hashes the RLP that was written to the space. Returns where what stands for it as a child begins, in the same bytes. */
  add(length: number): number {
    const { bytes, used } = this.#piece
    writeLength(bytes, used, length)
    bytes[used + REFERENCE] = HASH_PREFIX
    keccak256Into(bytes.subarray(used + RLP, used + RLP + length), bytes, used + HASH)
    this.#piece.used = used + RLP + length
    return used + REFERENCE
  }

  /** Windows on them, children before parents. */
  list(): NewNode[] {
    return this.#pieces.flatMap(({ bytes, used }) => readRecords(bytes.subarray(0, used)))
  }

  /** All records in an array of their own, for `readRecords`; then there are none, and their space is used again. */
  take(): Uint8Array {
    const records = new Uint8Array(this.#pieces.reduce((sum, { used }) => sum + used, 0))
    let at = 0
    for (const { bytes, used } of this.#pieces) {
      records.set(bytes.subarray(0, used), at)
      at += used
    }
    this.#pieces.splice(0, this.#pieces.length - 1)
    this.#piece.used = 0
    return records
  }
}

function writeLength(bytes: Uint8Array, at: number, length: number): void {
  bytes[at] = length >>> 24
  bytes[at + 1] = length >>> 16
  bytes[at + 2] = length >>> 8
  bytes[at + 3] = length
}

/** Windows on the nodes of these records. */
export function readRecords(records: Uint8Array): NewNode[] {
  const view = new DataView(records.buffer, records.byteOffset, records.length)
  const nodes: NewNode[] = []
  for (let at = 0; at < records.length; ) {
    const end = at + RLP + view.getUint32(at)
    nodes.push({ hash: records.subarray(at + HASH, at + RLP), rlp: records.subarray(at + RLP, end) })
    at = end
  }
  return nodes
}
