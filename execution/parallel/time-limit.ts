/** For threads to start, and for whatever else the machine is doing. */
const SLACK_MS = 30_000

/** A tenth and less of what the interpreter does in the slowest code: only a hang takes longer. */
const LEAST_GAS_PER_MS = 500n

/** Milliseconds within which a block of that gas limit is executed, by one thread and on a busy machine. */
export function executionTimeLimit(gasLimit: bigint): number {
  return SLACK_MS + Number(gasLimit / LEAST_GAS_PER_MS)
}
