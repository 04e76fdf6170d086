import { createAddress } from '../../primitives/contract-address.ts'
import type { Address, Hash } from '../../primitives/hex.ts'
import { wordToAddress } from '../../primitives/hex.ts'
import { KECCAK_EMPTY } from '../../primitives/keccak.ts'
import { delegationTarget } from '../evm/delegation.ts'
import type { Frame } from '../evm/frame.ts'
import type { Message, MessageResult } from '../evm/message.ts'
import type { Instruction } from '../evm/opcodes.ts'
import type { Tracer } from '../evm/tracer.ts'
import type { WorldState } from '../state/world-state.ts'
import type { TraceSubject } from './trace.ts'

/** An account before the transaction. */
export interface AccountBefore {
  readonly nonce: bigint
  readonly balance: bigint
  readonly codeHash: Hash
  readonly code: Uint8Array
  /** Slots that were looked at. */
  readonly slots: Map<bigint, bigint>
}

const SLOTS: ReadonlySet<string> = new Set(['SLOAD', 'SSTORE'])
const ACCOUNTS: ReadonlySet<string> = new Set(['BALANCE', 'EXTCODESIZE', 'EXTCODECOPY', 'EXTCODEHASH', 'SELFDESTRUCT'])
const CALLS: ReadonlySet<string> = new Set(['CALL', 'CALLCODE', 'DELEGATECALL', 'STATICCALL'])

/**
 * Accounts and slots that a transaction has to do with, each as it was when it first had to: before anything changed it. What an
 * instruction that halts would have looked at is not among them.
 */
export class PrestateCollector implements Tracer {
  readonly accounts = new Map<Address, AccountBefore>()
  /** Accounts that the transaction has created, or tried to. */
  readonly #created = new Set<Address>()
  readonly #destroyed = new Set<Address>()
  readonly #state: WorldState
  readonly #keepsDestroyed: boolean
  /** Takes back what the last instruction has added. */
  #undo: (() => void)[] = []

  constructor(subject: TraceSubject) {
    const { state, environment, sender, authorities } = subject
    this.#state = state
    this.#keepsDestroyed = environment.rules.keepsDestroyedAccounts
    const to = subject.to ?? createAddress(sender, state.peekAccount(sender).nonce)
    if (subject.to === undefined) this.#created.add(to)
    for (const address of [sender, to, environment.coinbase, ...authorities]) this.#add(address)
    this.#addDelegate(to)
    this.#undo = []
  }

  /** Whether the account is gone after the transaction. */
  isDestroyed(address: Address): boolean {
    return this.#destroyed.has(address)
  }

  onMessage({ kind, recipient }: Message): void {
    this.#undo = []
    if (kind !== 'create') return
    this.#created.add(recipient)
    this.#add(recipient)
    this.#undo = []
  }

  onStep({ stack, message }: Frame, { name, pops }: Instruction): void {
    if (this.#undo.length > 0) this.#undo = []
    if (pops === 0 || stack.size < pops) return
    if (SLOTS.has(name)) this.#addSlot(message.recipient, stack.peek())
    else if (ACCOUNTS.has(name)) {
      this.#add(wordToAddress(stack.peek()))
      if (name === 'SELFDESTRUCT') this.#destroy(message.recipient)
    } else if (CALLS.has(name)) {
      const target = wordToAddress(stack.peek(1))
      this.#add(target)
      this.#addDelegate(target)
    }
  }

  onResult(_: Message, { exit }: MessageResult): void {
    if (exit.kind === 'halt') for (const undo of this.#undo) undo()
    this.#undo = []
  }

  #add(address: Address): void {
    if (this.accounts.has(address)) return
    const { nonce, balance, codeHash } = this.#state.peekAccount(address)
    const code = this.#state.peekCode(address)
    this.accounts.set(address, { nonce, balance, codeHash, code, slots: new Map() })
    this.#undo.push(() => this.accounts.delete(address))
  }

  #addDelegate(address: Address): void {
    const delegate = delegationTarget(this.#state.peekCode(address))
    if (delegate !== undefined) this.#add(delegate)
  }

  #addSlot(address: Address, slot: bigint): void {
    this.#add(address)
    const { slots } = this.accounts.get(address)!
    if (slots.has(slot)) return
    slots.set(slot, this.#state.peekSlot(address, slot))
    this.#undo.push(() => slots.delete(slot))
  }

  #destroy(address: Address): void {
    if (this.#destroyed.has(address) || (this.#keepsDestroyed && !this.#created.has(address))) return
    this.#destroyed.add(address)
    this.#undo.push(() => this.#destroyed.delete(address))
  }
}

/** Whether there was nothing of the account. */
export function wasEmpty({ nonce, balance, codeHash }: AccountBefore): boolean {
  return nonce === 0n && balance === 0n && codeHash === KECCAK_EMPTY
}
