import assert from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'
import { type BlockExecutor, DETERMINED_FIELDS, type ReplayStrategy } from '../../execution/block/executor.ts'
import type { BlockLab, MadeBlock } from './block-lab.ts'

const STRATEGIES: readonly ReplayStrategy[] = ['groups', 'split', 'values']

export interface Way {
  readonly name: string
  readonly executor: BlockExecutor
}

/** Every way of executing a block in a lab with pools of these sizes. */
export function waysOf(lab: BlockLab, pools: readonly number[]): Way[] {
  return [
    { name: 'serial', executor: lab.executor('serial', pools[0]!) },
    ...pools.flatMap((workers) =>
      STRATEGIES.map((strategy) => {
        return { name: `${strategy} with ${workers} workers`, executor: lab.executor(strategy, workers) }
      }),
    ),
  ]
}

/** Fails unless a validator that executes in this way accepts the block, and finds all that its miner found. */
export async function assertSame(
  { name, executor }: Way,
  { block, processed }: MadeBlock,
  lab: BlockLab,
): Promise<void> {
  // Compares state root, receipts root, list and plan byte for byte with the header's.
  const { executed, stateRoot } = await lab.judge(block, executor)
  assert.equal(stateRoot, processed.stateRoot, name)
  // Of a block without a lie nothing has to be put together again.
  if (executor.strategy !== 'serial') assert.equal(executed.accessList, block.accessList, name)
  for (const field of DETERMINED_FIELDS) {
    // The quick comparison first: the other one also explains the difference.
    if (isDeepStrictEqual(executed[field], processed.executed[field])) continue
    assert.deepStrictEqual(executed[field], processed.executed[field], `${name}: ${field}`)
  }
}
