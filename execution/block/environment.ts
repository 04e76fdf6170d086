import type { Rules } from '../../config/hardforks.ts'
import type { Address, Hash } from '../../primitives/hex.ts'
import type { Precompile } from '../evm/precompiles/precompile.ts'

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
  /** In wei, where a call wants another than the one that follows from the excess. */
  readonly blobBaseFee?: bigint | undefined
  readonly parentBeaconBlockRoot?: Hash | undefined
  /** In place of those of the rules, where a call moves some. The addresses that are warm from the start remain the rules'. */
  readonly precompiles?: ReadonlyMap<Address, Precompile> | undefined
  /** Hash of the block `number`, for the 256 before this one; `undefined` where it is not known. */
  blockHash(number: bigint): Hash | undefined
}
