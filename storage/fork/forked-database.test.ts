import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { developmentGenesis } from '../../config/genesis.ts'
import { bigintToMinimalBytes } from '../../primitives/bytes.ts'
import { headerHash } from '../../primitives/header.ts'
import { type Address, wordToAddress } from '../../primitives/hex.ts'
import { EMPTY_TRIE_ROOT, KECCAK_EMPTY } from '../../primitives/keccak.ts'
import { BlockStore } from '../block-store.ts'
import { Committer } from '../commit.ts'
import { openDatabase } from '../database.ts'
import { encodeFlatAccount } from '../flat-account.ts'
import { genesisBlock } from '../genesis-block.ts'
import { StateStore } from '../state-store.ts'
import type { AccountDiff, StateDiff } from '../state-view.ts'
import { readForkPoint } from './fork-point.ts'
import { baseKey, type FetchedBase, NotFetched } from './state-base.ts'

const directory = mkdtempSync(join(tmpdir(), 'pavm-forked-database-'))
after(() => rmSync(directory, { recursive: true, force: true }))

const account = (index: bigint): Address => wordToAddress(index)
const [RICH, CONTRACT, NOBODY] = [account(0xa1n), account(0xa2n), account(0xa3n)] as const

/** RICH and CONTRACT exist; a slot of CONTRACT has its own number. Nothing is there before it has been fetched. */
class TestBase implements FetchedBase {
  isActive = false
  readonly #fetched = new Map<string, Uint8Array | undefined>()
  fetches = 0

  get(key: Uint8Array): Uint8Array | undefined {
    const name = Buffer.from(key).toString('hex')
    if (!this.isActive || baseKey(key) === undefined || baseKey(key)?.kind === 'blockHash') return undefined
    if (!this.#fetched.has(name)) throw new NotFetched(key)
    return this.#fetched.get(name)
  }

  async fetch(key: Uint8Array): Promise<void> {
    this.fetches++
    const wanted = baseKey(key)
    const fields = { balance: 7n, codeHash: KECCAK_EMPTY }
    const value =
      wanted?.kind === 'slot'
        ? bigintToMinimalBytes(wanted.address === CONTRACT ? wanted.slot : 0n)
        : wanted?.kind === 'account' && wanted.address === RICH
          ? encodeFlatAccount({ ...fields, nonce: 0n, slotCount: 0n })
          : wanted?.kind === 'account' && wanted.address === CONTRACT
            ? encodeFlatAccount({ ...fields, nonce: 1n, slotCount: 1n << 62n })
            : undefined
    this.#fetched.set(Buffer.from(key).toString('hex'), value)
  }
}

const diffOf = (address: Address, change: AccountDiff): StateDiff => ({
  accounts: new Map([[address, change]]),
  codes: new Map(),
})

test('a database upon a base: what is changed hides it, what is deleted too, and undoing brings it back', async () => {
  const genesis = genesisBlock(developmentGenesis({ engine: 'instant', controls: true }))
  const base = new TestBase()
  const database = await openDatabase(join(directory, 'chain'), { chainId: 1n, genesisHash: genesis.hash }, { base })
  const committer = new Committer({}, { database })
  await committer.commitGenesis(genesis)
  const states = new StateStore({}, { database })
  const view = states.headView()
  assert.equal(view.account(RICH), undefined)
  assert.equal(base.fetches, 0)

  const header = { ...genesis.block.header, number: 40n, extraData: Uint8Array.of(1) }
  const point = { chainId: 5n, number: 40n, hash: headerHash(header) }
  await committer.restart({ header, point }, () => {
    base.isActive = true
  })
  const blocks = new BlockStore({ reader: database })
  assert.deepEqual(blocks.head(), { hash: point.hash, number: 40n, stateRoot: EMPTY_TRIE_ROOT })
  assert.deepEqual(readForkPoint(database), point)
  assert.equal(blocks.canonicalHash(0n), undefined)
  assert.equal(blocks.header(point.hash)?.number, 40n)
  assert.throws(() => view.account(RICH), NotFetched)
  assert.equal((await states.fetched(() => view.account(RICH)))?.balance, 7n)
  assert.equal(await states.fetched(() => view.account(NOBODY)), undefined)
  assert.equal(await states.fetched(() => view.slot(CONTRACT, 3n)), 3n)
  const { fetches } = base
  assert.equal(view.slot(CONTRACT, 3n), 3n)
  assert.equal(base.fetches, fetches)

  const changes: StateDiff[] = []
  const change = async (diff: StateDiff): Promise<void> => {
    changes.unshift(await committer.changeHeadState(diff, states.nodes))
  }
  await change(diffOf(RICH, { account: { to: undefined } }))
  await change(diffOf(CONTRACT, { slots: new Map([3n, 4n, 5n].map((slot) => [slot, slot === 4n ? 44n : 0n])) }))
  assert.equal(view.account(RICH), undefined)
  assert.deepEqual([view.slot(CONTRACT, 3n), view.slot(CONTRACT, 4n), view.slot(CONTRACT, 5n)], [0n, 44n, 0n])
  assert.equal(view.hasStorage(CONTRACT), true)
  const snapshot = states.snapshot()
  assert.equal(snapshot.stateAt({ hash: point.hash, stateRoot: header.stateRoot })?.slot(CONTRACT, 3n), 0n)
  await snapshot.close()
  const changedRoot = blocks.head().stateRoot
  assert.notEqual(changedRoot, EMPTY_TRIE_ROOT)
  for (const undo of changes.splice(0)) await committer.changeHeadState(undo, states.nodes)
  assert.equal(view.account(RICH)?.balance, 7n)
  assert.deepEqual([view.slot(CONTRACT, 3n), view.slot(CONTRACT, 4n), view.slot(CONTRACT, 5n)], [3n, 4n, 5n])

  await committer.restart(genesis, () => {
    base.isActive = false
  })
  assert.equal(blocks.head().hash, genesis.hash)
  assert.equal(readForkPoint(database), undefined)
  assert.equal(view.account(RICH), undefined)
  assert.equal(view.slot(CONTRACT, 4n), 0n)
  for (const [address, { account: funded }] of genesis.diff.accounts) {
    assert.equal(view.account(address)?.balance, funded?.to?.balance, address)
  }
  await committer.close()
  await database.close()
})
