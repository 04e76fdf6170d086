import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { readVectors, skipWithout, VECTORS } from '../primitives/fixtures/vectors.ts'
import { runCommand } from './support/command.ts'

const FOLDER = 'execution-apis/tests'
const CHAIN = join(VECTORS, FOLDER, 'chain.rlp')

const directory = mkdtempSync(join(tmpdir(), 'pavm-import-'))
after(() => rmSync(directory, { recursive: true, force: true }))

/** 54 blocks that begin under Homestead, come to the Merge, and end under the second blob schedule after Osaka. */
describe("the chain of Ethereum's execution-apis", { skip: skipWithout(FOLDER) }, () => {
  const options = ['--genesis', join(VECTORS, FOLDER, 'genesis.json'), '--data-dir', join(directory, 'data')]

  test('is imported by one command up to its own head', { timeout: 60_000 }, async () => {
    const { params } = readVectors<{ params: { headBlockHash: string }[] }>(`${FOLDER}/headfcu.json`)
    const { code, stdout, stderr } = await runCommand('import', CHAIN, ...options)
    assert.equal(code, 0, stderr)
    assert.equal(stdout, `54 imported; the head is 54 ${params[0]?.headBlockHash}\n`)
  })

  test('is exported again, byte for byte', { timeout: 60_000 }, async () => {
    const exported = join(directory, 'exported.rlp')
    const { code, stdout, stderr } = await runCommand('export', exported, ...options)
    assert.equal(code, 0, stderr)
    assert.match(stdout, /^54 blocks written/)
    assert.deepEqual(readFileSync(exported), readFileSync(CHAIN))
  })
})
