import type { CallContext, CallOutcome } from '../../../execution/call.ts'
import { bytesToHex, quantityToHex } from '../../../primitives/hex.ts'
import { findHeader, requireHeader } from '../../block-lookup.ts'
import { boundedCall, callOnChain } from '../../bounded-call.ts'
import { callFailure } from '../../call-failure.ts'
import { RpcError, simulationError } from '../../errors.ts'
import { formatSimulatedBlock } from '../../format/simulation.ts'
import { formatAccessList } from '../../format/transaction.ts'
import type { MethodTable } from '../../method.ts'
import { method } from '../../method.ts'
import type { RpcModules } from '../../modules.ts'
import type { RpcOptions } from '../../options.ts'
import type { BlockParameter, TransactionRequest } from '../../parameters.ts'
import {
  blockOrLatest,
  blockParameter,
  optional,
  simulationPayload,
  stateOverrides,
  transactionRequest,
} from '../../parameters.ts'
import { pendingContext } from '../../pending.ts'

const callParameters = {
  transaction: transactionRequest,
  block: blockOrLatest,
  stateOverrides: optional(stateOverrides),
}

/** eth/execute of execution-apis: calls that change nothing. */
export function executeMethods(
  options: Pick<RpcOptions, 'chainId' | 'callGasLimit'>,
  modules: Pick<RpcModules, 'blocks' | 'chain' | 'calls' | 'controls' | 'fees'>,
): MethodTable {
  const { calls } = modules

  const contextOf = (block: BlockParameter, stateOverride: CallContext['overrides']): CallContext => {
    const isPending = 'tag' in block && block.tag === 'pending'
    const { header, hash } = isPending ? pendingContext(modules) : requireHeader(block, modules)
    return { header, hash, overrides: stateOverride }
  }

  const bounded = (request: TransactionRequest, defaultGasLimit: bigint | undefined) =>
    boundedCall(request, defaultGasLimit, options)

  return {
    eth_call: method(
      { summary: 'Runs a call that changes nothing, and gives what it returns.', result: (r) => r.bytes },
      callParameters,
      async (p, caller) => {
        const request = bounded(p.transaction, options.callGasLimit)
        const outcome = await calls.call(request, contextOf(p.block, p.stateOverrides), caller)
        if (!outcome.succeeded) throw callFailure(outcome)
        return bytesToHex(outcome.output)
      },
    ),
    eth_estimateGas: method(
      { summary: 'The least gas limit with which a transaction succeeds.', result: (r) => r.quantity },
      // It is about a block to come.
      { ...callParameters, block: optional(blockParameter) },
      async (p, caller) => {
        const estimate = await calls.estimateGas(
          bounded(p.transaction, undefined),
          contextOf(p.block ?? { tag: 'pending' }, p.stateOverrides),
          caller,
        )
        if (isOutcome(estimate)) throw callFailure(estimate)
        return quantityToHex(estimate.gasLimit)
      },
    ),
    eth_simulateV1: method(
      { summary: 'Runs blocks made of calls, one upon the other.', result: (r) => r.simulatedBlocks },
      { payload: simulationPayload, block: blockOrLatest },
      async ({ payload, block }, caller) => {
        const { hasFullTransactions, ...request } = payload
        const base = findHeader(block, modules)
        if (base === undefined) throw new RpcError('failed', 'header not found')
        const blocks = request.blocks.map(({ header, accounts, calls: requests }) => {
          return { header, accounts, calls: requests.map((each) => callOnChain(each, options)) }
        })
        try {
          const simulated = await calls.simulate({ ...request, blocks }, base, caller)
          return simulated.map((each) => formatSimulatedBlock(each, hasFullTransactions))
        } catch (error) {
          throw simulationError(error)
        }
      },
    ),
    eth_createAccessList: method(
      { summary: 'The accounts and slots that a transaction accesses.', result: (r) => r.createdAccessList },
      callParameters,
      async (p, caller) => {
        const request = bounded(p.transaction, options.callGasLimit)
        const context = contextOf(p.block, p.stateOverrides)
        const { accessList, outcome } = await calls.createAccessList(request, context, caller)
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
