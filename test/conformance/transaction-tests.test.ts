import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Rules } from '../../config/hardforks.ts'
import { requiredGas } from '../../execution/transaction/intrinsic-gas.ts'
import { checkTransactionStatically } from '../../execution/transaction/static-checks.ts'
import { TransactionError } from '../../execution/transaction/transaction-error.ts'
import { DecodeError } from '../../primitives/errors.ts'
import { hexToBytes } from '../../primitives/hex.ts'
import { decodeTransaction, recoverSender, transactionHash } from '../../primitives/transaction.ts'
import { rulesNamed } from './fork-names.ts'
import { readTar } from './tar.ts'
import { skipWithout, vectorPath } from './vectors.ts'

const ARCHIVE = vectorPath('transaction-tests', 'TransactionTests.tar.gz')

interface TransactionTestJson {
  readonly txbytes: string
  readonly result: Readonly<Record<string, ExpectedJson>>
}

interface ExpectedJson {
  readonly hash?: string
  readonly sender?: string
  readonly intrinsicGas?: string
  readonly exception?: string
}

interface Accepted {
  readonly hash: string
  readonly sender: string
  readonly intrinsicGas: bigint
}

/** `undefined` when the transaction is refused. */
function accept(txbytes: string, rules: Rules): Accepted | undefined {
  try {
    const transaction = decodeTransaction(hexToBytes(txbytes))
    const sender = recoverSender(transaction, { allowHighS: !rules.requiresLowS })
    checkTransactionStatically(transaction, rules, 1n)
    return { hash: transactionHash(transaction), sender, intrinsicGas: requiredGas(transaction, rules) }
  } catch (error) {
    if (error instanceof TransactionError || error instanceof DecodeError) return undefined
    throw error
  }
}

function problemOf(accepted: Accepted | undefined, expected: ExpectedJson): string | undefined {
  if (expected.exception !== undefined) {
    return accepted === undefined ? undefined : `accepted, should be refused: ${expected.exception}`
  }
  if (accepted === undefined) return 'refused'
  const isSame =
    accepted.hash === expected.hash &&
    accepted.sender === expected.sender?.toLowerCase() &&
    accepted.intrinsicGas === BigInt(expected.intrinsicGas ?? -1)
  return isSame
    ? undefined
    : `${accepted.hash} ${accepted.sender} ${accepted.intrinsicGas}, should be ${JSON.stringify(expected)}`
}

test('the transaction tests of ethereum/tests', { skip: skipWithout(ARCHIVE) }, () => {
  const failures: string[] = []
  let ran = 0
  for (const { name, bytes } of readTar(ARCHIVE)) {
    const file: Record<string, TransactionTestJson> = JSON.parse(Buffer.from(bytes).toString())
    for (const [title, { txbytes, result }] of Object.entries(file)) {
      for (const [fork, expected] of Object.entries(result)) {
        const rules = rulesNamed(fork)
        if (rules === undefined) continue
        ran++
        const problem = problemOf(accept(txbytes, rules), expected)
        if (problem !== undefined) failures.push(`${name} ${title} ${fork}: ${problem}`)
      }
    }
  }
  assert.ok(ran > 1000, `only ${ran} cases ran`)
  assert.deepEqual(failures, [])
})
