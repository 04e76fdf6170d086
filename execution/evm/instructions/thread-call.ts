import { addressToWord } from '../../../primitives/hex.ts'
import { revertWith } from '../../threads/fault.ts'
import { OUT_OF_GAS as NOT_PAID } from '../../threads/requests.ts'
import { answerRequest, joinsFirst, THREADS_ADDRESS } from '../../threads/thread-calls.ts'
import { type Halt, OUT_OF_GAS } from '../exit.ts'
import type { Frame } from '../frame.ts'
import { outputOf } from '../message.ts'

const THREADS_WORD = addressToWord(THREADS_ADDRESS)
const ADDRESS_MASK = (1n << 160n) - 1n
const CALL = 0xf1
/** Of CALL: where its operands are, below the gas. */
const TARGET = 1
const INPUT_OFFSET = 3
const SELECTOR_BYTES = 4n

/** Whether the frame's sub-threads are to be joined before this instruction, of which nothing has happened yet. */
export function needsJoin(
  frame: Frame,
  { opcode, joins }: { readonly opcode: number; readonly joins: boolean },
): boolean {
  if (!joins || !frame.threads?.isPending) return false
  const { stack, memory } = frame
  if (opcode !== CALL || stack.size <= INPUT_OFFSET) return true
  if ((stack.peek(TARGET) & ADDRESS_MASK) !== THREADS_WORD) return true
  const offset = stack.peek(INPUT_OFFSET)
  return offset + SELECTOR_BYTES <= BigInt(memory.size) && joinsFirst(memory.read(offset, SELECTOR_BYTES))
}

/** CALL of `THREADS_ADDRESS`: memory has been paid for. The value stays where it is. */
export function requestOfThreads(
  frame: Frame,
  input: Uint8Array,
  {
    value,
    outputOffset,
    outputLength,
  }: { readonly value: bigint; readonly outputOffset: bigint; readonly outputLength: bigint },
): Halt | undefined {
  const answer = value > 0n ? { message: 'PaVM: threads take no value' } : answerRequest(frame, input)
  if (answer === NOT_PAID) return OUT_OF_GAS
  const output = 'output' in answer ? answer.output : outputOf(revertWith(answer))
  frame.returnData = output
  if (outputLength > 0n) frame.memory.write(outputOffset, output.subarray(0, Number(outputLength)))
  frame.stack.push('output' in answer ? 1n : 0n)
  return undefined
}
