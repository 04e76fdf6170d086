import { z } from 'zod'
import { MAX_WORD } from '../../../execution/evm/word.ts'
import { address, data } from '../../parameters.ts'
import { type ControlRows, control, stateControl } from './control.ts'
import { amount64, amount256 } from './parameters.ts'
import { decodeStateDump, encodeStateDump } from './state-dump.ts'

/** What accounts have, changed after the head without a block. */
export const STATE_CONTROLS: ControlRows = [
  [
    ['anvil_setBalance', 'hardhat_setBalance', 'evm_setAccountBalance', 'tenderly_setBalance'],
    stateControl(
      { summary: 'Gives an account so many wei, whatever it had.', result: () => z.null() },
      { address, wei: amount256 },
      async (p, { controls }) => {
        await controls.state.setBalance(p.address, p.wei)
        return null
      },
    ),
  ],
  [
    ['anvil_addBalance', 'hardhat_addBalance', 'tenderly_addBalance'],
    stateControl(
      { summary: 'Gives an account so many wei more, as far as a word holds them.', result: () => z.null() },
      { address, wei: amount256 },
      async (p, { controls: { state } }) => {
        const sum = ((await state.account(p.address))?.balance ?? 0n) + p.wei
        await state.setBalance(p.address, sum > MAX_WORD ? MAX_WORD : sum)
        return null
      },
    ),
  ],
  [
    ['anvil_setNonce', 'hardhat_setNonce', 'evm_setAccountNonce'],
    stateControl(
      { summary: 'Sets the nonce of an account, lower than it was too.', result: () => z.null() },
      { address, nonce: amount64 },
      async (p, { controls }) => {
        await controls.state.setNonce(p.address, p.nonce)
        return null
      },
    ),
  ],
  [
    ['anvil_setCode', 'hardhat_setCode', 'evm_setAccountCode'],
    stateControl(
      { summary: 'Gives an account this code; its storage stays.', result: () => z.null() },
      { address, code: data },
      async (p, { controls }) => {
        await controls.state.setCode(p.address, p.code)
        return null
      },
    ),
  ],
  [
    ['anvil_setStorageAt', 'hardhat_setStorageAt', 'evm_setAccountStorageAt'],
    stateControl(
      { summary: 'Sets a slot of an account.', result: () => z.literal(true) },
      { address, slot: amount256, value: amount256 },
      async (p, { controls }) => {
        await controls.state.setSlot(p.address, p.slot, p.value)
        return true
      },
    ),
  ],
  [
    ['anvil_dumpState', 'hardhat_dumpState'],
    control(
      {
        summary: 'All accounts with code and storage: gzipped JSON, which anvil_loadState takes.',
        result: (r) => r.bytes,
      },
      {},
      (_, { controls }) => encodeStateDump(controls.state.dump()),
    ),
  ],
  [
    ['anvil_loadState', 'hardhat_loadState'],
    control(
      { summary: 'Sets the accounts of a dump, of this node or of anvil; others stay.', result: () => z.literal(true) },
      { state: data },
      async (p, { controls }) => {
        await controls.state.load(decodeStateDump(p.state))
        return true
      },
    ),
  ],
]
