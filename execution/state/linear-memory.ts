import { WASM_PAGE_BYTES, webAssembly } from '../../primitives/wasm/webassembly.ts'

/**
 * The linear memory that the virtual machine of a thread works in: one WebAssembly memory of fixed size, so that no view
 * of it is ever detached. Making it takes some milliseconds and no resident memory; a page counts once it is touched.
 * Frames, slots and everything else stand at the places below, in all modules that share it.
 */
export const MEMORY_BYTES = 0x4000_0000

const KIB = 1_024
const MIB = 1_024 * KIB

/** Addresses of single fields, and of areas that functions use between two instructions. */
export const CONTROL = {
  /** Words that JavaScript and WebAssembly hand to each other: eight of 32 bytes. */
  scratch: 0,
  /** Dividend (17 digits of 32 bits), divisor (8) and quotient (17) of a long division. */
  dividend: 256,
  divisor: 336,
  quotient: 384,
  /** State and block of keccak-256. */
  keccak: 512,
  keccakOutput: 1_024,
  /** A padded word of call data that ends inside it. */
  inputWord: 1_088,

  /** u32: number of the running transaction. */
  epoch: 1_280,
  /** u32: address behind the last journal entry. */
  journalEnd: 1_288,
  /** u32: address behind the last operation. */
  operationsEnd: 1_292,
  /** u32: locations numbered so far. */
  locations: 1_296,
  /** u32: 1 where operations are logged. */
  isRecording: 1_300,
  /** u32: 1 where preimages are kept. */
  keepsPreimages: 1_304,
  /** u32: address of the first free slot entry, 0 if there is none; free ones are linked by their first field. */
  freeSlot: 1_308,
  /** u32: address behind the last slot entry that was ever used. */
  slotsEnd: 1_312,
  /** u32: random, the same for the life of the thread: which slots collide is nobody's to choose. */
  hashSeed: 1_316,
  /** i64: refund counter of the running transaction, in gas. */
  refund: 1_320,
  /** i32: taken jumps until the interpreter looks up. */
  jumpBudget: 1_328,
  /** u32: address behind the last log. */
  logsEnd: 1_332,
  /** Topics of the log that is being made: four of 32 bytes, most significant byte first. */
  topics: 1_344,
} as const

/** Block and transaction as opcodes see them: little-endian words. */
export const ENVIRONMENT = {
  origin: 2_048,
  gasPrice: 2_080,
  coinbase: 2_112,
  timestamp: 2_144,
  number: 2_176,
  /** Difficulty, from Paris on prevRandao. */
  randomness: 2_208,
  gasLimit: 2_240,
  chainId: 2_272,
  baseFee: 2_304,
  blobBaseFee: 2_336,
} as const

/** Areas of many equal records, one after the other. */
export const REGION = {
  frames: 4 * KIB,
  accounts: 2 * MIB,
  slotBuckets: 18 * MIB,
  journal: 22 * MIB,
  operations: 38 * MIB,
  slots: 42 * MIB,
  logs: 298 * MIB,
  code: 302 * MIB,
  stacks: 426 * MIB,
  /** Hashes of short inputs seen before. */
  hashMemo: 460 * MIB,
  memories: 465 * MIB,
} as const

/** What one frame of the machine works with. */
export const FRAME_BYTES = 256
export const FRAME = {
  /** u32: address of the next instruction in the prepared code. */
  instruction: 0,
  /** u32: address of the top of the stack, which grows downwards. */
  stackPointer: 4,
  /** i64 */
  gas: 8,
  /** u32: address of the stack's end while it is empty. */
  stackBase: 16,
  /** u32: address of byte 0 of its memory. */
  memoryBase: 20,
  /** u32: bytes of memory, a multiple of 32. */
  memorySize: 24,
  /** u32: address and bytes of the prepared code. */
  code: 28,
  codeLength: 32,
  /** u32: address of a byte for each byte of code: 1 where a jump may go. */
  jumpTable: 36,
  /** u32: address and bytes of the call data. */
  input: 40,
  inputLength: 44,
  /** u32: bytes of return data. */
  returnLength: 48,
  /** u32: number of the account whose storage it works on. */
  account: 52,
  /** u32: 1 in a static context. */
  isStatic: 56,
  /** u32: 1 while it has sub-threads that are to be joined. */
  mustJoin: 60,
  /** i64: what its memory has cost. */
  memoryGas: 64,
  /** u32: offset and length of the output of RETURN and REVERT. */
  outputOffset: 72,
  outputLength: 76,
  caller: 96,
  address: 128,
  value: 160,
} as const

/** An account that the slots of a world state belong to. */
export const ACCOUNT_BYTES = 64
export const ACCOUNT = {
  /** u32: its number in the operation log + 1, 0 until it is used. */
  location: 0,
  /** u32: slot entry that was made last for it; the others are linked from there. */
  slots: 4,
  /** u32: first and last slot entry that the running transaction has met. */
  firstMet: 8,
  lastMet: 12,
  /** 20 bytes. */
  address: 16,
} as const

/** A storage slot, or a word of transient storage, that a world state knows. Words are little-endian. */
export const SLOT_BYTES = 160
export const SLOT = {
  key: 0,
  value: 32,
  /** Before the transaction; 0 once the account was created over old storage. */
  original: 64,
  /** In the view below. */
  base: 96,
  /** u32: number of the account, with a bit that says whether it is transient. */
  account: 128,
  /** u32: transaction that the fields of one transaction belong to. */
  epoch: 132,
  /** u32 */
  flags: 136,
  /** u32: as of an account. */
  location: 140,
  /** u32: next entry of the account, of those the transaction has met, of the same bucket. */
  nextOfAccount: 144,
  nextMet: 148,
  nextInBucket: 152,
} as const

export const SLOT_FLAGS = {
  isLoaded: 1,
  isRead: 2,
  isWarm: 4,
  /** The value is not what the latest operation on it in the log left: a rollback, or a reset of the account, changed it. */
  isChanged: 8,
} as const

/** Bit of the account number of transient storage. */
export const TRANSIENT = 0x8000_0000

export const SLOT_BUCKETS = 1 << 18

/** What undoes a change of a slot. */
export const JOURNAL_ENTRY_BYTES = 40
export const JOURNAL_ENTRY = {
  /** u32: the slot entry. */
  slot: 0,
  /** u32: one of `JOURNAL_KIND`. */
  kind: 4,
  previous: 8,
} as const
export const JOURNAL_KIND = { value: 0, original: 1, warmth: 2 } as const

/**
 * A log of the running transaction: this, 32 bytes for each topic and the data, whatever their length. Records stand one
 * behind the other without gaps.
 */
export const LOG_HEADER_BYTES = 12
export const LOG = {
  /** u32: number of the account. */
  account: 0,
  /** u32: topics. */
  topics: 4,
  /** u32: bytes of data. */
  length: 8,
} as const
export const TOPIC_BYTES = 32

/** Bytes below a code, so that an immediate may be read in whole words. */
export const CODE_MARGIN = 32

export interface LinearMemory {
  readonly memory: { readonly buffer: ArrayBuffer }
  readonly bytes: Uint8Array
  readonly u32: Uint32Array
  readonly u64: BigUint64Array
  readonly i64: BigInt64Array
  readonly view: DataView
}

let created: LinearMemory | undefined

/** The thread's: made when it is first asked for. */
export function linearMemory(): LinearMemory {
  if (created === undefined) {
    const pages = MEMORY_BYTES / WASM_PAGE_BYTES
    const memory = new webAssembly.Memory({ initial: pages, maximum: pages })
    const { buffer } = memory
    created = {
      memory,
      bytes: new Uint8Array(buffer),
      u32: new Uint32Array(buffer),
      u64: new BigUint64Array(buffer),
      i64: new BigInt64Array(buffer),
      view: new DataView(buffer),
    }
  }
  return created
}

/** The little-endian word at an address that is a multiple of 8. */
export function readWord({ u32, u64 }: Pick<LinearMemory, 'u32' | 'u64'>, address: number): bigint {
  const part = address >>> 2
  const index = address >>> 3
  // Each bigint on the way takes 15 ns.
  const upper = u32[part + 2]! | u32[part + 3]! | u32[part + 4]! | u32[part + 5]! | u32[part + 6]! | u32[part + 7]!
  if (upper === 0) return u64[index]!
  return (((u64[index + 3]! << 64n) | u64[index + 2]!) << 128n) | (u64[index + 1]! << 64n) | u64[index]!
}

/** Writes the word as 32 little-endian bytes at an address that is a multiple of 8. */
export function writeWord({ u64 }: Pick<LinearMemory, 'u64'>, address: number, word: bigint): void {
  const index = address >>> 3
  // Elements take their value modulo 2^64.
  u64[index] = word
  if (word <= UINT64_MAX) {
    u64[index + 1] = 0n
    u64[index + 2] = 0n
    u64[index + 3] = 0n
    return
  }
  u64[index + 1] = word >> 64n
  u64[index + 2] = word >> 128n
  u64[index + 3] = word >> 192n
}

const UINT64_MAX = (1n << 64n) - 1n
