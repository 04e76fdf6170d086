import { quantityToHex } from '../../primitives/hex.ts'
import type { MethodTable } from '../method.ts'
import { method } from '../method.ts'
import type { RpcModules } from '../modules.ts'
import type { RpcOptions } from '../options.ts'

/** net_: the network id, which is the chain id here, in decimal. */
export function netMethods(
  options: Pick<RpcOptions, 'chainId'>,
  { network }: Pick<RpcModules, 'network'>,
): MethodTable {
  return {
    net_version: method({}, () => options.chainId.toString()),
    net_listening: method({}, () => true),
    net_peerCount: method({}, () => quantityToHex(network.peers().length)),
  }
}
