import { isIPv6 } from 'node:net'
import type { Logger } from 'pino'
import type { Settings } from '../config/settings.ts'
import type { Fork } from '../consensus/control/forking.ts'
import type { MiningMode } from '../consensus/control/miner.ts'
import { keccakBackend } from '../primitives/keccak.ts'
import { secp256k1Backend } from '../primitives/secp256k1.ts'
import { unlockedAccounts } from './accounts.ts'
import { type NodeChainModules, openNodeChain } from './node-chain.ts'
import { buildParts, loadPool, NO_PEERS, type Parts, type PartsModules, stopParts } from './parts.ts'

/** The first answers come before what they can do without. */
const AFTER_START_MS = 100

export interface NodeModules extends NodeChainModules {
  /** When blocks are made at first, on a chain that is its user's to control. */
  readonly mining?: MiningMode | undefined
}

/** Where the RPC server listens. */
interface Address {
  readonly host: string
  readonly port: number
}

/** A whole node, from when it is up until it is stopped. */
export class PavmNode {
  readonly #parts: Parts
  readonly #address: Address | undefined
  readonly #afterStart: NodeJS.Timeout
  #rehearsal: Promise<void> | undefined
  #isStopping = false

  private constructor(parts: Parts, address: Address | undefined, settings: Settings, modules: PartsModules) {
    this.#parts = parts
    this.#address = address
    this.#afterStart = setTimeout(() => {
      this.#rehearsal = this.#prepare(settings, modules)
    }, AFTER_START_MS).unref()
  }

  /** Opens the chain and brings every service up. Throws an error with a code when something is in the way. */
  static async start(settings: Settings, modules: NodeModules): Promise<PavmNode> {
    const { log } = modules
    const core = await openNodeChain(settings, modules)
    let parts: Parts | undefined
    try {
      const accounts = await unlockedAccounts(settings)
      parts = await buildParts(settings, { ...modules, accounts }, core)
      const { network, producer, rpc } = parts
      const { chain, execution } = core
      await loadPool(parts, log)
      await network?.start()
      const address = await rpc?.start()
      producer?.start()
      const { header, hash } = chain.head()
      log.info(
        { rpcUrl: urlOf(address), number: header.number, hash, workers: execution.workers().length },
        'node is up',
      )
      return new PavmNode(parts, address, settings, { log, accounts })
    } catch (error) {
      await (parts === undefined ? core.close() : stopParts(parts))
      throw error
    }
  }

  get rpcUrl(): string | undefined {
    return urlOf(this.#address)
  }

  get peerId(): string {
    return (this.#parts.network ?? NO_PEERS).nodeInfo().peerId
  }

  /** The block of another chain that this one begins upon. */
  get fork(): Fork | undefined {
    return this.#parts.core.storage.forks?.forking.current
  }

  get headNumber(): bigint {
    return this.#parts.core.chain.head().header.number
  }

  /** Ends everything; what was stored is on disk when it resolves. */
  async stop(): Promise<void> {
    this.#isStopping = true
    clearTimeout(this.#afterStart)
    await this.#rehearsal
    await stopParts(this.#parts)
  }

  /** What the first answers do without, and later ones are sooner for. Never rejects. */
  async #prepare(settings: Settings, { log, accounts }: PartsModules): Promise<void> {
    const { core, controls } = this.#parts
    warnOfSlowBackends(log)
    await core.storage.database.stateCache?.occupy()
    if (controls === undefined) return
    const { hash } = core.chain.head()
    const isWanted = () => !this.#isStopping && core.chain.head().hash === hash
    try {
      // On a forked chain everything would have to be fetched.
      if (controls.fork === undefined && isWanted()) {
        const { rehearse } = await import('./rehearsal.ts')
        await rehearse(settings, { log, accounts, core, port: portHere(this.#address) }, isWanted)
      }
    } catch (error) {
      // Whatever is wrong, the first block meets it too.
      log.debug({ err: error }, 'no rehearsal')
    }
    // Reads what contracts have logged, while the block is the newest.
    if (!this.#isStopping) core.execution.prepareCalls()
  }
}

function urlOf(address: Address | undefined): string | undefined {
  if (address === undefined) return undefined
  const { host, port } = address
  return `http://${isIPv6(host) ? `[${host}]` : host}:${port}`
}

/** Where it can be asked from 127.0.0.1. */
function portHere(address: Address | undefined): number | undefined {
  return address !== undefined && ['127.0.0.1', '0.0.0.0'].includes(address.host) ? address.port : undefined
}

/** Both fall back without a word; everything works, many times slower. */
function warnOfSlowBackends(log: Logger): void {
  const slow = Object.entries({ keccak: keccakBackend, secp256k1: secp256k1Backend() })
    .filter(([, backend]) => backend === 'javascript')
    .map(([name]) => name)
  if (slow.length > 0) log.warn({ slow }, 'the fast implementation could not be loaded: slow JavaScript is used')
}
