import type { Block } from '../../primitives/block.ts'
import { DecodeError } from '../../primitives/errors.ts'
import { decodePlan, type Plan } from '../../primitives/plan.ts'
import { BlockError } from '../block/block-error.ts'
import { ExecutionError } from './execution-error.ts'

/** The plan in a block's header. Throws BlockError when it is malformed, or contradicts what else the header and the body say. */
export function claimedPlan({ header, transactions, accessList }: Block): Plan {
  if (header.plan === undefined || accessList === undefined) {
    throw new ExecutionError('plan-missing', `block ${header.number} has no plan or no access list to replay by`)
  }
  const plan = decode(header.plan)
  if (plan.transactions.length !== transactions.length) {
    throw new BlockError('wrong-plan-length', 'the plan is of another number of transactions', {
      claimed: plan.transactions.length,
      actual: transactions.length,
    })
  }
  const gasUsed = plan.transactions.reduce((sum, transaction) => sum + transaction.gasUsed, 0n)
  if (gasUsed !== header.gasUsed) {
    throw new BlockError('wrong-gas-used', `gasUsed is ${header.gasUsed}, but the plan adds up to ${gasUsed}`, {
      field: 'gasUsed',
      claimed: header.gasUsed,
      actual: gasUsed,
    })
  }
  return plan
}

function decode(plan: Uint8Array): Plan {
  try {
    return decodePlan(plan)
  } catch (error) {
    if (error instanceof DecodeError) throw new BlockError('plan-malformed', error.message)
    throw error
  }
}
