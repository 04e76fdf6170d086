import { type MemoryAccount, MemoryView } from '../../execution/state/memory-view.ts'
import { type Address, type Hash, hexToBytes } from '../../primitives/hex.ts'
import { EMPTY_TRIE_ROOT } from '../../primitives/keccak.ts'
import type { Account, AccountDiff, StateDiff, StateView } from '../../storage/state-view.ts'
import { MemoryNodes } from '../../storage/trie/node-reader.ts'
import { updateState } from '../../storage/trie/state-trie.ts'

/** Accounts as Ethereum's tests write them. */
export type StateJson = Readonly<Record<Address, AccountJson>>

interface AccountJson {
  readonly nonce: string
  readonly balance: string
  readonly code: string
  readonly storage: Readonly<Record<string, string>>
}

export function stateFromJson(json: StateJson): MemoryView {
  return new MemoryView(
    Object.entries(json).map(([address, account]) => [address.toLowerCase() as Address, accountFromJson(account)]),
  )
}

export function accountFromJson({ nonce, balance, code, storage }: AccountJson): Required<MemoryAccount> {
  return {
    nonce: BigInt(nonce),
    balance: BigInt(balance),
    code: hexToBytes(code),
    storage: new Map(Object.entries(storage).map(([slot, value]) => [BigInt(slot), BigInt(value)])),
  }
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
    const slots = new Set([...actual.storage(address), ...expected.storage(address)].map(([slot]) => slot))
    return compareAccounts(address, slots, actual, expected)
  })
}

/** The same for a state that cannot be listed: what it has that `expected` does not name goes unseen. */
export function compareWithJson(actual: ReadableState, expected: StateJson): string[] {
  const view = stateFromJson(expected)
  return [...view.addresses()].sort().flatMap((address) => {
    return compareAccounts(address, new Set(view.storage(address).map(([slot]) => slot)), actual, view)
  })
}

export type ReadableState = Pick<StateView, 'account' | 'slot'>

/** The state after a change of another. */
export function stateAfter(before: ReadableState, { accounts }: StateDiff): ReadableState {
  return {
    account: (address) => {
      const change = accounts.get(address)?.account
      return change === undefined ? before.account(address) : change.to
    },
    slot: (address, slot) => {
      const change = accounts.get(address)
      return change?.slots?.get(slot) ?? (change?.clearsStorage === true ? 0n : before.slot(address, slot))
    },
  }
}

function compareAccounts(
  address: Address,
  slots: ReadonlySet<bigint>,
  actual: ReadableState,
  expected: ReadableState,
): string[] {
  const found = describeAccount(actual.account(address))
  const wanted = describeAccount(expected.account(address))
  const lines = found === wanted ? [] : [`${address}: ${found}, should be ${wanted}`]
  for (const slot of slots) {
    const [value, right] = [actual.slot(address, slot), expected.slot(address, slot)]
    if (value !== right) lines.push(`${address} slot ${hex(slot)}: ${hex(value)}, should be ${hex(right)}`)
  }
  return lines
}

function describeAccount(account: Account | undefined): string {
  if (account === undefined) return 'absent'
  return `nonce ${account.nonce} balance ${account.balance} code ${account.codeHash}`
}

function hex(word: bigint): string {
  return `0x${word.toString(16)}`
}
