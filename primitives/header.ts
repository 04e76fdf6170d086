import type { Address, Hash } from './hex.ts'

/**
 * A block header: Ethereum's fields in RLP order, each optional one present from its hardfork on, then the two of
 * pavm when `pavm.plan` is on. Integers are unsigned.
 */
export interface Header {
  readonly parentHash: Hash
  readonly ommersHash: Hash
  readonly coinbase: Address
  readonly stateRoot: Hash
  readonly transactionsRoot: Hash
  readonly receiptsRoot: Hash
  /** 256 bytes. */
  readonly logsBloom: Uint8Array
  readonly difficulty: bigint
  readonly number: bigint
  readonly gasLimit: bigint
  readonly gasUsed: bigint
  /** Seconds. */
  readonly timestamp: bigint
  readonly extraData: Uint8Array
  /** prevRandao after the Merge (EIP-4399), and under every engine of a devnet. */
  readonly mixHash: Hash
  /** 8 bytes. */
  readonly nonce: Uint8Array
  /** London (EIP-1559). */
  readonly baseFeePerGas?: bigint | undefined
  /** Shanghai (EIP-4895). */
  readonly withdrawalsRoot?: Hash | undefined
  /** Cancun (EIP-4844). */
  readonly blobGasUsed?: bigint | undefined
  readonly excessBlobGas?: bigint | undefined
  /** Cancun (EIP-4788). */
  readonly parentBeaconBlockRoot?: Hash | undefined
  /** Prague (EIP-7685). */
  readonly requestsHash?: Hash | undefined
  /** keccak256 of the RLP of the block access list (EIP-7928); with `pavm.plan` only. */
  readonly blockAccessListHash?: Hash | undefined
  /** Encoded plan (`primitives/plan.ts`); with `pavm.plan` only. */
  readonly plan?: Uint8Array | undefined
}
