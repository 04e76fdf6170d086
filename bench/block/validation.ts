import { rulesAt } from '../../config/chain.ts'
import { BlockProcessor, type ProcessedBlock } from '../../consensus/block-processor.ts'
import { verifyBody } from '../../consensus/body-rules.ts'
import type { BlockExecutor } from '../../execution/block/executor.ts'
import type { SenderCache } from '../../execution/sender-cache.ts'
import { type Block, decodeBlock } from '../../primitives/block.ts'
import { headerHash } from '../../primitives/header.ts'
import type { BlockLab } from '../../test/support/block-lab.ts'
import { type Samples, type Step, sumOf } from '../measure.ts'

const TIMED = ['decode', 'rules', 'judge', 'commit'] as const

/** Stages of a validation; the replay and what comes behind it until the verdict are parts of one timed step. */
export const STAGES = ['decode', 'rules', 'replay', 'merge', 'commit'] as const
export type Stage = (typeof STAGES)[number]

/**
 * Takes a valid child of the head in from its bytes as a validator does, and back again, so that it can be taken in once more.
 */
export class Validation {
  readonly #label: string
  readonly #lab: BlockLab
  readonly #executor: BlockExecutor
  readonly #bytes: Uint8Array
  /** Milliseconds of each replay, warming up included. */
  readonly #replays: number[] = []
  /** Milliseconds that all threads of the process computed for each verdict, warming up included. */
  readonly #cpu: number[] = []
  readonly #senders: SenderCache
  #cpuBefore = 0
  #block: Block | undefined
  #processed: ProcessedBlock | undefined

  constructor(label: string, bytes: Uint8Array, executor: BlockExecutor, lab: BlockLab, senders: SenderCache) {
    this.#senders = senders
    this.#label = label
    this.#bytes = bytes
    this.#executor = executor
    this.#lab = lab
  }

  get steps(): Step[] {
    const { genesis, committer } = this.#lab.node
    return [
      {
        name: this.#label,
        run: () => {
          this.#lab.knownSenders = this.#senders
          this.#cpuBefore = cpuMs()
        },
      },
      this.#step('decode', () => {
        this.#block = decodeBlock(this.#bytes)
      }),
      this.#step('rules', () => {
        const { number, timestamp } = this.#block!.header
        verifyBody(this.#block!, rulesAt(genesis.config, number, timestamp))
      }),
      this.#step('judge', () => this.#judge()),
      this.#step('commit', () => this.#commit()),
      { name: `${this.#label} rollback`, run: () => committer.rollbackHead() },
    ]
  }

  /** Milliseconds of each round until the verdict. */
  verdicts(samples: Samples): number[] {
    return this.#sum(samples, 'decode', 'rules', 'judge')
  }

  /** Milliseconds of each round until the block is on disk. */
  durables(samples: Samples): number[] {
    return this.#sum(samples, ...TIMED)
  }

  /** Milliseconds that all threads together computed for the verdict in each round. */
  cpu(samples: Samples): number[] {
    return this.#cpu.slice(-this.verdicts(samples).length)
  }

  /** Milliseconds of a stage in each round. */
  rounds(stage: Stage, samples: Samples): number[] {
    if (stage !== 'replay' && stage !== 'merge') return this.#sum(samples, stage)
    const judged = this.#sum(samples, 'judge')
    const replays = this.#replays.slice(-judged.length)
    return stage === 'replay' ? replays : judged.map((ms, round) => ms - replays[round]!)
  }

  #sum(samples: Samples, ...steps: readonly (typeof TIMED)[number][]): number[] {
    return sumOf(samples, ...steps.map((step) => this.#name(step))).map((us) => us / 1_000)
  }

  #name(step: (typeof TIMED)[number]): string {
    return `${this.#label} ${step}`
  }

  #step(step: (typeof TIMED)[number], run: () => unknown): Step {
    return { name: this.#name(step), run }
  }

  async #judge(): Promise<void> {
    const { chain, states } = this.#lab.node
    const processor = new BlockProcessor({ executor: this.#executor, nodes: states.nodes })
    this.#processed = await processor.process(this.#block!, chain.headContext())
    this.#cpu.push(cpuMs() - this.#cpuBefore)
    this.#replays.push(this.#processed.executed.timeline.durationUs / 1_000)
  }

  async #commit(): Promise<void> {
    const { header } = this.#block!
    const { executed, trieNodes } = this.#processed!
    const { encodedReceipts, senders, diff } = executed
    const hash = headerHash(header)
    const totalDifficulty = header.number
    await this.#lab.node.committer.commitBlock({
      block: this.#block!,
      hash,
      totalDifficulty,
      encodedReceipts,
      senders,
      diff,
      trieNodes,
    })
  }
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}
