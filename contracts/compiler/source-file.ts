import { type ByteText, toByteText } from './byte-text.ts'
import { type FunctionOutline, type Outline, outline } from './outline.ts'
import { type Brackets, matchBrackets, type Token, tokenize } from './tokens.ts'

/** One source of a compilation as the keywords' compiler reads it. */
export interface SourceFile {
  /** Source unit name, as in solc's input. */
  readonly name: string
  readonly text: ByteText
  readonly tokens: readonly Token[]
  readonly brackets: Brackets
  readonly outline: Outline
}

export function readSource(name: string, content: string): SourceFile {
  const text = toByteText(content)
  const tokens = tokenize(text)
  const brackets = matchBrackets(tokens)
  return { name, text, tokens, brackets, outline: outline(tokens, brackets) }
}

/** The function whose body holds a token. */
export function functionAround(source: SourceFile, index: number): FunctionOutline | undefined {
  return source.outline.functions.find(({ body }) => body !== undefined && body.open < index && index < body.close)
}
