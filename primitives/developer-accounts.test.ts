import assert from 'node:assert/strict'
import { test } from 'node:test'
import { developerAccounts } from './developer-accounts.ts'

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
