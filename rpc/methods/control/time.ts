import { z } from 'zod'
import { type ControlRows, control } from './control.ts'
import { amount64 } from './parameters.ts'

const seconds = () => z.int()

/** When blocks say that they were made. Seconds. */
export const TIME_CONTROLS: ControlRows = [
  [
    ['evm_increaseTime', 'anvil_increaseTime', 'hardhat_increaseTime'],
    control(
      { summary: 'Puts the clock of the chain forward, and says by how much it is ahead.', result: seconds },
      { seconds: amount64 },
      (p, { controls }) => Number(controls.clock.increase(p.seconds)),
    ),
  ],
  [
    ['evm_setTime', 'anvil_setTime', 'hardhat_setTime'],
    control(
      { summary: 'Sets the clock of the chain, and says by how much that puts it forward.', result: seconds },
      { timestamp: amount64 },
      (p, { controls }) => Number(controls.clock.set(p.timestamp)),
    ),
  ],
  [
    ['evm_setNextBlockTimestamp', 'anvil_setNextBlockTimestamp', 'hardhat_setNextBlockTimestamp'],
    control(
      { summary: 'The timestamp of the next block, from which the time goes on.', result: () => z.null() },
      { timestamp: amount64 },
      (p, { controls, modules }) => {
        controls.clock.setNext(p.timestamp, modules.chain.head().header)
        return null
      },
    ),
  ],
  [
    ['anvil_setBlockTimestampInterval', 'evm_setBlockTimestampInterval', 'hardhat_setBlockTimestampInterval'],
    control(
      { summary: 'By how many seconds each block is later than the one before it.', result: () => z.null() },
      { seconds: amount64 },
      (p, { controls }) => {
        controls.clock.setInterval(p.seconds)
        return null
      },
    ),
  ],
  [
    ['anvil_removeBlockTimestampInterval', 'evm_removeBlockTimestampInterval', 'hardhat_removeBlockTimestampInterval'],
    control(
      { summary: 'Blocks are as late again as they are made; whether they were not.', result: () => z.boolean() },
      {},
      (_, { controls }) => controls.clock.setInterval(undefined) !== undefined,
    ),
  ],
]
