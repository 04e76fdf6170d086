import type { Genesis } from '../config/genesis.ts'
import type { Block } from '../primitives/block.ts'
import { type Header, headerHash } from '../primitives/header.ts'
import type { Address, Hash } from '../primitives/hex.ts'
import { EMPTY_TRIE_ROOT, KECCAK_EMPTY, keccak256Hex } from '../primitives/keccak.ts'
import type { AccountDiff, StateDiff } from './state-view.ts'
import type { NewNode } from './trie/node.ts'
import { MemoryNodes } from './trie/node-reader.ts'
import { updateState } from './trie/state-trie.ts'

/** Block 0 and the state that it brings. */
export interface GenesisBlock {
  readonly block: Block
  readonly hash: Hash
  /** The state from nothing. */
  readonly diff: StateDiff
  readonly trieNodes: readonly NewNode[]
}

/** Builds block 0: its state root is that of `alloc`, its other fields stand in the genesis. */
export function genesisBlock(genesis: Genesis): GenesisBlock {
  const { config: _config, alloc, ...fields } = genesis
  const diff = allocDiff(alloc)
  const { stateRoot, nodes } = updateState(EMPTY_TRIE_ROOT, diff, new MemoryNodes())
  const header: Header = { ...fields, stateRoot }
  const block: Block = {
    header,
    transactions: [],
    ommers: [],
    withdrawals: header.withdrawalsRoot === undefined ? undefined : [],
    accessList: header.blockAccessListHash === undefined ? undefined : [],
  }
  return { block, hash: headerHash(header), diff, trieNodes: nodes }
}

/** The state diff from nothing to `alloc`. Slots of value zero are none. */
export function allocDiff(alloc: Genesis['alloc']): StateDiff {
  const accounts = new Map<Address, AccountDiff>()
  const codes = new Map<Hash, Uint8Array>()
  for (const [address, { nonce, balance, code, storage }] of alloc) {
    const codeHash = code.length === 0 ? KECCAK_EMPTY : keccak256Hex(code)
    if (code.length > 0) codes.set(codeHash, code)
    accounts.set(address, { account: { to: { nonce, balance, codeHash } }, slots: storage })
  }
  return { accounts, codes }
}
