import { type BlobSchedule, type Hardfork, type Rules, rulesFor } from '../../config/hardforks.ts'
import type { ThreadRules } from '../../config/thread-rules.ts'
import type { Hash } from '../../primitives/hex.ts'
import { type WasmModule, webAssembly } from '../../primitives/wasm/webassembly.ts'
import { Compilation, CompilationError, DEFAULT_LIMITS } from './compilation.ts'

/** A code to compile, in a form that can be sent to another thread. */
export interface CompileRequest {
  /** The asker's name for it. */
  readonly id: string
  readonly hardfork: Hardfork
  readonly threads?: ThreadRules | undefined
  readonly blobSchedule: BlobSchedule | undefined
  readonly codeHash: Hash
  readonly code: Uint8Array
  /** For each byte of code whether a block that begins there has run (bit 1); `undefined`: take all to have. */
  readonly executed: Uint8Array | undefined
  /** `Profile.wide` */
  readonly wide: readonly string[]
}

export interface CompileAnswer {
  readonly id: string
  /** `undefined`: it cannot be compiled, and the reason. */
  readonly module: WasmModule | undefined
  readonly bytes: number
  readonly milliseconds: number
  readonly reason: string | undefined
}

/** Compiles in this thread. Whatever goes wrong is in the answer: the code stays with the interpreter. */
export function compileCode(
  { id, hardfork, blobSchedule, threads, code, executed, wide }: CompileRequest,
  maxModuleBytes = DEFAULT_LIMITS.bytes,
): CompileAnswer {
  const start = performance.now()
  try {
    const rules: Rules = rulesFor(hardfork, blobSchedule, threads)
    const hasRun =
      executed === undefined
        ? undefined
        : (position: number) => position === 0 || ((executed[position] ?? 0) & EXECUTED) !== 0
    const bytes = new Compilation(
      code,
      rules,
      { hasRun, wide: new Set(wide) },
      { ...DEFAULT_LIMITS, bytes: maxModuleBytes },
    ).compile()
    if (bytes.length > maxModuleBytes) throw new CompilationError('the module is too large')
    const module = new webAssembly.Module(bytes)
    return { id, module, bytes: bytes.length, milliseconds: performance.now() - start, reason: undefined }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return { ...refusal(id, reason), milliseconds: performance.now() - start }
  }
}

export function refusal(id: string, reason: string): CompileAnswer {
  return { id, module: undefined, bytes: 0, milliseconds: 0, reason }
}

/** Why a request was refused that may be made again. */
export const BUSY = 'busy'

/** Bit of a code's jump table that says that the block there has run. */
export const EXECUTED = 2
