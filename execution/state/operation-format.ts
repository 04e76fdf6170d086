/**
 * The 14 kinds of information that pavm records of a running transaction, with their numbers in the log, which are never
 * reused. Those that follow from the others are numbered but not logged.
 */
export const KIND_NUMBERS = {
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
} as const

export type RecordedKind = keyof typeof KIND_NUMBERS

const READ = 0
const WRITE = 1
const ADD = 2
/** By number; the last one is a look that finds 0, which has no value. */
export const MODES = ['read', 'write', 'add', 'read'] as const
export const READ_ZERO = 3

/** First bytes of the operations: kind * 4 + mode. */
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

/** In place of a value's length: it is that of the operation before on the same slot, or the same code. */
export const SAME_VALUE = 0x80

/** With the first byte of an operation: its location is a new one, and so the next number. */
export const NEW_LOCATION = 0x80
