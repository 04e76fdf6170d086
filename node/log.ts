import { type Logger, pino } from 'pino'
import { prettyFactory } from 'pino-pretty'

export interface LogOptions {
  readonly level: string
  /** `json` for machines (one object a line), `pretty` for people. */
  readonly format: 'json' | 'pretty'
  /** Names the node in a network's joint log. */
  readonly label?: string | undefined
}

/** A log line of a node as it crosses to the process that shows it. */
export type LogRecord = Readonly<Record<string, unknown>>

/**
 * The root logger of a process, on standard output; each module gets a child of it. When nobody reads that any more, lines
 * are lost and nothing else happens.
 */
export function createLogger(options: LogOptions): Logger {
  const base = options.label === undefined ? {} : { node: options.label }
  const format = options.format === 'json' ? asIs : prettyLogFormat(process.stdout.isTTY === true)
  // Not pino's own stream: at a broken pipe its `flushSync`, which `fatal` calls, tries again for ever (sonic-boom 4.2).
  process.stdout.on('error', () => {})
  return pino({ level: options.level, base }, { write: (line: string) => process.stdout.write(format(line)) })
}

function asIs(line: string): string {
  return line
}

/** Turns a JSON log line into one for people: time, node, module, message, fields. */
export function prettyLogFormat(colorize: boolean): (line: string) => string {
  return prettyFactory({
    colorize,
    singleLine: true,
    translateTime: 'SYS:HH:MM:ss.l',
    ignore: 'pid,hostname,node,module',
    messageFormat: (log, messageKey) => {
      const node = typeof log.node === 'string' ? `${log.node} ` : ''
      const module = typeof log.module === 'string' ? `${log.module}: ` : ''
      return `${node.padEnd(8)}${module}${String(log[messageKey] ?? '')}`
    },
  }) as (line: string) => string
}
