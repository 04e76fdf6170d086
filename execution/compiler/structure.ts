/** A graph of nodes by number; 0 is where it is entered, and all are reachable from there. */
export interface Graph {
  readonly successors: readonly (readonly number[])[]
}

/** How a graph is written with blocks and loops. */
export interface Structure {
  /** Position of each node in reverse postorder. */
  readonly order: readonly number[]
  /** Nodes whose code begins a loop. */
  readonly isLoop: readonly boolean[]
  /** Nodes that more than one edge leads to, or that a dispatcher does: they begin behind a block that is left by branches. */
  readonly isMerge: readonly boolean[]
  /** Merging nodes that each node dominates immediately, in reverse postorder. */
  readonly kids: readonly (readonly number[])[]
  /** Edges `from * nodes + to` that no loop can be made for: they go through the dispatcher, as do its targets. */
  readonly dispatched: ReadonlySet<number>
  readonly targets: readonly number[]
}

/**
 * Orders a graph for structured control flow (N. Ramsey, Beyond Relooper, 2022). Retreating edges to a node that does not
 * dominate their source are irreducible: they go through a dispatcher in front of everything, until no other is left.
 */
export function structureOf({ successors }: Graph): Structure {
  const count = successors.length
  const dispatched = new Set<number>()
  for (;;) {
    // The dispatcher, if there is one, is node `count`, entered first.
    const targets = [...new Set([...dispatched].map((edge) => edge % count))].sort((a, b) => a - b)
    const hasDispatcher = targets.length > 0
    const edges = successors.map((list, from) => [
      ...new Set(list.map((to) => (dispatched.has(from * count + to) ? count : to))),
    ])
    if (hasDispatcher) edges.push([0, ...targets.filter((target) => target !== 0)])
    const root = hasDispatcher ? count : 0
    const { order, sequence } = reversePostorder(edges, root)
    const dominator = dominators(edges, root, order, sequence)
    const before = dispatched.size
    for (const from of sequence) {
      for (const to of edges[from]!) {
        if (order[to]! <= order[from]! && to !== root && !dominates(dominator, to, from))
          dispatched.add(from * count + to)
      }
    }
    if (dispatched.size > before) continue

    const isLoop = Array.from({ length: count }, () => false)
    const forward = Array.from({ length: count }, () => 0)
    for (const from of sequence) {
      if (from === count) continue
      for (const to of successors[from]!) {
        if (dispatched.has(from * count + to)) continue
        if (order[to]! <= order[from]!) isLoop[to] = true
        else forward[to]!++
      }
    }
    const isTarget = new Set(hasDispatcher ? [0, ...targets] : [])
    const isMerge = forward.map((edgesIn, node) => edgesIn >= 2 || isTarget.has(node))
    const kids: number[][] = Array.from({ length: count + 1 }, () => [])
    for (const node of sequence) {
      if (node !== root && node !== count && isMerge[node]) kids[dominator[node]!]!.push(node)
    }
    return {
      order,
      isLoop,
      isMerge,
      kids,
      dispatched,
      targets: hasDispatcher ? [0, ...targets.filter((t) => t !== 0)] : [],
    }
  }
}

function reversePostorder(
  edges: readonly (readonly number[])[],
  root: number,
): { order: number[]; sequence: number[] } {
  const order = Array.from({ length: edges.length }, () => -1)
  const postorder: number[] = []
  const visited = new Uint8Array(edges.length)
  const stack: { node: number; next: number }[] = [{ node: root, next: 0 }]
  visited[root] = 1
  while (stack.length > 0) {
    const top = stack.at(-1)!
    const successor = edges[top.node]![top.next++]
    if (successor === undefined) {
      postorder.push(top.node)
      stack.pop()
    } else if (visited[successor] === 0) {
      visited[successor] = 1
      stack.push({ node: successor, next: 0 })
    }
  }
  const sequence = postorder.reverse()
  for (const [position, node] of sequence.entries()) order[node] = position
  return { order, sequence }
}

/** Immediate dominators (Cooper, Harvey, Kennedy, A Simple, Fast Dominance Algorithm, 2001). */
function dominators(
  edges: readonly (readonly number[])[],
  root: number,
  order: readonly number[],
  sequence: readonly number[],
): number[] {
  const predecessors: number[][] = edges.map(() => [])
  for (const from of sequence) for (const to of edges[from]!) predecessors[to]!.push(from)
  const dominator = edges.map(() => -1)
  dominator[root] = root
  const intersect = (a: number, b: number): number => {
    let [x, y] = [a, b]
    while (x !== y) {
      while (order[x]! > order[y]!) x = dominator[x]!
      while (order[y]! > order[x]!) y = dominator[y]!
    }
    return x
  }
  for (let changed = true; changed; ) {
    changed = false
    for (const node of sequence) {
      if (node === root) continue
      let found = -1
      for (const predecessor of predecessors[node]!) {
        if (dominator[predecessor] === -1) continue
        found = found === -1 ? predecessor : intersect(found, predecessor)
      }
      if (dominator[node] !== found) {
        dominator[node] = found
        changed = true
      }
    }
  }
  return dominator
}

function dominates(dominator: readonly number[], node: number, other: number): boolean {
  for (let at = other; ; at = dominator[at]!) {
    if (at === node) return true
    if (dominator[at] === at) return false
  }
}
