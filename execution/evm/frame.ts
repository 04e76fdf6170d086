import { EMPTY_BYTES } from '../../primitives/bytes.ts'
import type { Address } from '../../primitives/hex.ts'
import type { ThreadGroup } from '../threads/thread-group.ts'
import { analyzeCode, type Code, cachedCode } from './code.ts'
import type { ExecutionContext } from './context.ts'
import type { Exit } from './exit.ts'
import type { FrameMemory } from './memory.ts'
import { type Message, type MessageResult, outputOf } from './message.ts'
import type { FrameStack } from './stack.ts'

/** A message that a frame sends; the frame goes on with `Frame.resume` when the result is there. */
export interface SubMessage {
  readonly kind: 'message'
  readonly message: Message
  /** Where the caller wants the return data. */
  readonly outputOffset: bigint
  readonly outputLength: bigint
}

/** A frame is at an instruction before which its sub-threads have to be joined. */
export interface JoinNeeded {
  readonly kind: 'joinNeeded'
}

export const JOIN_NEEDED: JoinNeeded = { kind: 'joinNeeded' }

/** Why a frame does not run on by itself. */
export type FrameSignal = Exit | SubMessage | JoinNeeded

/** What a frame is made with beside its message. */
export interface FrameModules {
  readonly context: ExecutionContext
  /** Of the world state, from before the message's value moved. */
  readonly checkpoint: number
  /** Hears that a frame has started a sub-thread. */
  readonly onThread?: ((frame: Frame) => void) | undefined
}

/**
 * One running message: its program counter, gas, stack and memory (the machine state of Yellow Paper 9.4.1). Where these
 * are kept, and what runs them, is the engine's; handlers work on any.
 */
export abstract class Frame {
  readonly message: Message
  readonly context: ExecutionContext
  readonly checkpoint: number
  readonly onThread: FrameModules['onThread']
  abstract readonly stack: FrameStack
  abstract readonly memory: FrameMemory
  abstract gas: bigint
  /** Of the next instruction: handlers run with it one past their opcode. */
  abstract programCounter: number
  /** Output of the last message sent (EIP-211). */
  abstract returnData: Uint8Array
  #code: Code | undefined

  constructor(message: Message, modules: FrameModules) {
    this.message = message
    this.context = modules.context
    this.checkpoint = modules.checkpoint
    this.onThread = modules.onThread
  }

  /** Its sub-threads, once it has started one or touched their data. */
  threads: ThreadGroup | undefined

  /** Runs instructions until the frame ends, sends a message, or has to do with its sub-threads. */
  abstract run(): FrameSignal

  /** Nothing of the frame is looked at any more. */
  abstract close(): void

  get code(): Code {
    const { codeHash, code } = this.message
    this.#code ??= codeHash === undefined ? analyzeCode(code) : cachedCode(codeHash, code)
    return this.#code
  }

  /** Pays, or leaves the gas as it is and returns `false`: then the handler must return OUT_OF_GAS. */
  charge(amount: bigint): boolean {
    if (this.gas < amount) return false
    this.gas -= amount
    return true
  }

  /** Pays for the range of memory and makes it accessible; `false` as in `charge`. */
  chargeMemory(offset: bigint, length: bigint): boolean {
    const gas = this.memory.expansionGas(offset, length)
    if (gas === undefined || this.gas < gas) return false
    if (gas === 0n) return true
    this.gas -= gas
    this.memory.expand(offset, length)
    return true
  }

  /**
   * Pays what access to an account costs over the base gas, which is the warm price, and makes it warm (EIP-2929).
   * Comes before any look at the account: one that is not paid for must not be recorded (EIP-7928).
   */
  chargeAccountAccess(address: Address): boolean {
    return !this.#becomesWarm(address) || this.charge(this.context.rules.gas.coldAccountSurcharge)
  }

  /** The same where no price is in the base gas; `warm` is the price when it is warm. */
  chargeFullAccountAccess(address: Address, warm: bigint): boolean {
    return this.charge(this.#becomesWarm(address) ? this.context.rules.gas.coldAccount : warm)
  }

  /** Pays what access to a slot of this account costs over the base gas, and makes it warm. */
  chargeSlotAccess(slot: bigint, cold: bigint): boolean {
    const { rules, state } = this.context
    if (!rules.hasWarmth || state.warmSlot(this.message.recipient, slot)) return true
    return this.charge(cold)
  }

  /** Whether the account was cold, and is no longer. Precompiles are always warm. */
  #becomesWarm(address: Address): boolean {
    const { rules, state, precompiles } = this.context
    return rules.hasWarmth && !precompiles.has(address) && !state.warmAddress(address)
  }

  /** Takes back what is left of a sent message's gas, and its output. */
  resume(sent: SubMessage, result: MessageResult): void {
    const { exit, gasLeft } = result
    const output = outputOf(exit)
    const hasSucceeded = exit.kind === 'return'
    this.gas += gasLeft
    if (sent.message.kind === 'create') {
      this.returnData = hasSucceeded ? EMPTY_BYTES : output
      this.stack.push(hasSucceeded ? BigInt(sent.message.recipient) : 0n)
      return
    }
    this.returnData = output
    this.stack.push(hasSucceeded ? 1n : 0n)
    const length = Number(sent.outputLength)
    this.memory.write(sent.outputOffset, length < output.length ? output.subarray(0, length) : output)
  }
}
