/** Bounds of one compilation. Counts and not times, so that the same code always gives the same module. */
export interface CompilationLimits {
  /** Ways in which blocks are reached. */
  readonly nodes: number
  readonly restarts: number
  /** Times that the analysis goes through a block. */
  readonly visits: number
  /** Of the function. */
  readonly bytes: number
  readonly locals: number
  /** Locals times blocks, loops and ifs: V8's compiler keeps the locals for each of these. */
  readonly localsInStructures: number
}

export const DEFAULT_LIMITS: CompilationLimits = {
  nodes: 1_000,
  restarts: 64,
  visits: 20_000,
  bytes: 256 * 1_024,
  locals: 2_000,
  localsInStructures: 1_500_000,
}
