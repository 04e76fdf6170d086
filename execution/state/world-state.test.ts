import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Hardfork, rulesFor } from '../../config/hardforks.ts'
import { type Address, ZERO_HASH } from '../../primitives/hex.ts'
import { KECCAK_EMPTY, keccak256Hex } from '../../primitives/keccak.ts'
import { type MemoryAccount, MemoryView } from './memory-view.ts'
import { WorldState } from './world-state.ts'

const A: Address = '0x00000000000000000000000000000000000000aa'
const B: Address = '0x00000000000000000000000000000000000000bb'
const CODE = Uint8Array.of(0x60, 0x00)

function stateOf(
  accounts: Readonly<Record<Address, MemoryAccount>>,
  { hardfork = 'osaka', record = true }: { hardfork?: Hardfork; record?: boolean } = {},
): WorldState {
  const view = new MemoryView(Object.entries(accounts) as [Address, MemoryAccount][])
  const state = new WorldState({ rules: rulesFor(hardfork), record, keepPreimages: true }, { view })
  state.beginTransaction()
  return state
}

const storage = (...slots: [bigint, bigint][]) => new Map(slots)
const NOTHING = { balance: false, nonce: false, code: false, slots: [] }

describe('reads', () => {
  test('are what was looked at', () => {
    const state = stateOf({ [A]: { balance: 5n, nonce: 2n, code: CODE, storage: storage([1n, 7n]) } })
    assert.equal(state.balance(A), 5n)
    assert.equal(state.slot(A, 1n), 7n)
    assert.equal(state.slot(A, 1n), 7n)
    assert.equal(state.slot(A, 2n), 0n)
    assert.equal(state.nonce(B), 0n)
    const { effects } = state.endTransaction()
    assert.deepEqual(effects.reads.get(A), { balance: true, nonce: false, code: false, slots: [1n, 2n] })
    assert.deepEqual(effects.reads.get(B), { ...NOTHING, nonce: true })
    assert.equal(effects.writes.size, 0)
    assert.equal(effects.credits.size, 0)
  })

  test('of failed frames stay', () => {
    const state = stateOf({})
    const checkpoint = state.checkpoint()
    state.slot(A, 1n)
    state.slot(A, 2n)
    state.setSlot(A, 2n, 9n)
    state.credit(B, 1n)
    state.rollback(checkpoint)
    const { effects } = state.endTransaction()
    assert.deepEqual(effects.reads.get(A), { ...NOTHING, slots: [1n, 2n] })
    assert.deepEqual(effects.reads.get(B), NOTHING)
    assert.equal(effects.writes.size + effects.credits.size, 0)
  })

  test('are not made by warmth, touching, accessing, nor by adding', () => {
    const state = stateOf({})
    state.warmAddress(A)
    state.warmSlot(A, 1n)
    state.touch(B)
    state.credit(B, 1n)
    const third = '0x00000000000000000000000000000000000000cc'
    state.markAccessed(third)
    const { effects } = state.endTransaction()
    assert.deepEqual(
      [...effects.reads],
      [
        [B, NOTHING],
        [third, NOTHING],
      ],
    )
  })

  test('isEmpty stops at the first thing that decides', () => {
    const state = stateOf({ [A]: { code: CODE }, [B]: { balance: 1n } })
    assert.equal(state.isEmpty(A), false)
    assert.equal(state.isEmpty(B), false)
    const { effects } = state.endTransaction()
    assert.deepEqual(effects.reads.get(A), { ...NOTHING, code: true })
    assert.deepEqual(effects.reads.get(B), { balance: true, nonce: true, code: true, slots: [] })
  })

  test('existence depends on the balance from EIP-161 on', () => {
    const state = stateOf({})
    state.credit(A, 1n)
    assert.equal(state.exists(A), true)
    assert.equal(state.exists(B), false)
    assert.equal(state.endTransaction().effects.reads.get(A)?.balance, true)
  })

  test('come with every change but an addition', () => {
    const state = stateOf({})
    state.setNonce(A, 1n)
    state.setCode(A, CODE)
    state.setSlot(A, 1n, 1n)
    assert.deepEqual(state.endTransaction().effects.reads.get(A), {
      balance: false,
      nonce: true,
      code: true,
      slots: [1n],
    })
  })

  test('are not kept without recording', () => {
    const state = stateOf({ [A]: { balance: 5n } }, { record: false })
    state.debit(A, 1n)
    const { effects, operationsHash } = state.endTransaction()
    assert.equal(effects.reads.size, 0)
    assert.equal(operationsHash, undefined)
    assert.deepEqual(effects.writes.get(A), { balance: 4n })
  })
})

describe('balances', () => {
  test('added to without a look are credits', () => {
    const state = stateOf({ [A]: { balance: 5n } })
    state.credit(A, 1n)
    state.credit(A, 2n)
    const { effects } = state.endTransaction()
    assert.deepEqual([...effects.credits], [[A, 3n]])
    assert.equal(effects.writes.size, 0)
    state.beginTransaction()
    assert.equal(state.balance(A), 8n)
  })

  test('looked at later are writes', () => {
    const state = stateOf({ [A]: { balance: 5n } })
    state.credit(A, 1n)
    assert.equal(state.balance(A), 6n)
    state.credit(A, 2n)
    const { effects } = state.endTransaction()
    assert.equal(effects.credits.size, 0)
    assert.deepEqual([...effects.writes], [[A, { balance: 8n }]])
  })

  test('looked at between an addition and its rollback come out right', () => {
    const state = stateOf({ [A]: { balance: 5n } })
    state.credit(A, 1n)
    const checkpoint = state.checkpoint()
    state.credit(A, 10n)
    assert.equal(state.balance(A), 16n)
    state.debit(A, 3n)
    state.rollback(checkpoint)
    assert.equal(state.balance(A), 6n)
    assert.deepEqual(state.endTransaction().effects.writes.get(A), { balance: 6n })
  })

  test('back where they were are reads', () => {
    const state = stateOf({ [A]: { balance: 5n } })
    state.debit(A, 2n)
    state.credit(A, 2n)
    const { effects } = state.endTransaction()
    assert.equal(effects.writes.size + effects.credits.size, 0)
    assert.equal(effects.reads.get(A)?.balance, true)
  })

  test('do not go below zero', () => {
    const state = stateOf({ [A]: { balance: 5n } })
    assert.throws(() => state.debit(A, 6n), RangeError)
  })
})

describe('rollback', () => {
  test('undoes each of the fourteen kinds', () => {
    const state = stateOf({ [A]: { balance: 9n, nonce: 1n, storage: storage([1n, 7n]) } })
    const checkpoint = state.checkpoint()
    state.createAccount(B)
    state.createAccount(A)
    assert.equal(state.slot(A, 1n), 0n)
    state.markDestroyed(B)
    state.debit(A, 1n)
    state.setNonce(A, 2n)
    state.setSlot(A, 2n, 3n)
    state.setCode(A, CODE)
    state.addRefund(10n)
    state.addLog({ address: A, topics: [], data: new Uint8Array() })
    state.preimage(ZERO_HASH, CODE)
    state.touch(B)
    state.warmAddress(A)
    state.warmSlot(A, 1n)
    state.setTransient(A, 1n, 5n)
    state.rollback(checkpoint)
    assert.equal(state.isCreatedInTransaction(B), false)
    assert.equal(state.slot(A, 1n), 7n)
    assert.equal(state.originalSlot(A, 1n), 7n)
    assert.equal(state.slot(A, 2n), 0n)
    assert.equal(state.balance(A), 9n)
    assert.equal(state.nonce(A), 1n)
    assert.equal(state.codeHash(A), KECCAK_EMPTY)
    assert.equal(state.code(A).length, 0)
    assert.equal(state.refund, 0n)
    assert.equal(state.preimages.size, 0)
    assert.equal(state.isWarmAddress(A), false)
    assert.equal(state.isWarmSlot(A, 1n), false)
    assert.equal(state.transient(A, 1n), 0n)
    const { effects, logs } = state.endTransaction()
    assert.equal(effects.writes.size, 0)
    assert.deepEqual(logs, [])
    assert.deepEqual(state.diff(), { accounts: new Map(), codes: new Map() })
  })

  test('keeps what came before the checkpoint', () => {
    const state = stateOf({})
    state.setSlot(A, 1n, 1n)
    state.addRefund(5n)
    const checkpoint = state.checkpoint()
    state.setSlot(A, 1n, 2n)
    state.subRefund(3n)
    state.rollback(checkpoint)
    assert.equal(state.slot(A, 1n), 1n)
    assert.equal(state.refund, 5n)
  })

  test('is done for a transaction that was never ended', () => {
    const state = stateOf({ [A]: { balance: 5n } })
    state.debit(A, 1n)
    state.beginTransaction()
    assert.equal(state.balance(A), 5n)
  })

  test('leaves RIPEMD-160 touched (EIP-161)', () => {
    const ripemd: Address = '0x0000000000000000000000000000000000000003'
    for (const [address, isDeleted] of [
      [ripemd, true],
      [A, false],
    ] as const) {
      const state = stateOf({ [address]: {} }, { hardfork: 'spuriousDragon' })
      const checkpoint = state.checkpoint()
      state.touch(address)
      state.rollback(checkpoint)
      assert.deepEqual(state.endTransaction().effects.writes.get(address)?.exists, isDeleted ? false : undefined)
    }
  })

  test('leaves RIPEMD-160 able to be paid later in the transaction (EIP-161)', () => {
    const ripemd: Address = '0x0000000000000000000000000000000000000003'
    for (const hardfork of ['frontier', 'osaka'] as const) {
      const state = stateOf({}, { hardfork })
      const checkpoint = state.checkpoint()
      state.credit(ripemd, 1n)
      state.rollback(checkpoint)
      state.credit(ripemd, 2n)
      assert.equal(state.exists(ripemd), true)
      state.endTransaction()
      const paid = { nonce: 0n, balance: 2n, codeHash: KECCAK_EMPTY }
      assert.deepEqual(state.diff().accounts.get(ripemd), { account: { to: paid } })
    }
  })
})

describe('storage', () => {
  test('has an original value per transaction', () => {
    const state = stateOf({ [A]: { storage: storage([1n, 7n]) } })
    state.setSlot(A, 1n, 8n)
    assert.equal(state.originalSlot(A, 1n), 7n)
    assert.deepEqual(state.endTransaction().effects.writes.get(A)?.slots, new Map([[1n, 8n]]))
    state.beginTransaction()
    assert.equal(state.originalSlot(A, 1n), 8n)
    state.setSlot(A, 1n, 8n)
    const { effects } = state.endTransaction()
    assert.equal(effects.writes.size, 0)
    assert.deepEqual(effects.reads.get(A)?.slots, [1n])
  })

  test('back where it was is a read', () => {
    const state = stateOf({ [A]: { storage: storage([1n, 7n]) } })
    state.setSlot(A, 1n, 8n)
    state.setSlot(A, 1n, 7n)
    const { effects } = state.endTransaction()
    assert.equal(effects.writes.size, 0)
    assert.deepEqual(effects.reads.get(A)?.slots, [1n])
  })

  test('is gone when a contract is created over it', () => {
    const state = stateOf({ [A]: { balance: 3n, storage: storage([1n, 7n], [2n, 8n]) } }, { hardfork: 'istanbul' })
    assert.equal(state.hasCodeOrNonceOrStorage(A), true)
    state.warmSlot(A, 1n)
    state.createAccount(A)
    assert.equal(state.balance(A), 3n)
    assert.equal(state.slot(A, 1n), 0n)
    assert.equal(state.originalSlot(A, 2n), 0n)
    state.setSlot(A, 2n, 8n)
    assert.equal(state.isWarmSlot(A, 1n), true)
    state.setNonce(A, 1n)
    const { effects } = state.endTransaction()
    assert.deepEqual(effects.writes.get(A), { nonce: 1n, clearsStorage: true, slots: new Map([[2n, 8n]]) })
    assert.deepEqual(state.diff().accounts.get(A)?.slots, new Map([[2n, 8n]]))
    assert.equal(state.diff().accounts.get(A)?.clearsStorage, true)
  })

  test('a slot first met after a reset is right after its rollback', () => {
    const state = stateOf({ [A]: { storage: storage([1n, 7n]) } }, { hardfork: 'istanbul' })
    const checkpoint = state.checkpoint()
    state.createAccount(A)
    assert.equal(state.slot(A, 1n), 0n)
    state.rollback(checkpoint)
    assert.equal(state.slot(A, 1n), 7n)
    assert.equal(state.originalSlot(A, 1n), 7n)
  })

  test('transient storage lives for one transaction (EIP-1153)', () => {
    const state = stateOf({})
    state.setTransient(A, 1n, 5n)
    assert.equal(state.transient(A, 1n), 5n)
    const { effects } = state.endTransaction()
    assert.deepEqual([...effects.reads], [[A, NOTHING]])
    state.beginTransaction()
    assert.equal(state.transient(A, 1n), 0n)
  })
})

describe('self-destruction', () => {
  test('of what the same transaction created leaves reads only (EIP-6780, EIP-7928)', () => {
    const state = stateOf({})
    state.createAccount(A)
    state.setNonce(A, 1n)
    state.credit(A, 4n)
    state.setSlot(A, 1n, 1n)
    state.setCode(A, CODE)
    state.debit(A, 4n)
    assert.equal(state.markDestroyed(A), true)
    assert.equal(state.markDestroyed(A), false)
    state.credit(A, 2n)
    const { effects } = state.endTransaction()
    assert.equal(effects.writes.size + effects.credits.size, 0)
    assert.deepEqual(effects.reads.get(A), { balance: true, nonce: true, code: true, slots: [1n] })
    state.beginTransaction()
    assert.equal(state.isEmpty(A), true)
    assert.equal(state.slot(A, 1n), 0n)
    assert.deepEqual(state.diff().accounts, new Map())
  })

  test('of what had a balance before takes it away (EIP-7928)', () => {
    const state = stateOf({ [A]: { balance: 5n } })
    state.createAccount(A)
    state.setNonce(A, 1n)
    state.markDestroyed(A)
    assert.deepEqual(state.endTransaction().effects.writes.get(A), { balance: 0n, exists: false })
    assert.deepEqual(state.diff().accounts.get(A), { account: { to: undefined } })
  })

  test('of what was there before does nothing from Cancun on (EIP-6780)', () => {
    const account = { nonce: 1n, code: CODE, storage: storage([1n, 7n]) }
    const state = stateOf({ [A]: account })
    state.markDestroyed(A)
    assert.equal(state.endTransaction().effects.writes.size, 0)
  })

  test('before Cancun deletes account and storage', () => {
    const account = { nonce: 1n, balance: 2n, code: CODE, storage: storage([1n, 7n]) }
    const state = stateOf({ [A]: account }, { hardfork: 'shanghai' })
    state.setSlot(A, 2n, 1n)
    state.debit(A, 2n)
    state.markDestroyed(A)
    const { effects } = state.endTransaction()
    assert.deepEqual(effects.writes.get(A), {
      nonce: 0n,
      balance: 0n,
      code: { hash: KECCAK_EMPTY, bytes: new Uint8Array() },
      clearsStorage: true,
      exists: false,
    })
    state.beginTransaction()
    assert.equal(state.slot(A, 1n), 0n)
    state.createAccount(A)
    state.setNonce(A, 1n)
    state.setSlot(A, 3n, 3n)
    assert.deepEqual(state.endTransaction().effects.writes.get(A), { nonce: 1n, slots: new Map([[3n, 3n]]) })
    assert.deepEqual(state.diff().accounts.get(A), {
      account: { to: { nonce: 1n, balance: 0n, codeHash: KECCAK_EMPTY } },
      clearsStorage: true,
      slots: new Map([[3n, 3n]]),
    })
  })
})

describe('empty accounts', () => {
  test('exist once touched before EIP-161', () => {
    const state = stateOf({}, { hardfork: 'homestead' })
    assert.equal(state.exists(A), false)
    state.touch(A)
    assert.equal(state.exists(A), true)
    assert.deepEqual(state.endTransaction().effects.writes.get(A), { exists: true })
    assert.deepEqual(state.diff().accounts.get(A), {
      account: { to: { nonce: 0n, balance: 0n, codeHash: KECCAK_EMPTY } },
    })
  })

  test('are deleted once touched from EIP-161 on, and not made', () => {
    const state = stateOf({ [A]: {} }, { hardfork: 'spuriousDragon' })
    state.credit(A, 0n)
    state.touch(B)
    const { effects } = state.endTransaction()
    assert.deepEqual([...effects.writes], [[A, { exists: false }]])
    assert.deepEqual([...state.diff().accounts], [[A, { account: { to: undefined } }]])
  })

  test('stay while nobody touches them', () => {
    const state = stateOf({ [A]: {} }, { hardfork: 'spuriousDragon' })
    state.balance(A)
    assert.equal(state.endTransaction().effects.writes.size, 0)
  })
})

describe('code', () => {
  test('is in the writes and in the diff', () => {
    const state = stateOf({})
    state.setCode(A, CODE)
    assert.deepEqual(state.code(A), CODE)
    const hash = keccak256Hex(CODE)
    assert.deepEqual(state.endTransaction().effects.writes.get(A), { code: { hash, bytes: CODE } })
    assert.deepEqual(state.diff().codes, new Map([[hash, CODE]]))
  })
})

describe('the operations hash', () => {
  const hashOf = (run: (state: WorldState) => void, account: MemoryAccount = {}) => {
    const state = stateOf({ [A]: account })
    run(state)
    return state.endTransaction().operationsHash
  }

  test('covers what was read, written, and in which order', () => {
    const runs: ((state: WorldState) => void)[] = [
      () => {},
      (state) => state.slot(A, 1n),
      (state) => state.transient(A, 1n),
      (state) => state.setSlot(A, 1n, 1n),
      (state) => state.setSlot(A, 1n, 2n),
      (state) => state.setTransient(A, 1n, 2n),
      (state) => state.balance(A),
      (state) => state.nonce(A),
      (state) => state.codeHash(A),
      (state) => state.credit(A, 1n),
      (state) => state.credit(A, 2n),
      (state) => state.createAccount(A),
      (state) => state.markDestroyed(A),
      (state) => state.addLog({ address: A, topics: [], data: CODE }),
      (state) => {
        state.slot(A, 1n)
        state.setSlot(A, 2n, 1n)
      },
      (state) => {
        state.setSlot(A, 2n, 1n)
        state.slot(A, 1n)
      },
      (state) => {
        state.slot(A, 1n)
        state.slot(A, 2n)
      },
      (state) => {
        state.slot(A, 1n)
        state.slot(A, 1n)
      },
    ]
    const hashes = runs.map((run) => hashOf(run))
    assert.equal(new Set(hashes).size, runs.length)
    assert.notEqual(
      hashOf((state) => state.slot(A, 1n)),
      hashOf((state) => state.slot(A, 1n), { storage: storage([1n, 1n]) }),
    )
  })

  test('leaves it to the sets which locations these are', () => {
    const effectsOf = (slot: bigint) => {
      const state = stateOf({ [A]: {} })
      state.slot(A, slot)
      return state.endTransaction()
    }
    const [one, two] = [effectsOf(1n), effectsOf(2n)]
    assert.equal(one.operationsHash, two.operationsHash)
    assert.notDeepEqual(one.effects.reads, two.effects.reads)
    assert.equal(
      hashOf((state) => state.addLog({ address: A, topics: [], data: CODE })),
      hashOf((state) => state.addLog({ address: A, topics: [ZERO_HASH], data: CODE })),
    )
  })

  test('covers failed frames', () => {
    const failed = hashOf((state) => {
      const checkpoint = state.checkpoint()
      state.setSlot(A, 1n, 1n)
      state.rollback(checkpoint)
    })
    assert.notEqual(
      failed,
      hashOf(() => {}),
    )
    assert.equal(
      failed,
      hashOf((state) => state.setSlot(A, 1n, 1n)),
    )
  })

  test('does not depend on a balance that was only added to', () => {
    const run = (state: WorldState) => state.credit(A, 5n)
    assert.equal(hashOf(run), hashOf(run, { balance: 77n }))
  })

  test('starts anew with each transaction', () => {
    const state = stateOf({ [A]: { nonce: 3n } })
    state.nonce(A)
    const first = state.endTransaction().operationsHash
    state.beginTransaction()
    state.nonce(A)
    assert.equal(state.endTransaction().operationsHash, first)
  })
})

describe('what a transaction has recorded', () => {
  test('can be read in its own words', () => {
    const state = stateOf({ [A]: { balance: 5n, storage: storage([1n, 7n]), code: CODE } })
    state.warmAddress(A)
    state.warmSlot(A, 1n)
    assert.equal(state.slot(A, 1n), 7n)
    state.slot(A, 1n)
    state.slot(A, 2n)
    state.setSlot(A, 2n, 9n)
    state.setTransient(A, 1n, 3n)
    state.slot(A, 1n)
    state.code(A)
    state.code(A)
    state.credit(B, 4n)
    state.addLog({ address: A, topics: [], data: CODE })
    const checkpoint = state.checkpoint()
    state.setNonce(B, 1n)
    state.warmAddress(B)
    state.rollback(checkpoint)
    const record = state.recorded()!
    const codeHash = keccak256Hex(CODE)
    assert.deepEqual(record.operations, [
      { kind: 'storage', mode: 'read', address: A, slot: 1n, value: 7n },
      { kind: 'storage', mode: 'read', address: A, slot: 1n, value: 7n },
      { kind: 'storage', mode: 'read', address: A, slot: 2n, value: 0n },
      { kind: 'storage', mode: 'write', address: A, slot: 2n, value: 9n },
      { kind: 'transientStorage', mode: 'write', address: A, slot: 1n, value: 3n },
      { kind: 'storage', mode: 'read', address: A, slot: 1n, value: 7n },
      { kind: 'code', mode: 'read', address: A, value: codeHash },
      { kind: 'code', mode: 'read', address: A, value: codeHash },
      { kind: 'balance', mode: 'add', address: B, value: 4n },
      { kind: 'log', mode: 'add', address: A },
      { kind: 'nonce', mode: 'write', address: B, value: 1n },
    ])
    assert.deepEqual(record.warmAddresses, [A])
    assert.deepEqual(record.warmSlots, [{ address: A, slot: 1n }])
    assert.deepEqual(record.touched, [B])
    assert.equal(record.refund, 0n)
  })

  test('is not there without recording, nor of a transaction before', () => {
    const plain = new WorldState({ rules: rulesFor('osaka'), record: false }, { view: new MemoryView() })
    plain.beginTransaction()
    assert.equal(plain.recorded(), undefined)
    const state = stateOf({ [A]: {} })
    state.setTransient(A, 1n, 3n)
    state.endTransaction()
    state.beginTransaction()
    state.transient(A, 2n)
    assert.deepEqual(state.recorded()?.operations, [
      { kind: 'transientStorage', mode: 'read', address: A, slot: 2n, value: 0n },
    ])
  })
})
