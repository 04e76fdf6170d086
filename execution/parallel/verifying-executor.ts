import { isDeepStrictEqual } from 'node:util'
import type { Block } from '../../primitives/block.ts'
import { BlockError } from '../block/block-error.ts'
import { checkClaims } from '../block/claims.ts'
import { type BlockExecutor, DETERMINED_FIELDS, type ExecutedBlock, type ParentContext } from '../block/executor.ts'
import { ExecutionError } from './execution-error.ts'

/**
 * Executes every block twice, by an executor and by the serial one, and lets a result out only where both say the same
 * of it (`--verify-serial`). Else throws `ExecutionError` `verdict-differs`: one of them has a bug.
 */
export class VerifyingExecutor implements BlockExecutor {
  readonly #modules: { readonly executor: BlockExecutor; readonly serial: BlockExecutor }

  constructor(modules: { readonly executor: BlockExecutor; readonly serial: BlockExecutor }) {
    this.#modules = modules
  }

  get strategy() {
    return this.#modules.executor.strategy
  }

  async execute(block: Block, parent: ParentContext): Promise<ExecutedBlock> {
    const { executor, serial } = this.#modules
    const verdict = await judge(block, executor.execute(block, parent))
    const serialVerdict = await judge(block, serial.execute(block, parent))
    const fields = differences(verdict, serialVerdict)
    if (fields.length > 0) {
      const message = `${executor.strategy} and serial execution of block ${block.header.number} differ in ${fields}`
      throw new ExecutionError('verdict-differs', message, {
        block: block.header.number,
        fields,
        [executor.strategy]: describe(verdict),
        serial: describe(serialVerdict),
      })
    }
    if (verdict instanceof BlockError) throw verdict
    return verdict
  }
}

/** What the executor says, the claims included, for a false claim of a block must be false to both. */
async function judge(block: Block, execution: Promise<ExecutedBlock>): Promise<ExecutedBlock | BlockError> {
  try {
    const executed = await execution
    checkClaims(block, executed)
    return executed
  } catch (error) {
    if (error instanceof BlockError) return error
    throw error
  }
}

/** Errors need not agree in what they name: a lie has consequences, and each may find another one first. */
function differences(a: ExecutedBlock | BlockError, b: ExecutedBlock | BlockError): string[] {
  if (a instanceof BlockError || b instanceof BlockError)
    return a instanceof BlockError === b instanceof BlockError ? [] : ['validity']
  return DETERMINED_FIELDS.filter((field) => !isDeepStrictEqual(a[field], b[field]))
}

function describe(verdict: ExecutedBlock | BlockError): string {
  return verdict instanceof BlockError ? `invalid: ${verdict.code}: ${verdict.message}` : 'valid'
}
