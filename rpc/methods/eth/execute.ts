import type { CallContext, CallOutcome, CallRequest } from '../../../execution/call.ts'
import { bytesToHex, quantityToHex } from '../../../primitives/hex.ts'
import { requireHeader } from '../../block-lookup.ts'
import { callFailure } from '../../call-failure.ts'
import { RpcError } from '../../errors.ts'
import { formatAccessList } from '../../format/transaction.ts'
import type { MethodTable } from '../../method.ts'
import { method } from '../../method.ts'
import type { RpcModules } from '../../modules.ts'
import type { RpcOptions } from '../../options.ts'
import type { BlockParameter, TransactionRequest } from '../../parameters.ts'
import { blockOrLatest, optional, stateOverrides, transactionRequest } from '../../parameters.ts'

const overrides = optional(stateOverrides)

/** eth/execute of execution-apis: calls that change nothing. */
export function executeMethods(
  options: Pick<RpcOptions, 'chainId' | 'callGasLimit'>,
  modules: Pick<RpcModules, 'blocks' | 'chain' | 'calls'>,
): MethodTable {
  const { calls } = modules

  const contextOf = (block: BlockParameter, stateOverride: CallContext['overrides']): CallContext => {
    const { header, hash } = requireHeader(block, modules)
    return { header, hash, overrides: stateOverride }
  }

  /** The request with its gas bounded by this server's limit. */
  const bounded = (request: TransactionRequest, defaultGasLimit: bigint | undefined): CallRequest => {
    if (request.chainId !== undefined && request.chainId !== options.chainId) {
      throw new RpcError(
        'invalid-params',
        `chainId does not match node's (have=${request.chainId}, want=${options.chainId})`,
      )
    }
    const { hasFrom: _, chainId: __, type: ___, ...call } = request
    const asked = request.gasLimit ?? defaultGasLimit
    return { ...call, gasLimit: asked !== undefined && asked > options.callGasLimit ? options.callGasLimit : asked }
  }

  return {
    eth_call: method(
      { transaction: transactionRequest, block: blockOrLatest, stateOverrides: overrides },
      async (p) => {
        const request = bounded(p.transaction, options.callGasLimit)
        const outcome = await calls.call(request, contextOf(p.block, p.stateOverrides))
        if (!outcome.succeeded) throw callFailure(outcome)
        return bytesToHex(outcome.output)
      },
    ),
    eth_estimateGas: method(
      { transaction: transactionRequest, block: blockOrLatest, stateOverrides: overrides },
      async (p) => {
        const estimate = await calls.estimateGas(
          bounded(p.transaction, undefined),
          contextOf(p.block, p.stateOverrides),
        )
        if (isOutcome(estimate)) throw callFailure(estimate)
        return quantityToHex(estimate.gasLimit)
      },
    ),
    eth_createAccessList: method(
      { transaction: transactionRequest, block: blockOrLatest, stateOverrides: overrides },
      async (p) => {
        const request = bounded(p.transaction, options.callGasLimit)
        const { accessList, outcome } = await calls.createAccessList(request, contextOf(p.block, p.stateOverrides))
        return {
          accessList: formatAccessList(accessList),
          gasUsed: quantityToHex(outcome.gasUsed),
          ...(outcome.succeeded ? {} : { error: callFailure(outcome).message }),
        }
      },
    ),
  }
}

function isOutcome(estimate: { readonly gasLimit: bigint } | CallOutcome): estimate is CallOutcome {
  return 'succeeded' in estimate
}
