import { RPC_ERROR_CODES } from '../../../rpc/errors.ts'
import { isCheapJson } from '../../../rpc/json-scan.ts'
import { DEFAULT_RPC_OPTIONS } from '../../../rpc/options.ts'

const MAX_BATCH = DEFAULT_RPC_OPTIONS.maxBatch
/** As in `rpc/json-rpc.ts`. */
const MAX_ID_LENGTH = 1_024
const MAX_JSON_COST = 1_000_000
/** From here on an answer may be a stream, which can fail when a part of it has been sent. */
const STREAM_BYTES = 1024 * 1024

const CODES: ReadonlySet<unknown> = new Set(Object.values(RPC_ERROR_CODES))

/** Of stack traces, source files and directories. */
const INTERNALS =
  /\n\s+at |\bat \S+ \(|node:internal|node_modules|file:\/\/|\w\.(?:ts|js|mjs):\d+|\/(?:work|home|tmp|usr|root)\//

/** What is wrong with an answer to this text that was sent over a WebSocket or as a body; `undefined`: nothing. */
export function wrongAnswer(sent: string, answer: string | undefined): string | undefined {
  // It is refused unread, whatever ids are in it.
  if (!isCheapJson(sent, MAX_JSON_COST)) return wrongText(answer, [null], false)
  let body: unknown
  try {
    body = JSON.parse(sent)
  } catch {
    return wrongText(answer, [null], false)
  }
  if (!Array.isArray(body)) return wrongText(answer, expectedIds([body]), false)
  const isRefused = body.length === 0 || body.length > MAX_BATCH
  return isRefused ? wrongText(answer, [null], false) : wrongText(answer, expectedIds(body), true)
}

/** What is wrong with a text that must be a JSON-RPC response, whatever its id; `undefined`: nothing. */
export function wrongResponse(text: string): string | undefined {
  return wrongText(text, undefined, false)
}

/** Whether what it holds should not leave the node. */
export function leaksInternals(text: string): boolean {
  return INTERNALS.test(text)
}

/** An id for each request that is to be answered. */
function expectedIds(requests: readonly unknown[]): unknown[] {
  return requests.flatMap((request) => {
    if (typeof request !== 'object' || request === null || Array.isArray(request)) return [null]
    const { id, jsonrpc, method, params } = request as Record<string, unknown>
    const isGood = jsonrpc === '2.0' && typeof method === 'string' && areParams(params)
    if (id === undefined) return isGood ? [] : [null]
    return [isId(id) ? id : null]
  })
}

function areParams(params: unknown): boolean {
  return (
    params === undefined ||
    Array.isArray(params) ||
    (typeof params === 'object' && Object.keys(params ?? {}).length === 0)
  )
}

function isId(id: unknown): boolean {
  if (typeof id === 'string') return id.length <= MAX_ID_LENGTH
  return id === null || (typeof id === 'number' && Math.abs(id) <= Number.MAX_SAFE_INTEGER)
}

function wrongText(
  text: string | undefined,
  ids: readonly unknown[] | undefined,
  isBatch: boolean,
): string | undefined {
  if (text === undefined || text === '') return ids?.length === 0 ? undefined : 'there is no answer'
  if (ids?.length === 0) return 'a notification is answered'
  let answer: unknown
  try {
    answer = JSON.parse(text)
  } catch {
    return 'the answer is not JSON'
  }
  if (Array.isArray(answer) !== isBatch) return isBatch ? 'the answer is no batch' : 'the answer is a batch'
  const answers = isBatch ? (answer as unknown[]) : [answer]
  if (ids !== undefined && answers.length !== ids.length) return `${answers.length} answers to ${ids.length} requests`
  for (const [index, each] of answers.entries()) {
    const wrong = wrongObject(each, text.length)
    if (wrong !== undefined) return wrong
    const { id } = each as { id: unknown }
    if (ids !== undefined && !Object.is(id, ids[index]) && id !== ids[index])
      return `id ${JSON.stringify(id)} instead of ${JSON.stringify(ids[index])}`
  }
  return undefined
}

function wrongObject(answer: unknown, length: number): string | undefined {
  if (typeof answer !== 'object' || answer === null) return 'the answer is no object'
  const { jsonrpc, id, result, error, ...others } = answer as Record<string, unknown>
  if (jsonrpc !== '2.0') return 'the answer is not JSON-RPC 2.0'
  if (id === undefined) return 'the answer has no id'
  if (Object.keys(others).length > 0) return `the answer has ${Object.keys(others).join(', ')}`
  if (error === undefined) return result === undefined ? 'the answer has neither result nor error' : undefined
  if (result !== undefined && length < STREAM_BYTES) return 'the answer has result and error'
  return wrongError(error)
}

function wrongError(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return 'the error is no object'
  const { code, message, data, ...others } = error as Record<string, unknown>
  if (Object.keys(others).length > 0) return `the error has ${Object.keys(others).join(', ')}`
  if (!CODES.has(code)) return `the error has the code ${code}, which is not in the table`
  if (code === RPC_ERROR_CODES.internal) return 'the error is internal'
  if (code === RPC_ERROR_CODES.unavailable && String(message).startsWith('execution aborted')) return 'a thread died'
  if (typeof message !== 'string' || message === '') return 'the error has no message'
  if (message.length > 2_000) return `the message has ${message.length} characters`
  if (leaksInternals(message) || (typeof data === 'string' && leaksInternals(data)))
    return `the message tells internals: ${message}`
  return undefined
}
