import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decryptKeystoreJsonSync, encryptKeystoreJsonSync } from 'ethers'
import { developerAccounts } from '../primitives/developer-accounts.ts'
import { readVectors, skipWithout } from '../primitives/fixtures/vectors.ts'
import { KeystoreError, type KeystoreErrorCode, openKeystore, parseKeystore, writeKeystore } from './keystore.ts'

const [ACCOUNT] = developerAccounts(1) as [ReturnType<typeof developerAccounts>[number]]
const CHEAP = { n: 2, r: 1, p: 1 }

const open = async (text: string, password: string) => await openKeystore(parseKeystore(text), password)

function hasCode(code: KeystoreErrorCode, message = /./) {
  return (error: unknown) => {
    assert.ok(error instanceof KeystoreError, String(error))
    assert.equal(error.code, code, error.message)
    assert.match(error.message, message)
    return true
  }
}

const BASIC = 'basic/KeyStoreTests/basic_tests.json'
test('the vectors of Web3 Secret Storage', { skip: skipWithout(BASIC) }, async () => {
  const vectors = readVectors<Record<string, { json: object; password: string; priv: string }>>(BASIC)
  assert.ok(Object.keys(vectors).length >= 5)
  for (const [name, { json, password, priv }] of Object.entries(vectors)) {
    assert.equal((await open(JSON.stringify(json), password)).privateKey, `0x${priv}`, name)
    await assert.rejects(open(JSON.stringify(json), `${password}!`), hasCode('wrong-password'), name)
  }
})

const ETHERS = 'ethers/wallets.json.gz'
test("ethers' keystores", { skip: skipWithout(ETHERS) }, async () => {
  const vectors =
    readVectors<readonly { name: string; type: string; address: string; password: string; content: string }[]>(ETHERS)
  for (const { name, type, address, password, content } of vectors) {
    if (type === 'crowdsale') {
      assert.throws(() => parseKeystore(content), hasCode('no-keystore'), name)
      continue
    }
    const account = await open(content, Buffer.from(password.slice(2), 'hex').toString('utf8'))
    assert.equal(account.address, address.toLowerCase(), name)
  }
})

test('what ethers writes is read, what is written here ethers reads', async () => {
  // In normal form NFKC, which ethers takes, the ligature is two letters.
  for (const password of ['', 'correct horse', 'pässwörd ﬁ']) {
    const theirs = encryptKeystoreJsonSync(ACCOUNT, password, { scrypt: { N: 2, r: 1, p: 1 } })
    assert.deepEqual(await open(theirs, password), ACCOUNT)
    const ours = await writeKeystore(ACCOUNT, password.normalize('NFKC'), CHEAP)
    assert.equal(decryptKeystoreJsonSync(ours, password).privateKey, ACCOUNT.privateKey)
    assert.deepEqual(await open(ours, password), ACCOUNT)
  }
})

type Json = { [key: string]: Json | string | number | null }

/** A keystore with one thing changed, by its dotted place. */
async function changed(place: string, value: string | number | null): Promise<string> {
  const json = JSON.parse(await writeKeystore(ACCOUNT, 'p', CHEAP)) as Json
  const keys = place.split('.')
  const last = keys.pop()!
  const parent = keys.reduce((object, key) => object[key] as Json, json)
  parent[last] = value
  return JSON.stringify(json)
}

test('parameters that would take memory or time are refused before they do', async () => {
  const costs: readonly (readonly [Record<string, number>, RegExp])[] = [
    [{ n: 2 ** 30, r: 8 }, /n=1073741824 r=8 p=1 takes \d+ bytes, over 536870912/],
    [{ r: 2 ** 31 - 1 }, /takes \d+ bytes/],
    [{ p: 2 ** 31 - 1 }, /takes \d+ bytes/],
    [{ n: 2 ** 18, r: 8, p: 5 }, /is over n·r·p/],
  ]
  for (const [cost, message] of costs) {
    let text = await writeKeystore(ACCOUNT, 'p', CHEAP)
    for (const [name, value] of Object.entries(cost))
      text = text.replace(new RegExp(`"${name}":\\d+`), `"${name}":${value}`)
    assert.throws(() => parseKeystore(text), hasCode('too-expensive', message))
  }
  const pbkdf2 = JSON.parse(await changed('crypto.kdf', 'pbkdf2')) as { crypto: Json }
  pbkdf2.crypto.kdfparams = { dklen: 32, c: 10_000_001, prf: 'hmac-sha256', salt: '00' }
  assert.throws(() => parseKeystore(JSON.stringify(pbkdf2)), hasCode('too-expensive', /c=10000001 is over/))
})

test('what is no keystore is refused by its place', async () => {
  const cases: readonly (readonly [string, string | number | null, RegExp])[] = [
    ['version', 1, /version: expected version 3/],
    ['crypto', null, /crypto/],
    ['crypto.kdf', 'argon2', /crypto.kdf: expected scrypt or pbkdf2/],
    ['crypto.cipher', 'aes-256-cbc', /crypto.cipher: expected aes-128-ctr/],
    ['crypto.ciphertext', '00', /crypto.ciphertext: expected 32 bytes/],
    ['crypto.mac', 'zz', /crypto.mac: expected/],
    ['crypto.cipherparams.iv', '00', /crypto.cipherparams.iv: expected 16 bytes/],
    ['crypto.kdfparams.dklen', 16, /crypto.kdfparams.dklen: expected 32/],
    ['crypto.kdfparams.salt', '00'.repeat(1_025), /crypto.kdfparams.salt: expected at most 1024 bytes/],
    ['crypto.kdfparams.n', 1.5, /crypto.kdfparams.n: expected/],
    ['crypto.kdfparams.n', 3, /n=3 is no power of two/],
    ['crypto.kdfparams.n', 1, /n=1 is no power of two/],
    ['crypto.kdfparams.r', 0, /crypto.kdfparams.r: expected/],
    ['address', '12', /address: /],
  ]
  for (const [place, value, message] of cases) {
    const text = await changed(place, value)
    assert.throws(() => parseKeystore(text), hasCode('no-keystore', message), place)
  }
  for (const text of ['', '{', 'null', '[]', '7'])
    assert.throws(() => parseKeystore(text), hasCode('no-keystore'), text)
})

test('another address than the key has is refused; none, or an empty one, is not', async () => {
  const wrong = await changed('address', '00'.repeat(20))
  await assert.rejects(open(wrong, 'p'), hasCode('wrong-account', /says 0x0{40}, but holds the key of 0xf39f/))
  for (const address of [null, '', ACCOUNT.address]) {
    assert.deepEqual(await open(await changed('address', address), 'p'), ACCOUNT)
  }
  const none = await writeKeystore({ ...ACCOUNT, privateKey: `0x${'00'.repeat(32)}` }, 'p', CHEAP)
  await assert.rejects(open(none, 'p'), hasCode('wrong-account', /not a private key/))
})

test('the main thread goes on while a key is derived', async () => {
  const text = await writeKeystore(ACCOUNT, 'p', { n: 2 ** 17, r: 8, p: 1 })
  let ticks = 0
  const timer = setInterval(() => ticks++, 1)
  await open(text, 'p')
  clearInterval(timer)
  assert.ok(ticks > 5, `${ticks} turns of the event loop`)
})
