import { type Rules, rulesFor } from '../../config/hardforks.ts'
import { webAssembly } from '../../primitives/wasm/webassembly.ts'
import { Compilation, CompilationError } from './compilation.ts'
import { DEFAULT_LIMITS } from './compilation-limits.ts'
import { type CompileAnswer, type CompileRequest, EXECUTED, refusal } from './compile-protocol.ts'

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
