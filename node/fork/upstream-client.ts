import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { StorageError } from '../../storage/storage-error.ts'
import { UpstreamRefusal } from './upstream-refusal.ts'

export interface UpstreamClientOptions {
  /** http or https; user and password in it are sent as Authorization. */
  readonly url: string
  /** Requests in one HTTP request at most. */
  readonly batch: number
  /** HTTP requests under way at a time. */
  readonly concurrency: number
  /** Requests that begin in a second at most; 0: as many as there are. */
  readonly requestsPerSecond: number
  /** Of one HTTP request. */
  readonly timeoutMs: number
  /** How often a request that failed is sent again. */
  readonly retries: number
  /** Before the first retry; before each further one twice as long. */
  readonly backoffMs: number
}

interface Waiting {
  readonly method: string
  readonly params: readonly unknown[]
  readonly resolve: (result: unknown) => void
  readonly reject: (error: Error) => void
  attempts: number
}

/** An answer that may be another one later. */
class Retriable extends Error {
  /** Asked for by the upstream. */
  readonly waitMs: number

  constructor(message: string, waitMs = 0) {
    super(message)
    this.waitMs = waitMs
  }
}

/** Of one answer, unpacked. */
const MAX_ANSWER_BYTES = 64 << 20
/** Requests that may wait. */
const MAX_WAITING = 20_000
/** What an upstream may ask for by Retry-After. */
const LONGEST_WAIT_MS = 10_000
const LONGEST_PARAMETERS = 200

const BUSY_CODES = new Set([-32_005, 429])
const BUSY_WORDS = /rate.?limit|too many requests|throughput|compute units|capacity exceeded/i

const answerItem = z.object({
  id: z.union([z.number(), z.string(), z.null()]).optional(),
  result: z.unknown().optional(),
  error: z.looseObject({ code: z.number(), message: z.string(), data: z.unknown().optional() }).nullish(),
})

type AnswerItem = z.infer<typeof answerItem>

/**
 * Asks another node over HTTP: what is asked for at the same time in one batch, each again where it failed for a reason that may
 * pass, no faster than allowed, so many at a time. What comes back is bounded in size, and nobody's word but the upstream's.
 */
export class UpstreamClient {
  /** The upstream without what may be secret in its address: user, password, path. */
  readonly name: string
  readonly #options: UpstreamClientOptions
  readonly #url: string
  readonly #headers: Readonly<Record<string, string>>
  readonly #waiting: Waiting[] = []
  readonly #closing = new AbortController()
  #active = 0
  #isScheduled = false
  #takesBatches = true
  #nextId = 1
  /** When the next request may begin, by the rate. */
  #freeAtMs = 0
  /** What has been sent. */
  readonly counts = { requests: 0, batches: 0 }

  /** Throws TypeError for an address that is none of http. */
  constructor(options: UpstreamClientOptions) {
    this.#options = options
    const url = new URL(options.url)
    if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new TypeError('not an http(s) URL')
    this.name = url.origin
    const { username, password } = url
    url.username = ''
    url.password = ''
    url.hash = ''
    this.#url = url.href
    const credentials = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`)
    this.#headers = {
      'content-type': 'application/json',
      ...(username === '' ? {} : { authorization: `Basic ${credentials.toString('base64')}` }),
    }
  }

  /**
   * The result that the upstream gives. Rejects with UpstreamRefusal for an error that it answers with, StorageError
   * `upstream-failed` where it gives none in time, which name it and what was asked.
   */
  request(method: string, params: readonly unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { method, params, resolve, reject, attempts: 0 }
      const isFull = this.#waiting.length >= MAX_WAITING
      if (this.#closing.signal.aborted || isFull) {
        const why = isFull ? `more than ${MAX_WAITING} requests are waiting` : 'it is not asked any more'
        reject(this.#failure(waiting, why))
        return
      }
      this.#waiting.push(waiting)
      this.#schedule()
    })
  }

  /** What waits fails. */
  close(): void {
    this.#closing.abort()
    for (const waiting of this.#waiting.splice(0)) waiting.reject(this.#failure(waiting, 'it is not asked any more'))
  }

  /** After this turn of the event loop, so that all that is asked for in it goes together. */
  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      this.#sendWaiting()
    })
  }

  #sendWaiting(): void {
    const { concurrency, batch } = this.#options
    while (this.#active < concurrency && this.#waiting.length > 0) {
      const taken = this.#waiting.splice(0, this.#takesBatches ? batch : 1)
      this.#active++
      void this.#send(taken).finally(() => {
        this.#active--
        this.#sendWaiting()
      })
    }
  }

  async #send(taken: readonly Waiting[]): Promise<void> {
    try {
      await this.#inRate(taken.length)
      const ids = new Map(taken.map((each) => [this.#nextId++, each]))
      const items = await this.#post(ids)
      for (const [id, waiting] of ids) this.#settle(waiting, items.get(id))
    } catch (error) {
      for (const waiting of taken) this.#retry(waiting, error as Error)
    }
  }

  async #inRate(count: number): Promise<void> {
    const { requestsPerSecond } = this.#options
    if (requestsPerSecond === 0) return
    const now = performance.now()
    const startsAt = Math.max(now, this.#freeAtMs)
    this.#freeAtMs = startsAt + (count * 1_000) / requestsPerSecond
    if (startsAt > now) await sleep(startsAt - now, undefined, { signal: this.#closing.signal })
  }

  /** Answers by id. Throws for what is the same for all of them. */
  async #post(ids: ReadonlyMap<number, Waiting>): Promise<ReadonlyMap<unknown, AnswerItem>> {
    const requests = [...ids].map(([id, { method, params }]) => ({ jsonrpc: '2.0', id, method, params }))
    this.counts.requests += requests.length
    this.counts.batches++
    const timeout = AbortSignal.timeout(this.#options.timeoutMs)
    let body: unknown
    try {
      const response = await fetch(this.#url, {
        method: 'POST',
        headers: this.#headers,
        body: JSON.stringify(requests.length === 1 ? requests[0] : requests),
        redirect: 'error',
        signal: AbortSignal.any([timeout, this.#closing.signal]),
      })
      body = await readAnswer(response)
    } catch (error) {
      if (timeout.aborted) throw new Retriable(`no answer within ${this.#options.timeoutMs} ms`)
      throw error instanceof TypeError ? new Retriable(reasonOf(error)) : error
    }
    if (requests.length > 1 && !Array.isArray(body)) {
      // It does not take batches, or none as long as this one.
      this.#takesBatches = false
      throw new Retriable('it does not answer batches')
    }
    const parsed = z.array(answerItem).safeParse(Array.isArray(body) ? body : [body])
    if (!parsed.success) throw new Error('the answer is none of JSON-RPC')
    const isAlone = requests.length === 1 && parsed.data.length === 1
    return new Map(parsed.data.map((item) => [isAlone ? requests[0]!.id : item.id, item]))
  }

  #settle(waiting: Waiting, item: AnswerItem | undefined): void {
    if (item === undefined) this.#retry(waiting, new Retriable('the batch was answered without it'))
    else if (item.error === undefined || item.error === null) waiting.resolve(item.result ?? null)
    else this.#refuse(waiting, item.error)
  }

  #refuse(waiting: Waiting, { code, message, data }: NonNullable<AnswerItem['error']>): void {
    const reason = printable(message)
    if (BUSY_CODES.has(code) || BUSY_WORDS.test(message)) {
      this.#retry(waiting, new Retriable(`it is busy: ${reason}`))
      return
    }
    const details = { code, reason, data: typeof data === 'string' ? data : undefined }
    waiting.reject(new UpstreamRefusal(`the upstream ${this.name} refused ${described(waiting)}: ${reason}`, details))
  }

  #retry(waiting: Waiting, error: Error): void {
    const { retries, backoffMs } = this.#options
    const isFinal = !(error instanceof Retriable) || waiting.attempts >= retries || this.#closing.signal.aborted
    if (isFinal) {
      waiting.reject(this.#failure(waiting, printable(error.message)))
      return
    }
    // Not all at the same moment again.
    const pauseMs = Math.max(error.waitMs, backoffMs * 2 ** waiting.attempts * (0.75 + Math.random() / 2))
    waiting.attempts++
    sleep(pauseMs, undefined, { signal: this.#closing.signal }).then(
      () => {
        this.#waiting.push(waiting)
        this.#schedule()
      },
      () => waiting.reject(this.#failure(waiting, 'it is not asked any more')),
    )
  }

  #failure(waiting: Waiting, why: string): StorageError {
    const message = `the upstream ${this.name} did not answer ${described(waiting)}: ${why}`
    return new StorageError('upstream-failed', message, { upstream: this.name, method: waiting.method })
  }
}

/** The JSON of an answer. Throws Retriable where another try may help. */
async function readAnswer(response: Response): Promise<unknown> {
  const { status } = response
  if (status === 429 || status >= 500) {
    await response.body?.cancel()
    const seconds = Number(response.headers.get('retry-after') ?? 0)
    const waitMs = Number.isFinite(seconds) ? Math.min(Math.max(seconds, 0) * 1_000, LONGEST_WAIT_MS) : 0
    throw new Retriable(`HTTP status ${status}`, waitMs)
  }
  const text = await readBounded(response)
  try {
    return JSON.parse(text)
  } catch {
    throw new Error(response.ok ? 'the answer is not JSON' : `HTTP status ${status}`)
  }
}

async function readBounded(response: Response): Promise<string> {
  const pieces: Uint8Array[] = []
  let length = 0
  for await (const piece of response.body ?? []) {
    length += piece.length
    // Leaving the loop cancels the rest.
    if (length > MAX_ANSWER_BYTES) throw new Error(`the answer has more than ${MAX_ANSWER_BYTES} bytes`)
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString()
}

/** Of a failed fetch, whose message says nothing. */
function reasonOf(error: Error): string {
  const { cause } = error
  if (!(cause instanceof Error)) return error.message
  return 'code' in cause ? `${String(cause.code)} ${cause.message}` : cause.message
}

function described({ method, params }: Waiting): string {
  const text = JSON.stringify(params).slice(1, -1)
  return `${method}(${text.length > LONGEST_PARAMETERS ? `${text.slice(0, LONGEST_PARAMETERS)}…` : text})`
}

/** Text of a stranger, for a message. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]+/g, ' ').slice(0, 300)
}
