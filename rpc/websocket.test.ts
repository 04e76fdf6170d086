import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { WebSocket } from '@fastify/websocket'
import { z } from 'zod'
import { ByteBudget } from './byte-budget.ts'
import { Dispatcher } from './json-rpc.ts'
import { method } from './method.ts'
import { WebSocketConnection, type WebSocketOptions } from './websocket.ts'

/** A socket whose peer reads when it is told to. */
class SlowSocket extends EventEmitter {
  readonly OPEN = 1
  readonly CLOSED = 3
  readyState = 1
  bufferedAmount = 0
  isPaused = false
  closed: readonly [code: number, reason: string] | undefined
  readonly sent: string[] = []
  readonly #onSent: (() => void)[] = []

  send(text: string, onSent: () => void): void {
    this.sent.push(text)
    this.bufferedAmount += text.length
    this.#onSent.push(onSent)
  }

  /** The peer reads all. */
  drain(): void {
    this.bufferedAmount = 0
    for (const onSent of this.#onSent.splice(0)) onSent()
  }

  pause(): void {
    this.isPaused = true
  }

  resume(): void {
    this.isPaused = false
  }

  close(code: number, reason: string): void {
    this.closed = [code, reason]
    this.readyState = this.CLOSED
    this.emit('close')
  }

  ask(method: string): void {
    this.emit('message', Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 1, method })))
  }
}

const LENGTH = 1_000

function connect(options: Partial<WebSocketOptions> = {}, budget = new ByteBudget(1e9)) {
  const about = { summary: 'For tests.', result: () => z.string() }
  const asked: string[] = []
  const long = method(about, {}, () => {
    asked.push('long')
    return 'x'.repeat(LENGTH)
  })
  const log = { debug() {}, warn() {}, error() {} }
  const dispatcher = new Dispatcher(
    { maxBatch: 5, maxResponseBytes: 10 * LENGTH },
    { methods: new Map([['long', long]]), log },
  )
  const socket = new SlowSocket()
  const limits = { maxBufferedBytes: LENGTH / 2, maxWaitingBytes: 20 * LENGTH, maxRequestsPerSecond: 3 }
  const connection = new WebSocketConnection(
    { ...limits, ...options },
    { socket: socket as unknown as WebSocket, dispatcher, budget },
  )
  return { socket, connection, asked, budget }
}

test('while much waits to be read no request is begun, and at 64 the socket is not read', async () => {
  const { socket, asked } = connect()
  socket.ask('long')
  await nextTurn()
  for (let request = 0; request < 63; request += 1) socket.ask('long')
  await nextTurn()
  assert.deepEqual([asked.length, socket.sent.length, socket.isPaused], [1, 1, false])
  socket.ask('long')
  assert.equal(socket.isPaused, true)
  // Those that waited for room begin together: some of their answers are too much for a peer that does not read them.
  socket.drain()
  await nextTurn()
  assert.deepEqual(socket.closed, [1013, 'too many answers wait to be read'])
  assert.ok(socket.sent.length <= 1 + 21)
})

test('a peer that reads gets all', async () => {
  const { socket, asked } = connect()
  for (let request = 0; request < 200; request += 1) {
    socket.ask('long')
    await nextTurn()
    if (request % 5 === 4) socket.drain()
  }
  for (let turn = 0; turn < 100; turn += 1) {
    await nextTurn()
    socket.drain()
  }
  assert.deepEqual([asked.length, socket.sent.length, socket.closed], [200, 200, undefined])
})

test('all connections share what may wait to be read, and give it back', async () => {
  const budget = new ByteBudget(2.5 * LENGTH)
  const [first, second] = [connect({}, budget), connect({ maxBufferedBytes: 1e9 }, budget)]
  first.socket.ask('long')
  second.socket.ask('long')
  await nextTurn()
  second.socket.ask('long')
  await nextTurn()
  assert.equal(first.socket.closed, undefined)
  assert.deepEqual(second.socket.closed, [1013, 'too many answers wait to be read'])
  first.socket.drain()
  second.socket.drain()
  assert.equal(budget.take(2.5 * LENGTH), true)
})

test('other machines are limited in messages a second', async () => {
  const { socket } = connect({ client: '10.0.0.1' })
  for (let request = 0; request < 10; request += 1) {
    socket.ask('long')
    await nextTurn()
    socket.drain()
  }
  const refused = socket.sent.filter((text) => text.includes('too many requests'))
  // A second may begin in between.
  assert.ok(refused.length >= 4 && refused.length <= 7, `${refused.length}`)
  assert.match(refused[0] ?? '', /"code":-32005/)
})

test('who waits for room is told when the connection is gone', async () => {
  const { socket, connection } = connect({ maxBufferedBytes: 0 })
  let told = 0
  connection.onRoom(() => {
    told += 1
  })
  socket.ask('long')
  socket.close(1000, '')
  await nextTurn()
  assert.deepEqual([told, socket.sent.length], [1, 0])
})
