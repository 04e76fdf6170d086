import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HDNodeWallet } from 'ethers'
import { developerAccounts, HARDENED, parseDerivationPath } from './developer-accounts.ts'

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

test('those that are known are those that are derived', () => {
  const known = developerAccounts(20)
  assert.deepEqual(known, developerAccounts(20, { path: "m/44h/60'/0'/0" }))
  assert.deepEqual(developerAccounts(21).slice(0, 20), known)
  assert.deepEqual(developerAccounts(0), [])
})

test('those of another mnemonic and path are what ethers derives', () => {
  const mnemonic = 'legal winner thank year wave sausage worth useful legal winner thank yellow'
  for (const path of ["m/44'/60'/0'/0", "m/44h/1'/7'", 'm', 'm/2147483647/0/']) {
    const accounts = developerAccounts(3, { mnemonic, path })
    const plain = path.replaceAll('h', "'").replace(/\/$/, '')
    const expected = [0, 1, 2].map((index) => HDNodeWallet.fromPhrase(mnemonic, '', `${plain}/${index}`))
    assert.deepEqual(
      accounts,
      expected.map(({ address, privateKey }) => ({ address: address.toLowerCase(), privateKey })),
      path,
    )
  }
})

test('derivation paths are read, or refused', () => {
  assert.deepEqual(parseDerivationPath("m/44'/60h/2147483647/0/"), [44 + HARDENED, 60 + HARDENED, 2147483647, 0])
  assert.deepEqual(parseDerivationPath('m'), [])
  const tooDeep = `m${'/0'.repeat(255)}`
  for (const path of [
    '',
    '/',
    'M/0',
    '44/60',
    'm//0',
    'm/0//',
    "m/0''",
    'm/-1',
    'm/x',
    'm/2147483648',
    'm/0 ',
    tooDeep,
  ]) {
    assert.equal(parseDerivationPath(path), undefined, path)
  }
  assert.throws(() => developerAccounts(1, { path: 'x' }), RangeError)
})
