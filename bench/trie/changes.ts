import { bigintToBytes, bytesToBigint } from '../../primitives/bytes.ts'
import { type Address, bytesToAddress } from '../../primitives/hex.ts'
import { KECCAK_EMPTY, keccak256, keccak256Hex } from '../../primitives/keccak.ts'
import type { Account, AccountDiff, StateDiff } from '../../storage/state-view.ts'
import type { Random } from '../../test/support/random.ts'

/** What the transactions of a block do to the state. */
export type Kind = 'transfers' | 'ERC-20 transfers' | 'KeyValueStore'

export const KINDS: readonly Kind[] = ['transfers', 'ERC-20 transfers', 'KeyValueStore']

const COINBASE = addressOf(-1)
const CONTRACT = addressOf(-2)

function addressOf(index: number): Address {
  return bytesToAddress(keccak256(bigintToBytes(BigInt(index + 2), 32)).slice(12))
}

/** Slot of a mapping, or any other that a hash names. */
function slotOf(index: number): bigint {
  return bytesToBigint(keccak256(bigintToBytes(BigInt(index), 64)))
}

function funded(nonce: number, balance: number): Account {
  return { nonce: BigInt(nonce), balance: 10n ** 21n + BigInt(balance), codeHash: KECCAK_EMPTY }
}

/** So many accounts, one contract with as many slots, and a coinbase. */
export function initialState(size: number): StateDiff {
  const accounts = new Map<Address, AccountDiff>()
  const slots = new Map<bigint, bigint>()
  for (let index = 0; index < size; index++) {
    accounts.set(addressOf(index), { account: { to: funded(0, 0) } })
    slots.set(slotOf(index), 10n ** 20n + BigInt(index))
  }
  const codeHash = keccak256Hex(Uint8Array.of(1))
  accounts.set(CONTRACT, { account: { to: { nonce: 1n, balance: 0n, codeHash } }, slots })
  accounts.set(COINBASE, { account: { to: funded(0, 0) } })
  return { accounts, codes: new Map() }
}

/** The change of that state by a block of transactions between accounts of random choice. */
export function blockChange(kind: Kind, size: number, transactions: number, random: Random): StateDiff {
  const accounts = new Map<Address, AccountDiff>()
  const slots = new Map<bigint, bigint>()
  const setSlot = () => slots.set(slotOf(random.below(size)), 10n ** 19n + BigInt(random.below(1_000_000)))
  const setAccount = (nonce: number) => {
    accounts.set(addressOf(random.below(size)), { account: { to: funded(nonce, random.below(1_000_000)) } })
  }
  for (let transaction = 0; transaction < transactions; transaction++) {
    setAccount(1)
    if (kind === 'transfers') setAccount(0)
    else setSlot()
    if (kind === 'ERC-20 transfers') setSlot()
  }
  if (slots.size > 0) accounts.set(CONTRACT, { slots })
  accounts.set(COINBASE, { account: { to: funded(0, random.below(1_000_000)) } })
  return { accounts, codes: new Map() }
}
