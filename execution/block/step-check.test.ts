import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { AccountChanges, BlockAccessList } from '../../primitives/block-access-list.ts'
import type { Address } from '../../primitives/hex.ts'
import type { Plan } from '../../primitives/plan.ts'
import { MemoryView } from '../state/memory-view.ts'
import { claimedDiff, claimedGroups, isAllMarked } from './claimed-block.ts'
import { IndexedAccessList } from './indexed-list.ts'
import type { AccountReads, StateEffects, TransactionOutcome } from './outcome.ts'
import { StepCheck } from './step-check.ts'

const SENDER: Address = '0x00000000000000000000000000000000000000aa'
const STORE: Address = '0x00000000000000000000000000000000000000bb'
const PAYEE: Address = '0x00000000000000000000000000000000000000cc'

const NO_CHANGES = { storageChanges: [], storageReads: [], balanceChanges: [], nonceChanges: [], codeChanges: [] }
const NOT_READ: AccountReads = { balance: false, nonce: false, code: false, slots: [] }
const NO_EFFECTS: StateEffects = { reads: new Map(), writes: new Map(), credits: new Map() }

const parent = new MemoryView([
  [SENDER, { nonce: 4n, balance: 100n }],
  [STORE, { nonce: 1n, balance: 0n, code: Uint8Array.of(1), storage: new Map([[7n, 1n]]) }],
  [PAYEE, { nonce: 0n, balance: 5n }],
])

/** One transaction: the sender pays 10 and calls the store, which reads slots 7 and 8, sets 7, and sends 3 to the payee. */
const LIST: BlockAccessList = [
  {
    ...NO_CHANGES,
    address: SENDER,
    balanceChanges: [{ index: 1, value: 90n }],
    nonceChanges: [{ index: 1, value: 5n }],
  },
  {
    ...NO_CHANGES,
    address: STORE,
    storageChanges: [{ slot: 7n, changes: [{ index: 1, value: 2n }] }],
    storageReads: [8n],
  },
  { ...NO_CHANGES, address: PAYEE, balanceChanges: [{ index: 1, value: 8n }] },
]
/** Locations: sender 0 to 2, store 3 to 5, its slots 6 (7n) and 7 (8n), payee 8 to 10. */
const PLAN: Plan = { transactions: [{ gasUsed: 50_000n, reads: [5, 7], group: 0 }] }

const OUTCOME: TransactionOutcome = {
  reads: new Map([
    [SENDER, { balance: true, nonce: true, code: true, slots: [] }],
    [STORE, { ...NOT_READ, code: true, slots: [8n, 7n] }],
    [PAYEE, NOT_READ],
  ]),
  writes: new Map([
    [SENDER, { nonce: 5n, balance: 90n }],
    [STORE, { slots: new Map([[7n, 2n]]) }],
  ]),
  credits: new Map([[PAYEE, 3n]]),
  sender: SENDER,
  succeeded: true,
  gasUsed: 50_000n,
  logs: [],
  output: new Uint8Array(),
}

function check(list: BlockAccessList, plan: Plan, outcome: TransactionOutcome) {
  const accessList = new IndexedAccessList(list, { parent })
  const marks = new Uint8Array(accessList.locationCount)
  const step = new StepCheck({ plan, accessList: list }, { accessList, marks })
  const isSystemTrue = step.isSystemAsClaimed('before', NO_EFFECTS) && step.isSystemAsClaimed('after', NO_EFFECTS)
  const isTransactionTrue = step.isTransactionAsClaimed(0, outcome)
  return { isTrue: isSystemTrue && isTransactionTrue, isAllMarked: isAllMarked(accessList, marks) }
}

function listWith(address: Address, changes: Partial<AccountChanges>): BlockAccessList {
  return LIST.map((account) => (account.address === address ? { ...account, ...changes } : account))
}

function planWith(changes: Partial<Plan['transactions'][number]>): Plan {
  return { transactions: [{ ...PLAN.transactions[0]!, ...changes }] }
}

test('a step that did what is claimed', () => {
  assert.deepEqual(check(LIST, PLAN, OUTCOME), { isTrue: true, isAllMarked: true })
})

describe('a claim that is not so', () => {
  const falseLists: [string, BlockAccessList][] = [
    ['another balance', listWith(SENDER, { balanceChanges: [{ index: 1, value: 91n }] })],
    ['another nonce', listWith(SENDER, { nonceChanges: [{ index: 1, value: 6n }] })],
    ['another credit', listWith(PAYEE, { balanceChanges: [{ index: 1, value: 9n }] })],
    ['no credit', listWith(PAYEE, { balanceChanges: [] })],
    [
      'another value of a slot',
      listWith(STORE, { storageChanges: [{ slot: 7n, changes: [{ index: 1, value: 3n }] }] }),
    ],
    [
      'a slot changed by another step',
      listWith(STORE, { storageChanges: [{ slot: 7n, changes: [{ index: 2, value: 2n }] }] }),
    ],
    ['a slot only read', listWith(STORE, { storageChanges: [], storageReads: [7n, 8n] })],
    ['a read slot left out', listWith(STORE, { storageReads: [] })],
    ['an account left out', LIST.slice(0, 2)],
    ['code that was not set', listWith(STORE, { codeChanges: [{ index: 1, value: Uint8Array.of(2) }] })],
    ['a write more', listWith(PAYEE, { nonceChanges: [{ index: 1, value: 1n }] })],
    ['a write of the system operations', listWith(PAYEE, { nonceChanges: [{ index: 2, value: 1n }] })],
  ]
  for (const [name, list] of falseLists) test(name, () => assert.equal(check(list, PLAN, OUTCOME).isTrue, false))

  const falsePlans: [string, Plan][] = [
    ['other gas', planWith({ gasUsed: 50_001n })],
    ['a read left out', planWith({ reads: [5] })],
    ['a read more', planWith({ reads: [5, 7, 8] })],
    ['another read', planWith({ reads: [5, 8] })],
  ]
  for (const [name, plan] of falsePlans) test(name, () => assert.equal(check(LIST, plan, OUTCOME).isTrue, false))

  test('a slot or account that nobody met', () => {
    const slotMore = listWith(STORE, { storageReads: [8n, 9n] })
    assert.deepEqual(check(slotMore, PLAN, OUTCOME), { isTrue: true, isAllMarked: false })
    const accountMore = [...LIST, { ...NO_CHANGES, address: '0x00000000000000000000000000000000000000dd' as const }]
    assert.deepEqual(check(accountMore, PLAN, OUTCOME), { isTrue: true, isAllMarked: false })
  })

  test('what a list cannot say is not as claimed', () => {
    const gone = new Map([...OUTCOME.writes, [PAYEE, { exists: false }] as const])
    assert.equal(check(LIST, PLAN, { ...OUTCOME, writes: gone, credits: new Map() }).isTrue, false)
  })
})

test('the diff and the groups that are claimed', () => {
  const accessList = new IndexedAccessList(LIST, { parent })
  const { accounts } = claimedDiff(accessList)
  const { codeHash } = parent.account(SENDER)!
  assert.deepEqual(accounts.get(SENDER), { account: { to: { nonce: 5n, balance: 90n, codeHash } } })
  assert.deepEqual(accounts.get(STORE), { slots: new Map([[7n, 2n]]) })
  assert.deepEqual(accounts.get(PAYEE), { account: { to: { nonce: 0n, balance: 8n, codeHash } } })
  assert.deepEqual(claimedGroups(accessList, PLAN, [SENDER], []), [0])
})

test('additions conflict as soon as anybody looks at the balance, the system operations too', () => {
  const other: Address = '0x00000000000000000000000000000000000000ab'
  const credits = [1, 2].map((index) => ({ index, value: BigInt(10 + index) }))
  const list = [SENDER, other]
    .map((address): AccountChanges => ({ ...NO_CHANGES, address }))
    .concat({ ...NO_CHANGES, address: PAYEE, balanceChanges: credits })
  const accessList = new IndexedAccessList(list, { parent })
  const plan: Plan = { transactions: [0, 1].map((group) => ({ gasUsed: 21_000n, reads: [], group })) }
  const groups = (system: readonly StateEffects[]) => claimedGroups(accessList, plan, [SENDER, other], system)
  assert.deepEqual(groups([NO_EFFECTS, NO_EFFECTS]), [0, 1])
  const look = { ...NO_EFFECTS, reads: new Map([[PAYEE, { ...NOT_READ, balance: true }]]) }
  assert.deepEqual(groups([NO_EFFECTS, look]), [0, 0])
})
