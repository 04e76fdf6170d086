import type { Address } from '../../primitives/hex.ts'
import { bytesToHex, quantityToHex } from '../../primitives/hex.ts'
import { CallCollector, type TracedCall } from './call-collector.ts'
import { flatten } from './flat-calls.ts'
import type { JsonWriter } from './json-writer.ts'
import type { Report, TraceOutcome } from './trace.ts'

/** What Otterscan asks of transactions (https://docs.otterscan.io/api-docs/ots-api). */
export type CallListOptions =
  /** All calls (ots_traceTransaction). */
  | { readonly kind: 'calls' }
  /** Calls below the outermost that moved wei, creations and self-destructions, of those that have had an effect. */
  | { readonly kind: 'operations' }
  /** Revert data; `0x` without. */
  | { readonly kind: 'error' }
  /** Indexes of the transactions in which the account is a sender or recipient of a call, a list for each block. */
  | { readonly kind: 'participations'; readonly address: Address }
  /** The transaction that has created the account, and who it was: `{"index", "creator"}`, or `null`. */
  | { readonly kind: 'creation'; readonly address: Address }

/** Of which type an operation is; other calls are transfers. */
const OPERATION_TYPES: Readonly<Record<string, number>> = { SELFDESTRUCT: 1, CREATE: 2, CREATE2: 3 }
const TRANSFER = 0

export function callListReport(options: CallListOptions, writer: JsonWriter): Report {
  switch (options.kind) {
    case 'calls':
      return listReport(writer, (call) =>
        [...flatten(call, (each) => !each.isPrecompile)].map((flat) => callOf(flat.call)),
      )
    case 'operations':
      return listReport(writer, (call) => operationsOf(call).map(operationOf))
    case 'error':
      return ofEach((_, { succeeded, output }) => writer.write(succeeded ? '"0x"' : `"${bytesToHex(output)}"`))
    case 'participations':
      return participations(options.address, writer)
    case 'creation':
      return creation(options.address, writer)
  }
}

/** A report that is a function of the calls of each transaction. */
function ofEach(tell: (outermost: TracedCall, outcome: TraceOutcome, index: number) => void): Report {
  return {
    begin() {},
    start(subject) {
      const tracer = new CallCollector({}, subject)
      return { tracer, finish: (outcome) => tell(tracer.outermost, outcome, subject.position?.index ?? 0) }
    },
    end() {},
  }
}

function listReport(writer: JsonWriter, list: (outermost: TracedCall) => readonly object[]): Report {
  return ofEach((outermost) => {
    writer.open('[', ']')
    for (const each of list(outermost)) {
      writer.item()
      writer.write(JSON.stringify(each))
      writer.settle()
    }
    writer.close()
  })
}

function callOf({ type, depth, from, to, value, input, output }: TracedCall): object {
  const hasValue = value !== undefined && type !== 'DELEGATECALL'
  return {
    type,
    depth,
    from,
    to,
    value: hasValue ? quantityToHex(value) : null,
    input: bytesToHex(input),
    output: bytesToHex(output),
  }
}

function operationsOf(outermost: TracedCall): TracedCall[] {
  if (outermost.error !== undefined) return []
  return outermost.calls.flatMap((call) => {
    if (call.error !== undefined) return []
    const isOperation = call.type in OPERATION_TYPES || (call.type === 'CALL' && call.value !== 0n)
    return [...(isOperation ? [call] : []), ...operationsOf(call)]
  })
}

function operationOf({ type, from, to, value = 0n }: TracedCall): object {
  return { type: OPERATION_TYPES[type] ?? TRANSFER, from, to, value: quantityToHex(value) }
}

function participations(address: Address, writer: JsonWriter): Report {
  let found: number[] = []
  const all = ofEach((outermost, _, index) => {
    for (const { call } of flatten(outermost, () => true)) {
      if (call.from !== address && call.to !== address) continue
      found.push(index)
      return
    }
  })
  return {
    ...all,
    begin: () => writer.open('[', ']'),
    endBlock() {
      writer.item()
      writer.write(JSON.stringify(found))
      found = []
    },
    end: () => writer.close(),
  }
}

function creation(address: Address, writer: JsonWriter): Report {
  let found: object | undefined
  const all = ofEach((outermost, _, index) => {
    for (const { call } of flatten(outermost, ({ error }) => error === undefined)) {
      if (call.to !== address || !call.type.startsWith('CREATE') || call.error !== undefined) continue
      found = { index, creator: call.from }
    }
  })
  return { ...all, end: () => writer.write(JSON.stringify(found ?? null)) }
}
