import { isDeepStrictEqual } from 'node:util'
import { type ChainConfig, rulesAt } from '../../config/chain.ts'
import type { Rules } from '../../config/hardforks.ts'
import { verifyBody } from '../../consensus/body-rules.ts'
import type { WrappedModules } from '../../consensus/fixtures/test-node.ts'
import { checkClaims } from '../../execution/block/claims.ts'
import {
  type BlockExecutor,
  DETERMINED_FIELDS,
  type ExecutedBlock,
  type ParentContext,
  type ReplayStrategy,
} from '../../execution/block/executor.ts'
import { ReplayExecutor } from '../../execution/parallel/replay-executor.ts'
import { executeBlock } from '../../execution/parallel/serial-block.ts'
import { ThreadState } from '../../execution/parallel/thread-state.ts'
import { SenderCache } from '../../execution/sender-cache.ts'
import { type Block, decodeBlock, encodeBlock } from '../../primitives/block.ts'
import { blockAccessListHash } from '../../primitives/block-access-list.ts'
import type { Hash } from '../../primitives/hex.ts'
import { encodePlan } from '../../primitives/plan.ts'
import { encodeReceipt } from '../../primitives/receipt.ts'
import { listRoot } from '../../storage/trie/list-root.ts'
import { updateState } from '../../storage/trie/state-trie.ts'
import { InThreadReplay } from './in-thread-replay.ts'

const STRATEGIES: readonly ReplayStrategy[] = ['groups', 'split', 'values']
/** As many workers as make `split` cut chains of transactions. */
const WORKERS = 2
/** What a plain execution of the block gives beside what a plan brings. */
const PLAIN_FIELDS = ['gasUsed', 'blobGasUsed', 'logsBloom', 'requestsHash', 'diff'] as const

/** A replay that came to something else: our bug, whatever the block says. */
export class ReplayDifference extends Error {}

/**
 * Executes blocks of a plain Ethereum chain, and from Cancun on each once more with access list and plan built for it and
 * then by every strategy of replay, all on the same parent. Throws ReplayDifference unless everything they give is the
 * same, and is what the plain execution gave.
 */
export class ReplayCheckingExecutor implements BlockExecutor {
  readonly strategy = 'serial'
  readonly #modules: WrappedModules
  readonly #config: ChainConfig
  readonly #thread: ThreadState
  readonly #replays: readonly ReplayExecutor[]
  #last: ExecutedBlock | undefined
  #replayed = 0

  constructor({ config }: { readonly config: ChainConfig }, modules: WrappedModules) {
    this.#modules = modules
    this.#config = config
    const thread = new ThreadState({ chain: { ...config, pavm: { ...config.pavm, plan: true } } }, modules)
    this.#thread = thread
    const pool = new InThreadReplay({ size: WORKERS }, { thread })
    const serial = { run: () => Promise.reject(new Error('no bundle needs a rescue in this thread')) }
    this.#replays = STRATEGIES.map((strategy) => {
      return new ReplayExecutor(
        { strategy, leastShareUs: 0 },
        { pool, serial, state: async () => thread, senders: new SenderCache() },
      )
    })
  }

  /** What the last block executed came to, plainly; whether it is what its header claims is for others to see. */
  get last(): ExecutedBlock | undefined {
    return this.#last
  }

  /** How many blocks have been replayed. */
  get replayed(): number {
    return this.#replayed
  }

  async execute(block: Block, parent: ParentContext): Promise<ExecutedBlock> {
    const executed = await this.#modules.executor.execute(block, parent)
    this.#last = executed
    const rules = rulesAt(this.#config, block.header.number, block.header.timestamp)
    if (rules.atLeast('cancun')) await this.#check(block, parent, executed, rules)
    return executed
  }

  async #check(block: Block, parent: ParentContext, plain: ExecutedBlock, rules: Rules): Promise<void> {
    const recorded = executeBlock({ block, parent, senders: [] }, this.#thread)
    requireSame(plain, recorded, PLAIN_FIELDS, `recorded block ${block.header.number}`)
    requireSameReceipts(plain, recorded)
    const stateRoot = this.#stateRoot(parent, recorded)
    const planned = throughTheWire(plannedBlock(block, recorded, stateRoot))
    verifyBody(planned, rules)
    for (const replay of this.#replays) {
      const replayed = await replay.execute(planned, parent)
      requireSame(recorded, replayed, DETERMINED_FIELDS, `block ${block.header.number} by ${replay.strategy}`)
      checkClaims(planned, replayed, this.#stateRoot(parent, replayed))
    }
    this.#replayed++
  }

  #stateRoot({ header }: ParentContext, { diff }: ExecutedBlock): Hash {
    return updateState(header.stateRoot, diff, this.#modules.nodes).stateRoot
  }
}

/** The block as a miner of a chain with plans would have made it, but for the hash of its parent. */
function plannedBlock(block: Block, executed: ExecutedBlock, stateRoot: Hash): Block {
  const { accessList, plan, gasUsed, logsBloom, receiptsRoot, requestsHash } = executed
  if (accessList === undefined || plan === undefined) throw new ReplayDifference('no list and no plan were made')
  const made = { gasUsed, logsBloom, receiptsRoot, requestsHash, stateRoot }
  const header = {
    ...block.header,
    ...made,
    blockAccessListHash: blockAccessListHash(accessList),
    plan: encodePlan(plan),
  }
  return { ...block, header, accessList }
}

/** Encoded and decoded again, which has to accept the list as canonical. */
function throughTheWire(block: Block): Block {
  return decodeBlock(encodeBlock(block))
}

function requireSame(
  expected: ExecutedBlock,
  actual: ExecutedBlock,
  fields: readonly (keyof ExecutedBlock)[],
  what: string,
): void {
  const different = fields.filter((field) => !isDeepStrictEqual(expected[field], actual[field]))
  if (different.length > 0) throw new ReplayDifference(`${what}: other ${different.join(', ')}`)
}

/** With a plan receipts have one more field; without it they are the plain ones. */
function requireSameReceipts(plain: ExecutedBlock, recorded: ExecutedBlock): void {
  const receipts = recorded.receipts.map(({ operationsHash: _, ...receipt }) => encodeReceipt(receipt))
  if (listRoot(receipts) !== plain.receiptsRoot) throw new ReplayDifference('recording changes receipts')
}
