import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type Address, wordToAddress } from '../../primitives/hex.ts'
import { type TestStorage, temporaryStorage } from '../../storage/fixtures/test-storage.ts'
import { bucketKey } from '../../storage/keys.ts'
import type { Account, StateDiff } from '../../storage/state-view.ts'
import { Random, seedFromEnvironment } from '../../test/support/random.ts'
import { ControlledState } from './state.ts'

const ACCOUNTS: readonly Address[] = [0xa1n, 0xa2n, 0xa3n].map(wordToAddress)
const CODES = [0, 1, 40].map((length) => new Uint8Array(length).fill(length))
const STEPS = 300

interface Site {
  readonly storage: TestStorage
  readonly state: ControlledState
  /** What undoes each write, oldest first. */
  readonly undos: StateDiff[]
}

async function siteThat(canPutOff: boolean, t: TestContext): Promise<Site> {
  const storage = await temporaryStorage(t)
  const undos: StateDiff[] = []
  const state = new ControlledState({
    ...storage,
    chain: { betweenBlocks: (change) => change() },
    onChange: (undo) => undos.push(undo),
    canPutOff: () => canPutOff,
  })
  return { storage, state, undos }
}

async function contentOf({ database, blocks }: TestStorage): Promise<unknown> {
  const content: string[] = []
  for (const bucket of ['account', 'slot'] as const) {
    for await (const { key, value } of database.entries(bucketKey(bucket))) {
      content.push(`${Buffer.from(key).toString('hex')} ${Buffer.from(value).toString('hex')}`)
    }
  }
  return { stateRoot: blocks.head().stateRoot, content }
}

/** Without what only the flat state counts. */
async function fieldsOf(state: ControlledState, address: Address): Promise<Account | undefined> {
  const account = await state.account(address)
  return account && { nonce: account.nonce, balance: account.balance, codeHash: account.codeHash }
}

/** One change, at random, that values of 0 and few accounts let meet others. */
function randomChange(random: Random): (state: ControlledState) => Promise<void> {
  const address = random.pick(ACCOUNTS)
  const value = BigInt(random.below(3))
  const slot = BigInt(random.below(3))
  const code = random.pick(CODES)
  return random.pick([
    (state) => state.setBalance(address, value),
    (state) => state.setNonce(address, value),
    (state) => state.setCode(address, code),
    (state) => state.setSlot(address, slot, value),
  ])
}

test('what is put off comes to the same as what is written at once, and is undone in the same way', async (t) => {
  const seed = seedFromEnvironment()
  t.diagnostic(`TEST_SEED=${seed}`)
  const random = new Random(seed)
  const sites = [await siteThat(false, t), await siteThat(true, t)] as const
  const [direct, putOff] = sites
  const before = await contentOf(direct.storage)
  for (let step = 0; step < STEPS; step++) {
    const change = randomChange(random)
    for (const { state } of sites) await change(state)
    const address = random.pick(ACCOUNTS)
    const [ofDirect, ofPutOff] = await Promise.all(sites.map(({ state }) => fieldsOf(state, address)))
    assert.deepEqual(ofPutOff, ofDirect, `seed ${seed}, step ${step}`)
    if (!random.chance(0.1)) continue
    await putOff.state.write()
    assert.deepEqual(await contentOf(putOff.storage), await contentOf(direct.storage), `seed ${seed}, step ${step}`)
  }
  await putOff.state.write()
  assert.ok(putOff.undos.length < direct.undos.length / 3, `${putOff.undos.length} writes`)
  for (const { state, storage, undos } of sites) {
    for (const undo of undos.reverse()) await state.apply(undo)
    assert.deepEqual(await contentOf(storage), before, `seed ${seed}`)
  }
})

test('codes that are put off are written before they take much memory', async (t) => {
  const { state, undos } = await siteThat(true, t)
  const code = new Uint8Array(1024 * 1024)
  for (let index = 0; index < 5; index++) {
    code[0] = index
    await state.setCode(ACCOUNTS[0]!, code.slice())
  }
  assert.equal(undos.length, 1)
})

test('what cannot be written is told once, and nothing of it is left', async (t) => {
  const storage = await temporaryStorage(t)
  let isFull = true
  const state = new ControlledState({
    ...storage,
    committer: {
      changeHeadState: async (...change) => {
        if (isFull) throw new Error('no room')
        return await storage.committer.changeHeadState(...change)
      },
    },
    chain: { betweenBlocks: (change) => change() },
    onChange: () => {},
    canPutOff: () => true,
  })
  const [address] = ACCOUNTS as [Address]
  await state.setBalance(address, 5n)
  await assert.rejects(state.write(), /no room/)
  assert.equal(await state.account(address), undefined)
  isFull = false
  await state.setBalance(address, 6n)
  await state.write()
  assert.equal(storage.states.headView().account(address)?.balance, 6n)
})
