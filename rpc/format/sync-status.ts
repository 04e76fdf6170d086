import { quantityToHex } from '../../primitives/hex.ts'
import type { SyncStatus } from '../modules.ts'

/** How far the node has caught up, or `false`: the answer of eth_syncing. */
export function formatSyncStatus(status: SyncStatus) {
  if (!status.syncing) return false
  return {
    startingBlock: quantityToHex(status.startingBlock),
    currentBlock: quantityToHex(status.currentBlock),
    highestBlock: quantityToHex(status.highestBlock),
  }
}
