import { GAS_KECCAK_PER_WORD } from '../../../config/gas.ts'
import { bytesToHash, bytesToWord } from '../../../primitives/hex.ts'
import { keccak256 } from '../../../primitives/keccak.ts'
import { type Halt, OUT_OF_GAS } from '../exit.ts'
import type { Frame } from '../frame.ts'
import { wordCount } from '../word.ts'

/** KECCAK256 of a range of memory. */
export function keccak(frame: Frame): Halt | undefined {
  const { stack, memory, context } = frame
  const offset = stack.pop()
  const length = stack.peek()
  if (!frame.charge(GAS_KECCAK_PER_WORD * wordCount(length))) return OUT_OF_GAS
  if (!frame.chargeMemory(offset, length)) return OUT_OF_GAS
  const digest = keccak256(memory.view(offset, length))
  if (context.state.keepsPreimages) context.state.preimage(bytesToHash(digest), memory.read(offset, length))
  stack.setTop(bytesToWord(digest))
  return undefined
}
