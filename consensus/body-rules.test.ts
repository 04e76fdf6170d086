import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rulesFor } from '../config/hardforks.ts'
import type { BlockErrorCode } from '../execution/block/block-error.ts'
import type { Block } from '../primitives/block.ts'
import { type AccountChanges, blockAccessListHash } from '../primitives/block-access-list.ts'
import { developerAccounts } from '../primitives/developer-accounts.ts'
import type { Header } from '../primitives/header.ts'
import { hexToBytes, wordToAddress, ZERO_ADDRESS, ZERO_HASH } from '../primitives/hex.ts'
import { encodePlan } from '../primitives/plan.ts'
import { encodeTransaction, signTransaction, type Transaction } from '../primitives/transaction.ts'
import { encodeWithdrawal, type Withdrawal } from '../primitives/withdrawal.ts'
import { listRoot } from '../storage/trie/list-root.ts'
import { verifyBody } from './body-rules.ts'
import { ommersHash } from './ommer-rules.ts'

const [ACCOUNT] = developerAccounts(1)
const FEES = { chainId: 31337n, gasLimit: 21_000n, maxFeePerGas: 10n, maxPriorityFeePerGas: 1n, accessList: [] }
const BLOB = 131_072n

function transaction(nonce: bigint, data = new Uint8Array(0), blobs = 0): Transaction {
  const fields = { nonce, to: ZERO_ADDRESS, value: 1n, data, ...FEES }
  const blobVersionedHashes = Array.from({ length: blobs }, () => ZERO_HASH)
  const unsigned =
    blobs === 0
      ? ({ type: 2, ...fields } as const)
      : ({ type: 3, ...fields, maxFeePerBlobGas: 1n, blobVersionedHashes } as const)
  return signTransaction(unsigned, hexToBytes(ACCOUNT!.privateKey))
}

function account(word: bigint, slots: readonly bigint[] = []): AccountChanges {
  const address = wordToAddress(word)
  return { address, storageChanges: [], storageReads: slots, balanceChanges: [], nonceChanges: [], codeChanges: [] }
}

const withdrawal: Withdrawal = { index: 1n, validatorIndex: 2n, address: ZERO_ADDRESS, amountInGwei: 3n }

/** A block whose header names its body, whatever that is. */
function blockOf(body: Partial<Omit<Block, 'header'>>, changes: Partial<Header> = {}): Block {
  const { transactions = [transaction(0n)], ommers = [], withdrawals = [withdrawal], accessList = [account(1n)] } = body
  const blobs = transactions.map((each) => (each.type === 3 ? each.blobVersionedHashes.length : 0))
  const planned = transactions.map((_, group) => ({ gasUsed: 21_000n, reads: [], group }))
  const header: Header = {
    parentHash: ZERO_HASH,
    ommersHash: ommersHash(ommers),
    coinbase: ZERO_ADDRESS,
    stateRoot: ZERO_HASH,
    transactionsRoot: listRoot(transactions.map(encodeTransaction)),
    receiptsRoot: ZERO_HASH,
    logsBloom: new Uint8Array(256),
    difficulty: 0n,
    number: 1n,
    gasLimit: 1_000_000n,
    gasUsed: 0n,
    timestamp: 1n,
    extraData: new Uint8Array(0),
    mixHash: ZERO_HASH,
    nonce: new Uint8Array(8),
    baseFeePerGas: 1n,
    withdrawalsRoot: listRoot(withdrawals.map(encodeWithdrawal)),
    blobGasUsed: BLOB * BigInt(blobs.reduce((sum, count) => sum + count, 0)),
    excessBlobGas: 0n,
    parentBeaconBlockRoot: ZERO_HASH,
    requestsHash: ZERO_HASH,
    blockAccessListHash: blockAccessListHash(accessList),
    plan: encodePlan({ transactions: planned }),
    ...changes,
  }
  return { header, transactions, ommers, withdrawals, accessList }
}

const osaka = rulesFor('osaka')
const refuses = (block: Block, code: BlockErrorCode, label?: string) =>
  assert.throws(() => verifyBody(block, osaka), { code }, label)

test('a body that its header names is valid', () => {
  verifyBody(blockOf({}), osaka)
  verifyBody(blockOf({ transactions: [], withdrawals: [], accessList: [] }), osaka)
  verifyBody(blockOf({ transactions: [transaction(0n), transaction(1n, undefined, 2)] }), osaka)
})

test('each part of the body is bound by the header', () => {
  const block = blockOf({})
  refuses({ ...block, transactions: [transaction(1n)] }, 'wrong-transactions-root')
  refuses({ ...block, transactions: [] }, 'wrong-transactions-root')
  refuses({ ...block, withdrawals: [] }, 'wrong-withdrawals-root')
  refuses({ ...block, withdrawals: undefined }, 'wrong-withdrawals-root')
  refuses({ ...block, ommers: [block.header] }, 'wrong-ommers')
  refuses({ ...block, accessList: [account(2n)] }, 'wrong-list-hash')
  refuses({ ...block, accessList: undefined }, 'wrong-list-hash')
})

test('EIP-4844: blob gas used is that of the transactions', () => {
  refuses(blockOf({ transactions: [transaction(0n, undefined, 2)] }, { blobGasUsed: BLOB }), 'wrong-blob-gas-used')
  refuses(blockOf({}, { blobGasUsed: BLOB }), 'wrong-blob-gas-used')
})

test('EIP-7928: the list has its one form', () => {
  refuses(blockOf({ accessList: [account(2n), account(1n)] }), 'list-not-canonical')
  refuses(blockOf({ accessList: [account(1n), account(1n)] }), 'list-not-canonical')
  refuses(blockOf({ accessList: [{ ...account(1n), nonceChanges: [{ index: 3, value: 1n }] }] }), 'list-not-canonical')
  verifyBody(blockOf({ accessList: [{ ...account(1n), nonceChanges: [{ index: 2, value: 1n }] }] }), osaka)
})

test('the plan decodes, and has an entry for each transaction', () => {
  refuses(blockOf({}, { plan: Uint8Array.of(1, 1, 0) }), 'plan-malformed')
  refuses(blockOf({}, { plan: Uint8Array.of(2, 0) }), 'plan-malformed')
  refuses(blockOf({}, { plan: encodePlan({ transactions: [] }) }), 'wrong-plan-length')
})

test('bounds on transactions and on the list follow from the gas limit', () => {
  const transactions = [0n, 1n, 2n].map((nonce) => transaction(nonce))
  verifyBody(blockOf({ transactions }, { gasLimit: 50_400n }), osaka)
  refuses(blockOf({ transactions }, { gasLimit: 50_399n }), 'too-many-transactions')
  const slots = Array.from({ length: 1_200 }, (_, slot) => BigInt(slot))
  verifyBody(blockOf({ accessList: [account(1n, slots)] }, { gasLimit: 2_000_000n }), osaka)
  refuses(blockOf({ accessList: [account(1n, slots)] }), 'list-too-large')
})

test('EIP-7934: a block has at most 8 MiB, from Osaka on', () => {
  const bytes = osaka.maxBlockBytes
  const large = (size: number) => blockOf({ transactions: [transaction(0n, new Uint8Array(size))] })
  const overhead = 1_000
  verifyBody(large(bytes - overhead), osaka)
  refuses(large(bytes), 'block-too-large')
  verifyBody(large(bytes), rulesFor('prague'))
})
