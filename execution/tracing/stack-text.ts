import type { Instruction } from '../evm/opcodes.ts'
import type { FrameStack } from '../evm/stack.ts'

/**
 * The words of a stack as JSON, separated by commas. Kept from instruction to instruction: only what the last instruction has
 * touched is written anew, which is a tenth of the work where stacks are 15 words deep.
 */
export class StackText {
  /** Text of the first n words, by n. */
  readonly #prefixes: string[] = ['']
  /** How many words have been left alone since the text was made. */
  #kept = 0

  /** Of the stack before the instruction, which is the next to be executed. */
  text(stack: FrameStack, { pops }: Instruction): string {
    const prefixes = this.#prefixes
    const { size } = stack
    for (let index = this.#kept; index < size; index++) {
      const word = `"0x${stack.peek(size - 1 - index).toString(16)}"`
      prefixes[index + 1] = index === 0 ? word : `${prefixes[index]},${word}`
    }
    this.#kept = Math.max(0, size - pops)
    return prefixes[size]!
  }
}
