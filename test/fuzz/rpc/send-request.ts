import { type Agent, request as httpRequest } from 'node:http'
import { DEFAULT_RPC_OPTIONS } from '../../../rpc/options.ts'
import { leaksInternals, wrongAnswer, wrongResponse } from './answer-rules.ts'
import { ANSWER_PATIENCE_MS, type FuzzRequest } from './random-request.ts'
import { type HttpResponse, parseResponses, parseTexts, rawExchange } from './raw-client.ts'

/** A client that gets more than this has read enough. */
const MAX_READ_BYTES = 32 * 1024 * 1024

/** Sends a request and reads what comes back. Returns what is wrong with that, or `undefined`. */
export async function sendRequest(request: FuzzRequest, port: number, agent: Agent): Promise<string | undefined> {
  switch (request.transport) {
    case 'post': {
      const response = await post(request.body, port, agent)
      return typeof response === 'object' ? wrongPost(request.body, response) : response
    }
    case 'http': {
      const { received } = await rawExchange(port, request.pieces, request.ending)
      return first(parseResponses(received), wrongHttp)
    }
    case 'websocket':
      return await webSocketExchange(request, port)
  }
}

/** A text instead of a response says what is wrong; `undefined`: it, or the request, was longer than is read. */
async function post(
  body: string,
  port: number,
  agent: Agent,
): Promise<Pick<HttpResponse, 'status' | 'body'> | string | undefined> {
  return await new Promise((resolve) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    const request = httpRequest({ port, host: '127.0.0.1', method: 'POST', path: '/', headers, agent })
    const timer = setTimeout(() => {
      resolve(`no answer within ${ANSWER_PATIENCE_MS} ms`)
      request.destroy()
    }, ANSWER_PATIENCE_MS)
    request.on('close', () => clearTimeout(timer))
    // What is too large is refused and the connection closed, maybe before all of it was written.
    const mayFail = Buffer.byteLength(body) > DEFAULT_RPC_OPTIONS.maxBodyBytes
    request.on('error', ({ message }) => resolve(mayFail ? undefined : `the connection failed: ${message}`))
    request.on('response', (response) => {
      const parts: Buffer[] = []
      let length = 0
      response.on('data', (bytes: Buffer) => {
        parts.push(bytes)
        length += bytes.length
        if (length <= MAX_READ_BYTES) return
        resolve(undefined)
        request.destroy()
      })
      response.on('error', ({ message }) => resolve(`the answer was cut: ${message}`))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(parts).toString() }))
    })
    request.end(body)
  })
}

function wrongPost(sent: string, { status, body }: Pick<HttpResponse, 'status' | 'body'>): string | undefined {
  if (status === 413) return wrongResponse(body)
  const wrong = status === 200 || status === 204 ? wrongAnswer(sent, body) : `status ${status}`
  return wrong === undefined ? undefined : `${wrong}: ${body.slice(0, 500)}`
}

/** Pages for people and machines that are no JSON-RPC, and refusals of WebSockets, which `ws` writes. */
const OTHER_TEXTS = /^(?:\{"head":|# HELP |Bad Request$|Invalid |Missing |Not Implemented|Method Not Allowed)/

function wrongHttp({ status, body, head }: HttpResponse): string | undefined {
  const told = `${head.split('\r\n')[0]}, ${body.slice(0, 500)}`
  if (leaksInternals(body)) return `the answer tells internals: ${told}`
  if (status >= 500 && wrongResponse(body) !== undefined) return `status ${status} without a JSON-RPC error: ${told}`
  if (body === '' || OTHER_TEXTS.test(body)) return undefined
  // The last one may be cut, as the client went.
  const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? Number.POSITIVE_INFINITY)
  if (Buffer.byteLength(body) < length) return undefined
  const wrong = wrongResponse(body)
  return wrong === undefined ? undefined : `${wrong}: ${told}`
}

async function webSocketExchange(
  { pieces, ending, messages }: FuzzRequest & { readonly transport: 'websocket' },
  port: number,
): Promise<string | undefined> {
  const awaited = messages?.filter((text) => wrongAnswer(text, undefined) !== undefined)
  const isDone = (received: Buffer): boolean => awaited !== undefined && answersIn(received).length >= awaited.length
  const { received, isClosed } = await rawExchange(
    port,
    pieces,
    ending.kind === 'read' ? { ...ending, isDone, answersPings: messages !== undefined } : ending,
  )
  const refused = parseResponses(received.subarray(0, received.indexOf('\r\n\r\n') + 4)).filter(
    ({ status }) => status !== 101,
  )
  const answers = answersIn(received)
  if (awaited === undefined)
    return (
      first(refused, wrongHttp) ?? first(answers, (text) => (text.startsWith('[') ? undefined : wrongResponse(text)))
    )
  if (refused.length > 0) return `the WebSocket was refused with ${refused[0]?.status}`
  const left = [...answers]
  for (const message of awaited) {
    const place = left.findIndex((answer) => wrongAnswer(message, answer) === undefined)
    if (place < 0) {
      const wrong = left.map((answer) => `${wrongAnswer(message, answer)}: ${answer.slice(0, 300)}`)
      return `no right answer to ${message.slice(0, 300)}${isClosed ? ' (closed)' : ''}; others: ${wrong.join('; ')}`
    }
    left.splice(place, 1)
  }
  return left.length === 0 ? undefined : `answers that nobody asked for: ${left.join('; ').slice(0, 500)}`
}

/** Texts that are no notifications of subscriptions. */
function answersIn(received: Buffer): readonly string[] {
  if (!received.includes('\r\n\r\n')) return []
  return parseTexts(received).filter((text) => !text.startsWith('{"jsonrpc":"2.0","method":"eth_subscription"'))
}

function first<T>(items: readonly T[], wrong: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const found = wrong(item)
    if (found !== undefined) return found
  }
  return undefined
}
