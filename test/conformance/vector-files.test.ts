import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { tarOf } from './fixtures/tar.ts'
import { listVectorFiles, VectorReader } from './vector-files.ts'

const directory = mkdtempSync(join(tmpdir(), 'pavm-'))
after(() => rmSync(directory, { recursive: true, force: true }))
mkdirSync(join(directory, 'some'))
writeFileSync(join(directory, 'plain.json'), '{"a":1}')
writeFileSync(join(directory, 'some/packed.json.gz'), gzipSync('[2]'))
writeFileSync(
  join(directory, 'some/archive.tar.gz'),
  gzipSync(Buffer.concat([tarOf('x/y.json', '3'), tarOf('z', 'zz')])),
)

test('all files are found, in folders and in archives', () => {
  assert.deepEqual(
    listVectorFiles(directory).map(({ path }) => path),
    ['plain.json', 'some/archive.tar.gz:x/y.json', 'some/archive.tar.gz:z', 'some/packed.json.gz'],
  )
})

test('their content is read, unpacked and parsed; a file beside them can be asked for', () => {
  const reader = new VectorReader({ directory })
  assert.deepEqual(reader.read('plain.json').json, { a: 1 })
  assert.deepEqual(reader.read('some/packed.json.gz').json, [2])
  assert.equal(reader.read('some/archive.tar.gz:x/y.json').json, 3)
  assert.deepEqual(reader.read('some/archive.tar.gz:z').bytes, new TextEncoder().encode('zz'))
  assert.equal(reader.read('some/archive.tar.gz:z').json, undefined)
  assert.ok(reader.read('some/packed.json.gz').sibling('archive.tar.gz'))
  assert.equal(reader.read('plain.json').sibling('other'), undefined)
  assert.deepEqual(reader.read('plain.json').below(), ['some/archive.tar.gz', 'some/packed.json.gz'])
  assert.deepEqual(reader.read('some/packed.json.gz').below(), [])
  assert.equal(reader.read('some/packed.json.gz').file('x'), join(directory, 'some/x'))
  assert.throws(() => reader.read('some/archive.tar.gz:none'), /no member none/)
})
