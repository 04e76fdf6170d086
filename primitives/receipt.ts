import type { Address, Hash } from './hex.ts'

/** An event a contract emitted: up to four 32-byte topics. */
export interface Log {
  readonly address: Address
  readonly topics: readonly Hash[]
  readonly data: Uint8Array
}

/**
 * The consensus part of a receipt. RLP: [status or root, cumulativeGasUsed, bloom, logs, operationsHash (plan on)],
 * behind the transaction's type byte when that is not 0.
 */
export interface Receipt {
  readonly type: 0 | 1 | 2 | 3 | 4
  /** `true` on success (EIP-658); before Byzantium the state root after the transaction. */
  readonly status: boolean | Hash
  readonly cumulativeGasUsed: bigint
  /** 256 bytes. */
  readonly logsBloom: Uint8Array
  readonly logs: readonly Log[]
  readonly operationsHash?: Hash | undefined
}
