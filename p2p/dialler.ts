import type { Connection, PeerId } from '@libp2p/interface'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import type { Log } from '../execution/parallel/log.ts'
import { NetworkError } from './network-error.ts'

interface Options {
  readonly redialMinMs: number
  readonly redialMaxMs: number
}

interface Modules {
  readonly host: {
    readonly peerId: PeerId
    dial(address: Multiaddr, options: { readonly signal: AbortSignal }): Promise<Connection>
  }
  readonly stop: AbortSignal
  readonly log: Pick<Log, 'debug'>
}

interface Target {
  readonly address: Multiaddr
  /** The peer that answered there last. */
  peer: string | undefined
  failures: number
  timer: NodeJS.Timeout | undefined
}

const DIAL_TIMEOUT_MS = 5_000

/** Keeps up connections to given addresses: dials each, and again, with growing pauses, for as long as it takes. */
export class Dialler {
  readonly #options: Options
  readonly #modules: Modules
  readonly #targets: Target[] = []
  readonly #connected = new Set<string>()

  constructor(options: Options, modules: Modules) {
    this.#options = options
    this.#modules = modules
  }

  /** Begins to dial a multiaddr. Throws NetworkError `bad-address`. */
  add(address: string): void {
    const target: Target = { address: parseAddress(address), peer: undefined, failures: 0, timer: undefined }
    target.peer = target.address.getPeerId() ?? undefined
    // The list of a network is the same for all its nodes.
    if (this.#isSelf(target) || this.#targets.some((other) => other.address.equals(target.address))) return
    this.#targets.push(target)
    void this.#dial(target)
  }

  onConnected(peer: string): void {
    this.#connected.add(peer)
  }

  onDisconnected(peer: string): void {
    this.#connected.delete(peer)
    for (const target of this.#targets) if (target.peer === peer) this.#schedule(target)
  }

  stop(): void {
    for (const target of this.#targets) clearTimeout(target.timer)
  }

  #isSelf({ peer }: Target): boolean {
    return peer === this.#modules.host.peerId.toString()
  }

  async #dial(target: Target): Promise<void> {
    target.timer = undefined
    if (this.#modules.stop.aborted || (target.peer !== undefined && this.#connected.has(target.peer))) return
    try {
      const signal = AbortSignal.any([this.#modules.stop, AbortSignal.timeout(DIAL_TIMEOUT_MS)])
      const connection = await this.#modules.host.dial(target.address, { signal })
      target.peer = connection.remotePeer.toString()
      target.failures = 0
      if (this.#isSelf(target)) await connection.close()
    } catch (error) {
      if (isSelfDial(error)) return
      this.#modules.log.debug({ address: target.address.toString(), err: error }, 'dialling failed')
      target.failures++
      this.#schedule(target)
    }
  }

  #schedule(target: Target): void {
    if (this.#modules.stop.aborted || target.timer !== undefined) return
    const { redialMinMs, redialMaxMs } = this.#options
    const delayMs = Math.min(redialMinMs * 2 ** target.failures, redialMaxMs)
    // Spread, so that nodes that lost each other at the same time do not always dial at the same time.
    target.timer = setTimeout(() => void this.#dial(target), delayMs * (0.5 + Math.random()))
  }
}

function parseAddress(address: string): Multiaddr {
  try {
    return multiaddr(address)
  } catch (error) {
    throw new NetworkError('bad-address', `not a multiaddr: ${address}`, { address }, { cause: error })
  }
}

function isSelfDial(error: unknown): boolean {
  return error instanceof Error && error.message.includes('dial self')
}
