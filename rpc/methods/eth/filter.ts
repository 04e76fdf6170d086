import { quantityToHex } from '../../../primitives/hex.ts'
import type { FilterStore } from '../../filters.ts'
import { searchLogs } from '../../log-search.ts'
import type { MethodTable } from '../../method.ts'
import { method } from '../../method.ts'
import type { RpcModules } from '../../modules.ts'
import type { RpcOptions } from '../../options.ts'
import { logQuery, uint256 } from '../../parameters.ts'

/** eth/filter of execution-apis: logs, and filters that are polled. */
export function filterMethods(
  options: Pick<RpcOptions, 'maxLogRange' | 'maxLogs'>,
  modules: Pick<RpcModules, 'blocks' | 'chain'> & { readonly filters: FilterStore },
): MethodTable {
  const { filters } = modules
  return {
    eth_getLogs: method({ filter: logQuery }, (p) => searchLogs(p.filter, options, modules)),
    eth_newFilter: method({ filter: logQuery }, (p) => filters.add({ kind: 'logs', query: p.filter })),
    eth_newBlockFilter: method({}, () => filters.add({ kind: 'blocks' })),
    eth_newPendingTransactionFilter: method({}, () => filters.add({ kind: 'transactions' })),
    eth_uninstallFilter: method({ id: uint256 }, (p) => filters.remove(quantityToHex(p.id))),
    eth_getFilterChanges: method({ id: uint256 }, (p) => filters.poll(quantityToHex(p.id))),
    eth_getFilterLogs: method({ id: uint256 }, (p) => searchLogs(filters.query(quantityToHex(p.id)), options, modules)),
  }
}
