import { setImmediate } from 'node:timers/promises'
import type { TrieAccount } from '../primitives/account.ts'
import { bytesToBigint } from '../primitives/bytes.ts'
import { type Address, bytesToAddress, bytesToHex, type Hash, wordToHash } from '../primitives/hex.ts'
import { EMPTY_TRIE_ROOT, KECCAK_EMPTY, keccak256, keccak256Hex } from '../primitives/keccak.ts'
import type { Findings } from './findings.ts'
import { decodeFlatAccount, type FlatAccount } from './flat-account.ts'
import { addressOfKey, bucketKey, hashKey, slotOfKey, slotPrefix } from './keys.ts'
import type { Scanner } from './reader.ts'
import { storedNodes } from './state-store.ts'
import { packPath } from './trie/nibbles.ts'
import type { NodeReader } from './trie/node-reader.ts'
import { NodeSet } from './trie/node-set.ts'
import { lookupAccount, lookupSlot } from './trie/state-trie.ts'
import { type TrieLeaf, walkTrie } from './trie/walk.ts'

const CACHE_BYTES = 16 << 20
/** Trie entries between turns of the event loop: some 10 ms. */
const ENTRIES_A_TURN = 500

/** What was compared. */
export interface StateCount {
  readonly accounts: number
  readonly slots: number
}

/** Entries of the flat state, and how the trie names them. */
interface FlatKeys {
  readonly prefix: Uint8Array
  readonly trieKey: (key: Uint8Array) => Uint8Array
}

/**
 * Compares the trie with the flat state. Their orders differ, so each flat entry is looked up in the trie, and then the
 * trie is walked and its entries counted: when every flat entry is in the trie and the trie has no more entries than the
 * flat state, they are the same.
 */
export async function checkState(database: Scanner, stateRoot: Hash, findings: Findings): Promise<StateCount> {
  return await new StateCheck(database, stateRoot, findings).run()
}

class StateCheck {
  readonly #database: Scanner
  readonly #stateRoot: Hash
  readonly #findings: Findings
  readonly #nodes: NodeReader
  #steps = 0

  constructor(database: Scanner, stateRoot: Hash, findings: Findings) {
    this.#database = database
    this.#stateRoot = stateRoot
    this.#findings = findings
    this.#nodes = storedNodes(database, CACHE_BYTES)
  }

  async run(): Promise<StateCount> {
    let accounts = 0
    let slots = 0
    for await (const { key, value } of this.#database.entries(bucketKey('account'))) {
      accounts++
      const address = bytesToAddress(addressOfKey(key))
      const flat = this.#findings.attempt(`account ${address}`, () => decodeFlatAccount(value))
      if (flat !== undefined) slots += await this.#account(address, flat)
    }
    await this.#orphanSlots(slots)
    await this.#compareLeaves('the state trie', this.#stateRoot, accounts, {
      prefix: bucketKey('account'),
      trieKey: (key) => keccak256(addressOfKey(key)),
    })
    return { accounts, slots }
  }

  /** Compares one account and its slots; returns how many slots the flat state has. */
  async #account(address: Address, flat: FlatAccount): Promise<number> {
    const what = `account ${address}`
    const inTrie = this.#findings.attempt(what, () => lookupAccount(this.#stateRoot, address, this.#nodes))
    if (inTrie === undefined) this.#findings.add(`${what} is in the flat state, not in the trie`)
    else
      for (const field of ['nonce', 'balance', 'codeHash'] as const) {
        this.#findings.expect(`${what}: the ${field} in the flat state`, flat[field], inTrie[field])
      }
    this.#code(what, flat.codeHash)
    const slots = await this.#slots(address, inTrie)
    this.#findings.expect(`${what}: the stored number of slots`, flat.slotCount, BigInt(slots))
    await this.#turn()
    return slots
  }

  #code(what: string, codeHash: Hash): void {
    if (codeHash === KECCAK_EMPTY) return
    const code = this.#database.get(hashKey('code', codeHash))
    if (code === undefined) this.#findings.add(`${what}: its code ${codeHash} is missing`)
    else this.#findings.expect(`${what}: the hash of its code`, keccak256Hex(code), codeHash)
  }

  async #slots(address: Address, inTrie: TrieAccount | undefined): Promise<number> {
    const storageRoot = inTrie?.storageRoot ?? EMPTY_TRIE_ROOT
    let slots = 0
    for await (const { key, value } of this.#database.entries(slotPrefix(address))) {
      slots++
      const slot = bytesToBigint(slotOfKey(key))
      const what = `account ${address}, slot ${wordToHash(slot)}`
      const expected = this.#findings.attempt(what, () => lookupSlot(storageRoot, slot, this.#nodes))
      if (expected !== undefined) this.#findings.expect(`${what} in the flat state`, bytesToBigint(value), expected)
      if (value.length === 0) this.#findings.add(`${what} is stored though it is zero`)
      await this.#turn()
    }
    if (inTrie === undefined) return slots
    await this.#compareLeaves(`account ${address}: the storage trie`, storageRoot, slots, {
      prefix: slotPrefix(address),
      trieKey: (key) => keccak256(slotOfKey(key)),
    })
    return slots
  }

  /** Slots of addresses that have no account. */
  async #orphanSlots(expected: number): Promise<void> {
    let slots = 0
    for await (const _ of this.#database.entries(bucketKey('slot'))) slots++
    this.#findings.expect('the number of slots of accounts, of all slots', expected, slots)
  }

  /** Whether the trie has as many entries as the flat state; names those it has beyond. */
  async #compareLeaves(what: string, root: Hash, flatCount: number, flat: FlatKeys): Promise<void> {
    const count = await this.#walkLeaves(what, root, () => {})
    if (count === undefined) return
    this.#findings.expect(`${what}: the number of its entries`, count, flatCount)
    if (count <= flatCount) return
    const known = new NodeSet()
    for await (const { key } of this.#database.entries(flat.prefix)) known.add(flat.trieKey(key))
    await this.#walkLeaves(what, root, ({ path }) => {
      const key = packPath(path, false).subarray(1)
      if (!known.has(key)) this.#findings.add(`${what}: the key with hash ${bytesToHex(key)} is not in the flat state`)
    })
  }

  /** How many leaves there are; `undefined` when the trie could not be walked to its end: a finding. */
  async #walkLeaves(what: string, root: Hash, visit: (leaf: TrieLeaf) => void): Promise<number | undefined> {
    const leaves = walkTrie(root, this.#nodes)
    for (let count = 0; ; count++) {
      const next = this.#findings.attempt(what, () => leaves.next())
      if (next === undefined) return undefined
      if (next.done) return count
      visit(next.value)
      await this.#turn()
    }
  }

  async #turn(): Promise<void> {
    if (++this.#steps % ENTRIES_A_TURN === 0) await setImmediate()
  }
}
