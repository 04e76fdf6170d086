/** An error a node answered with. */
export class RpcFailure extends Error {
  readonly code: number
  readonly data: unknown

  constructor(error: { code: number; message: string; data?: unknown }) {
    super(error.message)
    this.code = error.code
    this.data = error.data
  }
}

/** Asks a node one thing. @throws RpcFailure */
export async function rpc<T>(url: string, method: string, ...params: unknown[]): Promise<T> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    signal: AbortSignal.timeout(30_000),
  })
  const answer = (await response.json()) as { result?: T; error?: { code: number; message: string; data?: unknown } }
  if (answer.error !== undefined) throw new RpcFailure(answer.error)
  return answer.result as T
}

/** Asks a node many things of one method in batches. Failures are returned in place. */
export async function rpcBatch<T>(
  url: string,
  method: string,
  calls: readonly (readonly unknown[])[],
): Promise<(T | RpcFailure)[]> {
  const results: (T | RpcFailure)[] = []
  for (let start = 0; start < calls.length; start += 50) {
    const slice = calls.slice(start, start + 50)
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(slice.map((params, index) => ({ jsonrpc: '2.0', id: index, method, params }))),
      signal: AbortSignal.timeout(60_000),
    })
    const answers = (await response.json()) as { id: number; result?: T; error?: { code: number; message: string } }[]
    answers.sort((a, b) => a.id - b.id)
    for (const answer of answers)
      results.push(answer.error === undefined ? (answer.result as T) : new RpcFailure(answer.error))
  }
  return results
}

/** Polls until `check` gives a value. A check that throws counts as "not yet". @throws Error naming what was awaited */
export async function eventually<T>(what: string, limitMs: number, check: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + limitMs
  let last: unknown
  while (Date.now() < deadline) {
    try {
      const value = await check()
      if (value !== undefined) return value
    } catch (error) {
      last = error
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`not within ${limitMs} ms: ${what}`, { cause: last })
}
