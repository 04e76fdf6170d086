import type { Tracer } from './tracer.ts'

/** Some 0.1 ms of interpreting. */
const STEPS_PER_PAUSE = 1_000

/** Calls `onPause`, which may throw to give up, now and then while the reference interpreter runs, and passes on what it sees. */
export function pausingTracer(onPause: () => void, inner: Tracer | undefined): Tracer {
  let stepsLeft = STEPS_PER_PAUSE
  return {
    onMessage: (message) => {
      // Messages run precompiles, which take longer than other steps.
      onPause()
      inner?.onMessage?.(message)
    },
    onStep: (frame, instruction) => {
      if (--stepsLeft === 0) {
        stepsLeft = STEPS_PER_PAUSE
        onPause()
      }
      inner?.onStep?.(frame, instruction)
    },
    onThreads: (frame) => inner?.onThreads?.(frame),
    onResult: (message, result) => inner?.onResult?.(message, result),
  }
}
