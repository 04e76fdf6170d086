import { type ChainConfig, rulesAt } from '../../config/chain.ts'
import type { Hash } from '../../primitives/hex.ts'
import type { BlockEnvironment } from '../block/environment.ts'
import type { BlockTemplate } from '../block/executor.ts'

/** The fields of a header, or of a block to be made, that opcodes can see. */
export type EnvironmentFields = Omit<BlockTemplate, 'parentHash' | 'extraData' | 'withdrawals'>

/** The environment of a block on this thread. */
export function environmentOf(
  fields: EnvironmentFields,
  chain: ChainConfig,
  blockHash: BlockEnvironment['blockHash'],
): BlockEnvironment {
  return {
    chainId: chain.chainId,
    rules: rulesAt(chain, fields.number, fields.timestamp),
    number: fields.number,
    timestamp: fields.timestamp,
    coinbase: fields.coinbase,
    gasLimit: fields.gasLimit,
    baseFeePerGas: fields.baseFeePerGas ?? 0n,
    difficulty: fields.difficulty,
    prevRandao: fields.mixHash,
    excessBlobGas: fields.excessBlobGas ?? 0n,
    parentBeaconBlockRoot: fields.parentBeaconBlockRoot,
    blockHash,
  }
}

/** Looks up hashes of the blocks before block `number`, of which the list has the last first. */
export function recentBlockHash(number: bigint, recentHashes: readonly Hash[]): BlockEnvironment['blockHash'] {
  return (wanted) => (wanted < number ? recentHashes[Number(number - wanted) - 1] : undefined)
}
