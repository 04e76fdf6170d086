import { keccak256Hex } from '../../primitives/keccak.ts'
import type { MethodTable } from '../method.ts'
import { method } from '../method.ts'
import type { RpcOptions } from '../options.ts'
import { data } from '../parameters.ts'

/** web3_ */
export function web3Methods(options: Pick<RpcOptions, 'clientVersion'>): MethodTable {
  return {
    web3_clientVersion: method({}, () => options.clientVersion),
    web3_sha3: method({ data }, (p) => keccak256Hex(p.data)),
  }
}
