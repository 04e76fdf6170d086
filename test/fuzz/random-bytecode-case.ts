import type { Hardfork, Rules } from '../../config/hardforks.ts'
import { delegationCode } from '../../execution/evm/delegation.ts'
import { precompilesFor } from '../../execution/evm/precompiles/table.ts'
import type { MemoryAccount } from '../../execution/state/memory-view.ts'
import { concatBytes } from '../../primitives/bytes.ts'
import { createAddress } from '../../primitives/contract-address.ts'
import { type Address, addressToWord, wordToAddress, wordToHash } from '../../primitives/hex.ts'
import type { Random } from '../support/random.ts'
import type { FuzzCase, FuzzMessage } from './fuzz-case.ts'
import {
  type BytecodeWorld,
  deployment,
  randomBytecode,
  randomSnippet,
  recursiveBytecode,
  wordBytes,
} from './random-bytecode.ts'
import { COINBASE, randomEnvironment } from './random-environment.ts'
import { randomBytes, randomUint, randomWord } from './random-words.ts'

const SENDERS = [0xaa01n, 0xaa02n].map(wordToAddress)
const CONTRACTS = [0xcc01n, 0xcc02n, 0xcc03n].map(wordToAddress)
const DELEGATING = wordToAddress(0xde01n)
/** In the pre-state as well, without code. */
const PAID = wordToAddress(0xaa77n)
const ABSENT = [0xab01n, 0xab02n].map(wordToAddress)
/** There though empty, which no account is from EIP-161 on. */
const EMPTY = wordToAddress(0xe3n)
const MAX_MESSAGES = 5
const MAX_NONCE = (1n << 64n) - 1n

/** Contracts of random code that call each other. */
export function randomBytecodeCase(random: Random, hardfork: Hardfork, isQuick: boolean): FuzzCase {
  const { environment, accounts, world } = randomSurroundings(random, hardfork, isQuick)
  if (random.chance(0.001)) return recursiveCase(random, world, environment, accounts)
  const messages = Array.from({ length: 1 + random.below(MAX_MESSAGES) }, () => randomMessage(random, world))
  return { kind: 'bytecode', environment, accounts, messages }
}

/** A snippet (see `randomSnippet`) with several inputs, one after the other. Everything it may call is random code. */
export function randomSnippetCase(random: Random, hardfork: Hardfork, isQuick: boolean, inputs: number): FuzzCase {
  const { environment, accounts, world } = randomSurroundings(random, hardfork, isQuick)
  const to = CONTRACTS[0] as Address
  const contract = randomContract(random, randomSnippet(random, world))
  const messages = Array.from({ length: inputs }, () => ({
    ...randomMessage(random, world),
    to,
    data: concatBytes(...Array.from({ length: 3 }, () => wordBytes(randomWord(random)))),
    gas: random.chance(0.9) ? 300_000n : randomGas(random),
  }))
  return {
    kind: 'bytecode',
    environment,
    accounts: [...accounts.filter(([address]) => address !== to), [to, contract]],
    messages,
  }
}

function randomSurroundings(
  random: Random,
  hardfork: Hardfork,
  isQuick: boolean,
): Pick<FuzzCase, 'environment' | 'accounts'> & { readonly world: BytecodeWorld } {
  const environment = randomEnvironment(random, hardfork)
  const { rules } = environment
  const precompiles = [...precompilesFor(rules).keys()].map(addressToWord)
  const places = placesOf(rules)
  const world: BytecodeWorld = { rules, precompiles, places, blockNumber: environment.number, isQuick }
  const accounts: (readonly [Address, MemoryAccount])[] = [
    ...SENDERS.map((address) => [address, { balance: 10n ** 18n, nonce: BigInt(random.below(3)) }] as const),
    [PAID, { balance: 7n }],
    ...CONTRACTS.map((address) => [address, randomContract(random, randomBytecode(random, world))] as const),
    ...occupied(random),
  ]
  if (rules.hasDelegation) {
    const delegate = () => delegationCode(wordToAddress(random.pick(places)))
    accounts.push([DELEGATING, { ...randomContract(random, delegate()), nonce: 1n }])
    if (random.chance(0.2)) accounts.push([SENDERS[0]!, { balance: 10n ** 18n, code: delegate() }])
  }
  if (!rules.clearsEmptyAccounts) accounts.push([EMPTY, {}])
  return { environment, accounts, world }
}

/** With so much gas that the limit of the depth of calls is reached, from EIP-150 on too. */
function recursiveCase(
  random: Random,
  world: BytecodeWorld,
  environment: FuzzCase['environment'],
  accounts: FuzzCase['accounts'],
): FuzzCase {
  const to = CONTRACTS[0] as Address
  const code = recursiveBytecode(random, world)
  const message = { ...randomMessage(random, world), to, value: 0n, gas: 10n ** BigInt(7 + random.below(6)) }
  return {
    kind: 'bytecode',
    environment,
    accounts: [...accounts.filter(([address]) => address !== to), [to, randomContract(random, code)]],
    messages: [message, { ...message, gas: 100_000n }],
  }
}

/** Now and then something is where a contract will be created: value, or what makes the creation collide (EIP-7610). */
function occupied(random: Random): (readonly [Address, MemoryAccount])[] {
  if (!random.chance(0.1)) return []
  const address = createAddress(random.pick([...CONTRACTS, ...SENDERS]), BigInt(random.below(3)))
  const balance = 1n
  const account = random.pick<MemoryAccount>([
    { balance },
    { balance, nonce: 1n },
    { balance, code: Uint8Array.of(0x00) },
    { balance, storage: new Map([[1n, 1n]]) },
  ])
  return [[address, account]]
}

function placesOf(rules: Rules): readonly bigint[] {
  const precompiles = [...precompilesFor(rules).keys()]
  const next = SENDERS.map((address) => createAddress(address, 1n))
  const common = [...SENDERS, ...CONTRACTS, ...CONTRACTS, PAID, ...ABSENT, EMPTY, COINBASE, ...next]
  return [
    ...common,
    ...(rules.hasDelegation ? [DELEGATING, DELEGATING] : []),
    ...precompiles.slice(0, 4),
    precompiles.at(-1)!,
  ]
    .map(addressToWord)
    .concat(0n, 0x0bn, 0x100n)
}

function randomContract(random: Random, code: Uint8Array): MemoryAccount {
  const storage = new Map<bigint, bigint>()
  for (let slot = 0n; slot < 4n; slot++) {
    if (random.chance(0.4))
      storage.set(slot, random.chance(0.7) ? BigInt(1 + random.below(2)) : randomWord(random) || 1n)
  }
  // The last nonces: at the end of them nothing can be created (EIP-2681).
  const nonce = random.chance(0.98) ? BigInt(1 + random.below(2)) : MAX_NONCE - BigInt(random.below(2))
  return { nonce, balance: BigInt(random.below(10)), code, storage }
}

function randomMessage(random: Random, world: BytecodeWorld): FuzzMessage {
  const isCreation = random.chance(0.15)
  const isStatic = !isCreation && random.chance(0.08)
  const target = random.chance(0.85) ? random.pick(CONTRACTS) : wordToAddress(random.pick(world.places))
  return {
    sender: random.pick(SENDERS),
    to: isCreation ? undefined : target,
    value: isStatic || random.chance(0.6) ? 0n : BigInt(random.below(5)),
    data: isCreation ? randomInitCode(random, world) : randomCallData(random),
    gas: randomGas(random),
    gasPrice: BigInt(random.below(100)),
    isStatic,
    accessList: world.rules.hasWarmth && random.chance(0.2) ? [randomAccessListItem(random, world)] : [],
    blobVersionedHashes: Array.from({ length: random.pick([0, 0, 1, 3]) }, () => wordToHash(randomUint(random, 32))),
  }
}

function randomInitCode(random: Random, world: BytecodeWorld): Uint8Array {
  const code = randomBytecode(random, world)
  return random.chance(0.5) ? deployment(random, code) : code
}

function randomCallData(random: Random): Uint8Array {
  if (random.chance(0.3)) return randomBytes(random, random.below(100))
  return concatBytes(...Array.from({ length: random.below(4) }, () => wordBytes(randomWord(random))))
}

/** Little, so that it runs out anywhere, or enough for most programs. */
function randomGas(random: Random): bigint {
  const kind = random.below(10)
  if (kind < 1) return BigInt(random.below(1000))
  if (kind < 3) return BigInt(random.below(30_000))
  if (kind < 8) return 50_000n + BigInt(random.below(200_000))
  return BigInt(random.below(800_000))
}

function randomAccessListItem(random: Random, world: BytecodeWorld): FuzzMessage['accessList'][number] {
  return { address: wordToAddress(random.pick(world.places)), slots: [0n, 2n].slice(random.below(3)) }
}
