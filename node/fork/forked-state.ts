import { MessageChannel, type MessagePort } from 'node:worker_threads'
import type { Genesis } from '../../config/genesis.ts'
import {
  BEACON_ROOTS_ADDRESS,
  CONSOLIDATION_REQUESTS_ADDRESS,
  HISTORY_STORAGE_ADDRESS,
  WITHDRAWAL_REQUESTS_ADDRESS,
} from '../../config/system-contracts.ts'
import { bigintToMinimalBytes } from '../../primitives/bytes.ts'
import { type Address, type Hash, hashToBytes } from '../../primitives/hex.ts'
import { KECCAK_EMPTY, keccak256Hex } from '../../primitives/keccak.ts'
import { encodeFlatAccount } from '../../storage/flat-account.ts'
import type { BaseAnswer, BaseConnection, BaseQuestion } from '../../storage/fork/base-port.ts'
import { type BaseKey, baseKey, type FetchedBase, NotFetched } from '../../storage/fork/state-base.ts'
import { accountKey, slotKey } from '../../storage/keys.ts'
import { RecentCache } from '../../storage/recent-cache.ts'
import { isOfState } from '../../storage/state-cache.ts'
import type { Upstream, UpstreamAccount } from './upstream.ts'

export interface ForkedStateModules {
  /** What the chain would begin with if it did not begin upon another: see `ForkedState`. */
  readonly alloc: Genesis['alloc']
  /** Keeps a code where accounts with it will find it. */
  readonly storeCode: (codeHash: Hash, code: Uint8Array) => Promise<void>
}

/** Bytes of keys and values that are remembered here; the upstream's answers are kept beside it. */
const MAX_KNOWN_BYTES = 128 << 20
const ENTRY_BYTES = 200

/** The value of what is not there. */
const NOTHING = new Uint8Array(0)

/** Of each ring of slots to which a system contract writes one after the other, block by block, so many are fetched at a time. */
const SLOTS_AHEAD = 32n
const RING = 8191n

/** Slots that a system contract reads in each block: the fee, the count, and both ends of a queue (EIP-7002, EIP-7251). */
const QUEUE_SLOTS = [0n, 1n, 2n, 3n]
const QUEUES = [WITHDRAWAL_REQUESTS_ADDRESS, CONSOLIDATION_REQUESTS_ADDRESS]

/**
 * How many slots an account of the upstream has is not known. So many, that no transaction clears them all one by one: it is not to
 * be taken for one without storage (EIP-7610).
 */
const MANY_SLOTS = 1n << 62n

/**
 * The state that a forked chain begins upon, for all threads: that of the upstream after the fork point, but that accounts of the
 * chain's own `alloc` have the balance given there and no code (developer accounts), and that its contracts are where the upstream
 * has none (system contracts). Nothing is asked twice.
 */
export class ForkedState implements FetchedBase {
  /** See `BaseConnection`. */
  readonly #shared = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)
  readonly #modules: ForkedStateModules
  readonly #fetching = new Map<string, Promise<void>>()
  readonly #ports = new Set<MessagePort>()
  #generations = 0
  #known = newCache()
  #upstream: Upstream | undefined

  constructor(modules: ForkedStateModules) {
    this.#modules = modules
  }

  get upstream(): Upstream | undefined {
    return this.#upstream
  }

  get isActive(): boolean {
    return this.#upstream !== undefined
  }

  /** `undefined`: the chain begins with its genesis. What was read of another upstream is forgotten, in all threads. */
  switchTo(upstream: Upstream | undefined): void {
    this.#upstream = upstream
    this.#known = newCache()
    this.#fetching.clear()
    const generation = upstream === undefined ? 0 : ++this.#generations
    Atomics.store(new Int32Array(this.#shared), 0, generation)
    if (upstream !== undefined) this.#prefetch(upstream)
  }

  /** Of accounts and slots; the main thread asks for no hashes of blocks. */
  get(key: Uint8Array): Uint8Array | undefined {
    if (this.#upstream === undefined || !isOfState(key)) return undefined
    const value = this.#known.get(nameOf(key), () => undefined)
    if (value === undefined) throw new NotFetched(key)
    return value.length === 0 ? undefined : value
  }

  async fetch(key: Uint8Array): Promise<void> {
    const wanted = baseKey(key)
    const upstream = this.#upstream
    if (wanted === undefined || upstream === undefined || this.#isKnown(key)) return
    const ahead = slotsAhead(wanted).map((slot) => this.#fetchOne(slot.key, slot.wanted, upstream))
    // They were not asked for: if they fail, nobody has to know.
    for (const each of ahead) each.catch(() => undefined)
    await this.#fetchOne(key, wanted, upstream)
  }

  /** What every block reads, together before the first one asks for it. If it fails, nobody has to know yet. */
  #prefetch({ point }: Upstream): void {
    const keys = [
      ...[...this.#modules.alloc].filter(([, { code }]) => code.length > 0).map(([address]) => accountKey(address)),
      ...QUEUES.flatMap((address) => QUEUE_SLOTS.map((slot) => slotKey(address, slot))),
      slotKey(HISTORY_STORAGE_ADDRESS, point.number % RING),
    ]
    for (const key of keys) this.fetch(key).catch(() => undefined)
  }

  /** Connects another thread. */
  connect(): BaseConnection {
    const { port1, port2 } = new MessageChannel()
    const answers = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)
    const count = new Int32Array(answers)
    port1.on('message', (question: BaseQuestion) => {
      void this.#answer(question).then((answer) => {
        port1.postMessage(answer)
        Atomics.add(count, 0, 1)
        Atomics.notify(count, 0)
      })
    })
    port1.on('close', () => this.#ports.delete(port1))
    // Who waits for an answer is held by whoever waits for the thread.
    port1.unref()
    this.#ports.add(port1)
    return { port: port2, shared: this.#shared, answers }
  }

  close(): void {
    for (const port of this.#ports) port.close()
  }

  async #answer({ key, generation }: BaseQuestion): Promise<BaseAnswer> {
    try {
      if (generation !== this.#generations || this.#upstream === undefined) return RESET
      await this.fetch(key)
      if (generation !== this.#generations) return RESET
      const value = this.#known.get(nameOf(key), () => undefined)
      return { value: value === undefined || value.length === 0 ? undefined : value }
    } catch (error) {
      return { failure: (error as Error).message }
    }
  }

  #isKnown(key: Uint8Array): boolean {
    return this.#known.get(nameOf(key), () => undefined) !== undefined
  }

  #fetchOne(key: Uint8Array, wanted: BaseKey, upstream: Upstream): Promise<void> {
    if (this.#isKnown(key)) return Promise.resolve()
    const name = nameOf(key)
    let fetching = this.#fetching.get(name)
    if (fetching === undefined) {
      const fetched = this.#load(wanted, upstream).then((value) => {
        if (this.#upstream === upstream) this.#known.get(name, () => value ?? NOTHING)
      })
      fetching = fetched.finally(() => {
        if (this.#fetching.get(name) === fetching) this.#fetching.delete(name)
      })
      this.#fetching.set(name, fetching)
    }
    return fetching
  }

  async #load(wanted: BaseKey, upstream: Upstream): Promise<Uint8Array | undefined> {
    switch (wanted.kind) {
      case 'account':
        return await this.#loadAccount(wanted.address, upstream)
      case 'slot':
        return bigintToMinimalBytes(await upstream.slot(wanted.address, wanted.slot))
      case 'blockHash': {
        const hash = await upstream.blockHash(wanted.number)
        return hash && hashToBytes(hash)
      }
    }
  }

  async #loadAccount(address: Address, upstream: Upstream): Promise<Uint8Array | undefined> {
    const account = this.#withAlloc(address, await upstream.account(address))
    if (account === undefined) return undefined
    const { nonce, balance, code } = account
    const codeHash = code.length === 0 ? KECCAK_EMPTY : keccak256Hex(code)
    // Before anybody hears of the account.
    if (code.length > 0) await this.#modules.storeCode(codeHash, code)
    const slotCount = nonce === 0n && code.length === 0 ? 0n : MANY_SLOTS
    return encodeFlatAccount({ nonce, balance, codeHash, slotCount })
  }

  #withAlloc(address: Address, account: UpstreamAccount | undefined): UpstreamAccount | undefined {
    const own = this.#modules.alloc.get(address)
    if (own === undefined) return account
    if (own.code.length === 0) return { nonce: account?.nonce ?? 0n, balance: own.balance, code: NOTHING }
    return account === undefined || account.code.length === 0 ? own : account
  }
}

const RESET: BaseAnswer = { failure: 'the chain was begun anew meanwhile' }

/** Other slots that the next blocks will use: to ask for each of them alone would be some requests a block. */
function slotsAhead(wanted: BaseKey): { readonly key: Uint8Array; readonly wanted: BaseKey }[] {
  if (wanted.kind !== 'slot') return []
  const { address, slot } = wanted
  const isBeacon = address === BEACON_ROOTS_ADDRESS && slot < 2n * RING
  if (!isBeacon && (address !== HISTORY_STORAGE_ADDRESS || slot >= RING)) return []
  const places = Array.from({ length: Number(SLOTS_AHEAD) }, (_, index) => (slot + BigInt(index)) % RING)
  // EIP-4788: timestamps, and roots in a second ring behind them.
  const slots = isBeacon ? places.flatMap((place) => [place, place + RING]) : places
  return slots.map((each) => ({ key: slotKey(address, each), wanted: { ...wanted, slot: each } }))
}

function nameOf(key: Uint8Array): string {
  return Buffer.from(key).toString('latin1')
}

function newCache(): RecentCache<string, Uint8Array> {
  return new RecentCache({ maxWeight: MAX_KNOWN_BYTES }, { weigh: (value) => value.length + ENTRY_BYTES })
}
