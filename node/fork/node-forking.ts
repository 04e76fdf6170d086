import { ControlError } from '../../consensus/control/control-error.ts'
import type { Fork, ForkAddress, Forking } from '../../consensus/control/forking.ts'
import type { Committer } from '../../storage/commit.ts'
import type { GenesisBlock } from '../../storage/genesis-block.ts'
import { CommandError } from '../command-error.ts'
import type { ForkedState } from './forked-state.ts'
import type { ForkSettings, UpstreamAddress } from './open-upstream.ts'
import type { Upstream } from './upstream.ts'
import type { UpstreamClient } from './upstream-client.ts'

/** Loaded when a chain is forked: most are not, and start earlier without. */
const loadOpenUpstream = () => import('./open-upstream.ts')

export interface NodeForkingModules {
  readonly base: ForkedState
  readonly committer: Pick<Committer, 'restart'>
  readonly genesis: GenesisBlock
}

/** A fork as this node has it: with who is asked. */
interface OpenFork extends Fork {
  readonly upstream: Upstream
}

/** Which other chain the chain of this node begins upon, and the change of it. */
export class NodeForking implements Forking {
  readonly #settings: ForkSettings
  readonly #modules: NodeForkingModules
  /** Of the present upstream, or the last one. */
  #url: string | undefined
  readonly #initial: OpenFork | undefined
  #current: OpenFork | undefined
  /** By what they were located as. */
  readonly #urls = new WeakMap<Upstream, string>()

  constructor(
    options: { readonly settings: ForkSettings; readonly url: string | undefined },
    modules: NodeForkingModules,
  ) {
    this.#settings = options.settings
    this.#modules = modules
    this.#url = options.url
    this.#initial = modules.base.upstream && forkOf(modules.base.upstream)
    this.#current = this.#initial
    if (this.#initial !== undefined && options.url !== undefined) this.#urls.set(this.#initial.upstream, options.url)
  }

  get current(): Fork | undefined {
    return this.#current
  }

  async locate({ url = this.#url, block }: ForkAddress): Promise<Fork> {
    if (url === undefined) throw new ControlError('no-fork', 'no chain is named to be forked: jsonRpcUrl is missing')
    const upstream = await this.#open({ url, block })
    this.#urls.set(upstream, url)
    return forkOf(upstream)
  }

  async restart(fork: Fork | undefined): Promise<void> {
    const { base, committer, genesis } = this.#modules
    const next = fork as OpenFork | undefined
    const before = this.#current
    await committer.restart(next ?? genesis, () => {
      base.switchTo(next?.upstream)
      this.#current = next
    })
    if (next !== undefined) this.#url = this.#urls.get(next.upstream)
    // A reset may come back to the first one.
    if (before !== this.#initial && before !== next) await before?.upstream.close()
  }

  async setUrl(url: string): Promise<void> {
    if (this.#current === undefined) throw new ControlError('no-fork', 'this chain is not a forked one')
    const { upstream } = this.#current
    const client = await this.#client(url)
    try {
      await upstream.use(client)
    } catch (error) {
      client.close()
      throw error
    }
    this.#url = url
    this.#urls.set(upstream, url)
  }

  async close(): Promise<void> {
    await this.#initial?.upstream.close()
    if (this.#current !== this.#initial) await this.#current?.upstream.close()
  }

  async #open(address: UpstreamAddress): Promise<Upstream> {
    try {
      const { openUpstream } = await loadOpenUpstream()
      return await openUpstream(address, this.#settings)
    } catch (error) {
      throw badAddress(error)
    }
  }

  async #client(url: string): Promise<UpstreamClient> {
    const { openClient } = await loadOpenUpstream()
    try {
      return openClient(url, this.#settings)
    } catch (error) {
      throw badAddress(error)
    }
  }
}

function badAddress(error: unknown): unknown {
  return error instanceof CommandError ? new ControlError('no-fork', error.message) : error
}

function forkOf(upstream: Upstream): OpenFork {
  const { header, point } = upstream
  return {
    header,
    point,
    upstream,
    get name() {
      return upstream.name
    },
  }
}
