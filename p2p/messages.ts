import { concatBytes } from '../primitives/bytes.ts'
import { DecodeError } from '../primitives/errors.ts'
import type { Hash } from '../primitives/hex.ts'
import { encodeRlp } from '../primitives/rlp.ts'
import { byteString, type Codec, hash, list, record, uint64, uint256 } from '../primitives/rlp-codec.ts'
import { RlpCursor } from '../primitives/rlp-cursor.ts'

/** What two nodes tell each other first, and every few seconds. */
export interface Status {
  readonly version: bigint
  readonly chainId: bigint
  readonly genesisHash: Hash
  readonly headHash: Hash
  readonly headNumber: bigint
  /** Of the head. */
  readonly totalDifficulty: bigint
}

export interface BlockRange {
  /** Canonical number of the first block. */
  readonly from: bigint
  readonly count: bigint
}

/** A block that is too large to be gossiped whole: whoever lacks it pulls it from the sender. */
export interface BlockAnnouncement {
  readonly hash: Hash
  readonly number: bigint
  /** Of the chain up to and with the block. */
  readonly totalDifficulty: bigint
}

/** Two directions between a value and the bytes on the wire. `decode` throws DecodeError. */
export interface Message<T> {
  encode(value: T): Uint8Array
  decode(bytes: Uint8Array): T
}

function message<T>(name: string, codec: Codec<T>): Message<T> {
  return {
    encode: (value) => encodeRlp(codec.encode(value)),
    decode: (bytes) => new RlpCursor(bytes).whole(codec.decode, name),
  }
}

export const statusMessage = message(
  'status',
  record<Status>('status', {
    version: uint64,
    chainId: uint256,
    genesisHash: hash,
    headHash: hash,
    headNumber: uint64,
    totalDifficulty: uint256,
  }),
)

export const blockRangeMessage = message('range', record<BlockRange>('range', { from: uint64, count: uint64 }))

export const announcementMessage = message(
  'announcement',
  record<BlockAnnouncement>('announcement', { hash, number: uint64, totalDifficulty: uint256 }),
)

/** Hashes of blocks; their number is bounded by the bytes of the message. */
export const hashesMessage = message('hashes', list(hash))

/** Block numbers. */
export const numbersMessage = message('numbers', list(uint64))

/** Transactions in their network form. */
export const transactionsMessage = message('transactions', list(byteString))

/** What stands on the topic of blocks: one byte that says which, then the block's or the announcement's RLP. */
export type BlockGossip =
  | { readonly kind: 'block'; readonly block: Uint8Array }
  | { readonly kind: 'announcement'; readonly announcement: BlockAnnouncement }

const WHOLE_BLOCK = 0
const ANNOUNCEMENT = 1

export const blockGossipMessage: Message<BlockGossip> = {
  encode(gossip) {
    return gossip.kind === 'block'
      ? concatBytes(Uint8Array.of(WHOLE_BLOCK), gossip.block)
      : concatBytes(Uint8Array.of(ANNOUNCEMENT), announcementMessage.encode(gossip.announcement))
  },
  decode(bytes) {
    const rest = bytes.subarray(1)
    switch (bytes[0]) {
      case WHOLE_BLOCK:
        return { kind: 'block', block: rest }
      case ANNOUNCEMENT:
        return { kind: 'announcement', announcement: announcementMessage.decode(rest) }
      default:
        throw new DecodeError(`block gossip: unknown kind ${bytes[0]}`)
    }
  },
}
