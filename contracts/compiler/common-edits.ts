import { Edits } from './edits.ts'
import { RESERVED, THREADS_SOURCE } from './markers.ts'
import type { ContractOutline } from './outline.ts'
import type { ControlSite, NoteSite, Sites } from './sites.ts'
import type { SourceFile } from './source-file.ts'

/**
 * What changes in a source whether its threads are started or called: the import of the library, words in headers, statements
 * about threads, and that an external function that a thread runs can be called from inside.
 * @param index of the source, for names that are different in each
 * @param threadFunctions names of functions that threads run
 */
export function commonEdits(
  source: SourceFile,
  sites: Sites,
  { index, threadFunctions }: { readonly index: number; readonly threadFunctions: ReadonlySet<string> },
): Edits {
  const edits = new Edits()
  edits.insert(source.text.length, `\nimport "${THREADS_SOURCE}";\n`)
  for (const site of sites.controls) replaceControl(site, edits)
  noteModifiers(source, sites.notes, index, edits)
  for (const declared of source.outline.functions) {
    if (declared.kind !== 'function' || declared.contract?.kind !== 'contract' || declared.parameters === undefined)
      continue
    if (!threadFunctions.has(declared.name)) continue
    const around = source.brackets.around[declared.start]
    for (let at = declared.parameters.close + 1; at < declared.headerEnd; at++) {
      const token = source.tokens[at]
      if (token?.text === 'external' && source.brackets.around[at] === around) {
        edits.replace(token.start, token.end, 'public')
      }
    }
  }
  return edits
}

function replaceControl({ start, end, keyword, operands }: ControlSite, edits: Edits): void {
  const args = operands.flatMap((operand, at) => (at === 0 ? [operand] : [', ', operand]))
  edits.replace(start, end, `${RESERVED}${keyword}(`, ...args, ');')
}

/** The words become modifiers around all others: they act when the function ends, and not when it reverts. */
function noteModifiers(source: SourceFile, notes: readonly NoteSite[], index: number, edits: Edits): void {
  const defined = new Map<string, ContractOutline>()
  // The first modifier is the outermost and acts last.
  for (const { keyword, function: declared, start, end } of [...notes].reverse()) {
    const contract = declared.contract as ContractOutline
    const name = `${RESERVED}${keyword}_${index}_${source.outline.contracts.indexOf(contract)}`
    edits.insert(source.tokens[declared.parameters?.close ?? 0]?.end ?? 0, ` ${name} `)
    edits.replace(start, end, '')
    if (defined.has(name)) continue
    defined.set(name, contract)
    edits.insert(closing(source, contract), ` modifier ${name}() { _; ${RESERVED}${keyword}(); } `)
  }
}

/** Where the brace is that ends a contract. */
export function closing(source: SourceFile, contract: ContractOutline): number {
  return source.tokens[contract.body.close]?.start ?? source.text.length
}
