import { z } from 'zod'
import { quantityToHex } from '../../../primitives/hex.ts'
import type { AccountSigner } from '../../account-signer.ts'
import { requireHeader } from '../../block-lookup.ts'
import { RpcError } from '../../errors.ts'
import { formatSyncStatus } from '../../format/sync-status.ts'
import type { MethodTable } from '../../method.ts'
import { method } from '../../method.ts'
import type { RpcModules } from '../../modules.ts'
import type { RpcOptions } from '../../options.ts'

/** eth/client of execution-apis: what this node is and where it stands. */
export function clientMethods(
  options: Pick<RpcOptions, 'chainId' | 'coinbase' | 'keptStates'>,
  modules: Pick<RpcModules, 'blocks' | 'chain' | 'network' | 'config' | 'controls'> & {
    readonly signer: AccountSigner
  },
): MethodTable {
  const accounts = method(
    { summary: 'Accounts for which this node signs.', result: (r) => z.array(r.address) },
    {},
    () => modules.signer.accounts(),
  )
  const chainId = quantityToHex(options.chainId)
  return {
    eth_capabilities: method(
      { summary: 'What this node has, and of how many blocks.', result: (r) => r.capabilities },
      {},
      () => {
        const { header, hash } = modules.chain.head()
        const whole = { disabled: false, oldestBlock: '0x0' }
        const states = keptStates(header.number, options.keptStates)
        const head = { number: quantityToHex(header.number), hash }
        return { head, state: states, tx: whole, logs: whole, receipts: whole, blocks: whole, stateproofs: states }
      },
    ),
    eth_config: method(
      { summary: 'The rules now and to come (EIP-7910).', result: (r) => r.chainConfig },
      {},
      async () => {
        const { config, blocks, chain } = modules
        // It knows the names of precompiled contracts, and with them all their code: a third of a second for all who never ask.
        const { forkConfigs } = await import('../../fork-config.ts')
        const { header, hash } = requireHeader({ number: 0n }, { blocks, chain })
        return forkConfigs(chain.head().header, { config, genesis: { hash, timestamp: header.timestamp } })
      },
    ),
    eth_chainId: method({ summary: 'The chain id.', result: (r) => r.quantity }, {}, () => chainId),
    eth_blockNumber: method({ summary: 'The number of the head.', result: (r) => r.quantity }, {}, () =>
      quantityToHex(modules.chain.head().header.number),
    ),
    eth_accounts: accounts,
    eth_requestAccounts: accounts,
    personal_listAccounts: accounts,
    eth_coinbase: method(
      { summary: 'The account that gets the fees of blocks made here.', result: (r) => r.address },
      {},
      () => {
        if (!('refusal' in modules.controls)) return modules.controls.wishes.current.coinbase
        if (options.coinbase === undefined) throw new RpcError('failed', 'etherbase must be explicitly specified')
        return options.coinbase
      },
    ),
    eth_mining: method({ summary: 'Whether this node makes blocks.', result: () => z.boolean() }, {}, () => {
      return options.coinbase !== undefined
    }),
    eth_syncing: method({ summary: 'How far the node has caught up, or false.', result: (r) => r.syncing }, {}, () =>
      formatSyncStatus(modules.network.syncStatus()),
    ),
  }
}

/** As eth_capabilities tells of states when those of the last so many blocks are kept; 0: of all. */
function keptStates(head: bigint, kept: number) {
  if (kept === 0) return { disabled: false, oldestBlock: '0x0' }
  const oldest = head - BigInt(kept) + 1n
  return {
    disabled: false,
    oldestBlock: quantityToHex(oldest > 0n ? oldest : 0n),
    deleteStrategy: { type: 'window', retentionBlocks: quantityToHex(kept) },
  }
}
