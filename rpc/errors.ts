import type { ControlErrorCode } from '../consensus/control/control-error.ts'
import type { PoolErrorCode } from '../consensus/txpool/pool-error.ts'
import type { CallErrorCode } from '../execution/call-error.ts'
import type { SimulationErrorCode } from '../execution/simulate/simulation-error.ts'
import { TransactionError, type TransactionErrorCode } from '../execution/transaction/transaction-error.ts'
import { CodedError } from '../primitives/errors.ts'

/**
 * Every error code this server answers with: JSON-RPC 2.0 §5.1, EIP-1474 (-32000 to -32005), and 3 for a revert, which
 * ethers, viem and web3.js turn into their own contract errors.
 */
export const RPC_ERROR_CODES = {
  /** The body is not JSON. */
  'parse-error': -32700,
  /** JSON, but no JSON-RPC 2.0 request. */
  'invalid-request': -32600,
  'method-not-found': -32601,
  /** The message names the parameter and what is wrong with it. */
  'invalid-params': -32602,
  /** A bug of ours; the cause is in the node's log, not in the answer. */
  internal: -32603,
  /** A well-formed request that cannot be done: most transaction errors, as in geth. */
  failed: -32000,
  /** A block, filter or state that does not exist. */
  'not-found': -32001,
  /** It existed, or will, but this node does not hold it now. */
  unavailable: -32002,
  'not-supported': -32004,
  /** A bound of this server: range, results, filters, waiting calls. */
  'limit-exceeded': -32005,
  /** In the pool, but in no block for as long as the client wants to wait; `data` is the hash (EIP-7966). */
  'not-mined-in-time': 4,
  /** The EVM reverted; `data` holds the revert data. */
  reverted: 3,
  /** Of a call in the answer of eth_simulateV1: the EVM halted. */
  halted: -32015,
  /** Why eth_simulateV1 did nothing (execution-apis). */
  'simulated-nonce-too-low': -38010,
  'simulated-nonce-too-high': -38011,
  'simulated-fee-too-low': -38012,
  'simulated-gas-too-low': -38013,
  'simulated-funds-too-low': -38014,
  'simulated-block-full': -38015,
  'simulated-number-order': -38020,
  'simulated-time-order': -38021,
  'simulated-precompile-to-itself': -38022,
  'simulated-init-code-too-large': -38025,
  'simulated-too-much': -38026,
} as const

export type RpcErrorCode = keyof typeof RPC_ERROR_CODES

/** An answer that is an error. The message goes to the client. */
export class RpcError extends CodedError<RpcErrorCode> {
  /** JSON value for the error object's `data`. */
  readonly data: string | undefined

  constructor(code: RpcErrorCode, message: string, data?: string) {
    super(code, message)
    this.data = data
  }
}

/** The `error` member of a response. */
export interface WireError {
  readonly code: number
  readonly message: string
  readonly data?: string
}

/**
 * Errors of the layers below by their code, in the words of geth: clients recognise errors by these phrases (ethers
 * `getRpcError`, viem `errors/node.ts`), so they must not be reworded. Codes that are not here are internal errors; the
 * compiler asks for those of transactions, pool and calls.
 */
const PHRASE_TABLE = {
  // transactions, by whatever checks them
  'nonce-too-low': ['failed', 'nonce too low'],
  'nonce-too-high': ['failed', 'nonce too high'],
  'nonce-at-maximum': ['failed', 'nonce has max value'],
  'insufficient-funds': ['failed', 'insufficient funds for gas * price + value'],
  'intrinsic-gas-too-low': ['failed', 'intrinsic gas too low'],
  'gas-limit-exceeds-block': ['failed', 'exceeds block gas limit'],
  'gas-limit-exceeds-cap': ['failed', 'transaction gas limit too high'],
  'fee-cap-below-base-fee': ['failed', 'max fee per gas less than block base fee'],
  'priority-fee-above-fee-cap': ['failed', 'max priority fee per gas higher than max fee per gas'],
  'fee-overflow': ['failed', 'fee cap higher than 2^256-1'],
  'sender-has-code': ['failed', 'sender not an eoa'],
  'init-code-too-large': ['failed', 'max initcode size exceeded'],
  'transaction-type-not-supported': ['failed', 'transaction type not supported'],
  'wrong-chain-id': ['failed', 'invalid chain id for signer'],
  'replay-protection-not-supported': ['failed', 'invalid sender'],
  'invalid-signature': ['failed', 'invalid sender'],
  'blob-fee-cap-below-base-fee': ['failed', 'max fee per blob gas less than block blob gas fee'],
  'floor-gas-too-low': ['failed', 'insufficient gas for floor data gas cost'],
  'blob-list-empty': ['failed', 'blob transaction missing blob hashes'],
  'blob-count-exceeded': ['failed', 'too many blobs in transaction'],
  'blob-version-invalid': ['failed', 'blob has invalid hash version'],
  'authorization-list-empty': ['failed', 'EIP-7702 transaction with empty auth list'],
  // the txpool
  'already-known': ['failed', 'already known'],
  underpriced: ['failed', 'transaction underpriced'],
  'replacement-underpriced': ['failed', 'replacement transaction underpriced'],
  'pool-full': ['failed', 'txpool is full'],
  'sender-limit': ['failed', 'account limit exceeded'],
  'nonce-too-far': ['failed', 'nonce too high'],
  'transaction-too-large': ['failed', 'oversized data'],
  'missing-sidecar': ['failed', 'missing sidecar in blob transaction'],
  'invalid-sidecar': ['failed', 'invalid blob sidecar'],
  'unexpected-sidecar': ['failed', 'unexpected blob sidecar'],
  'delegated-account-limit': ['failed', 'in-flight transaction limit reached for delegated accounts'],
  'authority-in-flight': ['failed', 'authority already reserved'],
  // calls
  timeout: ['failed', 'execution aborted (timeout)'],
  busy: ['limit-exceeded', 'too many calls are waiting'],
  cancelled: ['failed', 'execution aborted'],
  'trace-too-large': ['limit-exceeded', 'trace too large'],
  'state-unavailable': ['unavailable', 'the state of that block is not kept'],
  // simulations
  'block-number-order': ['simulated-number-order', 'block numbers must be in order'],
  'block-time-order': ['simulated-time-order', 'block timestamps must be in order'],
  'block-gas-exceeded': ['simulated-block-full', 'block gas limit reached'],
  'simulation-too-large': ['simulated-too-much', 'the simulation is too large'],
  'no-precompile': ['failed', 'is not a precompile'],
  'precompile-moved-to-itself': ['simulated-precompile-to-itself', 'is moved to itself'],
  'precompile-moved-to-override': ['failed', 'is already overridden'],
  'recipient-missing': ['invalid-params', 'cannot create a contract'],
  'system-call-failed': ['failed', 'a system contract failed'],
  // controls of a developer chain
  'time-not-after-head': ['invalid-params', 'is not after that of the head'],
  'time-out-of-range': ['invalid-params', 'seconds'],
  'not-so-many-blocks': ['invalid-params', 'cannot be taken off'],
  'not-minable': ['failed', 'could not be in the blocks wanted'],
  'too-many-snapshots': ['limit-exceeded', 'snapshots are kept'],
  'no-fork': ['invalid-params', 'fork'],
  // storage and network
  'upstream-failed': ['unavailable', 'the upstream'],
  'missing-state': ['unavailable', 'the state of that block is not kept'],
  closed: ['unavailable', 'the node is shutting down'],
  stopped: ['unavailable', 'the node is shutting down'],
} as const satisfies Readonly<
  Record<
    | TransactionErrorCode
    | PoolErrorCode
    // What killed a thread is for the log.
    | Exclude<CallErrorCode, 'worker-failed'>
    | SimulationErrorCode
    | ControlErrorCode,
    readonly [RpcErrorCode, string]
  > &
    Record<string, readonly [RpcErrorCode, string]>
>

const PHRASES: ReadonlyMap<string, readonly [RpcErrorCode, string]> = new Map(Object.entries(PHRASE_TABLE))

/** Why a transaction cannot start, as eth_simulateV1 has it. Others are invalid parameters. */
const SIMULATED_CODES: Readonly<Partial<Record<string, RpcErrorCode>>> = {
  'nonce-too-low': 'simulated-nonce-too-low',
  'nonce-too-high': 'simulated-nonce-too-high',
  'nonce-at-maximum': 'internal',
  'fee-cap-below-base-fee': 'simulated-fee-too-low',
  'intrinsic-gas-too-low': 'simulated-gas-too-low',
  'floor-gas-too-low': 'simulated-gas-too-low',
  'insufficient-funds': 'simulated-funds-too-low',
  'init-code-too-large': 'simulated-init-code-too-large',
} satisfies Partial<Record<TransactionErrorCode, RpcErrorCode>>

/** The same error with the code that eth_simulateV1 has for it. */
export function simulationError(error: unknown): unknown {
  if (!(error instanceof TransactionError)) return error
  return new RpcError(SIMULATED_CODES[error.code] ?? 'invalid-params', toWireError(error).message)
}

/** Whether a layer below means this error for the client: its message then holds nothing internal. */
export function isKnownFailure(error: unknown): error is CodedError {
  return error instanceof RpcError || (error instanceof CodedError && PHRASES.has(error.code))
}

/** What the client is told. Anything unknown becomes `internal error`: no stacks, paths or causes leave the node. */
export function toWireError(error: unknown): WireError {
  if (error instanceof RpcError) {
    const wire = { code: RPC_ERROR_CODES[error.code], message: error.message }
    return error.data === undefined ? wire : { ...wire, data: error.data }
  }
  const known = error instanceof CodedError ? PHRASES.get(error.code) : undefined
  if (known === undefined) return { code: RPC_ERROR_CODES.internal, message: 'internal error' }
  const [code, phrase] = known
  const message = (error as CodedError).message
  return { code: RPC_ERROR_CODES[code], message: message.includes(phrase) ? message : `${phrase}: ${message}` }
}
