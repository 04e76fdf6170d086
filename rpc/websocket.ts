import { setMaxListeners } from 'node:events'
import type { WebSocket } from '@fastify/websocket'
import type { Dispatcher } from './json-rpc.ts'
import type { Connection } from './method.ts'
import type { RpcOptions } from './options.ts'

/** Requests of one socket that run at a time; while there are more, the socket is not read. */
const MAX_RUNNING = 64

/** One WebSocket: requests in, answers and notifications out. */
export class WebSocketConnection implements Connection {
  readonly #options: Pick<RpcOptions, 'maxBufferedBytes'>
  readonly #socket: WebSocket
  readonly #dispatcher: Dispatcher
  readonly #gone = new AbortController()
  #running = 0
  #isAlive = true

  constructor(
    options: Pick<RpcOptions, 'maxBufferedBytes'>,
    modules: { readonly socket: WebSocket; readonly dispatcher: Dispatcher },
  ) {
    this.#options = options
    this.#socket = modules.socket
    this.#dispatcher = modules.dispatcher
    this.#socket.on('message', (data: Buffer) => void this.#answer(data.toString('utf8')))
    this.#socket.on('pong', () => {
      this.#isAlive = true
    })
    // Each request that runs may listen.
    setMaxListeners(MAX_RUNNING, this.#gone.signal)
    this.#socket.once('close', () => this.#gone.abort())
    // A protocol error or a message over the limit: `ws` closes the socket itself.
    this.#socket.on('error', () => undefined)
  }

  send(text: string): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return
    if (this.#socket.bufferedAmount > this.#options.maxBufferedBytes) this.#socket.terminate()
    else this.#socket.send(text)
  }

  onClose(listener: () => void): void {
    if (this.#socket.readyState === this.#socket.CLOSED) listener()
    else this.#socket.once('close', listener)
  }

  /** To be called at intervals: cuts a peer that has not answered the ping of the time before. */
  checkAlive(): void {
    if (this.#isAlive) this.#socket.ping()
    else this.#socket.terminate()
    this.#isAlive = false
  }

  async #answer(text: string): Promise<void> {
    this.#running += 1
    if (this.#running === MAX_RUNNING) this.#socket.pause()
    const answer = await this.#dispatcher.answer(text, { connection: this, gone: this.#gone.signal })
    if (answer !== undefined) this.send(answer)
    if (this.#running === MAX_RUNNING) this.#socket.resume()
    this.#running -= 1
  }
}
