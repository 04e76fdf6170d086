import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { loadSettings, type Settings } from '../config/settings.ts'
import { openChainDatabase } from './chain-database.ts'
import { createLogger } from './log.ts'
import { PavmNode } from './node.ts'

function settingsOf(t: TestContext, flags: Readonly<Record<string, unknown>> = {}): Settings {
  const dataDir = mkdtempSync(join(tmpdir(), 'pavm-node-'))
  t.after(() => rmSync(dataDir, { recursive: true, force: true }))
  return loadSettings({ env: {}, flags: { dataDir, logLevel: 'silent', p2pEnabled: false, rpcPort: 0, ...flags } })
}

const log = createLogger({ level: 'silent', format: 'json' })

test('a node takes the chain that is being opened already, and closes it when it stops', async (t) => {
  const settings = settingsOf(t)
  const opening = openChainDatabase(settings)
  const node = await PavmNode.start(settings, { log, storage: opening })
  const { blocks } = await opening
  assert.equal(blocks.head().number, node.headNumber)
  await node.stop()
  assert.throws(() => blocks.head(), { code: 'closed' })
})

test('what was opened is closed where the start fails', async (t) => {
  const settings = settingsOf(t, { accountsKeystore: join(tmpdir(), 'there-is-none') })
  const opening = openChainDatabase(settings)
  await assert.rejects(PavmNode.start(settings, { log, storage: opening }), { name: 'KeystoreError' })
  const { blocks } = await opening
  assert.throws(() => blocks.head(), { code: 'closed' })
})

test('where a chain cannot be opened the start fails with the reason', async (t) => {
  const settings = settingsOf(t)
  const other = await openChainDatabase({ ...settings, accounts: { ...settings.accounts, count: 1 } })
  await other.close()
  const opening = openChainDatabase(settings)
  await assert.rejects(PavmNode.start(settings, { log, storage: opening }), { code: 'wrong-chain' })
})
