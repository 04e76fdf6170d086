import { decodeNetworkTransaction, type NetworkTransaction } from '../../../primitives/blob-transaction.ts'
import { DecodeError } from '../../../primitives/errors.ts'
import { bytesToHex } from '../../../primitives/hex.ts'
import { encodeTransaction } from '../../../primitives/transaction.ts'
import type { AccountSigner } from '../../account-signer.ts'
import { RpcError } from '../../errors.ts'
import { formatTransaction } from '../../format/transaction.ts'
import type { MethodTable } from '../../method.ts'
import { method } from '../../method.ts'
import type { RpcModules } from '../../modules.ts'
import type { TransactionRequest } from '../../parameters.ts'
import { address, data, transactionRequest } from '../../parameters.ts'
import type { TransactionFiller } from '../../transaction-filler.ts'

/** eth/submit and eth/sign of execution-apis. Signing is for the developer accounts only. */
export function submitMethods(
  modules: Pick<RpcModules, 'pool'> & { readonly signer: AccountSigner; readonly filler: TransactionFiller },
): MethodTable {
  const { pool, signer, filler } = modules

  const requireSender = (request: TransactionRequest) => {
    if (!request.hasFrom) throw new RpcError('invalid-params', 'invalid argument 0 (transaction.from): is required')
    signer.requireKey(request.from)
    return request.from
  }

  return {
    eth_sendRawTransaction: method({ transaction: data }, async (p) => {
      const { transaction, sidecar } = decodeRaw(p.transaction)
      return pool.add(transaction, { sidecar, local: true })
    }),
    eth_sendTransaction: method({ transaction: transactionRequest }, (p) => {
      const sender = requireSender(p.transaction)
      // Estimated at once, beside other sends; only the nonce and what follows from it has to wait for its turn.
      const filling = filler.fill(p.transaction)
      filling.catch(() => undefined)
      return signer.inTurn(sender, async () => {
        const filled = await filling
        const nonce = p.transaction.nonce ?? pool.nextNonce(sender)
        return pool.add(signer.sign(filled(nonce), sender), { local: true })
      })
    }),
    eth_signTransaction: method({ transaction: transactionRequest }, async (p) => {
      const sender = requireSender(p.transaction)
      const filled = await filler.fill(p.transaction)
      const signed = signer.sign(filled(p.transaction.nonce ?? pool.nextNonce(sender)), sender)
      return { raw: bytesToHex(encodeTransaction(signed)), tx: formatTransaction(signed, sender) }
    }),
    eth_sign: method({ address, message: data }, (p) => signer.signMessage(p.message, p.address)),
    personal_sign: method({ message: data, address }, (p) => signer.signMessage(p.message, p.address)),
  }
}

/** Malformed bytes are the client's fault here; anywhere else they are ours. */
function decodeRaw(raw: Uint8Array): NetworkTransaction {
  try {
    return decodeNetworkTransaction(raw)
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw new RpcError('invalid-params', `invalid argument 0 (transaction): ${error.message}`)
  }
}
