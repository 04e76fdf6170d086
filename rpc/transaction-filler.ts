import { EMPTY_BYTES } from '../primitives/bytes.ts'
import type { UnsignedTransaction } from '../primitives/transaction.ts'
import { callFailure } from './call-failure.ts'
import { RpcError } from './errors.ts'
import type { FeeOracle } from './fee-oracle.ts'
import type { RpcModules } from './modules.ts'
import type { RpcOptions } from './options.ts'
import type { TransactionRequest } from './parameters.ts'
import { pendingContext } from './pending.ts'

/** A transaction that lacks only its nonce and signature. */
export type FilledTransaction = (nonce: bigint) => UnsignedTransaction

/** Completes what a client left out of a transaction that this node is to sign. */
export class TransactionFiller {
  readonly #options: Pick<RpcOptions, 'chainId' | 'callGasLimit'>
  readonly #modules: Pick<RpcModules, 'chain' | 'calls' | 'controls' | 'fees'> & { readonly oracle: FeeOracle }

  constructor(
    options: Pick<RpcOptions, 'chainId' | 'callGasLimit'>,
    modules: Pick<RpcModules, 'chain' | 'calls' | 'controls' | 'fees'> & { readonly oracle: FeeOracle },
  ) {
    this.#options = options
    this.#modules = modules
  }

  /**
   * Gas by estimation on what is pending, EIP-1559 fees that stay above the base fee for six full blocks (as geth: twice the
   * next base fee), the type that the given fields ask for. Throws the call's failure when it cannot be estimated.
   */
  async fill(request: TransactionRequest): Promise<FilledTransaction> {
    const { chainId } = this.#options
    if (request.chainId !== undefined && request.chainId !== chainId) {
      throw new RpcError('invalid-params', `chainId does not match node's (have=${request.chainId}, want=${chainId})`)
    }
    if (request.blobVersionedHashes !== undefined) {
      throw new RpcError('not-supported', 'blob transactions are taken by eth_sendRawTransaction only')
    }
    if (request.to === undefined && (request.data === undefined || request.data.length === 0)) {
      throw new RpcError('failed', 'contract creation without any data provided')
    }
    const common = {
      to: request.to,
      value: request.value ?? 0n,
      data: request.data ?? EMPTY_BYTES,
      gasLimit: request.gasLimit ?? (await this.#estimateGas(request)),
    }
    const typed = { ...common, chainId, accessList: request.accessList ?? [] }
    if (request.gasPrice !== undefined) {
      const { gasPrice } = request
      return request.accessList === undefined
        ? (nonce) => ({ type: 0, ...common, nonce, gasPrice, chainId })
        : (nonce) => ({ type: 1, ...typed, nonce, gasPrice })
    }
    const fees = this.#fees(request)
    const { authorizationList, to } = request
    if (authorizationList === undefined) return (nonce) => ({ type: 2, ...typed, ...fees, nonce })
    if (to === undefined) throw new RpcError('failed', 'EIP-7702 transaction cannot be used to create contract')
    return (nonce) => ({ type: 4, ...typed, ...fees, to, nonce, authorizationList })
  }

  #fees(request: TransactionRequest) {
    const { oracle } = this.#modules
    const suggested = oracle.priorityFee()
    const cap = request.maxFeePerGas
    const maxPriorityFeePerGas =
      request.maxPriorityFeePerGas ?? (cap !== undefined && cap < suggested ? cap : suggested)
    return { maxPriorityFeePerGas, maxFeePerGas: cap ?? 2n * oracle.nextBaseFee() + maxPriorityFeePerGas }
  }

  async #estimateGas(request: TransactionRequest): Promise<bigint> {
    const { header, hash } = pendingContext(this.#modules)
    const { hasFrom: _, chainId: __, type: ___, nonce: ____, ...call } = request
    const estimate = await this.#modules.calls.estimateGas(call, { header, hash })
    if ('succeeded' in estimate) throw callFailure(estimate)
    return estimate.gasLimit
  }
}
