import type { Address, Hash } from '../../primitives/hex.ts'
import { KECCAK_EMPTY } from '../../primitives/keccak.ts'
import type { Account, AccountDiff, StateDiff, StateView } from '../../storage/state-view.ts'
import type { AccountWrites, StateEffects } from './outcome.ts'

interface RunningAccount {
  isLoaded: boolean
  base: Account | undefined
  exists: boolean
  nonce: bigint
  balance: bigint
  codeHash: Hash
  code: Uint8Array | undefined
  clearsStorage: boolean
  readonly slots: Map<bigint, bigint>
}

/**
 * Adds up the effects of a block's steps in block order. This is where additions to balances that nobody looked at become
 * balances, whatever order the steps ran in.
 */
export class Settlement {
  readonly #parent: Pick<StateView, 'account'>
  readonly #accounts = new Map<Address, RunningAccount>()

  constructor(modules: { readonly parent: Pick<StateView, 'account'> }) {
    this.#parent = modules.parent
  }

  apply({ writes, credits }: StateEffects): void {
    for (const [address, changes] of writes) this.#write(address, changes)
    for (const [address, amount] of credits) {
      const account = this.#load(address)
      account.balance += amount
      account.exists = true
    }
  }

  /** In wei, after the steps so far. */
  balance(address: Address): bigint {
    return this.#load(address).balance
  }

  /** From the parent to after the steps so far. Its maps of slots change with the next step. */
  diff(): StateDiff {
    const accounts = new Map<Address, AccountDiff>()
    const codes = new Map<Hash, Uint8Array>()
    for (const [address, running] of this.#accounts) {
      const account = accountChange(running)
      const { clearsStorage, slots, code, codeHash } = running
      if (!account && !clearsStorage && slots.size === 0) continue
      accounts.set(address, {
        ...(account && { account }),
        ...(clearsStorage && { clearsStorage }),
        ...(slots.size > 0 && { slots }),
      })
      if (code && codeHash !== KECCAK_EMPTY && account?.to) codes.set(codeHash, code)
    }
    return { accounts, codes }
  }

  #write(address: Address, { nonce, balance, code, slots, clearsStorage, exists }: AccountWrites): void {
    const hasFields = nonce !== undefined || balance !== undefined || code !== undefined
    const account = hasFields || exists !== undefined ? this.#load(address) : this.#running(address)
    if (nonce !== undefined) account.nonce = nonce
    if (balance !== undefined) account.balance = balance
    if (code) {
      account.codeHash = code.hash
      account.code = code.bytes
    }
    if (exists !== undefined || hasFields) account.exists = exists ?? true
    if (clearsStorage) {
      account.clearsStorage = true
      account.slots.clear()
    }
    for (const [slot, value] of slots ?? []) account.slots.set(slot, value)
  }

  #running(address: Address): RunningAccount {
    let account = this.#accounts.get(address)
    if (!account) {
      account = {
        isLoaded: false,
        base: undefined,
        exists: false,
        nonce: 0n,
        balance: 0n,
        codeHash: KECCAK_EMPTY,
        code: undefined,
        clearsStorage: false,
        slots: new Map(),
      }
      this.#accounts.set(address, account)
    }
    return account
  }

  #load(address: Address): RunningAccount {
    const account = this.#running(address)
    if (account.isLoaded) return account
    account.isLoaded = true
    const base = this.#parent.account(address)
    if (base) Object.assign(account, { base, exists: true, ...base })
    return account
  }
}

function accountChange({ isLoaded, base, exists, nonce, balance, codeHash }: RunningAccount): AccountDiff['account'] {
  if (!isLoaded || (!exists && !base)) return undefined
  if (!exists) return { to: undefined }
  if (base && base.nonce === nonce && base.balance === balance && base.codeHash === codeHash) return undefined
  return { to: { nonce, balance, codeHash } }
}
