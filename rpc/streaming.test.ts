import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { transactionHash } from '../primitives/transaction.ts'
import { MemoryNode, options, signed } from './fixtures/memory-node.ts'
import { RpcServer } from './server.ts'

const transaction = signed()
const REQUEST = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'debug_traceTransaction',
  params: [transactionHash(transaction)],
})
const PIECE = Buffer.from(`,"${'x'.repeat(100_000)}"`)

/** A server whose traces have no end, until whoever asked has gone; after so many pieces they wait for that. */
async function start(t: { after(close: () => Promise<void>): void }, most = Number.POSITIVE_INFINITY) {
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
      if (gone?.aborted !== true) await once(gone!, 'abort')
    } finally {
      ended.resolve()
    }
  }
  const server = new RpcServer(options({ maxResponseBytes: 2_000_000 }), node)
  const { port } = await server.start()
  t.after(() => server.stop())
  return { url: `127.0.0.1:${port}`, ended: ended.promise, pieces: () => pieces }
}

async function post(url: string, signal: AbortSignal) {
  const headers = { 'content-type': 'application/json' }
  const { body } = await fetch(`http://${url}`, { method: 'POST', headers, body: REQUEST, signal })
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
