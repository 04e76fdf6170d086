import type { BlockEnvironment } from '../../execution/block/environment.ts'
import type { AccountWrites, StateEffects } from '../../execution/block/outcome.ts'
import { outputOf } from '../../execution/evm/message.ts'
import type { Tracer } from '../../execution/evm/tracer.ts'
import { type MemoryAccount, MemoryView } from '../../execution/state/memory-view.ts'
import { WorldState } from '../../execution/state/world-state.ts'
import { EMPTY_BYTES } from '../../primitives/bytes.ts'
import type { Address, Hash } from '../../primitives/hex.ts'
import { KECCAK_EMPTY, keccak256Hex } from '../../primitives/keccak.ts'
import type { Accounts, FuzzMessage } from './fuzz-case.ts'
import { type Outcome, type PlainAccount, type PlainState, type Step, WORDS_OF_STEP } from './outcome.ts'
import { runFuzzMessage } from './run-message.ts'

interface KeptAccount extends PlainAccount {
  nonce: bigint
  balance: bigint
  codeHash: Hash
  readonly storage: Map<bigint, bigint>
}

/** Our interpreter on a world state of its own, in memory; recording is on, so that the recorder runs as well. */
export class OurEvm {
  readonly #view: MemoryView
  readonly #state: WorldState
  /** The world state put together from the effects that transactions report. */
  readonly #kept = new Map<Address, KeptAccount>()
  readonly #codes = new Map<Hash, Uint8Array>()

  constructor({ rules }: Pick<BlockEnvironment, 'rules'>, accounts: Accounts) {
    this.#view = new MemoryView(accounts)
    this.#state = new WorldState({ rules, record: true }, { view: this.#view })
    for (const [address, { nonce = 0n, balance = 0n, code = EMPTY_BYTES, storage }] of accounts) {
      const codeHash = codeHashOf(code)
      this.#codes.set(codeHash, code)
      this.#kept.set(address, { nonce, balance, codeHash, storage: new Map(storage) })
    }
  }

  /** Runs the message as a transaction of its own. The outcome's state is valid until the next run. */
  run(block: BlockEnvironment, message: FuzzMessage, tracer?: Tracer): Outcome {
    const { exit, gasLeft, refund, effects, logs, recipient } = runFuzzMessage(this.#state, block, message, tracer)
    this.#apply(effects)
    const created = exit.kind === 'return' && message.to === undefined ? recipient : undefined
    return {
      ending: exit.kind,
      reason: exit.kind === 'halt' ? exit.cause : exit.kind,
      output: created === undefined ? outputOf(exit) : EMPTY_BYTES,
      gasLeft,
      refund,
      logs,
      created,
      state: this.#kept,
    }
  }

  /** The world state after the last run, valid until the next. */
  get state(): PlainState {
    return this.#kept
  }

  /** The world state as accounts: to run something else on it. */
  accounts(): Accounts {
    return [...this.#kept].map(([address, { nonce, balance, codeHash, storage }]) => {
      const account: MemoryAccount = { nonce, balance, code: this.#codeOf(codeHash), storage: new Map(storage) }
      return [address, account]
    })
  }

  /** The world state by way of the diff since the beginning, which must be the same as by the effects. */
  stateByDiff(): PlainState {
    this.#view.apply(this.#state.diff())
    const state = new Map<Address, PlainAccount>()
    for (const address of this.#view.addresses()) {
      const account = this.#view.account(address)
      if (account) state.set(address, { ...account, storage: new Map(this.#view.storage(address)) })
    }
    return state
  }

  /** It runs nothing any more; what it has returned stays. */
  release(): void {
    this.#state.release()
  }

  #codeOf(codeHash: Hash): Uint8Array {
    return this.#codes.get(codeHash) ?? EMPTY_BYTES
  }

  #apply({ writes, credits }: StateEffects): void {
    for (const [address, changes] of writes) {
      if (changes.exists === false) this.#kept.delete(address)
      else this.#write(this.#keptAccount(address), changes)
    }
    for (const [address, amount] of credits) this.#keptAccount(address).balance += amount
  }

  #write(account: KeptAccount, { nonce, balance, code, slots, clearsStorage }: AccountWrites): void {
    if (nonce !== undefined) account.nonce = nonce
    if (balance !== undefined) account.balance = balance
    if (code !== undefined) {
      account.codeHash = code.hash
      this.#codes.set(code.hash, code.bytes)
    }
    if (clearsStorage) account.storage.clear()
    for (const [slot, value] of slots ?? []) {
      if (value === 0n) account.storage.delete(slot)
      else account.storage.set(slot, value)
    }
  }

  #keptAccount(address: Address): KeptAccount {
    let account = this.#kept.get(address)
    if (account === undefined) {
      account = { nonce: 0n, balance: 0n, codeHash: KECCAK_EMPTY, storage: new Map() }
      this.#kept.set(address, account)
    }
    return account
  }
}

const codeHashes = new WeakMap<Uint8Array, Hash>()

/** Contracts are the same bytes in case after case, and hashing them takes longer than running them. */
export function codeHashOf(code: Uint8Array): Hash {
  let hash = codeHashes.get(code)
  if (hash === undefined) {
    hash = keccak256Hex(code)
    codeHashes.set(code, hash)
  }
  return hash
}

/** Stands for all bytes that are no instruction. */
const INVALID = 0xfe

/** Calls back before each instruction. */
export function stepTracer(onStep: (step: Step) => void): Tracer {
  return {
    onStep(frame, instruction) {
      const programCounter = frame.programCounter
      // The STOP that stands after all code is no byte of it.
      if (programCounter >= frame.message.code.length) return
      const stackSize = frame.stack.size
      const top: bigint[] = []
      for (let index = 0; index < Math.min(stackSize, WORDS_OF_STEP); index++) top.push(frame.stack.peek(index))
      onStep({
        depth: frame.message.depth,
        programCounter,
        opcode: instruction.name === 'INVALID' ? INVALID : instruction.opcode,
        gasLeft: frame.gas,
        top,
        stackSize,
      })
    },
  }
}
