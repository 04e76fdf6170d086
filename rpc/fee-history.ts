import { setImmediate as nextTurn } from 'node:timers/promises'
import { quantityToHex } from '../primitives/hex.ts'
import { requireHeader } from './block-lookup.ts'
import { priorityFeeOf } from './fee-oracle.ts'
import type { LocatedHeader, RpcModules } from './modules.ts'

/** Blocks in one answer (as geth). */
const MAX_BLOCKS = 1_024

type Modules = Pick<RpcModules, 'blocks' | 'chain' | 'fees'>

/**
 * Fees of up to `blockCount` blocks ending with `newest`, oldest first (eth_feeHistory). `percentiles` ascend; with them
 * each block also says which priority fee that share of its gas paid at most.
 */
export async function feeHistory(
  blockCount: number,
  newest: LocatedHeader,
  percentiles: readonly number[] | undefined,
  modules: Modules,
) {
  const { fees } = modules
  const length = Math.min(blockCount, MAX_BLOCKS, Number(newest.header.number) + 1)
  if (length === 0) return { oldestBlock: '0x0', baseFeePerGas: [], gasUsedRatio: [] }
  const oldest = newest.header.number - BigInt(length - 1)
  const located = Array.from({ length }, (_, offset) => requireHeader({ number: oldest + BigInt(offset) }, modules))
  const headers = located.map(({ header }) => header)
  const reward: string[][] = []
  for (const block of percentiles === undefined ? [] : located) {
    reward.push(priorityFeePercentiles(block, percentiles ?? [], modules).map(quantityToHex))
    await nextTurn()
  }
  const last = newest.header
  return {
    oldestBlock: quantityToHex(oldest),
    baseFeePerGas: [...headers.map(({ baseFeePerGas }) => baseFeePerGas ?? 0n), fees.nextBaseFee(last)].map(
      quantityToHex,
    ),
    gasUsedRatio: headers.map(({ gasUsed, gasLimit }) => ratio(gasUsed, gasLimit)),
    baseFeePerBlobGas: [...headers.map(fees.blobBaseFee), fees.nextBlobBaseFee(last)].map(quantityToHex),
    blobGasUsedRatio: headers.map((header) => ratio(header.blobGasUsed ?? 0n, fees.maxBlobGas(header))),
    ...(percentiles === undefined ? {} : { reward }),
  }
}

/** Priority fees at the percentiles of the block's gas used, cheapest transactions first. */
function priorityFeePercentiles(
  { header, hash }: LocatedHeader,
  percentiles: readonly number[],
  { blocks }: Modules,
): bigint[] {
  const transactions = blocks.block(hash)?.transactions ?? []
  const receipts = blocks.receipts(hash) ?? []
  const paid = transactions
    .map((transaction, index) => ({
      fee: priorityFeeOf(transaction, header),
      gasUsed: (receipts[index]?.cumulativeGasUsed ?? 0n) - (receipts[index - 1]?.cumulativeGasUsed ?? 0n),
    }))
    .sort((a, b) => (a.fee < b.fee ? -1 : a.fee > b.fee ? 1 : 0))
  let position = 0
  let gasSoFar = paid[0]?.gasUsed ?? 0n
  return percentiles.map((percentile) => {
    const threshold = BigInt(Math.floor((Number(header.gasUsed) * percentile) / 100))
    while (gasSoFar < threshold && position < paid.length - 1) {
      position += 1
      gasSoFar += paid[position]?.gasUsed ?? 0n
    }
    return paid[position]?.fee ?? 0n
  })
}

function ratio(part: bigint, whole: bigint): number {
  return whole === 0n ? 0 : Number(part) / Number(whole)
}
