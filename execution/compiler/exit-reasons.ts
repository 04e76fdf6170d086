/** Taken jumps between two pauses: 0.1 to 1 ms. A pause is worth as many as heat. */
export const JUMPS_PER_PAUSE = 100_000

/** Why the machine came back to the driver: everything else is in the frame record. */
export const EXIT = {
  /** The instruction pointer is at an instruction of which nothing has happened yet, its checks included. */
  host: 0,
  stop: 1,
  return: 2,
  revert: 3,
  outOfGas: 4,
  stackUnderflow: 5,
  stackOverflow: 6,
  invalidOpcode: 7,
  invalidJump: 8,
  writeInStaticContext: 9,
  /** Between two instructions: the jump budget is spent. */
  pause: 10,
  /** From compiled code: the interpreter goes on with the instruction at the pointer. */
  resume: 11,
  /** From compiled code, at the head of a loop: a word that was taken to have 64 bits has more. */
  wide: 12,
  /** From compiled code: an instruction that the host ran ended the frame or sent a message. */
  signal: 13,
} as const
