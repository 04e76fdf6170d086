import assert from 'node:assert/strict'
import { rulesFor } from '../../config/hardforks.ts'
import { BYTES_PER_BLOB, versionedHash } from '../../primitives/blob-transaction.ts'
import { developerAccounts } from '../../primitives/developer-accounts.ts'
import { type Address, type Hash, hexToBytes } from '../../primitives/hex.ts'
import { KECCAK_EMPTY } from '../../primitives/keccak.ts'
import {
  type Authorization,
  type BlobSidecar,
  signTransaction,
  type Transaction,
} from '../../primitives/transaction.ts'
import type { Account } from '../../storage/state-view.ts'
import type { NextBlock, PoolJournal } from './modules.ts'
import type { PoolOptions } from './options.ts'
import { TxPool } from './pool.ts'

const CHAIN_ID = 31337n
const ETHER = 10n ** 18n
const GWEI = 10n ** 9n

/** Whose keys the tests know. */
const ACCOUNTS = developerAccounts(40)

export function testAddress(index: number): Address {
  return ACCOUNTS[index]!.address
}

export function testKey(index: number): Uint8Array {
  return hexToBytes(ACCOUNTS[index]!.privateKey)
}

interface TransferOptions {
  /** Index of the sender. */
  readonly from?: number
  readonly nonce?: number
  /** Gwei. */
  readonly tip?: number
  /** Gwei; the tip and 100 where absent. */
  readonly feeCap?: number
  readonly value?: bigint
  readonly gasLimit?: bigint
  readonly dataBytes?: number
  readonly chainId?: bigint
}

/** A signed transfer of 1 wei. */
export function transfer({
  from = 0,
  nonce = 0,
  tip = 1,
  feeCap = tip + 100,
  value = 1n,
  gasLimit = 21_000n,
  dataBytes = 0,
  chainId = CHAIN_ID,
}: TransferOptions = {}): Transaction {
  const fields = {
    type: 2 as const,
    chainId,
    nonce: BigInt(nonce),
    maxPriorityFeePerGas: BigInt(tip) * GWEI,
    maxFeePerGas: BigInt(feeCap) * GWEI,
    gasLimit,
    to: testAddress(ACCOUNTS.length - 1),
    value,
    data: new Uint8Array(dataBytes),
    accessList: [],
  }
  return signTransaction(fields, testKey(from))
}

/** A signed set-code transaction (EIP-7702). */
export function setCode(from: number, nonce: number, authorizationList: readonly Authorization[]): Transaction {
  const fields = {
    type: 4 as const,
    chainId: CHAIN_ID,
    nonce: BigInt(nonce),
    maxPriorityFeePerGas: GWEI,
    maxFeePerGas: 100n * GWEI,
    gasLimit: 100_000n,
    to: testAddress(from),
    value: 0n,
    data: new Uint8Array(),
    accessList: [],
    authorizationList,
  }
  return signTransaction(fields, testKey(from))
}

/** A signed blob transaction. */
export function blobTransaction(from: number, blobVersionedHashes: readonly Hash[], feeCap = 100): Transaction {
  const fields = {
    type: 3 as const,
    chainId: CHAIN_ID,
    nonce: 0n,
    maxPriorityFeePerGas: GWEI,
    maxFeePerGas: BigInt(feeCap) * GWEI,
    maxFeePerBlobGas: GWEI,
    gasLimit: 21_000n,
    to: testAddress(from),
    value: 0n,
    data: new Uint8Array(),
    accessList: [],
    blobVersionedHashes,
  }
  return signTransaction(fields, testKey(from))
}

/**
 * A blob transaction with its blobs, all zero: their polynomial is 0, so that commitment and proof are the point at
 * infinity (EIP-4844).
 */
export function zeroBlobTransaction(from: number, count: number): { transaction: Transaction; sidecar: BlobSidecar } {
  const infinity = Uint8Array.of(0xc0, ...new Uint8Array(47))
  const each = <T>(value: T): T[] => new Array(count).fill(value)
  const transaction = blobTransaction(from, each(versionedHash(infinity)))
  const blobs = each(new Uint8Array(BYTES_PER_BLOB))
  return { transaction, sidecar: { version: 0, blobs, commitments: each(infinity), proofs: each(infinity) } }
}

/** A journal in memory. */
export class MemoryJournal implements PoolJournal {
  readonly values = new Map<string, Uint8Array>()
  failure: Error | undefined

  async *entries(): AsyncGenerator<readonly [string, Uint8Array]> {
    yield* this.values
  }

  async write(changes: ReadonlyMap<string, Uint8Array | undefined>): Promise<void> {
    if (this.failure) throw this.failure
    for (const [key, value] of changes) {
      if (value === undefined) this.values.delete(key)
      else this.values.set(key, value)
    }
  }
}

/** A pool on a state that the test sets; every account has 1000 ether unless it says otherwise. */
export class PoolBench {
  readonly accounts = new Map<Address, Account>()
  readonly codes = new Map<Hash, Uint8Array>()
  readonly journal: MemoryJournal
  readonly pool: TxPool
  /** Hashes in the order in which they became pending. */
  readonly announced: Hash[] = []
  next: NextBlock = { rules: rulesFor('osaka'), gasLimit: 30_000_000n, baseFeePerGas: GWEI }
  nowMs = 1_000_000

  constructor(options: Partial<PoolOptions> = {}, journal = new MemoryJournal()) {
    this.journal = journal
    this.pool = new TxPool(
      { chainId: CHAIN_ID, ...options },
      {
        nextBlock: () => this.next,
        state: () => ({
          account: (address) => this.account(address),
          code: (codeHash) => this.codes.get(codeHash) ?? new Uint8Array(),
        }),
        journal,
        now: () => this.nowMs,
      },
    )
    this.pool.on('transaction', (_transaction, hash) => this.announced.push(hash))
  }

  account(address: Address): Account {
    return this.accounts.get(address) ?? { nonce: 0n, balance: 1000n * ETHER, codeHash: KECCAK_EMPTY }
  }

  /** Changes an account without telling the pool. */
  set(index: number, change: Partial<Account>): void {
    const address = testAddress(index)
    this.accounts.set(address, { ...this.account(address), ...change })
  }

  async add(transaction: Transaction, sidecar?: BlobSidecar): Promise<Hash> {
    return await this.pool.add(transaction, { sidecar, local: false })
  }

  async refuses(transaction: Transaction, code: string): Promise<void> {
    await assert.rejects(this.add(transaction), { code })
  }

  candidates(): Hash[] {
    return this.pool.candidates(this.next.baseFeePerGas, 1n).map((transaction) => {
      const content = this.pool.content()
      const found = [...content.pending.values()].flat().find((pooled) => pooled.transaction === transaction)
      return found!.hash
    })
  }
}
