import type { AccountDiff } from '../../storage/state-view.ts'
import type { AccountState } from './account-state.ts'

/** How the account differs from the view below; `undefined` if it does not. */
export function diffOf(account: AccountState): AccountDiff | undefined {
  if (!account.isLoaded) return undefined
  const { base, nonce, balance, codeHash, exists } = account
  const isSame = exists
    ? base !== undefined && base.nonce === nonce && base.balance === balance && base.codeHash === codeHash
    : base === undefined
  const clearsStorage = account.isStorageCleared && account.hadStorage !== false
  const slots = new Map<bigint, bigint>()
  for (const slot of account.storage.values()) {
    if (slot.isLoaded && slot.value !== (clearsStorage ? 0n : slot.base)) slots.set(slot.slot, slot.value)
  }
  if (isSame && !clearsStorage && slots.size === 0) return undefined
  return {
    ...(!isSame && { account: { to: exists ? { nonce, balance, codeHash } : undefined } }),
    ...(clearsStorage && { clearsStorage }),
    ...(slots.size > 0 && { slots }),
  }
}
