import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { Readable } from 'node:stream'
import cors from '@fastify/cors'
import rateLimit from '@fastify/rate-limit'
import websocket from '@fastify/websocket'
import type { FastifyError, FastifyInstance, FastifyReply } from 'fastify'
import fastify from 'fastify'
import { RpcError } from './errors.ts'
import { isAllowedHost, isAllowedOrigin } from './host-check.ts'
import type { Dispatcher } from './json-rpc.ts'
import { errorResponse } from './json-rpc.ts'
import type { NodeMetrics } from './metrics.ts'
import type { Log, RpcModules } from './modules.ts'
import type { RpcOptions } from './options.ts'
import { WebSocketConnection } from './websocket.ts'

/** Time for a request to arrive whole: a slower sender holds a connection for nothing. */
const REQUEST_TIMEOUT_MS = 30_000

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
} as const

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
    clientErrorHandler: refuseUnparsed,
    // Of a path that is none.
    frameworkErrors: (_error, _request, reply) => refuse(reply, 400),
  })
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
  app.addHook('onRequest', async ({ raw: { socket } }, reply) => {
    if (socket.remoteAddress === undefined) reply.hijack()
  })
  app.register(rateLimit, {
    max: options.maxRequestsPerSecond,
    timeWindow: 1_000,
    allowList: (request) => LOOPBACK.test(request.ip),
  })
  app.register(websocket, { options: { maxPayload: options.maxBodyBytes } })
  // In a plugin of their own, so that those above see these routes come and their hooks run first.
  app.register(async (routes) => {
    routes.addHook('onRequest', async (request, reply) => {
      if (isAllowedHost(request.headers.host, options.allowedHosts)) return
      return refuse(reply, 403)
    })
    addRpcRoutes(routes, options, modules)
    addStatusRoutes(routes, options, modules)
  })
  return app
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

  app.post('/', async (request, reply) => {
    const gone = new AbortController()
    reply.raw.once('close', () => gone.abort())
    const text = typeof request.body === 'string' ? request.body : ''
    const answer = await dispatcher.answerInPieces(text, { gone: gone.signal })
    if (answer === undefined) return reply.code(204).send()
    return reply.type('application/json').send(typeof answer === 'string' ? answer : Readable.from(answer))
  })

  app.route({
    method: 'GET',
    url: '/',
    preHandler: async (request, reply) => {
      if (!request.ws) return
      if (!isAllowedOrigin(request.headers.origin, options.corsOrigins)) return reply.code(403).send()
      if (connections.size >= options.maxConnections) return reply.code(503).send()
    },
    handler: async (_request, reply) => refuse(reply.header('allow', 'POST'), 405),
    wsHandler: (socket) => {
      const connection = new WebSocketConnection(options, { socket, dispatcher })
      connections.add(connection)
      connection.onClose(() => connections.delete(connection))
    },
  })
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
    app.get('/metrics', async (_request, reply) => reply.type(metrics.contentType).send(await metrics.text()))
  }
}
