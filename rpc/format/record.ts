import type { RecordedOperation } from '../../execution/state/operation-reader.ts'
import type { TransactionRecord } from '../../execution/state/world-state.ts'
import { quantityToHex, wordToHash } from '../../primitives/hex.ts'

/** What a transaction recorded, as `pavm_getRecord` tells of it. */
export function formatRecord(record: TransactionRecord): Record<string, unknown> {
  return {
    operations: record.operations.map(formatOperation),
    touch: record.touched,
    accessListAddress: record.warmAddresses,
    accessListSlot: record.warmSlots.map(({ address, slot }) => ({ address, slot: wordToHash(slot) })),
    preimage: record.preimages,
    refund: quantityToHex(record.refund),
  }
}

function formatOperation({ kind, mode, address, slot, value }: RecordedOperation): Record<string, unknown> {
  return {
    kind,
    mode,
    address,
    ...(slot === undefined ? {} : { slot: wordToHash(slot) }),
    ...(value === undefined ? {} : { value: typeof value === 'bigint' ? quantityToHex(value) : value }),
  }
}
