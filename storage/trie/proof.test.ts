import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeTrieAccount } from '../../primitives/account.ts'
import { bigintToMinimalBytes } from '../../primitives/bytes.ts'
import type { Address, Hash } from '../../primitives/hex.ts'
import { EMPTY_TRIE_ROOT, keccak256, keccak256Hex } from '../../primitives/keccak.ts'
import { encodeRlp } from '../../primitives/rlp.ts'
import { account, address, diffOf, random } from '../fixtures/test-storage.ts'
import type { AccountDiff } from '../state-view.ts'
import { listRoot } from './list-root.ts'
import { MemoryNodes } from './node-reader.ts'
import { proveAccount, proveKey, verifyProof } from './proof.ts'
import { ABSENT_ACCOUNT, accountTrieKey, lookupAccount, lookupSlot, slotTrieKey, updateState } from './state-trie.ts'
import { updateTrie } from './update.ts'

function state(accounts: Readonly<Record<Address, AccountDiff>>): { root: Hash; nodes: MemoryNodes } {
  const nodes = new MemoryNodes()
  const update = updateState(EMPTY_TRIE_ROOT, diffOf(accounts), nodes)
  nodes.add(update.nodes)
  return { root: update.stateRoot, nodes }
}

function manyAccounts(count: number): Readonly<Record<Address, AccountDiff>> {
  const slots = new Map(Array.from({ length: 50 }, (_, slot) => [BigInt(slot * slot), BigInt(slot + 1)] as const))
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      address(index),
      { account: { to: account(BigInt(index), 7n) }, slots: index % 2 === 0 ? slots : new Map<bigint, bigint>() },
    ]),
  )
}

test('proofs of accounts and slots, there or not, are accepted and say the truth', () => {
  const { root, nodes } = state(manyAccounts(200))
  for (const index of [0, 1, 77, 199, 200, 5000]) {
    const proof = proveAccount(root, address(index), [0n, 1n, 2n, 49n * 49n], nodes)
    const leaf = verifyProof(root, accountTrieKey(address(index)), proof.accountProof)
    assert.deepEqual(leaf === undefined ? ABSENT_ACCOUNT : decodeTrieAccount(leaf), proof.account)
    assert.equal(leaf !== undefined, index < 200)
    const hasSlots = index < 200 && index % 2 === 0
    const expected = hasSlots ? [1n, 2n, 0n, 50n] : [0n, 0n, 0n, 0n]
    assert.deepEqual(
      proof.storageProof.map(({ value }) => value),
      expected,
    )
    for (const { slot, value, proof: path } of proof.storageProof) {
      const proven = verifyProof(proof.account.storageRoot, slotTrieKey(slot), path)
      assert.deepEqual(proven, value === 0n ? undefined : encodeRlp(bigintToMinimalBytes(value)))
      assert.equal(path.length > 0, hasSlots)
    }
  }
})

test('a proof with a node left out, or of another root, is refused', () => {
  const { root, nodes } = state(manyAccounts(200))
  const key = accountTrieKey(address(5))
  const path = proveKey(root, key, nodes)
  assert.ok(path.length > 1)
  for (const left of path.keys()) {
    const shortened = path.filter((_, index) => index !== left)
    assert.throws(() => verifyProof(root, key, shortened), { code: 'missing-state' })
  }
  assert.throws(() => verifyProof(keccak256Hex(Uint8Array.of(1)), key, path), { code: 'missing-state' })
  const forged = path.map((rlp, index) => (index === path.length - 1 ? rlp.map((byte) => byte ^ 1) : rlp))
  assert.throws(() => verifyProof(root, key, forged))
})

test('the empty trie needs no proof', () => {
  const nodes = new MemoryNodes()
  const proof = proveAccount(EMPTY_TRIE_ROOT, address(1), [1n], nodes)
  assert.deepEqual(proof.accountProof, [])
  assert.deepEqual(proof.account, ABSENT_ACCOUNT)
  assert.deepEqual(proof.storageProof, [{ slot: 1n, value: 0n, proof: [] }])
})

test('nodes embedded in their parent stand in it alone', () => {
  const nodes = new MemoryNodes()
  const keys = [Uint8Array.of(0x10), Uint8Array.of(0x11), Uint8Array.of(0x20)]
  const root = updateTrie(
    EMPTY_TRIE_ROOT,
    keys.map((key) => ({ key, update: () => key })),
    nodes,
    (node) => nodes.add([node]),
  )
  for (const key of keys) {
    const path = proveKey(root, key, nodes)
    assert.equal(path.length, 1)
    assert.deepEqual(verifyProof(root, key, path), key)
  }
})

test('a state diff in steps gives the root of all at once', () => {
  const seed = Date.now() % 1_000_000
  const next = random(seed)
  const final = manyAccounts(60)
  const atOnce = state(final)
  const nodes = new MemoryNodes()
  let root: Hash = EMPTY_TRIE_ROOT
  const apply = (accounts: Readonly<Record<Address, AccountDiff>>): void => {
    const update = updateState(root, diffOf(accounts), nodes)
    nodes.add(update.nodes)
    root = update.stateRoot
  }
  // Other values and other accounts first, so that the way there has changes, clearings and deletions.
  for (let index = 0; index < 80; index++) {
    const slots = new Map([[BigInt(Math.floor(next() * 30)), 9n]])
    apply({ [address(index)]: { account: { to: account(99n, 1n) }, slots } })
  }
  for (const [of, change] of Object.entries(final)) apply({ [of]: { ...change, clearsStorage: true } })
  for (let index = 60; index < 80; index++) apply({ [address(index)]: { account: { to: undefined } } })
  assert.equal(root, atOnce.root, `seed ${seed}`)
})

test('fields change without the slots, slots without the fields', () => {
  const { root, nodes } = state(manyAccounts(10))
  const update = updateState(
    root,
    diffOf({ [address(0)]: { account: { to: account(5n, 6n) } }, [address(2)]: { slots: new Map([[0n, 0n]]) } }),
    nodes,
  )
  nodes.add(update.nodes)
  const first = lookupAccount(update.stateRoot, address(0), nodes)!
  assert.deepEqual([first.nonce, first.balance, lookupSlot(first.storageRoot, 1n, nodes)], [5n, 6n, 2n])
  const third = lookupAccount(update.stateRoot, address(2), nodes)!
  assert.deepEqual([third.nonce, lookupSlot(third.storageRoot, 0n, nodes)], [2n, 0n])
  assert.throws(() => updateState(root, diffOf({ [address(50)]: { slots: new Map([[1n, 1n]]) } }), nodes), /not exist/)
})

test('list roots are those of the trie with RLP indexes as keys', () => {
  assert.equal(listRoot([]), EMPTY_TRIE_ROOT)
  const items = Array.from({ length: 300 }, (_, index) => keccak256(Uint8Array.of(index & 255, index >> 8)))
  const nodes = new MemoryNodes()
  let root: Hash = EMPTY_TRIE_ROOT
  for (const [index, item] of items.entries()) {
    const key = encodeRlp(bigintToMinimalBytes(BigInt(index)))
    root = updateTrie(root, [{ key, update: () => item }], nodes, (node) => nodes.add([node]))
  }
  assert.equal(listRoot(items), root)
})
