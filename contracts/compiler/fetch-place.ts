import { type AstNode, children, descendants, nodeIn, nodesIn, type SyntaxTrees } from './ast.ts'

/** What an assignment that waits for a thread is about. */
export interface Target {
  /** Declarations of the variables on the left side. */
  readonly variables: ReadonlySet<number>
  readonly names: ReadonlySet<string>
  /** Whether one of them is in storage, where functions that are called can look at it. */
  readonly isShared: boolean
}

/** What is known about statements beside their syntax. */
export interface StatementFacts {
  /** Whether a node is there only to check a thread's start, and does nothing when the program runs. */
  isAside(node: AstNode): boolean
  /** Whether a call is what a thread runs, or starts or controls one: it is not made by the parent. */
  isOfThread(call: AstNode): boolean
}

/**
 * The first of some statements before which the assignment has to be made: it mentions a variable of the left side, leaves the
 * block, is inline assembly, or (where a variable is in storage) calls something.
 */
export function firstNeeding(
  target: Target,
  statements: readonly AstNode[],
  facts: StatementFacts,
): AstNode | undefined {
  return statements.find(
    (statement) => !facts.isAside(statement) && (leaves(statement) || needs(statement, target, facts)),
  )
}

function needs(statement: AstNode, target: Target, facts: StatementFacts): boolean {
  for (const node of descendants(statement)) {
    if (node.nodeType === 'InlineAssembly') return true
    if (target.variables.has(node.referencedDeclaration as number)) return true
    // Behind another variable of the name the assignment could not be written.
    if (node.nodeType === 'VariableDeclaration' && target.names.has(String(node.name))) return true
    if (target.isShared && callsSomething(node, facts)) return true
  }
  return false
}

function callsSomething(node: AstNode, facts: StatementFacts): boolean {
  if (node.nodeType === 'PlaceholderStatement') return true
  return node.nodeType === 'FunctionCall' && node.kind === 'functionCall' && !facts.isOfThread(node)
}

const LOOPS: ReadonlySet<string> = new Set(['ForStatement', 'WhileStatement', 'DoWhileStatement'])

/** Whether a statement can return, or go on or break out of a loop that it is not itself. */
function leaves(statement: AstNode, isInLoop = false): boolean {
  if (statement.nodeType === 'Return') return true
  if (statement.nodeType === 'Break' || statement.nodeType === 'Continue') return !isInLoop
  const isLoop = isInLoop || LOOPS.has(statement.nodeType)
  return children(statement).some((child) => leaves(child, isLoop))
}

/** The variables of a left side. */
export function targetOf(left: AstNode, trees: SyntaxTrees): Target {
  const variables = new Set<number>()
  const names = new Set<string>()
  let isShared = false
  for (const node of descendants(left)) {
    const declaration = node.nodeType === 'VariableDeclaration' ? node : trees.node(node.referencedDeclaration)
    if (declaration?.nodeType !== 'VariableDeclaration') continue
    variables.add(declaration.id)
    names.add(String(declaration.name))
    isShared ||= declaration.stateVariable === true || declaration.storageLocation === 'storage'
  }
  return { variables, names, isShared }
}

/** What a left side does beside naming a place, if it does something: that would happen only when the thread is joined. */
export function effectOf(left: AstNode): AstNode | undefined {
  for (const node of descendants(left)) {
    if (node.nodeType === 'FunctionCall' && node.kind === 'functionCall') return node
    if (node.nodeType === 'Assignment') return node
    if (node.nodeType === 'UnaryOperation' && ['++', '--', 'delete'].includes(String(node.operator))) return node
  }
  return undefined
}

/** The statements behind one in its block. */
export function statementsAfter(statement: AstNode, block: AstNode): AstNode[] {
  const statements = nodesIn(block, 'statements')
  return statements.slice(statements.indexOf(statement) + 1)
}

/** Left side of an assignment statement; undefined for a declaration. */
export function assignedBy(statement: AstNode): AstNode | undefined {
  const expression = nodeIn(statement, 'expression')
  return expression?.nodeType === 'Assignment' ? nodeIn(expression, 'leftHandSide') : undefined
}
