import { z } from 'zod'
import { quantityToHex } from '../../../primitives/hex.ts'
import { RpcError } from '../../errors.ts'
import { optional } from '../../parameters.ts'
import * as results from '../../results.ts'
import { type ControlRows, control } from './control.ts'
import { amount32, amount64 } from './parameters.ts'

const forkOptions = z.looseObject({ forking: z.unknown().optional() })

/** Back to how the chain was. */
export const SNAPSHOT_CONTROLS: ControlRows = [
  [
    ['evm_snapshot', 'anvil_snapshot', 'hardhat_snapshot'],
    control(
      { summary: 'Remembers the chain as it is, under the number returned.', result: results.quantity },
      {},
      (_, { controls }) => quantityToHex(controls.snapshot()),
    ),
  ],
  [
    ['evm_revert', 'anvil_revert', 'hardhat_revert'],
    control(
      {
        summary:
          'Makes the chain what it was at a snapshot, which is used up with all later ones; whether there was one.',
        result: z.boolean(),
      },
      { snapshot: amount32 },
      (p, { controls }) => controls.revert(p.snapshot),
    ),
  ],
  [
    ['anvil_rollback', 'hardhat_rollback'],
    control(
      { summary: 'Takes so many blocks off, and forgets their transactions.', result: z.null() },
      { depth: optional(amount64) },
      async (p, { controls }) => {
        await controls.rollBack(p.depth ?? 1n)
        return null
      },
    ),
  ],
  [
    ['anvil_reset', 'hardhat_reset'],
    control(
      { summary: 'Begins the chain anew at its genesis.', result: z.null() },
      { options: optional(forkOptions) },
      async (p, { controls }) => {
        const { forking } = p.options ?? {}
        if (forking !== undefined && forking !== null) {
          throw new RpcError('not-supported', 'this node does not fork other chains')
        }
        await controls.reset()
        return null
      },
    ),
  ],
]
