import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { tarOf } from './fixtures/tar.ts'
import { readTar } from './tar.ts'

function entriesOf(archive: Buffer): [string, string][] {
  const directory = mkdtempSync(join(tmpdir(), 'pavm-'))
  try {
    const path = join(directory, 'a.tar.gz')
    writeFileSync(path, gzipSync(archive))
    return [...readTar(path)].map(({ name, bytes }) => [name, Buffer.from(bytes).toString()])
  } finally {
    rmSync(directory, { recursive: true })
  }
}

test('the files of an archive are read, long names and empty files too', () => {
  const long = 'x'.repeat(600)
  const archive = Buffer.concat([
    tarOf('a', ''),
    tarOf('b', long, 'some/folder'),
    tarOf('c', 'end'),
    Buffer.alloc(1024),
  ])
  assert.deepEqual(entriesOf(archive), [
    ['a', ''],
    ['some/folder/b', long],
    ['c', 'end'],
  ])
})

test('an archive that is cut off is refused', () => {
  const archive = tarOf('a', 'x'.repeat(600))
  assert.throws(() => entriesOf(archive.subarray(0, archive.length - 512)), /cut off/)
})
