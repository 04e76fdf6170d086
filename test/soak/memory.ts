import { readFileSync, rmSync } from 'node:fs'
import { eventually } from '../support/json-rpc.ts'

/** Memory of a node, in bytes. */
export interface MemorySample {
  /** Since the load began. */
  readonly minute: number
  /** Of the whole process, without pages of files: LevelDB maps its tables, which the system drops when it wants to. */
  readonly resident: number
  /** Pages of files beside that. */
  readonly mapped: number
  /** JavaScript objects of the main thread, garbage collected. */
  readonly heap: number
  /** Buffers and other memory that belongs to objects of the main thread. */
  readonly external: number
}

/** Looks at a node that was started with `probe.ts`. */
export class MemoryProbe {
  readonly #pid: number
  readonly #file: string

  constructor(options: { readonly pid: number; readonly file: string }) {
    this.#pid = options.pid
    this.#file = options.file
  }

  async sample(minute: number): Promise<MemorySample> {
    rmSync(this.#file, { force: true })
    process.kill(this.#pid, 'SIGUSR2')
    const usage = await eventually('the node says what memory it has in use', 30_000, async () => {
      return JSON.parse(readFileSync(this.#file, 'utf8')) as NodeJS.MemoryUsage
    })
    const status = readFileSync(`/proc/${this.#pid}/status`, 'utf8')
    return {
      minute,
      resident: bytesOf(status, 'RssAnon') + bytesOf(status, 'RssShmem'),
      mapped: bytesOf(status, 'RssFile'),
      heap: usage.heapUsed,
      external: usage.external,
    }
  }

  /** Processor time that the node has used, in milliseconds. */
  usedMs(): number {
    // Fields behind the name, which is in parentheses: utime and stime are the 14th and 15th of all, in ticks of 10 ms.
    const fields = readFileSync(`/proc/${this.#pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    return 10 * (Number(fields[11]) + Number(fields[12]))
  }
}

function bytesOf(status: string, name: string): number {
  return 1_024 * Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1])
}

/**
 * Memory at the end, as a multiple of what it was when the node was warm. `external` is part of what is resident, and most of it
 * a cache of trie nodes that takes longer to fill; what leaks there shows in the whole.
 */
export function growth(warm: MemorySample, end: MemorySample): Readonly<Record<'resident' | 'heap', number>> {
  const ratio = (kind: 'resident' | 'heap') => Math.round((100 * end[kind]) / warm[kind]) / 100
  return { resident: ratio('resident'), heap: ratio('heap') }
}
