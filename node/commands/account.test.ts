import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { developerAccounts } from '../../primitives/developer-accounts.ts'
import { runCommand } from '../../test/support/command.ts'
import { rpc } from '../../test/support/json-rpc.ts'

const root = join(import.meta.dirname, '..', '..')
const folder = mkdtempSync(join(tmpdir(), 'pavm-account-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const MNEMONIC = 'legal winner thank year wave sausage worth useful legal winner thank yellow'
const IMPORTED = '0x9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F'

/** Lets a shell find `pavm`. Without ports of its own in the commands, a node would take those of others. */
function shellEnvironment(): NodeJS.ProcessEnv {
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  const main = join(root, 'node', 'main.ts')
  writeFileSync(join(bin, 'pavm'), `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`, { mode: 0o755 })
  const settings = { PAVM_RPC_PORT: '0', PAVM_P2P_ENABLED: 'false', PAVM_LOG_FORMAT: 'json' }
  return { ...process.env, ...settings, PATH: `${bin}:${process.env.PATH}` }
}

/** Runs a line of a document to its end, or, when it starts a node, until that is up and `whileUp` is done. */
async function runLine(line: string, env: NodeJS.ProcessEnv, whileUp: (url: string) => Promise<void>): Promise<string> {
  const child = spawn('sh', ['-c', line.startsWith('pavm node') ? `exec ${line}` : line], { cwd: folder, env })
  const ended = once(child, 'close')
  let written = ''
  let visit: Promise<void> | undefined
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (bytes) => {
      written += String(bytes)
      const [, url] = /"rpcUrl":"([^"]+)"/.exec(written) ?? []
      if (url !== undefined) visit ??= whileUp(url).finally(() => child.kill('SIGTERM'))
    })
  }
  const [code] = await ended
  await visit
  assert.equal(code, 0, `${line}\n${written}`)
  return written
}

test('every command of docs/accounts.md does what it says', { timeout: 120_000 }, async () => {
  const text = readFileSync(join(root, 'docs', 'accounts.md'), 'utf8')
  const blocks = [...text.matchAll(/```sh\n(.*?)```/gs)].map(([, lines]) => lines!.trim().split('\n'))
  assert.equal(blocks.length, 4)
  const [chosen, init, store, unlock] = blocks as [string[], string[], string[], string[]]
  const env = shellEnvironment()
  const neverUp = async () => assert.fail('a node is up')

  let visits = 0
  await runLine(chosen.join('\n'), env, async (url) => {
    const addresses = developerAccounts(3, { mnemonic: MNEMONIC }).map(({ address }) => address)
    assert.deepEqual(await rpc(url, 'eth_accounts'), addresses)
    assert.equal(BigInt(await rpc(url, 'eth_getBalance', addresses[2], 'latest')), 500n * 10n ** 18n)
    visits++
  })

  await runLine(init.join('\n'), env, neverUp)
  const genesis = JSON.parse(readFileSync(join(folder, 'network', 'genesis.json'), 'utf8'))
  for (const { address } of developerAccounts(3, { path: "m/44'/60'/1'/0" })) assert.ok(genesis.alloc[address], address)

  const outputs = []
  for (const line of store) outputs.push(await runLine(line, env, neverUp))
  const made = /^(0x\w{40}) {2}keys\/UTC--/.exec(outputs[1]!)?.[1]
  assert.deepEqual(outputs[4]!.match(/0x\w{40}/g), [made, IMPORTED])
  assert.equal(outputs[5], `0x${'46'.repeat(32)}\n`)
  assert.equal(readdirSync(join(folder, 'keys')).length, 2)

  await runLine(unlock.join('\n'), env, async (url) => {
    const accounts = await rpc<string[]>(url, 'eth_accounts')
    assert.equal(accounts.length, 22)
    assert.ok(accounts.includes(IMPORTED.toLowerCase()))
    assert.match(await rpc(url, 'personal_sign', '0x00', IMPORTED), /^0x[0-9a-f]{130}$/)
    visits++
  })
  assert.equal(visits, 2)
})

test('what cannot be is refused in one line, and writes nothing', { timeout: 60_000 }, async () => {
  const password = join(folder, 'password')
  const key = join(folder, 'key')
  const none = join(folder, 'none')
  writeFileSync(password, 'p\n')
  const at = ['--keystore', none, '--password-file', password]
  const cases: readonly (readonly [string, readonly string[], RegExp])[] = [
    ['', ['new', '--keystore', none], /no terminal to ask for a password: give --password-file/],
    ['', ['new', '--keystore', none, '--password-file', none], /none cannot be read/],
    ['0x1234', ['import', key, ...at], /holds no private key/],
    ['0'.repeat(64), ['import', key, ...at], /not a private key/],
    [' '.repeat(2_000), ['import', key, ...at], /longer than 1024 bytes/],
    ['', ['export', IMPORTED, ...at], /no keystore file in .* is that of 0x9d8a/],
    ['', ['export', IMPORTED.replace('9d8A', '9D8A'), ...at], /checksum does not match/],
  ]
  for (const [content, args, reason] of cases) {
    writeFileSync(key, content)
    const { code, stderr, stdout } = await runCommand('account', ...args)
    assert.equal(code, 1, `${args}\n${stdout}`)
    assert.match(stderr, reason)
  }
  assert.ok(!existsSync(none))
})
