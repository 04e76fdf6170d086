import { z } from 'zod'
import { AccountSigner } from '../account-signer.ts'
import { FeeOracle } from '../fee-oracle.ts'
import type { FilterStore } from '../filters.ts'
import { forkedMethods } from '../forked-methods.ts'
import type { JsonSchema } from '../json-schema.ts'
import type { Method, MethodTable } from '../method.ts'
import { method } from '../method.ts'
import type { RpcModules } from '../modules.ts'
import { isServed } from '../namespaces.ts'
import type { RpcOptions } from '../options.ts'
import type { SubscriptionHub } from '../subscriptions.ts'
import { TransactionFiller } from '../transaction-filler.ts'
import { controlMethods } from './control/table.ts'
import { rawMethods } from './debug/raw.ts'
import { traceMethods } from './debug/trace.ts'
import { blockMethods } from './eth/block.ts'
import { clientMethods } from './eth/client.ts'
import { executeMethods } from './eth/execute.ts'
import { extraMethods } from './eth/extra.ts'
import { feeMarketMethods } from './eth/fee-market.ts'
import { filterMethods } from './eth/filter.ts'
import { stateMethods } from './eth/state.ts'
import { submitMethods } from './eth/submit.ts'
import { subscribeMethods } from './eth/subscribe.ts'
import { transactionMethods } from './eth/transaction.ts'
import { netMethods } from './net.ts'
import { otterscanMethods } from './ots.ts'
import { pavmMethods } from './pavm.ts'
import { testingMethods } from './testing.ts'
import { openEthereumMethods } from './trace.ts'
import { txpoolMethods } from './txpool.ts'
import { web3Methods } from './web3.ts'

/** Every method this server answers, by name. */
export function methodTable(
  options: RpcOptions,
  modules: RpcModules & { readonly filters: FilterStore; readonly subscriptions: SubscriptionHub },
): ReadonlyMap<string, Method> {
  const { payloads, upstream } = modules
  const oracle = new FeeOracle(options, modules)
  const filler = new TransactionFiller(options, { ...modules, oracle })
  const impersonation = 'refusal' in modules.controls ? undefined : modules.controls.impersonation
  const signer = new AccountSigner(modules.accounts, impersonation)
  const groups: readonly MethodTable[] = [
    blockMethods(modules),
    clientMethods(options, { ...modules, signer }),
    executeMethods(options, modules),
    extraMethods(options, modules),
    feeMarketMethods({ ...modules, oracle }),
    filterMethods(options, modules),
    stateMethods(modules),
    submitMethods({ ...modules, signer, filler }),
    subscribeMethods(modules.subscriptions),
    transactionMethods(options, modules),
    netMethods(options, modules),
    web3Methods(options, modules),
    txpoolMethods(modules),
    rawMethods(modules),
    traceMethods(options, modules),
    openEthereumMethods(options, modules),
    otterscanMethods(options, modules),
    pavmMethods(options, modules),
    payloads === undefined ? {} : testingMethods({ ...modules, payloads }),
  ]
  const controls = Object.entries(controlMethods(options, { ...modules, signer, filler }))
  const all = groups.flatMap((group) => Object.entries(group))
  const methods = new Map(all.filter(([name]) => isServed(name, options)))
  if (upstream !== undefined) {
    for (const [name, each] of forkedMethods(methods, { ...modules, upstream })) methods.set(name, each)
  }
  // Where they are refused, they are there to say why, and no namespace of this server.
  const isControlled = !('refusal' in modules.controls)
  for (const [name, each] of isControlled ? controls : []) methods.set(name, each)
  const namespaces = new Set(['rpc', ...[...methods.keys()].map((name) => name.slice(0, name.indexOf('_')))])
  const versions = Object.fromEntries([...namespaces].map((namespace) => [namespace, '1.0']))
  for (const [name, each] of isControlled ? [] : controls) methods.set(name, each)
  methods.set(
    'rpc_modules',
    method(
      { summary: 'The namespaces of this server.', result: () => z.record(z.string(), z.string()) },
      {},
      () => versions,
    ),
  )
  let document: JsonSchema | undefined
  methods.set(
    'rpc.discover',
    method(
      { summary: 'This document: every method of this server.', result: (r) => r.openRpcDocument },
      {},
      async () => {
        const { describeMethods } = await import('../discover.ts')
        document ??= describeMethods(methods, { title: 'pavm', version: options.clientVersion })
        return document
      },
    ),
  )
  return methods
}
