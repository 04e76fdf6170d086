import { type ChildProcess, fork, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { allowedProcessors } from '../../execution/parallel/affinity.ts'
import { Random } from '../../test/support/random.ts'
import { type MeasureOptions, median, shuffled } from '../measure.ts'
import type { Report } from '../report.ts'
import type { RoundTime, ValidatorCommand } from './validator.ts'

export interface ProcessorsOptions extends MeasureOptions {
  /** In each block. */
  readonly transactions: number
  readonly conflicts: readonly number[]
  readonly workloads: readonly string[]
  /** Rounds on a block of its own before anything else, not counted. */
  readonly firstWarmUps: number
}

/** A process that takes blocks in, with all its threads on some processors of the machine. */
class Validator {
  readonly #child: ChildProcess

  private constructor(child: ChildProcess) {
    this.#child = child
  }

  static async start(processors: readonly number[], transactions: number): Promise<Validator> {
    const entry = new URL('./validator.ts', import.meta.url)
    // Of the whole process: threads of V8's own are there before any code of ours can pin itself.
    const child = fork(entry, [String(processors.length), String(transactions)], {
      execPath: 'taskset',
      execArgv: ['--cpu-list', processors.join(','), process.execPath],
    })
    const validator = new Validator(child)
    await validator.#answer()
    return validator
  }

  async prepare(workload: string, conflict: number): Promise<void> {
    await this.#ask({ kind: 'block', workload, conflict })
  }

  async round(): Promise<RoundTime> {
    return (await this.#ask({ kind: 'round' })) as RoundTime
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return
    const ended = once(this.#child, 'exit')
    this.#child.disconnect()
    await ended
  }

  async #ask(command: ValidatorCommand): Promise<unknown> {
    this.#child.send(command)
    return await this.#answer()
  }

  async #answer(): Promise<unknown> {
    const ended = new AbortController()
    const { signal } = ended
    try {
      const [answer] = await Promise.race([
        once(this.#child, 'message', { signal }),
        once(this.#child, 'exit', { signal }).then(([code]) => {
          throw new Error(`the validator ended with exit code ${code}`)
        }),
      ])
      return answer
    } finally {
      ended.abort()
    }
  }
}

/** Whether a process can be kept on some processors here, and there are two. */
export function canChooseProcessors(): boolean {
  return allowedProcessors().length > 1 && spawnSync('taskset', ['--version']).status === 0
}

/** What a second processor gains: the same validation with a worker on one processor, and with two workers on two. */
export async function measureProcessors(options: ProcessorsOptions): Promise<Report> {
  const { transactions, conflicts, workloads, warmUps, rounds, firstWarmUps } = options
  const processors = allowedProcessors().slice(0, 2)
  const one = await Validator.start(processors.slice(0, 1), transactions)
  try {
    const two = await Validator.start(processors, transactions)
    try {
      const random = new Random(1)
      const takeIn = async (count: number) => {
        const times = new Map<Validator, RoundTime[]>([one, two].map((validator) => [validator, []]))
        for (let round = 0; round < count; round++) {
          for (const validator of shuffled([one, two], random)) times.get(validator)!.push(await validator.round())
        }
        return [times.get(one)!, times.get(two)!] as const
      }
      const prepare = (workload: string, conflict: number) =>
        Promise.all([one, two].map((validator) => validator.prepare(workload, conflict)))
      await prepare(workloads[0]!, 0)
      await takeIn(firstWarmUps)
      const rows: Report['rows'][number][] = []
      for (const workload of workloads) {
        for (const conflict of conflicts) {
          await prepare(workload, conflict)
          await takeIn(warmUps)
          const [alone, both] = await takeIn(rounds)
          const [verdict, durable] = (['verdict', 'durable'] as const).map((end) => {
            const [ofOne, ofTwo] = [alone, both].map((times) => median(times.map((time) => time[end])))
            return [ofOne!, ofTwo!, `${(ofOne! / ofTwo!).toFixed(2)} x`] as const
          })
          rows.push([`${workload}, conflict ${conflict * 100} %`, ...verdict!, ...durable!])
        }
      }
      return {
        title: `Validation: blocks of ${transactions} transactions by one processor and by two`,
        columns: ['block', '1: verdict', '2: verdict', '1 / 2', '1: durable', '2: durable', '1 / 2, durable'],
        rows,
        notes: [
          `Medians in ms of ${rounds} rounds after ${warmUps} to warm up, senders unknown. 1: a process that may use one processor, with one worker;`,
          '2: one that may use two, with two. They take turns, in random order.',
        ],
      }
    } finally {
      await two.stop()
    }
  } finally {
    await one.stop()
  }
}
