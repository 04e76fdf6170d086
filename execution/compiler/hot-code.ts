import type { Rules } from '../../config/hardforks.ts'
import { type WasmModule, webAssembly } from '../../primitives/wasm/webassembly.ts'
import type { LinearMemory } from '../state/linear-memory.ts'
import type { PreparedCode } from './code-arena.ts'
import { wideKey } from './compilation.ts'
import { type CompileAnswer, type CompileRequest, compileCode } from './compile-code.ts'

/** Compiles for the machine: at once, or some time later. */
export interface CompileService {
  /** `undefined`: the answer comes by `poll`, if at all. */
  request(request: CompileRequest): CompileAnswer | undefined
  /** Answers that have come meanwhile. */
  poll(): readonly CompileAnswer[]
}

/** In this thread, and everything at its first call: for tests. */
export const compileAtOnce: CompileService = {
  request: compileCode,
  poll: () => [],
}

/** Runs a frame from its beginning. @returns one of `EXIT` */
export type CompiledRun = (frame: number) => number

/** What is known of one code: how much it has been run, and its compiled form. */
export interface HotCode {
  readonly id: string
  readonly code: Uint8Array
  run: CompiledRun | undefined
  /** What the interpreter has run of it since it was compiled last: taken jumps, and calls as many jumps as one is worth. */
  heat: number
  isRequested: boolean
  isGivenUp: boolean
  compilations: number
  readonly wide: Set<string>
}

export interface HotCodeOptions {
  /** Heat at which a code is compiled: about as many jumps as take as long as compiling. 0: at the first call. */
  readonly threshold: number
  /** Compile only blocks that have run. */
  readonly onlyExecuted: boolean
}

/** A call that ends without a loop costs about as much as so many jumps. */
const HEAT_OF_CALL = 20
const MAX_COMPILATIONS = 6
/** Words at a loop's head that are looked at. */
const MAX_DEPTH = 64
const MAX_CODES = 4_096

/**
 * Decides which codes are compiled, and keeps what has been compiled, for one hardfork's rules on one thread. Whoever makes a
 * code hot has paid the gas of interpreting it for as long as compiling takes.
 */
export class HotCodes {
  readonly #options: HotCodeOptions
  readonly #rules: Rules
  readonly #memory: LinearMemory
  readonly #service: CompileService
  readonly #instantiate: (module: WasmModule) => CompiledRun
  readonly #codes = new Map<string, HotCode>()
  #waiting = 0

  constructor(
    options: HotCodeOptions,
    modules: {
      readonly rules: Rules
      readonly memory: LinearMemory
      readonly service: CompileService
      readonly imports: () => Readonly<Record<string, Readonly<Record<string, unknown>>>>
    },
  ) {
    this.#options = options
    this.#rules = modules.rules
    this.#memory = modules.memory
    this.#service = modules.service
    this.#instantiate = (module) =>
      new webAssembly.Instance(module, modules.imports()).exports.run as unknown as CompiledRun
  }

  /** A call of the code begins. */
  enter(codeHash: string, code: Uint8Array, prepared: PreparedCode): HotCode {
    if (this.#waiting > 0) for (const answer of this.#service.poll()) this.#take(answer)
    let hot = this.#codes.get(codeHash)
    if (hot === undefined) {
      if (this.#codes.size >= MAX_CODES) this.#forget()
      hot = {
        id: codeHash,
        code,
        run: undefined,
        heat: 0,
        isRequested: false,
        isGivenUp: false,
        compilations: 0,
        wide: new Set(),
      }
      this.#codes.set(codeHash, hot)
    }
    if (hot.run === undefined) this.heat(hot, HEAT_OF_CALL, prepared)
    return hot
  }

  /**
   * The interpreter has run so many jumps of the code. Code that is compiled is so again, with what has run since, when being left
   * for the interpreter has cost twice as much as it took the last time.
   */
  heat(hot: HotCode, jumps: number, prepared: PreparedCode): void {
    hot.heat += jumps
    if (hot.heat >= this.#options.threshold * 2 ** hot.compilations) this.#request(hot, prepared)
  }

  /** Compiled code was left for a block that it does not have. */
  noteExit(hot: HotCode, prepared: PreparedCode): void {
    if (this.#options.onlyExecuted) this.heat(hot, HEAT_OF_CALL, prepared)
  }

  /** Compiled code was left at the head of a loop, at a position, for a word that is too wide. */
  noteWide(hot: HotCode, position: number, words: Iterable<bigint>, prepared: PreparedCode): void {
    let depth = 0
    const known = hot.wide.size
    for (const word of words) {
      if (depth >= MAX_DEPTH) break
      if (word > UINT64_MAX) hot.wide.add(wideKey(position, depth))
      depth++
    }
    if (hot.wide.size > known) this.#request(hot, prepared)
  }

  #request(hot: HotCode, { jumpTable, length }: PreparedCode): void {
    if (hot.isRequested || hot.isGivenUp) return
    if (hot.compilations >= MAX_COMPILATIONS) {
      hot.isGivenUp = true
      return
    }
    hot.isRequested = true
    hot.compilations++
    hot.heat = 0
    this.#waiting++
    const answer = this.#service.request({
      id: hot.id,
      hardfork: this.#rules.hardfork,
      blobSchedule: this.#rules.blobSchedule,
      code: hot.code,
      executed: this.#options.onlyExecuted ? this.#memory.bytes.slice(jumpTable, jumpTable + length) : undefined,
      wide: [...hot.wide],
    })
    if (answer !== undefined) this.#take(answer)
  }

  #take({ id, module, reason }: CompileAnswer): void {
    this.#waiting--
    const hot = this.#codes.get(id)
    if (hot === undefined) return
    hot.isRequested = false
    if (module === undefined) {
      hot.isGivenUp = reason !== 'busy'
      return
    }
    hot.run = this.#instantiate(module)
  }

  /** All but what is on its way. */
  #forget(): void {
    for (const [hash, hot] of this.#codes) if (!hot.isRequested) this.#codes.delete(hash)
  }
}

const UINT64_MAX = (1n << 64n) - 1n
