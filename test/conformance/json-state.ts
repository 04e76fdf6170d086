import { MemoryView } from '../../execution/state/memory-view.ts'
import { type Address, type Hash, hexToBytes } from '../../primitives/hex.ts'
import { EMPTY_TRIE_ROOT } from '../../primitives/keccak.ts'
import type { AccountDiff } from '../../storage/state-view.ts'
import { MemoryNodes } from '../../storage/trie/node-reader.ts'
import { updateState } from '../../storage/trie/state-trie.ts'

/** Accounts as Ethereum's tests write them. */
export type StateJson = Readonly<Record<Address, AccountJson>>

export interface AccountJson {
  readonly nonce: string
  readonly balance: string
  readonly code: string
  readonly storage: Readonly<Record<string, string>>
}

export function stateFromJson(json: StateJson): MemoryView {
  const view = new MemoryView()
  for (const [address, { nonce, balance, code, storage }] of Object.entries(json)) {
    view.set(address.toLowerCase() as Address, {
      nonce: BigInt(nonce),
      balance: BigInt(balance),
      code: hexToBytes(code),
      storage: new Map(Object.entries(storage).map(([slot, value]) => [BigInt(slot), BigInt(value)])),
    })
  }
  return view
}

/** The root of the state trie that holds everything in the view. */
export function stateRootOf(view: MemoryView): Hash {
  const accounts = new Map<Address, AccountDiff>()
  for (const address of view.addresses()) {
    accounts.set(address, { account: { to: view.account(address) }, slots: new Map(view.storage(address)) })
  }
  return updateState(EMPTY_TRIE_ROOT, { accounts, codes: new Map() }, new MemoryNodes()).stateRoot
}

/** Where two states differ, a line each: what is in `actual` and what should be. */
export function compareStates(actual: MemoryView, expected: MemoryView): string[] {
  const addresses = new Set([...actual.addresses(), ...expected.addresses()])
  return [...addresses].sort().flatMap((address) => {
    const [found, wanted] = [describe(actual, address), describe(expected, address)]
    return found === wanted ? [] : [`${address}: ${found}, should be ${wanted}`]
  })
}

function describe(view: MemoryView, address: Address): string {
  const account = view.account(address)
  if (account === undefined) return 'absent'
  const slots = view.storage(address).map(([slot, value]) => `${slot.toString(16)}=${value.toString(16)}`)
  return `nonce ${account.nonce} balance ${account.balance} code ${account.codeHash.slice(0, 10)} {${slots.join(' ')}}`
}
