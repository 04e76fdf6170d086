import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deriveKey, developerAccounts, HARDENED, masterKey, mnemonicToSeed } from './developer-accounts.ts'
import { readVectors, skipWithout } from './fixtures/vectors.ts'
import { bytesToHex, hexToBytes } from './hex.ts'

test('the accounts that every devnet has', () => {
  const accounts = developerAccounts(20)
  assert.equal(accounts.length, 20)
  assert.deepEqual(accounts[0], {
    address: '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266',
    privateKey: '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80',
  })
  assert.deepEqual(accounts[19], {
    address: '0x8626f6940e2eb28930efb4cef49b2d1f2c9c1199',
    privateKey: '0xdf57089febbacf7ba0bc227dafbffa9fc08a93fdc68e1e42411a14efcf23656e',
  })
})

interface MnemonicVector {
  readonly name: string
  readonly phrase: string
  readonly password: string
  readonly seed: string
  readonly nodes: readonly { readonly path: string; readonly privateKey: string; readonly chainCode: string }[]
}

const MNEMONICS = 'ethers/mnemonics.json.gz'
test('ethers: mnemonics and keys derived from them (BIP-39, BIP-32)', { skip: skipWithout(MNEMONICS) }, () => {
  const text = (hex: string): string => new TextDecoder().decode(hexToBytes(hex))
  for (const { name, phrase, password, seed, nodes } of readVectors<MnemonicVector[]>(MNEMONICS).slice(0, 100)) {
    const bytes = mnemonicToSeed(text(phrase), text(password))
    assert.equal(bytesToHex(bytes), seed, name)
    for (const { path, privateKey, chainCode } of nodes) {
      const steps = path.split('/').slice(1)
      const key = deriveKey(
        masterKey(bytes),
        steps.map((step) => Number.parseInt(step, 10) + (step.endsWith("'") ? HARDENED : 0)),
      )
      assert.equal(bytesToHex(key.privateKey), privateKey, `${name} ${path}`)
      assert.equal(bytesToHex(key.chainCode), chainCode, `${name} ${path}`)
    }
  }
})
