import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { leaksInternals, wrongAnswer } from './answer-rules.ts'
import { fuzzRpc } from './fuzz-rpc.ts'
import { clientFrame, parseResponses, parseTexts } from './raw-client.ts'

/** Fixed: what fails here fails again. `npm run fuzz:rpc` looks for what this does not find. */
const SEED = 20_250_101
const COUNT = 2_000

test('a node stays what it is, whatever comes to its JSON-RPC port', { timeout: 120_000 }, async () => {
  const { sent, failures } = await fuzzRpc({ seed: SEED, count: COUNT })
  assert.deepEqual(failures, [], `seed ${SEED}`)
  assert.equal(
    Object.values(sent).reduce((sum, each) => sum + each, 0),
    COUNT,
  )
  for (const [kind, number] of Object.entries(sent)) assert.ok(number > 0, `no ${kind}`)
})

describe('an answer is wrong', () => {
  const sent = '{"jsonrpc":"2.0","id":7,"method":"eth_chainId"}'
  const error = (members: string): string => `{"jsonrpc":"2.0","id":7,"error":{${members}}}`

  test('where it is not what JSON-RPC wants for the request', () => {
    const cases: readonly (readonly [string, string | undefined, RegExp | undefined])[] = [
      [sent, '{"jsonrpc":"2.0","id":7,"result":null}', undefined],
      [sent, error('"code":-32000,"message":"no"'), undefined],
      [sent, undefined, /no answer/],
      [sent, '{"jsonrpc":"2.0","id":8,"result":1}', /id 8 instead of 7/],
      [sent, '{"jsonrpc":"2.0","id":"7","result":1}', /id "7" instead of 7/],
      [sent, '{"id":7,"result":1}', /not JSON-RPC 2.0/],
      [sent, '{"jsonrpc":"2.0","id":7}', /neither/],
      [sent, '{"jsonrpc":"2.0","id":7,"result":1,"x":1}', /has x/],
      [sent, '{"jsonrpc":"2.0","id":7,"result":1,"error":{"code":3,"message":"a"}}', /result and error/],
      [sent, '[{"jsonrpc":"2.0","id":7,"result":1}]', /is a batch/],
      [sent, '{"jsonrpc":', /not JSON/],
      [sent, error('"code":-1,"message":"no"'), /not in the table/],
      [sent, error('"code":-32603,"message":"internal error"'), /internal/],
      [sent, error('"code":-32002,"message":"execution aborted"'), /thread/],
      [sent, error('"code":-32000,"message":""'), /no message/],
      [sent, error('"code":-32000,"message":"x","stack":"y"'), /has stack/],
      [sent, error('"code":-32000,"message":"at /srv/x.ts:1:2"'), /internals/],
      [`[${sent},1,{"jsonrpc":"2.0","method":"a"}]`, `[{"jsonrpc":"2.0","id":7,"result":1}]`, /1 answers to 2/],
      ['{"jsonrpc":"2.0","method":"eth_chainId"}', undefined, undefined],
      ['{"jsonrpc":"2.0","method":"eth_chainId"}', '{"jsonrpc":"2.0","id":null,"result":1}', /notification/],
      ['{', '{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"no"}}', undefined],
      [
        `{"id":"${'x'.repeat(1_025)}"}`,
        '{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"no"}}',
        undefined,
      ],
      [
        `{"jsonrpc":"2.0","id":7,"method":"a","params":[${'0,'.repeat(600_000)}0]}`,
        '{"jsonrpc":"2.0","id":null,"error":{"code":-32005,"message":"too many values in the request"}}',
        undefined,
      ],
    ]
    for (const [request, answer, told] of cases) {
      const wrong = wrongAnswer(request, answer)
      if (told === undefined) assert.equal(wrong, undefined, answer)
      else assert.match(wrong ?? 'right', told, answer)
    }
  })

  test('where it tells of source files and stacks, and not where it tells of requests', () => {
    for (const text of [
      'x\n    at f (a.js:1:2)',
      'see node_modules/x',
      'file:///x',
      'rpc/method.ts:12',
      '/home/me/x',
    ]) {
      assert.ok(leaksInternals(text), text)
    }
    for (const text of [
      'the method eth_x does not exist',
      'invalid argument 0 (block.at): must be',
      'JSON-RPC is at /',
    ]) {
      assert.ok(!leaksInternals(text), text)
    }
  })
})

test('responses and frames are read as they were written', () => {
  const responses = parseResponses(
    Buffer.from(
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n' +
        'HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\nno',
    ),
  )
  const told = responses.map(({ status, body }) => [status, body])
  assert.deepEqual(told, [
    [100, ''],
    [200, 'abcd'],
    [204, ''],
    [400, 'no'],
  ])
  const texts = ['a', 'b'.repeat(200), 'c'.repeat(70_000)]
  const frames = texts.map((text) => clientFrame(1, Buffer.from(text), { isMasked: false }))
  const sent = Buffer.concat([
    Buffer.from('HTTP/1.1 101 x\r\n\r\n'),
    clientFrame(9, Buffer.of(1), { isMasked: false }),
    ...frames,
  ])
  assert.deepEqual(parseTexts(sent), texts)
})
