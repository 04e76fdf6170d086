import { BlockError } from '../../execution/block/block-error.ts'
import { TransactionError } from '../../execution/transaction/transaction-error.ts'
import { type DecodeDetails, DecodeError } from '../../primitives/errors.ts'
import { type CaseResult, PASSED } from './suite.ts'

/** The errors with which bytes, a transaction or a block can be refused. Any other is a bug. */
export type Refusal = BlockError | TransactionError | DecodeError

export function isRefusal(error: unknown): error is Refusal {
  return error instanceof BlockError || error instanceof TransactionError || error instanceof DecodeError
}

/**
 * Why something was refused, in one line: the code of a block's or transaction's error; of malformed bytes what is wrong
 * and with which field, as `leading-zeros transaction.nonce`.
 */
export function reasonOf(error: Refusal): string {
  if (error instanceof BlockError && error.code === 'invalid-transaction') return String(error.details.reason)
  // Given once more, it is refused for what it was refused for.
  if (error instanceof BlockError && error.code === 'known-invalid') return String(error.details.code)
  if (!(error instanceof DecodeError)) return error.code
  const { field = '', expected, actual } = error.details
  return `${problemOf(error, Number(actual) < Number(expected))} ${field}`.trim()
}

function problemOf({ details }: DecodeError, isLess: boolean): string {
  const { problem = 'malformed', expected } = details as DecodeDetails
  if (problem === 'length') return isLess ? 'too-short' : 'too-long'
  if (problem === 'count' && expected !== undefined) return isLess ? 'too-few' : 'too-many'
  return problem
}

/** What a field of an encoded transaction is called in names of refusals. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  NONCE: ['transaction.nonce'],
  GASLIMIT: ['transaction.gasLimit'],
  GASPRICE: ['transaction.gasPrice'],
  VALUE: ['transaction.value'],
  TO: ['transaction.to'],
  DATA: ['transaction.data'],
  BASEFEE: ['transaction.maxFeePerGas'],
  PRIORITY_FEE: ['transaction.maxPriorityFeePerGas'],
  V: ['transaction.v', 'transaction.yParity'],
  R: ['transaction.r'],
  S: ['transaction.s'],
}

/** The names by pattern that stand for problems of one field; `rlp` where the field may break the encoding around it. */
const FIELD_PATTERNS: readonly (readonly [pattern: RegExp, problems: readonly string[], others: readonly string[]])[] =
  [
    [/^RLP_LEADING_ZEROS_([A-Z_]+?)$/, ['leading-zeros'], []],
    [/^RLP_INVALID_SIGNATURE_([RS])$/, ['kind', 'overflow', 'leading-zeros'], ['rlp']],
    [
      /^RLP_INVALID_(NONCE|GASLIMIT|TO|DATA|VALUE)$/,
      ['kind', 'overflow', 'leading-zeros', 'too-short', 'too-long'],
      ['rlp'],
    ],
    [/^(NONCE|GASLIMIT|VALUE|GASPRICE)_OVERFLOW$/, ['overflow'], []],
  ]

/**
 * Our reasons by the names that Ethereum's tests give refusals (ethereum_test_exceptions of execution-spec-tests): a
 * refusal is right if its reason is one of them, or begins with one and a space. Several where a name covers what we
 * tell apart, or where a fault has two names.
 */
const TRANSACTION_REASONS: Readonly<Record<string, readonly string[]>> = {
  TYPE_NOT_SUPPORTED: ['transaction-type-not-supported', 'type'],
  TYPE_1_TX_PRE_FORK: ['transaction-type-not-supported'],
  TYPE_2_TX_PRE_FORK: ['transaction-type-not-supported'],
  TYPE_3_TX_PRE_FORK: ['transaction-type-not-supported'],
  TYPE_3_TX_ZERO_BLOBS_PRE_FORK: ['transaction-type-not-supported'],
  TYPE_4_TX_PRE_FORK: ['transaction-type-not-supported'],
  SENDER_NOT_EOA: ['sender-has-code'],
  ADDRESS_TOO_SHORT: ['too-short transaction.to'],
  ADDRESS_TOO_LONG: ['too-long transaction.to'],
  NONCE_MISMATCH_TOO_HIGH: ['nonce-too-high'],
  NONCE_MISMATCH_TOO_LOW: ['nonce-too-low'],
  NONCE_TOO_BIG: ['nonce-at-maximum', 'overflow transaction.nonce'],
  NONCE_IS_MAX: ['nonce-at-maximum'],
  NONCE_OVERFLOW: ['nonce-at-maximum', 'overflow transaction.nonce'],
  GASPRICE_OVERFLOW: ['overflow transaction.gasPrice', 'overflow transaction.maxFeePerGas'],
  PRIORITY_OVERFLOW: ['overflow transaction.maxPriorityFeePerGas'],
  GASLIMIT_PRICE_PRODUCT_OVERFLOW: ['fee-overflow'],
  INVALID_SIGNATURE_VRS: [
    ...['signature', 'invalid-signature', 'replay-protection-not-supported'],
    ...['overflow transaction.v', 'overflow transaction.yParity', 'overflow transaction.r', 'overflow transaction.s'],
  ],
  EC_RECOVERY_FAIL: ['signature', 'invalid-signature'],
  // A legacy `v` holds both the chain and the parity.
  INVALID_CHAINID: ['wrong-chain-id', 'signature transaction.v'],
  // Zeros in the length that stands before a field: the RLP is not canonical.
  RLP_LEADING_ZEROS_NONCE_SIZE: ['rlp'],
  RLP_LEADING_ZEROS_DATA_SIZE: ['rlp'],
  RLP_TOO_FEW_ELEMENTS: ['too-few transaction'],
  RLP_TOO_MANY_ELEMENTS: ['too-many transaction'],
  RLP_ERROR_EOF: ['rlp'],
  RLP_ERROR_SIZE: ['rlp'],
  RLP_ERROR_SIZE_LEADING_ZEROS: ['rlp'],
  RLP_INVALID_HEADER: ['rlp', 'kind transaction', 'type'],
  RLP_INVALID_ACCESS_LIST_ADDRESS_TOO_LONG: ['too-long accessList.address'],
  RLP_INVALID_ACCESS_LIST_ADDRESS_TOO_SHORT: ['too-short accessList.address'],
  RLP_INVALID_ACCESS_LIST_STORAGE_TOO_LONG: ['too-long accessList.slots'],
  RLP_INVALID_ACCESS_LIST_STORAGE_TOO_SHORT: ['too-short accessList.slots'],
  INSUFFICIENT_ACCOUNT_FUNDS: ['insufficient-funds', 'fee-overflow'],
  INSUFFICIENT_MAX_FEE_PER_GAS: ['fee-cap-below-base-fee'],
  PRIORITY_GREATER_THAN_MAX_FEE_PER_GAS: ['priority-fee-above-fee-cap'],
  PRIORITY_GREATER_THAN_MAX_FEE_PER_GAS_2: ['priority-fee-above-fee-cap'],
  INSUFFICIENT_MAX_FEE_PER_BLOB_GAS: ['blob-fee-cap-below-base-fee'],
  INTRINSIC_GAS_TOO_LOW: ['intrinsic-gas-too-low'],
  INTRINSIC_GAS_BELOW_FLOOR_GAS_COST: ['floor-gas-too-low'],
  INITCODE_SIZE_EXCEEDED: ['init-code-too-large'],
  GAS_ALLOWANCE_EXCEEDED: ['gas-limit-exceeds-block'],
  GAS_LIMIT_EXCEEDS_MAXIMUM: ['gas-limit-exceeds-cap'],
  TYPE_3_TX_INVALID_BLOB_VERSIONED_HASH: ['blob-version-invalid'],
  TYPE_3_TX_WITH_FULL_BLOBS: ['too-few transaction', 'too-many transaction', 'kind'],
  TYPE_3_TX_BLOB_COUNT_EXCEEDED: ['blob-count-exceeded'],
  TYPE_3_TX_MAX_BLOB_GAS_ALLOWANCE_EXCEEDED: ['blob-count-exceeded', 'blob-gas-out-of-bounds'],
  TYPE_3_TX_CONTRACT_CREATION: ['too-short transaction.to'],
  TYPE_3_TX_ZERO_BLOBS: ['blob-list-empty'],
  TYPE_4_EMPTY_AUTHORIZATION_LIST: ['authorization-list-empty'],
  TYPE_4_INVALID_AUTHORITY_SIGNATURE: ['overflow authorizationList'],
  TYPE_4_INVALID_AUTHORITY_SIGNATURE_S_TOO_HIGH: ['overflow authorizationList'],
  TYPE_4_INVALID_AUTHORIZATION_FORMAT: ['kind', 'too-few', 'too-many', 'too-short', 'too-long', 'overflow', 'rlp'],
  TYPE_4_TX_CONTRACT_CREATION: ['too-short transaction.to'],
}

const BLOCK_REASONS: Readonly<Record<string, readonly string[]>> = {
  TOO_MANY_UNCLES: ['wrong-ommers', 'count block.ommers'],
  UNCLE_IN_CHAIN: ['wrong-ommers'],
  UNCLE_IS_ANCESTOR: ['wrong-ommers'],
  UNCLE_IS_BROTHER: ['wrong-ommers'],
  UNCLE_PARENT_INCORRECT: ['wrong-ommers'],
  UNCLE_UNKNOWN_PARENT: ['wrong-ommers'],
  EXTRA_DATA_TOO_BIG: ['extra-data-too-long'],
  EXTRA_DATA_INVALID_DAO: ['wrong-extra-data'],
  // The parent may have come, and been refused.
  UNKNOWN_PARENT: ['unknown-parent', 'invalid-ancestor'],
  UNKNOWN_PARENT_ZERO: ['unknown-parent'],
  GASLIMIT_TOO_BIG: ['gas-limit-out-of-bounds', 'overflow header.gasLimit'],
  INVALID_BLOCK_NUMBER: ['wrong-number'],
  INVALID_BLOCK_TIMESTAMP_OLDER_THAN_PARENT: ['timestamp-too-early'],
  INVALID_DIFFICULTY: ['wrong-difficulty'],
  INVALID_LOG_BLOOM: ['wrong-bloom'],
  INVALID_STATE_ROOT: ['wrong-state-root'],
  INVALID_RECEIPTS_ROOT: ['wrong-receipts-root'],
  INVALID_TRANSACTIONS_ROOT: ['wrong-transactions-root'],
  INVALID_UNCLES_HASH: ['wrong-ommers', 'wrong-ommers-hash'],
  GAS_USED_OVERFLOW: ['gas-limit-exceeds-block', 'gas-used-above-limit'],
  INVALID_GASLIMIT: ['gas-limit-out-of-bounds'],
  INVALID_BASEFEE_PER_GAS: ['wrong-base-fee'],
  INVALID_GAS_USED: ['wrong-gas-used'],
  INVALID_GAS_USED_ABOVE_LIMIT: ['gas-used-above-limit'],
  INVALID_WITHDRAWALS_ROOT: ['wrong-withdrawals-root'],
  INVALID_BLOCK_HASH: ['wrong-withdrawals-root', 'wrong-transactions-root'],
  INCORRECT_BLOCK_FORMAT: ['field-missing', 'field-forbidden', 'count header', 'count block body', 'parts'],
  BLOB_GAS_USED_ABOVE_LIMIT: ['blob-gas-out-of-bounds'],
  INCORRECT_BLOB_GAS_USED: ['wrong-blob-gas-used', 'blob-gas-out-of-bounds'],
  INCORRECT_EXCESS_BLOB_GAS: ['wrong-excess-blob-gas'],
  INVALID_VERSIONED_HASHES: ['blob-version-invalid', 'wrong-blob-gas-used'],
  RLP_STRUCTURES_ENCODING: [
    ...['rlp', 'kind', 'count', 'too-few', 'too-many', 'too-short', 'too-long'],
    ...['overflow', 'leading-zeros', 'type', 'parts'],
  ],
  RLP_WITHDRAWALS_NOT_READ: ['parts block.withdrawals', 'count block body'],
  RLP_INVALID_FIELD_OVERFLOW_64: ['overflow'],
  RLP_INVALID_ADDRESS: ['too-short withdrawal.address', 'too-long withdrawal.address'],
  RLP_BLOCK_LIMIT_EXCEEDED: ['block-too-large'],
  INVALID_REQUESTS: ['wrong-requests-hash'],
  INVALID_DEPOSIT_EVENT_LAYOUT: ['system-call-failed'],
  SYSTEM_CONTRACT_EMPTY: ['system-call-failed'],
  SYSTEM_CONTRACT_CALL_FAILED: ['system-call-failed'],
  IMPORT_IMPOSSIBLE_LEGACY: ['field-missing'],
  IMPORT_IMPOSSIBLE_LEGACY_WRONG_PARENT: ['field-missing'],
  IMPORT_IMPOSSIBLE_LONDON_WRONG_PARENT: ['field-forbidden'],
  IMPORT_IMPOSSIBLE_PARIS_WRONG_POW: ['wrong-difficulty'],
  IMPORT_IMPOSSIBLE_PARIS_WRONG_POS: ['wrong-difficulty'],
  IMPORT_IMPOSSIBLE_LONDON_OVER_PARIS: ['wrong-difficulty'],
  IMPORT_IMPOSSIBLE_PARIS_OVER_SHANGHAI: ['field-missing', 'parts block.withdrawals'],
  IMPORT_IMPOSSIBLE_SHANGHAI: ['field-forbidden', 'parts block.withdrawals'],
  IMPORT_IMPOSSIBLE_UNCLES_OVER_PARIS: ['wrong-ommers-hash', 'count block.ommers'],
  IMPORT_IMPOSSIBLE_DIFFICULTY_OVER_PARIS: ['wrong-difficulty'],
}

/** Our reasons for a name with its class, as `BlockException.INVALID_GASLIMIT`; `undefined` for one that is not known here. */
function reasonsFor(qualified: string): readonly string[] | undefined {
  const [kind, name = ''] = qualified.trim().split('.')
  if (kind === 'BlockException') return BLOCK_REASONS[name]
  if (kind !== 'TransactionException') return undefined
  const ofFields = FIELD_PATTERNS.flatMap(([pattern, problems, others]) => {
    const fields = FIELDS[pattern.exec(name)?.[1] ?? '']
    if (fields === undefined) return []
    return [...others, ...problems.flatMap((problem) => fields.map((field) => `${problem} ${field}`))]
  })
  const reasons = [...(TRANSACTION_REASONS[name] ?? []), ...ofFields]
  return reasons.length === 0 ? undefined : reasons
}

/**
 * Compares a refusal with the names that a vector has for it, `|` between them: one of the faults found has to be one of
 * those. `expected` is `undefined` where nothing is to be refused.
 */
export function refusalResult(faults: readonly Refusal[], expected: string | undefined): CaseResult {
  const found = faults.map((fault) => `${reasonOf(fault)} (${fault.message})`).join(', ')
  if (expected === undefined) return { problem: `refused: ${found}` }
  const known = expected.split('|').map(reasonsFor)
  const isRight = faults.map(reasonOf).some((reason) => {
    return known.some((reasons) => reasons?.some((each) => reason === each || reason.startsWith(`${each} `)))
  })
  if (isRight) return PASSED
  if (known.includes(undefined)) return { unchecked: `refused, but no reason of ours is known for ${expected}` }
  return { problem: `refused for another reason: ${found}, should be ${expected}` }
}
