import { z } from 'zod'
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
    net_version: method(
      { summary: 'The network id: the chain id in decimal.', result: () => z.string().regex(/^[0-9]+$/) },
      {},
      () => options.chainId.toString(),
    ),
    net_listening: method({ summary: 'Whether peers can connect.', result: () => z.boolean() }, {}, () => true),
    net_peerCount: method({ summary: 'How many peers are connected.', result: (r) => r.quantity }, {}, () =>
      quantityToHex(network.peers().length),
    ),
  }
}
