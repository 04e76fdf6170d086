import { EMPTY_BYTES } from '../../primitives/bytes.ts'
import type { BlockEnvironment } from '../block/environment.ts'
import type { CallOutcome, CallRequest } from '../call.ts'
import { requiredGas } from './intrinsic-gas.ts'
import { feeCapOf } from './simulate-call.ts'

export interface GasBounds {
  /** A run never succeeds with less. */
  readonly lowest: bigint
  readonly highest: bigint
}

/** Between what the request costs before it runs and what it, the block, the hardfork and the balance (wei) allow. */
export function gasBounds(
  request: CallRequest,
  { rules, gasLimit }: Pick<BlockEnvironment, 'rules' | 'gasLimit'>,
  balance: bigint,
): GasBounds {
  const { to, data = EMPTY_BYTES, accessList, authorizationList, value = 0n } = request
  const fields = { to, data, accessList, authorizationList }
  const lowest = requiredGas(fields, rules)
  const feeCap = feeCapOf(request)
  const affordable = feeCap === 0n || balance < value ? undefined : (balance - value) / feeCap
  const limits = [request.gasLimit ?? gasLimit, rules.transactionGasLimitCap, affordable]
  const highest = limits.reduce<bigint>(
    (least, limit) => (limit !== undefined && limit < least ? limit : least),
    limits[0]!,
  )
  return { lowest, highest }
}

/** Gas that a value transfer inside may keep back from what is passed on, when guessing. */
const GUESS_EXTRA = 2_300n

/**
 * The least gas limit with which the request succeeds, or its outcome when it fails even with the highest. `run` starts
 * from the same state each time; it throws what makes the request impossible to start.
 */
export function estimateGas(
  run: (gasLimit: bigint) => CallOutcome,
  { lowest, highest }: GasBounds,
): { readonly gasLimit: bigint } | CallOutcome {
  const first = run(highest)
  if (!first.succeeded) return first
  // What it used is enough for most: all but those with refunds, or that need more at hand than they use.
  const used = larger(first.gasUsed, lowest)
  if (used >= highest || run(used).succeeded) return { gasLimit: used < highest ? used : highest }
  let failing = used
  let sufficient = highest
  const guess = ((used + GUESS_EXTRA) * 64n) / 63n
  if (guess < sufficient) {
    if (run(guess).succeeded) sufficient = guess
    else failing = guess
  }
  while (sufficient - failing > 1n) {
    const middle = (sufficient + failing) / 2n
    if (run(middle).succeeded) sufficient = middle
    else failing = middle
  }
  return { gasLimit: sufficient }
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}
