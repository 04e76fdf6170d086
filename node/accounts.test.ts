import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { after, test } from 'node:test'
import { developmentGenesis } from '../config/genesis.ts'
import { loadSettings } from '../config/settings.ts'
import { developerAccounts } from '../primitives/developer-accounts.ts'
import { genesisAccounts, unlockedAccounts } from './accounts.ts'
import { addKeystore, findKeystore, listKeystores } from './keystore-directory.ts'
import { writeNetwork } from './network-files.ts'
import { askPassword, passwordOfFile } from './password.ts'

const folder = mkdtempSync(join(tmpdir(), 'pavm-accounts-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const MNEMONIC = 'legal winner thank year wave sausage worth useful legal winner thank yellow'
const CHEAP = { n: 2, r: 1, p: 1 }
const [STRANGER, OTHER] = developerAccounts(2, { mnemonic: MNEMONIC, path: 'm/7' })
const passwordFile = join(folder, 'password')
writeFileSync(passwordFile, 'secret\nnot of the password\n')

const settingsOf = (flags: Record<string, unknown> = {}) => loadSettings({ env: {}, flags })
const PRIVATE = { accountsPasswordFile: passwordFile, rpcCorsOrigins: '' }

test('by default the genesis is the one it always was, and the node signs for those it funds', async () => {
  const settings = settingsOf()
  assert.deepEqual(developmentGenesis(genesisAccounts(settings.accounts)), developmentGenesis())
  const accounts = await unlockedAccounts(settings)
  assert.deepEqual(accounts, developerAccounts(20))
  for (const { address } of accounts)
    assert.equal(developmentGenesis().alloc.get(address)?.balance, 10_000n * 10n ** 18n)
})

test('the genesis funds the accounts chosen, for which the node signs', async () => {
  const flags = { accountsMnemonic: MNEMONIC, accountsCount: 3, accountsPath: 'm/7', accountsBalance: '5' }
  const settings = settingsOf(flags)
  const { alloc } = developmentGenesis(genesisAccounts(settings.accounts))
  const funded = [...alloc].filter(([, { balance }]) => balance > 0n)
  const chosen = developerAccounts(3, { mnemonic: MNEMONIC, path: 'm/7' })
  assert.deepEqual(
    funded.map(([address, { balance }]) => [address, balance]),
    chosen.map(({ address }) => [address, 5n * 10n ** 18n]),
  )
  assert.deepEqual(await unlockedAccounts(settings), chosen)
  assert.deepEqual(await unlockedAccounts(settingsOf({ ...flags, rpcUnlockDeveloperAccounts: false })), [])
  assert.deepEqual(await unlockedAccounts(settingsOf({ ...flags, rpcEnabled: false })), [])
})

test('keystore files are written for their owner alone, once an account, and unlocked', async () => {
  const keys = join(folder, 'keys')
  const path = await addKeystore(keys, STRANGER!, 'secret', CHEAP)
  assert.match(path, /UTC--\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d+Z--[0-9a-f]{40}$/)
  assert.equal(statSync(path).mode & 0o777, 0o600)
  assert.equal(statSync(keys).mode & 0o777, 0o700)
  assert.doesNotMatch(readFileSync(path, 'utf8'), new RegExp(STRANGER!.privateKey.slice(2)))
  await assert.rejects(addKeystore(keys, STRANGER!, 'other', CHEAP), { code: 'exists' })
  writeFileSync(join(keys, 'notes.txt'), 'no keystore')
  assert.equal(listKeystores(keys).length, 1)
  assert.equal(findKeystore(keys, STRANGER!.address).path, path)
  assert.throws(() => findKeystore(keys, OTHER!.address), { code: 'no-account' })

  const settings = settingsOf({ ...PRIVATE, accountsKeystore: keys, accountsCount: 1 })
  assert.deepEqual(await unlockedAccounts(settings), [developerAccounts(1)[0], STRANGER])
  await addKeystore(keys, OTHER!, 'another', CHEAP)
  await assert.rejects(unlockedAccounts(settings), { code: 'wrong-password', message: /keys.UTC--.*password is wrong/ })
})

test('keystore files are not unlocked where strangers could have the node sign', async () => {
  const keys = { ...PRIVATE, accountsKeystore: join(folder, 'none'), accountsCount: 0 }
  const unlock = (flags: object) => unlockedAccounts(settingsOf({ ...keys, ...flags }))
  assert.deepEqual(await unlock({}), [])
  await assert.rejects(unlock({ rpcCorsOrigins: '*' }), { code: 'exposed', message: /web page.*rpc\.corsOrigins/ })
  await assert.rejects(unlock({ rpcHost: '0.0.0.0' }), { code: 'exposed', message: /other machines/ })
  assert.deepEqual(await unlock({ rpcHost: '0.0.0.0', rpcNamespaces: 'personal' }), [])
  await assert.rejects(unlock({ accountsPasswordFile: '' }), { code: 'unreadable', message: /accounts\.passwordFile/ })
  await assert.rejects(unlock({ accountsPasswordFile: join(folder, 'x') }), {
    code: 'unreadable',
    message: /x cannot be/,
  })
})

test('files that are too many or too long, or no keystores, are named', () => {
  const many = join(folder, 'many')
  mkdirSync(many)
  for (let index = 0; index < 101; index++) writeFileSync(join(many, `${index}.json`), '{}')
  assert.throws(() => listKeystores(many), { code: 'unreadable', message: /101 keystore files/ })
  const long = join(folder, 'long')
  mkdirSync(long)
  writeFileSync(join(long, 'a.json'), ' '.repeat(65_537))
  assert.throws(() => listKeystores(long), { code: 'unreadable', message: /a\.json is longer than 65536/ })
  writeFileSync(join(long, 'a.json'), '{}')
  assert.throws(() => listKeystores(long), { code: 'no-keystore', message: /a\.json: no keystore: version/ })
  assert.throws(() => listKeystores(passwordFile), { code: 'unreadable' })
})

test('a network that was made for other accounts is refused without its mnemonic', async () => {
  const directory = join(folder, 'network')
  const base = { consensus: 'instant', blockTimeSeconds: 0, nodes: 1, miners: 1, rpcPort: 1, p2pPort: 2 } as const
  const chosen = settingsOf({ accountsMnemonic: MNEMONIC, accountsCount: 2, accountsBalance: '7' })
  const [node] = await writeNetwork(directory, { ...base, accounts: chosen.accounts })
  const { accounts } = loadSettings({ file: node!.configFile, env: {}, flags: {} })
  assert.deepEqual(accounts, chosen.accounts)
  const [first] = developerAccounts(1, { mnemonic: MNEMONIC })
  const { alloc } = JSON.parse(readFileSync(join(directory, 'genesis.json'), 'utf8'))
  assert.equal(BigInt(alloc[first!.address].balance), 7n * 10n ** 18n)
  await writeNetwork(directory, { ...base, accounts: chosen.accounts })
  await assert.rejects(writeNetwork(directory, base), ({ code, message }) => {
    assert.equal(code, 'chain-differs')
    assert.match(message, /made with accounts 2 from 0x[0-9a-f]{40} on with 7 ether, not 20 from 0xf39f/)
    assert.doesNotMatch(message, /legal/)
    return true
  })
  assert.ok(readdirSync(directory).includes('node-0'))
})

test('a network that was written before it kept its accounts has the usual ones', async () => {
  const directory = join(folder, 'old')
  const base = { consensus: 'instant', blockTimeSeconds: 0, nodes: 1, miners: 1, rpcPort: 1, p2pPort: 2 } as const
  await writeNetwork(directory, base)
  writeFileSync(join(directory, 'network.json'), JSON.stringify({ consensus: 'instant', blockTimeSeconds: 0 }))
  await writeNetwork(directory, { ...base, accounts: settingsOf().accounts })
})

test('a password is the first line of its file, or what is typed and not shown', async () => {
  assert.equal(passwordOfFile(passwordFile, ''), 'secret')
  const input = Object.assign(new PassThrough(), { isTTY: true })
  const shown: string[] = []
  const output = { write: (text: string | Uint8Array) => shown.push(String(text)) > 0 }
  const asked = askPassword('Password: ', { input, output })
  input.write('se cret\n')
  assert.equal(await asked, 'se cret')
  assert.equal(shown.join(''), 'Password: \n')
  const refused = askPassword('Password: ', { input, output })
  input.write('half\u0003')
  await assert.rejects(refused, { code: 'unreadable', message: /no password was given/ })
  await assert.rejects(askPassword('', { input: new PassThrough(), output }), { message: /--password-file/ })
})
