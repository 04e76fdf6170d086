import type { TracedThread } from '../../execution/threads/thread-tracer.ts'
import { quantityToHex, wordToHash } from '../../primitives/hex.ts'

/** A sub-thread as `pavm_getThreads` tells of it. */
export function formatThread(thread: TracedThread): Record<string, unknown> {
  const { id, parent, contract, origin, after, slot, data, state, order, gasUsed, output, startUs, durationUs } = thread
  return {
    id: quantityToHex(id),
    parent: parent ?? null,
    contract,
    origin,
    after: after === undefined ? null : quantityToHex(after),
    slot: slot === undefined ? null : wordToHash(slot),
    data,
    state,
    order: order ?? null,
    gasUsed: gasUsed === undefined ? null : quantityToHex(gasUsed),
    output: output ?? null,
    startUs: startUs ?? null,
    durationUs: durationUs ?? null,
  }
}
