import { hashToWord } from '../../primitives/hex.ts'
import type { Frame } from '../evm/frame.ts'
import { CALL_DEPTH_LIMIT } from '../evm/instructions/sub-message.ts'
import { ThreadData } from './thread-data.ts'
import { type SubThread, type ThreadEdge, type ThreadFault, ThreadGroup, type ThreadOrigin } from './thread-group.ts'

/** What a frame may ask for, by an instruction or by a call of `THREADS_ADDRESS`: `undefined` when it is done. */
export type RequestOutcome = ThreadFault | typeof OUT_OF_GAS | undefined

/** It cannot be paid for. */
export const OUT_OF_GAS = 'out-of-gas'

export interface NewThread {
  readonly id: bigint
  readonly origin: ThreadOrigin
  readonly edge?: ThreadEdge | undefined
  /** Of the call data, which is only made if it is paid for. */
  readonly length: bigint
  data(): Uint8Array
}

/** The threads of a frame, made when the first is started. */
function groupOf(frame: Frame): ThreadGroup {
  frame.threads ??= new ThreadGroup(frame.message.thread?.data ?? new ThreadData())
  return frame.threads
}

export function startThread(frame: Frame, { id, origin, edge, length, data }: NewThread): RequestOutcome {
  const { message, context } = frame
  const { gas, limit } = context.rules.threads!
  if (!frame.charge(gas.dataWord * ((length + 31n) / 32n))) return OUT_OF_GAS
  if (message.kind === 'create') return { message: 'PaVM: a constructor has no code to run threads of' }
  if (message.depth + 1 > CALL_DEPTH_LIMIT) return { message: 'PaVM: calls are nested too deep for a thread' }
  if (context.started.threads >= limit) {
    return { message: `PaVM: a transaction may start no more than ${limit} threads` }
  }
  const fault = groupOf(frame).start(id, origin, data(), edge)
  if (fault !== undefined) return fault
  context.started.threads++
  frame.onThread?.(frame)
  return undefined
}

/** More would not be a number that a scheduler can count to. */
const MAX_TURNS = 1n << 32n

export function sleepThread(frame: Frame, id: bigint, turns: bigint): RequestOutcome {
  const { sleepPerTurn } = frame.context.rules.threads!.gas
  if (turns > MAX_TURNS || !frame.charge(sleepPerTurn * turns)) return OUT_OF_GAS
  return groupOf(frame).sleep(id)
}

export function dropThread(frame: Frame, id: bigint): RequestOutcome {
  return groupOf(frame).drop(id)
}

/** One that has been joined, as all have before a frame asks. */
export function joinedThread(frame: Frame, id: bigint): SubThread | ThreadFault {
  return frame.threads?.thread(id) ?? { message: `PaVM: there is no thread ${id}` }
}

/** 0n in a frame that is no sub-thread. */
export function currentThread(frame: Frame): bigint {
  return frame.message.thread?.id ?? 0n
}

/** keccak256 of what the transaction has recorded so far; 0n where nothing is recorded. */
export function recordedHash(frame: Frame): bigint {
  const hash = frame.context.state.hashOperations()
  return hash === undefined ? 0n : hashToWord(hash)
}

/** Locations that the transaction has recorded so far; 0n where nothing is recorded. */
export function recordedLocations(frame: Frame): bigint {
  return BigInt(frame.context.state.recordedLocations)
}

export function readThreadData(frame: Frame, key: bigint): bigint {
  return groupOf(frame).data.read(key)
}

export function writeThreadData(frame: Frame, key: bigint, word: bigint): void {
  groupOf(frame).data.write(key, word)
}
