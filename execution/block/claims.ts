import type { Block } from '../../primitives/block.ts'
import { blockAccessListHash } from '../../primitives/block-access-list.ts'
import { equalBytes } from '../../primitives/bytes.ts'
import { bytesToHex, type Hash } from '../../primitives/hex.ts'
import { encodePlan } from '../../primitives/plan.ts'
import { BlockError, type BlockErrorCode } from './block-error.ts'
import type { ExecutedBlock } from './executor.ts'
import { findFalseClaim } from './false-claim.ts'

/**
 * Compares what a block's header and list claim with what executing it gave, byte for byte, and names the first lie.
 * Body and list have been checked against the header. Without `stateRoot` the state root is not compared. Throws
 * BlockError (`ClaimErrorCode`, and `wrong-blob-gas-used`).
 *
 * Receipts do not travel, so a wrong receipts root does not show which receipt is wrong nor how. Without a plan that is
 * `wrong-receipts-root`. With a plan it is `wrong-operations-hash`: by then the gas of every transaction, all it read and
 * wrote, and the bloom have been found true, and the operations hash is the one thing in receipts that nothing else in the
 * header bears on. (A lie about a status or the data of a log, told in the root alone, is called that too.)
 */
export function checkClaims(block: Block, executed: ExecutedBlock, stateRoot?: Hash): void {
  checkListAndPlan(block, executed)
  const { header } = block
  for (const [code, field, actual] of [
    ['wrong-gas-used', 'gasUsed', executed.gasUsed],
    ['wrong-blob-gas-used', 'blobGasUsed', header.blobGasUsed === undefined ? undefined : executed.blobGasUsed],
    ['wrong-bloom', 'logsBloom', executed.logsBloom],
    ['wrong-requests-hash', 'requestsHash', executed.requestsHash],
    [header.plan ? 'wrong-operations-hash' : 'wrong-receipts-root', 'receiptsRoot', executed.receiptsRoot],
    ['wrong-state-root', 'stateRoot', stateRoot ?? header.stateRoot],
  ] as const) {
    requireClaim(code, field, header[field], actual)
  }
}

function checkListAndPlan(block: Block, executed: ExecutedBlock): void {
  const { header } = block
  const { accessList, plan } = executed
  const listHash = accessList && blockAccessListHash(accessList)
  const planBytes = plan && encodePlan(plan)
  if (listHash === header.blockAccessListHash && isSame(planBytes, header.plan)) return
  const lie = findFalseClaim(block, executed)
  if (lie) throw lie
  // Nothing differs but the form, or one side has none: the checks of header and body let no such block come here.
  requireClaim('wrong-list-hash', 'blockAccessListHash', header.blockAccessListHash, listHash)
  requireClaim('plan-malformed', 'plan', header.plan, planBytes)
}

type Claim = bigint | Hash | Uint8Array | undefined

function requireClaim(code: BlockErrorCode, field: string, claimed: Claim, actual: Claim): void {
  if (isSame(claimed, actual)) return
  const details = { field, claimed: describe(claimed), actual: describe(actual) }
  throw new BlockError(code, `${field} is ${details.actual}, not ${details.claimed}`, details)
}

function isSame(a: Claim, b: Claim): boolean {
  return a instanceof Uint8Array && b instanceof Uint8Array ? equalBytes(a, b) : a === b
}

function describe(claim: Claim): bigint | string | undefined {
  return claim instanceof Uint8Array ? bytesToHex(claim) : claim
}
