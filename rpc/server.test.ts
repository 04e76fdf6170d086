import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { WebSocketProvider } from 'ethers'
import { transactionHash } from '../primitives/transaction.ts'
import { ACCOUNTS, MemoryNode, options, signed } from './fixtures/memory-node.ts'
import type { RpcOptions } from './options.ts'
import { RpcServer } from './server.ts'

const JSON_TYPE = { 'content-type': 'application/json' }
const call = (method: string, params: unknown[] = [], id: unknown = 1) =>
  JSON.stringify({ jsonrpc: '2.0', id, method, params })
const log = { address: ACCOUNTS[2]!.address, topics: [], data: new Uint8Array(0) }

interface Running {
  readonly node: MemoryNode
  readonly server: RpcServer
  readonly url: string
  readonly port: number
}

async function start(overrides: Partial<RpcOptions> = {}): Promise<Running> {
  const node = new MemoryNode()
  const server = new RpcServer(options(overrides), node)
  const { host, port } = await server.start()
  return { node, server, port, url: `${host}:${port}` }
}

/** A WebSocket whose messages can be awaited one after the other. */
class Client {
  readonly socket: WebSocket
  readonly #messages: unknown[] = []
  readonly #waiting: ((message: never) => void)[] = []

  private constructor(socket: WebSocket) {
    this.socket = socket
    socket.onmessage = ({ data }) => {
      const message: unknown = JSON.parse(String(data))
      const waiting = this.#waiting.shift()
      if (waiting === undefined) this.#messages.push(message)
      else waiting(message as never)
    }
  }

  static async open(url: string): Promise<Client> {
    const socket = new WebSocket(`ws://${url}`)
    const client = new Client(socket)
    await new Promise((resolve, reject) => {
      socket.onopen = resolve
      socket.onerror = () => reject(new Error('refused'))
    })
    return client
  }

  // biome-ignore lint/suspicious/noExplicitAny: tests look into messages of every shape
  next(): Promise<any> {
    const message = this.#messages.shift()
    return message === undefined ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve(message)
  }

  // biome-ignore lint/suspicious/noExplicitAny: as above
  request(method: string, params: unknown[] = []): Promise<any> {
    this.socket.send(call(method, params))
    return this.next()
  }

  async closed(): Promise<void> {
    if (this.socket.readyState === WebSocket.CLOSED) return
    await new Promise((resolve) => {
      this.socket.onclose = resolve
    })
  }
}

describe('HTTP', () => {
  let running: Running
  before(async () => {
    running = await start({
      maxBodyBytes: 10_000,
      corsOrigins: ['https://page.example'],
      allowedHosts: ['Node.example', 'other.example'],
    })
  })
  after(() => running.server.stop())
  const post = (payload: string, headers: Record<string, string> = JSON_TYPE) =>
    running.server.app.inject({ method: 'POST', url: '/', payload, headers: { host: 'localhost', ...headers } })

  test('requests, batches, notifications', async () => {
    const single = await post(call('eth_chainId'))
    assert.equal(single.statusCode, 200)
    assert.match(String(single.headers['content-type']), /application\/json/)
    assert.equal(single.json().result, '0x7a69')
    assert.equal((await post(`[${call('eth_chainId')},${call('nope')}]`)).json().length, 2)
    const notification = await post('{"jsonrpc":"2.0","method":"eth_chainId"}')
    assert.deepEqual([notification.statusCode, notification.body], [204, ''])
    assert.equal(
      (await post(call('eth_chainId'), { 'content-type': 'application/json; charset=utf-8' })).statusCode,
      200,
    )
  })

  test('malformed JSON is answered by JSON-RPC, not by the server', async () => {
    for (const body of ['{', '', 'x'.repeat(9_999)]) {
      const answer = await post(body)
      assert.equal(answer.json().error.code, -32700, body.slice(0, 10))
    }
  })

  test('bodies too large or of another type are refused, as JSON-RPC errors', async () => {
    const large = await post(call('web3_sha3', ['0x'.padEnd(20_000, '0')]))
    assert.deepEqual([large.statusCode, large.json().error.code], [413, -32600])
    const form = await post(call('eth_chainId'), { 'content-type': 'text/plain' })
    assert.deepEqual([form.statusCode, form.json().error.code], [415, -32600])
  })

  test('health and metrics', async () => {
    const health = await running.server.app.inject('/health')
    assert.deepEqual(health.json(), {
      head: { number: 0, hash: running.node.chain.head().hash },
      peers: 1,
      syncing: false,
    })
    await post(call('no_such_method'))
    const text = (await running.server.app.inject('/metrics')).body
    assert.match(text, /^pavm_head_number 0$/m)
    assert.match(text, /^pavm_peers 1$/m)
    assert.match(text, /pavm_rpc_requests_total\{method="eth_chainId",outcome="ok"\} [1-9]/)
    assert.match(text, /pavm_rpc_requests_total\{method="unknown",outcome="error"\} [1-9]/)
    assert.doesNotMatch(text, /no_such_method/)
    // Read twice: what others keep is not added up.
    const again = (await running.server.app.inject('/metrics')).body
    for (const body of [text, again]) {
      assert.match(body, /^# TYPE pavm_compiler_modules_total counter\npavm_compiler_modules_total 3$/m)
      assert.match(body, /^pavm_compiler_ms_total 12.5$/m)
      assert.match(body, /^pavm_compiler_queue 1$/m)
    }
  })

  test('import and replay times are measured when a block comes', async () => {
    const { node, server } = running
    const next = node.make([], node.chain.head().hash)
    node.reorganise([], [{ ...next, executionUs: 7_000 }])
    const { body } = await server.app.inject('/metrics')
    assert.match(body, /pavm_block_import_ms_sum 12\n/)
    assert.match(body, /pavm_block_replay_ms_sum 7\n/)
  })

  test('names that could be rebound are refused (DNS rebinding)', async () => {
    const statusFor = async (host: string) => (await post(call('eth_chainId'), { ...JSON_TYPE, host })).statusCode
    for (const host of [
      'localhost:8545',
      '127.0.0.1:8545',
      '[::1]:8545',
      'miner:8545',
      'NODE.example',
      'other.example',
      'host.docker.internal',
    ]) {
      assert.equal(await statusFor(host), 200, host)
    }
    for (const host of [
      'evil.example',
      'evil.example:8545',
      'localhost.evil.example',
      '127.0.0.1.evil.example',
      'a b',
      'x:y:z',
    ]) {
      assert.equal(await statusFor(host), 403, host)
    }
  })

  test('CORS lets the named origins read', async () => {
    const preflight = (origin: string) =>
      running.server.app.inject({
        method: 'OPTIONS',
        url: '/',
        headers: { host: 'localhost', origin, 'access-control-request-method': 'POST' },
      })
    const allowed = (await preflight('https://page.example')).headers['access-control-allow-origin']
    assert.equal(allowed, 'https://page.example')
    const refused = (await preflight('https://other.example')).headers['access-control-allow-origin']
    assert.equal(refused, undefined)
  })

  test('GET / says what to do; other paths do not exist', async () => {
    assert.equal((await running.server.app.inject('/')).statusCode, 405)
    assert.equal((await running.server.app.inject('/etc/passwd')).statusCode, 404)
  })

  test('what is refused before it is a request is refused as a JSON-RPC error', { timeout: 5_000 }, async () => {
    const head = 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n'
    const cases: readonly (readonly [number, string])[] = [
      [400, 'no HTTP\r\n\r\n'],
      [400, `${head}Content-Length: 99999999999999999999\r\n\r\n`],
      [400, 'POST /% HTTP/1.1\r\nHost: localhost\r\n\r\n'],
      [403, 'POST / HTTP/1.1\r\nHost: evil.example\r\n\r\n'],
      [404, 'POST /x HTTP/1.1\r\nHost: localhost\r\n\r\n'],
      [405, 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'],
      [413, `${head}Content-Length: 10001\r\n\r\n`],
      [431, `${head}X: ${'y'.repeat(20_000)}\r\n\r\n`],
    ]
    for (const [status, sent] of cases) {
      const socket = connect(running.port, '127.0.0.1').setEncoding('latin1')
      socket.write(sent)
      const [answer] = (await once(socket, 'data')) as [string]
      socket.destroy()
      assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `), sent.slice(0, 80))
      const body = JSON.parse(answer.slice(answer.indexOf('\r\n\r\n'))) as { id: unknown; error: { code: number } }
      assert.deepEqual([body.id, body.error.code], [null, -32600], sent.slice(0, 80))
    }
  })

  test('a request whose sender has gone is dropped, and is no failure', { timeout: 10_000 }, async () => {
    const logged = running.node.logged.length
    const body = call('eth_chainId')
    const head = `POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`
    for (let round = 0; round < 20; round += 1) {
      const sockets = Array.from({ length: 10 }, () => connect(running.port, '127.0.0.1'))
      await Promise.all(sockets.map((socket) => once(socket, 'connect')))
      for (const socket of sockets) socket.write(`${head}${body}`, () => socket.resetAndDestroy())
      await Promise.all(sockets.map((socket) => once(socket, 'close')))
    }
    assert.equal((await post(body)).statusCode, 200)
    assert.deepEqual(running.node.logged.slice(logged), [])
  })
})

test('what is answered to clients that have gone takes no room from others', { timeout: 30_000 }, async (t) => {
  const { server, node, port } = await start()
  t.after(() => server.stop())
  const output = new Uint8Array(20_000_000)
  // The hex digits of 14 of them are more than all answers together may have.
  let clients = 14
  node.calls.call = async (_request, _context, waiter) => {
    const { gone } = waiter!
    if (clients-- > 0 && gone?.aborted !== true) await once(gone!, 'abort')
    return { succeeded: true, output, gasUsed: 21_000n, logs: [] }
  }
  const body = call('eth_call', [{}])
  const head = `POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`
  for (let left = clients; left > 0; left--) {
    const socket = connect(port, '127.0.0.1')
    socket.write(`${head}${body}`)
    while (clients >= left) await new Promise((resolve) => setTimeout(resolve, 1))
    socket.destroy()
    await once(socket, 'close')
  }
  const request = { method: 'POST', url: '/', payload: body, headers: { host: 'localhost', ...JSON_TYPE } } as const
  assert.equal((await server.app.inject(request)).statusCode, 200)
})

test('other machines are limited in requests a second, this one is not', async () => {
  const node = new MemoryNode()
  const server = new RpcServer(options({ maxRequestsPerSecond: 2 }), node)
  const from = async (remoteAddress: string) => {
    const request = {
      method: 'POST',
      url: '/',
      payload: call('eth_chainId'),
      headers: JSON_TYPE,
      remoteAddress,
    } as const
    return server.app.inject(request)
  }
  for (let index = 0; index < 2; index += 1) assert.equal((await from('10.0.0.1')).statusCode, 200)
  const refused = await from('10.0.0.1')
  assert.deepEqual([refused.statusCode, refused.json().error.code], [429, -32005])
  for (let index = 0; index < 5; index += 1) assert.equal((await from('127.0.0.1')).statusCode, 200)
  await server.stop()
})

describe('WebSocket', () => {
  let running: Running
  before(async () => {
    running = await start({ maxBodyBytes: 10_000, maxSubscriptionsPerConnection: 3, maxConnections: 4 })
  })
  after(() => running.server.stop())

  test('requests and batches on the same port', async () => {
    const client = await Client.open(running.url)
    assert.equal((await client.request('eth_chainId')).result, '0x7a69')
    client.socket.send(`[${call('eth_chainId')},1]`)
    assert.equal((await client.next()).length, 2)
    client.socket.send('{')
    assert.equal((await client.next()).error.code, -32700)
    client.socket.send(new TextEncoder().encode(call('eth_blockNumber')))
    assert.equal((await client.next()).result, '0x0')
    client.socket.close()
    await client.closed()
  })

  test('newHeads, logs with removed on a reorg, pending transactions', async () => {
    const { node } = running
    const client = await Client.open(running.url)
    const heads = (await client.request('eth_subscribe', ['newHeads'])).result
    const logs = (await client.request('eth_subscribe', ['logs', { address: log.address }])).result
    const parent = node.chain.head().hash
    const lost = node.mine([{ transaction: signed(), logs: [log] }])
    const head = await client.next()
    assert.equal(head.method, 'eth_subscription')
    assert.equal(head.params.subscription, heads)
    assert.equal(head.params.result.hash, lost.hash)
    assert.equal((await client.next()).params.subscription, logs)
    const won = node.make([{ transaction: signed(), logs: [log] }], parent, { extraData: Uint8Array.of(3) })
    node.reorganise([lost], [won])
    const told = [await client.next(), await client.next(), await client.next()]
    assert.deepEqual(
      told.map(({ params }) => [
        params.subscription,
        params.result.removed,
        params.result.blockHash ?? params.result.hash,
      ]),
      [
        [heads, undefined, won.hash],
        [logs, true, lost.hash],
        [logs, false, won.hash],
      ],
    )
    assert.equal((await client.request('eth_unsubscribe', [heads])).result, true)
    assert.equal((await client.request('eth_unsubscribe', [heads])).result, false)
    const full = (await client.request('eth_subscribe', ['newPendingTransactions', true])).result
    const transaction = signed({ nonce: 9n })
    await node.pool.add(transaction, { local: true })
    const { params } = await client.next()
    assert.deepEqual(
      [params.subscription, params.result.hash, params.result.from],
      [full, transactionHash(transaction), ACCOUNTS[0]!.address],
    )
    client.socket.close()
    await client.closed()
  })

  test('subjects, their parameters and their number are checked', async () => {
    const client = await Client.open(running.url)
    const codeOf = async (...params: unknown[]) => (await client.request('eth_subscribe', params)).error?.code
    assert.equal(await codeOf('nothing'), -32602)
    assert.equal(await codeOf('constructor'), -32602)
    assert.equal(await codeOf(), -32602)
    assert.equal(await codeOf('logs', { topics: 'x' }), -32602)
    assert.equal(await codeOf('newPendingTransactions', 'yes'), -32602)
    for (let index = 0; index < 3; index += 1) assert.equal(await codeOf('newHeads'), undefined)
    assert.equal(await codeOf('newHeads'), -32005)
    const other = await Client.open(running.url)
    const mine = (await other.request('eth_subscribe', ['newHeads'])).result
    assert.equal((await client.request('eth_unsubscribe', [mine])).result, false)
    client.socket.close()
    other.socket.close()
    await Promise.all([client.closed(), other.closed()])
  })

  test('an oversized message closes the socket; more sockets than allowed are refused', async () => {
    const client = await Client.open(running.url)
    client.socket.send('x'.repeat(20_000))
    await client.closed()
    const open = await Promise.all([1, 2, 3, 4].map(() => Client.open(running.url)))
    await assert.rejects(Client.open(running.url), /refused/)
    for (const { socket } of open) socket.close()
    await Promise.all(open.map((each) => each.closed()))
  })

  test('ethers’ provider works on it', async () => {
    const provider = new WebSocketProvider(`ws://${running.url}`)
    try {
      assert.equal((await provider.getNetwork()).chainId, 31_337n)
      const seen = new Promise((resolve) => provider.once('block', resolve))
      // The provider subscribes in its own time: blocks come until it has seen one.
      const mining = setInterval(() => running.node.mine([]), 10)
      const number = await seen
      clearInterval(mining)
      const block = await provider.getBlock(Number(number), true)
      assert.equal(block?.hash, running.node.blocks.canonicalHash(BigInt(Number(number))))
    } finally {
      await provider.destroy()
    }
  })
})

/** A bare socket that has asked for a WebSocket, and what it was answered. It answers no pings. */
async function bareSocket(port: number, headers = 'Host: localhost\r\n'): Promise<{ socket: Socket; answer: string }> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.write(
    `GET / HTTP/1.1\r\n${headers}Connection: Upgrade\r\nUpgrade: websocket\r\n` +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
  )
  const [answer] = await once(socket, 'data')
  return { socket, answer: String(answer) }
}

/** A masked text frame (RFC 6455 §5.2) of 126 to 65,535 bytes, with a mask of zeros. */
function textFrame(text: string): Buffer {
  const padded = text.padEnd(126)
  return Buffer.concat([Buffer.of(0x81, 0xfe, 0, padded.length, 0, 0, 0, 0), Buffer.from(padded)])
}

test('a page of another origin, or one that calls us by a rebound name, opens no WebSocket', {
  timeout: 5_000,
}, async () => {
  const { server, port } = await start({ corsOrigins: ['https://page.example'] })
  const accepted = await bareSocket(port, 'Host: localhost\r\nOrigin: https://page.example\r\n')
  assert.match(accepted.answer, /^HTTP\/1.1 101/)
  for (const headers of [
    'Host: localhost\r\nOrigin: https://evil.example\r\n',
    'Host: evil.example\r\nOrigin: https://page.example\r\n',
  ]) {
    const { socket, answer } = await bareSocket(port, headers)
    assert.match(answer, /^HTTP\/1.1 403/)
    if (!socket.destroyed) await once(socket, 'close')
  }
  accepted.socket.destroy()
  await server.stop()
})

test('a half-open WebSocket is cut after two pings', { timeout: 5_000 }, async () => {
  const { server, port } = await start({ pingIntervalMs: 30 })
  const { socket } = await bareSocket(port)
  await once(socket, 'close')
  await server.stop()
})

test('what a client does not read waits for it in no memory, and comes when it reads on', {
  timeout: 20_000,
}, async () => {
  const maxBufferedBytes = 100_000
  const { server, port, node } = await start({ maxBufferedBytes })
  const { socket } = await bareSocket(port)
  socket.write(textFrame(call('eth_subscribe', ['newHeads'])))
  await once(socket, 'data')
  socket.pause()
  const [peer] = server.app.websocketServer.clients
  // 200 kB a block; the kernel's buffers of both ends take some megabytes first.
  const extraData = new Uint8Array(100_000)
  let received = 0
  for (let sent = 0; sent < 200; sent += 1) {
    node.mine([], { extraData })
    await new Promise((resolve) => setImmediate(resolve))
    assert.ok(peer!.bufferedAmount < maxBufferedBytes + 250_000, `${peer!.bufferedAmount} bytes wait`)
  }
  assert.ok(peer!.bufferedAmount > maxBufferedBytes)
  socket.on('data', (data) => {
    received += data.length
  })
  socket.resume()
  while (received < 200 * 200_000) await new Promise((resolve) => setTimeout(resolve, 5))
  assert.equal(server.app.websocketServer.clients.size, 1)
  socket.destroy()
  await server.stop()
})

test('many long answers at the same time come all', { timeout: 20_000 }, async () => {
  const { server, node, url } = await start({ maxBufferedBytes: 10_000, maxResponseBytes: 10_000_000 })
  const { hash } = node.mine([], { extraData: new Uint8Array(500_000) })
  const client = await Client.open(url)
  for (let index = 0; index < 12; index += 1) client.socket.send(call('eth_getBlockByHash', [hash, false], index))
  const ids = []
  for (let index = 0; index < 12; index += 1) ids.push((await client.next()).id)
  assert.deepEqual(ids, [...Array(12).keys()])
  await server.stop()
})

test('garbage instead of frames closes that socket alone', { timeout: 5_000 }, async () => {
  const { server, port, url } = await start()
  const { socket } = await bareSocket(port)
  socket.write(Buffer.alloc(1_000, 0xff))
  await once(socket, 'close')
  const client = await Client.open(url)
  assert.equal((await client.request('eth_chainId')).result, '0x7a69')
  await server.stop()
})

test('stopping closes connections at once and lets go of the chain', { timeout: 5_000 }, async () => {
  const { server, node, url } = await start()
  const client = await Client.open(url)
  await client.request('eth_subscribe', ['newHeads'])
  const startedAt = performance.now()
  await server.stop()
  await client.closed()
  assert.ok(performance.now() - startedAt < 2_000)
  assert.equal(node.chain.listeners(), 0)
})
