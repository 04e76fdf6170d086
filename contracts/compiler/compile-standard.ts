import type { AstNode } from './ast.ts'
import { fromByteText } from './byte-text.ts'
import { commonEdits } from './common-edits.ts'
import { type Diagnostic, formatted, pavmError, type SourceLocation } from './diagnostic.ts'
import { type EditedText, Edits } from './edits.ts'
import { findSites } from './find-sites.ts'
import { RESERVED, THREADS_SOURCE, THREADS_TEXT } from './markers.ts'
import { functionsByName, probeEdits } from './probe.ts'
import { rewriteThreads } from './rewrite.ts'
import { selectOutputs } from './select-outputs.ts'
import { type Sites, USAGE } from './sites.ts'
import { hasErrors, runSolc, type StandardInput, type StandardOutput } from './solc.ts'
import { readSource, type SourceFile } from './source-file.ts'

/**
 * Compiles as solc does, standard JSON in and out, and knows the keywords of threads. Without them the output is solc's; with them
 * code comes by way of Yul, and there is no syntax tree and no metadata, for they would be about text that nobody wrote.
 */
export function compileStandard(input: StandardInput): StandardOutput {
  if (input.language !== 'Solidity') return runSolc(input)
  const sources = Object.entries(input.sources).map(([name, { content }]) => readSource(name, content))
  const modifiers = new Set(
    sources.flatMap(({ outline }) =>
      outline.functions.filter(({ kind }) => kind === 'modifier').map(({ name }) => name),
    ),
  )
  const found = sources.map((source) => {
    const [sites, errors] = findSites(source, modifiers)
    return { source, sites, errors }
  })
  const misuses = found.flatMap(({ errors }) => errors)
  if (misuses.length > 0) return { errors: misuses, sources: {} }
  if (found.every(({ sites }) => isEmpty(sites))) return hinted(runSolc(input))
  const reserved = sources.flatMap(reservedNames)
  if (reserved.length > 0) return { errors: reserved, sources: {} }

  const threadFunctions = new Set(found.flatMap(({ sites }) => sites.spawns.map(({ functionName }) => functionName)))
  const declared = functionsByName(sources)
  const probes = found.map(({ source, sites }, index) => {
    const edits = commonEdits(source, sites, { index, threadFunctions })
    const probing = new Edits()
    probing.add(edits)
    probeEdits(sites, declared, probing)
    return { source, spawns: sites.spawns, edits, probe: probing.apply(source.text) }
  })
  const checkedTexts = new Map(probes.map(({ source, probe }) => [source.name, probe]))
  const checked = runSolc(withTexts(input, checkedTexts, { '*': { '': ['ast'] } }))
  const reports = originalDiagnostics(checked, sources, checkedTexts)
  if (hasErrors(checked)) return hinted({ errors: reports, sources: {} })

  const errors = rewriteThreads(
    probes.map((probed) => ({ ...probed, tree: checked.sources?.[probed.source.name]?.ast as AstNode })),
  )
  if (errors.length > 0) return { errors: [...reports, ...errors], sources: {} }
  const texts = new Map(probes.map(({ source, edits }) => [source.name, edits.apply(source.text)]))
  const output = selectOutputs(input, texts, (selection) => runSolc(withTexts(input, texts, selection)))
  const failures = originalDiagnostics(output, sources, texts).filter(({ severity }) => severity === 'error')
  return { ...output, errors: [...reports, ...failures] }
}

function isEmpty({ spawns, controls, notes }: Sites): boolean {
  return spawns.length + controls.length + notes.length === 0
}

function reservedNames({ name, text, tokens }: SourceFile): Diagnostic[] {
  return tokens
    .filter((token) => token.kind === 'word' && token.text.startsWith(RESERVED))
    .map(({ start, end, text: word }) =>
      pavmError(
        { file: name, start, end },
        text,
        `${word} is a name of the compiler's own: names beginning with ${RESERVED} are`,
      ),
    )
}

function withTexts(
  input: StandardInput,
  texts: ReadonlyMap<string, EditedText>,
  outputSelection: Record<string, Record<string, string[]>>,
): StandardInput {
  return {
    ...input,
    sources: {
      ...Object.fromEntries([...texts].map(([name, { text }]) => [name, { content: fromByteText(text) }])),
      [THREADS_SOURCE]: { content: THREADS_TEXT },
    },
    settings: {
      ...input.settings,
      viaIR: true,
      debug: { ...input.settings?.debug, debugInfo: ['location'] },
      outputSelection,
    },
  }
}

/** Diagnostics about edited sources as ones about the sources as they were written. */
function originalDiagnostics(
  { errors = [] }: StandardOutput,
  sources: readonly SourceFile[],
  texts: ReadonlyMap<string, EditedText>,
): Diagnostic[] {
  const original = <Location extends SourceLocation>(location: Location): Location => {
    const edited = texts.get(location.file)
    return edited === undefined || location.start < 0
      ? location
      : { ...location, ...edited.rangeOf(location.start, location.end) }
  }
  const isOurs = ({ severity, sourceLocation }: Diagnostic) =>
    severity !== 'error' &&
    sourceLocation !== undefined &&
    (sourceLocation.file === THREADS_SOURCE ||
      texts.get(sourceLocation.file)?.isNew(Math.max(sourceLocation.start, 0)) === true)
  const isHarmless = (diagnostic: Diagnostic) => isOurs(diagnostic) || isAboutOperand(diagnostic, texts)
  return errors
    .filter((diagnostic) => !isHarmless(diagnostic))
    .map((diagnostic) => {
      const { sourceLocation, secondarySourceLocations } = diagnostic
      if (sourceLocation === undefined) return diagnostic
      const moved = {
        ...diagnostic,
        sourceLocation: original(sourceLocation),
        ...(secondarySourceLocations === undefined
          ? {}
          : { secondarySourceLocations: secondarySourceLocations.map(original) }),
      }
      return formatted(moved, sources.find(({ name }) => name === sourceLocation.file)?.text)
    })
}

/** solc's "statement has no effect", said of a variable that is only there to be checked. */
function isAboutOperand({ errorCode, sourceLocation }: Diagnostic, texts: ReadonlyMap<string, EditedText>): boolean {
  if (errorCode !== '6133' || sourceLocation === undefined) return false
  return texts.get(sourceLocation.file)?.isNew(sourceLocation.end) === true
}

/** Tells whom solc says that a keyword is not declared how it is written. */
function hinted(output: StandardOutput): StandardOutput {
  if (output.errors === undefined) return output
  const errors = output.errors.map((diagnostic) => {
    const name = diagnostic.message.startsWith('Undeclared identifier.') ? identifierOf(diagnostic) : undefined
    const usage = name === undefined ? undefined : USAGE[name]
    if (usage === undefined) return diagnostic
    const hint = ` As a keyword it is written ${usage}`
    return {
      ...diagnostic,
      message: diagnostic.message + hint,
      formattedMessage: diagnostic.formattedMessage.replace(diagnostic.message, diagnostic.message + hint),
    }
  })
  return { ...output, errors }
}

function identifierOf({ formattedMessage }: Diagnostic): keyof typeof USAGE | undefined {
  const [, line = '', marks = ''] = /^\s*\d+ \| (.*)\n\s*\| (.*)$/m.exec(formattedMessage) ?? []
  const name = line.slice(marks.indexOf('^'), marks.lastIndexOf('^') + 1)
  return name in USAGE ? (name as keyof typeof USAGE) : undefined
}
