import type { Address } from '../../primitives/hex.ts'
import type { AccountReads, AccountWrites, StateEffects } from '../block/outcome.ts'
import { type AccountState, LOOKED_BALANCE, LOOKED_CODE, LOOKED_NONCE } from './account-state.ts'
import { SLOT_FLAGS } from './linear-memory.ts'
import { stateMemory } from './state-memory.ts'

/**
 * What a transaction did to the accounts it met, relative to before it. `codeOf` gives the bytes of an account's code;
 * without `record` the reads stay empty.
 */
export function effectsOf(
  accounts: readonly AccountState[],
  record: boolean,
  codeOf: (account: AccountState) => Uint8Array,
): StateEffects {
  const reads = new Map<Address, AccountReads>()
  const writes = new Map<Address, AccountWrites>()
  const credits = new Map<Address, bigint>()
  for (const account of accounts) {
    if (!account.isAccessed) continue
    if (record) reads.set(account.address, readsOf(account))
    const changes = writesOf(account, codeOf)
    if (changes) writes.set(account.address, changes)
    if (account.credited > 0n) credits.set(account.address, account.credited)
  }
  return { reads, writes, credits }
}

const NO_SLOTS: readonly bigint[] = []

function readsOf(account: AccountState): AccountReads {
  const { looked } = account
  let slots: bigint[] | undefined
  const memory = stateMemory()
  for (const entry of memory.metSlots(account.number)) {
    if ((memory.flags(entry) & SLOT_FLAGS.isRead) === 0) continue
    const slot = memory.key(entry)
    if (slots) slots.push(slot)
    else slots = [slot]
  }
  return {
    balance: (looked & LOOKED_BALANCE) !== 0,
    nonce: (looked & LOOKED_NONCE) !== 0,
    code: (looked & LOOKED_CODE) !== 0,
    slots: slots ?? NO_SLOTS,
  }
}

function writesOf(account: AccountState, codeOf: (account: AccountState) => Uint8Array): AccountWrites | undefined {
  let slots: Map<bigint, bigint> | undefined
  const memory = stateMemory()
  for (const entry of memory.metSlots(account.number)) {
    if (!memory.differs(entry, 'original')) continue
    slots ??= new Map()
    slots.set(memory.key(entry), memory.read(entry, 'value'))
  }
  const hasNonce = account.nonce !== account.nonceBefore
  const hasBalance = account.balance !== account.balanceBefore
  const hasCode = account.codeHash !== account.codeHashBefore
  const exists = existenceChange(account)
  if (!slots && !hasNonce && !hasBalance && !hasCode && !account.clearsStorage && exists === undefined) return undefined
  return {
    ...(hasNonce && { nonce: account.nonce }),
    ...(hasBalance && { balance: account.balance }),
    ...(hasCode && { code: { hash: account.codeHash, bytes: codeOf(account) } }),
    ...(slots && { slots }),
    ...(account.clearsStorage && { clearsStorage: true }),
    ...(exists !== undefined && { exists }),
  }
}

/** Said only where it does not follow from the fields: an account that went, or one that is there though empty. */
function existenceChange(account: AccountState): boolean | undefined {
  if (account.exists === account.existedBefore) return undefined
  if (!account.exists) return false
  return account.isEmpty ? true : undefined
}
