import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assemble } from '../../execution/evm/fixtures/assembler.ts'
import { testEnvironment } from '../../execution/evm/fixtures/run-code.ts'
import { MemoryView } from '../../execution/state/memory-view.ts'
import { WorldState } from '../../execution/state/world-state.ts'
import type { Address } from '../../primitives/hex.ts'
import { privateKeyToAddress } from '../../primitives/secp256k1.ts'
import { signAuthorization, signTransaction, type UnsignedTransaction } from '../../primitives/transaction.ts'
import { traceTransaction } from './trace-transaction.ts'

const KEY = new Uint8Array(32).fill(7)
const AUTHORITY_KEY = new Uint8Array(32).fill(8)
const SENDER = privateKeyToAddress(KEY)
const AUTHORITY = privateKeyToAddress(AUTHORITY_KEY)
const CONTRACT: Address = `0x${'c0'.repeat(20)}`
const FEES = { chainId: 1n, maxFeePerGas: 10n, maxPriorityFeePerGas: 1n, gasLimit: 200_000n, accessList: [] }

/** Adds the balance of the sender to slot 1. */
const CODE = assemble('ORIGIN BALANCE 1 SLOAD ADD 1 SSTORE STOP')

async function trace(fields: UnsignedTransaction): Promise<readonly string[]> {
  const environment = testEnvironment('osaka')
  const stateBefore = () => {
    const view = new MemoryView([
      [SENDER, { balance: 10n ** 18n, nonce: 3n }],
      [CONTRACT, { nonce: 1n, code: CODE, storage: new Map([[1n, 5n]]) }],
    ])
    return new WorldState({ rules: environment.rules, record: true }, { view })
  }
  const { lines, differsAt } = await traceTransaction(signTransaction(fields, KEY), environment, stateBefore)
  assert.equal(differsAt, undefined, lines.join('\n'))
  return lines
}

const common = { ...FEES, nonce: 3n, value: 0n, data: new Uint8Array() }

test('a transaction is traced as the message it becomes: gas bought, state as it was', async () => {
  const lines = await trace({ type: 2, to: CONTRACT, ...common })
  const balance = (10n ** 18n - 200_000n * 8n).toString(16)
  assert.match(lines[0] ?? '', /^depth 0 pc 0 ORIGIN gas 179000 stack 0/)
  assert.ok(
    lines.some((line) => line.includes(`ADD gas`) && line.includes(`0x5 0x${balance}`)),
    lines.join('\n'),
  )
  assert.deepEqual(lines.slice(-2), ['ours ended: return', 'theirs ended: return'])
})

test('delegations are set before it (EIP-7702)', async () => {
  const authorization = signAuthorization({ chainId: 1n, address: CONTRACT, nonce: 0n }, AUTHORITY_KEY)
  const lines = await trace({ type: 4, to: AUTHORITY, authorizationList: [authorization], ...common })
  assert.ok(
    lines.some((line) => line.includes('SLOAD gas') && line.includes('stack 2: 0x1')),
    lines.join('\n'),
  )
})
