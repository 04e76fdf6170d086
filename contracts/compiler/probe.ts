import type { Edits, Piece } from './edits.ts'
import { RESERVED } from './markers.ts'
import type { FunctionOutline } from './outline.ts'
import type { Sites, SpawnSite } from './sites.ts'
import type { SourceFile } from './source-file.ts'

/**
 * Makes the threads of a source plain calls, with their operands before them. That is what the program means when it runs
 * serially, so solc can check it and tell which function, variable and type each name is.
 * @param declared every function of the compilation, by name
 */
export function probeEdits(sites: Sites, declared: FunctionsByName, edits: Edits): void {
  for (const site of sites.spawns) {
    const [id, variable] = site.operands
    const pieces: Piece[] = [`${RESERVED}probe(`, id as Piece, '); ']
    if (variable !== undefined) pieces.push(variable, '; ')
    if (site.target !== undefined) pieces.push(site.target, ' = ')
    if (isCalledFromOutside(site, declared)) pieces.push('this.')
    pieces.push(site.callee, site.args, ';')
    edits.replace(site.start, site.end, ...(site.isInBlock ? pieces : ['{ ', ...pieces, ' }']))
  }
}

export type FunctionsByName = ReadonlyMap<string, readonly DeclaredFunction[]>

interface DeclaredFunction {
  readonly source: SourceFile
  readonly function: FunctionOutline
}

export function functionsByName(sources: readonly SourceFile[]): FunctionsByName {
  const functions = new Map<string, DeclaredFunction[]>()
  for (const source of sources) {
    for (const declared of source.outline.functions) {
      if (declared.contract?.kind !== 'contract') continue
      const others = functions.get(declared.name)
      if (others === undefined) functions.set(declared.name, [{ source, function: declared }])
      else others.push({ source, function: declared })
    }
  }
  return functions
}

/**
 * Whether the function wants its arguments in call data, which only a call from outside makes of arguments in memory. A `pure`
 * function must not look at its own address, so there the call stays one from inside.
 */
function isCalledFromOutside(site: SpawnSite, declared: FunctionsByName): boolean {
  if (site.source.text.slice(site.callee.start, site.callee.end) !== site.functionName) return false
  if (headerHas(site.source, site.function, ['pure'])) return false
  const candidates = declared.get(site.functionName) ?? []
  const areOutside = candidates.every((one) => headerHas(one.source, one.function, ['public', 'external']))
  return areOutside && candidates.some((one) => takesCallData(one))
}

function headerHas(source: SourceFile, { parameters, headerEnd }: FunctionOutline, words: readonly string[]): boolean {
  if (parameters === undefined) return false
  return source.tokens.slice(parameters.close, headerEnd).some(({ text }) => words.includes(text))
}

function takesCallData({ source, function: { parameters } }: DeclaredFunction): boolean {
  if (parameters === undefined) return false
  return source.tokens.slice(parameters.open, parameters.close).some(({ text }) => text === 'calldata')
}
