import { concatBytes } from '../../primitives/bytes.ts'
import { type Address, addressToBytes, bytesToAddress } from '../../primitives/hex.ts'

/** Code of a delegating account: this and 20 bytes of address (EIP-7702). */
const DELEGATION_PREFIX = Uint8Array.of(0xef, 0x01, 0x00)
const DELEGATION_BYTES = 23

/** Where the code delegates to; `undefined` for any other code. */
export function delegationTarget(code: Uint8Array): Address | undefined {
  const isDelegation =
    code.length === DELEGATION_BYTES && DELEGATION_PREFIX.every((byte, position) => code[position] === byte)
  return isDelegation ? bytesToAddress(code.subarray(DELEGATION_PREFIX.length)) : undefined
}

export function delegationCode(target: Address): Uint8Array {
  return concatBytes(DELEGATION_PREFIX, addressToBytes(target))
}
