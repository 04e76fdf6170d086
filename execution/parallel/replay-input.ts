import type { Block } from '../../primitives/block.ts'
import {
  type BlockAccessList,
  encodeBlockAccessList,
  parseBlockAccessList,
} from '../../primitives/block-access-list.ts'
import { ByteReader, ByteWriter } from '../../primitives/byte-stream.ts'
import { EMPTY_BYTES } from '../../primitives/bytes.ts'
import { decodeHeader, encodeHeader, type Header } from '../../primitives/header.ts'
import type { Address, Hash } from '../../primitives/hex.ts'
import { decodePlan, type Plan } from '../../primitives/plan.ts'
import { encodeRlp } from '../../primitives/rlp.ts'
import { list } from '../../primitives/rlp-codec.ts'
import { RlpCursor } from '../../primitives/rlp-cursor.ts'
import { decodeTransaction, encodeTransaction, type Transaction } from '../../primitives/transaction.ts'
import { type Withdrawal, withdrawalCodec } from '../../primitives/withdrawal.ts'
import type { ParentContext, ReplayStrategy } from '../block/executor.ts'
import type { Bundle, Run, Step } from './scheduler.ts'

/** What threads need to replay a block. */
export interface ReplayInput {
  readonly strategy: ReplayStrategy
  /** With its access list. */
  readonly block: Block
  readonly parent: ParentContext
  readonly bundles: readonly Bundle[]
  /** Senders that are known already, by transaction. */
  readonly senders: readonly (Address | undefined)[]
}

const ADDRESS_BYTES = 20
const HASH_BYTES = 32
const STRATEGIES: readonly ReplayStrategy[] = ['groups', 'split', 'values']
const STEPS: readonly Step[] = ['before', 'transactions', 'after']

const withdrawalList = list(withdrawalCodec)

/** Written once, in memory that all threads read. */
export function shareInput(input: ReplayInput): SharedArrayBuffer {
  const writer = new ByteWriter()
  const { block, parent } = input
  writer.uint8(STRATEGIES.indexOf(input.strategy))
  writer.sized(encodeHeader(block.header))
  writer.sized(encodeRlp(withdrawalList.encode(block.withdrawals ?? [])))
  writer.hex(parent.hash)
  writer.hex(parent.header.stateRoot)
  writer.uint32(parent.recentHashes.length)
  for (const hash of parent.recentHashes) writer.hex(hash)
  writer.sized(encodeBlockAccessList(block.accessList ?? []))
  writeBundles(input.bundles, writer)
  writer.uint32(block.transactions.length)
  for (const [index, transaction] of block.transactions.entries()) {
    const sender = input.senders[index]
    writer.uint8(sender === undefined ? 0 : 1)
    if (sender !== undefined) writer.hex(sender)
    writer.sized(encodeTransaction(transaction))
  }
  const memory = new SharedArrayBuffer(writer.length)
  new Uint8Array(memory).set(writer.bytes)
  return memory
}

function writeBundles(bundles: readonly Bundle[], writer: ByteWriter): void {
  writer.uint32(bundles.length)
  for (const bundle of bundles) {
    writer.uint32(bundle.length)
    for (const { step, transactions } of bundle) {
      writer.uint8(STEPS.indexOf(step))
      writer.uint32(transactions.length)
      for (const transaction of transactions) writer.uint32(transaction)
    }
  }
}

/** A run as the threads see it: what it is for does not matter to them. */
export type SharedRun = Pick<Run, 'step' | 'transactions'>

/** The input as a thread reads it. */
export class SharedInput {
  readonly strategy: ReplayStrategy
  readonly header: Header
  readonly withdrawals: readonly Withdrawal[]
  readonly parentHash: Hash
  readonly parentStateRoot: Hash
  readonly accessList: BlockAccessList
  readonly plan: Plan
  readonly bundles: readonly (readonly SharedRun[])[]
  readonly #bytes: Uint8Array
  readonly #recentHashes: { readonly offset: number; readonly count: number }
  /** Where each transaction begins. */
  readonly #offsets: Uint32Array

  constructor(memory: SharedArrayBuffer) {
    this.#bytes = new Uint8Array(memory)
    const reader = new ByteReader(this.#bytes)
    this.strategy = STRATEGIES[reader.uint8()]!
    this.header = decodeHeader(reader.sized())
    this.withdrawals = new RlpCursor(reader.sized()).whole(withdrawalList.decode, 'withdrawals')
    this.parentHash = reader.hex(HASH_BYTES)
    this.parentStateRoot = reader.hex(HASH_BYTES)
    const count = reader.uint32()
    this.#recentHashes = { offset: reader.offset, count }
    reader.skip(count * HASH_BYTES)
    this.accessList = parseBlockAccessList(reader.sized())
    this.plan = decodePlan(this.header.plan ?? EMPTY_BYTES)
    this.bundles = readBundles(reader)
    this.#offsets = new Uint32Array(reader.uint32())
    for (let index = 0; index < this.#offsets.length; index++) {
      this.#offsets[index] = reader.offset
      reader.skip(reader.uint8() * ADDRESS_BYTES)
      reader.skip(reader.uint32())
    }
  }

  get transactionCount(): number {
    return this.#offsets.length
  }

  transaction(index: number): Transaction {
    const reader = this.#readerAt(index)
    reader.skip(reader.uint8() * ADDRESS_BYTES)
    return decodeTransaction(reader.sized())
  }

  /** Where it is known already. */
  sender(index: number): Address | undefined {
    const reader = this.#readerAt(index)
    return reader.uint8() === 0 ? undefined : reader.hex(ADDRESS_BYTES)
  }

  /** Hash of the block that many before this one, the parent being 1; `undefined` beyond those that opcodes can see. */
  ancestorHash(distance: number): Hash | undefined {
    const { offset, count } = this.#recentHashes
    if (distance < 1 || distance > count) return undefined
    return new ByteReader(this.#bytes, offset + (distance - 1) * HASH_BYTES).hex(HASH_BYTES)
  }

  #readerAt(index: number): ByteReader {
    return new ByteReader(this.#bytes, this.#offsets[index]!)
  }
}

function readBundles(reader: ByteReader): SharedRun[][] {
  return readList(reader, () =>
    readList(reader, () => {
      const step = STEPS[reader.uint8()]!
      return { step, transactions: readList(reader, () => reader.uint32()) }
    }),
  )
}

function readList<T>(reader: ByteReader, read: () => T): T[] {
  return Array.from({ length: reader.uint32() }, read)
}
