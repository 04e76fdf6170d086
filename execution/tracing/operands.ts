import { EMPTY_BYTES } from '../../primitives/bytes.ts'
import type { Frame } from '../evm/frame.ts'

/** The first `count` words from the top of the stack on, or fewer where there are not so many. */
export function operandsOf({ stack }: Frame, count: number): bigint[] {
  const operands: bigint[] = []
  for (let depth = 0; depth < count && depth < stack.size; depth++) operands.push(stack.peek(depth))
  return operands
}

/**
 * Memory that the frame's next instruction reads, with the zeros that are to come; `undefined` where it is more than the
 * frame can pay for, so that the instruction is going to halt.
 */
export function memoryRange({ memory, gas }: Frame, offset: bigint, length: bigint): Uint8Array | undefined {
  if (length === 0n) return EMPTY_BYTES
  const expansion = memory.expansionGas(offset, length)
  if (expansion === undefined || expansion > gas) return undefined
  const bytes = new Uint8Array(Number(length))
  bytes.set(memory.contents().subarray(Number(offset), Number(offset + length)))
  return bytes
}
