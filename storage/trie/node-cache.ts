import { randomInt } from 'node:crypto'
import { copyBytes, HASH_BYTES } from './encoded-node.ts'

/** Where a node is: the entry's words. */
const WORDS = 4
const WORD = 0
const PIECE = 1
const OFFSET = 2
const LENGTH = 3

const INITIAL_ENTRIES = 1 << 8
/** Of the first array, and of the largest. */
const PIECE_BYTES = 1 << 16
const MAX_PIECE_BYTES = 1 << 20

/** Keeps whoever makes nodes from choosing hashes that meet in the table. Drawn with the first node: cryptography takes 4 ms to load. */
let seed: number | undefined

/**
 * RLP of nodes by hash, those used lately kept, up to so many bytes. Like `RecentCache` in two generations, which are a few
 * large arrays and a hash table each: nothing is allocated for a node, and looking one up takes 30 ns instead of the 250 of
 * a Map whose keys are made of hashes.
 */
export class NodeCache {
  readonly #maxBytes: number
  #young = new Generation()
  #old = new Generation()

  constructor(options: { readonly maxBytes: number }) {
    this.#maxBytes = options.maxBytes
  }

  /** A window on the node with the hash at that place; `undefined` when it is not here. */
  get(hash: Uint8Array, at: number): Uint8Array | undefined {
    const young = this.#young.find(hash, at)
    if (young !== undefined) return young
    const old = this.#old.find(hash, at)
    if (old !== undefined) this.add(hash, at, old)
    return old
  }

  /** Remembers a node that is not here. */
  add(hash: Uint8Array, at: number, rlp: Uint8Array): void {
    if (2 * (this.#young.bytes + rlp.length) > this.#maxBytes) {
      this.#old = this.#young
      this.#young = new Generation()
    }
    this.#young.add(hash, at, rlp)
  }
}

class Generation {
  /** Four words an entry, the first of them 0 where it is free. As many entries as a power of two. */
  #table = new Uint32Array(INITIAL_ENTRIES * WORDS)
  #count = 0
  readonly #pieces: Uint8Array[] = []
  /** Bytes of the last piece that are taken. */
  #used = 0
  /** Of everything that is kept here. */
  bytes = 0

  find(hash: Uint8Array, at: number): Uint8Array | undefined {
    if (this.#count === 0) return undefined
    const table = this.#table
    const word = wordAt(hash, at)
    for (let entry = this.#place(table, word); table[entry] !== 0; entry = nextEntry(table, entry)) {
      if (table[entry] !== word) continue
      const piece = this.#pieces[table[entry + PIECE]!]!
      const offset = table[entry + OFFSET]!
      if (!isSameHash(hash, at, piece, offset)) continue
      const start = offset + HASH_BYTES
      return piece.subarray(start, start + table[entry + LENGTH]!)
    }
    return undefined
  }

  add(hash: Uint8Array, at: number, rlp: Uint8Array): void {
    const size = HASH_BYTES + rlp.length
    const last = this.#pieces.at(-1)?.length ?? 0
    if (this.#used + size > last) {
      this.#pieces.push(new Uint8Array(Math.max(PIECE_BYTES, Math.min(2 * last, MAX_PIECE_BYTES), size)))
      this.#used = 0
    }
    const piece = this.#pieces.at(-1)!
    copyBytes(piece, this.#used, hash, at, at + HASH_BYTES)
    copyBytes(piece, this.#used + HASH_BYTES, rlp, 0, rlp.length)
    this.#insert(this.#table, wordAt(hash, at), this.#pieces.length - 1, this.#used, rlp.length)
    this.#used += size
    this.bytes += size + WORDS * 4
    this.#count++
    if (this.#count * WORDS * 2 > this.#table.length) this.#grow()
  }

  #grow(): void {
    const larger = new Uint32Array(this.#table.length * 2)
    for (let entry = 0; entry < this.#table.length; entry += WORDS) {
      if (this.#table[entry] === 0) continue
      const [word, piece, offset, length] = this.#table.subarray(entry, entry + WORDS)
      this.#insert(larger, word!, piece!, offset!, length!)
    }
    this.#table = larger
  }

  #insert(table: Uint32Array, word: number, piece: number, offset: number, length: number): void {
    let entry = this.#place(table, word)
    while (table[entry] !== 0) entry = nextEntry(table, entry)
    table[entry + WORD] = word
    table[entry + PIECE] = piece
    table[entry + OFFSET] = offset
    table[entry + LENGTH] = length
  }

  #place(table: Uint32Array, word: number): number {
    seed ??= randomInt(2 ** 32)
    const mixed = Math.imul(word ^ seed, 0x9e3779b1)
    return ((mixed ^ (mixed >>> 15)) & (table.length / WORDS - 1)) * WORDS
  }
}

function nextEntry(table: Uint32Array, entry: number): number {
  return (entry + WORDS) & (table.length - 1)
}

/** Of a hash, never 0. */
function wordAt(hash: Uint8Array, at: number): number {
  return (hash[at]! | (hash[at + 1]! << 8) | (hash[at + 2]! << 16) | (hash[at + 3]! << 24)) >>> 0 || 1
}

function isSameHash(a: Uint8Array, at: number, b: Uint8Array, offset: number): boolean {
  for (let index = 0; index < HASH_BYTES; index++) if (a[at + index] !== b[offset + index]) return false
  return true
}
