import type { Header } from '../primitives/header.ts'

/** The header fields that belong to the engine. */
export type EngineFields = Pick<Header, 'difficulty' | 'mixHash' | 'nonce'>

/** Where and when a block stands. */
export type BlockPlace = Pick<Header, 'parentHash' | 'number' | 'timestamp'>

/** Numbers of the blocks that RPC calls `safe` and `finalized`; both are at most the head's. */
export interface FinalityNumbers {
  readonly safe: bigint
  readonly finalized: bigint
}

/**
 * How a chain agrees on its next block. Everything else about a block is the same under every engine. An engine knows no
 * storage, no network and no transactions; it holds a key or a worker at most.
 */
export interface Engine {
  readonly name: string
  /** Bytes of extraData that are allowed: 32, or what the engine keeps there. */
  readonly maxExtraDataBytes: number
  /**
   * Whether time in the chain is the clock's: the producer waits for its slot, and blocks from the future are refused.
   * Otherwise timestamps may run ahead when blocks come faster than seconds.
   */
  readonly followsClock: boolean
  /** Whether blocks come without transactions too. */
  readonly makesEmptyBlocks: boolean

  /** Seconds: the least timestamp of a child of `parent`. Above the parent's. */
  earliestTimestamp(parent: Header): bigint

  /** The engine's fields of this child of `parent`; `undefined` when making it is another node's turn. */
  prepare(child: BlockPlace, parent: Header): EngineFields | undefined

  /**
   * The header with its seal: nonce found, or agreement reached. Rejects with the signal's reason when aborted, which is
   * what happens when another block becomes the head meanwhile.
   */
  seal(header: Header, signal: AbortSignal): Promise<Header>

  /** Throws `BlockError` when the engine's fields or the seal are wrong. Needs no state. */
  verifyHeader(header: Header, parent: Header): void

  finality(headNumber: bigint): FinalityNumbers

  /** Ends what the engine runs; a `seal` under way rejects. */
  close(): Promise<void>
}
