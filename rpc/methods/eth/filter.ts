import { z } from 'zod'
import { quantityToHex } from '../../../primitives/hex.ts'
import type { FilterStore } from '../../filters.ts'
import type { JsonText } from '../../json-text.ts'
import { searchLogs } from '../../log-search.ts'
import type { MethodAbout, MethodTable, Results } from '../../method.ts'
import { method } from '../../method.ts'
import type { RpcModules } from '../../modules.ts'
import type { RpcOptions } from '../../options.ts'
import type { LogQuery } from '../../parameters.ts'
import { logQuery, uint256 } from '../../parameters.ts'

/** eth/filter of execution-apis: logs, and filters that are polled. */
export function filterMethods(
  options: Pick<RpcOptions, 'maxLogRange' | 'maxLogs' | 'maxResponseBytes'>,
  modules: Pick<RpcModules, 'blocks' | 'chain' | 'upstream'> & { readonly filters: FilterStore },
): MethodTable {
  const { filters } = modules
  const newFilter = (what: string): MethodAbout => ({
    summary: `Makes a filter that notes ${what}.`,
    result: (r) => r.quantity,
  })
  const logs = (r: Results) => z.array(r.log)

  /** Of blocks that there are: a filter may be for later ones, too. */
  const logsSoFar = async (query: LogQuery): Promise<JsonText | readonly never[]> => {
    const { fromBlock, toBlock } = query
    const head = modules.chain.head().header.number
    if (fromBlock !== undefined && 'number' in fromBlock && fromBlock.number > head) return []
    const isAhead = toBlock !== undefined && 'number' in toBlock && toBlock.number > head
    return await searchLogs(isAhead ? { ...query, toBlock: { tag: 'latest' } } : query, options, modules)
  }

  return {
    eth_getLogs: method({ summary: 'The logs of a range of blocks.', result: logs }, { filter: logQuery }, (p) =>
      searchLogs(p.filter, options, modules),
    ),
    eth_newFilter: method(newFilter('logs'), { filter: logQuery }, (p, { client }) =>
      filters.add({ kind: 'logs', query: p.filter }, client),
    ),
    eth_newBlockFilter: method(newFilter('new blocks'), {}, (_, { client }) => filters.add({ kind: 'blocks' }, client)),
    eth_newPendingTransactionFilter: method(newFilter('transactions that come into the pool'), {}, (_, { client }) =>
      filters.add({ kind: 'transactions' }, client),
    ),
    eth_uninstallFilter: method(
      { summary: 'Forgets a filter; whether there was one.', result: () => z.boolean() },
      { id: uint256 },
      (p) => filters.remove(quantityToHex(p.id)),
    ),
    eth_getFilterChanges: method(
      { summary: 'What a filter has noted since the last time.', result: (r) => z.union([logs(r), z.array(r.hash)]) },
      { id: uint256 },
      (p) => filters.poll(quantityToHex(p.id)),
    ),
    eth_getFilterLogs: method({ summary: 'All logs that a filter is for.', result: logs }, { id: uint256 }, (p) =>
      logsSoFar(filters.query(quantityToHex(p.id))),
    ),
  }
}
