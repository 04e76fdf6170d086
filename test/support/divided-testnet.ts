import type { NetworkOptions, NodeFiles } from '../../node/network-files.ts'
import { changeConfig, peersOf } from './node-config.ts'
import { TcpProxy } from './tcp-proxy.ts'
import { startTestnet, type Testnet } from './testnet.ts'

/** A testnet whose first node hears of the others over one wire, which can be cut and joined. */
export interface DividedTestnet extends Testnet {
  readonly wire: Pick<TcpProxy, 'cut' | 'join'>
}

export interface DividedOptions extends Partial<NetworkOptions> {
  /** Search speed of the miners, by node: the one that is slower loses. */
  readonly hashesPerSecond: readonly number[]
}

/** Starts it with the wire joined. */
export async function startDividedTestnet({ hashesPerSecond, ...options }: DividedOptions): Promise<DividedTestnet> {
  let wire: TcpProxy | undefined
  try {
    const testnet = await startTestnet(options, async (nodes) => {
      wire = await layWire(nodes)
      for (const [index, speed] of hashesPerSecond.entries()) {
        changeConfig(nodes[index] as NodeFiles, { miner: { hashesPerSecond: speed } })
      }
    })
    const proxy = wire as TcpProxy
    return {
      ...testnet,
      wire: proxy,
      close: async () => {
        await testnet.close()
        await proxy.close()
      },
    }
  } catch (error) {
    await wire?.close()
    throw error
  }
}

/** The first node dials nobody; the others dial it through the wire, and each other directly. */
async function layWire([first, ...others]: readonly NodeFiles[]): Promise<TcpProxy> {
  const port = others.map((node) => peersOf(node)[0]).map((peer) => Number(/\/tcp\/(\d+)\//.exec(peer ?? '')?.[1]))[0]
  const wire = await TcpProxy.to(port as number)
  changeConfig(first as NodeFiles, { p2p: { peers: [] } })
  for (const node of others) {
    const [throughWire, ...direct] = peersOf(node)
    const peers = [throughWire?.replace(/\/tcp\/\d+\//, `/tcp/${wire.port}/`) as string, ...direct]
    changeConfig(node, { p2p: { peers } })
  }
  return wire
}
