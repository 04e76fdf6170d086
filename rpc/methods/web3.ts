import { z } from 'zod'
import { keccak256Hex } from '../../primitives/keccak.ts'
import type { MethodTable } from '../method.ts'
import { method } from '../method.ts'
import type { RpcOptions } from '../options.ts'
import { data } from '../parameters.ts'
import * as results from '../results.ts'

/** web3_ */
export function web3Methods(options: Pick<RpcOptions, 'clientVersion'>): MethodTable {
  return {
    web3_clientVersion: method({ summary: 'Name and version of this node.', result: z.string() }, {}, () => {
      return options.clientVersion
    }),
    web3_sha3: method({ summary: 'Keccak-256 of bytes.', result: results.hash }, { data }, (p) => keccak256Hex(p.data)),
  }
}
