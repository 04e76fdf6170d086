import { revertWith } from '../../threads/fault.ts'
import {
  currentThread,
  dropThread,
  joinedThread,
  OUT_OF_GAS as NOT_PAID,
  type RequestOutcome,
  readThreadData,
  recordedHash,
  recordedLocations,
  sleepThread,
  startThread,
  writeThreadData,
} from '../../threads/requests.ts'
import type { ThreadEdge, ThreadOrigin } from '../../threads/thread-group.ts'
import { type Exit, OUT_OF_GAS } from '../exit.ts'
import type { Frame } from '../frame.ts'

function exitOf(outcome: RequestOutcome): Exit | undefined {
  return outcome === NOT_PAID ? OUT_OF_GAS : outcome && revertWith(outcome)
}

/** SUBSOL. Stack: id, data offset and length. */
export function subsol(frame: Frame): Exit | undefined {
  const id = frame.stack.pop()
  return start(frame, id, 'subsol')
}

/** AFTERW, AFTERR. Stack: id, the thread to come after, slot, data offset and length. */
export function afterSlot(origin: 'afterw' | 'afterr'): (frame: Frame) => Exit | undefined {
  return (frame) => {
    const id = frame.stack.pop()
    const after = frame.stack.pop()
    const slot = frame.stack.pop()
    return start(frame, id, origin, { after, slot })
  }
}

/** AFTERA. Stack: id, the thread to come after, data offset and length. */
export function afterAll(frame: Frame): Exit | undefined {
  const id = frame.stack.pop()
  const after = frame.stack.pop()
  return start(frame, id, 'aftera', { after })
}

function start(frame: Frame, id: bigint, origin: ThreadOrigin, edge?: ThreadEdge): Exit | undefined {
  const { stack, memory } = frame
  const offset = stack.pop()
  const length = stack.pop()
  if (!frame.chargeMemory(offset, length)) return OUT_OF_GAS
  const outcome = startThread(frame, { id, origin, edge, length, data: () => memory.read(offset, length) })
  return exitOf(outcome)
}

/** SLEEP. Stack: id, turns of the scheduler. */
export function sleep(frame: Frame): Exit | undefined {
  const id = frame.stack.pop()
  return exitOf(sleepThread(frame, id, frame.stack.pop()))
}

/** REVERTT. Stack: id. */
export function revertThread(frame: Frame): Exit | undefined {
  return exitOf(dropThread(frame, frame.stack.pop()))
}

/** JOIN. Stack: id, output offset and length -> 1 if the thread returned, else 0. All have been joined before it. */
export function join(frame: Frame): Exit | undefined {
  const { stack, memory } = frame
  const id = stack.pop()
  const offset = stack.pop()
  const length = stack.pop()
  if (!frame.chargeMemory(offset, length)) return OUT_OF_GAS
  const thread = joinedThread(frame, id)
  if ('message' in thread) return revertWith(thread)
  frame.returnData = thread.output
  if (length > 0n) memory.write(offset, thread.output.subarray(0, Number(length)))
  stack.push(thread.state === 'return' ? 1n : 0n)
  return undefined
}

/** TID -> id of the thread that runs, 0 for the first. */
export function threadId(frame: Frame): undefined {
  frame.stack.push(currentThread(frame))
}

/** RR: that it was executed is the record. */
export function recordSets(): undefined {}

/** RPHASH -> keccak256 of the transaction's operations so far; 0 where nothing is recorded. */
export function recordHash(frame: Frame): undefined {
  frame.stack.push(recordedHash(frame))
}

/** RWS -> locations that the transaction has met so far; 0 where nothing is recorded. */
export function countLocations(frame: Frame): undefined {
  frame.stack.push(recordedLocations(frame))
}

/** RDR. Stack: key -> word. */
export function readData(frame: Frame): undefined {
  frame.stack.push(readThreadData(frame, frame.stack.pop()))
}

/** WTR. Stack: key, word. */
export function writeData(frame: Frame): undefined {
  const key = frame.stack.pop()
  writeThreadData(frame, key, frame.stack.pop())
}
