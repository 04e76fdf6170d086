import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { CallError } from '../execution/call-error.ts'
import { Dispatcher } from './json-rpc.ts'
import { JsonStream } from './json-stream.ts'
import { JsonText } from './json-text.ts'
import { method } from './method.ts'

const about = { summary: 'For tests.', result: () => z.unknown() }
const MEGABYTE = 1024 * 1024
const MAX_RESPONSE_BYTES = 3 * MEGABYTE

/** Strings of a megabyte each in a list, after which it may fail. */
async function* megabytes(count: number, onEnd: () => void, failure?: Error): AsyncGenerator<Uint8Array> {
  try {
    yield Buffer.from('[')
    for (let index = 0; index < count; index++) {
      yield Buffer.from(`${index === 0 ? '' : ','}"${'x'.repeat(MEGABYTE)}"`)
    }
    yield Buffer.from(']')
    if (failure !== undefined) throw failure
  } finally {
    onEnd()
  }
}

function textOf(json: string): JsonText {
  const text = new JsonText()
  text.append(Buffer.from(json))
  return text
}

function dispatcherOf(count: number, failure?: Error) {
  const ended: string[] = []
  const observed: string[] = []
  const warned: object[] = []
  const log = { debug() {}, warn: (fields: object) => warned.push(fields), error() {} }
  const methods = new Map([
    ['list', method(about, {}, () => new JsonStream(megabytes(count, () => ended.push('ended'), failure)))],
    ['text', method(about, {}, () => textOf('["ä"]'))],
    ['textLater', method(about, {}, async () => textOf('{}'))],
  ])
  const observe = (name: string, _: number, failed: boolean) => observed.push(`${name} ${failed}`)
  const dispatcher = new Dispatcher({ maxBatch: 5, maxResponseBytes: MAX_RESPONSE_BYTES }, { methods, log, observe })
  return { dispatcher, ended, observed, warned }
}

const REQUEST = JSON.stringify({ jsonrpc: '2.0', id: 'a', method: 'list' })

// biome-ignore lint/suspicious/noExplicitAny: answers are of every shape
async function read(answer: string | Uint8Array | AsyncIterable<Uint8Array> | undefined): Promise<any> {
  if (answer instanceof Uint8Array) return JSON.parse(answer.toString())
  if (typeof answer === 'string' || answer === undefined) return JSON.parse(answer ?? 'null')
  return JSON.parse(Buffer.concat(await Array.fromAsync(answer)).toString())
}

const timeout = () => new CallError('timeout', 'the call took longer than 5 ms')

test('a short stream is an answer like others', async () => {
  const { dispatcher, observed } = dispatcherOf(0)
  assert.equal(await dispatcher.answerInPieces(REQUEST, {}), '{"jsonrpc":"2.0","id":"a","result":[]}')
  assert.deepEqual(observed, ['list false'])
})

test('one that fails before it is long is an error, and nothing else', async () => {
  const { dispatcher, observed } = dispatcherOf(0, timeout())
  const answer = await dispatcher.answerInPieces(REQUEST, {})
  assert.equal(typeof answer, 'string')
  const { error, ...rest } = await read(answer)
  assert.deepEqual(rest, { jsonrpc: '2.0', id: 'a' })
  assert.match(error.message, /execution aborted \(timeout\)/)
  assert.deepEqual(observed, ['list true'])
})

test('a long one is sent in pieces', async () => {
  const { dispatcher, ended, observed } = dispatcherOf(6)
  const answer = await dispatcher.answerInPieces(REQUEST, {})
  assert.equal(typeof answer, 'object')
  assert.deepEqual(observed, [])
  const { result, id } = await read(answer)
  assert.deepEqual([result.length, id], [6, 'a'])
  assert.deepEqual([ended, observed], [['ended'], ['list false']])
})

test('one that fails later rejects, for its client to see that there is no more', async () => {
  const { dispatcher, ended, observed, warned } = dispatcherOf(4, timeout())
  const answer = await dispatcher.answerInPieces(REQUEST, {})
  await assert.rejects(read(answer), /took longer than 5 ms/)
  assert.deepEqual([ended, observed, warned.length], [['ended'], ['list true'], 1])
})

test('who stops to read ends it', async () => {
  const { dispatcher, ended } = dispatcherOf(50)
  const answer = await dispatcher.answerInPieces(REQUEST, {})
  assert.ok(typeof answer === 'object' && Symbol.asyncIterator in answer)
  for await (const piece of answer) if (piece.length > 1_000) break
  assert.deepEqual(ended, ['ended'])
})

test('where it has to be whole it is, up to the limit of a response', async () => {
  const small = dispatcherOf(2)
  assert.equal((await read(await small.dispatcher.answer(REQUEST, {}))).result.length, 2)
  const big = dispatcherOf(5)
  const { error, result } = await read(await big.dispatcher.answer(REQUEST, {}))
  assert.deepEqual([error.code, result], [-32005, undefined])
  assert.match(error.message, /response too large, at most 3145728 bytes but over HTTP alone/)
  assert.deepEqual(big.ended, ['ended'])
})

test('in a batch all have the room of one response', async () => {
  const { dispatcher } = dispatcherOf(2)
  const [first, second] = await read(await dispatcher.answerInPieces(`[${REQUEST},${REQUEST}]`, {}))
  assert.equal(first.result.length, 2)
  assert.equal(second.error.code, -32005)
})

test('what is JSON already is put into its answer as it is', async () => {
  const { dispatcher, observed } = dispatcherOf(0)
  const first = JSON.stringify({ jsonrpc: '2.0', id: 'ö', method: 'text' })
  const second = JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'textLater' })
  const answers = ['{"jsonrpc":"2.0","id":"ö","result":["ä"]}', '{"jsonrpc":"2.0","id":2,"result":{}}']
  const inPieces = await dispatcher.answerInPieces(first, {})
  assert.ok(inPieces instanceof Uint8Array)
  assert.equal(inPieces.toString(), answers[0])
  assert.equal(await dispatcher.answer(second, {}), answers[1])
  assert.equal(await dispatcher.answerInPieces(`[${first},${second}]`, {}), `[${answers}]`)
  assert.equal(await dispatcher.answer('{"jsonrpc":"2.0","method":"text"}', {}), undefined)
  assert.deepEqual(
    observed,
    Array.from({ length: 5 }, (_, index) => `${['text', 'textLater'][index % 2]} false`),
  )
})

test('nothing is made of a stream that nobody waits for', async () => {
  const { dispatcher, ended } = dispatcherOf(2)
  assert.equal(await dispatcher.answer('{"jsonrpc":"2.0","method":"list"}', {}), undefined)
  assert.deepEqual(ended, [])
})
