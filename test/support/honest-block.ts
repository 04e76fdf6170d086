import type { Genesis } from '../../config/genesis.ts'
import { testGenesis } from '../../consensus/fixtures/test-node.ts'
import { assemble } from '../../execution/evm/fixtures/assembler.ts'
import { bigintToBytes, concatBytes } from '../../primitives/bytes.ts'
import { type Address, wordToAddress } from '../../primitives/hex.ts'
import type { Transaction } from '../../primitives/transaction.ts'
import { withAccounts } from './block-lab.ts'
import { deployingCode } from './random-programs.ts'
import { send, type TestAccount, testAccounts } from './test-accounts.ts'

export const ACCOUNTS = testAccounts('sender', 10)
/** slot[b] = slot[a] + c, the three being the words of its call data, and a log. */
export const COPIER: Address = wordToAddress(0xc0914n)
/** Reads slot a and logs it. */
export const READER: Address = wordToAddress(0x4ead4n)
/** Reads slots 40 and 41, writes the second, and reverts. */
export const REVERTER: Address = wordToAddress(0x4e4e4n)
const CODES: readonly (readonly [Address, string])[] = [
  [COPIER, '0 CALLDATALOAD SLOAD 64 CALLDATALOAD ADD DUP1 32 CALLDATALOAD SSTORE 0 MSTORE 32 0 LOG0'],
  [READER, '0 CALLDATALOAD SLOAD 0 MSTORE 32 0 LOG0'],
  [REVERTER, '40 SLOAD 41 SSTORE 0 0 REVERT'],
]
export const UNTOUCHED: Address = wordToAddress(0x7777n)

/** A chain with these contracts. */
export function honestGenesis(): Genesis {
  return withAccounts(testGenesis(), [
    ...ACCOUNTS.map(({ address }) => [address, { balance: 10n ** 21n }] as const),
    ...CODES.map(
      ([address, source]) => [address, { nonce: 1n, code: assemble(source), storage: new Map([[30n, 9n]]) }] as const,
    ),
  ])
}

/** The receiver of the plain transfer of block `number`: nobody's before. */
export function receiver(number: bigint): Address {
  return wordToAddress(0x4ece_0000n + number)
}

/** The account that creates a contract in each block, and where it will be. */
export const CREATOR = ACCOUNTS[8]!

function words(...values: readonly number[]): Uint8Array {
  return concatBytes(...values.map((value) => bigintToBytes(BigInt(value), 32)))
}

function copy(account: TestAccount, from: number, to: number): Transaction {
  return send(account, { to: COPIER, data: words(from, to, 1) })
}

/**
 * Groups: 0, 1 and 8 (the slot 1, and the sender), 4 and 5 (the slot 11), and each other transaction by itself. The fees
 * and the transfer are additions.
 */
export function honestTransactions(number: bigint): Transaction[] {
  const account = (index: number) => ACCOUNTS[index]!
  return [
    copy(account(0), 1, 1),
    copy(account(1), 1, 1),
    copy(account(2), 2, 2),
    send(account(3), { to: receiver(number), value: 1n }),
    copy(account(4), 11, 11),
    copy(account(5), 11, 20),
    send(account(6), { to: READER, data: words(30) }),
    send(account(7), { to: REVERTER }),
    copy(account(0), 3, 3),
    send(CREATOR, { data: deployingCode(Uint8Array.of(0)) }),
  ]
}

/** Of each of them. */
export const HONEST_GROUPS = [0, 0, 1, 2, 3, 3, 4, 5, 0, 6]
