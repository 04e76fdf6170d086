import type { Rules } from '../../config/hardforks.ts'
import type { BlobTransaction, Transaction } from '../../primitives/transaction.ts'
import { maxFeePerGasOf, transactionChainId } from '../../primitives/transaction.ts'
import { MAX_WORD } from '../evm/word.ts'
import { floorGas, intrinsicGas } from './intrinsic-gas.ts'
import { TransactionError } from './transaction-error.ts'

const MAX_NONCE = (1n << 64n) - 1n
/** How a versioned hash of a KZG commitment begins (EIP-4844). */
const KZG_VERSION_PREFIX = '0x01'

/**
 * Everything that can be checked knowing neither the state nor the block: type, chain id, gas, sizes and lists (execution-specs
 * fork.py, validate_transaction and part of check_transaction). The signature is not looked at. Throws TransactionError.
 */
export function checkTransactionStatically(transaction: Transaction, rules: Rules, chainId: bigint): void {
  const { type } = transaction
  checkTransactionType(type, rules)
  checkChainId(transaction, rules, chainId)
  if (transaction.nonce >= MAX_NONCE) {
    throw new TransactionError('nonce-at-maximum', 'the nonce is 2^64 - 1 or above', { nonce: transaction.nonce })
  }
  if ('maxFeePerGas' in transaction && transaction.maxPriorityFeePerGas > transaction.maxFeePerGas) {
    const { maxPriorityFeePerGas, maxFeePerGas } = transaction
    const details = { maxPriorityFeePerGas, maxFeePerGas }
    throw new TransactionError('priority-fee-above-fee-cap', 'max priority fee per gas above max fee per gas', details)
  }
  if (transaction.gasLimit * maxFeePerGasOf(transaction) > MAX_WORD) {
    throw new TransactionError('fee-overflow', 'gas limit times fee cap is 2^256 wei or more')
  }
  if (type === 3) checkBlobs(transaction, rules)
  if (type === 4 && transaction.authorizationList.length === 0) {
    throw new TransactionError('authorization-list-empty', 'a set-code transaction without authorizations')
  }
  checkGasLimit(transaction, rules)
}

/** Throws TransactionError when the hardfork has no such type. */
export function checkTransactionType(type: number, { maxTransactionType, hardfork }: Rules): void {
  if (type <= maxTransactionType) return
  throw new TransactionError('transaction-type-not-supported', `type ${type} is not known in ${hardfork}`)
}

function checkChainId(transaction: Transaction, { hasReplayProtection, hardfork }: Rules, chainId: bigint): void {
  const given = transactionChainId(transaction)
  if (given === undefined) return
  if (!hasReplayProtection) {
    const message = `bound to a chain, which ${hardfork} does not know`
    throw new TransactionError('replay-protection-not-supported', message, { given })
  }
  if (given === chainId) return
  throw new TransactionError('wrong-chain-id', `signed for chain ${given}, not ${chainId}`, { given, chainId })
}

/** Throws TransactionError when a blob transaction has no blobs, more than a block or a transaction may have, or odd hashes. */
export function checkBlobs({ blobVersionedHashes }: BlobTransaction, rules: Rules): void {
  const count = blobVersionedHashes.length
  if (count === 0) throw new TransactionError('blob-list-empty', 'a blob transaction without blobs')
  const limit = Math.min(rules.maxBlobsPerTransaction, rules.blobSchedule?.max ?? 0)
  if (count > limit) throw new TransactionError('blob-count-exceeded', `more than ${limit} blobs`, { count, limit })
  if (!blobVersionedHashes.every((hash) => hash.startsWith(KZG_VERSION_PREFIX))) {
    throw new TransactionError('blob-version-invalid', 'a versioned hash that does not begin with 0x01')
  }
}

function checkGasLimit(transaction: Transaction, rules: Rules): void {
  const { gasLimit, to, data } = transaction
  const cap = rules.transactionGasLimitCap
  if (cap !== undefined && gasLimit > cap) {
    throw new TransactionError('gas-limit-exceeds-cap', `gas limit above ${cap}`, { gasLimit, cap })
  }
  checkInitCode(to === undefined ? data.length : 0, rules)
  checkIntrinsicGas(gasLimit, intrinsicGas(transaction, rules), floorGas(transaction, rules))
}

/** Throws TransactionError when a creation has too many bytes of init code (EIP-3860). */
export function checkInitCode(bytes: number, rules: Rules): void {
  const limit = rules.maxInitCodeSize
  if (bytes <= limit) return
  throw new TransactionError('init-code-too-large', `more than ${limit} bytes of init code`, { bytes, limit })
}

/** Throws TransactionError when the gas limit does not cover what the transaction costs before it runs. */
export function checkIntrinsicGas(gasLimit: bigint, intrinsic: bigint, floor: bigint): void {
  if (gasLimit < intrinsic) {
    const details = { gasLimit, required: intrinsic }
    throw new TransactionError('intrinsic-gas-too-low', `gas limit ${gasLimit} below ${intrinsic}`, details)
  }
  if (gasLimit < floor) {
    const details = { gasLimit, required: floor }
    throw new TransactionError('floor-gas-too-low', `gas limit ${gasLimit} below the floor of ${floor}`, details)
  }
}
