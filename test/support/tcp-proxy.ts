import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** A wire between two nodes that a test can cut and join again. */
export class TcpProxy {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #joined = true

  private constructor(targetPort: number) {
    this.#server = createServer((incoming) => {
      if (!this.#joined) {
        incoming.destroy()
        return
      }
      const outgoing = connect(targetPort, '127.0.0.1')
      for (const [socket, other] of [
        [incoming, outgoing],
        [outgoing, incoming],
      ] as const) {
        this.#sockets.add(socket)
        socket.on('error', () => other.destroy())
        socket.on('close', () => {
          this.#sockets.delete(socket)
          other.destroy()
        })
        socket.pipe(other)
      }
    })
  }

  static async to(targetPort: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(targetPort)
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  cut(): void {
    this.#joined = false
    for (const socket of this.#sockets) socket.destroy()
  }

  join(): void {
    this.#joined = true
  }

  async close(): Promise<void> {
    this.cut()
    this.#server.close()
    await once(this.#server, 'close')
  }
}
