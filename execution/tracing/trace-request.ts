import type { Hash } from '../../primitives/hex.ts'
import type { BlockOverrides, CallContext, CallRequest } from '../call.ts'
import type { ReportOptions } from './reports.ts'

/** What calls see of a block otherwise than it is. */
export interface TraceBlockOverrides extends Omit<BlockOverrides, 'withdrawals'> {
  /** Before the Merge. */
  readonly difficulty?: bigint | undefined
}

/** What is to be executed and traced. */
export type TraceWork =
  /** Transactions of stored blocks. Without an index all of them, which gives a list. */
  | {
      readonly kind: 'mined'
      readonly blocks: readonly Hash[]
      readonly index?: number | undefined
      readonly report: ReportOptions
    }
  /** Calls one after the other, each on what the ones before it left. Without a list there is one. */
  | {
      readonly kind: 'calls'
      readonly context: CallContext
      /** What the calls see of the block otherwise than its header has it. */
      readonly block?: TraceBlockOverrides | undefined
      /** The state before that transaction of the block, instead of that after the block. */
      readonly index?: number | undefined
      readonly calls: readonly { readonly request: CallRequest; readonly report: ReportOptions }[]
      readonly isList: boolean
    }

export interface TraceRequest {
  readonly work: TraceWork
  /** For executing and writing, without the time that the reader takes. */
  readonly timeoutMs: number
}

export interface TraceService {
  /**
   * The trace as JSON in UTF-8, piece by piece, while it is made. It begins when iterated; who stops, or
   * aborts by `gone`, cancels it. On an error the pieces that came before it are JSON too, with what is missing left out.
   */
  trace(request: TraceRequest, gone?: AbortSignal): AsyncIterable<Uint8Array>
}
