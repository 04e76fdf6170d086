import type { StateDiff, StateView } from '../state-view.ts'

/**
 * The diff with all fields of each account that it changes a slot of: the trie of a forked chain, which begins empty, may have
 * nothing of it yet. `view` is the state before the diff.
 */
export function withWholeAccounts(diff: StateDiff, view: Pick<StateView, 'account'>): StateDiff {
  const accounts = new Map(diff.accounts)
  for (const [address, change] of diff.accounts) {
    if (change.account !== undefined) continue
    const account = view.account(address)
    if (account === undefined) continue
    const { nonce, balance, codeHash } = account
    accounts.set(address, { ...change, account: { to: { nonce, balance, codeHash } } })
  }
  return { ...diff, accounts }
}
