import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { PlainClient } from './plain-client.ts'

async function openClient(t: TestContext, listener: RequestListener): Promise<PlainClient> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = await PlainClient.open((server.address() as AddressInfo).port)
  t.after(() => {
    client.close()
    server.close()
  })
  return client
}

test('requests go one after the other over one connection, and answers come whole', async (t) => {
  const sockets = new Set<Socket>()
  const client = await openClient(t, async (request, response) => {
    sockets.add(request.socket)
    let body = ''
    for await (const part of request) body += part
    const answer = JSON.stringify({ method: request.method, type: request.headers['content-type'], body })
    response.setHeader('content-length', Buffer.byteLength(answer))
    response.write(answer.slice(0, 5))
    await sleep(5)
    response.end(answer.slice(5))
  })
  for (const body of ['{"a":1}', '{"b":"é"}', JSON.stringify('x'.repeat(300_000))]) {
    const { body: echoed, ...rest } = JSON.parse(await client.post(body)) as { body: string }
    assert.deepEqual(rest, { method: 'POST', type: 'application/json' })
    assert.equal(Buffer.from(echoed, 'latin1').toString(), body)
  }
  assert.equal(sockets.size, 1)
})

test('what is no answer, or comes to an end before it is whole, rejects', async (t) => {
  const refused = await openClient(t, (_, response) => response.writeHead(503).end())
  await assert.rejects(refused.post('{}'), /not an answer: HTTP\/1\.1 503/)
  const cut = await openClient(t, (request, response) => {
    response.setHeader('content-length', 10)
    response.write('{')
    setTimeout(() => request.socket.destroy(), 10)
  })
  await assert.rejects(cut.post('{}'), /has closed the connection/)
})
