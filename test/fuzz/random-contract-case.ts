import type { FunctionFragment } from 'ethers'
import type { Hardfork } from '../../config/hardforks.ts'
import { concatBytes } from '../../primitives/bytes.ts'
import { createAddress } from '../../primitives/contract-address.ts'
import { type Address, hexToBytes, wordToAddress } from '../../primitives/hex.ts'
import type { Random } from '../support/random.ts'
import { type ContractSystem, contractSystems, DEPLOYER, type DeployedContract } from './contract-systems.ts'
import type { FuzzCase, FuzzMessage } from './fuzz-case.ts'
import { randomAbiValue } from './random-abi.ts'
import { randomEnvironment } from './random-environment.ts'
import { randomBytes } from './random-words.ts'

const USERS: readonly Address[] = [0xaa01n, 0xaa02n].map(wordToAddress)
const SENDERS = [DEPLOYER, DEPLOYER, ...USERS]
const MESSAGES = 20

/** Random calls into one or two systems of compiled contracts. */
export function randomContractCase(random: Random, hardfork: Hardfork, isQuick: boolean): FuzzCase {
  const environment = randomEnvironment(random, hardfork)
  const systems = contractSystems(hardfork, isQuick)
  const chosen = new Set([random.pick(systems), random.pick(systems)])
  const contracts = [...chosen].flatMap((system) => system.contracts)
  const places = placesOf(contracts)
  // Enough for the two nonces not to meet those of the systems deployed before.
  const accounts = [DEPLOYER, ...USERS].map((address) => [address, { balance: 10n ** 20n, nonce: 100n }] as const)
  return {
    kind: 'contracts',
    environment,
    accounts: [...accounts, ...[...chosen].flatMap((system) => system.accounts)],
    messages: [
      ...deployments(random, [...chosen]),
      ...Array.from({ length: MESSAGES }, () => randomCall(random, random.pick(contracts), places)),
    ],
  }
}

/** Sometimes one is deployed once more: the constructors are compared as well. */
function deployments(random: Random, systems: readonly ContractSystem[]): readonly FuzzMessage[] {
  if (!random.chance(0.1)) return []
  const { deployment } = random.pick(systems)
  return [{ ...deployment, gas: random.chance(0.7) ? deployment.gas : BigInt(random.below(3_000_000)) }]
}

function placesOf(contracts: readonly DeployedContract[]): readonly Address[] {
  const addresses = contracts.map(({ address }) => address)
  const created = addresses.flatMap((address) => [1n, 2n].map((nonce) => createAddress(address, nonce)))
  return [...SENDERS, ...USERS, ...addresses, ...addresses, ...created, wordToAddress(0n), wordToAddress(4n)]
}

function randomCall(random: Random, { address, abi }: DeployedContract, places: readonly Address[]): FuzzMessage {
  const functions = callable(abi)
  const fragment = functions.length === 0 ? undefined : random.pick(functions)
  const isPayable = fragment === undefined || fragment.payable
  const isStatic = random.chance(0.05)
  return {
    sender: random.pick(SENDERS),
    to: address,
    value: !isStatic && random.chance(isPayable ? 0.5 : 0.03) ? BigInt(random.below(1000)) : 0n,
    data: fragment === undefined ? randomBytes(random, 40) : randomCallData(random, fragment, places, abi),
    gas: randomGas(random),
    gasPrice: 1n,
    isStatic,
    accessList: [],
    blobVersionedHashes: [],
  }
}

const callables = new WeakMap<DeployedContract['abi'], readonly FunctionFragment[]>()

/** Functions of the contract, those that change something twice. */
function callable(abi: DeployedContract['abi']): readonly FunctionFragment[] {
  let functions = callables.get(abi)
  if (functions === undefined) {
    const all = abi.fragments.filter((fragment): fragment is FunctionFragment => fragment.type === 'function')
    functions = [...all, ...all.filter((fragment) => !fragment.constant)]
    callables.set(abi, functions)
  }
  return functions
}

/** Mostly right; else cut off, too long, or something else altogether. */
function randomCallData(
  random: Random,
  fragment: FunctionFragment,
  places: readonly Address[],
  abi: DeployedContract['abi'],
): Uint8Array {
  if (random.chance(0.02)) return randomBytes(random, random.below(70))
  const values = fragment.inputs.map((input) => randomAbiValue(random, input, places))
  const data = hexToBytes(abi.encodeFunctionData(fragment, values))
  const kind = random.below(25)
  if (kind === 0) return data.subarray(0, random.below(data.length + 1))
  if (kind === 1) return concatBytes(data, randomBytes(random, random.below(40)))
  if (kind === 2) {
    const changed = Uint8Array.from(data)
    changed[random.below(changed.length)] = random.below(256)
    return changed
  }
  return data
}

function randomGas(random: Random): bigint {
  const kind = random.below(10)
  if (kind === 0) return BigInt(random.below(30_000))
  return kind < 3 ? BigInt(random.below(200_000)) : 1_000_000n
}
