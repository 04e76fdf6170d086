import { Interface, keccak256, Transaction, type TransactionRequest, Wallet } from 'ethers'
import { type Artifact, compile } from '../../../contracts/compile.ts'
import { createAddress } from '../../../primitives/contract-address.ts'
import { developerAccounts } from '../../../primitives/developer-accounts.ts'
import type { Address, Hash, Hex } from '../../../primitives/hex.ts'
import type { DevNode } from '../../support/dev-node.ts'

export const WALLETS = developerAccounts(3).map(({ privateKey }) => new Wallet(privateKey)) as [Wallet, Wallet, Wallet]
export const [ALICE, BOB, CAROL] = WALLETS.map(({ address }) => address.toLowerCase()) as [Address, Address, Address]
/** Nobody's. */
export const WHALE: Address = '0x00000000000000000000000000000000000000aa'

export const GWEI = 10n ** 9n
export const ETHER = 10n ** 18n
export const CHAIN_ID = 31_337

/** A word as 32 bytes. */
export const word = (value: bigint | number): Hash => `0x${BigInt(value).toString(16).padStart(64, '0')}`
/** A quantity as JSON-RPC has it. */
export const quantity = (value: bigint | number): Hex => `0x${value.toString(16)}`
/** An address as a word. */
export const padded = (address: Address): Hash => word(BigInt(address))

const artifacts = compile('fixtures/Workbench.sol', 'Token.sol')
export const WORKBENCH = artifacts.Workbench as Artifact
export const TOKEN = artifacts.Token as Artifact
const codec = new Interface(WORKBENCH.abi as never)

/** Call data of a function of the workbench. */
export const encode = (name: string, ...values: unknown[]): Hex => codec.encodeFunctionData(name, values) as Hex
const tokenCodec = new Interface(TOKEN.abi as never)
/** Call data of a function of the token. */
export const encodeToken = (name: string, ...values: unknown[]): Hex =>
  tokenCodec.encodeFunctionData(name, values) as Hex
export const TOKEN_CREATION = `${TOKEN.bytecode}${tokenCodec.encodeDeploy(['Test', 'TST', 1_000]).slice(2)}` as Hex
/** What a revert of the workbench with `Failed(what)` returns. */
export const failedWith = (what: number): Hex => codec.encodeErrorResult('Failed', [what]) as Hex
/** Topic of the workbench's one event. */
export const DID: Hash = codec.getEvent('Did')!.topicHash as Hash
/** Where `slots[1]` is: the mapping is the first variable. */
export const SLOT: Hash = keccak256(`${word(1)}${word(0).slice(2)}`) as Hash

/** A transaction that is in a block of its own. */
export interface Mined {
  readonly hash: Hash
  /** As its sender signed it. */
  readonly raw: Hex
  readonly number: Hex
  readonly blockHash: Hash
}

/** The chain that every check begins with: five blocks, each of one transaction. */
export interface Scene {
  readonly bench: Address
  /** Made by the bench, with 5 wei. */
  readonly child: Address
  /** ALICE makes the bench, with 1 ether. */
  readonly deployed: Mined
  /** BOB has `slots[1]` set to 42, which is logged. */
  readonly set: Mined
  /** BOB has a child made. */
  readonly created: Mined
  /** CAROL's reverts with `Failed(9)`. */
  readonly failed: Mined
  /** ALICE has the bench send 3 wei to WHALE. The head. */
  readonly paid: Mined
}

/** Signed as every transaction of the scene: type 2, tip 1 gwei. */
export async function sign(wallet: Wallet, transaction: TransactionRequest): Promise<Hex> {
  const fees = { maxFeePerGas: 10n * GWEI, maxPriorityFeePerGas: GWEI, gasLimit: 3_000_000n }
  return (await wallet.signTransaction({ type: 2, chainId: CHAIN_ID, ...fees, ...transaction })) as Hex
}

/** Begins the chain anew and makes the scene. */
export async function makeScene(node: DevNode): Promise<Scene> {
  const [alice, bob, carol] = WALLETS
  await node.request('anvil_reset')
  const send = async (wallet: Wallet, transaction: TransactionRequest): Promise<Mined> => {
    const raw = await sign(wallet, transaction)
    await node.request('eth_sendRawTransaction', raw)
    const block = await node.request<{ number: Hex; hash: Hash }>('eth_getBlockByNumber', 'latest', false)
    return { hash: Transaction.from(raw).hash as Hash, raw, number: block.number, blockHash: block.hash }
  }
  const bench = createAddress(ALICE, 0n)
  return {
    bench,
    child: createAddress(bench, 1n),
    deployed: await send(alice, { nonce: 0, data: WORKBENCH.bytecode, value: ETHER }),
    set: await send(bob, { nonce: 0, to: bench, data: encode('set', 1, 42) }),
    created: await send(bob, { nonce: 1, to: bench, data: encode('create', 7, 5) }),
    failed: await send(carol, { nonce: 0, to: bench, data: encode('failAfterWrites', 9) }),
    paid: await send(alice, { nonce: 1, to: bench, data: encode('send', WHALE, 3) }),
  }
}
