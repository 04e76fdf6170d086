import type { Brackets, Token } from './tokens.ts'

/** Indexes of tokens: of a bracket and its partner. */
export interface Pair {
  readonly open: number
  readonly close: number
}

export interface ContractOutline {
  readonly kind: 'contract' | 'interface' | 'library'
  readonly name: string
  readonly body: Pair
}

/** A function, constructor or modifier, by indexes of tokens. */
export interface FunctionOutline {
  readonly kind: 'function' | 'constructor' | 'modifier' | 'fallback' | 'receive'
  readonly name: string
  /** Undefined for a free function. */
  readonly contract: ContractOutline | undefined
  /** The word it begins with. */
  readonly start: number
  readonly parameters: Pair | undefined
  /** The brace that opens the body, or the semicolon in place of one. */
  readonly headerEnd: number
  readonly body: Pair | undefined
}

/** What a file declares, as far as the keywords need it. */
export interface Outline {
  readonly contracts: readonly ContractOutline[]
  readonly functions: readonly FunctionOutline[]
}

const CONTRACTS = new Set(['contract', 'interface', 'library'])
const NAMELESS = new Set(['constructor', 'fallback', 'receive'])

export function outline(tokens: readonly Token[], brackets: Brackets): Outline {
  const contracts: ContractOutline[] = []
  const functions: FunctionOutline[] = []
  for (let index = 0; index < tokens.length; index++) {
    if (brackets.around[index] !== undefined || tokens[index]?.kind !== 'word') continue
    const word = tokens[index]?.text as string
    if (CONTRACTS.has(word) && tokens[index + 1]?.kind === 'word') {
      const body = bodyFrom(index, tokens, brackets)
      if (body === undefined) continue
      const contract = { kind: word as ContractOutline['kind'], name: tokens[index + 1]?.text as string, body }
      contracts.push(contract)
      for (let inner = body.open + 1; inner < body.close; inner++) {
        if (brackets.around[inner] !== body.open) continue
        const found = functionAt(inner, contract, tokens, brackets)
        if (found !== undefined) functions.push(found)
      }
    } else {
      const found = functionAt(index, undefined, tokens, brackets)
      if (found !== undefined) functions.push(found)
    }
  }
  return { contracts, functions }
}

function functionAt(
  start: number,
  contract: ContractOutline | undefined,
  tokens: readonly Token[],
  brackets: Brackets,
): FunctionOutline | undefined {
  const word = tokens[start]
  const next = tokens[start + 1]
  if (word?.kind !== 'word') return undefined
  // `function` without a name is a type.
  const isNamed = (word.text === 'function' || word.text === 'modifier') && next?.kind === 'word'
  if (!isNamed && !(NAMELESS.has(word.text) && next?.text === '(')) return undefined
  const afterName = start + (isNamed ? 2 : 1)
  const close = tokens[afterName]?.text === '(' ? brackets.partner[afterName] : undefined
  const around = brackets.around[start]
  let headerEnd = afterName
  while (headerEnd < tokens.length) {
    const text = tokens[headerEnd]?.text
    if (brackets.around[headerEnd] === around && (text === '{' || text === ';' || text === '}')) break
    headerEnd++
  }
  const bodyClose = tokens[headerEnd]?.text === '{' ? brackets.partner[headerEnd] : undefined
  return {
    kind: word.text as FunctionOutline['kind'],
    name: isNamed ? (next?.text as string) : '',
    contract,
    start,
    parameters: close === undefined ? undefined : { open: afterName, close },
    headerEnd,
    body: bodyClose === undefined ? undefined : { open: headerEnd, close: bodyClose },
  }
}

/** The next pair of braces that are in no bracket, unless a semicolon comes first. */
function bodyFrom(start: number, tokens: readonly Token[], brackets: Brackets): Pair | undefined {
  for (let index = start; index < tokens.length; index++) {
    if (brackets.around[index] !== undefined) continue
    if (tokens[index]?.text === ';') return undefined
    const close = tokens[index]?.text === '{' ? brackets.partner[index] : undefined
    if (close !== undefined) return { open: index, close }
  }
  return undefined
}
