/** A node of solc's syntax tree; what else it has depends on its type. */
export interface AstNode {
  readonly nodeType: string
  readonly id: number
  /** `start:length:file` */
  readonly src: string
  readonly [field: string]: unknown
}

export function isNode(value: unknown): value is AstNode {
  return typeof value === 'object' && value !== null && 'nodeType' in value
}

/** The field of a node that is a node, or undefined. */
export function nodeIn(node: AstNode, field: string): AstNode | undefined {
  const value = node[field]
  return isNode(value) ? value : undefined
}

/** The nodes in a field that holds a list; nulls in it are left out. */
export function nodesIn(node: AstNode | undefined, field: string): AstNode[] {
  const value = node?.[field]
  return Array.isArray(value) ? value.filter(isNode) : []
}

export function children(node: AstNode): AstNode[] {
  return Object.values(node).flatMap((value) =>
    Array.isArray(value) ? value.filter(isNode) : isNode(value) ? [value] : [],
  )
}

/** Every node below one, and it. */
export function* descendants(node: AstNode): Generator<AstNode> {
  yield node
  for (const child of children(node)) yield* descendants(child)
}

export function spanOf(node: AstNode): { readonly start: number; readonly end: number } {
  const [start = 0, length = 0] = node.src.split(':').map(Number)
  return { start, end: start + length }
}

/** What solc calls the type of an expression or a variable. */
export function typeOf(node: AstNode): { readonly identifier: string; readonly text: string } {
  const descriptions = node.typeDescriptions as { typeIdentifier?: string; typeString?: string } | undefined
  return { identifier: descriptions?.typeIdentifier ?? '', text: descriptions?.typeString ?? '' }
}

/** Declarations by id, and the node around each node, over all sources. */
export class SyntaxTrees {
  readonly #nodes = new Map<number, AstNode>()
  readonly #parents = new Map<AstNode, AstNode>()
  readonly #sources = new Map<AstNode, string>()

  constructor(roots: Readonly<Record<string, AstNode>>) {
    for (const [name, root] of Object.entries(roots)) {
      this.#sources.set(root, name)
      for (const node of descendants(root)) {
        // Nodes of inline assembly have none.
        if (node.id !== undefined) this.#nodes.set(node.id, node)
        for (const child of children(node)) this.#parents.set(child, node)
      }
    }
  }

  node(id: unknown): AstNode | undefined {
    return typeof id === 'number' ? this.#nodes.get(id) : undefined
  }

  parent(node: AstNode): AstNode | undefined {
    return this.#parents.get(node)
  }

  /** The nearest node around one that is of one of these types. */
  around(node: AstNode, ...types: readonly string[]): AstNode | undefined {
    let outer = this.#parents.get(node)
    while (outer !== undefined && !types.includes(outer.nodeType)) outer = this.#parents.get(outer)
    return outer
  }

  sourceOf(node: AstNode): string {
    let root = node
    for (let outer = this.#parents.get(root); outer !== undefined; outer = this.#parents.get(root)) root = outer
    return this.#sources.get(root) ?? ''
  }
}
