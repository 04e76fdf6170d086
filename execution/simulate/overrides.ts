import type { Rules } from '../../config/hardforks.ts'
import type { Address, Hash } from '../../primitives/hex.ts'
import { KECCAK_EMPTY, keccak256Hex } from '../../primitives/keccak.ts'
import type { Account, AccountDiff, StateDiff, StateView } from '../../storage/state-view.ts'
import type { AccountOverride } from '../call.ts'
import type { Precompile } from '../evm/precompiles/precompile.ts'
import { precompilesFor } from '../evm/precompiles/table.ts'
import { SimulationError } from './simulation-error.ts'

export type Overrides = ReadonlyMap<Address, AccountOverride>

/** What overrides change of the state. One that has any value makes its account exist. */
export function overrideDiff(overrides: Overrides, state: Pick<StateView, 'account'>): StateDiff {
  const accounts = new Map<Address, AccountDiff>()
  const codes = new Map<Hash, Uint8Array>()
  for (const [address, override] of overrides) {
    const { code } = override
    const codeHash = code === undefined ? undefined : keccak256Hex(code)
    if (code !== undefined && codeHash !== undefined) codes.set(codeHash, code)
    const diff = accountDiff(override, codeHash, state.account(address))
    if (diff !== undefined) accounts.set(address, diff)
  }
  return { accounts, codes }
}

function accountDiff(
  { nonce, balance, state, stateDiff }: AccountOverride,
  codeHash: Hash | undefined,
  account: Account | undefined,
): AccountDiff | undefined {
  const hasFields = nonce !== undefined || balance !== undefined || codeHash !== undefined
  const slots = state ?? stateDiff
  if (!hasFields && slots === undefined) return undefined
  const to = {
    nonce: nonce ?? account?.nonce ?? 0n,
    balance: balance ?? account?.balance ?? 0n,
    codeHash: codeHash ?? account?.codeHash ?? KECCAK_EMPTY,
  }
  return {
    ...((hasFields || account === undefined) && { account: { to } }),
    ...(state !== undefined && { clearsStorage: true }),
    ...(slots !== undefined && { slots }),
  }
}

/**
 * The precompiles after these overrides: an account that is overridden is none any more. `undefined` where all stay.
 * Throws SimulationError.
 */
export function movedPrecompiles(overrides: Overrides, rules: Rules): ReadonlyMap<Address, Precompile> | undefined {
  const before = precompilesFor(rules)
  const after = new Map(before)
  let isChanged = false
  for (const [address, { movePrecompileToAddress: target }] of overrides) {
    const precompile = before.get(address)
    if (target !== undefined) checkMove(address, target, precompile, overrides)
    if (precompile === undefined) continue
    isChanged = true
    after.delete(address)
    if (target !== undefined) after.set(target, precompile)
  }
  return isChanged ? after : undefined
}

function checkMove(from: Address, to: Address, precompile: Precompile | undefined, overrides: Overrides): void {
  const details = { from, to }
  if (precompile === undefined)
    throw new SimulationError('no-precompile', `account ${from} is not a precompile`, details)
  if (from === to)
    throw new SimulationError('precompile-moved-to-itself', `precompile ${from} is moved to itself`, details)
  if (!overrides.has(to)) return
  throw new SimulationError('precompile-moved-to-override', `account ${to} is already overridden`, details)
}
