import { z } from 'zod'
import { impersonate } from '../../../primitives/transaction.ts'
import { RpcError } from '../../errors.ts'
import { address, transactionRequest } from '../../parameters.ts'
import { apartControl, type ControlRows, control } from './control.ts'

/** Accounts for which the node sends without their keys. */
export const ACCOUNT_CONTROLS: ControlRows = [
  [
    ['anvil_impersonateAccount', 'hardhat_impersonateAccount'],
    control(
      { summary: 'Lets eth_sendTransaction send for this account too, a contract or not.', result: () => z.null() },
      { address },
      (p, { controls }) => {
        controls.impersonation.add(p.address)
        return null
      },
    ),
  ],
  [
    ['anvil_stopImpersonatingAccount', 'hardhat_stopImpersonatingAccount'],
    control({ summary: 'Ends that for this account.', result: () => z.null() }, { address }, (p, { controls }) => {
      controls.impersonation.delete(p.address)
      return null
    }),
  ],
  [
    ['anvil_autoImpersonateAccount', 'hardhat_autoImpersonateAccount'],
    control(
      { summary: 'Whether eth_sendTransaction sends for every account.', result: () => z.null() },
      { isOn: z.boolean() },
      (p, { controls }) => {
        controls.impersonation.isAutomatic = p.isOn
        return null
      },
    ),
  ],
  [
    ['eth_sendUnsignedTransaction'],
    apartControl(
      { summary: 'Sends for any account, impersonated or not.', result: (r) => r.hash },
      { transaction: transactionRequest },
      async ({ transaction }, { modules: { filler, signer, pool } }) => {
        const { from, hasFrom } = transaction
        if (!hasFrom) throw new RpcError('invalid-params', 'invalid argument 0 (transaction.from): is required')
        const filling = filler.fill(transaction)
        filling.catch(() => undefined)
        return await signer.inTurn(from, async () => {
          const filled = await filling
          const nonce = transaction.nonce ?? (await pool.nextNonce(from))
          return await pool.add(impersonate(filled(nonce), from), { local: true })
        })
      },
    ),
  ],
]
