import { z } from 'zod'
import { bytesToBigint } from '../../../primitives/bytes.ts'
import { type Address, addressToWord, hexToBytes, wordToHash, ZERO_ADDRESS } from '../../../primitives/hex.ts'
import { RpcError } from '../../errors.ts'
import { address } from '../../parameters.ts'
import { type ControlRows, type ControlSite, control } from './control.ts'
import { amount256 } from './parameters.ts'

/** `balanceOf(address)` and `allowance(address,address)` of ERC-20. */
const BALANCE_OF = '70a08231'
const ALLOWANCE = 'dd62ed3e'

/** A view looks at a few. */
const MAX_SLOTS = 256
const VIEW_GAS = 30_000_000n
const WORD_BYTES = 32

/**
 * Sets the slot that a view of a token answers from, so that it answers `wanted`: among the slots that the view reads the one by which
 * its answer becomes that. Throws -32000 where there is none: the token computes what it answers.
 */
async function setAnswer(
  { controls, modules: { calls, chain } }: ControlSite,
  token: Address,
  [selector, ...accounts]: readonly [selector: string, ...accounts: Address[]],
  wanted: bigint,
): Promise<void> {
  const data = hexToBytes(`0x${selector}${accounts.map((each) => wordToHash(addressToWord(each)).slice(2)).join('')}`)
  const request = { from: ZERO_ADDRESS, to: token, data, gasLimit: VIEW_GAS }
  const head = chain.head()
  const answerWith = async (account: Address, slot: bigint, value: bigint): Promise<bigint | undefined> => {
    const overrides = new Map([[account, { stateDiff: new Map([[slot, value]]) }]])
    const { succeeded, output } = await calls.call(request, { ...head, overrides })
    return succeeded && output.length >= WORD_BYTES ? bytesToBigint(output, 0, WORD_BYTES) : undefined
  }
  const { accessList, outcome } = await calls.createAccessList(request, head)
  if (!outcome.succeeded || outcome.output.length < WORD_BYTES) {
    throw new RpcError('failed', `${token} is no ERC-20 token: it does not answer 0x${selector}`)
  }
  const current = bytesToBigint(outcome.output, 0, WORD_BYTES)
  // An answer that it gives already would show nothing.
  const probe = current === wanted ? wanted ^ 1n : wanted
  const read = accessList.flatMap(({ address: account, slots }) => slots.map((slot) => ({ account, slot })))
  for (const { account, slot } of read.slice(0, MAX_SLOTS)) {
    if ((await answerWith(account, slot, probe)) !== probe) continue
    await controls.state.setSlot(account, slot, wanted)
    return
  }
  throw new RpcError(
    'failed',
    `no slot of ${token} alone says what it answers: set its storage with anvil_setStorageAt`,
  )
}

/** What accounts have of tokens, changed after the head without a block. */
export const TOKEN_CONTROLS: ControlRows = [
  [
    ['anvil_dealERC20', 'hardhat_dealERC20', 'anvil_setERC20Balance', 'tenderly_setErc20Balance'],
    control(
      { summary: 'Gives an account so much of a token, in its least unit, whatever it had.', result: () => z.null() },
      { address, token: address, amount: amount256 },
      async (p, site) => {
        await setAnswer(site, p.token, [BALANCE_OF, p.address], p.amount)
        return null
      },
    ),
  ],
  [
    ['anvil_setERC20Allowance'],
    control(
      { summary: 'Lets a spender have so much of what an owner has of a token.', result: () => z.null() },
      { owner: address, spender: address, token: address, amount: amount256 },
      async (p, site) => {
        await setAnswer(site, p.token, [ALLOWANCE, p.owner, p.spender], p.amount)
        return null
      },
    ),
  ],
]
