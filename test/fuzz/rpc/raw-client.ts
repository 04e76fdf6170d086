import { connect } from 'node:net'

/** Bytes that are written so long after the ones before. */
export interface Piece {
  readonly bytes: Uint8Array
  readonly afterMs?: number
}

/** What the client does when it has written all. */
export type Ending =
  /** Reads until the server closes, has said what was awaited, or `patienceMs` are over. */
  | {
      readonly kind: 'read'
      readonly patienceMs: number
      readonly isDone?: (received: Buffer) => boolean
      /** Over a WebSocket, whose server takes who does not for gone. */
      readonly answersPings?: boolean
    }
  /** The same, but says first that it writes no more. */
  | { readonly kind: 'half-close'; readonly patienceMs: number }
  /** Goes as soon as it has received so many bytes: 0 is at once. */
  | { readonly kind: 'leave'; readonly afterBytes: number; readonly patienceMs: number }
  /** Reads nothing at all for so long, then goes. */
  | { readonly kind: 'deaf'; readonly forMs: number }

export interface RawResult {
  readonly received: Buffer
  /** By the server. */
  readonly isClosed: boolean
}

/** Of a server, without content. No text of ours has such a byte in it. */
const PING = Buffer.of(0x89, 0)
const PONG = clientFrame(10, new Uint8Array(0))

/** Talks over a TCP connection of its own. Never rejects: a connection that is reset is closed. */
export async function rawExchange(port: number, pieces: readonly Piece[], ending: Ending): Promise<RawResult> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  const parts: Buffer[] = []
  let length = 0
  let isClosed = false
  const { promise: ended, resolve: end } = Promise.withResolvers<void>()
  const closed = (): void => {
    isClosed = true
    end()
  }
  socket.on('error', closed)
  socket.on('close', closed)
  socket.on('end', closed)
  if (ending.kind === 'deaf') socket.pause()
  else {
    socket.on('data', (bytes: Buffer) => {
      parts.push(bytes)
      length += bytes.length
      if (ending.kind === 'read' && ending.answersPings && bytes.includes(PING)) socket.write(PONG)
      if (ending.kind === 'read' && ending.isDone?.(Buffer.concat(parts)) === true) end()
      if (ending.kind === 'leave' && length >= ending.afterBytes) end()
    })
  }
  for (const { bytes, afterMs = 0 } of pieces) {
    if (afterMs > 0) await Promise.race([ended, pause(afterMs)])
    if (isClosed) break
    if (!socket.write(bytes)) await Promise.race([ended, pause(50)])
  }
  if (ending.kind === 'half-close') socket.end()
  const isGone = ending.kind === 'leave' && ending.afterBytes === 0
  if (!isGone) await Promise.race([ended, pause(ending.kind === 'deaf' ? ending.forMs : ending.patienceMs)])
  const result = { received: Buffer.concat(parts), isClosed }
  socket.destroy()
  return result
}

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms).unref())
}

export interface HttpResponse {
  readonly status: number
  readonly head: string
  readonly body: string
}

/** The responses in what a server has sent; the last one may be cut. */
export function parseResponses(received: Buffer): readonly HttpResponse[] {
  const responses: HttpResponse[] = []
  for (let rest = received; ; ) {
    const headEnd = rest.indexOf('\r\n\r\n')
    const [, status] = /^HTTP\/1\.[01] (\d{3}) /.exec(rest.toString('latin1', 0, 16)) ?? []
    if (headEnd < 0 || status === undefined) return responses
    const head = rest.toString('latin1', 0, headEnd)
    rest = rest.subarray(headEnd + 4)
    const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? Number.NaN)
    // To HEAD, no body comes after its length.
    if (status.startsWith('1') || rest.toString('latin1', 0, 7) === 'HTTP/1.') {
      responses.push({ status: Number(status), head, body: '' })
    } else if (/^transfer-encoding: chunked$/im.test(head)) {
      const { body, used } = dechunk(rest)
      responses.push({ status: Number(status), head, body: body.toString() })
      rest = rest.subarray(used)
    } else {
      const used = Number.isNaN(length) ? (status === '204' ? 0 : rest.length) : length
      responses.push({ status: Number(status), head, body: rest.toString('utf8', 0, used) })
      rest = rest.subarray(used)
    }
  }
}

function dechunk(bytes: Buffer): { readonly body: Buffer; readonly used: number } {
  const parts: Buffer[] = []
  for (let at = 0; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at)
    const size = lineEnd < 0 ? 0 : Number.parseInt(bytes.toString('latin1', at, lineEnd), 16)
    if (!(size > 0)) return { body: Buffer.concat(parts), used: lineEnd < 0 ? bytes.length : lineEnd + 4 }
    parts.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size))
    at = lineEnd + 4 + size
  }
}

/** One frame of a client (RFC 6455 §5.2), masked with zeros. `length` may be said untruly. */
export function clientFrame(
  opcode: number,
  payload: Uint8Array,
  {
    isLast = true,
    isMasked = true,
    length = payload.length,
  }: { isLast?: boolean; isMasked?: boolean; length?: number } = {},
): Uint8Array {
  const first = (isLast ? 0x80 : 0) | opcode
  const mask = isMasked ? 0x80 : 0
  const head =
    length < 126
      ? Buffer.of(first, mask | length)
      : length < 65_536
        ? Buffer.of(first, mask | 126, length >> 8, length & 0xff)
        : Buffer.of(first, mask | 127, 0, 0, 0, 0, ...new Uint8Array(Uint32Array.of(length).buffer).reverse())
  return Buffer.concat([head, Buffer.alloc(isMasked ? 4 : 0), payload])
}

/** The texts that a server has sent in frames behind its 101 response. The node sends each message in one frame. */
export function parseTexts(received: Buffer): readonly string[] {
  const texts: string[] = []
  let at = received.indexOf('\r\n\r\n') + 4
  while (at + 2 <= received.length) {
    const opcode = received[at]! & 0x0f
    const short = received[at + 1]! & 0x7f
    const head = short === 127 ? 10 : short === 126 ? 4 : 2
    if (at + head > received.length) break
    const length =
      short === 127 ? Number(received.readBigUInt64BE(at + 2)) : short === 126 ? received.readUInt16BE(at + 2) : short
    if (at + head + length > received.length) break
    if (opcode === 1) texts.push(received.toString('utf8', at + head, at + head + length))
    at += head + length
  }
  return texts
}
