import { encodeNetworkTransaction } from '../primitives/blob-transaction.ts'
import { encodeBlock } from '../primitives/block.ts'
import { DecodeError } from '../primitives/errors.ts'
import type { Hash } from '../primitives/hex.ts'
import { blockRangeMessage, hashesMessage, numbersMessage } from './messages.ts'
import type { NetworkBlocks, NetworkPool } from './modules.ts'
import type { NetworkLimits } from './options.ts'

interface Modules {
  readonly blocks: Pick<NetworkBlocks, 'block' | 'canonicalHash'>
  readonly txpool: Pick<NetworkPool, 'content'>
}

/** What peers may ask of this node: each method makes the frames of an answer. All throw DecodeError. */
export class PeerServices {
  readonly #limits: NetworkLimits
  readonly #modules: Modules

  constructor(limits: NetworkLimits, modules: Modules) {
    this.#limits = limits
    this.#modules = modules
  }

  /** Ends at the first number that our chain does not reach. */
  *canonicalHashes(request: Uint8Array): Generator<Uint8Array> {
    const numbers = numbersMessage.decode(request)
    checkCount(numbers.length, this.#limits.maxNumbersPerRequest)
    const hashes: Hash[] = []
    for (const number of numbers) {
      const hash = this.#modules.blocks.canonicalHash(number)
      if (hash === undefined) break
      hashes.push(hash)
    }
    yield hashesMessage.encode(hashes)
  }

  *blocksByRange(request: Uint8Array): Generator<Uint8Array> {
    const { from, count } = blockRangeMessage.decode(request)
    checkCount(Number(count), this.#limits.maxBlocksPerRequest)
    yield* this.#blocks(this.#canonicalHashes(from, from + count))
  }

  *blocksByHash(request: Uint8Array): Generator<Uint8Array> {
    const hashes = hashesMessage.decode(request)
    checkCount(hashes.length, this.#limits.maxBlocksPerRequest)
    yield* this.#blocks(hashes)
  }

  /** Pending ones first, each sender's by nonce. */
  *pooledTransactions(): Generator<Uint8Array> {
    const { maxPooledTransactions, maxResponseBytes } = this.#limits
    const { pending, queued } = this.#modules.txpool.content()
    let count = 0
    let bytes = 0
    for (const { transaction, sidecar } of [...pending.values(), ...queued.values()].flat()) {
      // One that came back out of a lost block without its blobs is of no use to others.
      if (transaction.type === 3 && sidecar === undefined) continue
      if (count === maxPooledTransactions || bytes >= maxResponseBytes) return
      const frame = encodeNetworkTransaction(transaction, sidecar)
      count++
      bytes += frame.length
      yield frame
    }
  }

  *#canonicalHashes(from: bigint, to: bigint): Generator<Hash> {
    for (let number = from; number < to; number++) {
      const hash = this.#modules.blocks.canonicalHash(number)
      if (hash === undefined) return
      yield hash
    }
  }

  /** The first one goes out however large it is, so that an answer always makes progress. */
  *#blocks(hashes: Iterable<Hash>): Generator<Uint8Array> {
    let bytes = 0
    for (const hash of hashes) {
      if (bytes >= this.#limits.maxResponseBytes) return
      const block = this.#modules.blocks.block(hash)
      if (block === undefined) continue
      const frame = encodeBlock(block)
      bytes += frame.length
      yield frame
    }
  }
}

function checkCount(count: number, limit: number): void {
  if (count < 1 || count > limit) throw new DecodeError(`request: ${count} items are not between 1 and ${limit}`)
}
