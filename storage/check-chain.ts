import { setImmediate } from 'node:timers/promises'
import { type Header, headerHash } from '../primitives/header.ts'
import type { Hash } from '../primitives/hex.ts'
import { bytesToHash } from '../primitives/hex.ts'
import { encodeReceipt } from '../primitives/receipt.ts'
import { encodeTransaction, transactionHash } from '../primitives/transaction.ts'
import { BlockStore } from './block-store.ts'
import type { Findings } from './findings.ts'
import type { StoredHead } from './head.ts'
import { bucketKey } from './keys.ts'
import type { Scanner } from './reader.ts'
import { decodeTransactionLocation } from './transaction-location.ts'
import { listRoot } from './trie/list-root.ts'

/** Blocks between turns of the event loop. */
const BLOCKS_A_TURN = 16n

/** Checks the canonical chain from the genesis to the head, and that the indexes hold nothing else. */
export async function checkChain(
  database: Scanner,
  head: StoredHead,
  findings: Findings,
): Promise<{ readonly blocks: number; readonly transactions: number }> {
  const check = new ChainCheck(new BlockStore({ reader: database }), findings)
  for (let number = 0n; number <= head.number; number++) {
    check.block(number)
    if (number % BLOCKS_A_TURN === 0n) await setImmediate()
  }
  findings.expect('the head', head.hash, check.parentHash)
  const stateRoot = new BlockStore({ reader: database }).stateRoot(head.hash)
  findings.expect("the head's state root", head.stateRoot, stateRoot)
  await checkIndexes(database, head, check, findings)
  return { blocks: Number(head.number) + 1, transactions: check.transactions }
}

/** Walks up the chain, one block after another. */
class ChainCheck {
  readonly #blocks: BlockStore
  readonly #findings: Findings
  parent: Header | undefined
  parentHash: Hash | undefined
  transactions = 0

  constructor(blocks: BlockStore, findings: Findings) {
    this.#blocks = blocks
    this.#findings = findings
  }

  block(number: bigint): void {
    const what = `block ${number}`
    const hash = this.#blocks.canonicalHash(number)
    const header = hash && this.#findings.attempt(what, () => this.#blocks.header(hash))
    if (hash === undefined || header === undefined) {
      this.#findings.add(hash === undefined ? `${what} has no canonical hash` : `${what}: the header is missing`)
    } else {
      this.#header(what, number, hash, header)
      this.#findings.attempt(what, () => this.#body(what, hash, header))
    }
    this.parent = header
    this.parentHash = hash
  }

  #header(what: string, number: bigint, hash: Hash, header: Header): void {
    this.#findings.expect(`${what}: the header's hash`, headerHash(header), hash)
    this.#findings.expect(`${what}: the number`, header.number, number)
    if (this.parentHash !== undefined) {
      this.#findings.expect(`${what}: the parent hash`, header.parentHash, this.parentHash)
    }
    const before = this.parentHash === undefined ? 0n : this.#blocks.totalDifficulty(this.parentHash)
    const total = before === undefined ? undefined : before + header.difficulty
    this.#findings.expect(`${what}: the total difficulty`, this.#blocks.totalDifficulty(hash), total)
  }

  #body(what: string, hash: Hash, header: Header): void {
    const block = this.#blocks.block(hash)
    const receipts = this.#blocks.receipts(hash)
    if (block === undefined || receipts === undefined) {
      this.#findings.add(`${what}: ${block === undefined ? 'the body is' : 'the receipts are'} missing`)
      return
    }
    const { transactions } = block
    this.transactions += transactions.length
    const transactionsRoot = listRoot(transactions.map(encodeTransaction))
    this.#findings.expect(`${what}: the root of its transactions`, transactionsRoot, header.transactionsRoot)
    const receiptsRoot = listRoot(receipts.map(encodeReceipt))
    this.#findings.expect(`${what}: the root of its receipts`, receiptsRoot, header.receiptsRoot)
    const senders = this.#blocks.senders(hash)?.length
    this.#findings.expect(`${what}: the number of senders`, senders, transactions.length)
    for (const [index, transaction] of transactions.entries()) {
      const location = this.#blocks.transactionLocation(transactionHash(transaction))
      const found = location && `${location.blockHash} ${location.blockNumber} ${location.index}`
      const expected = `${hash} ${header.number} ${index}`
      this.#findings.expect(`${what}: the location of transaction ${index}`, found, expected)
    }
  }
}

async function checkIndexes(database: Scanner, head: StoredHead, check: ChainCheck, findings: Findings): Promise<void> {
  let hashes = 0n
  for await (const _ of database.entries(bucketKey('canonicalHash'))) hashes++
  findings.expect('the number of canonical hashes', hashes, head.number + 1n)
  let locations = 0
  for await (const { key, value } of database.entries(bucketKey('transactionLocation'))) {
    locations++
    const hash = bytesToHash(key.subarray(1))
    const location = findings.attempt(`transaction ${hash}`, () => decodeTransactionLocation(value))
    if (location !== undefined && location.blockNumber > head.number) {
      findings.add(`transaction ${hash} is indexed in block ${location.blockNumber}, above the head`)
    }
  }
  findings.expect('the number of indexed transactions', locations, check.transactions)
}
