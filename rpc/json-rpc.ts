import { setImmediate as nextTurn } from 'node:timers/promises'
import { isKnownFailure, RpcError, toWireError } from './errors.ts'
import { isCheapJson } from './json-scan.ts'
import { JsonStream, readHead } from './json-stream.ts'
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

  constructor(
    options: Pick<RpcOptions, 'maxBatch' | 'maxResponseBytes'>,
    modules: {
      readonly methods: ReadonlyMap<string, Method>
      readonly log: Log
      readonly observe?: RequestObserver | undefined
    },
  ) {
    this.#options = options
    this.#methods = modules.methods
    this.#log = modules.log
    this.#observe = modules.observe ?? (() => undefined)
  }

  /** The answer to `text`, or `undefined` when it held notifications only. Never rejects. */
  async answer(text: string, caller: Caller): Promise<string | undefined> {
    const answer = await this.#answer(text, caller, this.#options.maxResponseBytes)
    return answer as string | undefined
  }

  /** The same, where the answer to a single request that is too long for memory is a stream. */
  async answerInPieces(text: string, caller: Caller): Promise<string | AnswerStream | undefined> {
    return this.#answer(text, caller, undefined)
  }

  /** `room`: bytes that the answer may have; `undefined`: it may be a stream. */
  async #answer(text: string, caller: Caller, room: number | undefined): Promise<string | AnswerStream | undefined> {
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
      const answer =
        room > 0
          ? ((await this.#answerOne(body, caller, room)) as string | undefined)
          : errorResponse(idOf(body), new RpcError('limit-exceeded', 'response too large'))
      if (answer === undefined) continue
      answers.push(answer)
      room -= answer.length
    }
    return answers.length === 0 ? undefined : `[${answers.join(',')}]`
  }

  /** A stream only without `room`. */
  async #answerOne(
    body: unknown,
    caller: Caller,
    room: number | undefined,
  ): Promise<string | AnswerStream | undefined> {
    let request: Request
    try {
      request = parseRequest(body)
    } catch (error) {
      return errorResponse(idOf(body), error)
    }
    const method = this.#methods.get(request.method)
    const name = method === undefined ? 'unknown' : request.method
    const startedAt = performance.now()
    let answer: string
    let failed = false
    try {
      if (method === undefined) {
        const reason = REFUSED_METHODS.get(request.method)
        if (reason !== undefined) throw new RpcError('not-supported', `not served: ${reason}`)
        const asked = request.method.slice(0, 100)
        throw new RpcError('method-not-found', `the method ${asked} does not exist/is not available`)
      }
      const result = await method.call(request.parameters, caller)
      // Nothing is made of a stream that nobody waits for.
      if (result instanceof JsonStream && request.id !== undefined) {
        const pieces = result.begin()
        const { held, isWhole } = await readHead(pieces, room ?? HELD_BYTES)
        const hasGone = caller.gone?.aborted === true
        if (!isWhole && room === undefined && !hasGone) return this.#stream(request, held, pieces, startedAt)
        if (!isWhole) {
          await pieces.return?.()
          throw hasGone ? new RpcError('failed', 'the client has gone') : tooLarge(room)
        }
        answer = `${resultHead(request)}${Buffer.concat(held).toString()}}`
      } else {
        answer = `${resultHead(request)}${JSON.stringify(result ?? null)}}`
      }
    } catch (error) {
      failed = true
      this.#logUnknown(error, name)
      answer = errorResponse(request.id ?? null, error)
    }
    this.#observe(name, performance.now() - startedAt, failed)
    return request.id === undefined ? undefined : answer
  }

  /**
   * What fails after a part has been sent rejects, and the connection is to be cut: the client must not take the part for the
   * whole, and a response must not have both a result and an error (JSON-RPC 2.0 §5).
   */
  async *#stream(
    request: Request,
    held: readonly Uint8Array[],
    rest: AsyncIterator<Uint8Array>,
    startedAt: number,
  ): AnswerStream {
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
      this.#observe(request.method, performance.now() - startedAt, failed)
    }
  }

  #logUnknown(error: unknown, method: string): void {
    if (!isKnownFailure(error)) this.#log.error({ err: error, method }, 'rpc method failed')
  }
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
