import type { Rules } from '../../config/hardforks.ts'
import { requiredGas } from '../../execution/transaction/intrinsic-gas.ts'
import { checkTransactionStatically, checkTransactionType } from '../../execution/transaction/static-checks.ts'
import { type Address, hexToBytes } from '../../primitives/hex.ts'
import { decodeTransaction, recoverSender, type Transaction, transactionHash } from '../../primitives/transaction.ts'
import { findFaults } from './faults.ts'
import { rulesNamed, UNKNOWN_FORK } from './fork-names.ts'
import { type Refusal, refusalResult } from './refusals.ts'
import { type CaseResult, difference, isTestsWith, type Suite, skippedCase } from './suite.ts'

interface TransactionTestJson {
  readonly txbytes: string
  readonly result: Readonly<Record<string, ExpectedJson>>
}

type ExpectedJson =
  | { readonly exception: string }
  | {
      readonly exception?: undefined
      readonly hash: string
      readonly sender: string
      readonly intrinsicGas: string
    }

const CHAIN_ID = 1n
/** An encoding that begins with it or a higher one is a legacy transaction's list (EIP-2718). */
const FIRST_LIST_BYTE = 0xc0

/** Ethereum's TransactionTests: encodings that are or are not a transaction of a hardfork. */
export const transactionTests: Suite = {
  name: 'transaction tests',
  matches: ({ json }) => isTestsWith(json, 'txbytes', 'result'),
  *cases({ json }) {
    for (const [name, { txbytes, result }] of Object.entries(json as Record<string, TransactionTestJson>)) {
      for (const [fork, expected] of Object.entries(result)) {
        const rules = rulesNamed(fork)
        if (rules === undefined) yield skippedCase(name, fork, UNKNOWN_FORK)
        else yield { name, fork, run: () => check(txbytes, rules, expected) }
      }
    }
  },
}

async function check(txbytes: string, rules: Rules, expected: ExpectedJson): Promise<CaseResult> {
  const bytes = hexToBytes(txbytes)
  const faults = await faultsOf(bytes, rules)
  if (faults.length > 0) return refusalResult(faults, expected.exception)
  if (expected.exception !== undefined) return { problem: `accepted, should be refused: ${expected.exception}` }
  const transaction = decodeTransaction(bytes)
  return {
    problem:
      difference('hash', transactionHash(transaction), expected.hash) ??
      difference('sender', senderOf(transaction, rules), expected.sender.toLowerCase()) ??
      difference('intrinsic gas', requiredGas(transaction, rules), BigInt(expected.intrinsicGas)),
  }
}

async function faultsOf(bytes: Uint8Array, rules: Rules): Promise<Refusal[]> {
  const type = bytes[0] ?? 0
  const faults = await findFaults([
    () => checkTransactionType(type < FIRST_LIST_BYTE ? type : 0, rules),
    () => decodeTransaction(bytes),
  ])
  if (faults.length > 0) return faults
  const transaction = decodeTransaction(bytes)
  return await findFaults([
    () => checkTransactionStatically(transaction, rules, CHAIN_ID),
    () => senderOf(transaction, rules),
  ])
}

function senderOf(transaction: Transaction, { requiresLowS }: Rules): Address {
  return recoverSender(transaction, { allowHighS: !requiresLowS })
}
