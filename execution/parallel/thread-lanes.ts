import { ThreadBoard } from '../threads/thread-board.ts'

/** Of the thread that executes whole blocks; those behind it are the replay threads'. */
export const SERIAL_LANE = 0

export function replayLane(worker: number): number {
  return SERIAL_LANE + 1 + worker
}

/** Memory of a board where the serial thread and that many replay threads offer, and the replay threads help. */
export function threadBoardFor(workers: number): SharedArrayBuffer {
  return ThreadBoard.memoryFor({ lanes: replayLane(workers), helpers: workers })
}
