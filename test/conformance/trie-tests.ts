import { bytesToHex, type Hash, type Hex, hexToBytes } from '../../primitives/hex.ts'
import { EMPTY_TRIE_ROOT, keccak256 } from '../../primitives/keccak.ts'
import type { NewNode } from '../../storage/trie/node.ts'
import { MemoryNodes } from '../../storage/trie/node-reader.ts'
import { updateTrie } from '../../storage/trie/update.ts'
import { walkTrie } from '../../storage/trie/walk.ts'
import { type Case, difference, isTestsWith, plainCase, type Suite } from './suite.ts'

type Entry = readonly [key: Uint8Array, value: Uint8Array | undefined]

interface TrieTestJson {
  /** Keys with values, `null` to take one out; as a list in their order, else in any order. */
  readonly in: Readonly<Record<string, string | null>> | readonly (readonly [string, string | null])[]
  readonly root: Hash
}

/** Ethereum's TrieTests: roots after changes, one by one, all at once, and backwards where the order is free. */
export const trieTests: Suite = {
  name: 'trie tests',
  matches: ({ json }) => isTestsWith(json, 'in', 'root'),
  *cases({ json, path }) {
    const isSecure = path.toLowerCase().includes('secure')
    for (const [name, test] of Object.entries(json as Record<string, TrieTestJson>))
      yield* casesOf(name, test, isSecure)
  },
}

function* casesOf(name: string, { in: input, root }: TrieTestJson, isSecure: boolean): Generator<Case> {
  const isOrdered = Array.isArray(input)
  const entries = (isOrdered ? input : Object.entries(input)).map(([key, value]): Entry => {
    const bytes = bytesOf(key)
    return [isSecure ? keccak256(bytes) : bytes, value === null ? undefined : bytesOf(value)]
  })
  const rootAfter = (batches: readonly (readonly Entry[])[]) => () => difference('root', trieOf(batches).root, root)
  yield plainCase(`${name}, one by one`, rootAfter(entries.map((entry) => [entry])))
  yield plainCase(`${name}, in one batch`, rootAfter([lastOfEach(entries)]))
  if (!isOrdered) yield plainCase(`${name}, backwards`, rootAfter(entries.toReversed().map((entry) => [entry])))
}

interface NeighbourTestJson {
  readonly in: readonly string[]
  /** A word, the one before it in the trie and the one after it. */
  readonly tests: readonly (readonly [word: string, before: string, after: string])[]
}

/** Ethereum's trietestnextprev: a walk gives the keys in order. */
export const trieOrderTests: Suite = {
  name: 'trie order tests',
  matches: ({ json }) => isTestsWith(json, 'in', 'tests'),
  *cases({ json }) {
    for (const [name, { in: words, tests }] of Object.entries(json as Record<string, NeighbourTestJson>)) {
      for (const [word, before, after] of tests) {
        yield plainCase(`${name} ${word}`, () => {
          const trie = trieOf([words.map((each) => [bytesOf(each), bytesOf(each)] as const)])
          const walked = [...walkTrie(trie.root, trie.nodes)].map(({ value }) => new TextDecoder().decode(value))
          const found = [walked.findLast((other) => other < word), walked.find((other) => other > word)]
          return difference('neighbours', found.map((each) => each ?? '').join(), [before, after].join())
        })
      }
    }
  },
}

function trieOf(batches: readonly (readonly Entry[])[]): { readonly root: Hash; readonly nodes: MemoryNodes } {
  const nodes = new MemoryNodes()
  let root: Hash = EMPTY_TRIE_ROOT
  for (const batch of batches) {
    const made: NewNode[] = []
    const changes = batch.map(([key, value]) => ({ key, update: () => value }))
    root = updateTrie(root, changes, nodes, (node) => made.push(node))
    nodes.add(made)
  }
  return { root, nodes }
}

/** A batch has each key once. */
function lastOfEach(entries: readonly Entry[]): Entry[] {
  const last = new Map<Hex, Entry>(entries.map((entry) => [bytesToHex(entry[0]), entry]))
  return [...last.values()]
}

function bytesOf(text: string): Uint8Array {
  return text.startsWith('0x') ? hexToBytes(text) : new TextEncoder().encode(text)
}
