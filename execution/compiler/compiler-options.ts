import { DEFAULT_LIMITS } from './compilation-limits.ts'

/** How hot code is compiled. Plain data: worker threads start with it. */
export interface CompilerOptions {
  /** Without it the interpreter runs everything. */
  readonly enabled: boolean
  /** Taken jumps of a code before it is compiled. */
  readonly threshold: number
  /** Codes that may wait for the compile thread; those beyond are answered `busy`, and may be asked for again. */
  readonly queue: number
  /** A module that gets larger is given up. */
  readonly maxModuleBytes: number
  /** A code that takes longer is never compiled. */
  readonly timeoutMs: number
  /** Of modules that are kept: by the compile thread for all, and by each thread that executes. */
  readonly cacheMegabytes: number
  /** Bound of the JavaScript heap of the compile thread. */
  readonly heapMegabytes: number
}

export const DEFAULT_COMPILER_OPTIONS: CompilerOptions = {
  enabled: true,
  /** Jumps that take about as long as compiling what they are in, which is 10 ms. */
  threshold: 500_000,
  queue: 32,
  maxModuleBytes: DEFAULT_LIMITS.bytes,
  timeoutMs: 2_000,
  cacheMegabytes: 64,
  /** Enough for the analysis of the largest code, and too little for one that does not end. */
  heapMegabytes: 512,
}

/** Of the compile thread: the analysis goes down a level for each level of loops and blocks. */
export const COMPILE_STACK_MEGABYTES = 16
