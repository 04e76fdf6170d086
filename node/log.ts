import { createRequire } from 'node:module'
import { type Logger, pino } from 'pino'

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
  let pretty: ((line: string) => string) | undefined
  // Loaded when there is something to say.
  const format = (line: string): string => {
    if (options.format === 'json') return line
    pretty ??= prettyLogFormat(process.stdout.isTTY === true)
    return pretty(line)
  }
  // Not pino's own stream: at a broken pipe its `flushSync`, which `fatal` calls, tries again for ever (sonic-boom 4.2).
  process.stdout.on('error', () => {})
  return pino({ level: options.level, base }, { write: (line: string) => process.stdout.write(format(line)) })
}

/** Turns a JSON log line into one for people: time, node, module, message, fields. */
export function prettyLogFormat(colorize: boolean): (line: string) => string {
  const { prettyFactory } = createRequire(import.meta.url)('pino-pretty') as typeof import('pino-pretty')
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
