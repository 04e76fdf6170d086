import {
  GAS_ACCESS_LIST_ADDRESS,
  GAS_ACCESS_LIST_SLOT,
  GAS_AUTHORIZATION_OF_NEW_ACCOUNT,
  GAS_TRANSACTION,
  GAS_TRANSACTION_ZERO_BYTE,
} from '../../config/gas.ts'
import type { Rules } from '../../config/hardforks.ts'
import type { Address } from '../../primitives/hex.ts'
import type { AccessListItem, Authorization } from '../../primitives/transaction.ts'

/** What intrinsic gas depends on: any transaction, and a call without a signature. */
export interface IntrinsicFields {
  readonly to: Address | undefined
  readonly data: Uint8Array
  readonly accessList?: readonly AccessListItem[] | undefined
  readonly authorizationList?: readonly Authorization[] | undefined
}

/** Tokens that a non-zero byte of call data counts as; a zero byte is one (EIP-7623). */
const TOKENS_PER_NON_ZERO_BYTE = 4n

/** Gas taken before the first instruction (Yellow Paper 6.2, g0). */
export function intrinsicGas(fields: IntrinsicFields, rules: Rules): bigint {
  const { to, data, accessList = [], authorizationList = [] } = fields
  const zeros = zeroBytes(data)
  let gas = GAS_TRANSACTION
  gas += GAS_TRANSACTION_ZERO_BYTE * zeros + rules.gas.transactionNonZeroByte * (BigInt(data.length) - zeros)
  if (to === undefined) {
    const words = BigInt(Math.ceil(data.length / 32))
    gas += rules.gas.transactionCreate + rules.gas.initCodePerWord * words
  }
  for (const { slots } of accessList) gas += GAS_ACCESS_LIST_ADDRESS + GAS_ACCESS_LIST_SLOT * BigInt(slots.length)
  return gas + GAS_AUTHORIZATION_OF_NEW_ACCOUNT * BigInt(authorizationList.length)
}

/** The least gas a transaction uses, whatever it does: its call data at the floor price (EIP-7623); 0n before Prague. */
export function floorGas({ data }: IntrinsicFields, rules: Rules): bigint {
  const perToken = rules.gas.transactionFloorPerToken
  if (perToken === 0n) return 0n
  const zeros = zeroBytes(data)
  return GAS_TRANSACTION + perToken * (zeros + TOKENS_PER_NON_ZERO_BYTE * (BigInt(data.length) - zeros))
}

/** The least gas limit with which a transaction can be executed: the larger of the two. */
export function requiredGas(fields: IntrinsicFields, rules: Rules): bigint {
  const intrinsic = intrinsicGas(fields, rules)
  const floor = floorGas(fields, rules)
  if (intrinsic < floor) return floor
  return intrinsic
}

function zeroBytes(data: Uint8Array): bigint {
  let count = 0
  for (const byte of data) if (byte === 0) count++
  return BigInt(count)
}
