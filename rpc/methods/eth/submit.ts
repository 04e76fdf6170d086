import { DecodeError } from '../../../primitives/errors.ts'
import { bytesToHex, type Hash } from '../../../primitives/hex.ts'
import { encodeTransaction } from '../../../primitives/transaction.ts'
import type { AccountSigner } from '../../account-signer.ts'
import { decodeRaw } from '../../decode-raw.ts'
import { RpcError } from '../../errors.ts'
import { formatTransaction, formatUnsigned } from '../../format/transaction.ts'
import type { MethodAbout, MethodTable } from '../../method.ts'
import { method } from '../../method.ts'
import type { RpcModules } from '../../modules.ts'
import type { TransactionRequest } from '../../parameters.ts'
import { address, count, data, optional, transactionRequest, typedData } from '../../parameters.ts'
import { ReceiptWaiters } from '../../receipt-wait.ts'
import type { TransactionFiller } from '../../transaction-filler.ts'

const DEFAULT_TIMEOUT_MS = 20_000
const MAX_TIMEOUT_MS = 60_000

const aboutSignature: MethodAbout = {
  summary: "Signs a message with Ethereum's prefix (EIP-191).",
  result: (r) => r.bytes,
}

const aboutSync: MethodAbout = {
  summary: 'Sends a transaction, and gives its receipt when it is in a block (EIP-7966).',
  result: (r) => r.receipt,
}
/** Milliseconds: as long as asked for, within what geth allows too. */
const timeout = optional(count).transform((ms) => Math.min(ms ?? DEFAULT_TIMEOUT_MS, MAX_TIMEOUT_MS))

/** eth/submit and eth/sign of execution-apis, and what wallets have beside. Signing is for accounts whose keys are here. */
export function submitMethods(
  modules: Pick<RpcModules, 'blocks' | 'chain' | 'fees' | 'pool'> & {
    readonly signer: AccountSigner
    readonly filler: TransactionFiller
  },
): MethodTable {
  const { pool, signer, filler } = modules
  const waiters = new ReceiptWaiters(modules)

  const requireSender = (request: TransactionRequest) => {
    if (!request.hasFrom) throw new RpcError('invalid-params', 'invalid argument 0 (transaction.from): is required')
    signer.requireAccount(request.from)
    return request.from
  }

  const sendRaw = async (raw: Uint8Array): Promise<Hash> => {
    const { transaction, sidecar } = decodeRaw(raw, '0 (transaction)')
    return await pool.add(transaction, { sidecar, local: true })
  }

  const send = (request: TransactionRequest): Promise<Hash> => {
    const sender = requireSender(request)
    // Estimated at once, beside other sends; only the nonce and what follows from it has to wait for its turn.
    const filling = filler.fill(request)
    filling.catch(() => undefined)
    return signer.inTurn(sender, async () => {
      const filled = await filling
      const nonce = request.nonce ?? (await pool.nextNonce(sender))
      return await pool.add(signer.sign(filled(nonce), sender), { local: true })
    })
  }

  // v3 is v4 without arrays and without types that refer to themselves; the name without a version is that of EIP-712.
  const signTypedData = method(
    { summary: 'Signs structs (EIP-712).', result: (r) => r.bytes },
    { address, typedData },
    (p) => {
      try {
        return signer.signTypedData(p.typedData, p.address)
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error
        throw new RpcError('invalid-params', `invalid argument 1 (typedData): ${error.message}`)
      }
    },
  )

  return {
    eth_sendRawTransaction: method(
      { summary: 'Puts a signed transaction into the pool.', result: (r) => r.hash },
      { transaction: data },
      (p) => sendRaw(p.transaction),
    ),
    eth_sendTransaction: method(
      { summary: 'Completes and signs a transaction, and puts it into the pool.', result: (r) => r.hash },
      { transaction: transactionRequest },
      (p) => send(p.transaction),
    ),
    eth_sendRawTransactionSync: method(aboutSync, { transaction: data, timeout }, async (p, caller) =>
      waiters.receiptOf(await sendRaw(p.transaction), p.timeout, caller),
    ),
    eth_sendTransactionSync: method(aboutSync, { transaction: transactionRequest, timeout }, async (p, caller) =>
      waiters.receiptOf(await send(p.transaction), p.timeout, caller),
    ),
    eth_signTransaction: method(
      { summary: 'Completes and signs a transaction.', result: (r) => r.signedTransaction },
      { transaction: transactionRequest },
      async (p) => {
        const sender = requireSender(p.transaction)
        const filled = await filler.fill(p.transaction)
        const signed = signer.sign(filled(p.transaction.nonce ?? (await pool.nextNonce(sender))), sender)
        return { raw: bytesToHex(encodeTransaction(signed)), tx: formatTransaction(signed, sender) }
      },
    ),
    eth_fillTransaction: method(
      { summary: 'Completes a transaction that others are to sign.', result: (r) => r.filledTransaction },
      { transaction: transactionRequest },
      async (p) => {
        const filled = await filler.fill(p.transaction)
        return { tx: formatUnsigned(filled(p.transaction.nonce ?? (await pool.nextNonce(p.transaction.from)))) }
      },
    ),
    eth_sign: method(aboutSignature, { address, message: data }, (p) => signer.signMessage(p.message, p.address)),
    personal_sign: method(aboutSignature, { message: data, address }, (p) => signer.signMessage(p.message, p.address)),
    eth_signTypedData: signTypedData,
    eth_signTypedData_v3: signTypedData,
    eth_signTypedData_v4: signTypedData,
  }
}
