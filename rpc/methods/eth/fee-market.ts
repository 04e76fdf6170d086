import { z } from 'zod'
import { quantityToHex } from '../../../primitives/hex.ts'
import { requireHeader } from '../../block-lookup.ts'
import { feeHistory } from '../../fee-history.ts'
import type { FeeOracle } from '../../fee-oracle.ts'
import type { MethodAbout, MethodTable } from '../../method.ts'
import { method } from '../../method.ts'
import type { RpcModules } from '../../modules.ts'
import { blockNumberOrTag, count, optional } from '../../parameters.ts'

const MAX_PERCENTILES = 100

const percentiles = z
  .array(z.number().min(0).max(100))
  .max(MAX_PERCENTILES)
  .refine((values) => values.every((value, index) => index === 0 || value >= (values[index - 1] ?? 0)), {
    message: 'percentiles must ascend',
  })

const inWei = (what: string): MethodAbout => ({ summary: `${what}, in wei.`, result: (r) => r.quantity })

/** eth/fee_market of execution-apis. Wei. */
export function feeMarketMethods(
  modules: Pick<RpcModules, 'blocks' | 'chain' | 'fees'> & { readonly oracle: FeeOracle },
): MethodTable {
  const { chain, fees, oracle } = modules
  return {
    eth_gasPrice: method(inWei('A gas price with which a transaction is likely to be mined soon'), {}, () =>
      quantityToHex(oracle.gasPrice()),
    ),
    eth_maxPriorityFeePerGas: method(
      inWei('A priority fee with which a transaction is likely to be mined soon'),
      {},
      () => quantityToHex(oracle.priorityFee()),
    ),
    eth_baseFee: method(inWei('The base fee of the next block'), {}, () => quantityToHex(oracle.nextBaseFee())),
    eth_blobBaseFee: method(inWei('The base fee for blobs of the next block'), {}, () =>
      quantityToHex(fees.nextBlobBaseFee(chain.head().header)),
    ),
    eth_feeHistory: method(
      { summary: 'Fees and use of a range of blocks.', result: (r) => r.feeHistory },
      { blockCount: count, newestBlock: blockNumberOrTag, rewardPercentiles: optional(percentiles) },
      (p) => feeHistory(p.blockCount, requireHeader(p.newestBlock, modules), p.rewardPercentiles, modules),
    ),
  }
}
