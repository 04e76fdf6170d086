import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create2Address, createAddress } from './contract-address.ts'
import { readVectors, skipWithout } from './fixtures/vectors.ts'
import { hexToBytes, parseAddress, parseHash } from './hex.ts'

const CREATE = 'ethers/create.json.gz'
test('ethers: CREATE', { skip: skipWithout(CREATE) }, () => {
  type Vector = { sender: string; creates: { name: string; nonce: number; address: string }[] }
  for (const { sender, creates } of readVectors<Vector[]>(CREATE)) {
    for (const { name, nonce, address } of creates) {
      assert.equal(createAddress(parseAddress(sender), BigInt(nonce)), parseAddress(address), name)
    }
  }
})

const CREATE2 = 'ethers/create2.json.gz'
test('ethers: CREATE2 (EIP-1014)', { skip: skipWithout(CREATE2) }, () => {
  type Vector = { sender: string; creates: { name: string; salt: string; initCode: string; address: string }[] }
  for (const { sender, creates } of readVectors<Vector[]>(CREATE2)) {
    for (const { name, salt, initCode, address } of creates) {
      const created = create2Address(parseAddress(sender), parseHash(salt), hexToBytes(initCode))
      assert.equal(created, parseAddress(address), name)
    }
  }
})
