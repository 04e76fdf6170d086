import { z } from 'zod'
import { RpcError } from '../../errors.ts'
import type { Caller } from '../../method.ts'
import { optional } from '../../parameters.ts'
import { type ControlRows, type ControlSite, control, turnControl } from './control.ts'
import { amount32, amount64 } from './parameters.ts'

/** In one request: some minutes. */
const MAX_BLOCKS = 1_000_000

/** Makes so many blocks while the client is there. To be called in a turn. */
export async function mine({ controls }: ControlSite, blocks: number, { gone }: Caller): Promise<void> {
  checkCount(blocks)
  await controls.miner.mine(blocks, 0n, () => gone?.aborted !== true)
}

/** The same, so many seconds apart, in a turn of their own; or before long, and nobody sees the chain without them. */
async function mineAhead(
  { controls }: ControlSite,
  blocks: number,
  interval: bigint,
  { gone, connection }: Caller,
): Promise<void> {
  checkCount(blocks)
  // On a WebSocket, the news of blocks comes before the answer.
  await controls.mine(blocks, interval, () => gone?.aborted !== true, connection === undefined)
}

function checkCount(blocks: number): void {
  if (blocks > MAX_BLOCKS) throw new RpcError('limit-exceeded', `at most ${MAX_BLOCKS} blocks at a time`)
}

export const mineOptions = z.union([amount64, z.object({ timestamp: optional(amount64), blocks: optional(amount32) })])

/** When blocks are made. */
export const MINING_CONTROLS: ControlRows = [
  [
    ['anvil_mine', 'hardhat_mine'],
    turnControl(
      { summary: 'Makes so many blocks, one by default, so many seconds apart.', result: () => z.null() },
      { blocks: optional(amount32), interval: optional(amount64) },
      async ({ blocks = 1, interval = 0n }, site, caller) => {
        await mineAhead(site, blocks, interval, caller)
        return null
      },
    ),
  ],
  [
    ['evm_mine'],
    turnControl(
      { summary: 'Makes a block, of that timestamp, or several.', result: () => z.literal('0x0') },
      { options: optional(mineOptions) },
      async ({ options = {} }, site, caller) => {
        const { timestamp, blocks = 1 } = typeof options === 'bigint' ? { timestamp: options } : options
        if (timestamp === undefined) await mineAhead(site, blocks, 0n, caller)
        else {
          await site.controls.inTurn(async () => {
            site.controls.clock.setNext(timestamp, site.modules.chain.head().header)
            await mine(site, blocks, caller)
          })
        }
        return '0x0'
      },
    ),
  ],
  [
    ['evm_setAutomine', 'anvil_setAutomine', 'hardhat_setAutomine'],
    control(
      {
        summary: 'Whether blocks are made as soon as there are transactions, or when asked for.',
        result: () => z.null(),
      },
      { isOn: z.boolean() },
      async (p, { controls }) => {
        controls.miner.setMode({ kind: p.isOn ? 'auto' : 'manual' })
        await controls.miner.mineWaiting()
        return null
      },
    ),
  ],
  [
    ['anvil_getAutomine', 'hardhat_getAutomine', 'evm_getAutomine'],
    control(
      { summary: 'Whether blocks are made as soon as there are transactions.', result: () => z.boolean() },
      {},
      (_, { controls }) => controls.miner.mode.kind === 'auto',
    ),
  ],
  [
    ['evm_setIntervalMining', 'anvil_setIntervalMining', 'hardhat_setIntervalMining'],
    control(
      {
        summary: 'Makes a block every so many seconds, and none at a transaction; 0: only when asked for.',
        result: () => z.null(),
      },
      { seconds: amount32 },
      (p, { controls }) => {
        controls.miner.setMode(p.seconds === 0 ? { kind: 'manual' } : { kind: 'interval', seconds: p.seconds })
        return null
      },
    ),
  ],
  [
    ['anvil_getIntervalMining', 'evm_getIntervalMining', 'hardhat_getIntervalMining'],
    control(
      { summary: 'Every how many seconds a block is made, where that is so.', result: () => z.int().nullable() },
      {},
      (_, { controls: { miner } }) => (miner.mode.kind === 'interval' ? miner.mode.seconds : null),
    ),
  ],
]
