import { CallCollector, type TracedCall } from './call-collector.ts'
import { actionOf, flatten, kindOf, parityError, placeOf, resultOf } from './flat-calls.ts'
import { REVERTED } from './halt-text.ts'
import type { JsonWriter } from './json-writer.ts'
import type { TraceSubject, TransactionTrace } from './trace.ts'

export interface FlatCallTracerOptions {
  readonly name: 'flatCallTracer'
  readonly convertParityErrors: boolean
  readonly includePrecompiles: boolean
}

/** The calls of a transaction as a list (go-ethereum eth/tracers/native/call_flat.go). */
export function flatCallTracer(
  { convertParityErrors, includePrecompiles }: FlatCallTracerOptions,
  subject: TraceSubject,
  writer: JsonWriter,
): TransactionTrace {
  const tracer = new CallCollector({}, subject)
  const place = subject.position === undefined ? placeOfCall(subject) : placeOf(subject.position)
  return {
    tracer,
    finish(outcome) {
      writer.open('[', ']')
      for (const { call, ...rest } of flatten(
        tracer.finished(outcome),
        (each) => includePrecompiles || isShown(each),
      )) {
        const { error } = call
        const result = error === undefined || error === REVERTED ? resultOf(call) : undefined
        writer.item()
        writer.write(
          JSON.stringify({
            action: actionOf(call),
            ...place,
            ...(error === undefined ? {} : { error: convertParityErrors ? parityError(call) : error }),
            ...(result === undefined ? {} : { result }),
            ...rest,
            type: kindOf(call),
          }),
        )
        writer.settle()
      }
      writer.close()
    },
  }
}

/** Calls of precompiled contracts are instructions, rather. */
function isShown({ type, isPrecompile }: TracedCall): boolean {
  return !(isPrecompile && (type === 'CALL' || type === 'STATICCALL'))
}

function placeOfCall({ environment }: TraceSubject): Record<string, unknown> {
  return { blockHash: null, blockNumber: Number(environment.number), transactionHash: null, transactionPosition: 0 }
}
