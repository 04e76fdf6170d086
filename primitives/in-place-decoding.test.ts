import { test } from 'node:test'
import { Random, seedFromEnvironment } from '../test/support/random.ts'
import { type Block, decodeBlock, encodeBlock } from './block.ts'
import {
  addressItem,
  bitItem,
  bytesItem,
  type Comparison,
  compareDecoding,
  eitherItem,
  type FromItem,
  hashItem,
  itemTree,
  listItem,
  optionalItem,
  Refused,
  randomBytes,
  randomHex,
  randomUint,
  recordItem,
  several,
  uintItem,
  wordItem,
} from './fixtures/item-tree.ts'
import { decodeHeader, encodeHeader, type Header } from './header.ts'
import { decodeReceipt, encodeReceipt, type Receipt } from './receipt.ts'
import type { RlpItem } from './rlp.ts'
import { decodeTransaction, encodeTransaction, type Transaction } from './transaction.ts'
import { decodeWithdrawal, encodeWithdrawal, type Withdrawal } from './withdrawal.ts'

/*
 * Each format once more by way of a tree of items, written down from its specification. What it gives is compared with what
 * the decoders give, which read in place.
 */

const seed = seedFromEnvironment()
const random = new Random(seed)
const address = () => randomHex(random, 20)
const hash = () => randomHex(random, 32)
const uint64 = () => randomUint(random, 8)
const uint256 = () => randomUint(random, 32)
const bit = () => BigInt(random.below(2))

const uint64Item = uintItem(8)
const uint256Item = uintItem(32)

function compare<T>(name: string, comparison: Omit<Comparison<T>, 'random' | 'name' | 'runs'>): void {
  test(`${name} (seed ${seed})`, () => {
    compareDecoding({ random, name: `seed ${seed}, ${name}`, runs: 2_000, ...comparison })
  })
}

const accessListItem = listItem(recordItem({ address: addressItem, slots: listItem(wordItem) }))
const targetItems = {
  gasLimit: uint64Item,
  to: optionalItem(addressItem, undefined),
  value: uint256Item,
  data: bytesItem(),
}
const feeMarketItems = {
  chainId: uint256Item,
  nonce: uint64Item,
  maxPriorityFeePerGas: uint256Item,
  maxFeePerGas: uint256Item,
  ...targetItems,
  accessList: accessListItem,
}
const signatureItems = { yParity: bitItem, r: uint256Item, s: uint256Item }
const authorizationItem = recordItem({
  chainId: uint256Item,
  address: addressItem,
  nonce: uint64Item,
  yParity: uintItem(1),
  r: uint256Item,
  s: uint256Item,
})

/** By type: EIP-155, EIP-2930, EIP-1559, EIP-4844, EIP-7702. */
const TRANSACTION_ITEMS = [
  recordItem({
    nonce: uint64Item,
    gasPrice: uint256Item,
    ...targetItems,
    v: uint256Item,
    r: uint256Item,
    s: uint256Item,
  }),
  recordItem({
    ...{ chainId: uint256Item, nonce: uint64Item, gasPrice: uint256Item, ...targetItems, accessList: accessListItem },
    ...signatureItems,
  }),
  recordItem({ ...feeMarketItems, ...signatureItems }),
  recordItem({
    ...{ ...feeMarketItems, to: addressItem, maxFeePerBlobGas: uint256Item, blobVersionedHashes: listItem(hashItem) },
    ...signatureItems,
  }),
  recordItem({ ...feeMarketItems, to: addressItem, authorizationList: listItem(authorizationItem), ...signatureItems }),
]

/** `payload` of the type byte and what follows, or of a legacy list (EIP-2718). */
function ofType<T extends { readonly type: number }>(bytes: Uint8Array, payloads: readonly FromItem<unknown>[]): T {
  const first = bytes[0] ?? 0
  const type = first >= 0xc0 ? 0 : first
  const read = payloads[type]
  if (read === undefined || first === 0) throw new Refused()
  return { type, ...(read(itemTree(type === 0 ? bytes : bytes.subarray(1))) as object) } as T
}

function typeBytes(bytes: Uint8Array): number {
  return bytes[0]! >= 0xc0 ? 0 : 1
}

function makeTransaction(): Transaction {
  const common = {
    nonce: uint64(),
    gasLimit: uint64(),
    value: uint256(),
    data: randomBytes(random, random.pick([0, 1, 4, 68, 200])),
    r: uint256(),
    s: uint256(),
  }
  const to = random.chance(0.3) ? undefined : address()
  const gasPrice = uint256()
  const accessList = several(random, () => ({ address: address(), slots: several(random, uint256) }))
  const yParity = bit()
  const fees = { chainId: uint64(), maxPriorityFeePerGas: uint256(), maxFeePerGas: uint256(), accessList, yParity }
  const blobVersionedHashes = several(random, hash)
  const authorizationList = several(random, () => {
    const signature = { yParity: randomUint(random, 1), r: uint256(), s: uint256() }
    return { chainId: uint256(), address: address(), nonce: uint64(), ...signature }
  })
  return random.pick<Transaction>([
    { type: 0, gasPrice, v: uint64(), to, ...common },
    { type: 1, chainId: uint64(), gasPrice, to, accessList, yParity, ...common },
    { type: 2, to, ...fees, ...common },
    { type: 3, to: address(), maxFeePerBlobGas: uint256(), blobVersionedHashes, ...fees, ...common },
    { type: 4, to: address(), authorizationList, ...fees, ...common },
  ])
}

compare<Transaction>('transactions', {
  make: makeTransaction,
  encode: (transaction) => encodeTransaction({ ...transaction }),
  decode: decodeTransaction,
  decodeItems: (bytes) => ofType(bytes, TRANSACTION_ITEMS),
  skipped: typeBytes,
})

const logItem = recordItem({ address: addressItem, topics: listItem(hashItem, 4), data: bytesItem() })
const statusItem: FromItem<unknown> = (item) => (item.length === 32 ? hashItem(item) : bitItem(item) === 1n)
const receiptItems = {
  status: statusItem,
  cumulativeGasUsed: uint64Item,
  logsBloom: bytesItem(256),
  logs: listItem(logItem),
}
const receiptItem = eitherItem(recordItem(receiptItems), recordItem({ ...receiptItems, operationsHash: hashItem }))

compare<Receipt>('receipts', {
  make: () => ({
    type: random.pick([0, 1, 2, 3, 4]),
    status: random.pick([true, false, hash()]),
    cumulativeGasUsed: uint64(),
    logsBloom: randomBytes(random, 256),
    logs: several(random, () => {
      return {
        address: address(),
        topics: several(random, hash, 4),
        data: randomBytes(random, random.pick([0, 32, 70])),
      }
    }),
    ...(random.chance(0.5) && { operationsHash: hash() }),
  }),
  encode: (receipt) => encodeReceipt({ ...receipt }),
  decode: decodeReceipt,
  decodeItems: (bytes) => ofType(bytes, Array(5).fill(receiptItem)),
  skipped: typeBytes,
})

const FRONTIER_ITEMS = {
  parentHash: hashItem,
  ommersHash: hashItem,
  coinbase: addressItem,
  stateRoot: hashItem,
  transactionsRoot: hashItem,
  receiptsRoot: hashItem,
  logsBloom: bytesItem(256),
  difficulty: uint256Item,
  number: uint64Item,
  gasLimit: uint64Item,
  gasUsed: uint64Item,
  timestamp: uint64Item,
  extraData: bytesItem(),
  mixHash: hashItem,
  nonce: bytesItem(8),
}
const LONDON_ITEMS = { ...FRONTIER_ITEMS, baseFeePerGas: uint256Item }
const SHANGHAI_ITEMS = { ...LONDON_ITEMS, withdrawalsRoot: hashItem }
const CANCUN_ITEMS = {
  ...{ ...SHANGHAI_ITEMS, blobGasUsed: uint64Item, excessBlobGas: uint64Item },
  parentBeaconBlockRoot: hashItem,
}
const PRAGUE_ITEMS = { ...CANCUN_ITEMS, requestsHash: hashItem }
const PLAN_ITEMS = { blockAccessListHash: hashItem, plan: bytesItem() }
const HEADER_ITEMS = [
  ...[FRONTIER_ITEMS, LONDON_ITEMS, SHANGHAI_ITEMS, CANCUN_ITEMS, PRAGUE_ITEMS],
  ...[CANCUN_ITEMS, PRAGUE_ITEMS].map((items) => ({ ...items, ...PLAN_ITEMS })),
]
const headerItem = eitherItem(...HEADER_ITEMS.map(recordItem)) as FromItem<unknown> as FromItem<Header>

function makeHeader(): Header {
  const frontier = {
    parentHash: hash(),
    ommersHash: hash(),
    coinbase: address(),
    stateRoot: hash(),
    transactionsRoot: hash(),
    receiptsRoot: hash(),
    logsBloom: randomBytes(random, 256),
    difficulty: uint256(),
    number: uint64(),
    gasLimit: uint64(),
    gasUsed: uint64(),
    timestamp: uint64(),
    extraData: randomBytes(random, random.below(40)),
    mixHash: hash(),
    nonce: randomBytes(random, 8),
  }
  const shanghai = { ...frontier, baseFeePerGas: uint256(), withdrawalsRoot: hash() }
  const cancun = { ...shanghai, blobGasUsed: uint64(), excessBlobGas: uint64(), parentBeaconBlockRoot: hash() }
  const plan = { blockAccessListHash: hash(), plan: randomBytes(random, 100) }
  return random.pick([frontier, shanghai, cancun, { ...cancun, requestsHash: hash() }, { ...cancun, ...plan }])
}

compare<Header>('headers', {
  make: makeHeader,
  encode: encodeHeader,
  decode: decodeHeader,
  decodeItems: (bytes) => headerItem(itemTree(bytes)),
})

const withdrawalItem = recordItem({
  index: uint64Item,
  validatorIndex: uint64Item,
  address: addressItem,
  amountInGwei: uint64Item,
}) as FromItem<unknown> as FromItem<Withdrawal>

function makeWithdrawal(): Withdrawal {
  return { index: uint64(), validatorIndex: uint64(), address: address(), amountInGwei: uint64() }
}

compare<Withdrawal>('withdrawals', {
  make: makeWithdrawal,
  encode: encodeWithdrawal,
  decode: decodeWithdrawal,
  decodeItems: (bytes) => withdrawalItem(itemTree(bytes)),
})

/** A legacy transaction is a list, any other a byte string (EIP-2718). */
const transactionInBodyItem: FromItem<Transaction> = (item) => {
  if (Array.isArray(item)) return { type: 0, ...TRANSACTION_ITEMS[0]!(item) } as Transaction
  if (typeBytes(item) === 0) throw new Refused()
  return ofType(item, TRANSACTION_ITEMS)
}

/** Without an access list: those have tests of their own. */
function blockItem(item: RlpItem): Block {
  const body = { header: headerItem, transactions: listItem(transactionInBodyItem), ommers: listItem(headerItem, 2) }
  const block = eitherItem(recordItem(body), recordItem({ ...body, withdrawals: listItem(withdrawalItem) }))(item)
  const { header, withdrawals } = block as unknown as Block
  if ((header.withdrawalsRoot === undefined) !== (withdrawals === undefined)) throw new Refused()
  if (header.plan !== undefined) throw new Refused()
  return block as unknown as Block
}

compare<Block>('blocks', {
  make: () => {
    const { plan: _, blockAccessListHash: __, ...header } = makeHeader()
    const withdrawals = header.withdrawalsRoot === undefined ? {} : { withdrawals: several(random, makeWithdrawal) }
    return {
      header,
      transactions: several(random, makeTransaction),
      ommers: several(random, makeHeader, 2),
      ...withdrawals,
    }
  },
  encode: (block) => {
    const transactions = block.transactions.map((transaction) => ({ ...transaction }))
    return encodeBlock({ ...block, transactions })
  },
  decode: decodeBlock,
  decodeItems: (bytes) => blockItem(itemTree(bytes)),
})
