import type { Rules } from '../../config/hardforks.ts'
import type { Hash } from '../../primitives/hex.ts'
import { type WasmImports, webAssembly } from '../../primitives/wasm/webassembly.ts'
import type { LinearMemory } from '../state/linear-memory.ts'
import type { PreparedCode } from './code-arena.ts'
import { wideKey } from './compilation.ts'
import { compileCode } from './compile-code.ts'
import { BUSY, type CompileAnswer, type CompileRequest } from './compile-protocol.ts'

/** Compiles for the machine: at once, or some time later. */
export interface CompileService {
  /** `undefined`: the answer comes by `poll`, if at all. */
  request(request: CompileRequest): CompileAnswer | undefined
  /** Answers that have come meanwhile. */
  poll(): readonly CompileAnswer[]
}

/** In this thread, and everything at its first call: for tests. */
export const compileAtOnce: CompileService = {
  request: (request) => compileCode(request),
  poll: () => [],
}

/** Runs a frame from its beginning. @returns one of `EXIT` */
export type CompiledRun = (frame: number) => number

/** What is known of one code: how much it has been run, and its compiled form. */
export interface HotCode {
  readonly id: string
  readonly codeHash: Hash
  readonly rules: Rules
  readonly code: Uint8Array
  run: CompiledRun | undefined
  /** What the interpreter has run of it since it was compiled last: taken jumps, and calls as many jumps as one is worth. */
  heat: number
  isRequested: boolean
  isGivenUp: boolean
  compilations: number
  /** Of the module. */
  bytes: number
  /** When it was called last, counted in calls. */
  lastUse: number
  readonly wide: Set<string>
}

export interface HotCodeOptions {
  /** Heat at which a code is compiled: about as many jumps as take as long as compiling. 0: at the first call. */
  readonly threshold: number
  /** Compile only blocks that have run. */
  readonly onlyExecuted: boolean
  /** Bytes of modules that are kept; beyond it the least recently used go. */
  readonly cacheBytes: number
}

/** Since the thread began. */
export interface CompilerCounts {
  /** Modules made. */
  compiled: number
  /** Codes that cannot be compiled or are not worth it. */
  givenUp: number
  /** Requests that found the queue full. */
  busy: number
  evicted: number
  /** Of modules that are kept now. */
  bytes: number
  /** That compiling took. */
  milliseconds: number
}

/** A call that ends without a loop costs about as much as so many jumps. */
const HEAT_OF_CALL = 20
const MAX_COMPILATIONS = 6
/** Words at a loop's head that are looked at. */
const MAX_DEPTH = 64
const MAX_CODES = 4_096

/**
 * Decides which codes are compiled, and keeps what has been compiled, on one thread. Whoever makes a
 * code hot has paid the gas of interpreting it for as long as compiling takes.
 */
export class HotCodes {
  readonly #options: HotCodeOptions
  readonly #memory: LinearMemory
  readonly #service: CompileService
  readonly #importsFor: (rules: Rules) => WasmImports
  readonly #codes = new Map<Rules, Map<Hash, HotCode>>()
  readonly #byId = new Map<string, HotCode>()
  readonly counts: CompilerCounts = { compiled: 0, givenUp: 0, busy: 0, evicted: 0, bytes: 0, milliseconds: 0 }
  #waiting = 0
  #calls = 0

  constructor(
    options: HotCodeOptions,
    modules: {
      readonly memory: LinearMemory
      readonly service: CompileService
      /** What modules import that are compiled under these rules. */
      readonly importsFor: (rules: Rules) => WasmImports
    },
  ) {
    this.#options = options
    this.#memory = modules.memory
    this.#service = modules.service
    this.#importsFor = modules.importsFor
  }

  /** A call of the code begins. */
  enter(codeHash: Hash, code: Uint8Array, rules: Rules, prepared: PreparedCode): HotCode {
    if (this.#waiting > 0) for (const answer of this.#service.poll()) this.#take(answer)
    let codes = this.#codes.get(rules)
    if (codes === undefined) {
      codes = new Map()
      this.#codes.set(rules, codes)
    }
    let hot = codes.get(codeHash)
    if (hot === undefined) {
      if (this.#byId.size >= MAX_CODES) this.#forget()
      hot = {
        id: `${rules.hardfork} ${this.#calls} ${codeHash}`,
        codeHash,
        rules,
        code,
        run: undefined,
        heat: 0,
        isRequested: false,
        isGivenUp: false,
        compilations: 0,
        bytes: 0,
        lastUse: 0,
        wide: new Set(),
      }
      codes.set(codeHash, hot)
      this.#byId.set(hot.id, hot)
    }
    hot.lastUse = ++this.#calls
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
      hardfork: hot.rules.hardfork,
      blobSchedule: hot.rules.blobSchedule,
      threads: hot.rules.threads,
      codeHash: hot.codeHash,
      code: hot.code,
      executed: this.#options.onlyExecuted ? this.#memory.bytes.slice(jumpTable, jumpTable + length) : undefined,
      wide: [...hot.wide],
    })
    if (answer !== undefined) this.#take(answer)
  }

  #take({ id, module, reason, bytes, milliseconds }: CompileAnswer): void {
    this.#waiting--
    this.counts.milliseconds += milliseconds
    const hot = this.#byId.get(id)
    if (hot === undefined) return
    hot.isRequested = false
    if (module === undefined) {
      // A full queue is nobody's fault: it is asked for again when it has been run as much once more.
      if (reason === BUSY) {
        hot.compilations--
        this.counts.busy++
      } else {
        hot.isGivenUp = true
        this.counts.givenUp++
      }
      return
    }
    const instance = new webAssembly.Instance(module, this.#importsFor(hot.rules))
    hot.run = instance.exports.run as CompiledRun
    this.counts.compiled++
    this.counts.bytes += bytes - hot.bytes
    hot.bytes = bytes
    this.#evict(hot)
  }

  /** Until the modules fit, but not the newest. */
  #evict(newest: HotCode): void {
    while (this.counts.bytes > this.#options.cacheBytes) {
      let oldest: HotCode | undefined
      for (const hot of this.#byId.values()) {
        if (hot.bytes > 0 && hot !== newest && (oldest === undefined || hot.lastUse < oldest.lastUse)) oldest = hot
      }
      if (oldest === undefined) return
      this.#drop(oldest)
    }
  }

  #drop(hot: HotCode): void {
    this.counts.bytes -= hot.bytes
    this.counts.evicted++
    this.#byId.delete(hot.id)
    this.#codes.get(hot.rules)?.delete(hot.codeHash)
  }

  /** All but what is on its way. */
  #forget(): void {
    for (const hot of [...this.#byId.values()]) if (!hot.isRequested) this.#drop(hot)
  }
}

const UINT64_MAX = (1n << 64n) - 1n
