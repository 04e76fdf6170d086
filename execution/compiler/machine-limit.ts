/**
 * The machine is too small for this message, which says nothing about the message: the reference interpreter, which has all of
 * JavaScript's memory, runs its transaction instead.
 */
export class MachineLimitError extends Error {
  override readonly name = 'MachineLimitError'
}
