import type { Address, Hash } from '../../primitives/hex.ts'
import { KECCAK_EMPTY, keccak256Hex } from '../../primitives/keccak.ts'
import type { Located, LocatedSlot } from './account-state.ts'
import type { JournalKind } from './journal.ts'

/** Number of each kind in the log; never reused. Those that follow from the others are numbered but not logged. */
const KIND_NUMBERS: Readonly<Record<JournalKind, number>> = {
  createdAccount: 0,
  resetAccount: 1,
  selfDestruct: 2,
  balance: 3,
  nonce: 4,
  storage: 5,
  code: 6,
  refund: 7,
  log: 8,
  preimage: 9,
  touch: 10,
  accessListAddress: 11,
  accessListSlot: 12,
  transientStorage: 13,
}

const READ = 0
const WRITE = 1
const ADD = 2

/** First bytes of the operations: kind * 4 + mode (0 read, 1 write, 2 add). */
export const OPERATION = {
  accountCreated: KIND_NUMBERS.createdAccount * 4 + WRITE,
  existenceRead: KIND_NUMBERS.createdAccount * 4 + READ,
  accountReset: KIND_NUMBERS.resetAccount * 4 + WRITE,
  selfDestructed: KIND_NUMBERS.selfDestruct * 4 + WRITE,
  balanceRead: KIND_NUMBERS.balance * 4 + READ,
  balanceWritten: KIND_NUMBERS.balance * 4 + WRITE,
  balanceAdded: KIND_NUMBERS.balance * 4 + ADD,
  nonceRead: KIND_NUMBERS.nonce * 4 + READ,
  nonceWritten: KIND_NUMBERS.nonce * 4 + WRITE,
  codeRead: KIND_NUMBERS.code * 4 + READ,
  codeWritten: KIND_NUMBERS.code * 4 + WRITE,
  slotRead: KIND_NUMBERS.storage * 4 + READ,
  slotWritten: KIND_NUMBERS.storage * 4 + WRITE,
  transientRead: KIND_NUMBERS.transientStorage * 4 + READ,
  transientWritten: KIND_NUMBERS.transientStorage * 4 + WRITE,
  logged: KIND_NUMBERS.log * 4 + ADD,
} as const

const UINT64_MAX = (1n << 64n) - 1n
const UINT128_MAX = (1n << 128n) - 1n

/** In place of a value's length. */
const SAME_VALUE = 0x80

const ADDRESS_BYTES = 20
const WORD_BYTES = 32
/** More than any operation takes: kind, two locations, a word and a value. */
const MAX_OPERATION_BYTES = 128
const INITIAL_BYTES = 4_096
/** A buffer that one huge transaction grew beyond this is given back after it. */
const MAX_KEPT_BYTES = 1 << 20

const HEX_DIGITS = new Uint8Array(128)
for (const [value, digit] of [...'0123456789abcdef'].entries()) HEX_DIGITS[digit.charCodeAt(0)] = value

/** An account as the log sees it. */
interface LocatedAccount extends Located {
  readonly address: Address
  /** Of the latest operation on its code in the transaction. */
  loggedCode: Hash | undefined
}

/**
 * The read and write operations of one transaction in program order, those of reverted frames included, as bytes:
 *
 * - `operation` = first byte (kind * 4 + mode), location, value.
 * - `location`: accounts, slots and transient slots are numbered together, from 0, by first use in the transaction.
 *   One used before is the varint (unsigned LEB128) of its number + 1. A new one is a 0 byte followed by, for an account,
 *   its 20 bytes; for a slot the location of its account by the same rule (which takes the lower number) and its 32 bytes.
 * - `value`: one length byte, then the big-endian number without leading zeros. Code stands as its 32-byte hash, no code as
 *   length 0; existence (before EIP-161) as 0 or 1. A balance added to (mode add) stands as the amount: what it
 *   results in is not known when transactions run in parallel. An account created, reset or destroyed has no value, and
 *   neither has a log: its topics and data stand in the receipt that holds this hash.
 *   Where a slot's value, or a code's hash, is that of the operation before on the same slot or code, the length byte is
 *   0x80 and nothing follows: most looks are at what was just looked at.
 *
 * Not here, because they follow from the operations that are: refunds, touches, warmth, preimages, and looks at a slot's
 * original value. A write also looks at what it replaces; that look is in the read set but is not an operation.
 *
 * What writing and hashing cost: `npm run bench -- recording`.
 */
export class OperationLog {
  #bytes = new Uint8Array(INITIAL_BYTES)
  #view = new DataView(this.#bytes.buffer)
  #length = 0
  #locations = 0

  /** Forgets everything: the next operation is the first of a transaction. */
  reset(): void {
    this.#length = 0
    this.#locations = 0
    if (this.#bytes.length > MAX_KEPT_BYTES) this.#resize(INITIAL_BYTES)
  }

  /** The bytes so far: a window that the next operation may overwrite. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  /** keccak256 of the bytes so far. */
  hash(): Hash {
    return keccak256Hex(this.bytes)
  }

  /** An operation without a value. */
  account(operation: number, account: LocatedAccount): void {
    this.#begin(operation)
    this.#putAccount(account)
  }

  accountValue(operation: number, account: LocatedAccount, value: bigint): void {
    this.#begin(operation)
    this.#putAccount(account)
    this.#putValue(value)
  }

  code(operation: number, account: LocatedAccount, codeHash: Hash): void {
    this.#begin(operation)
    this.#putAccount(account)
    if (codeHash === account.loggedCode) {
      this.#bytes[this.#length++] = SAME_VALUE
      return
    }
    account.loggedCode = codeHash
    if (codeHash === KECCAK_EMPTY) {
      this.#bytes[this.#length++] = 0
      return
    }
    this.#bytes[this.#length++] = WORD_BYTES
    this.#putHex(codeHash, WORD_BYTES)
  }

  slotValue(operation: number, account: LocatedAccount, slot: LocatedSlot, value: bigint): void {
    this.#begin(operation)
    if (slot.location === 0) {
      this.#bytes[this.#length++] = 0
      this.#putAccount(account)
      this.#putWord(slot.slot)
      slot.location = ++this.#locations
    } else {
      this.#putVarint(slot.location)
      if (slot.logged === value) {
        this.#bytes[this.#length++] = SAME_VALUE
        return
      }
    }
    slot.logged = value
    this.#putValue(value)
  }

  #begin(operation: number): void {
    if (this.#length + MAX_OPERATION_BYTES > this.#bytes.length) this.#resize(this.#bytes.length * 2)
    this.#bytes[this.#length++] = operation
  }

  #putAccount(account: LocatedAccount): void {
    if (account.location !== 0) {
      this.#putVarint(account.location)
      return
    }
    this.#bytes[this.#length++] = 0
    this.#putHex(account.address, ADDRESS_BYTES)
    account.location = ++this.#locations
  }

  /** Below 2^31: more locations than gas can pay for. */
  #putVarint(value: number): void {
    let rest = value
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    this.#bytes[this.#length++] = rest
  }

  /** `0x` and two digits a byte. */
  #putHex(hex: string, length: number): void {
    const bytes = this.#bytes
    const start = this.#length
    for (let index = 0, digit = 2; index < length; index++, digit += 2) {
      bytes[start + index] = (HEX_DIGITS[hex.charCodeAt(digit)]! << 4) | HEX_DIGITS[hex.charCodeAt(digit + 1)]!
    }
    this.#length = start + length
  }

  /** setBigUint64 keeps the low 64 bits of its argument: 39 ns a word, a third of going through hex. */
  #putWord(word: bigint): void {
    const view = this.#view
    const start = this.#length
    view.setBigUint64(start + 24, word)
    view.setBigUint64(start + 16, word >> 64n)
    view.setBigUint64(start + 8, word >> 128n)
    view.setBigUint64(start, word >> 192n)
    this.#length = start + WORD_BYTES
  }

  /** Full width first, then moved up against the length byte; most values fit one or two of the four 64-bit words. */
  #putValue(value: bigint): void {
    const bytes = this.#bytes
    const view = this.#view
    const start = this.#length + 1
    let width = 8
    if (value <= UINT64_MAX) view.setBigUint64(start, value)
    else if (value <= UINT128_MAX) {
      width = 16
      view.setBigUint64(start, value >> 64n)
      view.setBigUint64(start + 8, value)
    } else {
      width = WORD_BYTES
      view.setBigUint64(start, value >> 192n)
      view.setBigUint64(start + 8, value >> 128n)
      view.setBigUint64(start + 16, value >> 64n)
      view.setBigUint64(start + 24, value)
    }
    let zeros = 0
    while (zeros < width && bytes[start + zeros] === 0) zeros++
    const length = width - zeros
    if (zeros > 0) for (let index = 0; index < length; index++) bytes[start + index] = bytes[start + zeros + index]!
    bytes[start - 1] = length
    this.#length = start + length
  }

  #resize(capacity: number): void {
    const bytes = new Uint8Array(capacity)
    bytes.set(this.bytes)
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer)
  }
}
