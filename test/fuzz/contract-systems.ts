import { Interface } from 'ethers'
import { compareHardforks, type Hardfork, rulesFor } from '../../config/hardforks.ts'
import { EMPTY_BYTES } from '../../primitives/bytes.ts'
import { createAddress } from '../../primitives/contract-address.ts'
import { type Address, hexToBytes, wordToAddress } from '../../primitives/hex.ts'
import { type CompiledContract, compileContracts } from './compile-contracts.ts'
import type { Accounts, FuzzMessage } from './fuzz-case.ts'
import { OurEvm } from './our-evm.ts'
import { BLOCK, COINBASE } from './random-environment.ts'

/** A contract at an address. */
export interface DeployedContract {
  readonly address: Address
  readonly abi: Interface
}

/** A contract and those that its constructor makes, ready to be called. */
export interface ContractSystem {
  readonly contracts: readonly DeployedContract[]
  /** Their accounts. */
  readonly accounts: Accounts
  /** The message that deployed it, to be repeated by either implementation. */
  readonly deployment: FuzzMessage
}

interface SystemRecipe {
  readonly name: string
  /** What its constructor creates, in this order. */
  readonly creates?: readonly string[]
}

/** For the instructions of Constantinople, and so for all hardforks from it on. */
const CLASSIC_FILES = ['BasicToken.sol', 'Arithmetic.sol', 'Factory.sol', 'Proxies.sol']
const CLASSIC: readonly SystemRecipe[] = [
  { name: 'FuzzBasicToken' },
  { name: 'FuzzArithmetic' },
  { name: 'FuzzFactory' },
  {
    name: 'FuzzProxies',
    creates: ['FuzzCounter', 'FuzzCounterBackwards', 'FuzzCounter', 'UpgradeableBeacon', 'FuzzCounter'],
  },
]

/** With libraries of OpenZeppelin that need MCOPY. */
const MODERN_FILES = ['Tokens.sol', 'Collectibles.sol', 'Text.sol', 'Structures.sol']
const MODERN: readonly SystemRecipe[] = [
  { name: 'FuzzToken' },
  { name: 'FuzzFlashToken' },
  { name: 'FuzzVault', creates: ['FuzzToken'] },
  { name: 'FuzzCollectible' },
  { name: 'FuzzMultiToken' },
  { name: 'FuzzText' },
  { name: 'FuzzCryptography' },
  { name: 'FuzzStructures' },
]

/** Without optimization the code of some is longer than may be deployed. */
const LARGE_FILES = ['Governance.sol']
const LARGE: readonly SystemRecipe[] = [
  { name: 'FuzzTimelock' },
  { name: 'FuzzGovernor', creates: ['FuzzToken'] },
  { name: 'FuzzVesting' },
  { name: 'FuzzAccessManager' },
]

/** Who deploys everything, and so is its administrator, beside others who call it. */
export const DEPLOYER: Address = wordToAddress(0xde910ee2n)

const systems = new Map<string, readonly ContractSystem[]>()

/** The contracts for a hardfork. `isQuick` compiles fewer of them and does not optimize: 2 s instead of 17 s. */
export function contractSystems(hardfork: Hardfork, isQuick: boolean): readonly ContractSystem[] {
  const evmVersion = evmVersionFor(hardfork)
  const key = `${hardfork} ${isQuick}`
  let known = systems.get(key)
  if (known === undefined) {
    known = deploySystems(hardfork, evmVersion, isQuick)
    systems.set(key, known)
  }
  return known
}

/** Nothing of OpenZeppelin compiles for the hardforks before Constantinople: their share just fails at some point. */
function evmVersionFor(hardfork: Hardfork): string {
  if (compareHardforks(hardfork, 'osaka') >= 0) return 'osaka'
  if (compareHardforks(hardfork, 'cancun') >= 0) return 'cancun'
  if (compareHardforks(hardfork, 'shanghai') >= 0) return 'shanghai'
  return compareHardforks(hardfork, 'istanbul') >= 0 ? 'istanbul' : 'constantinople'
}

function deploySystems(hardfork: Hardfork, evmVersion: string, isQuick: boolean): readonly ContractSystem[] {
  const isModern = compareHardforks(hardfork, 'cancun') >= 0
  const files = [...CLASSIC_FILES, ...(isModern ? MODERN_FILES : []), ...(isModern && !isQuick ? LARGE_FILES : [])]
  const recipes = [...CLASSIC, ...(isModern ? MODERN : []), ...(isModern && !isQuick ? LARGE : [])]
  const compiled = compileContracts({ files, evmVersion, optimizes: !isQuick })
  return recipes.map((recipe, index) => deploySystem(recipe, compiled, hardfork, BigInt(index)))
}

function deploySystem(
  { name, creates = [] }: SystemRecipe,
  compiled: Record<string, CompiledContract>,
  hardfork: Hardfork,
  nonce: bigint,
): ContractSystem {
  const contractOf = (contract: string): CompiledContract => {
    const found = compiled[contract]
    if (found === undefined) throw new Error(`no contract ${contract}`)
    return found
  }
  const address = createAddress(DEPLOYER, nonce)
  const contracts = [name, ...creates].map((contract, index) => ({
    address: index === 0 ? address : createAddress(address, BigInt(index)),
    abi: new Interface(JSON.stringify(contractOf(contract).abi)),
  }))
  const deployment: FuzzMessage = {
    sender: DEPLOYER,
    to: undefined,
    value: 0n,
    data: hexToBytes(contractOf(name).bytecode),
    gas: 30_000_000n,
    gasPrice: 1n,
    isStatic: false,
    accessList: [],
    blobVersionedHashes: [],
  }
  return { contracts, accounts: deployedAccounts(deployment, hardfork, nonce), deployment }
}

/** What the deployment leaves, without the deployer; nothing under a hardfork that has not got the instructions. */
function deployedAccounts(deployment: FuzzMessage, hardfork: Hardfork, nonce: bigint): Accounts {
  const environment = { ...BLOCK, rules: rulesFor(hardfork), coinbase: COINBASE }
  const evm = new OurEvm(environment, [[DEPLOYER, { nonce, balance: 1n, code: EMPTY_BYTES }]])
  evm.run(environment, deployment)
  const accounts = evm.accounts()
  evm.release()
  return accounts.filter(([address]) => address !== DEPLOYER)
}
