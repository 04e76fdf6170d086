import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

interface Call {
  readonly id: number
  readonly method: string
  readonly params: readonly unknown[]
}

type Answer = { readonly id: number; readonly result?: unknown; readonly error?: unknown }

/** How it answers: as the node behind it, not at all, with that status, with that text, or as something else does for each request. */
export type Manner =
  | { readonly kind: 'honest' }
  | { readonly kind: 'hangs' }
  | { readonly kind: 'status'; readonly status: number }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'changes'; readonly change: (call: Call, answer: Answer) => Answer }

/** A server in front of a node that forwards what it is asked, counts it, and misbehaves on request. */
export class UpstreamProxy {
  readonly #server: Server
  readonly #target: string
  readonly #sockets = new Set<Socket>()
  manner: Manner = { kind: 'honest' }
  /** The manner is over after so many HTTP requests. */
  lasts = Number.POSITIVE_INFINITY
  /** Before each answer. */
  delayMs = 0
  /** Whether batches are answered. */
  takesBatches = true
  /** Sizes of the HTTP requests, in the order in which they came, and what was asked for. */
  sizes: number[] = []
  methods: string[] = []
  asked: string[] = []

  private constructor(target: string) {
    this.#target = target
    this.#server = createServer((request, response) => void this.#serve(request, response))
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
  }

  static async start(target: string, port = 0): Promise<UpstreamProxy> {
    const proxy = new UpstreamProxy(target)
    await proxy.#listen(port)
    return proxy
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Forgets what was counted. */
  clear(): void {
    this.sizes = []
    this.methods = []
    this.asked = []
  }

  behave(manner: Manner, lasts = Number.POSITIVE_INFINITY): void {
    this.manner = manner
    this.lasts = lasts
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return
    const closed = new Promise((resolve) => this.#server.close(resolve))
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  async #listen(port: number): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve))
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = ''
    for await (const piece of request) text += String(piece)
    const body = JSON.parse(text) as Call | Call[]
    const calls = Array.isArray(body) ? body : [body]
    this.sizes.push(calls.length)
    this.methods.push(...calls.map(({ method }) => method))
    this.asked.push(...calls.map(({ method, params }) => `${method}(${params.slice(0, -1)})`))
    if (this.delayMs > 0) await sleep(this.delayMs)
    const manner: Manner = this.lasts > 0 ? this.manner : { kind: 'honest' }
    this.lasts--
    if (manner.kind === 'hangs') return
    if (manner.kind === 'status') return void response.writeHead(manner.status).end('no')
    if (manner.kind === 'text') return void response.end(manner.text)
    if (Array.isArray(body) && !this.takesBatches) {
      return void response.end('{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"no batches"}}')
    }
    try {
      const forwarded = await fetch(this.#target, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: text,
      })
      const answers = (await forwarded.json()) as Answer | Answer[]
      if (manner.kind === 'honest') return void response.end(JSON.stringify(answers))
      const byId = new Map(calls.map((call) => [call.id, call]))
      const change = (answer: Answer) => ({ jsonrpc: '2.0', ...manner.change(byId.get(answer.id)!, answer) })
      response.end(JSON.stringify(Array.isArray(answers) ? answers.map(change) : change(answers)))
    } catch {
      response.destroy()
    }
  }
}
