import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { rulesFor } from '../../config/hardforks.ts'
import { logsBloom, orBlooms } from '../../primitives/bloom.ts'
import { EMPTY_BYTES } from '../../primitives/bytes.ts'
import { type Address, ZERO_HASH } from '../../primitives/hex.ts'
import { KECCAK_EMPTY } from '../../primitives/keccak.ts'
import type { StateDiff } from '../../storage/state-view.ts'
import { MemoryView } from '../state/memory-view.ts'
import { WorldState } from '../state/world-state.ts'
import { type AssembleModules, type AssembleOptions, assembleBlock } from './assemble.ts'
import { assembleOptions, fixtureEnvironment, transaction } from './fixtures/random-block.ts'
import type { SystemOutcome, TransactionOutcome } from './outcome.ts'

const A: Address = '0x00000000000000000000000000000000000000aa'
const B: Address = '0x00000000000000000000000000000000000000bb'
const C: Address = '0x00000000000000000000000000000000000000cc'
const D: Address = '0x00000000000000000000000000000000000000dd'
const SENDERS: readonly Address[] = [A, B, C, D]

type Step = (state: WorldState) => void
const nothing: Step = () => {}

/** A block whose steps are given as what they do to the state; transaction i is of sender i, and pays nothing. */
function assembled(
  steps: readonly Step[],
  parent = new MemoryView(),
  { before = nothing, after = nothing, ...change }: Partial<AssembleOptions> & { before?: Step; after?: Step } = {},
  modules: Partial<AssembleModules> = {},
) {
  const rules = change.rules ?? rulesFor('cancun')
  const state = new WorldState({ rules, record: true }, { view: parent })
  const run = (step: Step) => {
    state.beginTransaction()
    step(state)
    return state.endTransaction()
  }
  const system = (step: Step): SystemOutcome => ({ ...run(step).effects, requests: [] })
  const first = system(before)
  const transactions = steps.map((step, index): TransactionOutcome => {
    const { effects, logs, operationsHash } = run(step)
    const sender = SENDERS[index]!
    return { ...effects, sender, succeeded: index !== 1, gasUsed: 21_000n, logs, operationsHash, output: EMPTY_BYTES }
  })
  const last = system(after)
  const options = assembleOptions({
    environment: fixtureEnvironment({ rules }),
    parentHash: ZERO_HASH,
    transactions: steps.map(() => transaction({})),
    senders: [],
    withdrawals: [],
    ommers: [],
    record: true,
  })
  return assembleBlock({ before: first, transactions, after: last }, { ...options, ...change }, { parent, ...modules })
}

const groupsOf = ({ plan }: ReturnType<typeof assembled>) => plan?.transactions.map(({ group }) => group)
const entryOf = ({ accessList }: ReturnType<typeof assembled>, address: Address) =>
  accessList?.find((account) => account.address === address)

describe('additions to a balance', () => {
  const credit: Step = (state) => state.credit(D, 5n)
  const parent = new MemoryView([[D, { balance: 100n }]])

  test('are settled in order and do not conflict', () => {
    const block = assembled([credit, nothing, credit], parent, { after: credit })
    assert.deepEqual(entryOf(block, D)?.balanceChanges, [
      { index: 1, value: 105n },
      { index: 3, value: 110n },
      { index: 4, value: 115n },
    ])
    assert.deepEqual(groupsOf(block), [0, 1, 2])
    assert.deepEqual(block.diff.accounts.get(D)?.account?.to?.balance, 115n)
  })

  test('are ordinary writes when a transaction looks', () => {
    const block = assembled([credit, (state) => state.balance(D), credit, nothing], parent)
    assert.deepEqual(groupsOf(block), [0, 0, 0, 1])
    const other = assembled([credit, (state) => state.balance(D), credit], parent)
    assert.deepEqual(groupsOf(other), [0, 0, 0])
    // Balance of the fourth account, D: the reader alone lists it.
    assert.deepEqual(
      other.plan?.transactions.map(({ reads }) => reads),
      [[], [0], []],
    )
  })

  test('are ordinary writes when a system operation looks', () => {
    const block = assembled([credit, credit], parent, { before: (state) => state.balance(D) })
    assert.deepEqual(groupsOf(block), [0, 0])
  })

  test('bring an account into being', () => {
    const block = assembled([(state) => state.credit(D, 1n)])
    assert.deepEqual(block.diff.accounts.get(D), {
      account: { to: { nonce: 0n, balance: 1n, codeHash: KECCAK_EMPTY } },
    })
  })
})

describe('the plan', () => {
  test('lists neither the sender nor what the transaction changes', () => {
    const block = assembled([
      (state) => {
        state.nonce(A)
        state.balance(A)
        state.codeHash(A)
        state.nonce(B)
        state.setNonce(B, 1n)
        state.balance(C)
        state.credit(C, 1n)
        state.slot(C, 8n)
        state.setSlot(C, 3n, 1n)
      },
    ])
    // A 0..2, B 3..5, C 6..8, its slots 3 and 8 are 9 and 10.
    assert.deepEqual(block.plan?.transactions, [{ gasUsed: 21_000n, reads: [6, 10], group: 0 }])
  })

  test('joins who writes and who reads', () => {
    const write: Step = (state) => state.setSlot(D, 1n, 1n)
    const read: Step = (state) => state.slot(D, 1n)
    const noOp: Step = (state) => state.setSlot(D, 1n, 0n)
    assert.deepEqual(groupsOf(assembled([read, noOp, read])), [0, 1, 2])
    assert.deepEqual(groupsOf(assembled([read, nothing, write])), [0, 1, 0])
  })
})

describe('the access list (EIP-7928)', () => {
  test('has accounts, slots and changes in order', () => {
    const block = assembled(
      [
        (state) => {
          state.setSlot(C, 9n, 1n)
          state.setSlot(C, 2n, 1n)
          state.slot(C, 4n)
          state.touch(A)
        },
        (state) => {
          state.setSlot(C, 2n, 0n)
          state.slot(C, 9n)
          state.slot(C, 1n)
          state.setCode(B, Uint8Array.of(1))
        },
      ],
      new MemoryView(),
      { before: (state) => state.setSlot(C, 9n, 5n) },
    )
    assert.deepEqual(
      block.accessList?.map(({ address }) => address),
      [A, B, C],
    )
    assert.deepEqual(entryOf(block, C)?.storageChanges, [
      {
        slot: 2n,
        changes: [
          { index: 1, value: 1n },
          { index: 2, value: 0n },
        ],
      },
      {
        slot: 9n,
        changes: [
          { index: 0, value: 5n },
          { index: 1, value: 1n },
        ],
      },
    ])
    assert.deepEqual(entryOf(block, C)?.storageReads, [1n, 4n])
    assert.deepEqual(entryOf(block, B)?.codeChanges, [{ index: 2, value: Uint8Array.of(1) }])
  })

  test('is not made without a plan', () => {
    const block = assembled([nothing], new MemoryView(), { hasPlan: false })
    assert.equal('accessList' in block || 'plan' in block, false)
  })
})

describe('receipts', () => {
  const log = { address: A, topics: [ZERO_HASH], data: EMPTY_BYTES }
  const withLog: Step = (state) => state.addLog(log)

  test('count gas and join blooms', () => {
    const block = assembled([withLog, nothing])
    assert.deepEqual(
      block.receipts.map(({ status, cumulativeGasUsed }) => [status, cumulativeGasUsed]),
      [
        [true, 21_000n],
        [false, 42_000n],
      ],
    )
    assert.equal(block.gasUsed, 42_000n)
    assert.deepEqual(block.receipts[0]?.logs, [log])
    assert.deepEqual(block.logsBloom, orBlooms([logsBloom([log])]))
    assert.match(block.receipts[0]?.operationsHash ?? '', /^0x[0-9a-f]{64}$/)
  })

  test('hold state roots before Byzantium, which is asked for each', () => {
    const rules = rulesFor('spuriousDragon')
    const seen: StateDiff[] = []
    const intermediateRoot = (diff: StateDiff) => {
      seen.push(diff)
      return ZERO_HASH
    }
    const step: Step = (state) => state.credit(A, 1n)
    const block = assembled([step, step], new MemoryView(), { rules, hasPlan: false }, { intermediateRoot })
    assert.deepEqual(
      block.receipts.map(({ status }) => status),
      [ZERO_HASH, ZERO_HASH],
    )
    assert.deepEqual(
      seen.map(({ accounts }) => accounts.get(A)?.account?.to?.balance),
      [1n, 2n],
    )
  })
})

describe('a block', () => {
  test('has gas for every transaction', () => {
    assert.throws(() => assembled([nothing, nothing], new MemoryView(), { gasLimit: 320_999n }), {
      code: 'invalid-transaction',
    })
    assert.doesNotThrow(() => assembled([nothing, nothing], new MemoryView(), { gasLimit: 321_000n }))
  })

  test('before Cancun can delete accounts and make them anew', () => {
    const rules = rulesFor('shanghai')
    const storage = new Map([[1n, 7n]])
    const parent = new MemoryView([[D, { nonce: 1n, balance: 3n, code: Uint8Array.of(1), storage }]])
    const destroy: Step = (state) => state.markDestroyed(D)
    const gone = assembled([destroy], parent, { rules, hasPlan: false })
    assert.deepEqual(gone.diff.accounts.get(D), { account: { to: undefined }, clearsStorage: true })
    const back = assembled([destroy, (state) => state.credit(D, 1n)], parent, { rules, hasPlan: false })
    assert.deepEqual(back.diff.accounts.get(D), {
      account: { to: { nonce: 0n, balance: 1n, codeHash: KECCAK_EMPTY } },
      clearsStorage: true,
    })
  })
})
