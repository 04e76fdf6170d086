import type { IncomingStreamData, Stream, StreamHandler } from '@libp2p/interface'
import type { Log } from '../execution/parallel/log.ts'
import { DecodeError } from '../primitives/errors.ts'
import { Deadline } from './deadline.ts'
import { readFrames, writeFrames } from './frames.ts'
import { NetworkError } from './network-error.ts'
import type { NetworkLimits } from './options.ts'
import type { Peer, PeerBook } from './peer-book.ts'
import type { PeerScores } from './peer-scores.ts'
import { PROTOCOLS, type ProtocolName } from './protocol-names.ts'
import { RESPONSE_CODES } from './response-codes.ts'

/** The frames of the answer, made as the peer reads them. Throws DecodeError when the request is malformed. */
export type Serve = (request: Uint8Array, peer: Peer) => Iterable<Uint8Array>

interface Modules {
  readonly host: {
    handle(
      protocol: string,
      handler: StreamHandler,
      options: { readonly maxInboundStreams: number; readonly maxOutboundStreams: number },
    ): Promise<void>
  }
  readonly book: PeerBook
  readonly scores: PeerScores
  readonly stop: AbortSignal
  readonly log: Pick<Log, 'debug'>
}

type Limits = Pick<NetworkLimits, 'requestTimeoutMs' | 'maxSmallMessageBytes' | 'maxServed' | 'maxServedPerPeer'>

/** Answers peers, within limits per peer and in all. */
export class RequestServer {
  readonly #limits: Limits
  readonly #modules: Modules
  #served = 0

  constructor(limits: Limits, modules: Modules) {
    this.#limits = limits
    this.#modules = modules
  }

  async handle(protocol: ProtocolName, serve: Serve): Promise<void> {
    const handler = (data: IncomingStreamData) => void this.#onStream(data, protocol, serve)
    const { maxServedPerPeer } = this.#limits
    await this.#modules.host.handle(PROTOCOLS[protocol], handler, {
      maxInboundStreams: maxServedPerPeer,
      maxOutboundStreams: maxServedPerPeer,
    })
  }

  async #onStream({ stream, connection }: IncomingStreamData, protocol: ProtocolName, serve: Serve): Promise<void> {
    if (connection.status !== 'open') return
    const peer = this.#modules.book.add(connection)
    const deadline = new Deadline(stream, this.#limits.requestTimeoutMs, this.#modules.stop)
    this.#served++
    try {
      await writeFrames(stream, this.#answer(stream, peer, protocol, serve, deadline))
    } catch (error) {
      this.#blame(peer, error, deadline)
      stream.abort(error instanceof Error ? error : new Error('request not served'))
    } finally {
      this.#served--
      deadline.clear()
      stream.close().catch(() => {})
    }
  }

  async *#answer(
    stream: Stream,
    peer: Peer,
    protocol: ProtocolName,
    serve: Serve,
    deadline: Deadline,
  ): AsyncGenerator<Uint8Array> {
    const refusal = this.#refusal(peer, protocol)
    if (refusal !== undefined) {
      yield Uint8Array.of(refusal)
      return
    }
    const request = await this.#readRequest(stream)
    try {
      let isFirst = true
      for (const frame of serve(request, peer)) {
        if (isFirst) yield Uint8Array.of(RESPONSE_CODES.ok)
        isFirst = false
        deadline.progress()
        yield frame
      }
      if (isFirst) yield Uint8Array.of(RESPONSE_CODES.ok)
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      this.#modules.scores.penalise(peer.id, 'malformed')
      yield Uint8Array.of(RESPONSE_CODES.refused)
    }
  }

  #refusal(peer: Peer, protocol: ProtocolName): number | undefined {
    if (!peer.requests.take(1)) {
      this.#modules.scores.penalise(peer.id, 'flooding')
      return RESPONSE_CODES.busy
    }
    if (this.#served > this.#limits.maxServed) return RESPONSE_CODES.busy
    if (protocol !== 'status' && peer.status === undefined) return RESPONSE_CODES.refused
    return undefined
  }

  async #readRequest(stream: Stream): Promise<Uint8Array> {
    for await (const frame of readFrames(stream, this.#limits.maxSmallMessageBytes)) return frame
    throw new NetworkError('connection-lost', 'the peer closed the stream without a request')
  }

  #blame(peer: Peer, error: unknown, deadline: Deadline): void {
    if (deadline.error?.code === 'timeout') this.#modules.scores.penalise(peer.id, 'timeout')
    else if (error instanceof NetworkError && error.code === 'response-too-large') {
      this.#modules.scores.penalise(peer.id, 'oversized')
    }
    this.#modules.log.debug({ peer: peer.id, err: error }, 'request not served')
  }
}
