import type { ByteReader, ByteWriter } from '../../primitives/byte-stream.ts'
import type { Address } from '../../primitives/hex.ts'
import type { Log } from '../../primitives/receipt.ts'
import type { AccountReads, AccountWrites, StateEffects, SystemOutcome, TransactionOutcome } from './outcome.ts'

const ADDRESS_BYTES = 20
const HASH_BYTES = 32

/** Bits that say what stands in the bytes, and those fields that are a bit themselves. */
const OUTCOME = { succeeded: 1, operationsHash: 2, contractAddress: 4, error: 8 } as const
const READ = { balance: 1, nonce: 2, code: 4 } as const
const WRITTEN = { nonce: 1, balance: 2, code: 4, slots: 8, clearsStorage: 16, exists: 32, existsValue: 64 } as const

/** Writes all that there is to say of a transaction, for the other threads of this process. */
export function writeTransactionOutcome(outcome: TransactionOutcome, writer: ByteWriter): void {
  const { sender, gasUsed, operationsHash, contractAddress, error, output, logs } = outcome
  writer.uint8(
    (outcome.succeeded ? OUTCOME.succeeded : 0) |
      (operationsHash === undefined ? 0 : OUTCOME.operationsHash) |
      (contractAddress === undefined ? 0 : OUTCOME.contractAddress) |
      (error === undefined ? 0 : OUTCOME.error),
  )
  writer.hex(sender)
  writer.uint64(gasUsed)
  if (operationsHash !== undefined) writer.hex(operationsHash)
  if (contractAddress !== undefined) writer.hex(contractAddress)
  if (error !== undefined) writer.text(error)
  writer.sized(output)
  writer.uint32(logs.length)
  for (const log of logs) writeLog(log, writer)
  writeEffects(outcome, writer)
}

/** What `writeTransactionOutcome` wrote. */
export function readTransactionOutcome(reader: ByteReader): TransactionOutcome {
  const fields = reader.uint8()
  const sender = reader.hex(ADDRESS_BYTES)
  const gasUsed = reader.uint64()
  const operationsHash = fields & OUTCOME.operationsHash ? reader.hex(HASH_BYTES) : undefined
  const contractAddress = fields & OUTCOME.contractAddress ? reader.hex(ADDRESS_BYTES) : undefined
  const error = fields & OUTCOME.error ? reader.text() : undefined
  const output = reader.sized()
  const logs = Array.from({ length: reader.uint32() }, () => readLog(reader))
  const succeeded = (fields & OUTCOME.succeeded) !== 0
  return {
    ...readEffects(reader),
    ...{ sender, succeeded, gasUsed, logs, operationsHash, output, contractAddress, error },
  }
}

export function writeSystemOutcome(outcome: SystemOutcome, writer: ByteWriter): void {
  writer.uint32(outcome.requests.length)
  for (const request of outcome.requests) writer.sized(request)
  writeEffects(outcome, writer)
}

/** What `writeSystemOutcome` wrote. */
export function readSystemOutcome(reader: ByteReader): SystemOutcome {
  const requests = Array.from({ length: reader.uint32() }, () => reader.sized())
  return { ...readEffects(reader), requests }
}

function writeLog({ address, topics, data }: Log, writer: ByteWriter): void {
  writer.hex(address)
  writer.uint8(topics.length)
  for (const topic of topics) writer.hex(topic)
  writer.sized(data)
}

function readLog(reader: ByteReader): Log {
  const address = reader.hex(ADDRESS_BYTES)
  const topics = Array.from({ length: reader.uint8() }, () => reader.hex(HASH_BYTES))
  return { address, topics, data: reader.sized() }
}

function writeEffects({ reads, writes, credits }: StateEffects, writer: ByteWriter): void {
  writer.uint32(reads.size)
  for (const [address, { balance, nonce, code, slots }] of reads) {
    writer.hex(address)
    writer.uint8((balance ? READ.balance : 0) | (nonce ? READ.nonce : 0) | (code ? READ.code : 0))
    writer.uint32(slots.length)
    for (const slot of slots) writer.word(slot)
  }
  writer.uint32(writes.size)
  for (const [address, changes] of writes) {
    writer.hex(address)
    writeWrites(changes, writer)
  }
  writer.uint32(credits.size)
  for (const [address, amount] of credits) {
    writer.hex(address)
    writer.word(amount)
  }
}

function readEffects(reader: ByteReader): StateEffects {
  const reads = readMap(reader, readReads)
  const writes = readMap(reader, readWrites)
  const credits = readMap(reader, (from) => from.word())
  return { reads, writes, credits }
}

function readMap<Value>(reader: ByteReader, read: (reader: ByteReader) => Value): Map<Address, Value> {
  const map = new Map<Address, Value>()
  for (let left = reader.uint32(); left > 0; left--) map.set(reader.hex(ADDRESS_BYTES), read(reader))
  return map
}

function readReads(reader: ByteReader): AccountReads {
  const fields = reader.uint8()
  return {
    balance: (fields & READ.balance) !== 0,
    nonce: (fields & READ.nonce) !== 0,
    code: (fields & READ.code) !== 0,
    slots: Array.from({ length: reader.uint32() }, () => reader.word()),
  }
}

function writeWrites({ nonce, balance, code, slots, clearsStorage, exists }: AccountWrites, writer: ByteWriter): void {
  writer.uint8(
    (nonce === undefined ? 0 : WRITTEN.nonce) |
      (balance === undefined ? 0 : WRITTEN.balance) |
      (code === undefined ? 0 : WRITTEN.code) |
      (slots === undefined ? 0 : WRITTEN.slots) |
      (clearsStorage ? WRITTEN.clearsStorage : 0) |
      (exists === undefined ? 0 : WRITTEN.exists) |
      (exists ? WRITTEN.existsValue : 0),
  )
  if (nonce !== undefined) writer.word(nonce)
  if (balance !== undefined) writer.word(balance)
  if (code !== undefined) {
    writer.hex(code.hash)
    writer.sized(code.bytes)
  }
  if (slots === undefined) return
  writer.uint32(slots.size)
  for (const [slot, value] of slots) {
    writer.word(slot)
    writer.word(value)
  }
}

function readWrites(reader: ByteReader): AccountWrites {
  const fields = reader.uint8()
  const has = (bit: number): boolean => (fields & bit) !== 0
  return {
    ...(has(WRITTEN.nonce) && { nonce: reader.word() }),
    ...(has(WRITTEN.balance) && { balance: reader.word() }),
    ...(has(WRITTEN.code) && { code: { hash: reader.hex(HASH_BYTES), bytes: reader.sized() } }),
    ...(has(WRITTEN.slots) && { slots: readSlots(reader) }),
    ...(has(WRITTEN.clearsStorage) && { clearsStorage: true }),
    ...(has(WRITTEN.exists) && { exists: has(WRITTEN.existsValue) }),
  }
}

function readSlots(reader: ByteReader): Map<bigint, bigint> {
  const slots = new Map<bigint, bigint>()
  for (let left = reader.uint32(); left > 0; left--) slots.set(reader.word(), reader.word())
  return slots
}
