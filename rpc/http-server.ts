import { type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { Readable } from 'node:stream'
import cors from '@fastify/cors'
import rateLimit from '@fastify/rate-limit'
import websocket from '@fastify/websocket'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest, RequestPayload } from 'fastify'
import fastify from 'fastify'
import { ByteBudget } from './byte-budget.ts'
import { RpcError } from './errors.ts'
import { isAllowedHost, isAllowedOrigin } from './host-check.ts'
import type { AnswerStream, Dispatcher } from './json-rpc.ts'
import { errorResponse } from './json-rpc.ts'
import type { Caller } from './method.ts'
import type { NodeMetrics } from './metrics.ts'
import type { Log, RpcModules } from './modules.ts'
import type { RpcOptions } from './options.ts'
import { WebSocketConnection } from './websocket.ts'

/** Time for a request to arrive whole: a slower sender holds a connection for nothing. */
const REQUEST_TIMEOUT_MS = 30_000

/** TCP connections for each WebSocket that there may be. */
const CONNECTIONS_PER_SOCKET = 4

/** Of long requests until they are answered, and of answers until they are read; and of answers on one WebSocket. */
const MAX_HELD_BYTES = 512 * 1024 * 1024
const MAX_HELD_BYTES_OF_SOCKET = MAX_HELD_BYTES / 4

/** Longer requests count: 1,024 connections hold 64 MB with shorter ones. */
const LONG_REQUEST_BYTES = 64 * 1024

/** Longest message of a WebSocket, of which each may have sent a part: 256 hold 4 GB at the worst. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024

/** Media types of a JSON-RPC request. Others are refused, so that no page can post one without being asked by CORS. */
const JSON_TYPES = ['application/json', 'application/json-rpc', 'application/jsonrequest']

const LOOPBACK = /^(?:127\.|::1$|::ffff:127\.)/

/** What is refused before there is a JSON-RPC request, by HTTP status. */
const REFUSALS = {
  400: new RpcError('invalid-request', 'not a good HTTP request'),
  403: new RpcError('invalid-request', 'host not allowed'),
  404: new RpcError('invalid-request', 'no such path: JSON-RPC is at /'),
  405: new RpcError('invalid-request', 'JSON-RPC 2.0: POST here, or open a WebSocket'),
  408: new RpcError('invalid-request', 'request took too long'),
  413: new RpcError('invalid-request', 'request body too large'),
  415: new RpcError('invalid-request', 'content type must be application/json'),
  429: new RpcError('limit-exceeded', 'too many requests'),
  431: new RpcError('invalid-request', 'request headers too large'),
  503: new RpcError('limit-exceeded', 'too much waits for clients'),
} as const

/** Routes have none here: the dispatcher checks. Fastify loads two compilers otherwise, which takes 10 ms. */
const NO_SCHEMAS = { buildValidator: refuseSchema, buildSerializer: refuseSchema }

function refuseSchema(): never {
  throw new Error('routes have no schemas')
}

type Refused = keyof typeof REFUSALS

/** Where the client is not to blame, it is told of an internal error. */
function isRefused(status: number): status is Refused {
  return status in REFUSALS
}

/** Errors of Node's HTTP parser with a status of their own; others are 400. */
const PARSER_STATUS: Readonly<Record<string, Refused>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_HEADER_OVERFLOW: 431,
}

export interface HttpModules extends Pick<RpcModules, 'chain' | 'network'> {
  readonly dispatcher: Dispatcher
  readonly metrics: NodeMetrics
  readonly log: Log
}

/**
 * The server on one port: POST `/` and WebSocket `/` for JSON-RPC, GET `/health`, GET `/metrics`. It does not listen yet.
 */
export function createHttpServer(options: RpcOptions, modules: HttpModules): FastifyInstance {
  const app = fastify({
    bodyLimit: options.maxBodyBytes,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: true,
    schemaController: { compilersFactory: NO_SCHEMAS },
    clientErrorHandler: refuseUnparsed,
    // Of a path that is none.
    frameworkErrors: (_error, _request, reply) => refuse(reply, 400),
  })
  // More are closed at once.
  app.server.maxConnections = options.maxConnections * CONNECTIONS_PER_SOCKET
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(JSON_TYPES, { parseAs: 'string' }, (_request, body, done) => done(null, body))
  app.setErrorHandler<FastifyError>((error, _request, reply) => {
    const { statusCode = 500 } = error
    if (isRefused(statusCode)) return refuse(reply, statusCode)
    modules.log.error({ err: error }, 'http request failed')
    return reply.code(500).type('application/json').send(errorResponse(null, error))
  })
  app.setNotFoundHandler((_request, reply) => refuse(reply, 404))
  app.register(cors, { origin: options.corsOrigins.includes('*') ? '*' : [...options.corsOrigins] })
  // Who has gone has no address any more, by which the limit counts.
  app.addHook('onRequest', ({ raw: { socket } }, reply, done) => {
    if (socket.remoteAddress === undefined) reply.hijack()
    done()
  })
  app.register(rateLimit, { global: false, max: options.maxRequestsPerSecond, timeWindow: 1_000 })
  app.register(websocket, { options: { maxPayload: Math.min(options.maxBodyBytes, MAX_MESSAGE_BYTES) } })
  // In a plugin of their own, so that those above see these routes come and their hooks run first.
  app.register(async (routes) => {
    const limit = routes.rateLimit()
    // A client says the same each time, and the check costs 3 us.
    let allowed: string | undefined
    routes.addHook('onRequest', (request, reply, done) => {
      const { host } = request.headers
      if (host !== allowed && !isAllowedHost(host, options.allowedHosts)) {
        refuse(reply, 403)
        return
      }
      allowed = host
      // Only for those whom it concerns: to find the address that it counts by takes 3 us, and promises come on top.
      if (otherMachine(request) === undefined) done()
      else limit.call(routes, request, reply).then(() => done(), done)
    })
    addRpcRoutes(routes, options, modules)
    addStatusRoutes(routes, options, modules)
  })
  return app
}

/** Its address. Whoever is on this one could take what the node needs in other ways, too. */
function otherMachine({ ip }: Pick<FastifyRequest, 'ip'>): string | undefined {
  return LOOPBACK.test(ip) ? undefined : ip
}

function refuse(reply: FastifyReply, status: Refused): FastifyReply {
  return reply.code(status).type('application/json').send(errorResponse(null, REFUSALS[status]))
}

/** Answers what is not HTTP, or comes too slowly, and closes. */
function refuseUnparsed(error: NodeJS.ErrnoException, socket: Socket): void {
  const status = PARSER_STATUS[error.code ?? ''] ?? 400
  const body = errorResponse(null, REFUSALS[status])
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/json\r\nConnection: close\r\n`
  if (socket.writable) socket.write(`${head}Content-Length: ${body.length}\r\n\r\n${body}`)
  socket.destroy()
}

function addRpcRoutes(
  app: FastifyInstance,
  options: RpcOptions,
  { dispatcher }: Pick<HttpModules, 'dispatcher'>,
): void {
  const connections = new Set<WebSocketConnection>()
  const heartbeat = setInterval(() => {
    for (const connection of connections) connection.checkAlive()
  }, options.pingIntervalMs)
  app.addHook('onClose', async () => clearInterval(heartbeat))
  const budget = new ByteBudget(MAX_HELD_BYTES)
  const streamReaders = new Set<string>()

  app.addHook('preParsing', (request, reply, payload, done) => {
    const { 'content-length': length = Number.POSITIVE_INFINITY } = request.headers
    if (Number(length) > LONG_REQUEST_BYTES) holdRequest(payload, reply)
    done(null, payload)
  })

  const holdRequest = (payload: RequestPayload, reply: FastifyReply) => {
    let held = 0
    payload.on('data', ({ length }: Buffer | string) => {
      if (budget.take(length)) held += length
      else payload.destroy()
    })
    reply.raw.once('close', () => budget.give(held))
  }

  app.post('/', async (request, reply) => {
    const text = typeof request.body === 'string' ? request.body : ''
    const client = otherMachine(request)
    const answer = await dispatcher.answerInPieces(text, new HttpCaller(client, reply.raw))
    if (answer === undefined) return reply.code(204).send()
    if (typeof answer === 'object' && Symbol.asyncIterator in answer) return await sendStream(client, reply, answer)
    // It has closed already, and says so only once.
    if (reply.raw.destroyed) return reply.hijack()
    const { length } = answer
    if (!budget.take(length)) return refuse(reply, 503)
    reply.raw.once('close', () => budget.give(length))
    reply.type('application/json').send(answer)
    // Most are short, and with the system by now.
    if (reply.raw.socket?.writableLength !== 0) cutUnread(reply)
    return reply
  })

  /** Answers wait in memory, traces also in a thread of calls. There is no such socket where a request was injected. */
  const cutUnread = ({ raw }: FastifyReply) => {
    const cut = (socket: Socket) => socket.setTimeout?.(options.pingIntervalMs)
    if (raw.socket !== null) cut(raw.socket)
    // It waits for the answer to an earlier request of its connection.
    else raw.once('socket', cut)
  }

  /** What somebody reads slowly keeps a thread of calls waiting: other machines get one such answer at a time. */
  const sendStream = async (client: string | undefined, reply: FastifyReply, answer: AnswerStream) => {
    cutUnread(reply)
    if (client !== undefined) {
      if (streamReaders.has(client)) {
        await answer.return(undefined)
        return refuse(reply, 429)
      }
      streamReaders.add(client)
      reply.raw.once('close', () => streamReaders.delete(client))
    }
    return reply.type('application/json').send(Readable.from(answer))
  }

  app.route({
    method: 'GET',
    url: '/',
    preHandler: async (request, reply) => {
      if (!request.ws) return
      if (!isAllowedOrigin(request.headers.origin, options.corsOrigins)) return reply.code(403).send()
      if (connections.size >= options.maxConnections) return reply.code(503).send()
    },
    handler: async (_request, reply) => refuse(reply.header('allow', 'POST'), 405),
    wsHandler: (socket, request) => {
      const limits = { ...options, client: otherMachine(request), maxWaitingBytes: MAX_HELD_BYTES_OF_SOCKET }
      const connection = new WebSocketConnection(limits, { socket, dispatcher, budget })
      connections.add(connection)
      connection.onClose(() => connections.delete(connection))
    },
  })
}

/** Who has sent a request. */
class HttpCaller implements Caller {
  readonly client: string | undefined
  readonly #response: ServerResponse
  #gone: AbortController | undefined

  constructor(client: string | undefined, response: ServerResponse) {
    this.client = client
    this.#response = response
  }

  /** Made for who asks: most methods never do. */
  get gone(): AbortSignal {
    this.#gone ??= this.#watch()
    return this.#gone.signal
  }

  #watch(): AbortController {
    const gone = new AbortController()
    const response = this.#response
    // An abort makes an error with its stack, 0.1 ms: only for those who have not got all.
    const look = () => {
      if (!response.writableFinished) gone.abort()
    }
    if (response.destroyed) look()
    else response.once('close', look)
    return gone
  }
}

function addStatusRoutes(
  app: FastifyInstance,
  options: Pick<RpcOptions, 'metrics'>,
  { chain, network, metrics }: Pick<HttpModules, 'chain' | 'network' | 'metrics'>,
): void {
  app.get('/health', async () => {
    const { header, hash } = chain.head()
    return {
      head: { number: Number(header.number), hash },
      peers: network.peers().length,
      syncing: network.syncStatus().syncing,
    }
  })
  if (options.metrics) {
    app.get('/metrics', async (_request, reply) => {
      const loaded = await metrics.load()
      return reply.type(loaded.contentType).send(await loaded.text())
    })
  }
}
