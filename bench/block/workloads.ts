import { Interface } from 'ethers'
import { compile } from '../../contracts/compile.ts'
import { createAddress } from '../../primitives/contract-address.ts'
import { type Address, type Hex, hexToBytes } from '../../primitives/hex.ts'
import type { Transaction } from '../../primitives/transaction.ts'
import type { MadeBlock } from '../../test/support/block-lab.ts'
import { send, type TestAccount, testAccounts } from '../../test/support/test-accounts.ts'
import { creationCode } from '../../test/support/test-contracts.ts'
import { buildFrom, isHotAt, type Workshop } from '../workloads.ts'

/** Contracts of which every call leaves something under a key, and how much a call does. */
const KEYED = {
  Fibonacci: { contract: 'KeyedFibonacci', size: 250_000n, gasLimit: 16_000_000n },
  CPUHeavy: { contract: 'KeyedCpuHeavy', size: 2_000n, gasLimit: 16_000_000n },
  KVStore: { contract: 'KeyedUpdates', size: 7_500n, gasLimit: 16_000_000n },
  'short Fibonacci': { contract: 'KeyedFibonacci', size: 2_000n, gasLimit: 1_000_000n },
  'short CPUHeavy': { contract: 'KeyedCpuHeavy', size: 200n, gasLimit: 2_000_000n },
  'KVStore, 20 writes': { contract: 'KeyedStore', size: 20n, gasLimit: 1_000_000n },
} as const

/** What transactions need to know. */
export interface Site extends Workshop {
  readonly receivers: readonly TestAccount[]
  readonly keyed: Readonly<Record<keyof typeof KEYED, Address>>
}

/** A transaction; the hot ones conflict with one another, the others with nobody. */
export type Workload = (site: Site, index: number, isHot: boolean) => Transaction

export const WORKLOADS: Readonly<Record<string, Workload>> = {
  /** The hot ones are of one sender. */
  transfers: ({ accounts, receivers }, index, isHot) =>
    send(accounts[isHot ? 0 : index]!, { to: receivers[index]!.address, value: 1n, gasLimit: 21_000n }),
  /** The hot ones are to one receiver. */
  'ERC-20': ({ accounts, receivers, contracts, deployed }, index, isHot) => {
    const data = contracts.encode('Token', 'transfer', receivers[isHot ? 0 : index]!.address, 1n)
    return send(accounts[index]!, { to: deployed.token, data, gasLimit: 100_000n })
  },
  /** The hot ones increment one key. */
  KeyValueStore: ({ accounts, contracts, deployed }, index, isHot) => {
    const data = contracts.encode('KeyValueStore', 'increment', keyOf(index, isHot))
    return send(accounts[index]!, { to: deployed.store, data, gasLimit: 100_000n })
  },
  ...Object.fromEntries(Object.keys(KEYED).map((name) => [name, keyed(name as keyof typeof KEYED)])),
}

/** The hot ones have one key. */
function keyed(name: keyof typeof KEYED): Workload {
  const { size, gasLimit } = KEYED[name]
  return ({ accounts, keyed: addresses }, index, isHot) => {
    const data = hexToBytes(RUN_FOR.encodeFunctionData('runFor', [keyOf(index, isHot), size]) as Hex)
    return send(accounts[index]!, { to: addresses[name], data, gasLimit })
  }
}

const RUN_FOR = new Interface(['function runFor(uint256 key, uint256 size)'])

function keyOf(index: number, isHot: boolean): bigint {
  return isHot ? 0n : BigInt(1_000 + index)
}

export async function openSite(workshop: Workshop): Promise<Site> {
  const { lab, accounts } = workshop
  lab.synchroniseNonces(accounts)
  const deployer = accounts[0]!
  const artifacts = compile('workloads/CpuHeavy.sol', 'workloads/Fibonacci.sol', 'workloads/Keyed.sol')
  const transactions: Transaction[] = []
  const deployed = Object.entries(KEYED).map(([name, { contract }]) => {
    const address = createAddress(deployer.address, deployer.nonce)
    transactions.push(send(deployer, { data: creationCode(artifacts[contract]!), gasLimit: 3_000_000n }))
    return [name, address] as const
  })
  await lab.append(await lab.build(transactions))
  const receivers = testAccounts('receiver', accounts.length)
  return { ...workshop, receivers, keyed: Object.fromEntries(deployed) as Site['keyed'] }
}

/** A block of that many transactions, that part of them (0 to 1) hot, spread evenly. */
export async function makeBlock(site: Site, workload: Workload, count: number, conflict: number): Promise<MadeBlock> {
  return await buildFrom(site, count, (_, index) => workload(site, index, isHotAt(index, conflict)))
}
