import { LEAST_SHARE_US } from '../execution/parallel/scheduler.ts'
import type { Transaction } from '../primitives/transaction.ts'
import { BlockLab, labGenesis, type MadeBlock } from '../test/support/block-lab.ts'
import { send, type TestAccount, testAccounts } from '../test/support/test-accounts.ts'
import {
  type DeployedContracts,
  deployments,
  type TestContracts,
  testContracts,
} from '../test/support/test-contracts.ts'

const ETHER = 10n ** 18n
/** Room for blocks that compute for a second. */
const GAS_LIMIT = 10_000_000_000n

/** A chain whose head has the contracts and the accounts that blocks are made from. */
export interface Workshop {
  readonly lab: BlockLab
  readonly accounts: readonly TestAccount[]
  readonly contracts: TestContracts
  readonly deployed: DeployedContracts
}

/** To be closed (`lab.close`). */
export async function openWorkshop(options: {
  readonly accounts: number
  readonly pools: readonly number[]
}): Promise<Workshop> {
  const accounts = testAccounts('bench', options.accounts)
  const accountsWithEther = accounts.map(({ address }) => [address, { balance: 1_000n * ETHER }] as const)
  const genesis = { ...labGenesis(accountsWithEther), gasLimit: GAS_LIMIT }
  const lab = await BlockLab.open({ genesis, pools: options.pools, pin: true, leastShareUs: LEAST_SHARE_US })
  const contracts = testContracts()
  const { transactions, deployed } = deployments(accounts, contracts)
  await lab.append(await lab.build(transactions))
  return { lab, accounts, contracts, deployed }
}

/** A block of transfers of one token between distinct pairs: nobody sends or receives twice. */
export async function tokenBlock(workshop: Workshop, count: number): Promise<MadeBlock> {
  const { contracts, deployed } = workshop
  const receivers = testAccounts('receiver', count)
  return await buildFrom(workshop, count, (sender, index) => {
    const data = contracts.encode('Token', 'transfer', receivers[index]!.address, 1n)
    return send(sender, { to: deployed.token, data, gasLimit: 100_000n })
  })
}

/** A block of writes to a key-value store, that part of them (0 to 1) to one key: each of these reads what the last wrote. */
export async function storeBlock(workshop: Workshop, count: number, conflict: number): Promise<MadeBlock> {
  const { contracts, deployed } = workshop
  return await buildFrom(workshop, count, (sender, index) => {
    const key = isHotAt(index, conflict) ? 0n : BigInt(1_000 + index)
    return send(sender, { to: deployed.store, data: contracts.encode('KeyValueStore', 'increment', key) })
  })
}

/** Whether a transaction is one of that part (0 to 1) of its block that conflicts: spread evenly over it. */
export function isHotAt(index: number, conflict: number): boolean {
  return Math.floor((index + 1) * conflict) > Math.floor(index * conflict)
}

/** A block of transactions of that many accounts, one each, which must all fit in. */
export async function buildFrom(
  { lab, accounts }: Pick<Workshop, 'lab' | 'accounts'>,
  count: number,
  transactionOf: (sender: TestAccount, index: number) => Transaction,
): Promise<MadeBlock> {
  lab.synchroniseNonces(accounts)
  const made = await lab.build(accounts.slice(0, count).map(transactionOf))
  if (made.block.transactions.length !== count) throw new Error('not all transactions fit into the block')
  return made
}
