import { AddedFunctions, type Place } from './added-functions.ts'
import { type AstNode, nodeIn, nodesIn, SyntaxTrees, typeOf } from './ast.ts'
import { type Diagnostic, pavmError } from './diagnostic.ts'
import type { Piece } from './edits.ts'
import { assignedBy, effectOf, firstNeeding, type StatementFacts, statementsAfter, targetOf } from './fetch-place.ts'
import { RESERVED } from './markers.ts'
import { Misuse } from './misuse.ts'
import { originOf, type ProbedSource, startOf, threadCalls } from './probed-source.ts'
import type { Range, SpawnSite } from './sites.ts'

/** Adds to the edits of all sources what makes their threads start; returns what is wrong with them. */
export function rewriteThreads(sources: readonly ProbedSource[]): Diagnostic[] {
  const trees = new SyntaxTrees(Object.fromEntries(sources.map(({ source, tree }) => [source.name, tree])))
  const rewriter = new Rewriter(sources, trees)
  for (const source of sources) rewriter.rewrite(source)
  return rewriter.errors
}

class Rewriter {
  readonly errors: Diagnostic[] = []
  readonly #trees: SyntaxTrees
  readonly #added: AddedFunctions
  #ids = 0

  constructor(sources: readonly ProbedSource[], trees: SyntaxTrees) {
    this.#trees = trees
    this.#added = new AddedFunctions(
      sources.map(({ source }) => source.name),
      trees,
    )
  }

  rewrite(probed: ProbedSource): void {
    const calls = threadCalls(probed)
    for (const site of probed.spawns) {
      try {
        const call = calls.get(site)
        if (call === undefined) throw new Misuse(site.callee, 'this is not a call')
        const contract = this.#trees.around(call, 'ContractDefinition') as AstNode
        const place = { probed, contract, call, definition: this.#definitionOf(site, call) }
        this.#rewriteSite(site, place, new Set(calls.values()))
      } catch (error) {
        if (!(error instanceof Misuse)) throw error
        const { name, text } = probed.source
        this.errors.push(pavmError({ file: name, ...error.range }, text, error.message))
      }
    }
  }

  #rewriteSite(site: SpawnSite, place: Place, calls: ReadonlySet<AstNode>): void {
    const { probed, call } = place
    const { edits } = probed
    const start = this.#start(site, place)
    if (site.target === undefined) {
      edits.replace(site.start, site.end, '{ ', ...start.call, '; }')
      return
    }

    const statement = this.#trees.around(call, 'ExpressionStatement', 'VariableDeclarationStatement') as AstNode
    const block = this.#trees.parent(statement) as AstNode
    const id = `${RESERVED}id_${this.#ids++}`
    const join = this.#added.joinOf(site, place)
    const left = assignedBy(statement)
    const declarations = nodesIn(statement, 'declarations')
    if (left === undefined && !site.isInBlock) throw new Misuse(site, 'a variable is declared in a block')
    const effect = left === undefined ? undefined : effectOf(left)
    if (effect !== undefined) {
      throw new Misuse(
        originOf(effect, probed),
        'what a result is assigned to is only a place: it calls and changes nothing',
      )
    }
    const started: Piece[] = start.isNumbered
      ? [`uint256 ${id} = `, ...start.call, '; ']
      : [`uint256 ${id} = `, site.operands[0] as Piece, `; ${RESERVED}subsol(${id}, `, ...start.data, '); ']
    // Behind the start: its arguments may be of variables that these hide.
    for (const declaration of declarations) started.push(originOf(declaration, probed), '; ')
    const assigned: Piece = left === undefined ? leftOf(statement) : (site.target as Piece)
    const fetch: Piece[] = [assigned, ` = ${join}(${id}); `]
    if (!site.isInBlock) {
      edits.replace(site.start, site.end, '{ ', ...started, ...fetch, '}')
      return
    }
    edits.replace(site.start, site.end, ...started)
    // The call in a declaration is part of the statement, but only what is declared there counts.
    const target = left === undefined ? declaredTarget(declarations) : targetOf(left, this.#trees)
    const facts = this.#facts(probed, calls)
    const needing = firstNeeding(target, statementsAfter(statement, block), facts)
    edits.insert(needing === undefined ? originOf(block, probed).end - 1 : startOf(needing, probed), ...fetch)
  }

  #facts(probed: ProbedSource, calls: ReadonlySet<AstNode>): StatementFacts {
    const { spawns } = probed
    const variables = new Set(
      spawns.flatMap(({ operands }) => operands.slice(1).map(({ start, end }) => `${start}:${end}`)),
    )
    return {
      isAside: (node) => {
        const expression = node.nodeType === 'ExpressionStatement' ? nodeIn(node, 'expression') : undefined
        if (expression === undefined) return false
        const { start, end } = originOf(expression, probed)
        return variables.has(`${start}:${end}`)
      },
      isOfThread: (call) => calls.has(call) || isOfCompiler(call),
    }
  }

  #definitionOf(site: SpawnSite, call: AstNode): AstNode {
    const callee = nodeIn(call, 'expression') as AstNode
    const name = site.source.text.slice(site.callee.start, site.callee.end)
    if (call.kind !== 'functionCall') throw new Misuse(site.callee, `${name} is a type, and a thread runs a function`)
    const definition = this.#trees.node(callee.referencedDeclaration)
    if (definition?.nodeType !== 'FunctionDefinition') {
      throw new Misuse(site.callee, `a thread runs a function that is defined under its name, and ${name} is none`)
    }
    if (callee.nodeType === 'MemberAccess' && name !== site.functionName) {
      if (name.startsWith('this.')) {
        throw new Misuse(site.callee, `a thread is a call of this contract: write ${site.functionName} without this`)
      }
      const { identifier } = typeOf(nodeIn(callee, 'expression') as AstNode)
      if (!/^t_(super|type\$_t_(super|contract)|module)/.test(identifier)) {
        throw new Misuse(
          site.callee,
          `a thread runs a function of its own contract, and ${name} is one of something else`,
        )
      }
    }
    return definition
  }

  /** The call that starts a thread, without semicolon. */
  #start(site: SpawnSite, place: Place) {
    const data: Piece[] = [this.#added.packOf(site, place), site.args]
    const [id, variable] = site.operands as [Range, Range?]
    const slot = variable === undefined ? [] : [this.#added.slotOf(variable, place), ', ']
    return {
      data,
      call: [`${RESERVED}${site.keyword}(`, id, ', ', ...slot, ...data, ')'] as Piece[],
      /** Whether the call returns the id. */
      isNumbered: site.keyword !== 'subsol',
    }
  }
}

/** Names of a declaration, as the left side of an assignment. */
function leftOf(statement: AstNode): string {
  const declarations = statement.declarations as readonly (AstNode | null)[]
  const names = declarations.map((declaration) => (declaration === null ? '' : String(declaration.name)))
  return names.length === 1 ? (names[0] as string) : `(${names.join(', ')})`
}

function declaredTarget(declarations: readonly AstNode[]) {
  return {
    variables: new Set(declarations.map(({ id }) => id)),
    names: new Set(declarations.map(({ name }) => String(name))),
    isShared: false,
  }
}

function isOfCompiler(call: AstNode): boolean {
  return String(nodeIn(call, 'expression')?.name).startsWith(RESERVED)
}
