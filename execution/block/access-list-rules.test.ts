import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { rulesFor } from '../../config/hardforks.ts'
import {
  BEACON_ROOTS_ADDRESS,
  CONSOLIDATION_REQUESTS_ADDRESS,
  HISTORY_STORAGE_ADDRESS,
  SYSTEM_CONTRACTS,
  WITHDRAWAL_REQUESTS_ADDRESS,
} from '../../config/system-contracts.ts'
import {
  type AccountChanges,
  type BlockAccessList,
  blockAccessListHash,
  type Change,
  checkBlockAccessList,
  decodeBlockAccessList,
  encodeBlockAccessList,
} from '../../primitives/block-access-list.ts'
import { create2Address, createAddress } from '../../primitives/contract-address.ts'
import { DecodeError } from '../../primitives/errors.ts'
import { type Address, addressToBytes, bytesToHex, type Hash, ZERO_ADDRESS, ZERO_HASH } from '../../primitives/hex.ts'
import { encodeRlp } from '../../primitives/rlp.ts'
import { privateKeyToAddress } from '../../primitives/secp256k1.ts'
import { type Authorization, signAuthorization, type Transaction } from '../../primitives/transaction.ts'
import { delegationCode } from '../evm/delegation.ts'
import { assemble } from '../evm/fixtures/assembler.ts'
import { type MemoryAccount, MemoryView } from '../state/memory-view.ts'
import type { BlockEnvironment } from './environment.ts'
import { assembleFixture, blockOf, COINBASE, fixtureEnvironment, transaction } from './fixtures/random-block.ts'
import { judge } from './fixtures/replay.ts'
import { executeSerially, type SerialOptions } from './serial.ts'

const ETHER = 10n ** 18n
const MAX_NONCE = 2n ** 64n - 1n
const SECP256K1_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
const SYSTEM_ADDRESS: Address = '0xfffffffffffffffffffffffffffffffffffffffe'
const SHA256: Address = '0x0000000000000000000000000000000000000002'
/** Addition on BN254 (EIP-196). */
const ADD: Address = '0x0000000000000000000000000000000000000006'

const BOB_KEY = new Uint8Array(32).fill(2)
const ALICE = repeated('a1')
/** The authority of the authorizations. */
const BOB = privateKeyToAddress(BOB_KEY)
/** The contract that Alice calls ... */
const C = repeated('c0')
/** ... the one that this one calls ... */
const P = repeated('b0')
/** ... what is met, or not ... */
const T = repeated('77')
/** ... and an account that delegates to it. */
const D = repeated('d0')

// Gas, written down again so that a wrong price shows: EIP-2929, Yellow Paper appendix G, EIP-2200.
const COLD_ACCOUNT = 2_600n
const COLD_SLOT = 2_100n
const WARM = 100n
const CALL_VALUE = 9_000n
const NEW_ACCOUNT = 25_000n
const CREATE = 32_000n
const SELF_DESTRUCT = 5_000n
const STIPEND = 2_300n

function repeated(byte: string): Address {
  return `0x${byte.repeat(20)}`
}

function slots(values: Readonly<Record<number, bigint>>): ReadonlyMap<bigint, bigint> {
  return new Map(Object.entries(values).map(([slot, value]) => [BigInt(slot), value]))
}

type TransactionFields = Partial<Omit<Extract<Transaction, { type: 2 }>, 'type'>> & {
  readonly from?: Address
  readonly authorizationList?: readonly Authorization[]
}

interface BlockFields {
  readonly accounts?: Readonly<Record<Address, MemoryAccount>> | undefined
  /** From Alice, without fees, with the next nonce, if not said otherwise. */
  readonly transactions?: readonly TransactionFields[]
  /** Recipient and gwei. */
  readonly withdrawals?: readonly (readonly [Address, bigint])[]
  readonly environment?: Partial<BlockEnvironment>
  readonly parentHash?: Hash
}

function serialOptions(fields: BlockFields, parent: MemoryView): SerialOptions {
  const sent = fields.transactions ?? []
  const senders = sent.map(({ from }) => from ?? ALICE)
  const nonceOf = (index: number) => {
    const earlier = senders.slice(0, index).filter((each) => each === senders[index]).length
    return (parent.account(senders[index]!)?.nonce ?? 0n) + BigInt(earlier)
  }
  const transactions = sent.map(({ from, ...each }, index) => {
    const free = { maxFeePerGas: 0n, maxPriorityFeePerGas: 0n, nonce: nonceOf(index) }
    return { ...transaction({ ...free, ...each }), type: each.authorizationList ? 4 : 2 } as Transaction
  })
  const withdrawals = (fields.withdrawals ?? []).map(([address, amountInGwei], index) => {
    return { index: BigInt(index), validatorIndex: 1n, address, amountInGwei }
  })
  const environment = fixtureEnvironment({ baseFeePerGas: 0n, ...fields.environment })
  const { parentHash = ZERO_HASH } = fields
  return { environment, parentHash, transactions, senders, withdrawals, ommers: [], record: true }
}

/** The list of a block, which is also replayed and encoded: whatever is tested here holds for a validator too. */
function accessListOf(fields: BlockFields): BlockAccessList {
  const parent = new MemoryView([
    ...[...SYSTEM_CONTRACTS].map(([address, code]) => [address, { nonce: 1n, code }] as const),
    [ALICE, { balance: ETHER }],
    ...(Object.entries(fields.accounts ?? {}) as [Address, MemoryAccount][]),
  ])
  const options = serialOptions(fields, parent)
  const executed = assembleFixture(options, executeSerially(options, { view: parent }), parent)
  const accessList = executed.accessList!
  for (const cuts of ['groups', 'values'] as const) {
    assert.equal(judge(options, blockOf(options, executed), parent, cuts), undefined, `replayed by ${cuts}`)
  }
  assert.deepEqual(decodeBlockAccessList(encodeBlockAccessList(accessList), options.transactions.length), accessList)
  return accessList
}

/** Values by block access index. */
type Changes<T> = Readonly<Record<number, T>>

/** An account of the list, without its empty lists; codes in hex. */
interface Entry {
  /** By slot. */
  readonly writes?: Readonly<Record<string, Changes<bigint>>>
  readonly reads?: readonly bigint[]
  readonly balance?: Changes<bigint>
  readonly nonce?: Changes<bigint>
  readonly code?: Changes<string>
}

/** Met, and nothing else. */
const MET: Entry = {}

function entryOf({ storageChanges, storageReads, balanceChanges, nonceChanges, codeChanges }: AccountChanges): Entry {
  const byIndex = <T, U>(changes: readonly Change<T>[], show: (value: T) => U) =>
    Object.fromEntries(changes.map(({ index, value }) => [index, show(value)]))
  const same = (value: bigint) => value
  const writes = Object.fromEntries(storageChanges.map(({ slot, changes }) => [slot, byIndex(changes, same)]))
  return {
    ...(storageChanges.length > 0 && { writes }),
    ...(storageReads.length > 0 && { reads: storageReads }),
    ...(balanceChanges.length > 0 && { balance: byIndex(balanceChanges, same) }),
    ...(nonceChanges.length > 0 && { nonce: byIndex(nonceChanges, same) }),
    ...(codeChanges.length > 0 && { code: byIndex(codeChanges, bytesToHex) }),
  }
}

/** Looks up accounts in the list of a block; `undefined` for one that is not in it. */
function listed(fields: BlockFields): (address: Address) => Entry | undefined {
  const accessList = accessListOf(fields)
  return (address) => {
    const account = accessList.find((each) => each.address === address)
    return account && entryOf(account)
  }
}

interface CallFields extends BlockFields {
  /** C, but for its code. */
  readonly contract?: MemoryAccount
  /** Alice's transaction. */
  readonly call?: TransactionFields
}

/** The list of a block in which Alice calls C, which has this code. */
function called(source: string, { contract, call, ...fields }: CallFields = {}): ReturnType<typeof listed> {
  const accounts = { [C]: { nonce: 1n, code: assemble(source), ...contract }, ...fields.accounts }
  return listed({ ...fields, accounts, transactions: [{ to: C, ...call }, ...(fields.transactions ?? [])] })
}

/** The same where C calls P, which has that code, with exactly so much gas. */
function starved(gas: bigint, source: string, { contract, ...fields }: CallFields = {}): ReturnType<typeof listed> {
  const accounts = { [P]: { nonce: 1n, code: assemble(source), ...contract }, ...fields.accounts }
  return called(`0 0 0 0 0 ${P} ${gas} CALL`, { ...fields, accounts })
}

/** Calls T from C, with all gas and no data; `value` where the opcode takes one. */
function callOf(opcode: string, { to = T, value = 0n as bigint | string, gas = 'GAS' } = {}): string {
  const hasValue = opcode === 'CALL' || opcode === 'CALLCODE'
  return `0 0 0 0 ${hasValue ? value : ''} ${to} ${gas} ${opcode}`
}

const CALLS = ['CALL', 'CALLCODE', 'DELEGATECALL', 'STATICCALL'] as const
const LOOKS = {
  BALANCE: `${T} BALANCE`,
  EXTCODESIZE: `${T} EXTCODESIZE`,
  EXTCODEHASH: `${T} EXTCODEHASH`,
  EXTCODECOPY: `1 0 0 ${T} EXTCODECOPY`,
} as const

/** Stores the init code in memory and creates with it: leaves the address on the stack. */
function createOf(initCode: string, { value = 0n as bigint | string, hasSalt = false } = {}): string {
  const code = assemble(initCode)
  const words =
    bytesToHex(code)
      .slice(2)
      .match(/.{1,64}/g) ?? []
  const stores = words.map((word, index) => `PUSH32 0x${word.padEnd(64, '0')} ${32 * index} MSTORE`)
  return `${stores.join(' ')} ${hasSalt ? 0 : ''} ${code.length} 0 ${value} CREATE${hasSalt ? 2 : ''}`
}

/** Init code that leaves code of one STOP. */
const DEPLOY_STOP = '1 0 RETURN'
/** The first account that C creates. */
const CREATED = createAddress(C, 1n)

describe('storage (EIP-7928)', () => {
  const storage = slots({ 1: 5n })

  test('writes include any value change', () => {
    assert.deepEqual(called('6 1 SSTORE', { contract: { storage } })(C), { writes: { 1: { 1: 6n } } })
  })

  test('writes include the zeroing of a slot', () => {
    assert.deepEqual(called('0 1 SSTORE', { contract: { storage } })(C), { writes: { 1: { 1: 0n } } })
  })

  test('reads include slots accessed via SLOAD that are not written, whatever they hold', () => {
    assert.deepEqual(called('1 SLOAD 2 SLOAD', { contract: { storage } })(C), { reads: [1n, 2n] })
  })

  test('reads include slots written with unchanged values', () => {
    assert.deepEqual(called('5 1 SSTORE 0 2 SSTORE', { contract: { storage } })(C), { reads: [1n, 2n] })
  })

  test('a slot written and written back within a transaction is a read', () => {
    const source = '6 1 SSTORE 5 1 SSTORE 1 2 SSTORE 0 2 SSTORE'
    assert.deepEqual(called(source, { contract: { storage } })(C), { reads: [1n, 2n] })
  })

  test('a slot written back by an inner frame is a read', () => {
    const accounts = { [T]: { code: assemble('5 1 SSTORE') } }
    const entry = called(`6 1 SSTORE ${callOf('DELEGATECALL')}`, { contract: { storage }, accounts })
    assert.deepEqual([entry(C), entry(T)], [{ reads: [1n] }, MET])
  })

  test('several writes in one transaction are one change, to the final value', () => {
    const source = '7 1 SSTORE 5 1 SSTORE 8 1 SSTORE'
    assert.deepEqual(called(source, { contract: { storage } })(C), { writes: { 1: { 1: 8n } } })
  })

  test('a slot both read and written stands among the changes only', () => {
    const source = '1 SLOAD 6 1 SSTORE 1 SLOAD'
    assert.deepEqual(called(source, { contract: { storage } })(C), { writes: { 1: { 1: 6n } } })
  })

  test('a slot that another transaction only reads, or writes with the same value, is not among the reads', () => {
    const source = 'CALLVALUE 1 SSTORE'
    const entry = called(source, { call: { value: 1n }, transactions: [{ to: C, value: 1n }] })
    assert.deepEqual(entry(C)?.writes, { 1: { 1: 1n } })
    assert.equal(entry(C)?.reads, undefined)
  })

  test('a slot changed by one transaction and changed back by the next has both changes', () => {
    const entry = called('CALLVALUE 1 SSTORE', { call: { value: 1n }, transactions: [{ to: C }] })
    assert.deepEqual(entry(C)?.writes, { 1: { 1: 1n, 2: 0n } })
  })

  test('reads of different transactions are joined', () => {
    const entry = called('CALLVALUE SLOAD', { call: { value: 3n }, transactions: [{ to: C }, { to: C, value: 3n }] })
    assert.deepEqual(entry(C)?.reads, [0n, 3n])
  })

  test('code of another account works on the slots of the caller', () => {
    const accounts = { [T]: { code: assemble('1 1 SSTORE 2 SLOAD') } }
    for (const opcode of ['CALLCODE', 'DELEGATECALL']) {
      const entry = called(callOf(opcode), { accounts })
      assert.deepEqual([entry(C), entry(T)], [{ writes: { 1: { 1: 1n } }, reads: [2n] }, MET], opcode)
    }
  })

  test('transient storage is no part of it (EIP-1153)', () => {
    assert.deepEqual(called('1 1 TSTORE 1 TLOAD')(C), MET)
  })
})

describe('what fails (EIP-7928)', () => {
  const inner = (end: string) => ({ [T]: { code: assemble(`1 SLOAD 1 2 SSTORE ${repeated('ee')} BALANCE ${end}`) } })

  for (const end of ['0 0 REVERT', 'INVALID', '0xffffffff MLOAD']) {
    test(`all that a reverted call accessed is included, its writes as reads: ${end}`, () => {
      const entry = called(`${callOf('CALL', { gas: '50000' })} 1 1 SSTORE`, { accounts: inner(end) })
      assert.deepEqual([entry(T), entry(repeated('ee'))], [{ reads: [1n, 2n] }, MET])
      assert.deepEqual(entry(C), { writes: { 1: { 1: 1n } } })
    })

    test(`so is all of a transaction that failed: ${end}`, () => {
      const entry = listed({ accounts: inner(end), transactions: [{ to: T, gasLimit: 100_000n }] })
      assert.deepEqual([entry(T), entry(repeated('ee'))], [{ reads: [1n, 2n] }, MET])
      assert.deepEqual(entry(ALICE), { nonce: { 1: 1n } })
    })
  }

  test('what a call that returned has done is undone with its caller', () => {
    const accounts = { [T]: { code: assemble('1 1 SSTORE') } }
    const entry = called(`1 2 SSTORE ${callOf('CALL', { value: 5n })} 0 0 REVERT`, {
      contract: { balance: 9n },
      accounts,
    })
    assert.deepEqual([entry(C), entry(T)], [{ reads: [2n] }, { reads: [1n] }])
  })

  test('exceptional halts record the final nonce and balance of the sender, and the balance of the fee recipient', () => {
    const fees = { maxFeePerGas: 10n, maxPriorityFeePerGas: 3n, gasLimit: 50_000n, value: 1n }
    const entry = called('INVALID', { call: fees, environment: { baseFeePerGas: 7n } })
    assert.deepEqual(entry(ALICE), { nonce: { 1: 1n }, balance: { 1: ETHER - 500_000n } })
    assert.deepEqual([entry(COINBASE), entry(C)], [{ balance: { 1: 150_000n } }, MET])
  })
})

describe('addresses accessed without state changes (EIP-7928)', () => {
  const others: Readonly<Record<string, string>> = {
    ...LOOKS,
    ...Object.fromEntries(CALLS.map((opcode) => [opcode, callOf(opcode)])),
    SELFDESTRUCT: `${T} SELFDESTRUCT`,
  }
  const targets: Readonly<Record<string, MemoryAccount | undefined>> = {
    absent: undefined,
    'of a person': { balance: 1n },
    contract: { nonce: 1n, code: assemble('STOP') },
  }

  for (const [opcode, source] of Object.entries(others)) {
    for (const [kind, account] of Object.entries(targets)) {
      test(`targets of ${opcode}: ${kind}`, () => {
        const entry = called(source, { accounts: account && { [T]: account } })
        assert.deepEqual([entry(T), entry(C)], [MET, MET])
      })
    }

    test(`targets of ${opcode}, in a transaction that failed`, () => {
      const accounts = { [P]: { code: assemble(source) } }
      const entry = called(`${callOf('CALL', { to: P })} INVALID`, { accounts })
      assert.deepEqual([entry(T), entry(P)], [MET, MET])
    })
  }

  test('targets of calls that revert', () => {
    const accounts = { [T]: { code: assemble('0 0 REVERT') } }
    for (const opcode of CALLS) assert.deepEqual(called(callOf(opcode), { accounts })(T), MET, opcode)
  })

  test('sender and recipient of a transaction, even for zero-value transfers', () => {
    const entry = listed({ transactions: [{ to: T }] })
    assert.deepEqual([entry(ALICE), entry(T)], [{ nonce: { 1: 1n } }, MET])
  })

  test('SYSTEM_ADDRESS where it is accessed itself', () => {
    assert.deepEqual(called(`${SYSTEM_ADDRESS} BALANCE`)(SYSTEM_ADDRESS), MET)
    assert.deepEqual(called(`${SYSTEM_ADDRESS} SELFDESTRUCT`)(SYSTEM_ADDRESS), MET)
  })

  test('nothing is added by looking at oneself or at the block', () => {
    const accounts = { [C]: { code: assemble('SELFBALANCE CALLER ORIGIN COINBASE ADDRESS 99 BLOCKHASH') } }
    const addresses = accessListOf({ accounts, transactions: [{ to: C }] }).map(({ address }) => address)
    assert.deepEqual(addresses, [...SYSTEM_CONTRACTS.keys(), ALICE, C, COINBASE].sort())
  })

  test('entries of an EIP-2930 access list are not included automatically', () => {
    const accessList = [
      { address: T, slots: [1n] },
      { address: C, slots: [1n, 2n] },
    ]
    const entry = called('2 SLOAD 3 SLOAD', { call: { accessList } })
    assert.deepEqual([entry(T), entry(C)], [undefined, { reads: [2n, 3n] }])
  })
})

interface GasRule {
  readonly name: string
  /** Run by P. */
  readonly source: string
  /** Least gas with which the address counts as accessed, when it is cold. */
  readonly gas: bigint
  /** How much less that is when an access list made it warm. */
  readonly warmSaves: bigint
  readonly address: Address
}

function rule(name: string, source: string, gas: bigint, fields: Partial<GasRule> = {}): GasRule {
  return { name, source, gas, warmSaves: COLD_ACCOUNT - WARM, address: T, ...fields }
}

/** A push costs 3, of zero 2 (PUSH0). */
const GAS_RULES: readonly GasRule[] = [
  rule('BALANCE', `${T} BALANCE`, 3n + COLD_ACCOUNT),
  rule('EXTCODESIZE', `${T} EXTCODESIZE`, 3n + COLD_ACCOUNT),
  rule('EXTCODEHASH', `${T} EXTCODEHASH`, 3n + COLD_ACCOUNT),
  rule('EXTCODECOPY, memory and copy', `32 0 0 ${T} EXTCODECOPY`, 10n + COLD_ACCOUNT + 3n + 3n),
  ...CALLS.flatMap((opcode) => {
    const hasValue = opcode === 'CALL' || opcode === 'CALLCODE'
    const target = `${hasValue ? 0 : ''} ${T} 0 ${opcode}`
    const gas = (hasValue ? 15n : 13n) + COLD_ACCOUNT
    return [
      rule(opcode, `0 0 0 0 ${target}`, gas),
      rule(`${opcode}, memory of the input`, `0 0 32 0 ${target}`, gas + 1n + 3n),
      rule(`${opcode}, memory of the output`, `64 0 0 0 ${target}`, gas + 1n + 6n),
    ]
  }),
  rule('CALL, value', `0 0 0 0 1 ${T} 0 CALL`, 16n + COLD_ACCOUNT + CALL_VALUE),
  rule('CALLCODE, value', `0 0 0 0 1 ${T} 0 CALLCODE`, 16n + COLD_ACCOUNT + CALL_VALUE),
  rule('SELFDESTRUCT', `${T} SELFDESTRUCT`, 3n + SELF_DESTRUCT + COLD_ACCOUNT, { warmSaves: COLD_ACCOUNT }),
  rule('CREATE, memory and init code', '32 0 0 CREATE', 7n + CREATE + 3n + 2n, {
    warmSaves: 0n,
    address: createAddress(P, 1n),
  }),
  rule('CREATE2, memory, init code and its hash', '0 32 0 0 CREATE2', 9n + CREATE + 3n + 2n + 6n, {
    warmSaves: 0n,
    address: create2Address(P, ZERO_HASH, new Uint8Array(32)),
  }),
]

describe('gas validation before state access (EIP-7928)', () => {
  for (const { name, source, gas, warmSaves, address } of GAS_RULES) {
    const accounts = { [T]: { balance: 1n } }
    const contract = { balance: 1n }
    const warm = { call: { accessList: [{ address, slots: [] }] } }

    test(`the target is included with exactly the gas, not with one less: ${name}`, () => {
      assert.notEqual(starved(gas, source, { accounts, contract })(address), undefined)
      assert.equal(starved(gas - 1n, source, { accounts, contract })(address), undefined)
    })

    test(`so too when it is warm: ${name}`, () => {
      assert.notEqual(starved(gas - warmSaves, source, { accounts, contract, ...warm })(address), undefined)
      assert.equal(starved(gas - warmSaves - 1n, source, { accounts, contract, ...warm })(address), undefined)
    })
  }

  test('SLOAD: a slot is read with exactly the gas, not with one less', () => {
    const warm = { call: { accessList: [{ address: P, slots: [1n] }] } }
    assert.deepEqual(starved(3n + COLD_SLOT, '1 SLOAD')(P), { reads: [1n] })
    assert.deepEqual(starved(3n + COLD_SLOT - 1n, '1 SLOAD')(P), MET)
    assert.deepEqual(starved(3n + WARM, '1 SLOAD', warm)(P), { reads: [1n] })
    assert.deepEqual(starved(3n + WARM - 1n, '1 SLOAD', warm)(P), MET)
  })

  test('SSTORE: a slot is read with more than the call stipend, written with all that it costs', () => {
    const set = 6n + COLD_SLOT + 20_000n
    assert.deepEqual(starved(6n + STIPEND, '1 1 SSTORE')(P), MET)
    assert.deepEqual(starved(6n + STIPEND + 1n, '1 1 SSTORE')(P), { reads: [1n] })
    assert.deepEqual(starved(set - 1n, '1 1 SSTORE')(P), { reads: [1n] })
    assert.deepEqual(starved(set, '1 1 SSTORE')(P), { writes: { 1: { 1: 1n } } })
  })

  test('SSTORE: a warm slot is not accessed within the call stipend either', () => {
    const warm = { call: { accessList: [{ address: P, slots: [1n] }] } }
    assert.deepEqual(starved(6n + STIPEND, '1 1 SSTORE', warm)(P), MET)
    assert.deepEqual(starved(6n + STIPEND + 1n, '1 1 SSTORE', warm)(P), { reads: [1n] })
  })

  test('a target that cannot be brought into being for lack of gas has been accessed: CALL', () => {
    const contract = { balance: 1n }
    const gas = 16n + COLD_ACCOUNT + CALL_VALUE + NEW_ACCOUNT
    const entry = starved(gas - 1n, `0 0 0 0 1 ${T} 0 CALL`, { contract })
    assert.deepEqual([entry(T), entry(P)], [MET, MET])
    assert.deepEqual(starved(gas, `0 0 0 0 1 ${T} 0 CALL`, { contract })(T), { balance: { 1: 1n } })
  })

  test('a beneficiary that cannot be brought into being for lack of gas has been accessed: SELFDESTRUCT', () => {
    const contract = { balance: 1n }
    const gas = 3n + SELF_DESTRUCT + COLD_ACCOUNT + NEW_ACCOUNT
    const entry = starved(gas - 1n, `${T} SELFDESTRUCT`, { contract })
    assert.deepEqual([entry(T), entry(P)], [MET, MET])
    assert.deepEqual(starved(gas, `${T} SELFDESTRUCT`, { contract })(T), { balance: { 1: 1n } })
  })

  for (const opcode of CALLS) {
    const pushes = opcode === 'CALL' || opcode === 'CALLCODE' ? 15n : 13n
    const source = callOf(opcode, { to: D, gas: '0' })
    const accounts = { [D]: { code: delegationCode(T) } }
    const both = (gas: bigint, fields?: CallFields) => {
      const entry = starved(gas, source, { accounts, ...fields })
      return [entry(D), entry(T)]
    }

    test(`a delegation target is included only when its own access is paid for: ${opcode}`, () => {
      const first = pushes + COLD_ACCOUNT
      assert.deepEqual(both(first - 1n), [undefined, undefined])
      assert.deepEqual(both(first), [MET, undefined])
      assert.deepEqual(both(first + COLD_ACCOUNT - 1n), [MET, undefined])
      assert.deepEqual(both(first + COLD_ACCOUNT), [MET, MET])
    })

    test(`so too when both are warm: ${opcode}`, () => {
      const accessList = [D, T].map((address) => ({ address, slots: [] }))
      const first = pushes + WARM
      assert.deepEqual(both(first - 1n, { call: { accessList } }), [undefined, undefined])
      assert.deepEqual(both(first + WARM - 1n, { call: { accessList } }), [MET, undefined])
      assert.deepEqual(both(first + WARM, { call: { accessList } }), [MET, MET])
    })
  }

  test('an instruction that static context forbids accesses nothing', () => {
    const sources = [`0 0 0 0 1 ${T} GAS CALL`, `${T} SELFDESTRUCT`, '1 1 SSTORE', createOf(DEPLOY_STOP)]
    for (const source of sources) {
      const accounts = { [P]: { nonce: 1n, balance: 1n, code: assemble(source) } }
      const entry = called(callOf('STATICCALL', { to: P }), { accounts })
      assert.deepEqual([entry(P), entry(T), entry(createAddress(P, 1n))], [MET, undefined, undefined], source)
    }
  })

  test('calls without value, and CALLCODE with one, are not forbidden there', () => {
    for (const source of [...CALLS.map((opcode) => callOf(opcode)), callOf('CALLCODE', { value: 1n })]) {
      const accounts = { [P]: { balance: 1n, code: assemble(source) } }
      assert.deepEqual(called(callOf('STATICCALL', { to: P }), { accounts })(T), MET, source)
    }
  })
})

describe('calls that are paid for and do not go ahead (EIP-7928)', () => {
  const accounts = { [D]: { code: delegationCode(T) } }
  /** C calls itself until that fails, at depth 1024, and there runs the rest. Before Osaka, whose gas would not do. */
  const deepest = (source: string) =>
    called(`0 0 0 0 0 ADDRESS GAS CALL ISZERO 13 JUMPI STOP JUMPDEST ${source}`, {
      accounts,
      call: { gasLimit: 2n ** 50n },
      environment: { rules: rulesFor('prague'), gasLimit: 2n ** 50n },
    })

  test('the target was accessed, what it delegates to was not: too little balance', () => {
    for (const opcode of ['CALL', 'CALLCODE']) {
      const entry = called(callOf(opcode, { to: D, value: 1n }), { accounts })
      assert.deepEqual([entry(C), entry(D), entry(T)], [MET, MET, undefined], opcode)
      const funded = called(callOf(opcode, { to: D, value: 1n }), { accounts, contract: { balance: 1n } })
      assert.deepEqual(funded(T), MET, opcode)
    }
  })

  test('the target was accessed, what it delegates to was not: too deep', () => {
    for (const opcode of CALLS) {
      const entry = deepest(callOf(opcode, { to: D }))
      assert.deepEqual([entry(C), entry(D), entry(T)], [MET, MET, undefined], opcode)
    }
  })

  test('the target of a creation was not: too deep', () => {
    const entry = deepest(createOf(DEPLOY_STOP))
    assert.deepEqual([entry(C), entry(CREATED)], [MET, undefined])
  })

  test('the target of a creation was not: too little balance', () => {
    const entry = called(createOf(DEPLOY_STOP, { value: 2n }), { contract: { balance: 1n } })
    assert.deepEqual([entry(C), entry(CREATED)], [MET, undefined])
  })

  test('the target of a creation was not: the creator has no nonce left', () => {
    const create = (nonce: bigint) => {
      const entry = called(createOf(DEPLOY_STOP), { contract: { nonce } })
      return [entry(C), entry(createAddress(C, nonce))]
    }
    assert.deepEqual(create(MAX_NONCE), [MET, undefined])
    assert.deepEqual(create(MAX_NONCE - 1n), [{ nonce: { 1: MAX_NONCE } }, { nonce: { 1: 1n }, code: { 1: '0x00' } }])
  })

  test('the target of a creation was not: too much init code', () => {
    const entry = called('49153 0 0 CREATE')
    assert.deepEqual([entry(C), entry(CREATED)], [MET, undefined])
    assert.deepEqual(called('49152 0 0 CREATE')(CREATED), { nonce: { 1: 1n } })
  })
})

describe('the block access index (EIP-7928)', () => {
  const hash = `0x${'07'.repeat(32)}` as const
  const value = BigInt(hash)

  test('is 0 for pre-execution system contract calls: two slots for EIP-4788, one for EIP-2935', () => {
    const environment = { timestamp: 1_000n, number: 100n, parentBeaconBlockRoot: hash }
    const entry = listed({ environment, parentHash: hash })
    assert.deepEqual(entry(BEACON_ROOTS_ADDRESS), { writes: { 1000: { 0: 1_000n }, 9191: { 0: value } } })
    assert.deepEqual(entry(HISTORY_STORAGE_ADDRESS), { writes: { 99: { 0: value } } })
  })

  test('a system call that writes the value that was there is a read, as for any other write', () => {
    const entry = listed({ environment: { timestamp: 1_000n, parentBeaconBlockRoot: ZERO_HASH } })
    assert.deepEqual(entry(BEACON_ROOTS_ADDRESS), { writes: { 1000: { 0: 1_000n } }, reads: [9191n] })
  })

  test('system calls before the block are netted together', () => {
    const toggle = assemble('1 SLOAD ISZERO 1 SSTORE 2 SLOAD 1 ADD 2 SSTORE')
    const accounts = {
      [HISTORY_STORAGE_ADDRESS]: { code: toggle },
      [BEACON_ROOTS_ADDRESS]: { code: assemble(callOf('CALL', { to: HISTORY_STORAGE_ADDRESS })) },
    }
    assert.deepEqual(listed({ accounts })(HISTORY_STORAGE_ADDRESS), { writes: { 2: { 0: 2n } }, reads: [1n] })
  })

  test('a system contract without code is accessed all the same', () => {
    const entry = listed({ accounts: { [BEACON_ROOTS_ADDRESS]: {}, [HISTORY_STORAGE_ADDRESS]: {} } })
    assert.deepEqual([entry(BEACON_ROOTS_ADDRESS), entry(HISTORY_STORAGE_ADDRESS)], [MET, MET])
  })

  test('the system caller is not included', () => {
    assert.equal(called('STOP')(SYSTEM_ADDRESS), undefined)
  })

  test('is 1 to n for transactions, in block order', () => {
    const transactions = [1n, 2n, 3n].map((value) => ({ to: T, value }))
    const entry = listed({ transactions })
    assert.deepEqual(entry(T), { balance: { 1: 1n, 2: 3n, 3: 6n } })
    assert.deepEqual(entry(ALICE)?.nonce, { 1: 1n, 2: 2n, 3: 3n })
  })

  for (const address of [WITHDRAWAL_REQUESTS_ADDRESS, CONSOLIDATION_REQUESTS_ADDRESS]) {
    test(`the dequeuing call reads slots 0 to 3 of ${address} in any block`, () => {
      assert.deepEqual(listed({})(address), { reads: [0n, 1n, 2n, 3n] })
    })
  }

  const requests: readonly (readonly [Address, number, number])[] = [
    [WITHDRAWAL_REQUESTS_ADDRESS, 56, 3],
    [CONSOLIDATION_REQUESTS_ADDRESS, 96, 4],
  ]
  for (const [to, bytes, words] of requests) {
    test(`is n + 1 for post-execution system contract calls: ${to}`, () => {
      const data = new Uint8Array(bytes).fill(9)
      const entry = listed({ transactions: [{ to: T }, { to, value: 1n, data }] })
      const { writes, ...others } = entry(to)!
      // Count and tail of the queue, then the request itself.
      const reset = { 2: 1n, 3: 0n }
      assert.deepEqual([writes?.[1], writes?.[3]], [reset, reset])
      const queued = Array.from({ length: words }, (_, word) => `${4 + word}`)
      assert.deepEqual(Object.keys(writes ?? {}), ['1', '3', ...queued])
      for (const slot of queued) assert.deepEqual(Object.keys(writes?.[slot] ?? {}), ['2'])
      assert.deepEqual(others, { reads: [0n, 2n], balance: { 2: 1n } })
    })
  }
})

describe('withdrawals (EIP-7928, EIP-4895)', () => {
  const GWEI = 10n ** 9n

  test('recipients are recorded with their final balance after the withdrawal', () => {
    assert.deepEqual(listed({ withdrawals: [[T, 5n]] })(T), { balance: { 1: 5n * GWEI } })
  })

  test('several to one recipient are one change', () => {
    const withdrawals = [5n, 0n, 7n].map((gwei) => [T, gwei] as const)
    const entry = listed({ withdrawals, accounts: { [T]: { balance: 1n } } })
    assert.deepEqual(entry(T), { balance: { 1: 1n + 12n * GWEI } })
  })

  test('a recipient of nothing is included without changes', () => {
    assert.deepEqual(listed({ withdrawals: [[T, 0n]] })(T), MET)
    assert.deepEqual(listed({ withdrawals: [[T, 0n]], accounts: { [T]: { balance: 1n } } })(T), MET)
  })

  test('they come after the transactions', () => {
    const entry = listed({ transactions: [{ to: T, value: GWEI }], withdrawals: [[T, 2n]] })
    assert.deepEqual(entry(T), { balance: { 1: GWEI, 2: 3n * GWEI } })
  })

  test('they run no code, and meet nothing that an account delegates to', () => {
    const accounts = { [C]: { code: assemble('1 1 SSTORE') }, [D]: { code: delegationCode(T) } }
    const recipients = [C, D, SHA256]
    const entry = listed({ accounts, withdrawals: recipients.map((address) => [address, 1n] as const) })
    for (const address of recipients) assert.deepEqual(entry(address), { balance: { 1: GWEI } })
    assert.equal(entry(T), undefined)
  })
})

describe('the coinbase (EIP-7928)', () => {
  const tip = { maxFeePerGas: 10n, maxPriorityFeePerGas: 3n }
  const environment = { baseFeePerGas: 7n }

  test('is not included for blocks with no transactions', () => {
    assert.equal(listed({})(COINBASE), undefined)
    assert.equal(listed({ withdrawals: [[T, 1n]] })(COINBASE), undefined)
  })

  test('is included for those if it is withdrawn to', () => {
    assert.deepEqual(listed({ withdrawals: [[COINBASE, 1n]] })(COINBASE), { balance: { 1: 10n ** 9n } })
  })

  test('is included as a read if its reward is zero', () => {
    assert.deepEqual(listed({ transactions: [{ to: T }] })(COINBASE), MET)
    const free = { ...tip, maxPriorityFeePerGas: 0n }
    assert.deepEqual(listed({ transactions: [{ to: T, ...free }], environment })(COINBASE), MET)
  })

  test('has its final balance recorded after each transaction', () => {
    const entry = listed({ transactions: [{ to: T, ...tip }, { to: T }, { to: T, ...tip }] })
    assert.deepEqual(entry(COINBASE), {
      balance: { 1: 63_000n, 3: 126_000n },
    })
  })

  test('has fee and value in one change', () => {
    const entry = listed({ transactions: [{ to: COINBASE, value: 5n, ...tip }], environment })
    assert.deepEqual(entry(COINBASE), { balance: { 1: 63_005n } })
  })

  test('may be the sender, whose change is what it pays in the end', () => {
    const entry = listed({ transactions: [{ to: T, ...tip }], environment: { ...environment, coinbase: ALICE } })
    assert.deepEqual(entry(ALICE), { nonce: { 1: 1n }, balance: { 1: ETHER - 7n * 21_000n } })
  })

  test('keeps a balance that it has and passes on at once out of the changes', () => {
    const accounts = { [COINBASE]: { balance: 9n, code: assemble(`0 0 0 0 CALLVALUE ${T} GAS CALL`) } }
    const entry = listed({ accounts, transactions: [{ to: COINBASE, value: 5n }] })
    assert.deepEqual([entry(COINBASE), entry(T)], [MET, { balance: { 1: 5n } }])
  })
})

describe('precompiles (EIP-7928)', () => {
  test('are included when a transaction calls them; with a balance change if they receive value', () => {
    assert.deepEqual(listed({ transactions: [{ to: SHA256 }] })(SHA256), MET)
    assert.deepEqual(listed({ transactions: [{ to: SHA256, value: 3n }] })(SHA256), { balance: { 1: 3n } })
  })

  for (const opcode of CALLS) {
    test(`are included when called with ${opcode}`, () => {
      assert.deepEqual(called(callOf(opcode, { to: SHA256 }))(SHA256), MET)
    })
  }

  test('are included when looked at, and when they fail', () => {
    assert.deepEqual(called(`${SHA256} EXTCODEHASH`)(SHA256), MET)
    assert.deepEqual(called(callOf('CALL', { to: SHA256, gas: '1' }))(SHA256), MET)
    // (1, 0) is no point of the curve.
    const entry = called(`1 0 MSTORE 0 0 32 0 1 ${ADD} GAS CALL`, { contract: { balance: 1n } })
    assert.deepEqual([entry(ADD), entry(C)], [MET, MET])
  })

  test('are not included for being warm', () => {
    assert.equal(called('STOP')(SHA256), undefined)
  })
})

describe('self-destruction (EIP-7928, EIP-6780)', () => {
  test('of an old account: sender and beneficiary are recorded with a balance change, and nothing else', () => {
    const entry = called(`1 1 SSTORE ${T} SELFDESTRUCT`, { contract: { balance: 5n } })
    assert.deepEqual(entry(C), { writes: { 1: { 1: 1n } }, balance: { 1: 0n } })
    assert.deepEqual(entry(T), { balance: { 1: 5n } })
  })

  test('of an old account without balance: both are included without changes', () => {
    const entry = called(`${T} SELFDESTRUCT`)
    assert.deepEqual([entry(C), entry(T)], [MET, MET])
  })

  test('of an old account to itself changes nothing', () => {
    assert.deepEqual(called('ADDRESS SELFDESTRUCT', { contract: { balance: 5n } })(C), MET)
  })

  test('of an account created in the transaction: no nonce or code changes, its slots are reads', () => {
    const initCode = `1 1 SSTORE 2 SLOAD ${T} SELFDESTRUCT`
    const entry = called(createOf(initCode, { value: 5n }), { contract: { balance: 9n } })
    assert.deepEqual(entry(CREATED), { reads: [1n, 2n] })
    assert.deepEqual(entry(C), { nonce: { 1: 2n }, balance: { 1: 4n } })
    assert.deepEqual(entry(T), { balance: { 1: 5n } })
  })

  test('of one that had a balance before the transaction: the change to zero is recorded', () => {
    const accounts = { [CREATED]: { balance: 7n } }
    const entry = called(createOf(`${T} SELFDESTRUCT`, { value: 5n }), { contract: { balance: 5n }, accounts })
    assert.deepEqual([entry(CREATED), entry(T)], [{ balance: { 1: 0n } }, { balance: { 1: 12n } }])
  })

  test('of a created account to itself: the balance is burnt', () => {
    const source = createOf('ADDRESS SELFDESTRUCT', { value: 5n })
    assert.deepEqual(called(source, { contract: { balance: 5n } })(CREATED), MET)
    const accounts = { [CREATED]: { balance: 7n } }
    assert.deepEqual(called(source, { contract: { balance: 5n }, accounts })(CREATED), { balance: { 1: 0n } })
  })

  test('of a created account that is sent value afterwards: that is burnt too', () => {
    const source = `${createOf(`${T} SELFDESTRUCT`)} ${callOf('CALL', { to: CREATED, value: 5n })}`
    const entry = called(source, { contract: { balance: 5n } })
    assert.deepEqual([entry(CREATED), entry(C)], [MET, { nonce: { 1: 2n }, balance: { 1: 0n } }])
  })

  test('of a created account by its own code, after it had been deployed', () => {
    const deploy = `PUSH32 0x${Buffer.from(assemble('1 1 SSTORE 0 SELFDESTRUCT')).toString('hex').padEnd(64, '0')}`
    const source = `${createOf(`${deploy} 0 MSTORE 7 0 RETURN`)} ${callOf('CALL', { to: CREATED })}`
    const entry = called(source)
    assert.deepEqual([entry(CREATED), entry(ZERO_ADDRESS)], [{ reads: [1n] }, MET])
  })

  test('in a frame that reverts: both accounts are included without changes', () => {
    const accounts = { [T]: { balance: 5n, code: assemble(`${P} SELFDESTRUCT`) } }
    const entry = called(`${callOf('CALL')} 0 0 REVERT`, { accounts })
    assert.deepEqual([entry(T), entry(P)], [MET, MET])
  })

  test('to the sender: one balance change of it', () => {
    const entry = called('CALLER SELFDESTRUCT', { contract: { balance: 5n } })
    assert.deepEqual(entry(ALICE), { nonce: { 1: 1n }, balance: { 1: ETHER + 5n } })
  })

  test('to a delegating account runs nothing', () => {
    const entry = called(`${D} SELFDESTRUCT`, {
      contract: { balance: 5n },
      accounts: { [D]: { code: delegationCode(T) } },
    })
    assert.deepEqual([entry(D), entry(T)], [{ balance: { 1: 5n } }, undefined])
  })

  test('an account destroyed in one transaction can be created by the next', () => {
    const initCode = `1 1 SSTORE CALLVALUE 13 JUMPI ${DEPLOY_STOP} JUMPDEST ${T} SELFDESTRUCT`
    const source = createOf(initCode, { value: 'CALLVALUE', hasSalt: true })
    const entry = called(source, { call: { value: 3n }, transactions: [{ to: C }] })
    const created = create2Address(C, ZERO_HASH, assemble(initCode))
    assert.deepEqual(entry(created), { writes: { 1: { 2: 1n } }, nonce: { 2: 1n }, code: { 2: '0x00' } })
    assert.deepEqual(entry(T), { balance: { 1: 3n } })
  })
})

describe('creations (EIP-7928)', () => {
  for (const hasSalt of [false, true]) {
    const name = hasSalt ? 'CREATE2' : 'CREATE'
    const addressOf = (initCode: string) =>
      hasSalt ? create2Address(C, ZERO_HASH, assemble(initCode)) : createAddress(C, 1n)
    const created = (initCode: string, fields: CallFields & { value?: bigint } = {}) => {
      const entry = called(`${createOf(initCode, { hasSalt, value: fields.value ?? 0n })} 9 SSTORE`, fields)
      return { created: entry(addressOf(initCode)), creator: entry(C), entry }
    }
    const failed: Entry = { reads: [9n], nonce: { 1: 2n } }

    test(`${name}: creator and created account have nonce changes, the latter its code`, () => {
      const { created: account, creator } = created(DEPLOY_STOP)
      assert.deepEqual(account, { nonce: { 1: 1n }, code: { 1: '0x00' } })
      assert.deepEqual(creator, { writes: { 9: { 1: BigInt(addressOf(DEPLOY_STOP)) } }, nonce: { 1: 2n } })
    })

    test(`${name}: both have balance changes if value > 0`, () => {
      const fields = { value: 5n, contract: { balance: 9n }, accounts: { [addressOf(DEPLOY_STOP)]: { balance: 1n } } }
      const { created: account, creator } = created(DEPLOY_STOP, fields)
      assert.deepEqual(account?.balance, { 1: 6n })
      assert.deepEqual(creator?.balance, { 1: 4n })
    })

    test(`${name}: what the init code writes and calls is the created account's`, () => {
      const initCode = `1 1 SSTORE 2 SLOAD ${T} BALANCE ${DEPLOY_STOP}`
      const { created: account, entry } = created(initCode)
      assert.deepEqual(account, { writes: { 1: { 1: 1n } }, reads: [2n], nonce: { 1: 1n }, code: { 1: '0x00' } })
      assert.deepEqual(entry(T), MET)
    })

    test(`${name}: empty code is no code change`, () => {
      assert.deepEqual(created('STOP').created, { nonce: { 1: 1n } })
    })

    for (const initCode of ['1 1 SSTORE 0 0 REVERT', '1 1 SSTORE INVALID']) {
      test(`${name}: the target is included even when creation fails: ${initCode}`, () => {
        const fields = { value: 5n, contract: { balance: 9n } }
        const { created: account, creator } = created(initCode, fields)
        assert.deepEqual([account, creator], [{ reads: [1n] }, failed])
      })
    }

    test(`${name}: so too when the code cannot be paid for, is too large or begins with 0xef`, () => {
      const gas = { call: { gasLimit: 100_000n } }
      assert.deepEqual(created('10000 0 RETURN', gas).created, MET)
      assert.deepEqual(created('24577 0 RETURN', { call: { gasLimit: 10_000_000n } }).created, MET)
      assert.deepEqual(created('0xef 0 MSTORE8 1 0 RETURN').created, MET)
    })

    for (const [kind, account] of Object.entries<MemoryAccount>({
      nonce: { nonce: 1n },
      code: { code: assemble('STOP') },
      storage: { storage: slots({ 1: 1n }) },
    })) {
      test(`${name}: so too when the address is in use: ${kind}`, () => {
        const fields = { accounts: { [addressOf('1 1 SSTORE')]: account } }
        const { created: used, creator } = created('1 1 SSTORE', fields)
        assert.deepEqual([used, creator], [MET, failed])
      })
    }

    test(`${name}: a creation undone by its caller leaves the accounts without changes`, () => {
      const source = `${createOf(DEPLOY_STOP, { hasSalt })} 0 0 REVERT`
      const entry = called(source)
      assert.deepEqual([entry(C), entry(addressOf(DEPLOY_STOP))], [MET, MET])
    })
  }

  const made = createAddress(ALICE, 0n)
  const create = (initCode: string, accounts?: BlockFields['accounts'], value = 0n) =>
    listed({ accounts, transactions: [{ to: undefined, data: assemble(initCode), value }] })

  test('a creating transaction: nonce, code and balance of the contract', () => {
    const entry = create(DEPLOY_STOP, {}, 5n)
    assert.deepEqual(entry(made), { balance: { 1: 5n }, nonce: { 1: 1n }, code: { 1: '0x00' } })
    assert.deepEqual(entry(ALICE), { balance: { 1: ETHER - 5n }, nonce: { 1: 1n } })
  })

  test('a creating transaction without init code', () => {
    assert.deepEqual(create('')(made), { nonce: { 1: 1n } })
  })

  test('a creating transaction that reverts', () => {
    const entry = create('1 1 SSTORE 0 0 REVERT', {}, 5n)
    assert.deepEqual([entry(made), entry(ALICE)], [{ reads: [1n] }, { nonce: { 1: 1n } }])
  })

  test('a creating transaction whose address is in use', () => {
    const entry = create('1 1 SSTORE', { [made]: { nonce: 1n } }, 5n)
    assert.deepEqual([entry(made), entry(ALICE)], [MET, { nonce: { 1: 1n } }])
  })

  test('nonce changes of one creator hold the last nonce of each transaction', () => {
    const entry = called(`${createOf('STOP')} ${createOf('STOP')}`, { transactions: [{ to: C }] })
    assert.deepEqual(entry(C), {
      nonce: { 1: 3n, 2: 5n },
    })
  })
})

describe('balances (EIP-7928)', () => {
  test('of sender and recipient of a transaction with value', () => {
    const entry = listed({ transactions: [{ to: T, value: 3n }], accounts: { [T]: { balance: 1n } } })
    assert.deepEqual([entry(ALICE)?.balance, entry(T)], [{ 1: ETHER - 3n }, { balance: { 1: 4n } }])
  })

  test('of caller and callee of a CALL with value', () => {
    const entry = called(callOf('CALL', { value: 3n }), { contract: { balance: 5n } })
    assert.deepEqual([entry(C), entry(T)], [{ balance: { 1: 2n } }, { balance: { 1: 3n } }])
  })

  test('CALLCODE with value moves it to the caller itself', () => {
    const entry = called(callOf('CALLCODE', { value: 3n }), { contract: { balance: 5n } })
    assert.deepEqual([entry(C), entry(T)], [MET, MET])
  })

  test('several changes in one transaction are one, with the final value', () => {
    const entry = called(`${callOf('CALL', { value: 3n })} ${callOf('CALL', { value: 1n })}`, {
      contract: { balance: 5n },
    })
    assert.deepEqual([entry(C), entry(T)], [{ balance: { 1: 1n } }, { balance: { 1: 4n } }])
  })

  test('a balance that is in the end what it was is no change: passed on', () => {
    const entry = called(callOf('CALL', { value: 'CALLVALUE' }), { call: { value: 3n } })
    assert.deepEqual([entry(C), entry(T)], [MET, { balance: { 1: 3n } }])
  })

  test('a balance that is in the end what it was is no change: sent back', () => {
    const accounts = { [T]: { code: assemble('0 0 0 0 CALLVALUE CALLER GAS CALL') } }
    const entry = called(`CALLER ${ALICE} EQ 27 JUMPI STOP JUMPDEST ${callOf('CALL', { value: 3n })}`, {
      accounts,
      contract: { balance: 5n },
    })
    assert.deepEqual([entry(C), entry(T)], [MET, MET])
  })

  test('a transfer to oneself changes nothing but for the fee', () => {
    const to = { to: ALICE, value: 3n }
    assert.deepEqual(listed({ transactions: [to] })(ALICE), { nonce: { 1: 1n } })
    const fee = { maxFeePerGas: 1n, maxPriorityFeePerGas: 1n }
    assert.deepEqual(listed({ transactions: [{ ...to, ...fee }] })(ALICE)?.balance, { 1: ETHER - 21_000n })
  })

  test('the final balance of the sender is the one after its gas refund', () => {
    const fee = { maxFeePerGas: 1n, maxPriorityFeePerGas: 1n, gasLimit: 100_000n }
    const entry = called('0 1 SSTORE', { contract: { storage: slots({ 1: 5n }) }, call: fee })
    // 21000, two pushes and 5000 for the clearing, of which 4800 come back.
    assert.deepEqual(entry(ALICE)?.balance, { 1: ETHER - (21_000n + 5n + 5_000n - 4_800n) })
  })

  test('a balance that goes in one transaction and comes back in the next has both changes', () => {
    const transactions = [
      { to: T, value: 5n },
      { from: T, to: ALICE, value: 5n },
    ]
    assert.deepEqual(listed({ transactions })(T), {
      balance: { 1: 5n, 2: 0n },
      nonce: { 2: 1n },
    })
  })

  test('an account that is emptied keeps its last change', () => {
    const accounts = { [T]: { balance: 5n } }
    const entry = listed({ accounts, transactions: [{ from: T, to: P, value: 5n }] })
    assert.deepEqual(entry(T), { balance: { 1: 0n }, nonce: { 1: 1n } })
  })

  test('an amount that was credited and then looked at is in the change', () => {
    const accounts = { [T]: { balance: 2n, code: assemble('SELFBALANCE 1 SSTORE') } }
    const transactions = [3n, 1n].map((value) => ({ to: T, value }))
    const entry = listed({ accounts, transactions })
    assert.deepEqual(entry(T)?.balance, { 1: 5n, 2: 6n })
  })
})

describe('authorizations and delegations (EIP-7928, EIP-7702)', () => {
  const delegation = bytesToHex(delegationCode(T))
  const authorize = (nonce: bigint, address = T, chainId = 1n) =>
    signAuthorization({ chainId, address, nonce }, BOB_KEY)
  /** Alice carries Bob's authorizations, one transaction for each list. */
  const authorized = (lists: readonly (readonly Authorization[])[], bob: MemoryAccount = {}, to = P) =>
    listed({
      accounts: { [BOB]: bob },
      transactions: lists.map((authorizationList) => ({ to, authorizationList })),
    })

  test('the authority is included with nonce and code, the delegation target is not', () => {
    const entry = authorized([[authorize(0n)]])
    assert.deepEqual([entry(BOB), entry(T)], [{ nonce: { 1: 1n }, code: { 1: delegation } }, undefined])
  })

  test('after an update and a clearing too', () => {
    const entry = authorized([[authorize(0n)], [authorize(1n, P)], [authorize(2n, ZERO_ADDRESS)]])
    const code = { 1: delegation, 2: bytesToHex(delegationCode(P)), 3: '0x' }
    assert.deepEqual(entry(BOB), { nonce: { 1: 1n, 2: 2n, 3: 3n }, code })
    assert.deepEqual([entry(T), entry(ZERO_ADDRESS)], [undefined, undefined])
  })

  test('several authorizations of one authority: the final code', () => {
    const entry = authorized([[authorize(0n, P), authorize(1n, C), authorize(2n, T)]])
    assert.deepEqual(entry(BOB), { nonce: { 1: 3n }, code: { 1: delegation } })
  })

  test('a delegation set and cleared, cleared without being there, or set as it was: no code change', () => {
    const none = ZERO_ADDRESS
    assert.deepEqual(authorized([[authorize(0n), authorize(1n, none)]])(BOB), { nonce: { 1: 2n } })
    assert.deepEqual(authorized([[authorize(0n, none)]])(BOB), { nonce: { 1: 1n } })
    assert.deepEqual(authorized([[authorize(0n)]], { code: delegationCode(T) })(BOB), { nonce: { 1: 1n } })
  })

  test('the sender may be the authority: one nonce change', () => {
    const accounts = { [BOB]: { balance: ETHER } }
    const entry = listed({ accounts, transactions: [{ from: BOB, to: P, authorizationList: [authorize(1n)] }] })
    assert.deepEqual(entry(BOB), { nonce: { 1: 2n }, code: { 1: delegation } })
  })

  test('they outlast a transaction that fails', () => {
    const accounts = { [P]: { code: assemble('INVALID') } }
    const entry = listed({ accounts, transactions: [{ to: P, authorizationList: [authorize(0n)] }] })
    assert.deepEqual(entry(BOB), { nonce: { 1: 1n }, code: { 1: delegation } })
  })

  const valid = authorize(0n)
  const beforeLoading: Readonly<Record<string, Authorization>> = {
    'of another chain': authorize(0n, T, 2n),
    'with the highest nonce': authorize(MAX_NONCE),
    'with an s in the upper half': { ...valid, s: SECP256K1_ORDER - valid.s, yParity: 1n - valid.yParity },
    'with a signature of nobody': { ...valid, r: 0n },
  }
  for (const [name, authorization] of Object.entries(beforeLoading)) {
    test(`an authorization that fails before the authority is loaded does not include it: ${name}`, () => {
      const entry = authorized([[authorization]], { nonce: authorization.nonce })
      assert.deepEqual([entry(BOB), entry(T)], [undefined, undefined])
    })
  }

  const afterLoading: Readonly<Record<string, MemoryAccount>> = {
    'whose nonce is another one': { nonce: 1n },
    'that is a contract': { code: assemble('STOP') },
  }
  for (const [name, bob] of Object.entries(afterLoading)) {
    test(`one that fails after that includes it with an empty change set: an authority ${name}`, () => {
      const entry = authorized([[valid]], bob)
      assert.deepEqual([entry(BOB), entry(T)], [MET, undefined])
    })
  }

  test('a delegation target is included when loaded as the code of a recipient', () => {
    const accounts = { [D]: { code: delegationCode(T) }, [T]: { code: assemble('1 SLOAD 1 2 SSTORE') } }
    const entry = listed({ accounts, transactions: [{ to: D, value: 1n }] })
    assert.deepEqual(entry(D), { writes: { 2: { 1: 1n } }, reads: [1n], balance: { 1: 1n } })
    assert.deepEqual(entry(T), MET)
  })

  test('a delegation target is included when the delegation was set by the same transaction', () => {
    const entry = authorized([[authorize(0n)]], {}, BOB)
    assert.deepEqual([entry(BOB)?.code, entry(T)], [{ 1: delegation }, MET])
  })

  for (const opcode of CALLS) {
    test(`only one delegation is followed: ${opcode}`, () => {
      const accounts = { [D]: { code: delegationCode(P) }, [P]: { code: delegationCode(T) } }
      const entry = called(callOf(opcode, { to: D, gas: '10000' }), { accounts })
      assert.deepEqual([entry(D), entry(P), entry(T)], [MET, MET, undefined])
    })

    test(`a precompile is included as a delegation target: ${opcode}`, () => {
      const entry = called(callOf(opcode, { to: D }), { accounts: { [D]: { code: delegationCode(SHA256) } } })
      assert.deepEqual([entry(D), entry(SHA256)], [MET, MET])
    })
  }

  test('a delegation target is not included for what only looks at the delegating account, or is sent by it', () => {
    const accounts = { [D]: { balance: ETHER, code: delegationCode(T) } }
    for (const opcode of Object.keys(LOOKS)) {
      const entry = called(LOOKS[opcode as keyof typeof LOOKS].replace(T, D), { accounts })
      assert.deepEqual([entry(D), entry(T)], [MET, undefined], opcode)
    }
    assert.equal(listed({ accounts, transactions: [{ from: D, to: P }] })(T), undefined)
  })
})

describe('ordering and determinism (EIP-7928)', () => {
  const low = `0x01${'00'.repeat(18)}02` as Address
  const high = `0x02${'00'.repeat(18)}01` as Address
  const visited = (...addresses: readonly Address[]) =>
    accessListOf({
      accounts: { [C]: { code: assemble(addresses.map((address) => `${address} BALANCE POP`).join(' ')) } },
      transactions: [{ to: C }],
    })

  test('accounts are lexicographic by address, each once', () => {
    const addresses = visited(T, high, low, T, repeated('0f'), high).map(({ address }) => address)
    assert.deepEqual(addresses, [...addresses].sort())
    assert.equal(new Set(addresses).size, addresses.length)
    assert.deepEqual(
      addresses.filter((address) => [T, low, high].includes(address)),
      [low, high, T],
    )
  })

  test('slots are lexicographic as 32-byte keys: by their number, not by their encoding', () => {
    const reads = ['0x0200', '3', `0x${'ff'.repeat(32)}`].map((slot) => `${slot} SLOAD`)
    const writes = ['0x010000', '0x0100', '0xff', '2', '0'].map((slot) => `1 ${slot} SSTORE`)
    const accounts = { [C]: { code: assemble([...reads, ...writes].join(' ')) } }
    const account = accessListOf({ accounts, transactions: [{ to: C }] }).find(({ address }) => address === C)
    assert.deepEqual(
      account?.storageChanges.map(({ slot }) => slot),
      [0n, 2n, 0xffn, 0x100n, 0x10000n],
    )
    assert.deepEqual(account?.storageReads, [3n, 0x200n, 2n ** 256n - 1n])
  })

  test('changes ascend by index', () => {
    const accounts = { [C]: { nonce: 1n, code: assemble(`CALLVALUE 1 SSTORE ${createOf('STOP')}`) } }
    const transactions = [1n, 2n, 3n].map((value) => ({ to: C, value }))
    const account = accessListOf({ accounts, transactions }).find(({ address }) => address === C)!
    const lists = [account.storageChanges[0]!.changes, account.balanceChanges, account.nonceChanges]
    const indexes = lists.map((changes) => changes.map(({ index }) => index).join())
    assert.deepEqual(indexes, ['1,2,3', '1,2,3', '1,2,3'])
  })

  test('the order in which things were met does not show', () => {
    assert.equal(blockAccessListHash(visited(T, low, high)), blockAccessListHash(visited(high, T, low)))
  })

  test('a block in which nothing happens has the entries of the system contracts only', () => {
    assert.deepEqual(
      accessListOf({}).map(({ address }) => address),
      [...SYSTEM_CONTRACTS.keys()].sort(),
    )
  })
})

/**
 * That accounts, slots, reads, nonces and codes out of order or twice are refused, as are slots in both lists or without
 * changes and indexes past n + 1, is in primitives/block-access-list.test.ts; here is what is not there.
 */
describe('lists in other than their one form are refused (EIP-7928)', () => {
  const EMPTY: AccountChanges = {
    address: T,
    storageChanges: [],
    storageReads: [],
    balanceChanges: [],
    nonceChanges: [],
    codeChanges: [],
  }
  const bytes = (length: number) => new Uint8Array(length).fill(1)
  const change = <V>(index: number, value: V): Change<V> => ({ index, value })
  const twice: Readonly<Record<string, Partial<AccountChanges>>> = {
    'balances out of order': { balanceChanges: [change(2, 1n), change(1, 1n)] },
    'a nonce twice at one index': { nonceChanges: [change(1, 1n), change(1, 1n)] },
    'a code twice at one index': { codeChanges: [change(1, bytes(1)), change(1, bytes(1))] },
    'a slot twice at one index': { storageChanges: [{ slot: 1n, changes: [change(1, 1n), change(1, 1n)] }] },
    'a nonce after the block': { nonceChanges: [change(4, 1n)] },
    'a code after the block': { codeChanges: [change(4, bytes(1))] },
  }
  for (const [name, fields] of Object.entries(twice)) {
    test(name, () => {
      assert.throws(() => checkBlockAccessList([{ ...EMPTY, ...fields }], 2), DecodeError)
    })
  }

  const address = addressToBytes(T)
  const raw: Readonly<Record<string, Parameters<typeof encodeRlp>[0]>> = {
    'an address of 21 bytes': [bytes(21), [], [], [], [], []],
    'an address of 19 bytes': [bytes(19), [], [], [], [], []],
    'a slot of 33 bytes': [address, [[bytes(33), [[bytes(1), bytes(1)]]]], [], [], [], []],
    'a slot value of 33 bytes': [address, [[bytes(1), [[bytes(1), bytes(33)]]]], [], [], [], []],
    'a read of 33 bytes': [address, [], [bytes(33)], [], [], []],
    'a balance of 33 bytes': [address, [], [], [[bytes(1), bytes(33)]], [], []],
    'a nonce of 9 bytes': [address, [], [], [], [[bytes(1), bytes(9)]], []],
    'an index of 9 bytes': [address, [], [], [[bytes(9), bytes(1)]], [], []],
    'a slot with a leading zero': [address, [], [Uint8Array.of(0, 1)], [], [], []],
    'a balance of a zero byte': [address, [], [], [[bytes(1), Uint8Array.of(0)]], [], []],
    'an index with a leading zero': [address, [], [], [[Uint8Array.of(0, 1), bytes(1)]], [], []],
    'a change without a value': [address, [], [], [[bytes(1)]], [], []],
    'a change of three items': [address, [], [], [[bytes(1), bytes(1), bytes(1)]], [], []],
    'an account of five items': [address, [], [], [], []],
    'an account of seven items': [address, [], [], [], [], [], []],
    'a list where a code belongs': [address, [], [], [], [], [[bytes(1), []]]],
  }
  for (const [name, account] of Object.entries(raw)) {
    test(name, () => {
      assert.throws(() => decodeBlockAccessList(encodeRlp([account]), 2), DecodeError)
    })
  }
})
