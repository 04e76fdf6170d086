import { type ByteText, lineAt, positionAt } from './byte-text.ts'

export interface SourceLocation {
  readonly file: string
  /** Bytes; -1 where nobody knows. */
  readonly start: number
  readonly end: number
}

/** An error or warning as in solc's standard JSON. */
export interface Diagnostic {
  readonly component: string
  readonly errorCode?: string
  readonly formattedMessage: string
  readonly message: string
  readonly severity: 'error' | 'warning' | 'info'
  readonly sourceLocation?: SourceLocation
  readonly secondarySourceLocations?: readonly (SourceLocation & { readonly message?: string })[]
  readonly type: string
}

/** What the compiler of the keywords itself has to say about a place. */
export function pavmError(location: SourceLocation, text: ByteText, message: string): Diagnostic {
  return formatted(
    { component: 'general', message, severity: 'error', sourceLocation: location, type: 'PavmError' },
    text,
  )
}

/** The diagnostic with its message and the line it is about, in the way of solc. */
export function formatted(diagnostic: Omit<Diagnostic, 'formattedMessage'>, text: ByteText | undefined): Diagnostic {
  const { sourceLocation: location, type, message } = diagnostic
  const title = `${type}: ${message}`
  if (location === undefined) return { ...diagnostic, formattedMessage: `${title}\n` }
  if (text === undefined || location.start < 0) {
    return { ...diagnostic, formattedMessage: `${title}\n--> ${location.file}\n` }
  }
  const { line, column } = positionAt(text, location.start)
  const shown = lineAt(text, line)
  const number = String(line)
  const margin = ' '.repeat(number.length)
  const end = positionAt(text, Math.max(location.end, location.start + 1))
  const width = end.line === line ? end.column - column : shown.length - column + 1
  return {
    ...diagnostic,
    formattedMessage: [
      title,
      `${margin}--> ${location.file}:${line}:${column}:`,
      `${margin} |`,
      `${number} | ${shown}`,
      `${margin} | ${shown.slice(0, column - 1).replace(/[^\t]/g, ' ')}${'^'.repeat(Math.max(width, 1))}`,
      '',
    ].join('\n'),
  }
}
