import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Address, Hash } from '../primitives/hex.ts'
import { quantityToHex } from '../primitives/hex.ts'
import { KECCAK_EMPTY } from '../primitives/keccak.ts'
import { transactionHash } from '../primitives/transaction.ts'
import type { StateView } from '../storage/state-view.ts'
import { readState } from './block-lookup.ts'
import { RpcError } from './errors.ts'
import { formatReceipt } from './format/receipt.ts'
import { formatTransaction } from './format/transaction.ts'
import type { Caller } from './method.ts'
import type { RpcModules } from './modules.ts'
import type { RpcOptions } from './options.ts'
import { receiptSource } from './receipt-lookup.ts'
import type { Traces, TracingModules } from './tracing.ts'

/** Blocks that one thread looks through before others have their turn. */
const BLOCKS_PER_TASK = 50
/** The same for blocks whose senders are read here: a few milliseconds. */
const BLOCKS_PER_TURN = 256

export interface FoundTransaction {
  readonly blockHash: Hash
  readonly index: number
}

type Modules = TracingModules & Pick<RpcModules, 'state' | 'fees'> & { readonly traces: Traces }

/** Finds transactions without an index of who took part in them: where a block has an access list by that, else by executing it again. */
export class TransactionSearch {
  readonly #options: Pick<RpcOptions, 'maxTraceBlocks' | 'maxLogRange'>
  readonly #modules: Modules

  constructor(options: Pick<RpcOptions, 'maxTraceBlocks' | 'maxLogRange'>, modules: Modules) {
    this.#options = options
    this.#modules = modules
  }

  /**
   * Transactions in which the account is a sender or recipient of a call, from block `first` on, `step` being 1n or -1n, in that order:
   * at least `count` of them and whole blocks, unless it comes to the end of the chain, which `isOver` says.
   */
  async run(
    account: Address,
    first: bigint,
    step: bigint,
    count: number,
    caller: Caller,
  ): Promise<{ readonly found: readonly FoundTransaction[]; readonly isOver: boolean }> {
    const { chain, traces } = this.#modules
    const head = chain.head().header.number
    const found: FoundTransaction[] = []
    let number = first
    let traced = 0
    let looked = 0
    const isOver = () => number < 0n || number > head
    while (!isOver() && found.length < count) {
      const hashes: Hash[] = []
      const most = Math.min(BLOCKS_PER_TASK, count - found.length)
      for (; !isOver() && hashes.length < most; number += step) {
        if (++looked > this.#options.maxLogRange) throw tooFar(this.#options.maxLogRange)
        const hash = this.#blockToTrace(number, account)
        if (hash === undefined) continue
        hashes.push(hash)
      }
      traced += hashes.length
      if (traced > this.#options.maxTraceBlocks) throw tooFar(this.#options.maxTraceBlocks)
      const report = { kind: 'participations', address: account } as const
      const indexes = (await traces.value({ kind: 'mined', blocks: hashes, report }, caller)) as number[][]
      for (const [position, blockHash] of hashes.entries()) {
        const ordered = step > 0n ? indexes[position]! : indexes[position]!.toReversed()
        found.push(...ordered.map((index) => ({ blockHash, index })))
      }
    }
    return { found, isOver: isOver() }
  }

  /** As Otterscan shows transactions. */
  page(found: readonly FoundTransaction[]) {
    const sources = found.flatMap(({ blockHash, index }) => {
      const source = receiptSource(blockHash, this.#modules)
      return source === undefined ? [] : [{ source, index }]
    })
    return {
      txs: sources.map(({ source: { block, hash: blockHash, senders }, index }) =>
        formatTransaction(block.transactions[index]!, senders[index]!, { header: block.header, blockHash, index }),
      ),
      receipts: sources.map(({ source, index }) => ({
        ...formatReceipt(source, index),
        timestamp: quantityToHex(source.block.header.timestamp),
      })),
    }
  }

  /**
   * The transaction that gave the account its code, and who sent the creation; `null` for an account without, and for one of the
   * genesis. Rejects with -32002 where the states in between are not kept.
   */
  async creatorOf(
    account: Address,
    caller: Caller,
  ): Promise<{ readonly hash: Hash; readonly creator: Address } | null> {
    const { blocks, chain, traces } = this.#modules
    const isThere = (number: bigint) => readState({ number }, this.#modules, (view) => hasCode(view, account))
    let high = chain.head().header.number
    if (!(await isThere(high))) return null
    // The first block after which there is code is above `low`, and not above `high`.
    let low = -1n
    while (high - low > 1n) {
      const middle = (low + high) >> 1n
      if (await isThere(middle)) high = middle
      else low = middle
    }
    const hash = blocks.canonicalHash(high)
    if (hash === undefined) return null
    const report = { kind: 'creation', address: account } as const
    const creation = (await traces.value({ kind: 'mined', blocks: [hash], report }, caller)) as {
      readonly index: number
      readonly creator: Address
    } | null
    const transaction = creation === null ? undefined : blocks.block(hash)?.transactions[creation.index]
    return creation === null || transaction === undefined
      ? null
      : { hash: transactionHash(transaction), creator: creation.creator }
  }

  /** Its hash, if the account may have taken part in it. */
  #blockToTrace(number: bigint, account: Address): Hash | undefined {
    const { blocks } = this.#modules
    const hash = blocks.canonicalHash(number)
    const block = hash === undefined ? undefined : blocks.block(hash)
    if (block === undefined || block.transactions.length === 0) return undefined
    const { accessList } = block
    return accessList === undefined || accessList.some(({ address }) => address === account) ? hash : undefined
  }
}

/** Where the transaction of the account with the nonce is, if it is in one of the last `maxLogRange` blocks. */
export async function findBySenderAndNonce(
  sender: Address,
  nonce: bigint,
  { maxLogRange }: Pick<RpcOptions, 'maxLogRange'>,
  { blocks, chain }: Pick<RpcModules, 'blocks' | 'chain'>,
): Promise<FoundTransaction | undefined> {
  const head = Number(chain.head().header.number)
  const oldest = Math.max(0, head - maxLogRange + 1)
  for (let number = head; number >= oldest; number--) {
    if ((head - number) % BLOCKS_PER_TURN === BLOCKS_PER_TURN - 1) await nextTurn()
    const blockHash = blocks.canonicalHash(BigInt(number))
    const senders = blockHash === undefined ? undefined : blocks.senders(blockHash)
    if (blockHash === undefined || senders === undefined || !senders.includes(sender)) continue
    const { transactions } = blocks.block(blockHash) ?? { transactions: [] }
    const index = transactions.findIndex((each, place) => senders[place] === sender && each.nonce === nonce)
    if (index >= 0) return { blockHash, index }
  }
  return undefined
}

export function hasCode(view: StateView, account: Address): boolean {
  const codeHash = view.account(account)?.codeHash ?? KECCAK_EMPTY
  return codeHash !== KECCAK_EMPTY
}

function tooFar(blocks: number): RpcError {
  return new RpcError('limit-exceeded', `the account took part in too few of ${blocks} blocks to search further`)
}
