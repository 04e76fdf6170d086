import { z } from 'zod'
import { wordToHash } from '../../../primitives/hex.ts'
import { address } from '../../parameters.ts'
import { type ControlRows, control } from './control.ts'
import { amount64, amount256 } from './parameters.ts'

/** What the blocks to come have in their headers. */
export const BLOCK_CONTROLS: ControlRows = [
  [
    ['anvil_setCoinbase', 'hardhat_setCoinbase', 'evm_setCoinbase'],
    control(
      { summary: 'The account that gets the fees from the next block on.', result: () => z.null() },
      { address },
      (p, { controls }) => {
        controls.wish({ coinbase: p.address })
        return null
      },
    ),
  ],
  [
    ['evm_setBlockGasLimit', 'anvil_setBlockGasLimit', 'hardhat_setBlockGasLimit'],
    control(
      { summary: 'The gas limit from the next block on.', result: () => z.literal(true) },
      { gas: amount64 },
      (p, { controls }) => {
        controls.wish({ gasLimit: p.gas })
        return true
      },
    ),
  ],
  [
    ['anvil_setNextBlockBaseFeePerGas', 'hardhat_setNextBlockBaseFeePerGas', 'evm_setNextBlockBaseFeePerGas'],
    control(
      { summary: 'The base fee of the next block, in wei, from which the later ones follow.', result: () => z.null() },
      { wei: amount256 },
      (p, { controls }) => {
        controls.wish({ next: { baseFeePerGas: p.wei } })
        return null
      },
    ),
  ],
  [
    ['hardhat_setPrevRandao', 'anvil_setPrevRandao', 'evm_setPrevRandao'],
    control(
      { summary: 'What PREVRANDAO gives in the next block.', result: () => z.null() },
      { randomness: amount256 },
      (p, { controls }) => {
        controls.wish({ next: { mixHash: wordToHash(p.randomness) } })
        return null
      },
    ),
  ],
  [
    ['anvil_setMinGasPrice', 'hardhat_setMinGasPrice'],
    control(
      { summary: 'The least wei for a unit of gas that a transaction must offer from now on.', result: () => z.null() },
      { wei: amount256 },
      (p, { controls }) => {
        controls.wish({ minimumGasPrice: p.wei })
        return null
      },
    ),
  ],
]
