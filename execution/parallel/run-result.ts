import { BLOOM_BYTES, orBlooms } from '../../primitives/bloom.ts'
import { ByteReader, type ByteWriter } from '../../primitives/byte-stream.ts'
import type { Address } from '../../primitives/hex.ts'
import { encodeReceipt, type Receipt } from '../../primitives/receipt.ts'
import type { SystemOutcome, TransactionOutcome } from '../block/outcome.ts'
import {
  readSystemOutcome,
  readTransactionOutcome,
  writeSystemOutcome,
  writeTransactionOutcome,
} from '../block/outcome-codec.ts'

const ADDRESS_BYTES = 20

/** What executing a transaction in a replay gives. */
export interface ReplayedTransaction {
  readonly outcome: TransactionOutcome
  /** Right if all transactions before it use the gas that the plan claims. */
  readonly receipt: Receipt
  /** Whether list and plan claim of it what it did. */
  readonly isAsClaimed: boolean
}

export interface ReplayedSystem {
  readonly outcome: SystemOutcome
  readonly isAsClaimed: boolean
}

/** A run, as far as it came. */
export interface RunResult {
  /** Index in the bundle. */
  readonly run: number
  /** `process.hrtime` when it started: the clock is the same in all threads. */
  readonly startNs: bigint
  readonly durationNs: bigint
  /** The last transaction used other gas than the plan claims: those behind it would only see the consequences. */
  readonly usesOtherGas: boolean
  /** Of a run of transactions, in its order, up to where something showed that the block is invalid. */
  readonly transactions: readonly ReplayedTransaction[]
  /** Of a run of system operations. */
  readonly system?: ReplayedSystem | undefined
}

/** A transaction's part of a result: what the next one needs is read, the rest when it is asked for. */
export class RecordedTransaction {
  readonly isAsClaimed: boolean
  readonly gasUsed: bigint
  readonly sender: Address
  readonly #bytes: Uint8Array
  readonly #receiptOffset: number
  readonly #outcomeOffset: number

  /** Leaves the reader behind it. */
  constructor(bytes: Uint8Array, reader: ByteReader) {
    this.#bytes = bytes
    const length = reader.uint32()
    const end = reader.offset + length
    this.isAsClaimed = reader.uint8() === 1
    this.gasUsed = reader.uint64()
    this.sender = reader.hex(ADDRESS_BYTES)
    this.#receiptOffset = reader.offset
    reader.skip(reader.uint32())
    this.#outcomeOffset = reader.offset
    reader.skip(end - reader.offset)
  }

  /** The receipt's consensus form: a window, not to be written to. */
  receipt(): Uint8Array {
    const reader = new ByteReader(this.#bytes, this.#receiptOffset)
    const length = reader.uint32()
    return this.#bytes.subarray(reader.offset, reader.offset + length)
  }

  outcome(): TransactionOutcome {
    return readTransactionOutcome(new ByteReader(this.#bytes, this.#outcomeOffset))
  }
}

export interface RecordedRun extends Omit<RunResult, 'transactions'> {
  /** Of all logs of the run. */
  readonly logsBloom: Uint8Array
  readonly transactions: readonly RecordedTransaction[]
}

export function writeRunResult(result: RunResult, writer: ByteWriter): void {
  const { transactions, system } = result
  writer.uint32(result.run)
  writer.uint64(result.startNs)
  writer.uint64(result.durationNs)
  writer.uint8(result.usesOtherGas ? 1 : 0)
  writer.uint32(transactions.length)
  for (const transaction of transactions) writeTransaction(transaction, writer)
  writer.raw(orBlooms(transactions.map(({ receipt }) => receipt.logsBloom)))
  writer.uint8(system === undefined ? 0 : 1)
  if (system === undefined) return
  writer.uint8(system.isAsClaimed ? 1 : 0)
  writeSystemOutcome(system.outcome, writer)
}

function writeTransaction({ outcome, receipt, isAsClaimed }: ReplayedTransaction, writer: ByteWriter): void {
  const length = writer.reserveUint32()
  const start = writer.length
  writer.uint8(isAsClaimed ? 1 : 0)
  writer.uint64(outcome.gasUsed)
  writer.hex(outcome.sender)
  writer.sized(encodeReceipt(receipt))
  writeTransactionOutcome(outcome, writer)
  writer.setUint32(length, writer.length - start)
}

/** All that stand in the memory of a bundle's result. */
export function readRunResults(memory: SharedArrayBuffer): RecordedRun[] {
  // Native and WASM code does not take shared memory. One copy of all: 0.07 ms for 300 receipts, where one each takes 0.17.
  const bytes = new Uint8Array(memory).slice()
  const reader = new ByteReader(bytes)
  const runs: RecordedRun[] = []
  while (reader.offset < bytes.length) {
    const run = reader.uint32()
    const startNs = reader.uint64()
    const durationNs = reader.uint64()
    const usesOtherGas = reader.uint8() === 1
    const transactions = Array.from({ length: reader.uint32() }, () => new RecordedTransaction(bytes, reader))
    const logsBloom = reader.raw(BLOOM_BYTES)
    const system = reader.uint8() === 1 ? readSystem(reader) : undefined
    runs.push({ run, startNs, durationNs, usesOtherGas, transactions, logsBloom, system })
  }
  return runs
}

function readSystem(reader: ByteReader): ReplayedSystem {
  const isAsClaimed = reader.uint8() === 1
  return { isAsClaimed, outcome: readSystemOutcome(reader) }
}
