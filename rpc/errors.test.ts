import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CallError } from '../execution/call-error.ts'
import { CodedError, DecodeError } from '../primitives/errors.ts'
import { isKnownFailure, RPC_ERROR_CODES, RpcError, toWireError } from './errors.ts'

test('codes are those of JSON-RPC 2.0, EIP-1474, EIP-7966 and execution-apis, each once', () => {
  const codes = Object.values(RPC_ERROR_CODES)
  assert.equal(new Set(codes).size, codes.length)
  const ranges = [
    [3, 4],
    [-32_005, -32_000],
    [-32_015, -32_015],
    [-32_700, -32_600],
    [-38_026, -38_010],
  ] as const
  assert.ok(codes.every((code) => ranges.some(([least, most]) => code >= least && code <= most)))
})

// The patterns of ethers 6 (`JsonRpcApiProvider.getRpcError`) and viem (`errors/node.ts`).
const RECOGNISED: readonly [code: string, pattern: RegExp][] = [
  ['nonce-too-low', /nonce too low/],
  ['nonce-too-high', /nonce too high/],
  ['insufficient-funds', /insufficient funds/],
  ['intrinsic-gas-too-low', /intrinsic gas too low/],
  ['fee-cap-below-base-fee', /max fee per gas less than block base fee/],
  ['priority-fee-above-fee-cap', /max priority fee per gas higher than max fee per gas/],
  ['transaction-type-not-supported', /transaction type not (valid|supported)/],
  ['replacement-underpriced', /replacement transaction underpriced/],
  ['underpriced', /transaction underpriced/],
  ['already-known', /already known/],
]

test('clients recognise the errors of transactions', () => {
  for (const [code, pattern] of RECOGNISED) {
    const wire = toWireError(new CodedError(code, 'details for people'))
    assert.equal(wire.code, -32000, code)
    assert.match(wire.message, pattern, code)
    assert.match(wire.message, /details for people/, code)
  }
})

test('a phrase is not said twice', () => {
  assert.equal(toWireError(new CodedError('already-known', 'already known')).message, 'already known')
})

test('anything else is internal and silent, whatever its message or code', () => {
  const strange = [
    new Error('/etc/passwd'),
    new CodedError('disk-full', '/var/lib'),
    new CallError('worker-failed', 'the thread of the call died: /var/lib'),
    new DecodeError('stored'),
    'text',
    undefined,
    null,
    { code: 3 },
  ]
  for (const error of strange) {
    assert.deepEqual(toWireError(error), { code: -32603, message: 'internal error' })
    assert.equal(isKnownFailure(error), false)
  }
  for (const code of ['constructor', '__proto__', 'toString']) {
    assert.equal(toWireError(new CodedError(code, 'x')).code, -32603, code)
  }
  assert.equal(isKnownFailure(new RpcError('failed', 'x')), true)
})
