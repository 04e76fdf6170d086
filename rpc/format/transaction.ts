import type { Header } from '../../primitives/header.ts'
import type { Address, Hash } from '../../primitives/hex.ts'
import { bytesToHex, quantityToHex, wordToHash } from '../../primitives/hex.ts'
import type { AccessListItem, Authorization, Transaction, UnsignedTransaction } from '../../primitives/transaction.ts'
import {
  effectiveGasPrice,
  maxFeePerGasOf,
  recoverSender,
  transactionChainId,
  transactionHash,
} from '../../primitives/transaction.ts'

/** Where a mined transaction stands. */
export interface TransactionPosition {
  readonly header: Header
  readonly blockHash: Hash
  readonly index: number
}

/** A transaction object of execution-apis; without a position it is one of the pool, whose place is `null`. */
export function formatTransaction(
  transaction: Transaction,
  sender: Address,
  position?: TransactionPosition | undefined,
) {
  return {
    blockHash: position?.blockHash ?? null,
    blockNumber: position === undefined ? null : quantityToHex(position.header.number),
    blockTimestamp: position === undefined ? null : quantityToHex(position.header.timestamp),
    transactionIndex: position === undefined ? null : quantityToHex(position.index),
    hash: transactionHash(transaction),
    from: sender,
    ...commonFields(transaction),
    gasPrice: quantityToHex(
      position === undefined
        ? maxFeePerGasOf(transaction)
        : effectiveGasPrice(transaction, position.header.baseFeePerGas ?? 0n),
    ),
    r: quantityToHex(transaction.r),
    s: quantityToHex(transaction.s),
    ...signatureAndChain(transaction),
    ...typedFields(transaction),
  }
}

function commonFields(transaction: Transaction | UnsignedTransaction) {
  return {
    type: quantityToHex(transaction.type),
    nonce: quantityToHex(transaction.nonce),
    to: transaction.to ?? null,
    value: quantityToHex(transaction.value),
    gas: quantityToHex(transaction.gasLimit),
    input: bytesToHex(transaction.data),
  }
}

/** Who sent a transaction that the chain or the pool has taken, whatever was asked of its signature. */
export function senderOf(transaction: Transaction): Address {
  return recoverSender(transaction, { allowHighS: true, allowImpersonation: true })
}

/** An access list as clients write it: slots as 32 bytes. */
export function formatAccessList(accessList: readonly AccessListItem[]) {
  return accessList.map(({ address, slots }) => ({ address, storageKeys: slots.map(wordToHash) }))
}

/** A transaction that nobody has signed yet. */
export function formatUnsigned(transaction: UnsignedTransaction) {
  const { chainId } = transaction
  return {
    ...commonFields(transaction),
    gasPrice: quantityToHex('gasPrice' in transaction ? transaction.gasPrice : transaction.maxFeePerGas),
    ...(chainId === undefined ? {} : { chainId: quantityToHex(chainId) }),
    ...typedFields(transaction),
  }
}

function signatureAndChain(transaction: Transaction) {
  const chainId = transactionChainId(transaction)
  const chain = chainId === undefined ? {} : { chainId: quantityToHex(chainId) }
  if (transaction.type === 0) return { ...chain, v: quantityToHex(transaction.v) }
  const yParity = quantityToHex(transaction.yParity)
  return { ...chain, v: yParity, yParity }
}

function typedFields(transaction: Transaction | UnsignedTransaction) {
  if (transaction.type === 0) return {}
  const accessList = formatAccessList(transaction.accessList)
  if (transaction.type === 1) return { accessList }
  const fees = {
    maxFeePerGas: quantityToHex(transaction.maxFeePerGas),
    maxPriorityFeePerGas: quantityToHex(transaction.maxPriorityFeePerGas),
  }
  switch (transaction.type) {
    case 2:
      return { accessList, ...fees }
    case 3:
      return {
        accessList,
        ...fees,
        maxFeePerBlobGas: quantityToHex(transaction.maxFeePerBlobGas),
        blobVersionedHashes: transaction.blobVersionedHashes,
      }
    case 4:
      return { accessList, ...fees, authorizationList: transaction.authorizationList.map(formatAuthorization) }
  }
}

function formatAuthorization(authorization: Authorization) {
  return {
    chainId: quantityToHex(authorization.chainId),
    address: authorization.address,
    nonce: quantityToHex(authorization.nonce),
    yParity: quantityToHex(authorization.yParity),
    r: quantityToHex(authorization.r),
    s: quantityToHex(authorization.s),
  }
}
