import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'

/** The command as a user runs it, on a small folder of vectors. */

const directory = mkdtempSync(join(tmpdir(), 'pavm-'))
after(() => rmSync(directory, { recursive: true, force: true }))
const vectors = join(directory, 'vectors')
const document = join(directory, 'conformance.md')
mkdirSync(vectors)
writeFileSync(join(vectors, 'good.json'), JSON.stringify({ dog: { in: 'dog', out: '0x83646f67' } }))
writeFileSync(join(vectors, 'README.md'), '')

function conformance(...args: readonly string[]) {
  const command = join(import.meta.dirname, 'run.ts')
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...args], {
    encoding: 'utf8',
    env: { ...process.env, PAVM_VECTORS: vectors },
  })
  return { status, stdout, stderr }
}

describe('npm run conformance', () => {
  test('runs the folder that PAVM_VECTORS names and writes down what passed', () => {
    const { status, stdout } = conformance('--document', document)
    assert.equal(status, 0)
    assert.match(stdout, /^RLP tests: 1 passed, 0 failed, 0 skipped$/m)
    assert.match(stdout, /1 files not run: says what the vectors are/)
    assert.match(stdout, /^1 passed, 0 failed, 0 skipped\n$/m)
    const text = readFileSync(document, 'utf8')
    assert.match(text, /^\| RLP tests \| 1 \| 1 \| 0 \| 0 \|\n\| \*\*all\*\* \| {2}\| 1 \| 0 \| 0 \|$/m)
  })

  test('a part of it leaves the document alone', () => {
    rmSync(document)
    assert.equal(conformance('--document', document, '--name', 'dog').status, 0)
    assert.ok(!existsSync(document))
  })

  test('what fails is told with its file and name, and is no success', () => {
    const path = join(vectors, 'bad.json')
    writeFileSync(path, JSON.stringify({ cat: { in: 'cat', out: '0x83646f67' } }))
    const { status, stdout } = conformance('--no-document')
    rmSync(path)
    assert.equal(status, 1)
    assert.match(stdout, /^FAILED - bad\.json cat\n {2}encoding is 0x83636174, should be 0x83646f67$/m)
    assert.match(stdout, /^1 passed, 1 failed, 0 skipped\n$/m)
  })

  test('a file that is no JSON is one failure and stops nothing', () => {
    const path = join(vectors, 'broken.json')
    writeFileSync(path, '{')
    const { status, stdout } = conformance('--no-document')
    rmSync(path)
    assert.equal(status, 1)
    assert.match(stdout, /^FAILED - broken\.json/m)
    assert.match(stdout, /^1 passed, 1 failed, 0 skipped\n$/m)
  })

  test('a long file is shared out among the threads, and is one file still', () => {
    const folder = join(vectors, 'vmPerformance')
    mkdirSync(folder)
    const three = Object.fromEntries(['a', 'b', 'c'].map((name) => [name, { in: 'dog', out: '0x83646f67' }]))
    writeFileSync(join(folder, 'three.json'), JSON.stringify(three))
    assert.match(conformance('--document', document, '--workers', '2').stdout, /^4 passed, 0 failed, 0 skipped\n$/m)
    assert.match(readFileSync(document, 'utf8'), /^\| RLP tests \| 2 \| 4 \| 0 \| 0 \|$/m)
    const sampled = conformance('--no-document', '--workers', '2', '--sample', '2').stdout
    rmSync(folder, { recursive: true })
    assert.match(sampled, /^3 passed, 0 failed, 0 skipped\n$/m)
  })

  test('no folder, no cases, and options that mean nothing are no success', () => {
    const missing = conformance('--vectors', join(directory, 'none'))
    assert.equal(missing.status, 1)
    assert.match(missing.stdout, /no vectors at .*none: name their folder by --vectors or PAVM_VECTORS/)
    assert.equal(conformance('--no-document', '--name', 'nothing').status, 1)
    const wrong = conformance('--sample', '0')
    assert.equal(wrong.status, 1)
    assert.match(wrong.stderr, /--sample.*'0' is invalid.*from 1 on/)
  })
})
