import { concatBytes } from '../../primitives/bytes.ts'
import { createAddress } from '../../primitives/contract-address.ts'
import { type Address, hexToBytes, wordToHash } from '../../primitives/hex.ts'
import type { Transaction } from '../../primitives/transaction.ts'
import type { MadeBlock } from '../../test/support/block-lab.ts'
import { send, type TestAccount, testAccounts } from '../../test/support/test-accounts.ts'
import type { Workshop } from '../workloads.ts'

/**
 * A contract that counts its second word of call data down to 0, some 40 gas a turn, and then adds 1 to the slot that the
 * first word names: as much computing as one likes, and one place to conflict about.
 */
const LOOP_CODE = hexToBytes('0x6020355b808002506001900380600357505f358054600101905500')
/** PUSH1 length, DUP1, PUSH1 offset, PUSH0, CODECOPY, PUSH0, RETURN: what returns the code behind it. */
const CREATION_CODE = concatBytes(hexToBytes('0x601b80600a5f395ff300'), LOOP_CODE)

/** What transactions need to know. */
export interface Site extends Workshop {
  readonly loop: Address
  readonly receivers: readonly TestAccount[]
  /** Turns of a loop. */
  readonly turns: bigint
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
  /** The hot ones, too. */
  computing: ({ accounts, loop, turns }, index, isHot) => {
    const data = concatBytes(...[keyOf(index, isHot), turns].map((word) => hexToBytes(wordToHash(word))))
    return send(accounts[index]!, { to: loop, data, gasLimit: 60_000n + 60n * turns })
  },
}

function keyOf(index: number, isHot: boolean): bigint {
  return isHot ? 0n : BigInt(1_000 + index)
}

export async function openSite(workshop: Workshop, turns: bigint): Promise<Site> {
  const { lab, accounts } = workshop
  lab.synchroniseNonces(accounts)
  const deployer = accounts[0]!
  const loop = createAddress(deployer.address, deployer.nonce)
  await lab.append(await lab.build([send(deployer, { data: CREATION_CODE, gasLimit: 200_000n })]))
  return { ...workshop, loop, turns, receivers: testAccounts('receiver', accounts.length) }
}

/** A block of that many transactions, that part of them (0 to 1) hot, spread evenly. */
export async function makeBlock(site: Site, workload: Workload, count: number, conflict: number): Promise<MadeBlock> {
  const { lab, accounts } = site
  lab.synchroniseNonces(accounts)
  const transactions = accounts.slice(0, count).map((_, index) => {
    const isHot = Math.floor((index + 1) * conflict) > Math.floor(index * conflict)
    return workload(site, index, isHot)
  })
  const made = await lab.build(transactions)
  if (made.block.transactions.length !== count) throw new Error('not all transactions fit into the block')
  return made
}
