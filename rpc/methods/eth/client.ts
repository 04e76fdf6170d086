import { quantityToHex } from '../../../primitives/hex.ts'
import { RpcError } from '../../errors.ts'
import type { MethodTable } from '../../method.ts'
import { method } from '../../method.ts'
import type { RpcModules } from '../../modules.ts'
import type { RpcOptions } from '../../options.ts'

/** eth/client of execution-apis: what this node is and where it stands. */
export function clientMethods(
  options: Pick<RpcOptions, 'chainId' | 'coinbase'>,
  modules: Pick<RpcModules, 'chain' | 'network' | 'accounts'>,
): MethodTable {
  return {
    eth_chainId: method({}, () => quantityToHex(options.chainId)),
    eth_blockNumber: method({}, () => quantityToHex(modules.chain.head().header.number)),
    eth_accounts: method({}, () => modules.accounts.map(({ address }) => address)),
    eth_coinbase: method({}, () => {
      if (options.coinbase === undefined) throw new RpcError('failed', 'etherbase must be explicitly specified')
      return options.coinbase
    }),
    eth_mining: method({}, () => options.coinbase !== undefined),
    eth_syncing: method({}, () => {
      const status = modules.network.syncStatus()
      if (!status.syncing) return false
      return {
        startingBlock: quantityToHex(status.startingBlock),
        currentBlock: quantityToHex(status.currentBlock),
        highestBlock: quantityToHex(status.highestBlock),
      }
    }),
  }
}
