import type { AccountDiff } from '../../storage/state-view.ts'
import type { AccountState } from './account-state.ts'
import { stateMemory } from './state-memory.ts'

/** How the account differs from the view below; `undefined` if it does not. */
export function diffOf(account: AccountState): AccountDiff | undefined {
  if (!account.isLoaded) return undefined
  const { base, nonce, balance, codeHash, exists } = account
  const isSame = exists
    ? base !== undefined && base.nonce === nonce && base.balance === balance && base.codeHash === codeHash
    : base === undefined
  const clearsStorage = account.isStorageCleared && account.hadStorage !== false
  const slots = new Map<bigint, bigint>()
  const memory = stateMemory()
  for (const entry of memory.loadedSlots(account.number)) {
    const value = memory.read(entry, 'value')
    if (value !== (clearsStorage ? 0n : memory.read(entry, 'base'))) slots.set(memory.key(entry), value)
  }
  if (isSame && !clearsStorage && slots.size === 0) return undefined
  return {
    ...(!isSame && { account: { to: exists ? { nonce, balance, codeHash } : undefined } }),
    ...(clearsStorage && { clearsStorage }),
    ...(slots.size > 0 && { slots }),
  }
}
