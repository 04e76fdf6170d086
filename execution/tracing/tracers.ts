import type { Frame } from '../evm/frame.ts'
import type { Message, MessageResult } from '../evm/message.ts'
import type { Instruction } from '../evm/opcodes.ts'
import type { Tracer } from '../evm/tracer.ts'
import { type CallTracerOptions, callTracer } from './call-tracer.ts'
import { type FlatCallTracerOptions, flatCallTracer } from './flat-call-tracer.ts'
import { fourByteTracer } from './four-byte-tracer.ts'
import type { JsonWriter } from './json-writer.ts'
import { type PrestateTracerOptions, prestateTracer } from './prestate-tracer.ts'
import { type StructLogOptions, structLogTracer } from './struct-log-tracer.ts'
import type { TraceSubject, TransactionTrace } from './trace.ts'

/** Runs several at once and writes an object of their traces. */
export interface MuxTracerOptions {
  readonly name: 'muxTracer'
  readonly tracers: readonly TracerOptions[]
}

/** A tracer by its name, with all its options. Plain data. */
export type TracerOptions =
  | StructLogOptions
  | CallTracerOptions
  | FlatCallTracerOptions
  | PrestateTracerOptions
  | MuxTracerOptions
  | { readonly name: '4byteTracer' }
  | { readonly name: 'noopTracer' }

type Start<Options> = (options: Options, subject: TraceSubject, writer: JsonWriter) => TransactionTrace

const TRACERS: { readonly [Name in TracerOptions['name']]: Start<Extract<TracerOptions, { readonly name: Name }>> } = {
  structLogs: structLogTracer,
  callTracer,
  flatCallTracer,
  prestateTracer,
  '4byteTracer': fourByteTracer,
  muxTracer,
  noopTracer: (_, __, writer) => ({ tracer: {}, finish: () => writer.write('{}') }),
}

/** Starts a trace of a transaction that is about to be executed. */
export function startTrace(options: TracerOptions, subject: TraceSubject, writer: JsonWriter): TransactionTrace {
  // The table says that a name's function takes that name's options; TypeScript cannot follow the pair.
  return (TRACERS[options.name] as Start<TracerOptions>)(options, subject, writer)
}

function muxTracer({ tracers }: MuxTracerOptions, subject: TraceSubject, writer: JsonWriter): TransactionTrace {
  const traces = tracers.map((options) => ({ name: options.name, trace: startTrace(options, subject, writer) }))
  return {
    tracer: allOf(traces.map(({ trace }) => trace.tracer)),
    finish(outcome) {
      writer.open('{', '}')
      for (const { name, trace } of traces) {
        writer.item()
        writer.write(`"${name}":`)
        trace.finish(outcome)
      }
      writer.close()
    },
  }
}

/** Lets all of them watch. */
export function allOf(tracers: readonly Tracer[]): Tracer {
  return {
    onMessage(message: Message) {
      for (const tracer of tracers) tracer.onMessage?.(message)
    },
    onStep(frame: Frame, instruction: Instruction) {
      for (const tracer of tracers) tracer.onStep?.(frame, instruction)
    },
    onThreads(frame: Frame) {
      for (const tracer of tracers) tracer.onThreads?.(frame)
    },
    onResult(message: Message, result: MessageResult) {
      for (const tracer of tracers) tracer.onResult?.(message, result)
    },
  }
}
