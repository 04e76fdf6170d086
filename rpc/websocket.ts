import { setMaxListeners } from 'node:events'
import type { WebSocket } from '@fastify/websocket'
import type { ByteBudget } from './byte-budget.ts'
import { RpcError } from './errors.ts'
import type { Dispatcher } from './json-rpc.ts'
import { errorResponse } from './json-rpc.ts'
import type { Connection } from './method.ts'
import type { RpcOptions } from './options.ts'

/** Requests of one socket that run at a time; while there are more, the socket is not read. */
const MAX_RUNNING = 64

/** RFC 6455 §7.4.1, and IANA's registry: "try again later". */
const CLOSE_CODE = 1013

export interface WebSocketOptions extends Pick<RpcOptions, 'maxBufferedBytes' | 'maxRequestsPerSecond'> {
  /** Of answers of this socket that wait to be read; a longer one may wait alone. */
  readonly maxWaitingBytes: number
  /** Of another machine, which may send at most `maxRequestsPerSecond` messages: see `Caller`. */
  readonly client?: string | undefined
}

export interface WebSocketModules {
  readonly socket: WebSocket
  readonly dispatcher: Dispatcher
  /** Of answers that wait to be read, all connections together. */
  readonly budget: ByteBudget
}

/**
 * One WebSocket: requests in, answers and notifications out. While much waits for the peer to read it, requests are not begun
 * and notifications not asked for.
 */
export class WebSocketConnection implements Connection {
  readonly #options: WebSocketOptions
  readonly #socket: WebSocket
  readonly #dispatcher: Dispatcher
  readonly #budget: ByteBudget
  readonly #gone = new AbortController()
  #waitingForRoom: (() => void)[] = []
  #waitingBytes = 0
  #running = 0
  #isAlive = true
  #second = 0
  #inSecond = 0

  constructor(options: WebSocketOptions, modules: WebSocketModules) {
    this.#options = options
    this.#socket = modules.socket
    this.#dispatcher = modules.dispatcher
    this.#budget = modules.budget
    this.#socket.on('message', (data: Buffer) => void this.#take(data))
    this.#socket.on('pong', () => {
      this.#isAlive = true
    })
    // Each request that runs may listen.
    setMaxListeners(MAX_RUNNING, this.#gone.signal)
    this.#socket.once('close', () => {
      this.#gone.abort()
      this.#tellOfRoom()
    })
    // A protocol error or a message over the limit: `ws` closes the socket itself.
    this.#socket.on('error', () => undefined)
  }

  send(text: string): void {
    if (this.#isOpen) this.#socket.send(text, this.#onSent)
  }

  get hasRoom(): boolean {
    return this.#isOpen && this.#socket.bufferedAmount < this.#options.maxBufferedBytes
  }

  onRoom(listener: () => void): void {
    this.#waitingForRoom.push(listener)
  }

  onClose(listener: () => void): void {
    if (this.#socket.readyState === this.#socket.CLOSED) listener()
    else this.#socket.once('close', listener)
  }

  close(reason: string): void {
    this.#socket.close(CLOSE_CODE, reason)
  }

  /** To be called at intervals: cuts a peer that has not answered the ping of the time before. */
  checkAlive(): void {
    if (this.#isAlive) this.#socket.ping()
    else this.#socket.terminate()
    this.#isAlive = false
  }

  get #isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN
  }

  readonly #onSent = (): void => {
    if (this.#waitingForRoom.length > 0 && this.hasRoom) this.#tellOfRoom()
  }

  #tellOfRoom(): void {
    const waiting = this.#waitingForRoom
    this.#waitingForRoom = []
    for (const listener of waiting) listener()
  }

  async #take(data: Buffer): Promise<void> {
    this.#running += 1
    if (this.#running === MAX_RUNNING) this.#socket.pause()
    // Behind those that wait already.
    if (!this.hasRoom || this.#waitingForRoom.length > 0) await new Promise<void>((resolve) => this.onRoom(resolve))
    if (this.#isOpen) await this.#answer(data)
    if (this.#running === MAX_RUNNING) this.#socket.resume()
    this.#running -= 1
  }

  async #answer(data: Buffer): Promise<void> {
    const { client } = this.#options
    if (client !== undefined && this.#isTooMany()) {
      this.send(errorResponse(null, new RpcError('limit-exceeded', 'too many requests')))
      return
    }
    const answered: (() => void)[] = []
    const answer = await this.#dispatcher.answer(data.toString('utf8'), {
      connection: this,
      client,
      gone: this.#gone.signal,
      onAnswered: (listener) => answered.push(listener),
    })
    if (answer !== undefined) this.#sendAnswer(answer)
    for (const listener of answered) listener()
  }

  #sendAnswer(answer: string): void {
    const { length } = answer
    const waiting = this.#waitingBytes + length
    if (!this.#isOpen) return
    const isTooMuch = waiting > length && waiting > this.#options.maxWaitingBytes
    if (isTooMuch || !this.#budget.take(length)) {
      this.close('too many answers wait to be read')
      return
    }
    this.#waitingBytes = waiting
    this.#socket.send(answer, () => {
      this.#waitingBytes -= length
      this.#budget.give(length)
      this.#onSent()
    })
  }

  #isTooMany(): boolean {
    const second = Math.floor(performance.now() / 1_000)
    this.#inSecond = second === this.#second ? this.#inSecond + 1 : 1
    this.#second = second
    return this.#inSecond > this.#options.maxRequestsPerSecond
  }
}
