import { bytesToBigint } from '../primitives/bytes.ts'
import { bytesToHex } from '../primitives/hex.ts'

/** Selectors of Solidity's built-in errors. */
const ERROR_SELECTOR = '0x08c379a0'
const PANIC_SELECTOR = '0x4e487b71'

/** Solidity's panic codes, as its documentation ("Panic via assert and Error via require") words them. */
const PANIC_REASONS: Readonly<Record<string, string>> = {
  0: 'generic panic',
  1: 'assert(false)',
  17: 'arithmetic underflow or overflow',
  18: 'division or modulo by zero',
  33: 'enum overflow',
  34: 'invalid encoded storage byte array accessed',
  49: 'out-of-bounds array access; popping on an empty array',
  50: 'out-of-bounds access of an array or bytesN',
  65: 'out of memory',
  81: 'uninitialized function',
}

/**
 * What `Error(string)` or `Panic(uint256)` revert data says, of a string the first `maxBytes`; `undefined` for any other data.
 * Bytes that are no UTF-8 become U+FFFD.
 */
export function revertReason(output: Uint8Array, maxBytes: number): string | undefined {
  const selector = bytesToHex(output.subarray(0, 4))
  if (selector === PANIC_SELECTOR && output.length >= 36) {
    const code = bytesToBigint(output.subarray(4, 36))
    return PANIC_REASONS[code.toString()] ?? `unknown panic code: 0x${code.toString(16)}`
  }
  if (selector === ERROR_SELECTOR) return abiString(output.subarray(4), maxBytes)
  return undefined
}

/** The only string of an ABI encoding: offset, then length, then bytes. */
function abiString(encoded: Uint8Array, maxBytes: number): string | undefined {
  const offset = smallWord(encoded, 0)
  const length = offset === undefined ? undefined : smallWord(encoded, offset)
  if (offset === undefined || length === undefined) return undefined
  const start = offset + 32
  if (start + length > encoded.length) return undefined
  return new TextDecoder().decode(encoded.subarray(start, start + Math.min(length, maxBytes)))
}

/** The word at a byte position where it is within the data and small enough to be a position itself. */
function smallWord(encoded: Uint8Array, position: number): number | undefined {
  if (position + 32 > encoded.length) return undefined
  const word = bytesToBigint(encoded.subarray(position, position + 32))
  return word <= BigInt(encoded.length) ? Number(word) : undefined
}
