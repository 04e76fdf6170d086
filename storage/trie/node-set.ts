const WORDS = 4
const INITIAL_SLOTS = 1 << 12

/**
 * A set of trie nodes by the first 16 bytes of their hash, at 16 to 40 bytes each instead of the hundred or so of a Set
 * of strings. Two nodes that share them take 2^64 hashes to find.
 */
export class NodeSet {
  /** Four words a slot; all zero = free. Slots are a power of two. */
  #table = new Uint32Array(INITIAL_SLOTS * WORDS)
  #size = 0

  get size(): number {
    return this.#size
  }

  has(hash: Uint8Array): boolean {
    const words = wordsOf(hash)
    return this.#table[find(this.#table, words)] === words[0]
  }

  /** `false` when it was there already. */
  add(hash: Uint8Array): boolean {
    const words = wordsOf(hash)
    const at = find(this.#table, words)
    if (this.#table[at] === words[0]) return false
    this.#table.set(words, at)
    this.#size++
    if (this.#size * WORDS * 3 > this.#table.length * 2) this.#grow()
    return true
  }

  #grow(): void {
    const larger = new Uint32Array(this.#table.length * 2)
    for (let at = 0; at < this.#table.length; at += WORDS) {
      if (this.#table[at] === 0) continue
      const words = this.#table.subarray(at, at + WORDS)
      larger.set(words, find(larger, words))
    }
    this.#table = larger
  }
}

/** The first word is never zero, so that it tells a used slot from a free one. */
function wordsOf(hash: Uint8Array): Uint32Array {
  const view = new DataView(hash.buffer, hash.byteOffset, hash.length)
  return Uint32Array.of(view.getUint32(0) || 1, view.getUint32(4), view.getUint32(8), view.getUint32(12))
}

/** Where the words stand in the table, else the free slot where they belong. */
function find(table: Uint32Array, words: Uint32Array): number {
  const mask = table.length - 1
  let at = (words[1]! & (mask >> 2)) * WORDS
  while (table[at] !== 0 && !isAt(table, at, words)) at = (at + WORDS) & mask
  return at
}

function isAt(table: Uint32Array, at: number, words: Uint32Array): boolean {
  return words.every((word, index) => table[at + index] === word)
}
