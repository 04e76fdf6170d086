import { join } from 'node:path'
import { loadSettings } from '../../config/settings.ts'
import { readChainFile } from '../../node/chain-file.ts'
import { createLogger } from '../../node/log.ts'
import { PavmNode } from '../../node/node.ts'
import { openNodeChain } from '../../node/node-chain.ts'
import { decodeBlock } from '../../primitives/block.ts'
import { ResultSchemas } from './rpc-exchange.ts'

export interface ImportedNodeOptions {
  /** Empty; for the data of the node. */
  readonly directory: string
  /** Paths of a genesis, and of the RLP of its blocks one behind the other. */
  readonly genesis: string
  readonly chain: string
}

/** A whole node that has taken in a chain file and does not mine, asked over HTTP. */
export class ImportedNode {
  /** What it says of its results. */
  readonly schemas: ResultSchemas
  readonly #node: PavmNode
  readonly #url: string

  static async start({ directory, genesis, chain }: ImportedNodeOptions): Promise<ImportedNode> {
    const settings = loadSettings({
      env: {},
      flags: {
        genesis,
        dataDir: join(directory, 'node'),
        logLevel: 'error',
        p2pPort: 0,
        p2pMdns: false,
        rpcPort: 0,
        rpcTesting: true,
      },
    })
    const log = createLogger(settings.log)
    const core = await openNodeChain(settings, { log })
    try {
      for await (const { bytes } of readChainFile(chain)) {
        await core.chain.importBlock(decodeBlock(bytes), { source: 'file' })
      }
    } finally {
      await core.close()
    }
    const node = await PavmNode.start(settings, { log })
    try {
      if (node.rpcUrl === undefined) throw new Error('the node serves no JSON-RPC')
      const document = await ask(node.rpcUrl, '{"jsonrpc":"2.0","id":1,"method":"rpc.discover"}')
      return new ImportedNode(node, node.rpcUrl, new ResultSchemas(JSON.parse(document).result))
    } catch (error) {
      await node.stop()
      throw error
    }
  }

  private constructor(node: PavmNode, url: string, schemas: ResultSchemas) {
    this.#node = node
    this.#url = url
    this.schemas = schemas
  }

  /** The text that answers the text of a request. */
  async ask(request: string): Promise<string> {
    return await ask(this.#url, request)
  }

  async stop(): Promise<void> {
    await this.#node.stop()
  }
}

async function ask(url: string, request: string): Promise<string> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: request,
  })
  return await response.text()
}
