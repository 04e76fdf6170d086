import { bytesToHex, quantityToHex } from '../../primitives/hex.ts'
import { revertReason } from '../revert-reason.ts'
import { CallCollector, type CallCollectorOptions, type TracedCall, type TracedLog } from './call-collector.ts'
import { REVERTED } from './halt-text.ts'
import type { JsonWriter } from './json-writer.ts'
import type { TraceSubject, TransactionTrace } from './trace.ts'

export interface CallTracerOptions {
  readonly name: 'callTracer'
  readonly onlyTopCall: boolean
  readonly withLog: boolean
}

/** The calls of a transaction, one in the other (go-ethereum eth/tracers/native/call.go). */
export function callTracer(options: CallTracerOptions, subject: TraceSubject, writer: JsonWriter): TransactionTrace {
  const { onlyTopCall, withLog } = options
  const tracer = new CallCollector({ onlyTopCall, withLogs: withLog } satisfies CallCollectorOptions, subject)
  return { tracer, finish: (outcome) => writeCall(tracer.finished(outcome), writer) }
}

function writeCall(call: TracedCall, writer: JsonWriter): void {
  const { type, from, to, input, output, error, value, thread, logs, calls } = call
  const isCreation = type === 'CREATE' || type === 'CREATE2'
  writer.open(
    `{"from":"${from}","gas":"${quantityToHex(call.gas)}","gasUsed":"${quantityToHex(call.gasUsed)}"`,
    `${value === undefined ? '' : `,"value":"${quantityToHex(value)}"`}${
      thread === undefined ? '' : `,"thread":"${quantityToHex(thread)}"`
    },"type":"${type}"}`,
  )
  if (!isCreation || error === undefined) writer.write(`,"to":"${to}"`)
  writer.write(`,"input":"${bytesToHex(input)}"`)
  if (output.length > 0) writer.write(`,"output":"${bytesToHex(output)}"`)
  if (error !== undefined) writer.write(`,"error":${JSON.stringify(error)}`)
  const reason = error === REVERTED ? revertReason(output, output.length) : undefined
  if (reason !== undefined) writer.write(`,"revertReason":${JSON.stringify(reason)}`)
  if (calls.length > 0) {
    writer.open(',"calls":[', ']')
    for (const each of calls) {
      writer.item()
      writeCall(each, writer)
      writer.settle()
    }
    writer.close()
  }
  if (logs.length > 0) writer.write(`,"logs":[${logs.map(logText).join(',')}]`)
  writer.close()
}

function logText({ address, topics, data, index, position }: TracedLog): string {
  return JSON.stringify({
    address,
    topics,
    data: bytesToHex(data),
    index: quantityToHex(index),
    position: quantityToHex(position),
  })
}
