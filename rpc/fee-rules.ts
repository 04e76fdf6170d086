import type { ChainConfig } from '../config/chain.ts'
import { rulesAt } from '../config/chain.ts'
import { GAS_PER_BLOB } from '../config/gas.ts'
import type { BlobSchedule, Rules } from '../config/hardforks.ts'
import { nextBaseFee } from '../execution/block/base-fee.ts'
import { nextExcessBlobGas } from '../execution/block/blob-gas.ts'
import { blobBaseFee } from '../execution/transaction/blob-fee.ts'
import type { Header } from '../primitives/header.ts'
import type { FeeRules } from './modules.ts'

/** The fee rules of a chain. The block after the head is taken to be of the rules in force a second after it. */
export function feeRules(config: ChainConfig): FeeRules {
  const rulesOf = ({ number, timestamp }: Header) => rulesAt(config, number, timestamp)
  const nextRules = ({ number, timestamp }: Header) => rulesAt(config, number + 1n, timestamp + 1n)
  return {
    nextBaseFee: (header) => (nextRules(header).hasBaseFee ? nextBaseFee(header) : 0n),
    blobBaseFee: (header) => {
      const rules = rulesOf(header)
      return hasBlobs(rules) ? blobBaseFee(header.excessBlobGas ?? 0n, rules.blobSchedule) : 0n
    },
    nextBlobBaseFee: (header) => {
      const rules = nextRules(header)
      return hasBlobs(rules) ? blobBaseFee(nextExcessBlobGas(header, rules), rules.blobSchedule) : 0n
    },
    maxBlobGas: (header) => BigInt(rulesOf(header).blobSchedule?.max ?? 0) * GAS_PER_BLOB,
  }
}

function hasBlobs(rules: Rules): rules is Rules & { readonly blobSchedule: BlobSchedule } {
  return rules.blobSchedule !== undefined
}
