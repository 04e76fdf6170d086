import type { BlobSchedule, Hardfork } from '../../config/hardforks.ts'
import type { ThreadRules } from '../../config/thread-rules.ts'
import type { Hash } from '../../primitives/hex.ts'
import type { WasmModule } from '../../primitives/wasm/webassembly.ts'

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

export function refusal(id: string, reason: string): CompileAnswer {
  return { id, module: undefined, bytes: 0, milliseconds: 0, reason }
}

/** Why a request was refused that may be made again. */
export const BUSY = 'busy'

/** Bit of a code's jump table that says that the block there has run. */
export const EXECUTED = 2
