import type { Connection, PeerId, Stream } from '@libp2p/interface'
import { Deadline } from './deadline.ts'
import { readFrames, writeFrames } from './frames.ts'
import { NetworkError } from './network-error.ts'
import { PROTOCOLS, type ProtocolName } from './protocol-names.ts'
import { RESPONSE_CODES } from './response-codes.ts'

/** What an answer may be at most. */
export interface ResponseLimits {
  readonly maxFrames: number
  readonly maxFrameBytes: number
  /** Of all frames together. */
  readonly maxBytes: number
}

interface Modules {
  readonly host: { getConnections(peer: PeerId): Connection[] }
  readonly stop: AbortSignal
}

/** Asks peers, each request on a stream of its own. */
export class RequestClient {
  readonly #timeoutMs: number
  readonly #modules: Modules

  constructor({ requestTimeoutMs }: { readonly requestTimeoutMs: number }, modules: Modules) {
    this.#timeoutMs = requestTimeoutMs
    this.#modules = modules
  }

  /** The frames of the answer. Throws NetworkError. */
  async request(
    peer: PeerId,
    protocol: ProtocolName,
    request: Uint8Array,
    limits: ResponseLimits,
  ): Promise<Uint8Array[]> {
    const stream = await this.#open(peer, protocol)
    const deadline = new Deadline(stream, this.#timeoutMs, this.#modules.stop)
    try {
      const [, frames] = await Promise.all([
        writeFrames(stream, [request]),
        collect(readFrames(stream, limits.maxFrameBytes), limits, deadline),
      ])
      return frames
    } catch (error) {
      const failure = deadline.error ?? asNetworkError(error)
      stream.abort(failure)
      throw failure
    } finally {
      deadline.clear()
      // Never rejects what matters here: both halves have ended or the stream was aborted.
      stream.close().catch(() => {})
    }
  }

  async #open(peer: PeerId, protocol: ProtocolName): Promise<Stream> {
    const connection = this.#modules.host.getConnections(peer).find(({ status }) => status === 'open')
    if (connection === undefined) throw new NetworkError('not-connected', 'the peer is not connected')
    try {
      const signal = AbortSignal.any([this.#modules.stop, AbortSignal.timeout(this.#timeoutMs)])
      return await connection.newStream(PROTOCOLS[protocol], { signal })
    } catch (error) {
      throw asNetworkError(error)
    }
  }
}

async function collect(
  frames: AsyncIterable<Uint8Array>,
  { maxFrames, maxBytes }: ResponseLimits,
  deadline: Deadline,
): Promise<Uint8Array[]> {
  const collected: Uint8Array[] = []
  let bytes = 0
  let hasCode = false
  for await (const frame of frames) {
    deadline.progress()
    if (!hasCode) {
      checkCode(frame)
      hasCode = true
      continue
    }
    bytes += frame.length
    if (collected.length === maxFrames || bytes > maxBytes) {
      throw new NetworkError('response-too-large', 'the answer is longer than asked for', { maxFrames, maxBytes })
    }
    collected.push(frame)
  }
  if (!hasCode) throw new NetworkError('connection-lost', 'the peer closed the stream without an answer')
  return collected
}

function checkCode(frame: Uint8Array): void {
  const code = frame.length === 1 ? frame[0] : undefined
  if (code === RESPONSE_CODES.ok) return
  if (code === RESPONSE_CODES.busy) throw new NetworkError('busy', 'the peer is busy')
  if (code === RESPONSE_CODES.refused) throw new NetworkError('request-refused', 'the peer refused the request')
  throw new NetworkError('bad-response', 'the answer does not begin with a code')
}

/** By the names that libp2p and its streams give their errors; what is not here broke the connection. */
const CODES_BY_NAME: Readonly<Record<string, 'timeout' | 'request-refused' | 'busy'>> = {
  TimeoutError: 'timeout',
  UnsupportedProtocolError: 'request-refused',
  TooManyOutboundProtocolStreamsError: 'busy',
}

function asNetworkError(error: unknown): NetworkError {
  if (error instanceof NetworkError) return error
  const name = error instanceof Error ? error.name : ''
  const code = CODES_BY_NAME[name] ?? 'connection-lost'
  return new NetworkError(code, `request failed: ${name}`, {}, { cause: error })
}
