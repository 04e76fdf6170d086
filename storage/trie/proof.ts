import type { TrieAccount } from '../../primitives/account.ts'
import type { Address, Hash } from '../../primitives/hex.ts'
import { EMPTY_TRIE_ROOT, keccak256 } from '../../primitives/keccak.ts'
import { lookup, lookupPath } from './lookup.ts'
import { decodeNode } from './node.ts'
import { MemoryNodes, type NodeReader } from './node-reader.ts'
import { ABSENT_ACCOUNT, accountTrieKey, lookupAccount, lookupSlot, slotTrieKey } from './state-trie.ts'

/** Proof of one slot: RLP of the nodes from the storage root down, whether or not the slot has a value. */
export interface SlotProof {
  readonly slot: bigint
  readonly value: bigint
  readonly proof: readonly Uint8Array[]
}

/** Proof of an account and some of its slots (EIP-1186); of its absence too, with the values of an empty account. */
export interface AccountProof {
  readonly address: Address
  readonly account: TrieAccount
  readonly accountProof: readonly Uint8Array[]
  readonly storageProof: readonly SlotProof[]
}

/** What eth_getProof returns, in the order in which the slots are asked for. Throws StorageError `missing-state`. */
export function proveAccount(
  stateRoot: Hash,
  address: Address,
  slots: readonly bigint[],
  nodes: NodeReader,
): AccountProof {
  const account = lookupAccount(stateRoot, address, nodes) ?? ABSENT_ACCOUNT
  const storageProof = slots.map((slot) => ({
    slot,
    value: lookupSlot(account.storageRoot, slot, nodes),
    proof: proveKey(account.storageRoot, slotTrieKey(slot), nodes),
  }))
  return { address, account, accountProof: proveKey(stateRoot, accountTrieKey(address), nodes), storageProof }
}

/** RLP of the nodes on the way to `key`, the root first; nodes embedded in their parent stand in it only. */
export function proveKey(root: Hash, key: Uint8Array, nodes: NodeReader): readonly Uint8Array[] {
  return lookupPath(root, key, nodes).nodes
}

/**
 * The value that the proof gives `key` under `root`; `undefined` when it proves that there is none. Throws StorageError
 * `missing-state` when the proof lacks a node, DecodeError when one is malformed.
 */
export function verifyProof(root: Hash, key: Uint8Array, proof: readonly Uint8Array[]): Uint8Array | undefined {
  if (root === EMPTY_TRIE_ROOT) return undefined
  for (const rlp of proof) decodeNode(rlp)
  const nodes = new MemoryNodes()
  nodes.add(proof.map((rlp) => ({ hash: keccak256(rlp), rlp })))
  return lookup(root, key, nodes)
}
