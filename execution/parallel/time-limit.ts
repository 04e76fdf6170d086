/** For threads to start, and for whatever else the machine is doing. */
const SLACK_MS = 30_000

/** A tenth and less of what the interpreter does in the slowest code: only a hang takes longer. */
const LEAST_GAS_PER_MS = 500n

/** A longer timer would fire at once. There are chains whose blocks may use any amount of gas. */
const LONGEST_MS = 2 ** 31 - 1

/** Milliseconds within which a block of that gas limit is executed, by one thread and on a busy machine; `moreMs` where it may take longer. */
export function executionTimeLimit(gasLimit: bigint, moreMs = 0): number {
  return Math.min(SLACK_MS + moreMs + Number(gasLimit / LEAST_GAS_PER_MS), LONGEST_MS)
}
