/**
 * Gas in units of gas. The constants never changed since Frontier; what a hardfork changed stands in `GasSchedule`, whose
 * values per hardfork are in `hardforks.ts`. Yellow Paper, appendix G, unless an EIP is named.
 */
export const GAS_ZERO = 0n
export const GAS_JUMPDEST = 1n
export const GAS_BASE = 2n
export const GAS_VERY_LOW = 3n
export const GAS_LOW = 5n
export const GAS_MID = 8n
export const GAS_HIGH = 10n

export const GAS_BLOCK_HASH = 20n
export const GAS_KECCAK = 30n
export const GAS_KECCAK_PER_WORD = 6n
/** Of every copying instruction and of the identity precompile. */
export const GAS_COPY_PER_WORD = 3n
export const GAS_MEMORY_PER_WORD = 3n
/** Memory costs `words^2 / 512` on top of its linear price. */
export const MEMORY_QUADRATIC_DIVISOR = 512n
export const GAS_LOG = 375n
export const GAS_LOG_PER_TOPIC = 375n
export const GAS_LOG_PER_BYTE = 8n
export const GAS_EXP = 10n
/** TLOAD and TSTORE (EIP-1153). */
export const GAS_TRANSIENT = 100n

export const GAS_CREATE = 32_000n
export const GAS_CODE_DEPOSIT_PER_BYTE = 200n
export const GAS_CALL_VALUE = 9_000n
/** What the callee gets for free with a transfer of value. */
export const GAS_CALL_STIPEND = 2_300n
export const GAS_NEW_ACCOUNT = 25_000n

export const GAS_TRANSACTION = 21_000n
export const GAS_TRANSACTION_ZERO_BYTE = 4n
/** EIP-2930. */
export const GAS_ACCESS_LIST_ADDRESS = 2_400n
export const GAS_ACCESS_LIST_SLOT = 1_900n
/** Charged for each authorization (EIP-7702) ... */
export const GAS_AUTHORIZATION_OF_NEW_ACCOUNT = 25_000n
/** ... of which the difference to this comes back as a refund when the authority already exists. */
export const GAS_AUTHORIZATION = 12_500n
/** EIP-4844. */
export const GAS_PER_BLOB = 131_072n

/** How SSTORE is charged and refunded. */
export interface StorageGas {
  /** By the slot's value before the transaction too (EIP-1283, EIP-2200), or by its current value alone. */
  readonly isNetMetered: boolean
  /** Nothing changes, or the slot has changed before in this transaction. Net metering only. */
  readonly dirty: bigint
  readonly set: bigint
  readonly reset: bigint
  readonly clearRefund: bigint
  /** With this much gas or less SSTORE halts, so that a stipend cannot pay for it (EIP-2200). 0 = no such rule. */
  readonly sentry: bigint
}

/** Prices that some hardfork changed. */
export interface GasSchedule {
  readonly expPerByte: bigint
  readonly balance: bigint
  readonly externalCode: bigint
  readonly externalCodeHash: bigint
  readonly storageLoad: bigint
  readonly storage: StorageGas
  readonly call: bigint
  readonly selfDestruct: bigint
  /** A SELFDESTRUCT that brings its beneficiary into being. */
  readonly selfDestructNewAccount: bigint
  readonly selfDestructRefund: bigint
  /** EIP-2929; all 0 before it. The warm price is the base gas of the instructions; these come on top when cold. */
  readonly coldAccountSurcharge: bigint
  readonly coldSlotSurcharge: bigint
  /** SSTORE and the beneficiary of SELFDESTRUCT pay the full cold price, having no warm price in their base gas. */
  readonly coldAccount: bigint
  readonly coldSlot: bigint
  /** Looking through an EIP-7702 delegation to a warm account; a cold one costs `coldAccount`. */
  readonly warmAccount: bigint
  readonly transactionCreate: bigint
  readonly transactionNonZeroByte: bigint
  /** EIP-7623: lowest gas used is `21000 + this * (zero bytes + 4 * non-zero bytes)`; 0 before it. */
  readonly transactionFloorPerToken: bigint
  readonly initCodePerWord: bigint
  readonly bn254Add: bigint
  readonly bn254Multiply: bigint
  readonly bn254Pairing: bigint
  readonly bn254PairingPerPair: bigint
  /** Which EIP prices MODEXP. */
  readonly modularExponentiation: 'eip198' | 'eip2565' | 'eip7883'
}
