import { type ChainConfig, rulesAt } from '../../config/chain.ts'
import type { Header } from '../../primitives/header.ts'
import type { Hash } from '../../primitives/hex.ts'
import type { BlockStore } from '../../storage/block-store.ts'
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

/**
 * Looks up hashes of the blocks before block `number`, of which the list has the last first; those that it ends before are of the
 * chain that a forked one begins upon.
 */
export function recentBlockHash(
  number: bigint,
  recentHashes: readonly Hash[],
  blocks?: Pick<BlockStore, 'canonicalHash'>,
): BlockEnvironment['blockHash'] {
  return (wanted) => {
    if (wanted >= number || wanted + VISIBLE_ANCESTORS < number) return undefined
    return recentHashes[Number(number - wanted) - 1] ?? blocks?.canonicalHash(wanted)
  }
}

/** How far back BLOCKHASH sees. */
const VISIBLE_ANCESTORS = 256n

/**
 * Follows the headers from the block's own parent, so that it is right on a branch that has lost, too. Those before the first block
 * here are of the chain that a forked one begins upon.
 */
export function ancestorHash(
  header: Header,
  blocks: Pick<BlockStore, 'header' | 'canonicalHash'>,
): BlockEnvironment['blockHash'] {
  return (number) => {
    if (number >= header.number || number + VISIBLE_ANCESTORS < header.number) return undefined
    let hash = header.parentHash
    for (let at = header.number - 1n; at > number; at--) {
      const ancestor = blocks.header(hash)
      if (ancestor === undefined) return blocks.canonicalHash(number)
      hash = ancestor.parentHash
    }
    return hash
  }
}
