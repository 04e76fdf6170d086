import type { Address, Hash } from '../../primitives/hex.ts'
import { KECCAK_EMPTY, keccak256Hex } from '../../primitives/keccak.ts'
import type { Account, StateView } from '../../storage/state-view.ts'
import type { AccountOverride } from '../call.ts'

/** State as if some accounts had other values: the state overrides of eth_call. */
export class OverrideView implements StateView {
  readonly #below: StateView
  readonly #overrides: ReadonlyMap<Address, AccountOverride>
  readonly #codeHashes = new Map<Address, Hash>()
  readonly #codes = new Map<Hash, Uint8Array>()

  constructor(below: StateView, overrides: ReadonlyMap<Address, AccountOverride>) {
    this.#below = below
    this.#overrides = overrides
    for (const [address, { code }] of overrides) {
      if (code === undefined) continue
      const codeHash = keccak256Hex(code)
      this.#codeHashes.set(address, codeHash)
      this.#codes.set(codeHash, code)
    }
  }

  account(address: Address): Account | undefined {
    const account = this.#below.account(address)
    const override = this.#overrides.get(address)
    if (override === undefined) return account
    return {
      nonce: override.nonce ?? account?.nonce ?? 0n,
      balance: override.balance ?? account?.balance ?? 0n,
      codeHash: this.#codeHashes.get(address) ?? account?.codeHash ?? KECCAK_EMPTY,
    }
  }

  slot(address: Address, slot: bigint): bigint {
    const override = this.#overrides.get(address)
    const value = override?.stateDiff?.get(slot) ?? override?.state?.get(slot)
    if (value !== undefined) return value
    return override?.state === undefined ? this.#below.slot(address, slot) : 0n
  }

  code(codeHash: Hash): Uint8Array {
    return this.#codes.get(codeHash) ?? this.#below.code(codeHash)
  }

  hasStorage(address: Address): boolean {
    const override = this.#overrides.get(address)
    const written = [...(override?.state?.values() ?? []), ...(override?.stateDiff?.values() ?? [])]
    if (written.some((value) => value !== 0n)) return true
    return override?.state === undefined && this.#below.hasStorage(address)
  }
}
