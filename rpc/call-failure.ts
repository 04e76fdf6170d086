import type { CallOutcome } from '../execution/call.ts'
import { revertReason } from '../execution/revert-reason.ts'
import { bytesToHex } from '../primitives/hex.ts'
import { RpcError } from './errors.ts'

/** Longest reason given in a message; the data holds the whole. */
const MAX_REASON_BYTES = 1_024

/** The error of a call that did not succeed: code 3 with the data for a revert, else -32000 with the cause of the halt. */
export function callFailure(outcome: Pick<CallOutcome, 'output' | 'error'>): RpcError {
  if (outcome.error !== 'revert') return new RpcError('failed', outcome.error ?? 'execution failed')
  const reason = revertReason(outcome.output, MAX_REASON_BYTES)
  const message = reason === undefined ? 'execution reverted' : `execution reverted: ${reason}`
  return new RpcError('reverted', message, bytesToHex(outcome.output))
}
