import { Interface } from 'ethers'
import type { Artifact } from '../../contracts/compile.ts'
import { create2Address, createAddress } from '../../primitives/contract-address.ts'
import { type Address, bytesToHex, type Hex, hexToBytes } from '../../primitives/hex.ts'
import { keccak256 } from '../../primitives/keccak.ts'
import { privateKeyToAddress } from '../../primitives/secp256k1.ts'
import type { Transaction } from '../../primitives/transaction.ts'
import { signTransaction } from '../../primitives/transaction.ts'
import type { Random } from './random.ts'

export interface TestAccount {
  readonly address: Address
  readonly privateKey: Uint8Array
  nonce: bigint
}

/** Contracts that the generator calls; deployed by `deployments`, in this order, by the first account. */
export interface Targets {
  readonly token: Address
  readonly store: Address
  readonly benches: readonly Address[]
}

const CHAIN_ID = 31_337n
const GAS_PRICE = { maxFeePerGas: 100_000_000_000n, maxPriorityFeePerGas: 1_000_000_000n }

/** Accounts whose keys follow from a name and a number. */
export function testAccounts(name: string, count: number): TestAccount[] {
  return Array.from({ length: count }, (_, index) => {
    const privateKey = keccak256(new TextEncoder().encode(`${name} ${index}`))
    return { address: privateKeyToAddress(privateKey), privateKey, nonce: 0n }
  })
}

interface Call {
  readonly to?: Address | undefined
  readonly data?: Uint8Array
  readonly value?: bigint
  readonly gasLimit?: bigint
}

/** Signs the sender's next transaction: type 2, or another type where the call asks for nothing special. */
export function send(account: TestAccount, call: Call, type: 0 | 1 | 2 = 2): Transaction {
  const common = {
    nonce: account.nonce++,
    gasLimit: call.gasLimit ?? 400_000n,
    to: call.to,
    value: call.value ?? 0n,
    data: call.data ?? new Uint8Array(0),
  }
  const price = GAS_PRICE.maxFeePerGas / 10n
  const unsigned =
    type === 0
      ? { ...common, type, gasPrice: price, chainId: CHAIN_ID }
      : type === 1
        ? { ...common, type, chainId: CHAIN_ID, gasPrice: price, accessList: [] }
        : { ...common, type, chainId: CHAIN_ID, ...GAS_PRICE, accessList: [] }
  return signTransaction(unsigned, account.privateKey)
}

export type Encode = (
  contract: 'Token' | 'KeyValueStore' | 'Workbench' | 'Child',
  name: string,
  ...values: unknown[]
) => Uint8Array

export function encoder(artifacts: Readonly<Record<string, Artifact>>): Encode {
  const interfaces = new Map(Object.entries(artifacts).map(([name, { abi }]) => [name, new Interface(abi as never)]))
  return (contract, name, ...values) =>
    hexToBytes((interfaces.get(contract) as Interface).encodeFunctionData(name, values).toLowerCase() as Hex)
}

/** Creation code with encoded constructor arguments. */
export function creationCode(artifact: Artifact, ...values: unknown[]): Uint8Array {
  const argumentsHex = new Interface(artifact.abi as never).encodeDeploy(values).slice(2)
  return hexToBytes(`${artifact.bytecode}${argumentsHex}`.toLowerCase() as Hex)
}

/** Transactions that deploy the targets and give every account tokens. */
export function deployments(
  accounts: readonly TestAccount[],
  artifacts: Readonly<Record<string, Artifact>>,
): { readonly transactions: Transaction[]; readonly targets: Targets } {
  const deployer = accounts[0] as TestAccount
  const encode = encoder(artifacts)
  const transactions: Transaction[] = []
  const deploy = (data: Uint8Array, value = 0n): Address => {
    const address = createAddress(deployer.address, deployer.nonce)
    transactions.push(send(deployer, { data, value, gasLimit: 6_000_000n }))
    return address
  }
  const token = deploy(creationCode(artifacts.Token as Artifact, 'Test', 'TST', 10n ** 30n))
  const store = deploy(creationCode(artifacts.KeyValueStore as Artifact))
  const benches = [0, 1, 2].map(() => deploy(creationCode(artifacts.Workbench as Artifact), 10n ** 20n))
  transactions.push(
    send(deployer, {
      to: token,
      data: encode(
        'Token',
        'airdrop',
        accounts.map(({ address }) => address),
        10n ** 20n,
      ),
      gasLimit: 60_000n + 40_000n * BigInt(accounts.length),
    }),
  )
  return { transactions, targets: { token, store, benches } }
}

/**
 * Random transactions over everything that can meet or fail.
 * @param conflictRatio probability that a transaction works on what others of the block work on as well: 0 gives senders,
 *   receivers and slots of its own to each, 1 lets all meet
 */
export function randomTransactions(
  random: Random,
  accounts: readonly TestAccount[],
  targets: Targets,
  encode: Encode,
  coinbase: Address,
  count: number,
  conflictRatio: number,
): Transaction[] {
  const transactions: Transaction[] = []
  const unused = accounts.slice(1)
  const freshAddress = (): Address =>
    bytesToHex(keccak256(new TextEncoder().encode(`fresh ${random.fraction()}`)).subarray(12))
  for (let index = 0; index < count; index++) {
    const conflicting = random.chance(conflictRatio)
    // Without conflict each sender is used once, so that only what it does could meet another.
    const sender =
      conflicting || unused.length === 0
        ? random.pick(accounts)
        : (unused.splice(random.below(unused.length), 1)[0] as TestAccount)
    const type = random.pick([0, 1, 2, 2, 2] as const)
    const call = conflicting
      ? hotCall(random, accounts, targets, encode, coinbase, freshAddress)
      : coldCall(random, sender, targets, encode, freshAddress)
    transactions.push(send(sender, call, type))
  }
  return transactions
}

/** Touches nothing but the sender and what belongs to it alone. */
function coldCall(
  random: Random,
  sender: TestAccount,
  targets: Targets,
  encode: Encode,
  freshAddress: () => Address,
): Call {
  const own = BigInt(sender.address)
  const bench = random.pick(targets.benches)
  const calls: (() => Call)[] = [
    () => ({ to: freshAddress(), value: BigInt(random.below(1000)), gasLimit: 21_000n }),
    () => ({ to: targets.token, data: encode('Token', 'transfer', freshAddress(), random.below(1000)) }),
    () => ({ to: targets.store, data: encode('KeyValueStore', 'set', own, random.below(3)) }),
    () => ({ to: bench, data: encode('Workbench', 'set', own, random.below(3)) }),
    () => ({ to: bench, data: encode('Workbench', 'setAndRestore', own, random.below(100)) }),
    () => ({ to: bench, data: encode('Workbench', 'transientDance', own, random.below(100)) }),
    () => ({ to: bench, data: encode('Workbench', 'environment', own) }),
    () => ({
      to: bench,
      data: encode('Workbench', 'burnAllGas', own),
      gasLimit: 60_000n + BigInt(random.below(60_000)),
    }),
    () => ({ data: new Uint8Array([0x60, random.below(256), 0x5f, 0x55, 0x5f, 0x5f, 0xf3]), gasLimit: 120_000n }),
  ]
  return random.pick(calls)()
}

/** Works on a few slots, balances and contracts that all hot calls share. */
function hotCall(
  random: Random,
  accounts: readonly TestAccount[],
  targets: Targets,
  encode: Encode,
  coinbase: Address,
  freshAddress: () => Address,
): Call {
  const bench = random.pick(targets.benches)
  const other = random.pick(targets.benches)
  const key = BigInt(random.below(4))
  const someone = random.pick(accounts).address
  const salt = `0x${random.below(6).toString(16).padStart(64, '0')}`
  const gasLimit = random.chance(0.15) ? 22_000n + BigInt(random.below(120_000)) : 1_000_000n
  const inner = random.pick([
    () => encode('Workbench', 'bumpHot'),
    () => encode('Workbench', 'failAfterWrites', key),
    () => encode('Workbench', 'set', key, random.below(3)),
    () => encode('Workbench', 'create', random.below(9), random.below(5)),
    () => encode('Workbench', 'noteOwnBalance', key),
  ])
  const workbench = (name: string, ...values: unknown[]): (() => Call) => {
    return () => ({ to: bench, data: encode('Workbench', name, ...values), gasLimit })
  }
  const calls: (() => Call)[] = [
    () => ({ to: someone, value: BigInt(random.below(1000)), gasLimit: 21_000n }),
    () => ({ to: bench, value: BigInt(random.below(1000)), gasLimit: 50_000n }),
    () => ({ to: coinbase, value: BigInt(random.below(3)), gasLimit: 21_000n }),
    () => ({ to: targets.token, data: encode('Token', 'transfer', someone, random.below(1000)), gasLimit }),
    () => ({ to: targets.token, data: encode('Token', 'transferFrom', someone, bench, 1), gasLimit }),
    () => ({ to: targets.store, data: encode('KeyValueStore', 'increment', key), gasLimit }),
    workbench('bumpHot'),
    workbench('set', key, random.below(3)),
    workbench('setAndRestore', key, 77),
    workbench('sumInto', 0, 4, key),
    workbench('readOnly', key),
    workbench('failAfterWrites', key),
    workbench('callAndSwallow', other, inner(), random.below(3)),
    workbench('callAndSwallow', freshAddress(), '0x', random.below(2)),
    workbench('delegateAndSwallow', other, inner()),
    workbench('lookStatically', other, inner()),
    workbench('send', someone, random.below(100)),
    workbench('send', coinbase, random.below(2)),
    workbench('noteBalance', someone, key),
    workbench('noteCode', random.pick([someone, other, freshAddress()]), key),
    workbench('noteOwnBalance', key),
    workbench('create', random.below(9), random.below(5)),
    workbench('createAt', salt, random.below(9)),
    workbench(
      'createAndEnd',
      salt,
      random.pick([someone, bench, create2Address(bench, salt as Hex, new Uint8Array(0))]),
      random.below(5),
    ),
    workbench('endChild', random.below(4), random.pick([someone, other])),
    workbench('transientDance', key, random.below(100)),
    workbench('burnAllGas', key),
  ]
  // One look at the coinbase's balance makes every fee of the block conflict: rare, or there would be one group always.
  if (random.chance(0.05)) calls.push(workbench('noteCoinbaseBalance', key), workbench('noteBalance', coinbase, key))
  return random.pick(calls)()
}
