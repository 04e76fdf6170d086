/** What `pavm_getPlan` and `pavm_getReplay` answer, as far as the report needs it. */
interface PlanAnswer {
  readonly groups: readonly (readonly number[])[]
  readonly transactions: readonly { readonly reads: readonly unknown[]; readonly writes: readonly unknown[] }[]
}

interface ReplayAnswer {
  readonly strategy: string
  readonly workers: number
  readonly speedUp: number
  readonly entries: readonly { readonly core: number | null }[]
}

async function ask<T>(url: string, method: string, ...params: unknown[]): Promise<T> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  })
  const answer = (await response.json()) as { result?: T; error?: { message: string } }
  if (answer.error !== undefined) throw new Error(`${method}: ${answer.error.message}`)
  return answer.result as T
}

/** The plan of a block that this node may not have yet: the transactions went to another one. */
async function arrived<T>(url: string, tag: string): Promise<T> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const plan = await ask<T | null>(url, 'pavm_getPlan', tag)
    if (plan !== null) return plan
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`${url} does not have block ${tag}, or its chain has no plans`)
}

/**
 * Prints what ran in parallel in the given blocks: groups, the longest of them, sizes of the sets, and how the node asked
 * replayed the block.
 * @param blocks block numbers, in any order, with duplicates
 */
export async function reportBlocks(url: string, blocks: Iterable<number>): Promise<void> {
  const rows: Record<string, string | number>[] = []
  for (const block of [...new Set(blocks)].sort((a, b) => a - b)) {
    const tag = `0x${block.toString(16)}`
    const plan = await arrived<PlanAnswer>(url, tag)
    const replay = await ask<ReplayAnswer | null>(url, 'pavm_getReplay', tag)
    const cores = new Set(replay?.entries.map(({ core }) => core).filter((core) => core !== null))
    rows.push({
      block,
      transactions: plan.transactions.length,
      groups: plan.groups.length,
      'longest group': Math.max(0, ...plan.groups.map((group) => group.length)),
      reads: plan.transactions.reduce((sum, { reads }) => sum + reads.length, 0),
      writes: plan.transactions.reduce((sum, { writes }) => sum + writes.length, 0),
      replay: replay === null ? '-' : replay.strategy,
      cores: cores.size === 0 ? '-' : [...cores].join(' '),
      'speed-up': replay === null ? '-' : replay.speedUp.toFixed(2),
    })
  }
  console.table(rows)
}
