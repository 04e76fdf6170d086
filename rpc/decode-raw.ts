import { decodeNetworkTransaction, type NetworkTransaction } from '../primitives/blob-transaction.ts'
import { DecodeError } from '../primitives/errors.ts'
import { RpcError } from './errors.ts'

/** A transaction that a client sent as bytes: malformed ones are its fault here, anywhere else they are ours. */
export function decodeRaw(raw: Uint8Array, argument: string): NetworkTransaction {
  try {
    return decodeNetworkTransaction(raw)
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw new RpcError('invalid-params', `invalid argument ${argument}: ${error.message}`)
  }
}
