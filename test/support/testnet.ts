import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Devnet } from '../../node/devnet.ts'
import { type NetworkOptions, type NodeFiles, writeNetwork } from '../../node/network-files.ts'

export interface Testnet {
  readonly devnet: Devnet
  readonly directory: string
  readonly nodes: readonly NodeFiles[]
  /** JSON-RPC address of node i. */
  url(index: number): string
  /** Nodes that ended without having been asked to. */
  readonly crashes: string[]
  /** Ends all nodes and removes their files. */
  close(): Promise<void>
}

/** Starts a network of node processes in a temporary directory, on ports that were free a moment ago. */
export async function startTestnet(options: Partial<NetworkOptions> = {}): Promise<Testnet> {
  const directory = mkdtempSync(join(tmpdir(), 'pavm-testnet-'))
  const count = options.nodes ?? 4
  const nodes = await writeNetwork(directory, {
    nodes: count,
    miners: 1,
    consensus: 'pow',
    blockTimeSeconds: 1,
    rpcPort: await freePortRange(count),
    p2pPort: await freePortRange(count),
    ...options,
  })
  const crashes: string[] = []
  const devnet = new Devnet(
    { nodes },
    {
      onLine: (node, line) => appendFileSync(join(directory, `${node}.log`), `${line}\n`),
      onCrash: (node, reason) => crashes.push(`${node}: ${reason}`),
    },
  )
  try {
    await devnet.start()
  } catch (error) {
    await devnet.stop()
    throw error
  }
  return {
    devnet,
    directory,
    nodes,
    crashes,
    url: (index) => `http://127.0.0.1:${nodes[index]?.rpcPort}`,
    close: async () => {
      await devnet.stop()
      if (process.env.TEST_KEEP_FILES === undefined) rmSync(directory, { recursive: true, force: true })
    },
  }
}

/** First of `count` neighbouring ports that are all free now. */
async function freePortRange(count: number): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const first = 20_000 + Math.floor(Math.random() * 20_000)
    const ports = Array.from({ length: count }, (_, index) => first + index)
    if ((await Promise.all(ports.map(isFree))).every(Boolean)) return first
  }
  throw new Error(`no ${count} neighbouring free ports found`)
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
