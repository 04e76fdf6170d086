import assert from 'node:assert/strict'
import { test } from 'node:test'
import { JsonWriter } from './json-writer.ts'

function written(use: (writer: JsonWriter) => void): string[] {
  const pieces: string[] = []
  use(new JsonWriter((piece) => pieces.push(piece)))
  return pieces
}

test('brackets and commas', () => {
  const pieces = written((writer) => {
    writer.open('{"a":[', ']}')
    for (const each of [1, 2]) {
      writer.item()
      writer.open('[', ']')
      writer.item()
      writer.write(String(each))
      writer.close()
    }
    writer.close()
    writer.end()
  })
  assert.deepEqual(pieces, ['{"a":[[1],[2]]}'])
})

const LONG = `"${'x'.repeat(70_000)}"`

test('what is given up can be read as far as it was handed on', () => {
  const pieces = written((writer) => {
    writer.open('{', '}')
    writer.open('"list":[', ']')
    writer.item()
    writer.write(LONG)
    writer.settle()
    writer.item()
    writer.open('{"half":', '}')
    writer.abandon()
  })
  assert.equal(pieces.length, 2)
  assert.deepEqual(JSON.parse(pieces.join('')), { list: [JSON.parse(LONG)] })
})

test('of what nobody has seen nothing is written when it is given up', () => {
  const pieces = written((writer) => {
    writer.open('[', ']')
    writer.item()
    writer.write('1')
    writer.settle()
    writer.abandon()
  })
  assert.deepEqual(pieces, [])
})
