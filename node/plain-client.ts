import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

const HEAD_END = '\r\n\r\n'
const LOOPBACK = '127.0.0.1'

/** As Node's own client and its fetch have them, who take turns: V8 optimises for what it has seen. */
const HEADERS = [
  `Host: ${LOOPBACK}\r\nConnection: keep-alive`,
  `host: ${LOOPBACK}\r\nconnection: keep-alive\r\naccept: */*\r\naccept-language: *\r\nsec-fetch-mode: cors\r\nuser-agent: node\r\naccept-encoding: gzip, deflate`,
]

/**
 * Posts JSON to a server of this process, one request after the other on one connection, and takes apart what that server answers and nothing else:
 * it runs in the thread that answers, where Node's own client would be half of the work.
 */
export class PlainClient {
  readonly #socket: Socket
  #posted = 0
  #received = ''
  #waiting: PromiseWithResolvers<string> | undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    // A character a byte; what nodes answer to a rehearsal is ASCII.
    socket.setEncoding('latin1').on('data', (part: string) => this.#take(part))
    socket.on('error', (error) => this.#waiting?.reject(error))
    socket.on('close', () => this.#waiting?.reject(new Error('the server has closed the connection')))
  }

  static async open(port: number): Promise<PlainClient> {
    const socket = connect({ host: LOOPBACK, port, noDelay: true })
    await once(socket, 'connect')
    return new PlainClient(socket)
  }

  /** The body of the answer. Rejects where it is not one with status 200 and a length. */
  async post(body: string): Promise<string> {
    this.#waiting = Promise.withResolvers()
    const headers = HEADERS[this.#posted++ % HEADERS.length]
    const length = Buffer.byteLength(body)
    this.#socket.write(
      `POST / HTTP/1.1\r\n${headers}\r\ncontent-type: application/json\r\ncontent-length: ${length}${HEAD_END}${body}`,
    )
    return await this.#waiting.promise
  }

  close(): void {
    this.#socket.destroy()
  }

  #take(part: string): void {
    this.#received += part
    const headLength = this.#received.indexOf(HEAD_END)
    if (headLength < 0) return
    const head = this.#received.slice(0, headLength)
    const length = /^HTTP\/1\.1 200 .*\r\ncontent-length: (\d+)/is.exec(head)?.[1]
    if (length === undefined) this.#waiting?.reject(new Error(`not an answer: ${head}`))
    const body = this.#received.slice(headLength + HEAD_END.length)
    if (body.length < Number(length)) return
    this.#received = ''
    this.#waiting?.resolve(body)
  }
}
