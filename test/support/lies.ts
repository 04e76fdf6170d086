import { HISTORY_STORAGE_ADDRESS } from '../../config/system-contracts.ts'
import { type BlockWishes, COINBASE_A, type TestNode } from '../../consensus/fixtures/test-node.ts'
import type { BlockErrorCode } from '../../execution/block/block-error.ts'
import { ThreadState } from '../../execution/parallel/thread-state.ts'
import type { Block } from '../../primitives/block.ts'
import { createAddress } from '../../primitives/contract-address.ts'
import { type Address, ZERO_HASH } from '../../primitives/hex.ts'
import { encodeReceipt, type Receipt } from '../../primitives/receipt.ts'
import { encodeTransaction } from '../../primitives/transaction.ts'
import { listRoot } from '../../storage/trie/list-root.ts'
import { losingUpdate, onFalseSlot, withGift } from './dishonest-builders.ts'
import {
  ascending,
  grouped,
  groupsOf,
  type Lie,
  listing,
  locationNumber,
  planning,
  slotChanges,
  slotName,
  withHeader,
  withList,
  withPlan,
  withRenumberedList,
  withValue,
} from './falsify.ts'
import { ACCOUNTS, COPIER, CREATOR, HONEST_GROUPS, READER, REVERTER, receiver, UNTOUCHED } from './honest-block.ts'

/** An honest block, and what of it does not travel. */
export interface HonestBlock {
  readonly block: Block
  readonly receipts: readonly Receipt[]
}

/** A lie and what it is to be called. */
export interface FalseBlock {
  readonly name: string
  readonly lie: (honest: HonestBlock) => Block
  /** How the miner executed, if not honestly. */
  readonly builder?: (miner: TestNode) => BlockWishes['builder']
  readonly code: BlockErrorCode
  /** Some of the error's details. */
  readonly details?: Readonly<Record<string, unknown>> | ((honest: Block) => Readonly<Record<string, unknown>>)
}

function row(
  name: string,
  lie: (honest: Block) => Block,
  code: BlockErrorCode,
  details: FalseBlock['details'] = {},
): FalseBlock {
  return { name, lie: ({ block }) => lie(block), code, details }
}

const slot = (number: number, address: Address = COPIER) => slotName(address, BigInt(number))
const increment = (value: bigint): bigint => value + 1n

function withRead(transaction: number, location: string): Lie {
  return (block) =>
    planning(transaction, ({ reads }) => ({ reads: ascending([...reads, locationNumber(block, location)]) }))(block)
}

function withoutRead(transaction: number, location: string): Lie {
  return (block) =>
    planning(transaction, ({ reads }) => ({ reads: reads.filter((read) => read !== locationNumber(block, location)) }))(
      block,
    )
}

/** False claims of reads, in the plan and in the list. */
const READS: readonly FalseBlock[] = [
  row('a read left out of the plan', withoutRead(6, slot(30, READER)), 'wrong-read-set', {
    transaction: 6,
    leftOut: [slot(30, READER)],
    added: [],
  }),
  row('a read of what reverted left out of the plan', withoutRead(7, slot(40, REVERTER)), 'wrong-read-set', {
    transaction: 7,
    leftOut: [slot(40, REVERTER)],
  }),
  row('a read added to the plan', withRead(2, slot(30, READER)), 'wrong-read-set', {
    transaction: 2,
    leftOut: [],
    added: [slot(30, READER)],
  }),
  row(
    'a read of a balance added to the plan',
    (block) => withRead(3, `${receiver(block.header.number)} balance`)(block),
    'wrong-read-set',
    {
      transaction: 3,
    },
  ),
  row(
    'a read hidden, and the group cut where it was',
    (block) => grouped(withoutRead(5, slot(11))(block), groupsOf(block).with(5, 99)),
    'wrong-read-set',
    { transaction: 5, leftOut: [slot(11)] },
  ),
  row(
    'a read slot left out of the list',
    listing(REVERTER, ({ storageReads }) => ({ storageReads: storageReads.filter((each) => each !== 40n) })),
    'wrong-read-set',
    { transaction: 7, leftOut: [slot(40, REVERTER)] },
  ),
  row(
    'a read slot added to the list',
    listing(READER, ({ storageReads }) => ({ storageReads: [...storageReads, 31n] })),
    'wrong-read-set',
    { leftOut: [], added: [slot(31, READER)] },
  ),
  row(
    'an account added to the list',
    (block) =>
      withRenumberedList(
        block,
        [...block.accessList!, untouchedAccount()].sort((a, b) => (a.address < b.address ? -1 : 1)),
      ),
    'wrong-read-set',
    { leftOut: [], added: [UNTOUCHED] },
  ),
]

function untouchedAccount() {
  const nothing = { storageChanges: [], storageReads: [], balanceChanges: [], nonceChanges: [], codeChanges: [] }
  return { address: UNTOUCHED, ...nothing }
}

/** False claims of writes: places first, then values. */
const WRITES: readonly FalseBlock[] = [
  row(
    'a write left out',
    slotChanges(COPIER, 2n, () => []),
    'wrong-write-set',
    { transaction: 2, leftOut: [slot(2)], added: [] },
  ),
  row(
    'one of two writes left out',
    slotChanges(COPIER, 1n, (changes) => changes.slice(0, 1)),
    'wrong-write-set',
    { transaction: 1, leftOut: [slot(1)], added: [] },
  ),
  row(
    'a write added',
    slotChanges(READER, 30n, () => [{ index: 7, value: 10n }]),
    'wrong-write-set',
    { transaction: 6, leftOut: [], added: [slot(30, READER)] },
  ),
  row(
    'a write that reverted added',
    slotChanges(REVERTER, 41n, () => [{ index: 8, value: 10n }]),
    'wrong-write-set',
    { transaction: 7, leftOut: [], added: [slot(41, REVERTER)] },
  ),
  row(
    'a write moved to another transaction',
    slotChanges(COPIER, 2n, (changes) => changes.map(({ value }) => ({ index: 4, value }))),
    'wrong-write-set',
    { transaction: 2, leftOut: [slot(2)], added: [] },
  ),
  row(
    'a fee left out',
    listing(COINBASE_A, ({ balanceChanges }) => ({
      balanceChanges: balanceChanges.filter(({ index }) => index !== 3),
    })),
    'wrong-write-set',
    { transaction: 2, leftOut: [`${COINBASE_A} balance`], added: [] },
  ),
  row(
    'a write of the system operations left out',
    listing(HISTORY_STORAGE_ADDRESS, ({ storageChanges }) => ({
      storageChanges: [],
      storageReads: storageChanges.map((each) => each.slot),
    })),
    'wrong-write-set',
    { step: 'before' },
  ),
  row('a wrong value of a slot', slotChanges(COPIER, 2n, withValue(2, increment)), 'wrong-written-value', {
    transaction: 2,
    location: slot(2),
  }),
  row(
    'a wrong value of a slot that the next transaction builds on',
    slotChanges(COPIER, 1n, (changes) => changes.map(({ index, value }) => ({ index, value: value + 1n }))),
    'wrong-written-value',
    { transaction: 0, location: slot(1) },
  ),
  row(
    'a wrong balance of a sender',
    listing(ACCOUNTS[2]!.address, ({ balanceChanges }) => ({
      balanceChanges: withValue(2, increment)(balanceChanges),
    })),
    'wrong-written-value',
    { transaction: 2, location: `${ACCOUNTS[2]!.address} balance` },
  ),
  row(
    'a wrong nonce of a sender',
    listing(ACCOUNTS[2]!.address, ({ nonceChanges }) => ({ nonceChanges: withValue(2, increment)(nonceChanges) })),
    'wrong-written-value',
    { transaction: 2, location: `${ACCOUNTS[2]!.address} nonce` },
  ),
  row(
    'a wrong balance where it was added to',
    (block) => {
      const change = listing(receiver(block.header.number), ({ balanceChanges }) => ({
        balanceChanges: withValue(3, increment)(balanceChanges),
      }))
      return change(block)
    },
    'wrong-written-value',
    (block) => ({
      transaction: 3,
      location: `${receiver(block.header.number)} balance`,
      claimed: '0x2',
      actual: '0x1',
    }),
  ),
  row(
    'a higher fee',
    listing(COINBASE_A, ({ balanceChanges }) => ({
      balanceChanges: balanceChanges.map(({ index, value }) => ({ index, value: index >= 3 ? value + 1n : value })),
    })),
    'wrong-written-value',
    { transaction: 2, location: `${COINBASE_A} balance` },
  ),
  row(
    'wrong code of a new contract',
    (block) => {
      const change = listing(createAddress(CREATOR.address, CREATOR.nonce - 1n), ({ codeChanges }) => ({
        codeChanges: withValue<Uint8Array>(9, () => Uint8Array.of(1))(codeChanges),
      }))
      return change(block)
    },
    'wrong-written-value',
    { transaction: 9 },
  ),
  row(
    'a wrong value of the system operations',
    listing(HISTORY_STORAGE_ADDRESS, ({ storageChanges }) => ({
      storageChanges: storageChanges.map(({ slot, changes }) => ({ slot, changes: withValue(-1, increment)(changes) })),
    })),
    'wrong-written-value',
    { step: 'before' },
  ),
]

const GROUPS: readonly FalseBlock[] = [
  row('two groups claimed as one', (block) => grouped(block, groupsOf(block).with(3, 1)), 'wrong-group', {
    transaction: 3,
    claimed: 1,
    actual: 2,
  }),
  row(
    'one group for all',
    (block) =>
      grouped(
        block,
        groupsOf(block).map(() => 0),
      ),
    'wrong-group',
    { transaction: 2 },
  ),
  row('writers of one slot in two groups', (block) => grouped(block, groupsOf(block).with(1, 99)), 'wrong-group', {
    transaction: 1,
  }),
  row(
    'a reader and the writer before it in two groups',
    (block) => grouped(block, groupsOf(block).with(5, 99)),
    'wrong-group',
    {
      transaction: 5,
    },
  ),
  row(
    'transactions of one sender in two groups',
    (block) => grouped(block, groupsOf(block).with(8, 99)),
    'wrong-group',
    {
      transaction: 8,
    },
  ),
  row(
    'every transaction in a group of its own',
    (block) => grouped(block, [...groupsOf(block).keys()]),
    'wrong-group',
    {
      transaction: 1,
    },
  ),
  row('a transaction in another group', (block) => grouped(block, groupsOf(block).with(1, 1)), 'wrong-group', {
    transaction: 1,
  }),
]

/** The header's sum changed along, so that it fits the plan. */
function gasOf(changes: Readonly<Record<number, bigint>>): Lie {
  return (block) => {
    const planned = withPlan(block, (transactions) =>
      transactions.map((each, index) => ({ ...each, gasUsed: each.gasUsed + (changes[index] ?? 0n) })),
    )
    const sum = Object.values(changes).reduce((total, change) => total + change, 0n)
    return withHeader({ gasUsed: block.header.gasUsed + sum })(planned)
  }
}

const GAS: readonly FalseBlock[] = [
  row('more gas of a transaction', gasOf({ 2: 1n }), 'wrong-gas-used', { transaction: 2 }),
  row('less gas of a transaction', gasOf({ 0: -1n }), 'wrong-gas-used', { transaction: 0 }),
  row('gas moved from one transaction to another', gasOf({ 2: 1n, 6: -1n }), 'wrong-gas-used', { transaction: 2 }),
  row(
    'gas of a transaction in the plan alone',
    planning(2, ({ gasUsed }) => ({ gasUsed: gasUsed + 1n })),
    'wrong-gas-used',
  ),
  row(
    'gasUsed of the header alone',
    (block) => withHeader({ gasUsed: block.header.gasUsed - 1n })(block),
    'wrong-gas-used',
    {
      field: 'gasUsed',
    },
  ),
]

/** A receipt made false, and the root over all of them. */
function falseReceipt(
  name: string,
  index: number,
  change: (receipt: Receipt, all: readonly Receipt[]) => Partial<Receipt>,
): FalseBlock {
  return {
    name,
    lie({ block, receipts }) {
      const falsified = receipts.map((each, position) =>
        position === index ? { ...each, ...change(each, receipts) } : each,
      )
      return withHeader({ receiptsRoot: listRoot(falsified.map(encodeReceipt)) })(block)
    },
    // Receipts do not travel: which of them is false, and in what, nobody can tell from their root (see `checkClaims`).
    code: 'wrong-operations-hash',
    details: { field: 'receiptsRoot' },
  }
}

const ROOTS: readonly FalseBlock[] = [
  falseReceipt('a wrong operations hash', 2, () => ({ operationsHash: ZERO_HASH })),
  falseReceipt('the operations hash of another transaction', 0, (_, all) => ({
    operationsHash: all[1]!.operationsHash,
  })),
  falseReceipt('a wrong status', 7, () => ({ status: true })),
  falseReceipt('a log left out', 6, () => ({ logs: [] })),
  row('a wrong receipts root', withHeader({ receiptsRoot: ZERO_HASH }), 'wrong-operations-hash', {
    field: 'receiptsRoot',
  }),
  row('a wrong state root', withHeader({ stateRoot: ZERO_HASH }), 'wrong-state-root', { field: 'stateRoot' }),
  row('a wrong bloom', withHeader({ logsBloom: new Uint8Array(256) }), 'wrong-bloom', { field: 'logsBloom' }),
  row('a wrong hash of requests', withHeader({ requestsHash: ZERO_HASH }), 'wrong-requests-hash'),
  row('a wrong hash of the list', withHeader({ blockAccessListHash: ZERO_HASH }), 'wrong-list-hash'),
  row('a list that is another', (block) => ({ ...block, accessList: [] }), 'wrong-list-hash'),
  row('no list', (block) => ({ ...block, accessList: undefined }), 'wrong-list-hash'),
]

function lastAccount(
  block: Block,
  change: (list: NonNullable<Block['accessList']>) => NonNullable<Block['accessList']>,
): Block {
  return withList(block, change(block.accessList!))
}

function balancesOf(
  change: (changes: readonly { index: number; value: bigint }[]) => { index: number; value: bigint }[],
): Lie {
  return listing(COINBASE_A, ({ balanceChanges }) => ({ balanceChanges: change(balanceChanges) }))
}

const FORMS: readonly FalseBlock[] = [
  row('accounts out of order', (block) => lastAccount(block, (list) => list.toReversed()), 'list-not-canonical'),
  row('an account twice', (block) => lastAccount(block, (list) => [...list, list.at(-1)!]), 'list-not-canonical'),
  row(
    'changes out of order',
    balancesOf((changes) => changes.toReversed()),
    'list-not-canonical',
  ),
  row(
    'a change twice',
    balancesOf((changes) => [...changes, changes.at(-1)!]),
    'list-not-canonical',
  ),
  row(
    'a change after the block',
    balancesOf((changes) => [...changes, { index: 12, value: 1n }]),
    'list-not-canonical',
  ),
  row(
    'a slot both changed and read',
    listing(COPIER, ({ storageReads }) => ({ storageReads: [1n, ...storageReads] })),
    'list-not-canonical',
  ),
  row(
    'slots out of order',
    listing(COPIER, ({ storageChanges }) => ({ storageChanges: storageChanges.toReversed() })),
    'list-not-canonical',
  ),
  row(
    'a slot without changes',
    listing(COPIER, ({ storageChanges }) => ({ storageChanges: [...storageChanges, { slot: 99n, changes: [] }] })),
    'list-not-canonical',
  ),
  row(
    'a plan of another version',
    planBytes(() => [2]),
    'plan-malformed',
  ),
  row(
    'a plan with bytes behind it',
    planBytes((bytes) => [...bytes, 0]),
    'plan-malformed',
  ),
  row(
    'a plan that ends early',
    planBytes((bytes) => bytes.slice(0, -1)),
    'plan-malformed',
  ),
  row(
    'a number of the plan in a longer form',
    planBytes(([version, count, ...rest]) => [version!, count! | 0x80, 0, ...rest]),
    'plan-malformed',
  ),
  row('a plan for fewer transactions', (block) => withPlan(block, (all) => all.slice(0, -1)), 'wrong-plan-length'),
  row(
    'neither list nor plan',
    (block) => ({ ...withHeader({ blockAccessListHash: undefined, plan: undefined })(block), accessList: undefined }),
    'field-missing',
    { field: 'blockAccessListHash' },
  ),
]

function planBytes(change: (bytes: readonly number[]) => readonly number[]): Lie {
  return (block) => withHeader({ plan: Uint8Array.from(change([...block.header.plan!])) })(block)
}

function threadOf({ genesis, database }: TestNode): ThreadState {
  return new ThreadState({ chain: genesis.config }, { database })
}

/** Nothing in these blocks contradicts anything else but the execution. */
const EXECUTIONS: readonly FalseBlock[] = [
  {
    name: 'a block executed on another state',
    builder: (miner) => onFalseSlot(COPIER, 2n, (value) => value + 5n, threadOf(miner)),
    lie: ({ block }) => block,
    code: 'wrong-written-value',
    details: { transaction: 2, location: slot(2) },
  },
  {
    name: 'a gift to the miner',
    builder: ({ execution }) =>
      withGift(execution, { index: 0n, validatorIndex: 0n, address: COINBASE_A, amountInGwei: 1n }),
    lie: ({ block }) => block,
    code: 'wrong-write-set',
    details: { step: 'after', leftOut: [], added: [`${COINBASE_A} balance`] },
  },
  {
    name: 'a lost update, its two writers claimed not to meet',
    builder: (miner) => losingUpdate(1, threadOf(miner)),
    lie: ({ block }) => grouped(block, HONEST_GROUPS.with(1, 99)),
    code: 'wrong-group',
    details: { transaction: 1 },
  },
  {
    name: 'a stale read, claimed not to have been one',
    builder: (miner) => losingUpdate(5, threadOf(miner)),
    lie: ({ block }) => grouped(withoutRead(5, slot(11))(block), HONEST_GROUPS.with(5, 99)),
    code: 'wrong-read-set',
    details: { transaction: 5, leftOut: [slot(11)] },
  },
  row(
    'transactions of one sender in the wrong order',
    (block) => {
      const { transactions } = block
      const swapped = transactions.with(0, transactions[8]!).with(8, transactions[0]!)
      return {
        ...withHeader({ transactionsRoot: listRoot(swapped.map(encodeTransaction)) })(block),
        transactions: swapped,
      }
    },
    'invalid-transaction',
    { transaction: 0, reason: 'nonce-too-high' },
  ),
]

/** Every kind of lie, told about the block of `honestTransactions`. */
export const LIES: readonly FalseBlock[] = [...READS, ...WRITES, ...GROUPS, ...GAS, ...ROOTS, ...FORMS, ...EXECUTIONS]
