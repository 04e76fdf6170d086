import { GAS_COPY_PER_WORD } from '../../../config/gas.ts'
import { type Halt, OUT_OF_GAS } from '../exit.ts'
import type { Frame } from '../frame.ts'
import { wordCount } from '../word.ts'

/** MLOAD: the word at an offset. */
export function memoryLoad(frame: Frame): Halt | undefined {
  const { stack, memory } = frame
  const offset = stack.peek()
  if (!frame.chargeMemory(offset, 32n)) return OUT_OF_GAS
  stack.setTop(memory.loadWord(Number(offset)))
  return undefined
}

/** MSTORE: a word to an offset. */
export function memoryStore(frame: Frame): Halt | undefined {
  const { stack, memory } = frame
  const offset = stack.pop()
  const word = stack.pop()
  if (!frame.chargeMemory(offset, 32n)) return OUT_OF_GAS
  memory.storeWord(Number(offset), word)
  return undefined
}

/** MSTORE8: the lowest byte of a word to an offset. */
export function memoryStoreByte(frame: Frame): Halt | undefined {
  const { stack, memory } = frame
  const offset = stack.pop()
  const word = stack.pop()
  if (!frame.chargeMemory(offset, 1n)) return OUT_OF_GAS
  memory.storeByte(Number(offset), Number(word & 0xffn))
  return undefined
}

/** MSIZE: bytes of memory made accessible so far. */
export function memorySize({ stack, memory }: Frame): undefined {
  stack.push(BigInt(memory.size))
}

/** MCOPY: from memory to memory (EIP-5656). */
export function memoryCopy(frame: Frame): Halt | undefined {
  const { stack, memory } = frame
  const offset = stack.pop()
  const sourceOffset = stack.pop()
  const length = stack.pop()
  if (!frame.charge(GAS_COPY_PER_WORD * wordCount(length))) return OUT_OF_GAS
  if (!frame.chargeMemory(offset, length) || !frame.chargeMemory(sourceOffset, length)) return OUT_OF_GAS
  memory.copyWithin(offset, sourceOffset, length)
  return undefined
}
