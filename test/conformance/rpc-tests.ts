import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { ImportedNode } from './imported-node.ts'
import { judge, parseConversation, ResultSchemas, type RpcConversation, type RpcExchange } from './rpc-exchange.ts'
import { ANY_FORK, type Case, type CaseResult, isRecord, type Suite } from './suite.ts'
import type { VectorContent } from './vector-files.ts'

const CHAIN = 'chain.rlp'
const OPENRPC = '../openrpc.json.gz'

/**
 * Recorded JSON-RPC (execution-apis): a genesis, its chain, and beside them folders of requests with their answers. All are
 * put to one node, in their order: what some send, others find in the pool.
 */
export const rpcTests: Suite = {
  name: 'JSON-RPC',
  matches: (content) => content.path.endsWith('genesis.json') && conversationsOf(content).length > 0,
  async *cases(content) {
    const directory = mkdtempSync(join(tmpdir(), 'pavm-'))
    let node: Promise<ImportedNode> | undefined
    const started = (): Promise<ImportedNode> => {
      node ??= ImportedNode.start({ directory, genesis: content.file('genesis.json'), chain: content.file(CHAIN) })
      return node
    }
    try {
      const schemas = documentOf(content)
      for (const path of conversationsOf(content)) yield caseOf(path, content, schemas, started)
    } finally {
      await (await node?.catch(() => undefined))?.stop()
      rmSync(directory, { recursive: true, force: true })
    }
  },
}

function conversationsOf(content: VectorContent): string[] {
  return content.below().filter((path) => path.endsWith('.io'))
}

function documentOf(content: VectorContent): ResultSchemas | undefined {
  const packed = content.sibling(OPENRPC)
  return packed && new ResultSchemas(JSON.parse(gunzipSync(packed).toString('utf8')))
}

function caseOf(
  path: string,
  content: VectorContent,
  schemas: ResultSchemas | undefined,
  node: () => Promise<ImportedNode>,
): Case {
  const name = path.replace(/\.io$/, '')
  return {
    name,
    fork: ANY_FORK,
    run: async () => {
      const conversation = parseConversation(new TextDecoder().decode(content.sibling(path)))
      return await converse(conversation, schemas, await node())
    },
  }
}

async function converse(
  { isSpecOnly, exchanges }: RpcConversation,
  schemas: ResultSchemas | undefined,
  node: ImportedNode,
): Promise<CaseResult> {
  if (isSpecOnly && schemas === undefined) return { unchecked: `shapes of answers, without ${OPENRPC}` }
  for (const exchange of exchanges) {
    const answer: unknown = JSON.parse(await node.ask(exchange.request))
    const problem = judge(answer, exchange, isSpecOnly ? schemas : undefined) ?? promiseBroken(answer, exchange, node)
    if (problem !== undefined) return { problem }
  }
  return {}
}

/** How a result differs from what the node itself says of the method (rpc.discover). */
function promiseBroken(answer: unknown, { method }: RpcExchange, { schemas }: ImportedNode): string | undefined {
  if (!isRecord(answer) || !('result' in answer)) return undefined
  const problem = schemas.problem(method, answer.result)
  return problem && `by rpc.discover: ${problem}`
}
