import { mkdirSync, readFileSync, statSync } from 'node:fs'
import { appendFile } from 'node:fs/promises'
import { dirname } from 'node:path'

export interface AnswerCacheOptions {
  /** Where answers are kept for later runs. */
  readonly file: string
  /** Of the file and, about, of memory. What comes when it is full is not kept. */
  readonly maxBytes: number
}

interface Entry {
  readonly key: string
  readonly value: unknown
}

/**
 * What an upstream has answered about blocks that do not change any more, in memory and in a file of one JSON array a line. Several
 * processes may add to the file: each line is whole, and the same question has the same answer.
 */
export class AnswerCache {
  readonly #options: AnswerCacheOptions
  readonly #answers = new Map<string, unknown>()
  #bytes = 0
  /** The end of the file may be half a line, of a process that was killed. */
  #unwritten: string[] = ['\n']
  #isScheduled = false
  #writing: Promise<void> = Promise.resolve()
  /** Why answers are not kept on disk, if so. */
  failure: Error | undefined

  constructor(options: AnswerCacheOptions) {
    this.#options = options
    for (const { key, value } of readEntries(options)) this.#answers.set(key, value)
    this.#bytes = sizeOf(options.file)
  }

  /** `undefined`: it has not been asked. */
  get(key: string): unknown {
    return this.#answers.get(key)
  }

  /** On disk a moment later. */
  add(key: string, value: unknown): void {
    if (value === undefined || value === null || this.#answers.has(key)) return
    const line = `${JSON.stringify([key, value])}\n`
    if (this.#bytes + line.length > this.#options.maxBytes) return
    this.#bytes += line.length
    this.#answers.set(key, value)
    this.#unwritten.push(line)
    if (this.#isScheduled) return
    this.#isScheduled = true
    this.#writing = this.#writing.then(() => this.#write())
  }

  /** Resolves when all answers are on disk. */
  async flush(): Promise<void> {
    await this.#writing
  }

  async #write(): Promise<void> {
    // In one piece, at the end of the file, whoever else writes to it.
    const lines = this.#unwritten.join('')
    this.#unwritten = []
    this.#isScheduled = false
    if (this.failure !== undefined) return
    try {
      mkdirSync(dirname(this.#options.file), { recursive: true })
      await appendFile(this.#options.file, lines)
    } catch (error) {
      this.failure = error as Error
    }
  }
}

function sizeOf(file: string): number {
  try {
    return statSync(file).size
  } catch {
    return 0
  }
}

/** Lines that are none are left out. Others may have added to the file beyond the bound, within reason. */
function readEntries({ file, maxBytes }: AnswerCacheOptions): Entry[] {
  const size = sizeOf(file)
  if (size === 0 || size > 2 * maxBytes) return []
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) => {
      try {
        const entry: unknown = line === '' ? undefined : JSON.parse(line)
        return Array.isArray(entry) && typeof entry[0] === 'string' ? [{ key: entry[0], value: entry[1] }] : []
      } catch {
        return []
      }
    })
}
