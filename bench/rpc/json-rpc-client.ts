import { Agent, request } from 'node:http'

export interface Call {
  readonly method: string
  readonly params: readonly unknown[]
}

interface Answer {
  readonly id: number
  readonly result?: unknown
  readonly error?: { readonly code: number; readonly message: string }
}

/** Asks one node over a connection that stays open, and reads every answer to its end. */
export class JsonRpcClient {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 })
  readonly #url: string

  constructor(url: string) {
    this.#url = url
  }

  /** Rejects where the answer is an error. */
  async ask<T = unknown>(method: string, ...params: unknown[]): Promise<T> {
    const [result] = await this.#post([{ method, params }], false)
    return result as T
  }

  /** The results in the order of the calls, which are one batch. Rejects where one of them is an error. */
  async askAll(calls: readonly Call[]): Promise<readonly unknown[]> {
    return await this.#post(calls, true)
  }

  close(): void {
    this.#agent.destroy()
  }

  async #post(calls: readonly Call[], isBatch: boolean): Promise<readonly unknown[]> {
    const requests = calls.map(({ method, params }, id) => ({ jsonrpc: '2.0', id, method, params }))
    const text = await this.#send(JSON.stringify(isBatch ? requests : requests[0]))
    const parsed = JSON.parse(text) as Answer | readonly Answer[]
    const answers = Array.isArray(parsed) ? (parsed as readonly Answer[]) : [parsed as Answer]
    return answers
      .toSorted((a, b) => a.id - b.id)
      .map(({ result, error }, index) => {
        if (error !== undefined) throw new Error(`${this.#url}: ${calls[index]?.method}: ${error.message}`)
        return result
      })
  }

  async #send(body: string): Promise<string> {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    return await new Promise((resolve, reject) => {
      const sent = request(this.#url, { method: 'POST', headers, agent: this.#agent }, (response) => {
        const parts: Buffer[] = []
        response.on('data', (part: Buffer) => parts.push(part))
        response.once('end', () => resolve(Buffer.concat(parts).toString()))
        response.once('error', reject)
      })
      sent.once('error', (error: NodeJS.ErrnoException) => {
        // Closed by a node that was not asked for a while, as the request was on its way.
        if (sent.reusedSocket && error.code === 'ECONNRESET') resolve(this.#send(body))
        else reject(error)
      })
      sent.end(body)
    })
  }
}
