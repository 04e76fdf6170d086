import type { Rules } from '../../config/hardforks.ts'
import type { Address, Hash } from '../../primitives/hex.ts'

/** What opcodes can see of the block. Plain data but for `rules`, which each thread resolves from the chain's config. */
export interface BlockEnvironment {
  readonly chainId: bigint
  readonly rules: Rules
  readonly number: bigint
  readonly timestamp: bigint
  readonly coinbase: Address
  readonly gasLimit: bigint
  /** 0n before London. */
  readonly baseFeePerGas: bigint
  readonly difficulty: bigint
  /** What PREVRANDAO returns: the header's mixHash. */
  readonly prevRandao: Hash
  readonly excessBlobGas: bigint
  readonly parentBeaconBlockRoot?: Hash | undefined
  /** Hash of the block `number`, for the 256 before this one; `undefined` where it is not known. */
  blockHash(number: bigint): Hash | undefined
}
