/**
 * Text with one character for each byte of its UTF-8, because solc counts bytes: an offset into it is an offset of solc's.
 * Everything that decides about structure is ASCII, and stays itself.
 */
export type ByteText = string

export function toByteText(text: string): ByteText {
  return Buffer.from(text, 'utf8').toString('latin1')
}

export function fromByteText(text: ByteText): string {
  return Buffer.from(text, 'latin1').toString('utf8')
}

/** Where an offset is, for people: both from 1, the column in characters. */
export interface Position {
  readonly line: number
  readonly column: number
}

export function positionAt(text: ByteText, offset: number): Position {
  const before = text.slice(0, offset)
  const lineStart = before.lastIndexOf('\n') + 1
  return { line: before.split('\n').length, column: fromByteText(before.slice(lineStart)).length + 1 }
}

/** The line with this number, as people read it. */
export function lineAt(text: ByteText, line: number): string {
  return fromByteText((text.split('\n')[line - 1] ?? '').replace(/\r$/, ''))
}
