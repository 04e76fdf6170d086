import { bytesToHex } from '../../primitives/hex.ts'
import type { Tracer } from '../evm/tracer.ts'
import { CallCollector } from './call-collector.ts'
import { flatten } from './flat-calls.ts'
import type { JsonWriter } from './json-writer.ts'
import { isShown, parityTrace } from './localized-report.ts'
import { PrestateCollector } from './prestate.ts'
import { writeStateDiff } from './state-diff.ts'
import type { Report, TraceSubject } from './trace.ts'
import { allOf } from './tracers.ts'
import { VmTracer } from './vm-tracer.ts'

/** What OpenEthereum tells of a transaction that it executes again, or of a call (trace_replay*, trace_call*). */
export interface ReplayOptions {
  readonly kind: 'replay'
  readonly trace: boolean
  readonly vmTrace: boolean
  readonly stateDiff: boolean
}

export function replayReport(options: ReplayOptions, isList: boolean, writer: JsonWriter): Report {
  return {
    begin() {
      if (isList) writer.open('[', ']')
    },
    start(subject) {
      if (isList) writer.item()
      return startReplay(options, isList, subject, writer)
    },
    end() {
      if (isList) writer.close()
    },
  }
}

function startReplay(options: ReplayOptions, isList: boolean, subject: TraceSubject, writer: JsonWriter) {
  const hash = isList ? subject.position?.transactionHash : undefined
  writer.open(hash === undefined ? '{' : `{"transactionHash":"${hash}",`, '}')
  writer.write('"vmTrace":')
  const vm = options.vmTrace ? new VmTracer(writer) : undefined
  const calls = options.trace ? new CallCollector({}, subject) : undefined
  const prestate = options.stateDiff ? new PrestateCollector(subject) : undefined
  const tracers: Tracer[] = []
  for (const tracer of [vm, calls, prestate]) if (tracer !== undefined) tracers.push(tracer)
  return {
    tracer: allOf(tracers),
    finish({ output }: { readonly output: Uint8Array }) {
      if (vm?.hasWritten !== true) writer.write('null')
      writer.write(`,"output":"${bytesToHex(output)}","stateDiff":`)
      if (prestate === undefined) writer.write('null')
      else writeStateDiff(prestate, subject.state, writer)
      writer.open(',"trace":[', ']')
      for (const flat of calls === undefined ? [] : flatten(calls.outermost, isShown)) {
        writer.item()
        writer.write(JSON.stringify(parityTrace(flat)))
        writer.settle()
      }
      writer.close()
      writer.close()
      writer.settle()
    },
  }
}
