import { BlockError, type BlockErrorCode } from '../execution/block/block-error.ts'

/** Throws `BlockError` with both values in its details unless they are the same. */
export function requireEqual<T extends string | bigint | number | undefined>(
  code: BlockErrorCode,
  what: string,
  expected: T,
  actual: T,
): void {
  if (expected !== actual) throw new BlockError(code, `${what} is ${actual}, not ${expected}`, { expected, actual })
}
