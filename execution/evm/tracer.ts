import type { Frame } from './frame.ts'
import type { Message, MessageResult } from './message.ts'
import type { Instruction } from './opcodes.ts'

/**
 * Watches execution without taking part in it. What it is given lives on and changes: copy what is to be kept.
 * Without a tracer the interpreter pays one comparison an instruction.
 */
export interface Tracer {
  /** Before a message starts, precompiles and accounts without code included. */
  onMessage?(message: Message): void
  /** Before each instruction and its checks: gas, stack, memory and program counter are in the frame. */
  onStep?(frame: Frame, instruction: Instruction): void
  /** Before sub-threads that the frame has started take effect, and before it ends if it has started any. */
  onThreads?(frame: Frame): void
  /** After the message: calls of `onMessage` and `onResult` nest. */
  onResult?(message: Message, result: MessageResult): void
}
