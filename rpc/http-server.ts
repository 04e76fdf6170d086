import cors from '@fastify/cors'
import rateLimit from '@fastify/rate-limit'
import websocket from '@fastify/websocket'
import type { FastifyError, FastifyInstance } from 'fastify'
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

/** What Fastify refuses before there is a request, by HTTP status. */
const REFUSALS: Readonly<Record<number, RpcError>> = {
  408: new RpcError('invalid-request', 'request took too long'),
  413: new RpcError('invalid-request', 'request body too large'),
  415: new RpcError('invalid-request', 'content type must be application/json'),
  429: new RpcError('limit-exceeded', 'too many requests'),
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
  })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(JSON_TYPES, { parseAs: 'string' }, (_request, body, done) => done(null, body))
  app.setErrorHandler<FastifyError>((error, _request, reply) => {
    const status = error.statusCode ?? 500
    const refusal = REFUSALS[status]
    if (refusal === undefined) modules.log.error({ error }, 'http request failed')
    reply
      .code(refusal === undefined ? 500 : status)
      .type('application/json')
      .send(errorResponse(null, refusal ?? error))
  })
  app.register(cors, { origin: options.corsOrigins.includes('*') ? '*' : [...options.corsOrigins] })
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
      return reply.code(403).send({ error: 'host not allowed' })
    })
    addRpcRoutes(routes, options, modules)
    addStatusRoutes(routes, options, modules)
  })
  return app
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
    const answer = await dispatcher.answer(typeof request.body === 'string' ? request.body : '', {})
    return answer === undefined ? reply.code(204).send() : reply.type('application/json').send(answer)
  })

  app.route({
    method: 'GET',
    url: '/',
    preHandler: async (request, reply) => {
      if (!request.ws) return
      if (!isAllowedOrigin(request.headers.origin, options.corsOrigins)) return reply.code(403).send()
      if (connections.size >= options.maxConnections) return reply.code(503).send()
    },
    handler: async (_request, reply) =>
      reply.code(405).header('allow', 'POST').send({ error: 'JSON-RPC 2.0: POST here, or open a WebSocket' }),
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
