import { writeHexDigits } from '../../primitives/bytes.ts'
import { type Address, bytesToHash, type Hash } from '../../primitives/hex.ts'
import { KECCAK_EMPTY } from '../../primitives/keccak.ts'
import { CONTROL, REGION } from './linear-memory.ts'
import { NEW_LOCATION, SAME_VALUE } from './operation-format.ts'
import { OPERATIONS_LIMIT } from './slot-functions.ts'
import { type StateMemory, stateMemory } from './state-memory.ts'

const WORD_BYTES = 32

/** An account as the log sees it. */
export interface LocatedAccount {
  readonly address: Address
  /** In state memory, which holds where in the log it stands. */
  readonly number: number
  /** Of the latest operation on its code in the transaction. */
  loggedCode: Hash | undefined
}

/**
 * The read and write operations of one transaction in program order, those of reverted frames included, as bytes:
 *
 * - `operation` = first byte (kind * 4 + mode: 0 read, 1 write, 2 add, 3 read of a slot that is 0), location, value.
 * - `location`: accounts, slots and transient slots are numbered together, from 1, by first use in the transaction; the
 *   number as a varint (unsigned LEB128). Which locations these are is what access list and plan claim. At its first use,
 *   when the number follows from those before, the first byte has 0x80 added to it and nothing stands for the location.
 *   Neither does for the slot that is written: SSTORE has read it just before, and writes another value.
 * - `value`: one length byte, then the number, little-endian without zeros at its end. Code stands as its 32-byte hash, no code as
 *   length 0; existence (before EIP-161) as 0 or 1. A balance added to (mode add) stands as the amount: what it
 *   results in is not known when transactions run in parallel. An account created, reset or destroyed has no value, and
 *   neither has a log: its topics and data stand in the receipt that holds this hash.
 *   Where a look at a slot finds what the operation before on the same slot left, or a code's hash is that of the operation
 *   before on the same code, the length byte is 0x80 and nothing follows: most looks are at what was just looked at. A
 *   slot that a rollback or a reset of the account brought another value is written out again. With mode 3 nothing stands
 *   for the value.
 *
 * Not here, because they follow from the operations that are: refunds, touches, warmth, preimages, and looks at a slot's
 * original value. A write also looks at what it replaces; that look is in the read set but is not an operation.
 *
 * What writing and hashing cost: `npm run bench -- recording`.
 */
export class OperationLog {
  readonly #memory: StateMemory = stateMemory()
  readonly #bytes: Uint8Array = this.#memory.memory.bytes
  readonly #view: DataView = this.#memory.memory.view
  /** Address behind the last byte, while an operation is being written. */
  #end = REGION.operations

  /** The bytes so far: a window that the next operation may overwrite. Of a long log only the end, which is not hashed yet. */
  get bytes(): Uint8Array {
    return this.#memory.operations
  }

  /** keccak256 of the bytes so far. */
  hash(): Hash {
    const address = this.#memory.hashOperations()
    return bytesToHash(this.#bytes.subarray(address, address + WORD_BYTES))
  }

  /** An operation without a value. */
  account(operation: number, account: LocatedAccount): void {
    this.#begin(operation, account)
    this.#finish()
  }

  accountValue(operation: number, account: LocatedAccount, value: bigint): void {
    this.#begin(operation, account)
    this.#putValue(value)
    this.#finish()
  }

  code(operation: number, account: LocatedAccount, codeHash: Hash): void {
    this.#begin(operation, account)
    this.#putCode(account, codeHash)
    this.#finish()
  }

  /** A look at the value of a slot, transient ones too. `entry`: in state memory. */
  slotRead(operation: number, entry: number): void {
    this.#memory.logLook(operation, entry)
  }

  /** Of the slot that the operation before was a look at, and of another value than that, which it has by now. */
  slotWritten(entry: number): void {
    this.#memory.logWrite(entry)
  }

  /** Of the value that it has by now. */
  transientWritten(entry: number): void {
    this.#memory.logTransientWrite(entry)
  }

  #begin(operation: number, { number }: LocatedAccount): void {
    this.#memory.reserveOperations(OPERATIONS_LIMIT)
    const { u32 } = this.#memory.memory
    this.#end = u32[CONTROL.operationsEnd / 4]!
    const location = this.#memory.locationOf(number)
    if (location === 0) {
      this.#memory.setLocation(number, ++u32[CONTROL.locations / 4]!)
      this.#bytes[this.#end++] = operation | NEW_LOCATION
    } else {
      this.#bytes[this.#end++] = operation
      this.#putVarint(location)
    }
  }

  #finish(): void {
    this.#memory.memory.u32[CONTROL.operationsEnd / 4] = this.#end
  }

  #putCode(account: LocatedAccount, codeHash: Hash): void {
    if (codeHash === account.loggedCode) {
      this.#bytes[this.#end++] = SAME_VALUE
      return
    }
    account.loggedCode = codeHash
    if (codeHash === KECCAK_EMPTY) {
      this.#bytes[this.#end++] = 0
      return
    }
    this.#bytes[this.#end++] = WORD_BYTES
    this.#putHex(codeHash, WORD_BYTES)
  }

  /** Below 2^31: more locations than gas can pay for. */
  #putVarint(value: number): void {
    let rest = value
    while (rest >= 0x80) {
      this.#bytes[this.#end++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    this.#bytes[this.#end++] = rest
  }

  #putHex(hex: Address | Hash, length: number): void {
    writeHexDigits(hex, this.#bytes, this.#end)
    this.#end += length
  }

  #putValue(value: bigint): void {
    const start = this.#end + 1
    let end = start
    for (let rest = value; rest !== 0n; rest >>= 64n) {
      this.#view.setBigUint64(end, rest, true)
      end += 8
    }
    while (end > start && this.#bytes[end - 1] === 0) end--
    this.#bytes[start - 1] = end - start
    this.#end = end
  }
}
