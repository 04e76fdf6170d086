import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { developmentGenesis } from '../config/genesis.ts'
import type { Block } from '../primitives/block.ts'
import { logsBloom } from '../primitives/bloom.ts'
import { bigintToBytes } from '../primitives/bytes.ts'
import { developerAccounts } from '../primitives/developer-accounts.ts'
import { headerHash } from '../primitives/header.ts'
import { type Address, bytesToHex, type Hash, hexToBytes } from '../primitives/hex.ts'
import { KECCAK_EMPTY, keccak256Hex } from '../primitives/keccak.ts'
import { encodeReceipt, type Receipt } from '../primitives/receipt.ts'
import { encodeTransaction, signTransaction, type Transaction } from '../primitives/transaction.ts'
import { BlockStore } from './block-store.ts'
import { Committer, type CommitterModules, type CommitterOptions, type ExecutedSideBlock } from './commit.ts'
import { type Database, type DatabaseModules, openDatabase } from './database.ts'
import { type GenesisBlock, genesisBlock } from './genesis-block.ts'
import { StateStore } from './state-store.ts'
import type { Account, AccountDiff, StateDiff } from './state-view.ts'
import { listRoot } from './trie/list-root.ts'
import { updateState } from './trie/state-trie.ts'

/** Removed when the test ends. */
export function temporaryDirectory(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'pavm-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

/** A generator of numbers in [0, 1) that a seed repeats (mulberry32). */
export function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export const GENESIS: GenesisBlock = genesisBlock(developmentGenesis({ engine: 'instant' }))
const [SENDER] = developerAccounts(1)

/** A node's storage in one piece: all that a test of a chain needs. */
export interface TestStorage {
  readonly directory: string
  readonly database: Database
  readonly blocks: BlockStore
  readonly states: StateStore
  readonly committer: Committer
  close(): Promise<void>
}

type TestStorageOptions = CommitterOptions & Pick<CommitterModules, 'onPruned'>

export async function openTestStorage(
  directory: string,
  options: TestStorageOptions = {},
  modules: DatabaseModules = {},
): Promise<TestStorage> {
  const identity = { chainId: 31337n, genesisHash: GENESIS.hash }
  const database = await openDatabase(directory, identity, modules)
  const committer = new Committer(options, { database, ...options })
  await committer.commitGenesis(GENESIS)
  return {
    directory,
    database,
    blocks: new BlockStore({ reader: database }),
    states: new StateStore({}, { database }),
    committer,
    async close() {
      await committer.close()
      await database.close()
    },
  }
}

/** A storage in a directory of its own, closed and removed when the test ends. */
export async function temporaryStorage(t: TestContext, options: TestStorageOptions = {}): Promise<TestStorage> {
  const directory = temporaryDirectory(t)
  const storage = await openTestStorage(directory, options)
  t.after(() => storage.close())
  return storage
}

/** A block on the head that changes the state as `diff` says; its transactions are transfers that nobody executes. */
export function childOfHead(
  { blocks, states }: Pick<TestStorage, 'blocks' | 'states'>,
  diff: StateDiff,
  { transactionCount = 1, salt = 0 }: { readonly transactionCount?: number; readonly salt?: number } = {},
): ExecutedSideBlock {
  const head = blocks.head()
  const parent = blocks.header(head.hash)!
  const transactions = Array.from({ length: transactionCount }, (_, index) =>
    transfer(parent.number * 10_000n + BigInt(index), BigInt(salt)),
  )
  const receipts = transactions.map((_, index) => receipt(BigInt(index + 1)))
  const { stateRoot, nodes } = updateState(head.stateRoot, diff, states.nodes)
  const block: Block = {
    header: {
      ...parent,
      parentHash: head.hash,
      number: parent.number + 1n,
      timestamp: parent.timestamp + 1n,
      stateRoot,
      transactionsRoot: listRoot(transactions.map(encodeTransaction)),
      receiptsRoot: listRoot(receipts.map(encodeReceipt)),
      gasUsed: 21_000n * BigInt(transactionCount),
    },
    transactions,
    ommers: [],
    withdrawals: [],
    accessList: [],
  }
  return {
    block,
    hash: headerHash(block.header),
    totalDifficulty: blocks.totalDifficulty(head.hash)! + block.header.difficulty,
    receipts,
    senders: transactions.map(() => SENDER!.address),
    diff,
    trieNodes: nodes,
  }
}

function transfer(nonce: bigint, value: bigint): Transaction {
  const to = address(Number(nonce % 1000n))
  const fees = { maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 1n, gasLimit: 21_000n, accessList: [] }
  const data = new Uint8Array(0)
  return signTransaction({ type: 2, chainId: 31337n, nonce, to, value, data, ...fees }, hexToBytes(SENDER!.privateKey))
}

function receipt(index: bigint): Receipt {
  const operationsHash = keccak256Hex(bigintToBytes(index, 32))
  return {
    type: 2,
    status: true,
    cumulativeGasUsed: 21_000n * index,
    logs: [],
    logsBloom: logsBloom([]),
    operationsHash,
  }
}

export function address(index: number): Address {
  return bytesToHex(bigintToBytes(BigInt(0xabc0000 + index), 20))
}

export function account(nonce: bigint, balance: bigint, codeHash: Hash = KECCAK_EMPTY): Account {
  return { nonce, balance, codeHash }
}

export function diffOf(accounts: Readonly<Record<Address, AccountDiff>>, ...codes: readonly Uint8Array[]): StateDiff {
  return {
    accounts: new Map(Object.entries(accounts) as [Address, AccountDiff][]),
    codes: new Map(codes.map((code) => [keccak256Hex(code), code])),
  }
}

/** Changes of every kind to a few accounts and slots, those that `exists` knows and new ones. */
export function randomDiff(next: () => number, exists: (address: Address) => boolean): StateDiff {
  const accounts: Record<Address, AccountDiff> = {}
  const codes: Uint8Array[] = []
  for (let count = Math.floor(next() * 12); count > 0; count--) {
    const of = address(Math.floor(next() * 20))
    const choice = next()
    if (choice < 0.15) {
      accounts[of] = { account: { to: undefined } }
      continue
    }
    const slots = new Map<bigint, bigint>()
    for (let slotCount = Math.floor(next() * 6); slotCount > 0; slotCount--) {
      slots.set(BigInt(Math.floor(next() * 10)), next() < 0.4 ? 0n : BigInt(Math.floor(next() * 1000)) ** 20n)
    }
    const code = next() < 0.2 ? Uint8Array.of(0x60, next() * 256, next() * 256) : undefined
    if (code) codes.push(code)
    const isKept = exists(of) && choice < 0.5
    const fields = account(BigInt(Math.floor(next() * 5)), BigInt(Math.floor(next() * 1e6)), code && keccak256Hex(code))
    accounts[of] = {
      ...(isKept && code === undefined ? {} : { account: { to: fields } }),
      ...(next() < 0.15 ? { clearsStorage: true } : {}),
      slots,
    }
  }
  return diffOf(accounts, ...codes)
}
