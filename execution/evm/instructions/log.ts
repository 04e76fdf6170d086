import { GAS_LOG_PER_BYTE } from '../../../config/gas.ts'
import { type Hash, wordToHash } from '../../../primitives/hex.ts'
import { type Halt, OUT_OF_GAS, WRITE_IN_STATIC_CONTEXT } from '../exit.ts'
import type { Frame } from '../frame.ts'

/** LOG0 to LOG4: an event with `topicCount` topics and a range of memory as data. */
export function log(topicCount: number): (frame: Frame) => Halt | undefined {
  return (frame) => {
    const { stack, memory, message, context } = frame
    if (message.isStatic) return WRITE_IN_STATIC_CONTEXT
    const offset = stack.pop()
    const length = stack.pop()
    const topics: Hash[] = []
    while (topics.length < topicCount) topics.push(wordToHash(stack.pop()))
    if (!frame.charge(GAS_LOG_PER_BYTE * length)) return OUT_OF_GAS
    if (!frame.chargeMemory(offset, length)) return OUT_OF_GAS
    context.state.addLog({ address: message.recipient, topics, data: memory.read(offset, length) })
    return undefined
  }
}
