import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { ImportedNode } from './imported-node.ts'
import { judge } from './rpc-exchange.ts'
import { ANY_FORK, type Case, type CaseResult, isRecord, type Suite } from './suite.ts'
import type { VectorContent } from './vector-files.ts'

const CHAIN = 'blocks.bin'
/** Folder of the requests, seen from that of the genesis. */
const SPECS = '../specs'

interface SpecJson {
  readonly request: { readonly method: string }
  readonly response: unknown
}

/**
 * Traces that go-ethereum has given: a genesis, the RLP of its blocks, and in a folder beside theirs requests with their answers, which
 * have to come out to the letter.
 */
export const debugTracers: Suite = {
  name: 'traces',
  matches: (content) => content.path.endsWith('genesis.json') && specsOf(content).length > 0,
  async *cases(content) {
    const directory = mkdtempSync(join(tmpdir(), 'pavm-'))
    let node: Promise<ImportedNode> | undefined
    const started = (): Promise<ImportedNode> => {
      node ??= ImportedNode.start({ directory, genesis: content.file('genesis.json'), chain: content.file(CHAIN) })
      return node
    }
    try {
      for (const path of specsOf(content)) yield caseOf(path, content, started)
    } finally {
      await (await node?.catch(() => undefined))?.stop()
      rmSync(directory, { recursive: true, force: true })
    }
  },
}

function specsOf(content: VectorContent): string[] {
  const directory = content.file(SPECS)
  if (content.sibling(CHAIN) === undefined || !existsSync(directory)) return []
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.json'))
    .sort()
}

function caseOf(path: string, content: VectorContent, node: () => Promise<ImportedNode>): Case {
  return {
    name: path.replace(/\.json$/, ''),
    fork: ANY_FORK,
    run: async (): Promise<CaseResult> => {
      const spec: unknown = JSON.parse(readFileSync(join(content.file(SPECS), path), 'utf8'))
      if (!isSpec(spec)) return { problem: 'has no request with its response' }
      const request = JSON.stringify(spec.request)
      const actual: unknown = JSON.parse(await (await node()).ask(request))
      if (isDeepStrictEqual(actual, spec.response)) return {}
      const exchange = { method: spec.request.method, request, answer: spec.response }
      return { problem: judge(actual, exchange, undefined) ?? `error is ${JSON.stringify(actual)}` }
    },
  }
}

function isSpec(json: unknown): json is SpecJson {
  return isRecord(json) && isRecord(json.request) && isRecord(json.response)
}
