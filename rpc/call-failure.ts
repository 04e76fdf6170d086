import type { CallOutcome } from '../execution/call.ts'
import { bytesToHex } from '../primitives/hex.ts'
import { RpcError } from './errors.ts'
import { revertReason } from './revert-reason.ts'

/** The error of a call that did not succeed: code 3 with the data for a revert, else -32000 with the cause of the halt. */
export function callFailure(outcome: CallOutcome): RpcError {
  if (outcome.error !== 'revert') return new RpcError('failed', outcome.error ?? 'execution failed')
  const reason = revertReason(outcome.output)
  const message = reason === undefined ? 'execution reverted' : `execution reverted: ${reason}`
  return new RpcError('reverted', message, bytesToHex(outcome.output))
}
