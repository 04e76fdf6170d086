import { decodeNetworkTransaction, type NetworkTransaction } from '../primitives/blob-transaction.ts'
import { type Block, decodeBlock } from '../primitives/block.ts'
import { EMPTY_BYTES } from '../primitives/bytes.ts'
import { DecodeError } from '../primitives/errors.ts'
import { headerHash } from '../primitives/header.ts'
import type { Hash } from '../primitives/hex.ts'
import {
  type BlockRange,
  blockRangeMessage,
  hashesMessage,
  numbersMessage,
  type Status,
  statusMessage,
} from './messages.ts'
import { NetworkError, type NetworkErrorCode } from './network-error.ts'
import type { NetworkLimits } from './options.ts'
import type { Peer } from './peer-book.ts'
import type { Offence, PeerScores } from './peer-scores.ts'
import type { RequestClient } from './request-client.ts'

/** What failures say against the peer; those that are not here say nothing. */
const OFFENCE_BY_FAILURE: Readonly<Partial<Record<NetworkErrorCode, Offence>>> = {
  timeout: 'timeout',
  'response-too-large': 'oversized',
  'bad-response': 'malformed',
}

/** A block as it came, with its hash. */
export interface ReceivedBlock {
  readonly block: Block
  readonly hash: Hash
}

interface Modules {
  readonly client: Pick<RequestClient, 'request'>
  readonly scores: Pick<PeerScores, 'penalise'>
}

/**
 * What can be asked of a peer. Answers are decoded and held against the question; a peer that gives a bad one pays for it
 * here. All throw NetworkError.
 */
export class PeerRequests {
  readonly #limits: NetworkLimits
  readonly #modules: Modules

  constructor(limits: NetworkLimits, modules: Modules) {
    this.#limits = limits
    this.#modules = modules
  }

  async status(peer: Peer, own: Status): Promise<Status> {
    return await this.#ask(peer, async () => {
      const [frame] = await this.#modules.client.request(
        peer.peerId,
        'status',
        statusMessage.encode(own),
        this.#smallAnswer(),
      )
      return statusMessage.decode(expected(frame))
    })
  }

  /** Hashes of the peer's canonical blocks with these numbers; shorter when its chain ends before the later ones. */
  async canonicalHashes(peer: Peer, numbers: readonly bigint[]): Promise<readonly Hash[]> {
    return await this.#ask(peer, async () => {
      const request = numbersMessage.encode(numbers)
      const [frame] = await this.#modules.client.request(peer.peerId, 'canonicalHashes', request, this.#smallAnswer())
      const hashes = hashesMessage.decode(expected(frame))
      if (hashes.length > numbers.length) throw new NetworkError('bad-response', 'more hashes than numbers asked for')
      return hashes
    })
  }

  /** Blocks of the peer's canonical chain, each the child of the one before; fewer when the answer would be too long. */
  async blocksByRange(peer: Peer, range: BlockRange): Promise<ReceivedBlock[]> {
    return await this.#ask(peer, async () => {
      const request = blockRangeMessage.encode(range)
      const frames = await this.#modules.client.request(
        peer.peerId,
        'blocksByRange',
        request,
        this.#blocksAnswer(Number(range.count)),
      )
      const blocks = frames.map(receive)
      checkChain(blocks, range.from)
      return blocks
    })
  }

  /** The blocks among these that the peer has, in this order. */
  async blocksByHash(peer: Peer, hashes: readonly Hash[]): Promise<ReceivedBlock[]> {
    return await this.#ask(peer, async () => {
      const frames = await this.#modules.client.request(
        peer.peerId,
        'blocksByHash',
        hashesMessage.encode(hashes),
        this.#blocksAnswer(hashes.length),
      )
      const blocks = frames.map(receive)
      let position = -1
      for (const { hash } of blocks) {
        position = hashes.indexOf(hash, position + 1)
        if (position < 0) throw new NetworkError('bad-response', 'a block that was not asked for', { hash })
      }
      return blocks
    })
  }

  /** Transactions of the peer's pool. */
  async pooledTransactions(peer: Peer): Promise<NetworkTransaction[]> {
    return await this.#ask(peer, async () => {
      const { maxPooledTransactions, maxGossipBytes, maxResponseBytes } = this.#limits
      const frames = await this.#modules.client.request(peer.peerId, 'pooledTransactions', EMPTY_BYTES, {
        maxFrames: maxPooledTransactions,
        maxFrameBytes: maxGossipBytes,
        maxBytes: maxResponseBytes + maxGossipBytes,
      })
      return frames.map(decodeNetworkTransaction)
    })
  }

  #smallAnswer() {
    const { maxSmallMessageBytes } = this.#limits
    return { maxFrames: 1, maxFrameBytes: maxSmallMessageBytes, maxBytes: maxSmallMessageBytes }
  }

  /** The answer may exceed `maxResponseBytes` by its last block. */
  #blocksAnswer(maxFrames: number) {
    const { maxBlockBytes, maxResponseBytes } = this.#limits
    return { maxFrames, maxFrameBytes: maxBlockBytes, maxBytes: maxResponseBytes + maxBlockBytes }
  }

  async #ask<T>(peer: Peer, question: () => Promise<T>): Promise<T> {
    try {
      return await question()
    } catch (error) {
      const failure =
        error instanceof DecodeError
          ? new NetworkError('bad-response', error.message, { peer: peer.id }, { cause: error })
          : error
      const offence = failure instanceof NetworkError ? OFFENCE_BY_FAILURE[failure.code] : undefined
      if (offence !== undefined) this.#modules.scores.penalise(peer.id, offence)
      throw failure
    }
  }
}

function expected(frame: Uint8Array | undefined): Uint8Array {
  if (frame === undefined) throw new NetworkError('bad-response', 'the answer is empty')
  return frame
}

function receive(frame: Uint8Array): ReceivedBlock {
  const block = decodeBlock(frame)
  return { block, hash: headerHash(block.header) }
}

function checkChain(blocks: readonly ReceivedBlock[], from: bigint): void {
  for (const [index, { block }] of blocks.entries()) {
    const previous = blocks[index - 1]
    const isNext = block.header.number === from + BigInt(index)
    if (!isNext || (previous !== undefined && block.header.parentHash !== previous.hash)) {
      throw new NetworkError('bad-response', 'the blocks are not a chain', { index })
    }
  }
}
