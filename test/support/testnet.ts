import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Devnet } from '../../node/devnet.ts'
import { type NetworkOptions, type NodeFiles, writeNetwork } from '../../node/network-files.ts'
import { freePortRange } from './free-ports.ts'

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

/**
 * Starts a network of node processes in a temporary directory, on ports that were free a moment ago. `adapt` may change
 * the files before any node reads them.
 */
export async function startTestnet(
  options: Partial<NetworkOptions> = {},
  adapt: (nodes: readonly NodeFiles[]) => Promise<void> | void = () => {},
): Promise<Testnet> {
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
  await adapt(nodes)
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
