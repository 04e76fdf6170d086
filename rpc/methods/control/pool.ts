import { z } from 'zod'
import { address, hash } from '../../parameters.ts'
import { type ControlRows, control } from './control.ts'

/** Takes transactions out of the pool. */
export const POOL_CONTROLS: ControlRows = [
  [
    ['anvil_dropTransaction'],
    control(
      { summary: 'Takes a transaction out; its hash, or null if it was not there.', result: (r) => r.hash.nullable() },
      { hash },
      (p, { controls }) => (controls.drop((pooled) => pooled.hash === p.hash) > 0 ? p.hash : null),
    ),
  ],
  [
    ['hardhat_dropTransaction'],
    control(
      { summary: 'Takes a transaction out; whether it was there.', result: () => z.boolean() },
      { hash },
      (p, { controls }) => controls.drop((pooled) => pooled.hash === p.hash) > 0,
    ),
  ],
  [
    ['anvil_dropAllTransactions', 'hardhat_dropAllTransactions'],
    control({ summary: 'Empties the pool.', result: () => z.null() }, {}, (_, { controls }) => {
      controls.drop(() => true)
      return null
    }),
  ],
  [
    ['anvil_removePoolTransactions', 'hardhat_removePoolTransactions'],
    control(
      { summary: 'Takes out all transactions of an account.', result: () => z.null() },
      { address },
      (p, { controls }) => {
        controls.drop(({ sender }) => sender === p.address)
        return null
      },
    ),
  ],
]
