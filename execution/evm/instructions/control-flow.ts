import { EMPTY_BYTES } from '../../../primitives/bytes.ts'
import { type Exit, type Halt, INVALID_JUMP, INVALID_OPCODE, OUT_OF_GAS } from '../exit.ts'
import type { Frame } from '../frame.ts'

const STOPPED: Exit = { kind: 'return', output: EMPTY_BYTES }

/** STOP, and the end of the code. */
export function stop(): Exit {
  return STOPPED
}

/** INVALID, and every byte that is no instruction. */
export function invalid(): Halt {
  return INVALID_OPCODE
}

/** JUMP. */
export function jump(frame: Frame): Halt | undefined {
  return jumpTo(frame, frame.stack.pop())
}

/** JUMPI: if the condition is not 0. */
export function jumpIf(frame: Frame): Halt | undefined {
  const destination = frame.stack.pop()
  return frame.stack.pop() === 0n ? undefined : jumpTo(frame, destination)
}

function jumpTo(frame: Frame, destination: bigint): Halt | undefined {
  const { code } = frame
  if (destination >= code.length) return INVALID_JUMP
  const position = Number(destination)
  if (code.jumpDestinations[position] !== 1) return INVALID_JUMP
  frame.programCounter = position
  return undefined
}

/** JUMPDEST. */
export function jumpDestination(): undefined {}

/** PC: the position of this instruction. */
export function programCounter(frame: Frame): undefined {
  frame.stack.push(BigInt(frame.programCounter - 1))
}

/** GAS: what is left after this instruction. */
export function gasLeft(frame: Frame): undefined {
  frame.stack.push(frame.gas)
}

/** RETURN: a range of memory is the output. */
export function returnOutput(frame: Frame): Exit {
  return exitWithOutput(frame, 'return')
}

/** REVERT: the same, undoing the frame's changes and keeping its gas (EIP-140). */
export function revert(frame: Frame): Exit {
  return exitWithOutput(frame, 'revert')
}

function exitWithOutput(frame: Frame, kind: 'return' | 'revert'): Exit {
  const { stack, memory } = frame
  const offset = stack.pop()
  const length = stack.pop()
  if (!frame.chargeMemory(offset, length)) return OUT_OF_GAS
  return { kind, output: memory.read(offset, length) }
}
