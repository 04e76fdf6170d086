import { type AstNode, descendants, spanOf } from './ast.ts'
import type { EditedText, Edits } from './edits.ts'
import type { Range, SpawnSite } from './sites.ts'
import type { SourceFile } from './source-file.ts'

/** A source whose threads are plain calls, and the edits that its threads are to be added to. */
export interface ProbedSource {
  readonly source: SourceFile
  readonly spawns: readonly SpawnSite[]
  readonly probe: EditedText
  readonly tree: AstNode
  readonly edits: Edits
}

/** Where a node was before the threads became calls. */
export function originOf(node: AstNode, { probe }: ProbedSource): Range {
  const { start, end } = spanOf(node)
  return probe.rangeOf(start, end)
}

/** Where a statement began; that of a thread begins with the keyword's statement. */
export function startOf(statement: AstNode, probed: ProbedSource): number {
  const { start } = originOf(statement, probed)
  return probed.spawns.find((site) => site.start <= start && start < site.end)?.start ?? start
}

/** The calls that stand for threads. */
export function threadCalls(probed: ProbedSource): ReadonlyMap<SpawnSite, AstNode> {
  const calls = new Map<string, AstNode>()
  for (const node of descendants(probed.tree)) {
    if (node.nodeType !== 'FunctionCall') continue
    const { start, end } = originOf(node, probed)
    calls.set(`${start}:${end}`, node)
  }
  const found = new Map<SpawnSite, AstNode>()
  for (const site of probed.spawns) {
    const { start, callee, args } = site
    // One from outside begins with text that was put at the beginning of the statement.
    const call = calls.get(`${callee.start}:${args.end}`) ?? calls.get(`${start}:${args.end}`)
    if (call !== undefined) found.set(site, call)
  }
  return found
}
