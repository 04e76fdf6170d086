import type { CallRequest } from '../execution/call.ts'
import { RpcError } from './errors.ts'
import type { RpcOptions } from './options.ts'
import type { TransactionRequest } from './parameters.ts'

/** A call as a client asks for it, with its gas bounded by this server's limit. Throws when it is for another chain. */
export function boundedCall(
  request: TransactionRequest,
  defaultGasLimit: bigint | undefined,
  options: Pick<RpcOptions, 'chainId' | 'callGasLimit'>,
): CallRequest {
  const { callGasLimit } = options
  const asked = request.gasLimit ?? defaultGasLimit
  const gasLimit = asked !== undefined && asked > callGasLimit ? callGasLimit : asked
  return { ...callOnChain(request, options), gasLimit }
}

/** A call as a client asks for it. Throws when it is for another chain. */
export function callOnChain(request: TransactionRequest, { chainId }: Pick<RpcOptions, 'chainId'>): CallRequest {
  if (request.chainId !== undefined && request.chainId !== chainId) {
    throw new RpcError('invalid-params', `chainId does not match node's (have=${request.chainId}, want=${chainId})`)
  }
  const { hasFrom: _, chainId: __, type: ___, ...call } = request
  return call
}
