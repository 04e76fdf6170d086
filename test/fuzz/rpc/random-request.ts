import { DEFAULT_RPC_OPTIONS } from '../../../rpc/options.ts'
import { Random } from '../../support/random.ts'
import { caseSeed } from '../cases.ts'
import { GUARDED_METHODS, REFUSED_BY_GUARDED } from './guarded-methods.ts'
import { RandomJson } from './random-json.ts'
import { clientFrame, type Ending, type Piece } from './raw-client.ts'
import type { DescribedMethod, Target } from './target.ts'

/** Kinds of requests, with their shares of a thousand. */
const SHARES = {
  /** Every method, with parameters that are more or less as its schema wants them. */
  parameters: 610,
  /** Texts that are hardly JSON. */
  text: 80,
  /** Members of a request that are not as JSON-RPC wants them. */
  envelope: 80,
  batch: 60,
  /** Methods, headers, lengths, encodings and pipelines. */
  http: 75,
  /** Frames. */
  websocket: 75,
  /** Clients that go while a trace streams. */
  gone: 10,
  /** Clients that send a byte a second or stop halfway. */
  slow: 10,
} as const

export type RequestKind = keyof typeof SHARES
export const REQUEST_KINDS = Object.keys(SHARES) as readonly RequestKind[]

/** Each kind as often as its share. */
const KINDS_BY_SHARE = REQUEST_KINDS.flatMap((kind) => Array<RequestKind>(SHARES[kind]).fill(kind))

export type FuzzRequest = { readonly number: number; readonly kind: RequestKind } & (
  | { readonly transport: 'post'; readonly body: string }
  | { readonly transport: 'http'; readonly pieces: readonly Piece[]; readonly ending: Ending }
  | {
      readonly transport: 'websocket'
      readonly pieces: readonly Piece[]
      readonly ending: Ending
      /** Messages that are whole, each of which must be answered; `undefined` where the socket may end before. */
      readonly messages: readonly string[] | undefined
    }
)

const MAX_BODY_BYTES = DEFAULT_RPC_OPTIONS.maxBodyBytes
const BYTE_INTERVAL_MS = 1_000
/** More bytes of a slow client than these come at once. */
const SLOW_BYTES = 6
/** Until the server has lost patience: it looks every 30 s for requests that have taken 30 s. */
const OUTLASTING_MS = 65_000
/** For an answer that may never come, as the server waits for more. */
const SHORT_PATIENCE_MS = 300
const PATIENCE_MS = 15_000
/** A request that is still without an answer then is one that the node forgot: a receipt may be waited for 60 s, a trace take its 5 s, and others wait. */
export const ANSWER_PATIENCE_MS = 90_000

/** The request with this number: it depends on the seed and on what the node under test is, and on nothing else. */
export function requestFor(seed: number, number: number, target: Target): FuzzRequest {
  return new RequestMaker(new Random(caseSeed(seed, number)), number, target).make()
}

class RequestMaker {
  readonly #random: Random
  readonly #number: number
  readonly #target: Target
  readonly #json: RandomJson

  constructor(random: Random, number: number, target: Target) {
    this.#random = random
    this.#number = number
    this.#target = target
    this.#json = new RandomJson(random, target.known)
  }

  make(): FuzzRequest {
    const kind = this.#random.pick(KINDS_BY_SHARE)
    const number = this.#number
    switch (kind) {
      case 'parameters':
        return { number, kind, transport: 'post', body: this.#call() }
      case 'text':
        return { number, kind, transport: 'post', body: this.#text() }
      case 'envelope':
        return { number, kind, transport: 'post', body: this.#envelope() }
      case 'batch':
        return { number, kind, transport: 'post', body: this.#batch() }
      case 'http':
        return { number, kind, transport: 'http', ...this.#http() }
      case 'websocket':
        return { number, kind, transport: 'websocket', ...this.#webSocket() }
      case 'gone':
        return { number, kind, transport: 'http', ...this.#gone() }
      case 'slow':
        return { number, kind, transport: 'http', ...this.#slow() }
    }
  }

  /** A request that is one, with parameters of any kind. */
  #call(id: string | undefined = String(this.#number)): string {
    const method = this.#random.pick(this.#target.methods)
    const params = this.#parameters(method)
    const member = id === undefined ? '' : `"id":${id},`
    return `{"jsonrpc":"2.0",${member}"method":${JSON.stringify(method.name)},"params":[${params.join(',')}]}`
  }

  #parameters({ name, params }: DescribedMethod): string[] {
    const random = this.#random
    if (GUARDED_METHODS.has(name))
      return [random.pick(REFUSED_BY_GUARDED), ...params.slice(1).map(() => this.#json.wrong())]
    const wrongness = random.pick([0, 0, 0.1, 0.3, 1])
    const needed = params.filter(({ required }) => required).length
    const count = random.chance(0.1)
      ? random.below(params.length + 2)
      : needed + random.below(params.length - needed + 1)
    return Array.from({ length: count }, (_, index) => this.#json.value(params[index]?.schema ?? {}, wrongness))
  }

  #text(): string {
    const random = this.#random
    const call = this.#call()
    const at = random.below(call.length)
    switch (random.below(9)) {
      case 0:
        return call.slice(0, at)
      case 1:
        return `${call.slice(0, at)}${random.pick(['"', '\\', '\u0000', '{', ']', ',', '\ud800', '\ufeff', '\u2028'])}${call.slice(at)}`
      case 2:
        return `${call.slice(0, at)}${call.slice(at + 1)}`
      case 3:
        return random.pick([
          '',
          ' ',
          '\ufeff{}',
          'null',
          'NaN',
          'Infinity',
          '01',
          "{'a':1}",
          '{"a":1,}',
          '/*',
          'undefined',
          '\u0000',
        ])
      case 4:
        return `${random.pick(['\ufeff', '\u00a0', ' \n\t', '//x\n', ")]}'"])}${call}${random.pick(['', ';', call, '\u0000', ' '])}`
      case 5:
        return random.pick(['[', '{"a":', '[{"id":', '"', '-', '[[],']).repeat(random.pick([10, 1_000, 100_000]))
      case 6:
        return this.#json.wrong()
      case 7:
        return call.replaceAll(random.pick(['"', ':', ',', '{', '0']), random.pick(['', "'", '::', '\\u0000', '\\u']))
      default:
        return random.chance(0.02) ? 'x'.repeat(MAX_BODY_BYTES + random.below(3) - 1) : `${'\n'.repeat(1_000)}${call}`
    }
  }

  #envelope(): string {
    const random = this.#random
    const { name } = random.pick(this.#target.methods.filter(({ name }) => !GUARDED_METHODS.has(name)))
    const some = (good: string): string => (random.chance(0.6) ? good : this.#json.wrong())
    const members = [
      `"jsonrpc":${random.chance(0.8) ? '"2.0"' : random.pick(['"1.0"', '2.0', 'null', '"2.0 "', '["2.0"]'])}`,
      `"id":${some(random.pick(['1', '"a"', 'null', '-1', '1.5', '1e300', '"\\ud800"', '9007199254740993', '-0']))}`,
      `"method":${some(random.pick([JSON.stringify(name), '"toString"', '"__proto__"', '"eth_"', '"rpc"', '""']))}`,
      `"params":${some(random.pick(['[]', '{}', 'null', '{"block":"latest"}', '[[]]']))}`,
    ].filter(() => random.chance(0.9))
    if (random.chance(0.2) && members.length > 0) members.push(random.pick(members))
    if (random.chance(0.2)) members.push(`"id":${this.#json.wrong()}`)
    if (random.chance(0.2))
      members.push(`"${random.pick(['__proto__', 'constructor', 'x', 'result', 'error'])}":${this.#json.wrong()}`)
    return `{${members.join(',')}}`
  }

  #batch(): string {
    const random = this.#random
    if (random.chance(0.05))
      return `[${Array(random.pick([999, 1_000, 1_001, 50_000]))
        .fill(random.pick(['1', '{}', '[]', NUMBER]))
        .join(',')}]`
    const members = Array.from({ length: random.below(12) }, () => {
      const kind = random.below(5)
      if (kind === 0) return this.#json.wrong()
      if (kind === 1) return this.#envelope()
      if (kind === 2) return this.#call(undefined)
      return this.#call(random.pick(['1', '"x"', 'null', String(this.#number)]))
    })
    return `[${members.join(',')}]`
  }

  #http(): { pieces: readonly Piece[]; ending: Ending } {
    const random = this.#random
    const body = random.chance(0.3) ? this.#call() : NUMBER
    const length = Buffer.byteLength(body)
    const post = (headers: string, sent = body): string => `POST / HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n${sent}`
    const type = 'Content-Type: application/json\r\n'
    const right = `${type}Content-Length: ${length}\r\n`
    const text = random.pick<() => string>([
      () =>
        `${random.pick(['GET', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS', 'TRACE', 'CONNECT', 'BREW', 'post', ''])} / HTTP/1.1\r\nHost: x\r\n${right}\r\n${body}`,
      () =>
        `POST ${random.pick(['/x', '//', '/%00', '/%', '/../..', '*', 'http://evil.example/', `/${'a'.repeat(9_000)}`, '/?x=%ff', '/health', '/metrics'])} HTTP/1.1\r\nHost: x\r\n${right}\r\n${body}`,
      () =>
        `GET ${random.pick(['/', '/health', '/metrics', '/health?x=1', '/metrics/', '/%2e%2e/etc/passwd', '/\u00e9', '/x'])} HTTP/1.1\r\nHost: x\r\n\r\n`,
      () =>
        `POST / ${random.pick(['HTTP/1.0', 'HTTP/0.9', 'HTTP/2.0', 'HTTP/9.9', 'HTTP', ''])}\r\n${right}\r\n${body}`,
      () =>
        post(
          `${random.pick(['Content-Type: text/plain', 'Content-Type: application/json;charset=utf-16', 'Content-Type: application/x-www-form-urlencoded', 'Content-Type: ', 'X: y', 'Content-Type: application/json, text/plain', 'Content-Type: APPLICATION/JSON', `Content-Type: application/json;${'a'.repeat(5_000)}`])}\r\nContent-Length: ${length}\r\n`,
        ),
      () =>
        post(
          `${type}Content-Length: ${random.pick(['-1', '0', '1', 'x', '1e9', '99999999999999999999', '0x10', String(length + 5), String(length - 1), `${length}, ${length}`, String(MAX_BODY_BYTES + 1)])}\r\n`,
        ),
      () =>
        post(
          `${right}${random.pick([`Content-Length: ${length}\r\n`, 'Content-Length: 1\r\n', 'Transfer-Encoding: chunked\r\n'])}`,
        ),
      () =>
        post(
          `${type}Transfer-Encoding: ${random.pick(['chunked', 'gzip', 'chunked, chunked', 'identity', 'x'])}\r\n`,
          random.pick([
            `${length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
            'zz\r\n',
            'ffffffffffffffff\r\nx',
            `1\r\n${body}`,
            '0\r\n\r\n',
            '0\r\nX: y\r\n\r\n',
          ]),
        ),
      () =>
        post(
          `${right}${random.pick(['Content-Encoding: gzip', 'Expect: 100-continue', 'Expect: x', 'Connection: upgrade\r\nUpgrade: h2c', 'Upgrade: websocket', 'Range: bytes=0-1', 'Origin: null', 'Origin: \u00ff', 'Accept-Encoding: gzip', 'Host: y', 'Cookie: a=b', 'X-Forwarded-For: 10.0.0.1', 'X-HTTP-Method-Override: PUT'])}\r\n`,
        ),
      () =>
        `POST / HTTP/1.1\r\nHost: ${random.pick(['evil.example', 'a b', '', '[::1', '127.0.0.1:99999999', 'x'.repeat(5_000), '\u00e9', 'localhost, evil.example'])}\r\n${right}\r\n${body}`,
      () => post(`${right}${'X-A: b\r\n'.repeat(random.pick([50, 150, 3_000]))}`),
      () =>
        post(
          `${right}${random.pick(['X: \u0000', 'no colon', ' folded: x', ': empty', 'X\u0000: y', 'X : y', `X: ${'y'.repeat(20_000)}`])}\r\n`,
        ),
      () => post(right).repeat(random.pick([2, 20, 200])),
      () =>
        random.pick([
          '\r\n',
          '\u0000',
          'x'.repeat(100_000),
          '\u0016\u0003\u0001\u0002\u0000\u0001',
          'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
          'POST',
          'POST / HTTP/1.1\r\n',
        ]),
    ])()
    const bytes = Buffer.from(text, 'latin1')
    const cut = random.below(bytes.length + 1)
    const pieces = random.chance(0.3)
      ? [{ bytes: bytes.subarray(0, cut) }, { bytes: bytes.subarray(cut), afterMs: 5 }]
      : [{ bytes }]
    return { pieces, ending: this.#httpEnding() }
  }

  #httpEnding(): Ending {
    switch (this.#random.below(10)) {
      case 0:
        return { kind: 'leave', afterBytes: 0, patienceMs: 0 }
      case 1:
        return { kind: 'leave', afterBytes: 1, patienceMs: SHORT_PATIENCE_MS }
      case 2:
        return { kind: 'deaf', forMs: 50 }
      case 3:
      case 4:
        return { kind: 'half-close', patienceMs: SHORT_PATIENCE_MS }
      default:
        return { kind: 'read', patienceMs: SHORT_PATIENCE_MS, isDone: hasResponse }
    }
  }

  #gone(): { pieces: readonly Piece[]; ending: Ending } {
    const random = this.#random
    const call = `{"to":"${this.#target.endless}","gas":"0x${random.pick(['f4240', '2faf080'])}"}`
    const [method, params] = random.pick([
      ['debug_traceCall', `[${call},"latest",{"timeout":"1s"}]`],
      ['debug_traceCall', `[${call},"latest",{"timeout":"1s","enableMemory":true}]`],
      ['trace_call', `[${call},["vmTrace"],"latest"]`],
    ] as const)
    const body = `{"jsonrpc":"2.0","id":${this.#number},"method":"${method}","params":${params}}`
    const afterBytes = random.pick([0, 1, 1_000, 100_000, 3_000_000])
    return { pieces: [{ bytes: postBytes(body) }], ending: { kind: 'leave', afterBytes, patienceMs: PATIENCE_MS } }
  }

  /** Over HTTP, with bytes of the head or of the body that come slowly, or never. */
  #slow(): { pieces: readonly Piece[]; ending: Ending } {
    const random = this.#random
    const bytes = postBytes(NUMBER)
    const from = random.below(bytes.length)
    const slow = Array.from(bytes.subarray(from, from + SLOW_BYTES), (byte) => {
      return { bytes: Uint8Array.of(byte), afterMs: BYTE_INTERVAL_MS }
    })
    const pieces = [{ bytes: bytes.subarray(0, from) }, ...slow]
    const isWhole = random.chance(0.7)
    if (isWhole) pieces.push({ bytes: bytes.subarray(from + SLOW_BYTES) })
    const ending: Ending = isWhole
      ? { kind: 'read', patienceMs: PATIENCE_MS, isDone: hasResponse }
      : { kind: random.chance(0.5) ? 'half-close' : 'read', patienceMs: random.chance(0.02) ? OUTLASTING_MS : 1_000 }
    return { pieces, ending }
  }

  #webSocket(): { pieces: readonly Piece[]; ending: Ending; messages: readonly string[] | undefined } {
    const random = this.#random
    if (random.chance(0.1))
      return {
        pieces: [{ bytes: this.#badHandshake() }],
        ending: { kind: 'read', patienceMs: SHORT_PATIENCE_MS },
        messages: undefined,
      }
    if (random.chance(0.7)) return this.#goodFrames()
    const frames = this.#badFrames()
    const pieces = [{ bytes: HANDSHAKE }, ...frames.map((bytes) => ({ bytes }))]
    const ending: Ending = random.pick<Ending>([
      { kind: 'read', patienceMs: SHORT_PATIENCE_MS },
      { kind: 'leave', afterBytes: 0, patienceMs: 0 },
      { kind: 'half-close', patienceMs: SHORT_PATIENCE_MS },
      { kind: 'deaf', forMs: SHORT_PATIENCE_MS },
    ])
    return { pieces, ending, messages: undefined }
  }

  /** Messages, whole or in fragments with pings between, as text or bytes; then a request whose answer ends it all. */
  #goodFrames(): { pieces: readonly Piece[]; ending: Ending; messages: readonly string[] } {
    const random = this.#random
    const count = random.pick([1, 1, 2, 5, 100])
    const messages = Array.from({ length: count }, () => {
      if (count === 100) return NUMBER
      return random.pick([() => this.#call(), () => this.#envelope(), () => this.#text(), () => this.#batch()])()
    }).map((text) => Buffer.from(text.slice(0, 1_000_000)).toString())
    const frames = messages.flatMap((text) => {
      const bytes = Buffer.from(text)
      const opcode = random.pick([1, 2])
      if (random.chance(0.6)) return [clientFrame(opcode, bytes)]
      const cut = random.below(bytes.length + 1)
      return [
        clientFrame(opcode, bytes.subarray(0, cut), { isLast: false }),
        clientFrame(9, Buffer.from('ping')),
        clientFrame(0, new Uint8Array(0), { isLast: false }),
        clientFrame(0, bytes.subarray(cut)),
      ]
    })
    return {
      pieces: [HANDSHAKE, ...frames].map((bytes) => ({ bytes })),
      ending: { kind: 'read', patienceMs: ANSWER_PATIENCE_MS },
      messages,
    }
  }

  #badHandshake(): Uint8Array {
    const random = this.#random
    const text = HANDSHAKE.toString('latin1')
    return Buffer.from(
      random.pick<() => string>([
        () => text.replace(/Sec-WebSocket-Key: .*\r\n/, random.pick(['', 'Sec-WebSocket-Key: x\r\n'])),
        () => text.replace('Version: 13', `Version: ${random.pick(['0', '8', '99', 'x'])}`),
        () => text.replace('GET /', random.pick(['GET /x', 'POST /', 'HEAD /', 'GET /health'])),
        () => text.replace('Upgrade: websocket', `Upgrade: ${random.pick(['x', 'websocket, h2c', ''])}`),
        () => text.replace('localhost', 'evil.example'),
        () => text.replace('\r\n\r\n', '\r\nSec-WebSocket-Extensions: permessage-deflate; x=\u00ff\r\n\r\n'),
        () => text.replace('\r\n\r\n', '\r\nSec-WebSocket-Protocol: ,,\r\n\r\n'),
      ])(),
      'latin1',
    )
  }

  #badFrames(): readonly Uint8Array[] {
    const random = this.#random
    const text = Buffer.from(NUMBER)
    return random.pick<() => readonly Uint8Array[]>([
      () => [clientFrame(random.pick([3, 7, 11, 15]), text)],
      () => [clientFrame(1, text, { isMasked: false })],
      () => [clientFrame(0, text)],
      () => [clientFrame(1, text, { isLast: false }), clientFrame(1, text)],
      () => [clientFrame(1, text, { length: random.pick([MAX_BODY_BYTES + 1, 0x7fffffff, 0xffffffff]) })],
      () => [clientFrame(1, Buffer.alloc(MAX_BODY_BYTES + 1, 0x20))],
      () => [clientFrame(1, Buffer.of(0xff, 0xfe, 0xc0, 0x80)), clientFrame(1, text)],
      () => [
        clientFrame(8, random.pick([Buffer.of(), Buffer.of(3), Buffer.of(0, 0), Buffer.of(3, 232, 0xff)])),
        clientFrame(1, text),
      ],
      () => [clientFrame(9, Buffer.alloc(126))],
      () => [clientFrame(9, text, { isLast: false })],
      () => Array<Uint8Array>(random.pick([100, 5_000])).fill(clientFrame(random.pick([9, 10]), Buffer.alloc(125))),
      () => Array<Uint8Array>(random.pick([100, 5_000])).fill(clientFrame(1, new Uint8Array(0), { isLast: false })),
      () => Array<Uint8Array>(random.pick([100, 1_000])).fill(clientFrame(1, text)),
      () => Array<Uint8Array>(110).fill(clientFrame(1, Buffer.from(SUBSCRIBE))),
      () => [Buffer.from(Array.from({ length: 500 }, () => random.below(256)))],
    ])()
  }
}

const NUMBER = '{"jsonrpc":"2.0","id":1,"method":"eth_blockNumber","params":[]}'
const SUBSCRIBE = '{"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":["newHeads"]}'
const HANDSHAKE = Buffer.from(
  'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
    'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
)

/** The server closes behind its answer. */
function postBytes(body: string): Buffer {
  const head = `POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`
  return Buffer.from(`${head}${body}`)
}

/** Whether there is a response that is whole: good enough to go on to the next request. */
function hasResponse(received: Buffer): boolean {
  const text = received.toString('latin1')
  const headEnd = text.indexOf('\r\n\r\n')
  const length = Number(/^content-length: (\d+)$/im.exec(text.slice(0, headEnd))?.[1])
  return headEnd >= 0 && text.length >= headEnd + 4 + length
}
