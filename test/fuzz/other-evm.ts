import { createCustomCommon, Mainnet } from '@ethereumjs/common'
import { createEVM, type EVM, type EVMMockBlockchainInterface, type InterpreterStep } from '@ethereumjs/evm'
import { SimpleStateManager } from '@ethereumjs/statemanager'
import { Account, createAddressFromString, type KZG } from '@ethereumjs/util'
import type { Hardfork } from '../../config/hardforks.ts'
import type { BlockEnvironment } from '../../execution/block/environment.ts'
import { precompilesFor } from '../../execution/evm/precompiles/table.ts'
import { blobBaseFeeIn } from '../../execution/transaction/apply.ts'
import { bigintToBytes, bytesToBigint, EMPTY_BYTES } from '../../primitives/bytes.ts'
import { type Address, bytesToAddress, bytesToHash, bytesToHex, hashToBytes } from '../../primitives/hex.ts'
import { EMPTY_TRIE_ROOT } from '../../primitives/keccak.ts'
import type { Accounts, FuzzMessage } from './fuzz-case.ts'
import { codeHashOf } from './our-evm.ts'
import { type Outcome, type PlainAccount, type PlainState, type Step, WORDS_OF_STEP } from './outcome.ts'

/** Names that differ, and hardforks that it has not got for mainnet, where they have no date: they change nothing here. */
const NAMES: Partial<Record<Hardfork, string>> = {
  frontier: 'chainstart',
  daoFork: 'dao',
  bpo3: 'bpo2',
  bpo4: 'bpo2',
  bpo5: 'bpo2',
}

const NO_STORAGE = hashToBytes(EMPTY_TRIE_ROOT)
/** Stands for the root of any storage: nothing but whether there is any is looked at (EIP-7610). */
const SOME_STORAGE = new Uint8Array(32).fill(1)

/** The EVM refuses to look at the input of a point evaluation at all where it has no library for the proof. */
const NO_PROOFS = {
  verifyProof() {
    throw new Error('point evaluation is not loaded')
  },
} as unknown as KZG

type BlockHeader = NonNullable<Parameters<EVM['runCall']>[0]['block']>['header']

/**
 * @ethereumjs/evm on a world state of its own. One for each hardfork is made and used again, since making one takes
 * milliseconds; `load` starts it afresh.
 */
export class OtherEvm {
  readonly #evm: EVM
  readonly #state: LoadableState
  readonly #blocks: BlockHashes

  private constructor(evm: EVM, state: LoadableState, blocks: BlockHashes) {
    this.#evm = evm
    this.#state = state
    this.#blocks = blocks
  }

  /** `kzg` checks point evaluations (EIP-4844); without it none may be asked for. */
  static async create(
    { chainId, rules }: Pick<BlockEnvironment, 'chainId' | 'rules'>,
    kzg: KZG | undefined,
  ): Promise<OtherEvm> {
    const hardfork = NAMES[rules.hardfork] ?? rules.hardfork
    const customCrypto = { kzg: kzg ?? NO_PROOFS }
    const common = createCustomCommon({ chainId: Number(chainId) }, Mainnet, { hardfork, customCrypto })
    const state = new LoadableState()
    const blocks = new BlockHashes()
    const evm = await createEVM({ common, stateManager: state, blockchain: blocks })
    return new OtherEvm(evm, state, blocks)
  }

  /** Forgets everything and begins with these accounts. */
  load(accounts: Accounts): void {
    this.#state.load(accounts)
    this.#evm.journal.cleanJournal()
    this.#evm.transientStorage.clear()
  }

  /**
   * Runs the message as a transaction of its own, in a block of the hardfork and chain that this was made for. Throws
   * what @ethereumjs/evm throws that is no exception of the EVM.
   */
  async run(block: BlockEnvironment, message: FuzzMessage, onStep?: (step: Step) => void): Promise<Outcome> {
    const { sender, to, value, data, gas, gasPrice, isStatic, blobVersionedHashes } = message
    this.#blocks.blockHash = block.blockHash
    this.#warmUp(block, message)
    const caller = createAddressFromString(sender)
    const listener = onStep && ((step: InterpreterStep) => onStep(plainStep(step)))
    if (listener) this.#evm.events.on('step', listener)
    const { execResult, createdAddress } = await this.#evm
      .runCall({
        block: { header: headerOf(block) },
        caller,
        origin: caller,
        gasPrice,
        gasLimit: gas,
        ...(to !== undefined && { to: createAddressFromString(to) }),
        value,
        data,
        isStatic,
        blobVersionedHashes: [...blobVersionedHashes],
      })
      .finally(() => this.#evm.events.removeAllListeners('step'))
    await this.#endTransaction(block, execResult.selfdestruct, execResult.createdAddresses)
    const error = execResult.exceptionError?.error
    const hasReturned = error === undefined || (error === 'code store out of gas' && !block.rules.failsUnpaidDeposit)
    // Some precompiled contracts, which cannot revert, say so of input that they refuse: all gas is gone as after a halt.
    const canRevert = to === undefined || !precompilesFor(block.rules).has(to)
    const ending = hasReturned ? 'return' : error === 'revert' && canRevert ? 'revert' : 'halt'
    const created = ending === 'return' && to === undefined ? (createdAddress?.toString() as Address) : undefined
    return {
      ending,
      reason: error ?? 'return',
      output: ending === 'halt' || created !== undefined ? EMPTY_BYTES : execResult.returnValue,
      gasLeft: gas - execResult.executionGasUsed,
      refund: execResult.gasRefund ?? 0n,
      logs: (execResult.logs ?? []).map(([address, topics, data]) => ({
        address: bytesToAddress(address),
        topics: topics.map(bytesToHash),
        data,
      })),
      created,
      state: this.#state.plain(),
    }
  }

  /** EIP-2929, EIP-2930, EIP-3651: in its house a matter of runTx in @ethereumjs/vm. */
  #warmUp({ rules, coinbase }: BlockEnvironment, { sender, to, accessList }: FuzzMessage): void {
    if (!rules.hasWarmth) return
    const { journal } = this.#evm
    journal.addAlwaysWarmAddress(sender)
    if (to !== undefined) journal.addAlwaysWarmAddress(to)
    if (rules.warmsCoinbase) journal.addAlwaysWarmAddress(coinbase)
    for (const address of precompilesFor(rules).keys()) journal.addAlwaysWarmAddress(address)
    for (const { address, slots } of accessList) {
      journal.addAlwaysWarmAddress(address)
      for (const slot of slots) journal.addAlwaysWarmSlot(address, bytesToHex(bigintToBytes(slot, 32)))
    }
  }

  /**
   * What runTx of @ethereumjs/vm does after the message: accounts that destroyed themselves go, from Cancun on only those
   * of this transaction (EIP-6780); then touched accounts that are empty (EIP-161); then original values are forgotten.
   */
  async #endTransaction(
    { rules }: BlockEnvironment,
    destroyed: ReadonlyMap<string, string> | undefined,
    created: ReadonlySet<string> | undefined,
  ): Promise<void> {
    const evm = this.#evm
    for (const address of destroyed?.keys() ?? []) {
      if (rules.keepsDestroyedAccounts && !created?.has(address)) continue
      await evm.journal.deleteAccount(createAddressFromString(address))
    }
    await evm.journal.cleanup()
    evm.transientStorage.clear()
    this.#state.endTransaction()
  }
}

/**
 * The state manager that @ethereumjs/evm uses by default, with what a trie would do of itself: storage goes with its
 * account, and an account's storage root tells whether it has storage.
 */
class LoadableState extends SimpleStateManager {
  load(accounts: Accounts): void {
    const loaded = new Map<Address, Account | undefined>()
    const codes = new Map<Address, Uint8Array>()
    const storages = new Map<string, Uint8Array>()
    for (const [address, { nonce = 0n, balance = 0n, code = EMPTY_BYTES, storage }] of accounts) {
      loaded.set(address, new Account(nonce, balance, NO_STORAGE, hashToBytes(codeHashOf(code))))
      codes.set(address, code)
      for (const [slot, value] of storage ?? []) {
        storages.set(`${address}_${bytesToHex(bigintToBytes(slot, 32))}`, bigintToBytes(value, 32))
      }
    }
    this.accountStack = [loaded]
    this.codeStack = [codes]
    this.storageStack = [storages]
    this.endTransaction()
  }

  endTransaction(): void {
    this.originalStorageCache.clear()
    const accounts = this.topAccountStack()
    const storage = this.topStorageStack()
    const withStorage = new Set<string>()
    for (const [key, value] of storage) {
      const address = addressOfKey(key)
      if (accounts.get(address) === undefined || value.every((byte) => byte === 0)) storage.delete(key)
      else withStorage.add(address)
    }
    for (const [address, account] of accounts) {
      if (account === undefined) {
        accounts.delete(address)
        this.topCodeStack().delete(address)
      } else {
        account.storageRoot = withStorage.has(address) ? SOME_STORAGE : NO_STORAGE
      }
    }
  }

  plain(): PlainState {
    const state = new Map<Address, PlainAccount & { readonly storage: Map<bigint, bigint> }>()
    for (const [address, account] of this.topAccountStack()) {
      if (account === undefined) continue
      const { nonce, balance, codeHash } = account
      state.set(address, { nonce, balance, codeHash: bytesToHash(codeHash), storage: new Map() })
    }
    for (const [key, value] of this.topStorageStack()) {
      state.get(addressOfKey(key))?.storage.set(BigInt(key.slice(ADDRESS_CHARACTERS + 1)), bytesToBigint(value))
    }
    return state
  }
}

const ADDRESS_CHARACTERS = 42

function addressOfKey(key: string): Address {
  return key.slice(0, ADDRESS_CHARACTERS) as Address
}

class BlockHashes implements EVMMockBlockchainInterface {
  blockHash: BlockEnvironment['blockHash'] = () => undefined

  async getBlock(number: number): Promise<{ hash(): Uint8Array }> {
    const hash = this.blockHash(BigInt(number))
    return { hash: () => (hash === undefined ? new Uint8Array(32) : hashToBytes(hash)) }
  }

  async putBlock(): Promise<void> {}

  shallowCopy(): EVMMockBlockchainInterface {
    return this
  }
}

function headerOf(environment: BlockEnvironment): BlockHeader {
  const { number, timestamp, coinbase, difficulty, prevRandao, gasLimit, baseFeePerGas } = environment
  const blobBaseFee = blobBaseFeeIn(environment)
  return {
    number,
    timestamp,
    coinbase: createAddressFromString(coinbase),
    difficulty,
    prevRandao: hashToBytes(prevRandao),
    gasLimit,
    baseFeePerGas,
    getBlobGasPrice: () => blobBaseFee,
  }
}

function plainStep({ depth, pc, opcode, gasLeft, stack }: InterpreterStep): Step {
  return {
    depth,
    programCounter: pc,
    opcode: opcode.code,
    gasLeft,
    top: stack.slice(-WORDS_OF_STEP).reverse(),
    stackSize: stack.length,
  }
}
