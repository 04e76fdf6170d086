import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create2Address, createAddress } from './contract-address.ts'
import { hexToBytes, parseAddress, parseHash, ZERO_HASH } from './hex.ts'

test('CREATE: by sender and nonce', () => {
  // The first contract that everybody deploys to a devnet.
  const sender = parseAddress('0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266')
  assert.equal(createAddress(sender, 0n), parseAddress('0x5FbDB2315678afecb367f032d93F642f64180aa3'))
})

test('CREATE2: by sender, salt and code, as in the examples of the EIP (EIP-1014)', () => {
  const nobody = parseAddress(`0x${'00'.repeat(20)}`)
  const dead = parseAddress('0xdeadbeef00000000000000000000000000000000')
  const cases = [
    [nobody, '0x00', '0x4D1A2e2bB4F88F0250f26Ffff098B0b30B26BF38'],
    [dead, '0x00', '0xB928f69Bb1D91Cd65274e3c79d8986362984fDA3'],
    [nobody, '0x', '0xE33C0C7F7df4809055C3ebA6c09CFe4BaF1BD9e0'],
  ] as const
  for (const [sender, code, address] of cases) {
    assert.equal(create2Address(sender, parseHash(ZERO_HASH), hexToBytes(code)), parseAddress(address))
  }
})
