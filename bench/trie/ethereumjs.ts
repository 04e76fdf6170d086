import { MerklePatriciaTrie } from '@ethereumjs/mpt'
import { encodeTrieAccount, type TrieAccount } from '../../primitives/account.ts'
import { bigintToBytes, bigintToMinimalBytes } from '../../primitives/bytes.ts'
import { addressToBytes, bytesToHash, type Hash, hashToBytes, hexToBytes } from '../../primitives/hex.ts'
import { EMPTY_TRIE_ROOT, keccak256 } from '../../primitives/keccak.ts'
import { encodeRlp } from '../../primitives/rlp.ts'
import type { StateDiff } from '../../storage/state-view.ts'
import type { NodeReader } from '../../storage/trie/node-reader.ts'
import { ABSENT_ACCOUNT, lookupAccount } from '../../storage/trie/state-trie.ts'

/** The root after a diff that deletes nothing, by @ethereumjs/mpt on our nodes and with our Keccak. */
export async function updateByEthereumjs(parentRoot: Hash, { accounts }: StateDiff, nodes: NodeReader): Promise<Hash> {
  const state = openTrie(parentRoot, nodes)
  for (const [address, { account, slots }] of accounts) {
    const before: TrieAccount = lookupAccount(parentRoot, address, nodes) ?? ABSENT_ACCOUNT
    let { storageRoot } = before
    if (slots !== undefined) {
      const storage = openTrie(storageRoot, nodes)
      for (const [slot, value] of slots) {
        await storage.put(bigintToBytes(slot, 32), encodeRlp(bigintToMinimalBytes(value)))
      }
      storageRoot = bytesToHash(storage.root())
    }
    await state.put(addressToBytes(address), encodeTrieAccount({ ...before, ...account?.to, storageRoot }))
  }
  return bytesToHash(state.root())
}

function openTrie(root: Hash, nodes: NodeReader): MerklePatriciaTrie {
  const made = new Map<string, Uint8Array>()
  const db = {
    get: async (key: string) => made.get(key) ?? nodes.rlp(hexToBytes(`0x${key}`)),
    put: async (key: string, value: string | Uint8Array) => void made.set(key, value as Uint8Array),
    del: async (key: string) => void made.delete(key),
    async batch(operations: readonly { type: string; key: string; value?: string | Uint8Array }[]) {
      for (const { type, key, value } of operations) {
        if (type === 'put') made.set(key, value as Uint8Array)
        else made.delete(key)
      }
    },
    shallowCopy: () => db,
    open: async () => {},
  }
  return new MerklePatriciaTrie({
    db,
    valueEncoding: 'bytes' as never,
    useKeyHashing: true,
    useKeyHashingFunction: keccak256,
    ...(root !== EMPTY_TRIE_ROOT && { root: hashToBytes(root) }),
  })
}
