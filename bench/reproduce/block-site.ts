import { Interface } from 'ethers'
import { createAddress } from '../../primitives/contract-address.ts'
import { type Address, type Hex, hexToBytes } from '../../primitives/hex.ts'
import type { Transaction } from '../../primitives/transaction.ts'
import type { MadeBlock } from '../../test/support/block-lab.ts'
import { send } from '../../test/support/test-accounts.ts'
import { creationCode } from '../../test/support/test-contracts.ts'
import { openSite, type Site, WORKLOADS } from '../block/workloads.ts'
import { plainContracts } from '../threads/contracts.ts'
import { textOf } from '../threads/text.ts'
import { buildFrom, openWorkshop } from '../workloads.ts'

/** Contracts that only compute, and the arguments of a transaction: about as much as its most gas (EIP-7825) pays for, or less. */
const COMPUTING = {
  MatrixMul: [28],
  MatrixAdd: [40, 16],
  Substring: [1_000, 50],
  Histogram: [35_000],
  WordCount: [textOf(4_000)],
} as const

/** What a transaction of each of them does. */
export const TRANSACTIONS = [
  `MatrixMul multiplies matrices of ${COMPUTING.MatrixMul[0]} rows, MatrixAdd adds some of ${COMPUTING.MatrixAdd[0]} rows ${COMPUTING.MatrixAdd[1]} times, Substring takes ${COMPUTING.Substring[0]} of`,
  `${COMPUTING.Substring[1]} bytes, Histogram counts ${COMPUTING.Histogram[0]} bytes, WordCount a text of ${COMPUTING.WordCount[0].length} bytes; the others are those of \`npm run bench -- block\`.`,
].join('\n')

const GAS_LIMIT = 16_000_000n

/** Names here, and in the benchmark of blocks. */
const OTHERS = { ERC20: 'ERC-20', Fibonacci: 'Fibonacci', CPUHeavy: 'CPUHeavy', KVStore: 'KVStore' } as const

export type BlockWorkloadName = keyof typeof COMPUTING | keyof typeof OTHERS

export const BLOCK_WORKLOADS = [...Object.keys(COMPUTING), ...Object.keys(OTHERS)] as readonly BlockWorkloadName[]

/** A chain whose head has the contracts of all workloads, with pools of one and of two replay workers. */
export interface BlockSite extends Site {
  readonly transactionOf: (name: BlockWorkloadName, index: number) => Transaction
}

/** To be closed (`lab.close`). */
export async function openBlockSite(accounts: number): Promise<BlockSite> {
  const site = await openSite(await openWorkshop({ accounts, pools: [1, 2] }))
  const calls = await deployComputing(site)
  const transactionOf = (name: BlockWorkloadName, index: number): Transaction => {
    const call = calls.get(name)
    if (call === undefined) return WORKLOADS[OTHERS[name as keyof typeof OTHERS]]!(site, index, false)
    return send(site.accounts[index]!, { ...call, gasLimit: GAS_LIMIT })
  }
  return { ...site, transactionOf }
}

/** A block of such transactions, none of which conflicts with another one. */
export async function blockOf(site: BlockSite, name: BlockWorkloadName, count: number): Promise<MadeBlock> {
  return await buildFrom(site, count, (_, index) => site.transactionOf(name, index))
}

/** A block of Fibonacci transactions in groups of that many, which use the same slot. */
export async function groupedBlock(site: BlockSite, count: number, groupSize: number): Promise<MadeBlock> {
  return await buildFrom(site, count, (account, index) => {
    const key = 1 + Math.floor(index / groupSize)
    const data = hexToBytes(RUN_FOR.encodeFunctionData('runFor', [key, FIBONACCI_INDEX]) as Hex)
    return send(account, { to: site.keyed.Fibonacci, data, gasLimit: GAS_LIMIT })
  })
}

const RUN_FOR = new Interface(['function runFor(uint256 key, uint256 index)'])
/** As in the benchmark of blocks. */
const FIBONACCI_INDEX = 250_000

interface ComputingCall {
  readonly to: Address
  readonly data: Uint8Array
}

async function deployComputing({ lab, accounts }: Site): Promise<ReadonlyMap<string, ComputingCall>> {
  lab.synchroniseNonces(accounts)
  const deployer = accounts[0]!
  const artifacts = plainContracts(Object.keys(COMPUTING))
  const transactions: Transaction[] = []
  const calls = Object.entries(COMPUTING).map(([name, args]) => {
    const artifact = artifacts[name]!
    const to = createAddress(deployer.address, deployer.nonce)
    transactions.push(send(deployer, { data: creationCode(artifact), gasLimit: 3_000_000n }))
    return [
      name,
      { to, data: hexToBytes(new Interface(artifact.abi as never).encodeFunctionData('run', args) as Hex) },
    ] as const
  })
  await lab.append(await lab.build(transactions))
  return new Map(calls)
}
