import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { pythonMissing, pythonWithWeb3 } from './support/python.ts'
import { startTestnet, type Testnet } from './support/testnet.ts'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')

let testnet: Testnet

before(async () => {
  testnet = await startTestnet({ nodes: 2, miners: 1, blockTimeSeconds: 1, settings: { execution: { workers: 2 } } })
})
after(() => testnet?.close())

/** Runs a client script as a user would, with few transactions. @returns what it printed */
async function runClient(command: string, ...args: string[]): Promise<string> {
  const sizes = ['--report-url', testnet.url(1), '--accounts', '30', '--transactions', '200']
  const printed = await run(command, ...args, ...sizes)
  assert.match(printed, /200 transactions succeeded/)
  return printed
}

/** @returns what it printed @throws AssertionError with that when it fails */
async function run(command: string, ...args: string[]): Promise<string> {
  const path = `${dirname(process.execPath)}:${join(root, 'node_modules', '.bin')}:${process.env.PATH}`
  const options = { cwd: root, env: { ...process.env, PATH: path } }
  const child = spawn(command, [...args, '--url', testnet.url(0)], options)
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => (printed += String(bytes)))
  const code = await new Promise<number | null>((resolve) => child.on('exit', resolve))
  assert.equal(code, 0, printed)
  return printed
}

for (const name of ['ethers', 'viem', 'web3js']) {
  test(`scripts/${name}.ts deploys, sends and reports`, { timeout: 120_000 }, async () => {
    assert.match(await runClient(process.execPath, `scripts/${name}.ts`), /longest group/)
  })
}

test('scripts/web3.py deploys, sends and reports', { skip: pythonMissing, timeout: 240_000 }, async () => {
  assert.match(await runClient(pythonWithWeb3(), 'scripts/web3.py'), /transactions in \d+ groups/)
})

test('scripts/load.ts keeps up a load and says what is mined', { timeout: 60_000 }, async () => {
  const flags = ['--rate', '30', '--conflict', '0.5', '--seconds', '5', '--accounts', '20']
  const lines = (await run(process.execPath, 'scripts/load.ts', ...flags)).trim().split('\n')
  const [, sent, mined] = /sent (\d+) {2}mined (\d+) /.exec(lines.at(-1) ?? '') ?? []
  assert.ok(Number(sent) > 60 && Number(mined) > 0, lines.at(-1))
  assert.doesNotMatch(lines.join('\n'), /refused/)
})
