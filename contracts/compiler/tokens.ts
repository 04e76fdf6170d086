import type { ByteText } from './byte-text.ts'

export interface Token {
  readonly kind: 'word' | 'number' | 'string' | 'symbol'
  readonly text: string
  readonly start: number
  /** Past the last byte. */
  readonly end: number
}

/** The longer before the shorter that they begin with. */
const OPERATORS = [
  ...['>>>=', '>>=', '<<=', '>>>', '**', '=>', '==', '!=', '<=', '>=', '+=', '-=', '*=', '/=', '%=', '|=', '&=', '^='],
  ...['->', ':=', '++', '--', '&&', '||', '<<', '>>'],
]

const isWordStart = (character: string | undefined) => character !== undefined && /[A-Za-z_$]/.test(character)
const isWordPart = (character: string | undefined) => character !== undefined && /[A-Za-z0-9_$]/.test(character)
const isDigit = (character: string | undefined) => character !== undefined && character >= '0' && character <= '9'

/**
 * The tokens of Solidity text, without space and comments. Takes every text: what no token can be becomes a symbol of one
 * byte, and an open comment or string ends with the text or its line, so that solc is the one who complains.
 */
export function tokenize(text: ByteText): Token[] {
  const tokens: Token[] = []
  let at = 0
  while (at < text.length) {
    const start = at
    const character = text[at] as string
    if (character <= ' ') {
      at++
    } else if (text.startsWith('//', at)) {
      at = endOf(text, '\n', at)
    } else if (text.startsWith('/*', at)) {
      at = endOf(text, '*/', at + 2)
    } else {
      const kind = kindAt(text, at)
      at = tokenEnd(text, at, kind)
      tokens.push({ kind, text: text.slice(start, at), start, end: at })
    }
  }
  return tokens
}

function kindAt(text: ByteText, at: number): Token['kind'] {
  const character = text[at]
  if (isWordStart(character)) return 'word'
  if (isDigit(character) || (character === '.' && isDigit(text[at + 1]))) return 'number'
  return character === '"' || character === "'" ? 'string' : 'symbol'
}

function tokenEnd(text: ByteText, start: number, kind: Token['kind']): number {
  let at = start
  switch (kind) {
    case 'word':
      while (isWordPart(text[at])) at++
      return at
    case 'number':
      // A point belongs to it only before a digit: `1.f()` is a call.
      while (isWordPart(text[at]) || (text[at] === '.' && isDigit(text[at + 1]))) at++
      return at
    case 'string': {
      const quote = text[at++]
      while (at < text.length && text[at] !== quote && text[at] !== '\n') at += text[at] === '\\' ? 2 : 1
      return Math.min(text[at] === quote ? at + 1 : at, text.length)
    }
    case 'symbol':
      return start + (OPERATORS.find((operator) => text.startsWith(operator, start))?.length ?? 1)
  }
}

/** Past the next occurrence of `mark`, or the end of the text. */
function endOf(text: ByteText, mark: string, from: number): number {
  const at = text.indexOf(mark, from)
  return at === -1 ? text.length : at + mark.length
}

const CLOSING: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' }

/** How the brackets of tokens nest, by index of the token. */
export interface Brackets {
  /** The other one of a pair; undefined for what is no bracket, or has no other. */
  readonly partner: readonly (number | undefined)[]
  /** The bracket around a token; undefined outside of all. A bracket is not inside itself. */
  readonly around: readonly (number | undefined)[]
}

export function matchBrackets(tokens: readonly Token[]): Brackets {
  const partner = new Array<number | undefined>(tokens.length).fill(undefined)
  const around = new Array<number | undefined>(tokens.length).fill(undefined)
  const open: number[] = []
  for (const [index, token] of tokens.entries()) {
    const top = open.at(-1)
    if (top !== undefined && CLOSING[tokens[top]?.text ?? ''] === token.text) {
      open.pop()
      partner[index] = top
      partner[top] = index
    }
    around[index] = open.at(-1)
    if (token.kind === 'symbol' && CLOSING[token.text] !== undefined) open.push(index)
  }
  return { partner, around }
}

/** The first bracket that stands in the way of all brackets having partners, if one does. */
export function unmatchedBracket(tokens: readonly Token[], { partner }: Brackets): Token | undefined {
  const open: Token[] = []
  for (const [index, token] of tokens.entries()) {
    if (token.kind !== 'symbol' || !/^[()[\]{}]$/.test(token.text)) continue
    const isOpening = CLOSING[token.text] !== undefined
    if (!isOpening && partner[index] === undefined) {
      // If it closes something, what is in between should have been closed before it.
      return open.some((each) => CLOSING[each.text] === token.text) ? open.at(-1) : token
    }
    if (isOpening) open.push(token)
    else open.pop()
  }
  return open.at(-1)
}
