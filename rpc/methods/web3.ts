import { z } from 'zod'
import { keccak256Hex } from '../../primitives/keccak.ts'
import type { MethodTable } from '../method.ts'
import { method } from '../method.ts'
import type { RpcModules } from '../modules.ts'
import type { RpcOptions } from '../options.ts'
import { data } from '../parameters.ts'

/**
 * web3_. Hardhat's network helpers look at how the version begins before they use any control, and know of anvil: so a node that has
 * anvil's controls says that it has.
 */
export function web3Methods(
  { clientVersion }: Pick<RpcOptions, 'clientVersion'>,
  { controls }: Pick<RpcModules, 'controls'>,
): MethodTable {
  const version = 'refusal' in controls ? clientVersion : `anvil-compatible ${clientVersion}`
  return {
    web3_clientVersion: method(
      { summary: 'Name and version of this node.', result: () => z.string() },
      {},
      () => version,
    ),
    web3_sha3: method({ summary: 'Keccak-256 of bytes.', result: (r) => r.hash }, { data }, (p) =>
      keccak256Hex(p.data),
    ),
  }
}
