import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { CallError } from '../execution/call-error.ts'
import { transactionHash } from '../primitives/transaction.ts'
import { MemoryNode, options, signed } from './fixtures/memory-node.ts'
import type { RpcOptions } from './options.ts'
import { RpcServer } from './server.ts'

const transaction = signed()
const REQUEST = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'debug_traceTransaction',
  params: [transactionHash(transaction)],
})
const JSON_TYPE = { 'content-type': 'application/json' }
const PIECE = Buffer.from(`,"${'x'.repeat(100_000)}"`)

/** A server whose traces have no end, until whoever asked has gone; after so many pieces they wait for that, or fail. */
async function start(
  t: { after(close: () => Promise<void>): void },
  most = Number.POSITIVE_INFINITY,
  failure?: CallError,
  overrides: Partial<RpcOptions> = {},
) {
  const node = new MemoryNode()
  node.mine([{ transaction }])
  let pieces = 0
  const ended = Promise.withResolvers<void>()
  node.trace = async function* (_, gone) {
    try {
      yield Buffer.from('[0')
      for (; gone?.aborted !== true && pieces < most; pieces++) {
        await sleep(0)
        yield PIECE
      }
      if (failure !== undefined) throw failure
      if (gone?.aborted !== true) await once(gone!, 'abort')
    } finally {
      ended.resolve()
    }
  }
  const server = new RpcServer(options({ maxResponseBytes: 2_000_000, ...overrides }), node)
  const { port } = await server.start()
  t.after(() => server.stop())
  return { server, url: `127.0.0.1:${port}`, ended: ended.promise, pieces: () => pieces }
}

async function post(url: string, signal: AbortSignal) {
  const { body } = await fetch(`http://${url}`, { method: 'POST', headers: JSON_TYPE, body: REQUEST, signal })
  return body!.getReader()
}

test('what is longer than memory is sent over HTTP as fast as it is read, and ends with the client', async (t) => {
  const { url, ended, pieces } = await start(t)
  const abort = new AbortController()
  const reader = await post(url, abort.signal)
  const first = await reader.read()
  assert.match(Buffer.from(first.value!).toString(), /^\{"jsonrpc":"2\.0","id":1,"result":/)
  await sleep(300)
  const before = pieces()
  await sleep(300)
  // Nobody has read: what fits into buffers has been made, and no more.
  assert.equal(pieces(), before)
  assert.ok(before < 1_000, `${before} pieces`)
  for (let bytes = 0; bytes < 20_000_000; ) bytes += (await reader.read()).value!.length
  assert.ok(pieces() > before)
  abort.abort()
  await ended
})

for (const most of [1, Number.POSITIVE_INFINITY]) {
  test(`a client that goes before anything was sent ends it too, be there ${most} pieces`, async (t) => {
    const { url, ended, pieces } = await start(t, most)
    const abort = new AbortController()
    const asking = post(url, abort.signal)
    while (pieces() === 0) await sleep(1)
    abort.abort()
    // Whether the headers came before it went is chance.
    await asking.catch(() => undefined)
    await ended
  })
}

test('one that fails when a part is there already has its connection cut', { timeout: 10_000 }, async (t) => {
  const { url } = await start(t, 50, new CallError('timeout', 'the call took longer than 5 ms'))
  const { body } = await fetch(`http://${url}`, { method: 'POST', headers: JSON_TYPE, body: REQUEST })
  const received: Uint8Array[] = []
  await assert.rejects(async () => {
    for await (const piece of body!) received.push(piece)
  })
  const text = Buffer.concat(received).toString()
  assert.match(text, /^\{"jsonrpc":"2\.0","id":1,"result":\[0,"x/)
  assert.doesNotMatch(text, /error/)
})

test('who has stopped to read is cut', { timeout: 10_000 }, async (t) => {
  const { url, ended, pieces } = await start(t, undefined, undefined, { pingIntervalMs: 200 })
  const reader = await post(url, AbortSignal.timeout(9_000))
  await reader.read()
  await ended
  assert.ok(pieces() < 1_000, `${pieces()} pieces`)
  await assert.rejects(async () => {
    while (!(await reader.read()).done);
  })
})

test('another machine is sent one at a time; this one as many as it wants', { timeout: 10_000 }, async (t) => {
  const { server } = await start(t)
  const ask = (remoteAddress: string) =>
    server.app.inject({
      ...{ method: 'POST', url: '/', payload: REQUEST, headers: { host: 'localhost', ...JSON_TYPE } },
      ...{ remoteAddress, payloadAsStream: true },
    })
  const answers = []
  for (const address of ['10.0.0.1', '10.0.0.1', '10.0.0.2', '127.0.0.1', '127.0.0.1']) answers.push(await ask(address))
  assert.deepEqual(
    answers.map(({ statusCode }) => statusCode),
    [200, 429, 200, 200, 200],
  )
  assert.equal(JSON.parse(Buffer.concat(await Array.fromAsync(answers[1]!.stream())).toString()).error.code, -32005)
  for (const answer of answers) answer.stream().destroy()
})

test('over WebSocket it has to fit into a response, and ends with the connection', async (t) => {
  const { url, ended } = await start(t)
  const socket = new WebSocket(`ws://${url}`)
  await once(socket, 'open')
  socket.send(REQUEST)
  const [{ data }] = (await once(socket, 'message')) as [MessageEvent]
  const { error } = JSON.parse(String(data))
  assert.equal(error.code, -32005)
  await ended
  socket.close()
})
