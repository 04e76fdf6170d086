import {
  CONSOLIDATION_REQUESTS_ADDRESS,
  HISTORY_STORAGE_ADDRESS,
  WITHDRAWAL_REQUESTS_ADDRESS,
} from '../../config/system-contracts.ts'
import { bigintToBytes, concatBytes } from '../../primitives/bytes.ts'
import { create2Address, createAddress } from '../../primitives/contract-address.ts'
import {
  type Address,
  bytesToHex,
  type Hash,
  hashToBytes,
  wordToAddress,
  wordToHash,
  ZERO_ADDRESS,
} from '../../primitives/hex.ts'
import { keccak256 } from '../../primitives/keccak.ts'
import {
  type AccessListItem,
  type Authorization,
  signAuthorization,
  type Transaction,
} from '../../primitives/transaction.ts'
import type { Withdrawal } from '../../primitives/withdrawal.ts'
import type { Random } from './random.ts'
import { deployingCode, randomProgram } from './random-programs.ts'
import { type Call, send, TEST_CHAIN_ID, type TestAccount, testAccounts } from './test-accounts.ts'
import { creationCode, type DeployedContracts, type TestContracts } from './test-contracts.ts'

export interface RandomTransactionsModules {
  readonly random: Random
  readonly contracts: TestContracts
  readonly deployed: DeployedContracts
  /** Those that sign. Their nonces are to be right when a block is begun. */
  readonly accounts: readonly TestAccount[]
  /** Contracts with random code, called by everybody. */
  readonly programs: readonly Address[]
}

export interface BlockWishes {
  readonly count: number
  /**
   * Probability that a transaction works on what others of the block work on too: with 0 each has a sender, a receiver and
   * slots of its own, with 1 all may meet.
   */
  readonly heat: number
  readonly coinbase: Address
  /** Of the block. */
  readonly number: bigint
}

interface HotWishes extends BlockWishes {
  /** Who sends what is hot. */
  readonly regulars: readonly TestAccount[]
  readonly looksAtCoinbase: boolean
  /** From 0 to 1: what hot transactions do is picked from these. */
  readonly topics: readonly number[] | undefined
}

/** Slots and addresses that hot calls share. */
const SHARED = 4
/** Addresses that a block brings to life. */
const STRANGERS = 2
/** For contracts that benches make, in each block. */
const SALTS = 2
const WORD_BYTES = 32

/** Random transactions over everything that can meet or fail. */
export class RandomTransactions {
  readonly #modules: RandomTransactionsModules
  readonly #random: Random
  /** Of the block being made. */
  #number = 0n

  constructor(modules: RandomTransactionsModules) {
    this.#modules = modules
    this.#random = modules.random
  }

  block(wishes: BlockWishes): Transaction[] {
    const { accounts } = this.#modules
    this.#number = wishes.number
    const cold = [...accounts]
    // One sender makes a chain of all that is hot, so that the conflict ratio comes out as the heat; several leave groups.
    const regularCount = this.#random.pick([1, 2, 4, accounts.length / 4])
    const hot: HotWishes = {
      ...wishes,
      regulars: Array.from({ length: regularCount }, () => this.#random.pick(accounts)),
      // One look at the coinbase's balance makes every fee of the block conflict: rare, or there would be one group always.
      looksAtCoinbase: this.#random.chance(0.25),
      // Rare meetings of the same few things come about where little else is done.
      topics: this.#random.chance(0.3) ? Array.from({ length: 4 }, () => this.#random.fraction()) : undefined,
    }
    const story = this.#random.chance(wishes.heat) ? this.#story() : []
    return Array.from({ length: wishes.count }, (_, index) => {
      // Among the others, and all of it before the end.
      if (this.#random.below(wishes.count - index) < story.length) {
        return send(this.#random.pick(accounts), { gasLimit: 500_000n, ...story.shift()! })
      }
      if (this.#random.chance(wishes.heat) || cold.length === 0) return this.#hot(hot)
      const [sender] = cold.splice(this.#random.below(cold.length), 1)
      return this.#cold(sender!)
    })
  }

  /** Calls whose order matters, and that chance alone would rarely bring together. */
  #story(): Call[] {
    const { encode, artifacts } = this.#modules.contracts
    const [bench, other] = [this.#bench(), this.#bench()]
    const [salt, stranger] = [this.#salt(), this.#stranger()]
    const child = create2Address(bench, salt, creationCode(artifacts.Child, 7))
    const workbench = (to: Address, name: string, ...values: unknown[]): Call => {
      return { to, data: encode('Workbench', name, ...values) }
    }
    return this.#random.pick<Call[]>([
      // Somebody is born, and others want to know.
      [
        { to: stranger, value: 1n },
        workbench(bench, 'send', stranger, 1),
        workbench(other, 'noteBalance', stranger, 1),
        workbench(other, 'noteCode', stranger, 2),
      ],
      // What had wei becomes a contract and ends in one transaction, is met when it is nothing any more, and again.
      [
        { to: child, value: 1n },
        workbench(bench, 'createAndEnd', salt, stranger, 1),
        workbench(other, 'send', child, 0),
        workbench(bench, 'createAndEnd', salt, child, 1),
        { to: child, value: 0n },
        { to: child, value: 1n },
      ],
      // A contract that stays is used, and told to end, which only empties it (EIP-6780).
      [
        workbench(bench, 'createAt', salt, 7),
        { to: child, value: 2n },
        { to: child, data: encode('Child', 'end', stranger) },
        workbench(other, 'noteCode', child, 1),
        workbench(bench, 'createAndEnd', salt, stranger, 1),
      ],
    ])
  }

  withdrawals(coinbase: Address): Withdrawal[] {
    if (this.#random.chance(0.7)) return []
    return Array.from({ length: 1 + this.#random.below(4) }, (_, index) => {
      const places = [this.#someone(), this.#freshAddress(), this.#bench(), this.#program()]
      const address = this.#random.chance(0.1) ? coinbase : this.#random.pick(places)
      return { index: BigInt(index), validatorIndex: 1n, address, amountInGwei: BigInt(this.#random.below(3)) }
    })
  }

  /** Touches nothing but the sender and what belongs to it alone. */
  #cold(sender: TestAccount): Transaction {
    const { contracts, deployed } = this.#modules
    const { encode } = contracts
    const own = BigInt(sender.address)
    const small = (): number => this.#random.below(3)
    const workbench = (name: string, ...values: unknown[]): Call => {
      return { to: this.#bench(), data: encode('Workbench', name, own, ...values) }
    }
    const type = this.#random.pick([0, 1, 2, 2, 2] as const)
    return this.#random.pick<() => Transaction>([
      () => send(sender, { to: this.#freshAddress(), value: BigInt(small()), gasLimit: 21_000n }, type),
      () =>
        send(sender, { to: deployed.token, data: encode('Token', 'transfer', this.#freshAddress(), small()) }, type),
      () => send(sender, { to: deployed.store, data: encode('KeyValueStore', 'set', own, small()) }, type),
      () => send(sender, workbench('set', small()), type),
      () => send(sender, workbench('setAndRestore', small()), type),
      () => send(sender, workbench('transientDance', small()), type),
      () => send(sender, workbench('environment'), type),
      () => send(sender, workbench('set', small()), 3),
      () => send(sender, { ...workbench('burnAllGas'), gasLimit: 60_000n + BigInt(this.#random.below(40_000)) }, type),
      () => send(sender, { data: this.#ownCreation(), gasLimit: 200_000n }, type),
      () => {
        const [authority] = testAccounts(`unused ${this.#random.fraction()}`, 1)
        const authorization = signAuthorization(
          { chainId: TEST_CHAIN_ID, address: this.#bench(), nonce: 0n },
          authority!.privateKey,
        )
        return send(sender, { to: this.#freshAddress(), authorizationList: [authorization] }, 4)
      },
    ])()
  }

  #ownCreation(): Uint8Array {
    return concatBytes(Uint8Array.of(0x60, this.#random.below(256), 0x5f, 0x55), deployingCode(Uint8Array.of(0)))
  }

  /** Works on a few slots, balances and contracts that all hot transactions share. */
  #hot(wishes: HotWishes): Transaction {
    const sender = this.#random.pick(wishes.regulars)
    const call = { ...this.#hotCall(wishes), tip: this.#random.pick([0n, 1n, 10n ** 9n]) }
    if (this.#random.chance(0.12)) return this.#delegating(sender, call)
    const type =
      call.to === undefined ? this.#random.pick([0, 1, 2] as const) : this.#random.pick([0, 1, 2, 2, 3] as const)
    return send(sender, { ...call, accessList: this.#accessList() }, type)
  }

  #hotCall(wishes: HotWishes): Call {
    const random = this.#random
    const { deployed, contracts } = this.#modules
    const { encode } = contracts
    const gasLimit = random.chance(0.15) ? 22_000n + BigInt(random.below(100_000)) : 500_000n
    const key = (): number => random.below(SHARED)
    const value = (): bigint => BigInt(random.below(4))
    const token = (name: string, ...values: unknown[]): Call => {
      return { to: deployed.token, data: encode('Token', name, ...values), gasLimit }
    }
    const workbench = (name: string, ...values: unknown[]): Call => {
      return { to: this.#bench(), data: encode('Workbench', name, ...values), gasLimit }
    }
    const calls: (() => Call)[] = [
      () => ({ to: this.#someone(), value: value(), gasLimit: 200_000n }),
      () => ({ to: this.#stranger(), value: value(), gasLimit: 21_000n }),
      () => ({ to: this.#stranger(), value: 1n, gasLimit: 21_000n }),
      () => workbench('send', this.#stranger(), random.below(2)),
      () => workbench('callAndSwallow', this.#stranger(), '0x', random.below(2)),
      () => ({ to: this.#bench(), value: value(), gasLimit: 50_000n }),
      () => ({ to: wishes.coinbase, value: value(), gasLimit: 50_000n }),
      () => token('transfer', this.#someone(), random.below(1_000)),
      () => token('approve', this.#someone(), random.below(100)),
      () => token('transferFrom', this.#someone(), this.#bench(), random.below(3)),
      () => ({ to: deployed.store, data: encode('KeyValueStore', 'increment', key()), gasLimit }),
      () => workbench('bumpHot'),
      () => workbench('set', key(), random.below(3)),
      () => workbench('setAndRestore', key(), 77),
      () => workbench('sumInto', 0, SHARED, key()),
      () => workbench('readOnly', key()),
      () => workbench('failAfterWrites', key()),
      () => workbench('send', this.#someone(), random.below(100)),
      () => workbench('noteBalance', this.#someone(), key()),
      () => workbench('noteCode', random.pick([this.#someone(), this.#child(), this.#stranger()]), key()),
      () => workbench('noteOwnBalance', key()),
      () => workbench('create', random.below(9), random.below(5)),
      () => workbench('createAt', this.#salt(), 7),
      () => workbench('createAndEnd', this.#salt(), this.#beneficiary(), random.below(5)),
      () => workbench('createAndEnd', this.#salt(), this.#beneficiary(), random.below(5)),
      () => workbench('endChild', key(), this.#beneficiary()),
      () => ({ to: this.#child(), value: value(), gasLimit: 60_000n }),
      () => ({ to: this.#child(), value: value(), gasLimit: 60_000n }),
      () => workbench('send', this.#child(), random.below(2)),
      () => workbench('transientDance', key(), random.below(100)),
      () => ({ ...workbench('burnAllGas', key()), gasLimit: 40_000n + BigInt(random.below(60_000)) }),
      () => workbench('callAndSwallow', this.#bench(), this.#innerCall(), random.below(3)),
      () => workbench('callAndSwallow', this.#freshAddress(), '0x', random.below(2)),
      () => workbench('callAndSwallow', this.#program(), hashToBytes(wordToHash(value())), random.below(2)),
      () => workbench('delegateAndSwallow', this.#bench(), this.#innerCall()),
      () => workbench('delegateAndSwallow', this.#program(), '0x'),
      () => workbench('lookStatically', this.#bench(), this.#innerCall()),
      () => ({ data: creationCode(contracts.artifacts.Child, random.below(9)), value: value(), gasLimit }),
      () => ({ data: this.#randomProgram(), value: value(), gasLimit }),
      () => ({ data: deployingCode(this.#randomProgram()), gasLimit }),
      () => ({
        to: HISTORY_STORAGE_ADDRESS,
        data: hashToBytes(wordToHash(wishes.number - BigInt(random.below(3)))),
        gasLimit,
      }),
      () => ({ to: WITHDRAWAL_REQUESTS_ADDRESS, data: new Uint8Array(56).fill(7), value: value(), gasLimit }),
      () => ({ to: CONSOLIDATION_REQUESTS_ADDRESS, data: new Uint8Array(96).fill(7), value: value(), gasLimit }),
    ]
    if (wishes.looksAtCoinbase && random.chance(0.1)) {
      return random.chance(0.5)
        ? workbench('noteCoinbaseBalance', key())
        : workbench('noteBalance', wishes.coinbase, key())
    }
    if (random.chance(0.3)) return this.#programCall(value())
    const topic = wishes.topics ? random.pick(wishes.topics) : random.fraction()
    return calls[Math.floor(topic * calls.length)]!()
  }

  #programCall(value: bigint): Call {
    const place = BigInt(
      this.#random.pick([this.#someone(), this.#program(), this.#bench(), this.#child(), this.#stranger()]),
    )
    const data = concatBytes(bigintToBytes(BigInt(this.#random.below(3)), WORD_BYTES), bigintToBytes(place, WORD_BYTES))
    return { to: this.#program(), data, value, gasLimit: 60_000n + BigInt(this.#random.below(400_000)) }
  }

  #randomProgram(): Uint8Array {
    const { accounts, programs, deployed } = this.#modules
    const places = [...accounts.slice(0, 3).map(({ address }) => address), ...programs, ...deployed.benches]
    return randomProgram(this.#random, { places, looksAtCoinbase: false })
  }

  /** A transaction that makes accounts run a contract's code (EIP-7702), some of its authorizations useless. */
  #delegating(sender: TestAccount, call: Call): Transaction {
    const signing = { ...sender }
    // Before the authorizations: when they are looked at the sender's own nonce has moved on.
    sender.nonce++
    const authorizationList = Array.from({ length: 1 + this.#random.below(2) }, () => this.#authorization())
    return send(signing, { ...call, to: call.to ?? this.#someone(), authorizationList }, 4)
  }

  #authorization(): Authorization {
    const authority = this.#random.pick(this.#modules.accounts)
    const chainId = this.#random.pick([TEST_CHAIN_ID, TEST_CHAIN_ID, 0n, 1n])
    const targets = [this.#bench(), this.#program(), this.#program(), ZERO_ADDRESS, this.#someone()]
    const address = this.#random.pick(targets)
    const isUsable = chainId !== 1n && this.#random.chance(0.9)
    const nonce = isUsable ? authority.nonce++ : authority.nonce + 1n
    return signAuthorization({ chainId, address, nonce }, authority.privateKey)
  }

  #accessList(): AccessListItem[] {
    return Array.from({ length: this.#random.below(3) }, () => {
      const address = this.#random.pick([this.#someone(), this.#bench(), this.#program(), this.#freshAddress()])
      return { address, slots: [0n, 2n].slice(this.#random.below(3)) }
    })
  }

  /** Call data of something that a bench does to itself or another. */
  #innerCall(): Uint8Array {
    const { encode } = this.#modules.contracts
    const key = this.#random.below(SHARED)
    return this.#random.pick([
      () => encode('Workbench', 'bumpHot'),
      () => encode('Workbench', 'failAfterWrites', key),
      () => encode('Workbench', 'set', key, this.#random.below(3)),
      () => encode('Workbench', 'create', this.#random.below(9), this.#random.below(5)),
      () => encode('Workbench', 'createAndEnd', this.#salt(), this.#beneficiary(), this.#random.below(5)),
      () => encode('Workbench', 'noteOwnBalance', key),
    ])()
  }

  #beneficiary(): Address {
    return this.#random.pick([this.#someone(), this.#bench(), this.#child(), this.#program(), this.#stranger()])
  }

  /** Where benches make their children, or where programs and accounts make theirs. */
  #child(): Address {
    const { artifacts } = this.#modules.contracts
    const byNonce = createAddress(
      this.#random.pick([this.#bench(), this.#program()]),
      BigInt(1 + this.#random.below(4)),
    )
    const bySalt = create2Address(this.#bench(), this.#salt(), creationCode(artifacts.Child, 7))
    return this.#random.pick([byNonce, bySalt])
  }

  /** Few in a block, and new in each: a contract that stays takes its salt for good. */
  #salt(): Hash {
    return wordToHash(this.#number * BigInt(SALTS) + BigInt(this.#random.below(SALTS)))
  }

  /** One of a few addresses of which this block is the first to hear. */
  #stranger(): Address {
    return wordToAddress((0x57a9n << 64n) + this.#number * BigInt(STRANGERS) + BigInt(this.#random.below(STRANGERS)))
  }

  #someone(): Address {
    return this.#random.pick(this.#modules.accounts).address
  }

  #bench(): Address {
    return this.#random.pick(this.#modules.deployed.benches)
  }

  #program(): Address {
    return this.#random.pick(this.#modules.programs)
  }

  #freshAddress(): Address {
    return bytesToHex(keccak256(new TextEncoder().encode(`nobody ${this.#random.fraction()}`)).subarray(12))
  }
}
