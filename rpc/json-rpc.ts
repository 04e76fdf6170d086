import { setImmediate as nextTurn } from 'node:timers/promises'
import { isKnownFailure, RpcError, toWireError } from './errors.ts'
import { isCheapJson } from './json-scan.ts'
import { JsonStream, readHead } from './json-stream.ts'
import { JsonText } from './json-text.ts'
import type { Caller, Method } from './method.ts'
import type { Log } from './modules.ts'
import type { RpcOptions } from './options.ts'
import { REFUSED_METHODS } from './refused.ts'

type Id = string | number | null

interface Request {
  /** `undefined`: a notification. */
  readonly id: Id | undefined
  readonly method: string
  readonly parameters: readonly unknown[]
}

/** An answer that is sent while it is made; it rejects when it fails then. Who stops to iterate stops the making. */
export type AnswerStream = AsyncGenerator<Uint8Array>

/** `undefined`: to notifications. */
type Answer = string | Uint8Array | AnswerStream | undefined

/** A request that is being answered. */
interface Running {
  readonly request: Request
  readonly startedAt: number
}

/** What the dispatcher reports of each request: the method's name (`unknown` for one that is none) and its time. */
export type RequestObserver = (method: string, durationMs: number, failed: boolean) => void

const MAX_ID_LENGTH = 1_024

/** See `isCheapJson`. What costs more is a batch of 1,000 requests with 300 values each; to parse it would take 0.1 s. */
const MAX_JSON_COST = 1_000_000

/** A stream is sent from this length on. One that ends or fails before it is an answer like others. */
const HELD_BYTES = 1024 * 1024

/** Handlers are mostly synchronous; a long batch lets others have their turn after this time. */
const TURN_MS = 10

/**
 * JSON-RPC 2.0 over text: one request or a batch in, one answer out. Requests of a batch run one after the other, in
 * order, so that two sends from one account keep theirs.
 */
export class Dispatcher {
  readonly #options: Pick<RpcOptions, 'maxBatch' | 'maxResponseBytes'>
  readonly #methods: ReadonlyMap<string, Method>
  readonly #log: Log
  readonly #observe: RequestObserver
  readonly #settled: () => Promise<void> | undefined

  constructor(
    options: Pick<RpcOptions, 'maxBatch' | 'maxResponseBytes'>,
    modules: {
      readonly methods: ReadonlyMap<string, Method>
      readonly log: Log
      readonly observe?: RequestObserver | undefined
      /** What a method without a turn of its own waits for, so that it sees all that has been answered. */
      readonly settled?: (() => Promise<void> | undefined) | undefined
    },
  ) {
    this.#options = options
    this.#methods = modules.methods
    this.#log = modules.log
    this.#observe = modules.observe ?? (() => undefined)
    this.#settled = modules.settled ?? (() => undefined)
  }

  /** The answer to `text`, or `undefined` when it held notifications only. Never rejects. */
  async answer(text: string, caller: Caller): Promise<string | undefined> {
    return textOf(await this.#answer(text, caller, this.#options.maxResponseBytes))
  }

  /** The same, where a long answer to a single request may be UTF-8, or a stream if it is too long for memory. */
  async answerInPieces(text: string, caller: Caller): Promise<Answer> {
    return await this.#answer(text, caller, undefined)
  }

  /** `room`: bytes that the answer may have; `undefined`: it may be a stream. */
  #answer(text: string, caller: Caller, room: number | undefined): Answer | Promise<Answer> {
    if (!isCheapJson(text, MAX_JSON_COST)) {
      return errorResponse(null, new RpcError('limit-exceeded', 'too many values in the request'))
    }
    let body: unknown
    try {
      body = JSON.parse(text)
    } catch {
      return errorResponse(null, new RpcError('parse-error', 'parse error: not valid JSON'))
    }
    if (!Array.isArray(body)) return this.#answerOne(body, caller, room)
    if (body.length === 0) return errorResponse(null, new RpcError('invalid-request', 'empty batch'))
    if (body.length > this.#options.maxBatch) {
      return errorResponse(null, new RpcError('invalid-request', `batch too large, at most ${this.#options.maxBatch}`))
    }
    return this.#answerBatch(body, caller)
  }

  async #answerBatch(batch: readonly unknown[], caller: Caller): Promise<string | undefined> {
    const answers: string[] = []
    let room = this.#options.maxResponseBytes
    let turnStartedAt = performance.now()
    for (const body of batch) {
      if (caller.gone?.aborted) return undefined
      if (performance.now() - turnStartedAt > TURN_MS) {
        await nextTurn()
        turnStartedAt = performance.now()
      }
      let one: Answer | Promise<Answer>
      if (room > 0) one = this.#answerOne(body, caller, room)
      else one = errorResponse(idOf(body), new RpcError('limit-exceeded', 'response too large'))
      const answer = textOf(one instanceof Promise ? await one : one)
      if (answer === undefined) continue
      answers.push(answer)
      room -= answer.length
    }
    return answers.length === 0 ? undefined : `[${answers.join(',')}]`
  }

  /** A stream only without `room`. At once where the method answers so, as most do in a batch. */
  #answerOne(body: unknown, caller: Caller, room: number | undefined): Answer | Promise<Answer> {
    let request: Request
    try {
      request = parseRequest(body)
    } catch (error) {
      return errorResponse(idOf(body), error)
    }
    const running = { request, startedAt: performance.now() }
    try {
      const result = this.#call(request, caller)
      const isLater = result instanceof Promise || result instanceof JsonStream
      return isLater ? this.#answerLater(running, result, caller, room) : this.#finish(running, result)
    } catch (error) {
      return this.#fail(running, error)
    }
  }

  #call({ method: name, parameters }: Request, caller: Caller): unknown {
    const method = this.#methods.get(name)
    if (method === undefined) throw noSuchMethod(name)
    const early = method.early?.(parameters)
    if (early !== undefined) return early
    const settled = method.takesTurn ? undefined : this.#settled()
    return settled === undefined ? method.call(parameters, caller) : settled.then(() => method.call(parameters, caller))
  }

  async #answerLater(running: Running, called: unknown, caller: Caller, room: number | undefined): Promise<Answer> {
    const { request } = running
    try {
      const result = await called
      // Nothing is made of a stream that nobody waits for.
      if (!(result instanceof JsonStream) || request.id === undefined) return this.#finish(running, result)
      const pieces = result.begin()
      const { held, isWhole } = await readHead(pieces, room ?? HELD_BYTES)
      const hasGone = caller.gone?.aborted === true
      if (!isWhole && room === undefined && !hasGone) return this.#stream(running, held, pieces)
      if (!isWhole) {
        await pieces.return?.()
        throw hasGone ? new RpcError('failed', 'the client has gone') : tooLarge(room)
      }
      this.#observeEnd(running, false)
      return `${resultHead(request)}${Buffer.concat(held).toString()}}`
    } catch (error) {
      return this.#fail(running, error)
    }
  }

  #finish(running: Running, result: unknown): Answer {
    const { request } = running
    const head = resultHead(request)
    const answer = result instanceof JsonText ? result.between(head, '}') : `${head}${JSON.stringify(result ?? null)}}`
    this.#observeEnd(running, false)
    return request.id === undefined ? undefined : answer
  }

  #fail(running: Running, error: unknown): Answer {
    const { request } = running
    if (!isKnownFailure(error)) this.#log.error({ err: error, method: this.#nameOf(request) }, 'rpc method failed')
    this.#observeEnd(running, true)
    return request.id === undefined ? undefined : errorResponse(request.id, error)
  }

  #observeEnd({ request, startedAt }: Running, failed: boolean): void {
    this.#observe(this.#nameOf(request), performance.now() - startedAt, failed)
  }

  #nameOf({ method }: Request): string {
    return this.#methods.has(method) ? method : 'unknown'
  }

  /**
   * What fails after a part has been sent rejects, and the connection is to be cut: the client must not take the part for the
   * whole, and a response must not have both a result and an error (JSON-RPC 2.0 §5).
   */
  async *#stream(running: Running, held: readonly Uint8Array[], rest: AsyncIterator<Uint8Array>): AnswerStream {
    const { request } = running
    let failed = true
    try {
      yield Buffer.from(resultHead(request))
      yield* held
      for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value
      yield Buffer.from('}')
      failed = false
    } catch (error) {
      this.#log.warn({ err: error, method: request.method }, 'an answer was cut')
      throw error
    } finally {
      await rest.return?.()
      this.#observeEnd(running, failed)
    }
  }
}

function noSuchMethod(name: string): RpcError {
  const reason = REFUSED_METHODS.get(name)
  if (reason !== undefined) return new RpcError('not-supported', `not served: ${reason}`)
  return new RpcError('method-not-found', `the method ${name.slice(0, 100)} does not exist/is not available`)
}

/** Of one that is no stream. */
function textOf(answer: Answer): string | undefined {
  return answer instanceof Uint8Array ? answer.toString() : (answer as string | undefined)
}

function tooLarge(maxBytes: number | undefined): RpcError {
  return new RpcError('limit-exceeded', `response too large, at most ${maxBytes} bytes but over HTTP alone`)
}

function resultHead({ id }: Request): string {
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":`
}

/** A response object with an error, as text. */
export function errorResponse(id: Id, error: unknown): string {
  return JSON.stringify({ jsonrpc: '2.0', id, error: toWireError(error) })
}

function parseRequest(body: unknown): Request {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new RpcError('invalid-request', 'a request must be an object')
  }
  const { jsonrpc, id, method, params } = body as Readonly<Record<string, unknown>>
  if (jsonrpc !== '2.0') throw new RpcError('invalid-request', 'jsonrpc must be "2.0"')
  if (id !== undefined && !isId(id)) throw new RpcError('invalid-request', 'id must be a string, a number or null')
  if (typeof method !== 'string') throw new RpcError('invalid-request', 'method must be a string')
  return { id, method, parameters: parseParameters(params) }
}

/** By position only: by name, clients would have to know our names. No parameters may be written in any way. */
function parseParameters(params: unknown): readonly unknown[] {
  if (params === undefined || params === null) return []
  if (Array.isArray(params)) return params
  if (typeof params !== 'object') throw new RpcError('invalid-request', 'params must be an array')
  if (Object.keys(params).length === 0) return []
  throw new RpcError('invalid-params', 'parameters are taken by position: params must be an array')
}

/** Numbers that JSON.parse would have rounded cannot be given back as they came, so they are no ids. */
function isId(id: unknown): id is Id {
  if (id === null) return true
  if (typeof id === 'string') return id.length <= MAX_ID_LENGTH
  return typeof id === 'number' && Math.abs(id) <= Number.MAX_SAFE_INTEGER
}

/** The id of a request that is not a good one, where it has one. */
function idOf(body: unknown): Id {
  const id = typeof body === 'object' && body !== null ? (body as Readonly<Record<string, unknown>>).id : undefined
  return id !== undefined && isId(id) ? id : null
}
