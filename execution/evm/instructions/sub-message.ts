import type { Frame } from '../frame.ts'

/** Messages may be nested this deep below the outermost. */
export const CALL_DEPTH_LIMIT = 1024

/** The most gas a frame may pass on: all but a 64th (EIP-150); before that, all. */
export function withoutReserve({ gas, context }: Pick<Frame, 'gas' | 'context'>): bigint {
  return context.rules.keepsCallReserve ? gas - gas / 64n : gas
}
