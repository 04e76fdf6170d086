import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { compile } from '../contracts/compile.ts'
import { type DevNode, startDevNode } from './support/dev-node.ts'
import { documentedOutput, documentProgram } from './support/document-blocks.ts'
import { pythonMissing, pythonWithWeb3 } from './support/python.ts'
import { runProgram } from './support/run-program.ts'

const PROJECT = join(import.meta.dirname, 'projects', 'web3py')

describe('web3.py and `pavm dev`', { skip: pythonMissing, timeout: 480_000 }, () => {
  let node: DevNode
  let python: string

  before(async () => {
    python = pythonWithWeb3()
    node = await startDevNode()
  })
  after(() => node?.[Symbol.asyncDispose]())

  const run = (...args: string[]): Promise<string> => {
    const { Token } = compile('Token.sol')
    const PAVM_ARTIFACTS = JSON.stringify({ Token: { abi: Token?.abi, bytecode: Token?.bytecode } })
    const env = { ...process.env, PYTHONDONTWRITEBYTECODE: '1', PAVM_URL: node.url, PAVM_ARTIFACTS }
    return runProgram(python, args, { cwd: PROJECT, env })
  }

  for (const suite of ['eth', 'contract', 'signing', 'traces', 'controls', 'websocket']) {
    test(`test_${suite}.py`, async () => {
      await run('-m', 'unittest', `test_${suite}`)
    })
  }

  test('docs/clients/web3py.md: its program does what it says', async (t) => {
    await node.request('anvil_reset')
    const directory = mkdtempSync(join(tmpdir(), 'pavm-web3py-'))
    t.after(() => rmSync(directory, { recursive: true, force: true }))
    const document = 'docs/clients/web3py.md'
    const program = join(directory, 'program.py')
    writeFileSync(program, documentProgram(document, 'python', node.url))
    const lines = (await run(program)).split('\n')
    const expected = documentedOutput(document)
    assert.ok(expected.length > 0)
    for (const line of expected) assert.ok(lines.includes(line), `${line}\n${lines.join('\n')}`)
  })
})
