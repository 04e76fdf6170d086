import { type Address, wordToAddress } from '../../primitives/hex.ts'
import { BlockLab, labGenesis, type MadeBlock } from './block-lab.ts'
import type { Random } from './random.ts'
import { randomProgram } from './random-programs.ts'
import { type BlockWishes, RandomTransactions } from './random-transactions.ts'
import { type TestAccount, testAccounts } from './test-accounts.ts'
import { deployments, testContracts } from './test-contracts.ts'

export interface RandomChainOptions {
  /** Sizes of the pools of replay workers. */
  readonly pools: readonly number[]
  /** Most transactions of a block. */
  readonly maxTransactions: number
}

const ETHER = 10n ** 18n
const PROGRAMS = 12
/** Of these programs that many look at the coinbase's balance. */
const CURIOUS_PROGRAMS = 1
/** Nobody's accounts, which collect fees in most blocks. */
const COINBASES = [0xc01bn, 0xc01cn].map(wordToAddress)

/** A chain of random blocks, each on top of the one before it. The same numbers make the same chain. */
export class RandomChain {
  readonly lab: BlockLab
  readonly #random: Random
  readonly #options: RandomChainOptions
  readonly #accounts: readonly TestAccount[]
  readonly #programs: readonly Address[]
  readonly #transactions: RandomTransactions

  /** With the contracts deployed. To be closed. */
  static async open(options: RandomChainOptions, { random }: { readonly random: Random }): Promise<RandomChain> {
    const accounts = testAccounts('sender', 48)
    const contracts = testContracts()
    const { transactions, deployed } = deployments(accounts, contracts)
    const programs = Array.from({ length: PROGRAMS }, (_, index) => wordToAddress(BigInt(0x9809_0000 + index)))
    const places = [...programs, ...accounts.slice(0, 2).map(({ address }) => address), ...deployed.benches, '4', '0']
    const genesis = labGenesis([
      ...accounts.map(({ address }) => [address, { balance: 1_000n * ETHER }] as const),
      ...programs.map((address, index) => {
        const code = randomProgram(random, { places, looksAtCoinbase: index < CURIOUS_PROGRAMS })
        return [address, { balance: 1_000n, nonce: 1n, code, storage: new Map([[0n, 1n]]) }] as const
      }),
    ])
    const lab = await BlockLab.open({ genesis, pools: options.pools })
    const made = await lab.build(transactions)
    if (made.refused.length > 0) throw new Error('a contract could not be deployed')
    await lab.append(made)
    const generator = new RandomTransactions({ random, contracts, deployed, accounts, programs })
    return new RandomChain(lab, random, options, accounts, programs, generator)
  }

  private constructor(
    lab: BlockLab,
    random: Random,
    options: RandomChainOptions,
    accounts: readonly TestAccount[],
    programs: readonly Address[],
    transactions: RandomTransactions,
  ) {
    this.lab = lab
    this.#random = random
    this.#options = options
    this.#accounts = accounts
    this.#programs = programs
    this.#transactions = transactions
  }

  /** The next block, not yet the head. */
  async build(heat: number): Promise<MadeBlock> {
    const count = 2 + this.#random.below(this.#options.maxTransactions - 1)
    const coinbase = this.#coinbase()
    const number = this.lab.node.chain.head().header.number + 1n
    this.lab.synchroniseNonces(this.#accounts)
    const wishes: BlockWishes = { count, heat, coinbase, number }
    const withdrawals = this.#transactions.withdrawals(coinbase)
    return await this.lab.build(this.#transactions.block(wishes), { coinbase, withdrawals })
  }

  /** Now and then somebody whose balance others look at. */
  #coinbase(): Address {
    if (this.#random.chance(0.9)) return this.#random.pick(COINBASES)
    return this.#random.pick([this.#random.pick(this.#accounts).address, this.#random.pick(this.#programs)])
  }
}
