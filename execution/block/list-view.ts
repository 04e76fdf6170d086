import type { Address, Hash } from '../../primitives/hex.ts'
import { KECCAK_EMPTY } from '../../primitives/keccak.ts'
import type { Account, StateView } from '../../storage/state-view.ts'
import { changeBefore } from './change-before.ts'
import type { IndexedAccessList } from './indexed-list.ts'

type List = Pick<IndexedAccessList, 'accounts' | 'code' | 'parent'>

/** The state as the steps with a smaller index left it, if the list is true. */
export class ListView implements StateView {
  readonly #index: number
  readonly #list: List

  constructor(index: number, { list }: { readonly list: List }) {
    this.#index = index
    this.#list = list
  }

  account(address: Address): Account | undefined {
    const listed = this.#list.accounts.get(address)
    if (!listed) return this.#list.parent.account(address)
    const before = listed.parentAccount(this.#list.parent)
    const { nonceChanges, balanceChanges, codeChanges } = listed.changes
    const nonce = changeBefore(nonceChanges, this.#index)?.value
    const balance = changeBefore(balanceChanges, this.#index)?.value
    const code = codeChanges.length === 0 ? undefined : changeBefore(listed.codes, this.#index)?.value
    if (nonce === undefined && balance === undefined && !code) return before
    const account = {
      nonce: nonce ?? before?.nonce ?? 0n,
      balance: balance ?? before?.balance ?? 0n,
      codeHash: code?.hash ?? before?.codeHash ?? KECCAK_EMPTY,
    }
    return isEmpty(account) ? undefined : account
  }

  slot(address: Address, slot: bigint): bigint {
    const listed = this.#list.accounts.get(address)?.slot(slot)
    if (!listed) return this.#list.parent.slot(address, slot)
    return changeBefore(listed.changes, this.#index)?.value ?? listed.parentValue(address, slot, this.#list.parent)
  }

  code(codeHash: Hash): Uint8Array {
    return this.#list.code(codeHash) ?? this.#list.parent.code(codeHash)
  }

  hasStorage(address: Address): boolean {
    if (this.#list.parent.hasStorage(address)) return true
    for (const { changes } of this.#list.accounts.get(address)?.slots.values() ?? []) {
      if ((changeBefore(changes, this.#index)?.value ?? 0n) !== 0n) return true
    }
    return false
  }
}

/** Lists come with hardforks under which an account that changed and is empty is gone (EIP-161). */
export function isEmpty({ nonce, balance, codeHash }: Account): boolean {
  return nonce === 0n && balance === 0n && codeHash === KECCAK_EMPTY
}
