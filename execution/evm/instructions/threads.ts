import { hashToWord } from '../../../primitives/hex.ts'
import { revertWith } from '../../threads/fault.ts'
import { ThreadData } from '../../threads/thread-data.ts'
import { type ThreadEdge, ThreadGroup, type ThreadOrigin } from '../../threads/thread-group.ts'
import { type Exit, OUT_OF_GAS } from '../exit.ts'
import { type Frame, THREAD_STARTED, type ThreadStarted } from '../frame.ts'
import { CALL_DEPTH_LIMIT } from './sub-message.ts'

/** The threads of a frame, made when the first is started. */
function groupOf(frame: Frame): ThreadGroup {
  frame.threads ??= new ThreadGroup(frame.message.thread?.data ?? new ThreadData())
  return frame.threads
}

/** SUBSOL. Stack: id, data offset and length. */
export function subsol(frame: Frame): Exit | ThreadStarted {
  const id = frame.stack.pop()
  return start(frame, id, 'subsol')
}

/** AFTERW, AFTERR. Stack: id, the thread to come after, slot, data offset and length. */
export function afterSlot(origin: 'afterw' | 'afterr'): (frame: Frame) => Exit | ThreadStarted {
  return (frame) => {
    const id = frame.stack.pop()
    const after = frame.stack.pop()
    const slot = frame.stack.pop()
    return start(frame, id, origin, { after, slot })
  }
}

/** AFTERA. Stack: id, the thread to come after, data offset and length. */
export function afterAll(frame: Frame): Exit | ThreadStarted {
  const id = frame.stack.pop()
  const after = frame.stack.pop()
  return start(frame, id, 'aftera', { after })
}

function start(frame: Frame, id: bigint, origin: ThreadOrigin, edge?: ThreadEdge): Exit | ThreadStarted {
  const { stack, memory, message, context } = frame
  const { gas, limit } = context.rules.threads!
  const offset = stack.pop()
  const length = stack.pop()
  if (!frame.chargeMemory(offset, length) || !frame.charge(gas.dataWord * ((length + 31n) / 32n))) return OUT_OF_GAS
  if (message.kind === 'create') return revertWith({ message: 'PaVM: a constructor has no code to run threads of' })
  if (message.depth + 1 > CALL_DEPTH_LIMIT)
    return revertWith({ message: 'PaVM: calls are nested too deep for a thread' })
  if (context.started.threads >= limit) {
    return revertWith({ message: `PaVM: a transaction may start no more than ${limit} threads` })
  }
  const fault = groupOf(frame).start(id, origin, memory.read(offset, length), edge)
  if (fault !== undefined) return revertWith(fault)
  context.started.threads++
  return THREAD_STARTED
}

/** More would not be a number that a scheduler can count to. */
const MAX_TURNS = 1n << 32n

/** SLEEP. Stack: id, turns of the scheduler. */
export function sleep(frame: Frame): Exit | undefined {
  const id = frame.stack.pop()
  const turns = frame.stack.pop()
  const cost = frame.context.rules.threads!.gas.sleepPerTurn
  if (turns > MAX_TURNS || !frame.charge(cost * turns)) return OUT_OF_GAS
  const fault = groupOf(frame).sleep(id)
  return fault && revertWith(fault)
}

/** REVERTT. Stack: id. */
export function revertThread(frame: Frame): Exit | undefined {
  const fault = groupOf(frame).drop(frame.stack.pop())
  return fault && revertWith(fault)
}

/** JOIN. Stack: id, output offset and length -> 1 if the thread returned, else 0. All have been joined before it. */
export function join(frame: Frame): Exit | undefined {
  const { stack, memory } = frame
  const id = stack.pop()
  const offset = stack.pop()
  const length = stack.pop()
  if (!frame.chargeMemory(offset, length)) return OUT_OF_GAS
  const thread = frame.threads?.thread(id)
  if (thread === undefined) return revertWith({ message: `PaVM: there is no thread ${id}` })
  frame.returnData = thread.output
  if (length > 0n) memory.write(offset, thread.output.subarray(0, Number(length)))
  stack.push(thread.state === 'return' ? 1n : 0n)
  return undefined
}

/** TID -> id of the thread that runs, 0 for the first. */
export function threadId(frame: Frame): undefined {
  frame.stack.push(frame.message.thread?.id ?? 0n)
}

/** RR: that it was executed is the record. */
export function recordSets(): undefined {}

/** RPHASH -> keccak256 of the transaction's operations so far; 0 where nothing is recorded. */
export function recordHash(frame: Frame): undefined {
  const hash = frame.context.state.hashOperations()
  frame.stack.push(hash === undefined ? 0n : hashToWord(hash))
}

/** RWS. -> locations that the transaction has met so far; 0 where nothing is recorded. */
export function countLocations(frame: Frame): undefined {
  frame.stack.push(BigInt(frame.context.state.recordedLocations))
}

/** RDR. Stack: key -> word. */
export function readData(frame: Frame): undefined {
  frame.stack.push(groupOf(frame).data.read(frame.stack.pop()))
}

/** WTR. Stack: key, word. */
export function writeData(frame: Frame): undefined {
  const key = frame.stack.pop()
  groupOf(frame).data.write(key, frame.stack.pop())
}
