import { Interface } from 'ethers'
import { type Artifact, compile } from '../../contracts/compile.ts'
import { createAddress } from '../../primitives/contract-address.ts'
import { type Address, type Hex, hexToBytes } from '../../primitives/hex.ts'
import type { Transaction } from '../../primitives/transaction.ts'
import { send, type TestAccount } from './test-accounts.ts'

type ContractName = 'Token' | 'KeyValueStore' | 'Workbench' | 'Child'

/** Call data of a contract's function. */
export type Encode = (contract: ContractName, name: string, ...values: unknown[]) => Uint8Array

/** The contracts of `contracts/`, compiled, with their encoder. */
export interface TestContracts {
  readonly artifacts: Readonly<Record<ContractName, Artifact>>
  readonly encode: Encode
}

export function testContracts(): TestContracts {
  const artifacts = compile('Token.sol', 'KeyValueStore.sol', 'fixtures/Workbench.sol')
  const interfaces = new Map(Object.entries(artifacts).map(([name, { abi }]) => [name, new Interface(abi as never)]))
  return {
    artifacts: artifacts as TestContracts['artifacts'],
    encode: (contract, name, ...values) =>
      hexToBytes(interfaces.get(contract)!.encodeFunctionData(name, values).toLowerCase() as Hex),
  }
}

/** Creation code with encoded constructor arguments. */
export function creationCode(artifact: Artifact, ...values: unknown[]): Uint8Array {
  const argumentsHex = new Interface(artifact.abi as never).encodeDeploy(values).slice(2)
  return hexToBytes(`${artifact.bytecode}${argumentsHex}`.toLowerCase() as Hex)
}

/** Where `deployments` puts the contracts. */
export interface DeployedContracts {
  readonly token: Address
  readonly store: Address
  /** Three of them, with 100 ether each. */
  readonly benches: readonly Address[]
}

const ETHER = 10n ** 18n

/** Transactions of the first account that deploy the contracts and give every account 100 tokens. */
export function deployments(
  accounts: readonly TestAccount[],
  { artifacts, encode }: TestContracts,
): { readonly transactions: readonly Transaction[]; readonly deployed: DeployedContracts } {
  const deployer = accounts[0]!
  const transactions: Transaction[] = []
  const deploy = (data: Uint8Array, value = 0n): Address => {
    const address = createAddress(deployer.address, deployer.nonce)
    transactions.push(send(deployer, { data, value, gasLimit: 6_000_000n }))
    return address
  }
  const token = deploy(creationCode(artifacts.Token, 'Test', 'TST', 10n ** 30n))
  const store = deploy(creationCode(artifacts.KeyValueStore))
  const benches = [0, 1, 2].map(() => deploy(creationCode(artifacts.Workbench), 100n * ETHER))
  const receivers = accounts.map(({ address }) => address)
  for (let start = 0; start < receivers.length; start += 100) {
    const part = receivers.slice(start, start + 100)
    const data = encode('Token', 'airdrop', part, 100n * ETHER)
    transactions.push(send(deployer, { to: token, data, gasLimit: 60_000n + 40_000n * BigInt(part.length) }))
  }
  return { transactions, deployed: { token, store, benches } }
}
