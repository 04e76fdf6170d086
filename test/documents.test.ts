import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { CONTROLS } from '../rpc/methods/control/table.ts'
import { settingsDocument } from '../scripts/lib/settings-document.ts'
import { followGuide } from './client-suites/support/guide.ts'
import { startDevNode } from './support/dev-node.ts'

const root = join(import.meta.dirname, '..')

test('docs/settings.md is what `npm run docs:settings` writes', () => {
  assert.equal(readFileSync(join(root, 'docs', 'settings.md'), 'utf8'), settingsDocument())
})

test('every relative link of the documents leads to a file', () => {
  const documents = [
    'README.md',
    'ARCHITECTURE.md',
    'docs/settings.md',
    'docs/rpc.md',
    'docs/accounts.md',
    'docs/dev.md',
    'docs/fork.md',
    'docs/methods.md',
    'bench/README.md',
    ...readdirSync(join(root, 'docs', 'clients')).map((name) => `docs/clients/${name}`),
  ]
  for (const document of documents) {
    const text = readFileSync(join(root, document), 'utf8')
    for (const [, target] of text.matchAll(/\]\((?!https?:)([^)#]+)\)/g)) {
      assert.ok(existsSync(join(root, document, '..', target as string)), `${document}: ${target}`)
    }
  }
})

test('docs/dev.md has every control under all its names', () => {
  const text = readFileSync(join(root, 'docs', 'dev.md'), 'utf8')
  const names = CONTROLS.flatMap(([each]) => each)
  assert.equal(new Set(names).size, names.length)
  for (const name of names) assert.ok(text.includes(`\`${name}\``), name)
})

test('docs/rpc.md names every method of the server', () => {
  const text = readFileSync(join(root, 'docs', 'rpc.md'), 'utf8')
  const folder = join(root, 'rpc', 'methods')
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .flatMap((name) => [...readFileSync(join(folder, name), 'utf8').matchAll(/^\s+'?([a-z0-9]+_[a-zA-Z0-9]+)'?[:,]/gm)])
    .map(([, name]) => name as string)
  assert.ok(names.length > 50, `${names.length} methods found`)
  for (const name of names) assert.ok(text.includes(`${name}`), name)
})

for (const name of ['ethers', 'viem', 'web3js']) {
  test(`docs/clients/${name}.md: its programs run, and write what it says`, { timeout: 120_000 }, async (context) => {
    const directory = mkdtempSync(join(tmpdir(), 'pavm-guide-'))
    context.after(() => rmSync(directory, { recursive: true, force: true }))
    await using node = await startDevNode('--quiet')
    await followGuide(`docs/clients/${name}.md`, directory, { packages: join(root, 'node_modules'), url: node.url })
  })
}
