import { type CallListOptions, callListReport } from './call-list-report.ts'
import type { JsonWriter } from './json-writer.ts'
import { type LocalizedOptions, localizedReport } from './localized-report.ts'
import { type ReplayOptions, replayReport } from './replay-report.ts'
import type { Report } from './trace.ts'
import { startTrace, type TracerOptions } from './tracers.ts'

/** What a tracer makes of each transaction; in a list with its hash. */
export interface TracerReportOptions {
  readonly kind: 'tracer'
  readonly tracer: TracerOptions
}

/** What is written of transactions. Plain data. */
export type ReportOptions = TracerReportOptions | LocalizedOptions | ReplayOptions | CallListOptions

/** Begins to report of transactions, all of a list or one. */
export function makeReport(options: ReportOptions, isList: boolean, writer: JsonWriter): Report {
  switch (options.kind) {
    case 'tracer':
      return tracerReport(options, isList, writer)
    case 'localized':
      return localizedReport(options, writer)
    case 'replay':
      return replayReport(options, isList, writer)
    default:
      return callListReport(options, writer)
  }
}

function tracerReport({ tracer }: TracerReportOptions, isList: boolean, writer: JsonWriter): Report {
  return {
    begin() {
      if (isList) writer.open('[', ']')
    },
    start(subject) {
      if (!isList) return startTrace(tracer, subject, writer)
      writer.item()
      writer.open(`{"txHash":"${subject.position?.transactionHash}","result":`, '}')
      const trace = startTrace(tracer, subject, writer)
      return {
        tracer: trace.tracer,
        finish(outcome) {
          trace.finish(outcome)
          writer.close()
          writer.settle()
        },
      }
    },
    end() {
      if (isList) writer.close()
    },
  }
}
