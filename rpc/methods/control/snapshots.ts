import { z } from 'zod'
import { quantityToHex } from '../../../primitives/hex.ts'
import { optional } from '../../parameters.ts'
import { type ControlRows, control, turnControl } from './control.ts'
import { amount32, amount64 } from './parameters.ts'

/** As a URL is at most. */
const MAX_URL_LENGTH = 4_096

const url = z.string().min(1).max(MAX_URL_LENGTH)
const forkOptions = z.looseObject({
  forking: optional(z.looseObject({ jsonRpcUrl: optional(url), blockNumber: optional(amount64) })),
})

/** Back to how the chain was. */
export const SNAPSHOT_CONTROLS: ControlRows = [
  [
    ['evm_snapshot', 'anvil_snapshot', 'hardhat_snapshot'],
    control(
      { summary: 'Remembers the chain as it is, under the number returned.', result: (r) => r.quantity },
      {},
      (_, { controls }) => quantityToHex(controls.snapshot()),
    ),
  ],
  [
    ['evm_revert', 'anvil_revert', 'hardhat_revert'],
    turnControl(
      {
        summary:
          'Makes the chain what it was at a snapshot, which is used up with all later ones; whether there was one.',
        result: () => z.boolean(),
      },
      { snapshot: amount32 },
      // News of it come before the answer to who hears of both on one connection.
      (p, { controls }, { connection }) => controls.revert(p.snapshot, connection === undefined),
    ),
  ],
  [
    ['anvil_rollback', 'hardhat_rollback'],
    control(
      { summary: 'Takes so many blocks off, and forgets their transactions.', result: () => z.null() },
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
      {
        summary:
          'Begins the chain anew, as the node began or upon a block of another chain, the newest if none is named.',
        result: () => z.null(),
      },
      { options: optional(forkOptions) },
      async (p, { controls }) => {
        const { jsonRpcUrl, blockNumber } = p.options?.forking ?? {}
        const isNamed = jsonRpcUrl !== undefined || blockNumber !== undefined
        await controls.reset(isNamed ? { url: jsonRpcUrl, block: blockNumber } : undefined)
        return null
      },
    ),
  ],
  [
    ['anvil_setRpcUrl'],
    control(
      {
        summary: 'Asks another node, which has the same block, for what the forked chain has.',
        result: () => z.null(),
      },
      { url },
      async (p, { controls }) => {
        await controls.setForkUrl(p.url)
        return null
      },
    ),
  ],
]
