import { z } from 'zod'
import type { Address } from '../../../primitives/hex.ts'
import type { Transaction } from '../../../primitives/transaction.ts'
import { decodeRaw } from '../../decode-raw.ts'
import { RpcError } from '../../errors.ts'
import { data, optional, transactionRequest } from '../../parameters.ts'
import { type ControlRows, type ControlSite, control } from './control.ts'
import { amount32 } from './parameters.ts'

/** Blocks of one reorg, and transactions in it. */
const MAX_BLOCKS = 10_000
const MAX_TRANSACTIONS = 10_000

/** A signed transaction, or one to be signed here; and the block it is to be in, counted from the first new one. */
const placed = z.tuple([z.union([data, transactionRequest]), amount32])

type Wanted = z.output<typeof placed>[0]

export const REORG_CONTROLS: ControlRows = [
  [
    ['anvil_reorg', 'hardhat_reorg'],
    control(
      {
        summary: 'Puts other blocks, with these transactions, in the place of as many last ones.',
        result: () => z.null(),
      },
      { depth: amount32, transactions: optional(z.array(placed).max(MAX_TRANSACTIONS)) },
      async ({ depth, transactions = [] }, site) => {
        if (depth > MAX_BLOCKS) throw new RpcError('limit-exceeded', `at most ${MAX_BLOCKS} blocks at a time`)
        const late = transactions.find(([, index]) => index >= depth)
        if (late !== undefined) {
          throw new RpcError('invalid-params', `a reorg of ${depth} blocks has no block ${late[1]}`)
        }
        const wanted = Map.groupBy(transactions, ([, index]) => index)
        await site.controls.reorganise(BigInt(depth), async (index) => {
          const ofBlock = (wanted.get(index) ?? []).map(([transaction]) => transaction)
          return await signAll(ofBlock, site)
        })
        return null
      },
    ),
  ],
]

/** What is to be in the next block, with the nonces that their senders have then. */
async function signAll(wanted: readonly Wanted[], { controls, modules }: ControlSite): Promise<Transaction[]> {
  const { filler, signer } = modules
  const nonces = new Map<Address, bigint>()
  const signed: Transaction[] = []
  for (const each of wanted) {
    if (each instanceof Uint8Array) {
      signed.push(decodeRaw(each, '1 (transactions)').transaction)
      continue
    }
    const { from } = each
    signer.requireAccount(from)
    const nonce = each.nonce ?? nonces.get(from) ?? (await controls.state.account(from))?.nonce ?? 0n
    nonces.set(from, nonce + 1n)
    signed.push(signer.sign((await filler.fill(each))(nonce), from))
  }
  return signed
}
