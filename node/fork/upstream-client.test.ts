import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, test } from 'node:test'
import { StorageError } from '../../storage/storage-error.ts'
import { UpstreamClient, type UpstreamClientOptions } from './upstream-client.ts'
import { UpstreamRefusal } from './upstream-refusal.ts'

interface Call {
  readonly id: number
  readonly params: readonly unknown[]
}

let server: Server
let active = 0
let most = 0
let sizes: number[] = []
let headers: (string | undefined)[] = []
/** Of each request. */
let respond: (
  calls: Call[],
  isBatch: boolean,
) => { readonly status?: number; readonly body: string; readonly retryAfter?: string }

beforeEach(async () => {
  active = most = 0
  sizes = []
  headers = []
  respond = (calls, isBatch) => {
    const answers = calls.map(({ id, params }) => ({ jsonrpc: '2.0', id, result: params[0] }))
    return { body: JSON.stringify(isBatch ? answers.reverse() : answers[0]) }
  }
  server = createServer((request, response) => {
    most = Math.max(most, ++active)
    headers.push(request.headers.authorization)
    let text = ''
    request.on('data', (piece) => {
      text += String(piece)
    })
    request.on('end', () => {
      setTimeout(() => {
        active--
        const parsed = JSON.parse(text) as Call | Call[]
        const calls = Array.isArray(parsed) ? parsed : [parsed]
        sizes.push(calls.length)
        const { status = 200, body, retryAfter } = respond(calls, Array.isArray(parsed))
        response.writeHead(status, retryAfter === undefined ? {} : { 'retry-after': retryAfter }).end(body)
      }, 10)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterEach(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

function client(options: Partial<UpstreamClientOptions> = {}): UpstreamClient {
  return new UpstreamClient({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    batch: 10,
    concurrency: 2,
    requestsPerSecond: 0,
    timeoutMs: 1_000,
    retries: 1,
    backoffMs: 5,
    ...options,
  })
}

const askMany = (asked: UpstreamClient, count: number): Promise<unknown[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => asked.request('echo', [index])))

const isFailure = (pattern: RegExp) => (error: unknown) =>
  error instanceof StorageError && error.code === 'upstream-failed' && pattern.test(error.message)

test('what is asked for together goes in batches, so many at a time, and each gets its answer', async () => {
  assert.deepEqual(
    await askMany(client(), 45),
    Array.from({ length: 45 }, (_, index) => index),
  )
  assert.deepEqual(
    sizes.toSorted((a, b) => a - b),
    [5, 10, 10, 10, 10],
  )
  assert.equal(most, 2)
})

test('no faster than allowed', async () => {
  const began = performance.now()
  await askMany(client({ requestsPerSecond: 100 }), 40)
  // 40 at 100 in a second, of which the last 10 need not be over.
  assert.ok(performance.now() - began >= 290, `${performance.now() - began} ms`)
})

test('a server that asks for patience gets it', async () => {
  const usual = respond
  respond = () => {
    respond = usual
    return { status: 429, body: '', retryAfter: '0.3' }
  }
  const began = performance.now()
  assert.equal(await client().request('echo', ['a']), 'a')
  assert.ok(performance.now() - began >= 290)
})

test('credentials go into the header, and into no message', async () => {
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v3/key`)
  url.username = 'user'
  url.password = 'secret'
  const asked = client({ url: url.href })
  await asked.request('echo', [1])
  assert.deepEqual(headers, [`Basic ${Buffer.from('user:secret').toString('base64')}`])
  respond = () => ({ status: 401, body: 'no' })
  await assert.rejects(asked.request('echo', [1]), (error: Error) => {
    assert.match(error.message, /^the upstream http:\/\/127\.0\.0\.1:\d+ did not answer echo\(1\): HTTP status 401$/)
    return true
  })
  assert.equal(sizes.length, 2)
})

test('an error is what the upstream says, cut short and in ASCII', async () => {
  const message = `reverted \u001b[31m${'x'.repeat(1_000)}`
  respond = ([call]) => ({ body: JSON.stringify({ id: call!.id, error: { code: 3, message, data: '0x1234' } }) })
  await assert.rejects(client().request('echo', [1]), (error) => {
    assert.ok(error instanceof UpstreamRefusal)
    assert.equal(error.refusal.code, 3)
    assert.equal(error.refusal.data, '0x1234')
    assert.match(error.refusal.reason, /^[\x20-\x7e]{300}$/)
    return true
  })
})

test('answers that are too long, or none, fail', async () => {
  const piece = 'a'.repeat(1 << 20)
  respond = () => ({ body: `"${piece.repeat(65)}"` })
  await assert.rejects(client({ timeoutMs: 20_000 }).request('echo', [1]), isFailure(/more than 67108864 bytes/))
  respond = () => ({ body: '[{"id":"1","result":' })
  await assert.rejects(client().request('echo', [1]), isFailure(/is not JSON/))
  respond = () => ({ body: '[{"id":{},"result":1}]' })
  await assert.rejects(client().request('echo', [1]), isFailure(/none of JSON-RPC/))
  respond = () => ({ body: '[]' })
  await assert.rejects(client().request('echo', [1]), isFailure(/without it/))
})

test('what waits when it is closed fails', async () => {
  const asked = client({ concurrency: 1, batch: 1 })
  const all = Promise.allSettled([asked.request('echo', [1]), asked.request('echo', [2])])
  asked.close()
  for (const { status } of await all) assert.equal(status, 'rejected')
  await assert.rejects(asked.request('echo', [3]), isFailure(/not asked any more/))
})
