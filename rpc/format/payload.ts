import type { Payload } from '../../consensus/payload-builder.ts'
import { headerHash } from '../../primitives/header.ts'
import { bytesToHex, quantityToHex } from '../../primitives/hex.ts'
import { type BlobSidecar, encodeTransaction } from '../../primitives/transaction.ts'
import { formatWithdrawal } from './block.ts'

/** A block as engine_getPayloadV5 has it; `sidecars` are those of its blob transactions. */
export function formatPayload({ block, requests, value }: Payload, sidecars: readonly BlobSidecar[]) {
  const { header, transactions, withdrawals = [] } = block
  const blobs = (part: 'commitments' | 'proofs' | 'blobs') =>
    sidecars.flatMap((sidecar) => sidecar[part].map(bytesToHex))
  return {
    executionPayload: {
      parentHash: header.parentHash,
      feeRecipient: header.coinbase,
      stateRoot: header.stateRoot,
      receiptsRoot: header.receiptsRoot,
      logsBloom: bytesToHex(header.logsBloom),
      prevRandao: header.mixHash,
      blockNumber: quantityToHex(header.number),
      gasLimit: quantityToHex(header.gasLimit),
      gasUsed: quantityToHex(header.gasUsed),
      timestamp: quantityToHex(header.timestamp),
      extraData: bytesToHex(header.extraData),
      baseFeePerGas: quantityToHex(header.baseFeePerGas ?? 0n),
      blockHash: headerHash(header),
      transactions: transactions.map((transaction) => bytesToHex(encodeTransaction(transaction))),
      withdrawals: withdrawals.map(formatWithdrawal),
      blobGasUsed: quantityToHex(header.blobGasUsed ?? 0n),
      excessBlobGas: quantityToHex(header.excessBlobGas ?? 0n),
    },
    blockValue: quantityToHex(value),
    blobsBundle: { commitments: blobs('commitments'), proofs: blobs('proofs'), blobs: blobs('blobs') },
    executionRequests: requests.map(bytesToHex),
    shouldOverrideBuilder: false,
  }
}
