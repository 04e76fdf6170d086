import { type Address, addressToWord, type Hash, hashToBytes, wordToAddress, wordToHash } from '../../primitives/hex.ts'
import type { Log } from '../../primitives/receipt.ts'
import type { Frame } from '../evm/frame.ts'
import type { Message, MessageResult } from '../evm/message.ts'
import type { Instruction } from '../evm/opcodes.ts'
import type { Tracer } from '../evm/tracer.ts'
import type { SimulatedLog } from './simulated-block.ts'

/** Whose logs wei that moves is told in (ERC-7528). */
const TRANSFER_ADDRESS: Address = '0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee'
/** keccak256 of `Transfer(address,address,uint256)`. */
const TRANSFER_TOPIC: Hash = '0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef'

/** A transfer, or a place for the next log of the code. */
type Event = Log | 'log'

/**
 * Finds out which wei moves when during the calls of a block, and tells it as logs among those of the code. As in geth, what
 * failed frames logged or sent has no log but counts in the indexes of those after it.
 */
export class TransferTracer implements Tracer {
  #count = 0
  #events: { readonly event: Event; readonly index: number }[] = []
  /** How many events there were when the messages that run began, the innermost last. */
  #starts: number[] = []
  /** What the last instruction does unless it halts. */
  #pending: Event | undefined

  onMessage({ transfersValue, value, caller, recipient }: Message): void {
    this.#settle(true)
    this.#starts.push(this.#events.length)
    if (transfersValue && value > 0n) this.#add(transferLog(caller, recipient, value))
  }

  onStep({ stack, message, context }: Frame, { name }: Instruction): void {
    this.#settle(true)
    if (name.startsWith('LOG')) this.#pending = 'log'
    if (name !== 'SELFDESTRUCT' || stack.size === 0) return
    const value = context.state.balance(message.recipient)
    if (value > 0n) this.#pending = transferLog(message.recipient, wordToAddress(stack.peek()), value)
  }

  onResult(_message: Message, { exit }: MessageResult): void {
    this.#settle(exit.kind !== 'halt')
    const start = this.#starts.pop() ?? 0
    if (exit.kind !== 'return') this.#events.length = start
  }

  /** The logs of the call that has just ended, among them `logs`, those of its code; the next one begins. */
  take(logs: readonly Log[]): SimulatedLog[] {
    const events = this.#events
    this.#events = []
    let next = 0
    return events.map(({ event, index }) => ({ ...(event === 'log' ? logs[next++]! : event), index }))
  }

  #settle(isDone: boolean): void {
    if (this.#pending !== undefined && isDone) this.#add(this.#pending)
    this.#pending = undefined
  }

  #add(event: Event): void {
    this.#events.push({ event, index: this.#count++ })
  }
}

function transferLog(from: Address, to: Address, value: bigint): Log {
  return {
    address: TRANSFER_ADDRESS,
    topics: [TRANSFER_TOPIC, wordToHash(addressToWord(from)), wordToHash(addressToWord(to))],
    data: hashToBytes(wordToHash(value)),
  }
}
