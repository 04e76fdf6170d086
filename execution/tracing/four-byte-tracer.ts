import { bytesToHex } from '../../primitives/hex.ts'
import { CallCollector, type TracedCall } from './call-collector.ts'
import type { JsonWriter } from './json-writer.ts'
import type { TraceSubject, TransactionTrace } from './trace.ts'

const SELECTOR_BYTES = 4

/**
 * How often each function selector was called with how many bytes behind it (go-ethereum eth/tracers/native/4byte.go). Creations
 * and precompiled contracts have no selectors.
 */
export function fourByteTracer(_: unknown, subject: TraceSubject, writer: JsonWriter): TransactionTrace {
  const tracer = new CallCollector({}, subject)
  return {
    tracer,
    finish(outcome) {
      const counts = new Map<string, number>()
      countSelectors(tracer.finished(outcome), counts)
      writer.write(JSON.stringify(Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)))))
    },
  }
}

function countSelectors({ type, input, isPrecompile, calls }: TracedCall, counts: Map<string, number>): void {
  const isCall = type !== 'CREATE' && type !== 'CREATE2' && type !== 'SELFDESTRUCT'
  if (isCall && !isPrecompile && input.length >= SELECTOR_BYTES) {
    const key = `${bytesToHex(input.subarray(0, SELECTOR_BYTES))}-${input.length - SELECTOR_BYTES}`
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  for (const each of calls) countSelectors(each, counts)
}
