import { AccountSigner } from '../account-signer.ts'
import { FeeOracle } from '../fee-oracle.ts'
import type { FilterStore } from '../filters.ts'
import type { Method, MethodTable } from '../method.ts'
import { method } from '../method.ts'
import type { RpcModules } from '../modules.ts'
import type { RpcOptions } from '../options.ts'
import type { SubscriptionHub } from '../subscriptions.ts'
import { TransactionFiller } from '../transaction-filler.ts'
import { blockMethods } from './eth/block.ts'
import { clientMethods } from './eth/client.ts'
import { executeMethods } from './eth/execute.ts'
import { feeMarketMethods } from './eth/fee-market.ts'
import { filterMethods } from './eth/filter.ts'
import { stateMethods } from './eth/state.ts'
import { submitMethods } from './eth/submit.ts'
import { subscribeMethods } from './eth/subscribe.ts'
import { transactionMethods } from './eth/transaction.ts'
import { netMethods } from './net.ts'
import { pavmMethods } from './pavm.ts'
import { txpoolMethods } from './txpool.ts'
import { web3Methods } from './web3.ts'

/** Every method this server answers, by name. */
export function methodTable(
  options: RpcOptions,
  modules: RpcModules & { readonly filters: FilterStore; readonly subscriptions: SubscriptionHub },
): ReadonlyMap<string, Method> {
  const oracle = new FeeOracle(options, modules)
  const filler = new TransactionFiller(options, { ...modules, oracle })
  const signer = new AccountSigner(modules.accounts)
  const groups: readonly MethodTable[] = [
    blockMethods(modules),
    clientMethods(options, modules),
    executeMethods(options, modules),
    feeMarketMethods({ ...modules, oracle }),
    filterMethods(options, modules),
    stateMethods(modules),
    submitMethods({ ...modules, signer, filler }),
    subscribeMethods(modules.subscriptions),
    transactionMethods(modules),
    netMethods(options, modules),
    web3Methods(options),
    txpoolMethods(modules),
    pavmMethods(options, modules),
  ]
  const methods = new Map(groups.flatMap((group) => Object.entries(group)))
  const namespaces = new Set(['rpc', ...[...methods.keys()].map((name) => name.slice(0, name.indexOf('_')))])
  const versions = Object.fromEntries([...namespaces].map((namespace) => [namespace, '1.0']))
  return methods.set(
    'rpc_modules',
    method({}, () => versions),
  )
}
