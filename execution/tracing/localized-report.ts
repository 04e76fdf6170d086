import type { Address } from '../../primitives/hex.ts'
import { quantityToHex } from '../../primitives/hex.ts'
import { CallCollector, type TracedCall } from './call-collector.ts'
import { actionOf, type FlatCall, flatten, kindOf, parityError, placeOf, resultOf } from './flat-calls.ts'
import type { JsonWriter } from './json-writer.ts'
import type { Report, TracedBlock } from './trace.ts'

/** Traces of OpenEthereum (trace_block, trace_transaction, trace_filter, trace_get) in a list, each with its place. */
export interface LocalizedOptions {
  readonly kind: 'localized'
  /** Those with one of these senders and one of these recipients; absent: any. */
  readonly from?: readonly Address[] | undefined
  readonly to?: readonly Address[] | undefined
  /** So many of them are left out, and so many told; absent: all. */
  readonly skip?: number | undefined
  readonly count?: number | undefined
  /** The one at that trace address alone, instead of a list; `null` if there is none. */
  readonly at?: readonly number[] | undefined
  /** What the block pays, behind what it does. */
  readonly withRewards: boolean
}

export function localizedReport(options: LocalizedOptions, writer: JsonWriter): Report {
  const report = new LocalizedReport(options, writer)
  return report
}

class LocalizedReport implements Report {
  readonly #options: LocalizedOptions
  readonly #writer: JsonWriter
  readonly #isWanted: (from: Address | undefined, to: Address | undefined) => boolean
  #toSkip: number
  #left: number

  constructor(options: LocalizedOptions, writer: JsonWriter) {
    this.#options = options
    this.#writer = writer
    this.#toSkip = options.skip ?? 0
    this.#left = options.at === undefined ? (options.count ?? Number.POSITIVE_INFINITY) : 1
    const from = options.from && new Set(options.from)
    const to = options.to && new Set(options.to)
    const has = (set: ReadonlySet<Address> | undefined, address: Address | undefined) =>
      set === undefined || (address !== undefined && set.has(address))
    this.#isWanted = (sender, recipient) => has(from, sender) && has(to, recipient)
  }

  get isComplete(): boolean {
    return this.#left === 0
  }

  begin(): void {
    if (this.#options.at === undefined) this.#writer.open('[', ']')
  }

  start(subject: Parameters<Report['start']>[0]): ReturnType<Report['start']> {
    const tracer = new CallCollector({}, subject)
    const place = placeOf(subject.position!)
    const { at } = this.#options
    return {
      tracer,
      finish: () => {
        for (const flat of flatten(tracer.outermost, isShown)) {
          if (at !== undefined && !isSame(flat.traceAddress, at)) continue
          const [from, to] = endsOf(flat.call)
          this.#tell(from, to, () => ({ ...parityTrace(flat), ...place }))
        }
      },
    }
  }

  endBlock({ block, hash, environment }: TracedBlock): void {
    const { blockReward: reward } = environment.rules
    if (!this.#options.withRewards || reward === 0n) return
    const { header, ommers } = block
    const tell = (author: Address, rewardType: string, value: bigint) =>
      this.#tell(undefined, author, () => ({
        action: { author, rewardType, value: quantityToHex(value) },
        blockHash: hash,
        blockNumber: Number(header.number),
        result: null,
        subtraces: 0,
        traceAddress: [],
        transactionHash: null,
        transactionPosition: null,
        type: 'reward',
      }))
    tell(header.coinbase, 'block', reward + (reward / 32n) * BigInt(ommers.length))
    for (const ommer of ommers) tell(ommer.coinbase, 'uncle', ((8n - (header.number - ommer.number)) * reward) / 8n)
  }

  end(): void {
    if (this.#options.at === undefined) this.#writer.close()
    else if (this.#left > 0) this.#writer.write('null')
  }

  #tell(from: Address | undefined, to: Address | undefined, describe: () => object): void {
    if (this.#left === 0 || !this.#isWanted(from, to)) return
    if (this.#toSkip > 0) {
      this.#toSkip--
      return
    }
    this.#left--
    if (this.#options.at === undefined) this.#writer.item()
    this.#writer.write(JSON.stringify(describe()))
    if (this.#options.at === undefined) this.#writer.settle()
  }
}

/**
 * OpenEthereum has no calls that were not made, and of precompiled contracts only those that are paid or are the outermost
 * (ethcore/machine/src/executive.rs).
 */
export function isShown({ depth, isPrecompile, isRefused, value, type }: TracedCall): boolean {
  if (isRefused) return false
  return !isPrecompile || depth === 0 || (type === 'CALL' && value !== 0n)
}

/** A trace without its place. */
export function parityTrace({ call, subtraces, traceAddress }: FlatCall): Record<string, unknown> {
  return {
    action: actionOf(call),
    ...(call.error === undefined ? { result: resultOf(call) ?? null } : { error: parityError(call) }),
    subtraces,
    traceAddress,
    type: kindOf(call),
  }
}

/** Who is looked for as the sender and the recipient of a trace. A creation that failed has no recipient. */
function endsOf({ type, from, to, error }: TracedCall): readonly [Address, Address | undefined] {
  const isCreation = type === 'CREATE' || type === 'CREATE2'
  return [from, isCreation && error !== undefined ? undefined : to]
}

function isSame(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((each, index) => each === b[index])
}
