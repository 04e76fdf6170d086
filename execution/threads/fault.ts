import { bigintToBytes, concatBytes } from '../../primitives/bytes.ts'
import type { Exit } from '../evm/exit.ts'
import type { ThreadFault } from './thread-group.ts'

/** Selector of Solidity's `Error(string)`, which every client shows. */
const ERROR_SELECTOR = Uint8Array.of(0x08, 0xc3, 0x79, 0xa0)
const WORD_BYTES = 32

/** The end of a frame that asked for something that cannot be meant. */
export function revertWith({ message }: ThreadFault): Exit {
  const text = Buffer.from(message, 'utf8')
  const padding = new Uint8Array((WORD_BYTES - (text.length % WORD_BYTES)) % WORD_BYTES)
  const word = (value: number) => bigintToBytes(BigInt(value), WORD_BYTES)
  return { kind: 'revert', output: concatBytes(ERROR_SELECTOR, word(WORD_BYTES), word(text.length), text, padding) }
}
