import type { SimulatedBlock, SimulatedCall } from '../../execution/simulate/simulated-block.ts'
import { bytesToHex, quantityToHex } from '../../primitives/hex.ts'
import { transactionHash } from '../../primitives/transaction.ts'
import { callFailure } from '../call-failure.ts'
import { RPC_ERROR_CODES, toWireError } from '../errors.ts'
import { formatBlock } from './block.ts'
import { formatLog } from './receipt.ts'

/** A block of eth_simulateV1: a block object with what became of its calls. */
export function formatSimulatedBlock({ block, hash, senders, calls }: SimulatedBlock, hasFullTransactions: boolean) {
  const { header, transactions } = block
  return {
    ...formatBlock(block, { hash, senders }, hasFullTransactions),
    calls: calls.map((call, transactionIndex) => {
      const transaction = transactions[transactionIndex]!
      const site = { header, blockHash: hash, transactionHash: transactionHash(transaction), transactionIndex }
      return {
        status: call.succeeded ? '0x1' : '0x0',
        returnData: call.succeeded ? bytesToHex(call.output) : '0x',
        gasUsed: quantityToHex(call.gasUsed),
        maxUsedGas: quantityToHex(call.peakGas),
        logs: call.logs.map((log) => formatLog(log, site, log.index)),
        ...(call.succeeded ? {} : { error: formatFailure(call) }),
      }
    }),
  }
}

/** A revert as eth_call answers with it; a halt with a code of its own and its cause in words. */
function formatFailure(call: SimulatedCall) {
  if (call.error === 'revert') return toWireError(callFailure(call))
  return { code: RPC_ERROR_CODES.halted, message: (call.error ?? '').replaceAll('-', ' ') }
}
