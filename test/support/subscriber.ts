import { once } from 'node:events'

/** A WebSocket to a node, with all that its subscriptions have told so far. */
export class Subscriber {
  readonly #socket: WebSocket
  readonly #answers = new Map<number, (result: unknown) => void>()
  readonly #told = new Map<string, unknown[]>()
  #lastId = 0

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.addEventListener('message', ({ data }) => this.#take(JSON.parse(String(data)) as Message))
  }

  /** @param url JSON-RPC address over HTTP; the WebSocket is on the same port */
  static async connect(url: string): Promise<Subscriber> {
    const socket = new WebSocket(url.replace('http', 'ws'))
    await once(socket, 'open')
    return new Subscriber(socket)
  }

  /** @returns a list that grows with what the subscription tells */
  async subscribe<T>(...params: unknown[]): Promise<readonly T[]> {
    const id = ++this.#lastId
    const { promise, resolve } = Promise.withResolvers<unknown>()
    this.#answers.set(id, resolve)
    this.#socket.send(JSON.stringify({ jsonrpc: '2.0', id, method: 'eth_subscribe', params }))
    return this.#list(String(await promise)) as T[]
  }

  close(): void {
    this.#socket.close()
  }

  #take({ id, result, params }: Message): void {
    if (id !== undefined) this.#answers.get(id)?.(result)
    else if (params !== undefined) this.#list(params.subscription).push(params.result)
  }

  #list(subscription: string): unknown[] {
    const list = this.#told.get(subscription) ?? []
    this.#told.set(subscription, list)
    return list
  }
}

interface Message {
  readonly id?: number
  readonly result?: unknown
  readonly params?: { readonly subscription: string; readonly result: unknown }
}
