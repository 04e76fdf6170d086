import assert from 'node:assert/strict'
import { test } from 'node:test'
import { concatBytes } from '../primitives/bytes.ts'
import { createAddress } from '../primitives/contract-address.ts'
import { bytesToHex, type Hex, hexToBytes } from '../primitives/hex.ts'
import { recoverSender } from '../primitives/transaction.ts'
import {
  BEACON_ROOTS_ADDRESS,
  CONSOLIDATION_REQUESTS_ADDRESS,
  CREATE2_FACTORY,
  HISTORY_STORAGE_ADDRESS,
  SYSTEM_CONTRACTS,
  WITHDRAWAL_REQUESTS_ADDRESS,
} from './system-contracts.ts'

/** Sets slot 0 to 2^256 - 1 (EXCESS_INHIBITOR), then returns the code behind it. */
const INHIBITOR: Hex = `0x7f${'ff'.repeat(32)}5f55`

/**
 * Each EIP deploys its contract by a transaction with a made-up signature (r = 0x539), whose sender nobody can be: any
 * other code would have another sender and another address.
 */
const DEPLOYMENTS = [
  { eip: 4788, address: BEACON_ROOTS_ADDRESS, initCode: '0x60618060095f395ff3', s: 0x1b9b6eb1f0n },
  {
    eip: 2935,
    address: HISTORY_STORAGE_ADDRESS,
    initCode: '0x60538060095f395ff3',
    s: 0xaa12693182426612186309f02cfe8a80a0000n,
  },
  {
    eip: 7002,
    address: WITHDRAWAL_REQUESTS_ADDRESS,
    initCode: `${INHIBITOR}6101f880602d5f395ff3`,
    s: 0x5feeb084551e4e03a3581e269bc2ea2f8d0008n,
  },
  {
    eip: 7251,
    address: CONSOLIDATION_REQUESTS_ADDRESS,
    initCode: `${INHIBITOR}61019e80602d5f395ff3`,
    s: 0xc0730f92dc275b663d377a7cbb141b6600052n,
  },
] as const

for (const { eip, address, initCode, s } of DEPLOYMENTS) {
  test(`EIP-${eip}: the deployment of this code leads to this address`, () => {
    const sender = recoverSender({
      type: 0,
      nonce: 0n,
      gasPrice: 0xe8d4a51000n,
      gasLimit: 0x3d090n,
      to: undefined,
      value: 0n,
      data: concatBytes(hexToBytes(initCode), SYSTEM_CONTRACTS.get(address)!),
      v: 27n,
      r: 0x539n,
      s,
    })
    assert.equal(createAddress(sender, 0n), address)
  })
}

test('the published deployment of the CREATE2 factory leads to its address', () => {
  const [address, code] = CREATE2_FACTORY
  const [r, s] = [BigInt(`0x${'22'.repeat(32)}`), BigInt(`0x${'22'.repeat(32)}`)]
  const data = concatBytes(hexToBytes('0x604580600e600039806000f350fe'), code)
  const fields = {
    type: 0,
    nonce: 0n,
    gasPrice: 100n * 10n ** 9n,
    gasLimit: 100_000n,
    to: undefined,
    value: 0n,
  } as const
  assert.equal(createAddress(recoverSender({ ...fields, data, v: 27n, r, s }), 0n), address)
})

test('all four are there, and code is no window on anything larger', () => {
  assert.equal(SYSTEM_CONTRACTS.size, DEPLOYMENTS.length)
  for (const [address, code] of SYSTEM_CONTRACTS) {
    assert.equal(code.buffer.byteLength, code.length, address)
    // caller, push20 system address, eq: each asks first whether the protocol calls.
    assert.ok(bytesToHex(code).startsWith(`0x3373${'ff'.repeat(19)}fe14`), address)
  }
})
