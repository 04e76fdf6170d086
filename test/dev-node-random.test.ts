import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadSettings } from '../config/settings.ts'
import { openChainDatabase } from '../node/chain-database.ts'
import { developerAccounts } from '../primitives/developer-accounts.ts'
import type { Address, Hash, Hex } from '../primitives/hex.ts'
import { quantityToHex, wordToAddress, wordToHash } from '../primitives/hex.ts'
import { checkDatabase } from '../storage/checker.ts'
import { type DevNode, startDevNode } from './support/dev-node.ts'
import { Random, seedFromEnvironment } from './support/random.ts'

const STEPS = Number(process.env.TEST_STEPS ?? 150)
const SENDERS = developerAccounts(2).map(({ address }) => address)
const OTHERS: readonly Address[] = [0xaan, 0xbbn, 0xccn].map(wordToAddress)
/** Stores the second word of its call data in the slot that the first one names. */
const STORES: Hex = '0x6020355f3555'

/** All that is to be the same when the chain is brought back. */
interface Picture {
  readonly number: number
  readonly head: Hash
  /** Digest of all accounts. */
  readonly state: string
  readonly pool: unknown
}

/** Controls a node at random, and knows what it should be like. */
class RandomUser {
  readonly #node: DevNode
  readonly #random: Random
  readonly #snapshots: { readonly id: Hex; readonly number: number; readonly picture: Picture }[] = []
  /** The state after each block as it was seen last, by the block's hash. */
  readonly #states = new Map<Hash, { readonly number: number; readonly state: string }>()
  readonly done = new Map<string, number>()

  constructor(node: DevNode, random: Random) {
    this.#node = node
    this.#random = random
  }

  async step(): Promise<void> {
    const steps = [
      ...[this.#setBalance, this.#setNonce, this.#setCode, this.#setSlot, this.#send, this.#send, this.#send],
      ...[this.#mine, this.#snapshot, this.#snapshot, this.#revert, this.#rollBack, this.#reorganise, this.#setMode],
    ]
    const step = this.#random.pick(steps)
    await step.call(this)
    this.done.set(step.name, (this.done.get(step.name) ?? 0) + 1)
    const { head, number, state } = await this.#picture()
    this.#states.set(head, { number, state })
  }

  async #picture(): Promise<Picture> {
    const [block, state, pool] = await Promise.all([
      this.#ask<{ hash: Hash; number: Hex }>('eth_getBlockByNumber', 'latest', false),
      this.#ask<Hex>('anvil_dumpState'),
      this.#ask('txpool_content'),
    ])
    return {
      head: block.hash,
      number: Number(block.number),
      state: createHash('sha256').update(state).digest('hex'),
      pool,
    }
  }

  async #setBalance(): Promise<void> {
    await this.#ask('anvil_setBalance', this.#random.pick(OTHERS), quantityToHex(this.#random.below(3) * 1e18))
  }

  async #setNonce(): Promise<void> {
    await this.#ask('anvil_setNonce', this.#random.pick(OTHERS), quantityToHex(this.#random.below(3)))
  }

  async #setCode(): Promise<void> {
    await this.#ask('anvil_setCode', this.#random.pick(OTHERS), this.#random.pick(['0x', STORES, '0x00']))
  }

  async #setSlot(): Promise<void> {
    const slot = quantityToHex(this.#random.below(4))
    await this.#ask('anvil_setStorageAt', this.#random.pick(OTHERS), slot, wordToHash(BigInt(this.#random.below(3))))
  }

  async #send(): Promise<void> {
    const from = this.#random.pick([...SENDERS, ...OTHERS])
    const words = [this.#random.below(4), this.#random.below(3)].map((word) => wordToHash(BigInt(word)).slice(2))
    const value = quantityToHex(this.#random.below(3))
    const transaction = { from, to: this.#random.pick(OTHERS), value, data: `0x${words.join('')}`, gas: '0x186a0' }
    // Not everybody can pay.
    await this.#ask('eth_sendTransaction', transaction).catch(() => undefined)
  }

  async #mine(): Promise<void> {
    await this.#ask('anvil_mine', this.#random.below(4))
  }

  async #setMode(): Promise<void> {
    await this.#ask('evm_setAutomine', this.#random.chance(0.6))
  }

  async #snapshot(): Promise<void> {
    const picture = await this.#picture()
    this.#snapshots.push({ id: await this.#ask<Hex>('evm_snapshot'), number: await this.#height(), picture })
  }

  async #revert(): Promise<void> {
    if (this.#snapshots.length === 0) return
    const index = this.#random.below(this.#snapshots.length)
    const [snapshot, ...later] = this.#snapshots.splice(index)
    assert.equal(await this.#ask('evm_revert', snapshot?.id), true)
    assert.deepEqual(await this.#picture(), snapshot?.picture)
    this.#forgetStatesAbove(snapshot!.number)
    for (const { id } of later) assert.equal(await this.#ask('evm_revert', id), false)
  }

  async #rollBack(): Promise<void> {
    const depth = Math.min(this.#random.below(3), await this.#height())
    await this.#ask('anvil_rollback', depth)
    await this.#forgetAbove(await this.#height())
    const { head, state } = await this.#picture()
    // Of several blocks made in one step only the last was seen.
    const seen = this.#states.get(head)
    if (seen !== undefined) assert.equal(state, seen.state)
  }

  async #reorganise(): Promise<void> {
    const height = await this.#height()
    const depth = Math.min(1 + this.#random.below(3), height)
    const before = await this.#picture()
    await this.#ask('anvil_reorg', depth, [])
    await this.#forgetAbove(height - depth)
    assert.equal(await this.#height(), height)
    if (depth > 0) assert.notEqual((await this.#picture()).head, before.head)
  }

  /** A block that is made once more, with the same hash, has nothing of what was changed on top of it before. */
  #forgetStatesAbove(number: number): void {
    for (const [hash, seen] of this.#states) if (seen.number > number) this.#states.delete(hash)
  }

  async #forgetAbove(number: number): Promise<void> {
    this.#forgetStatesAbove(number)
    const first = this.#snapshots.findIndex((snapshot) => snapshot.number > number)
    for (const { id } of first < 0 ? [] : this.#snapshots.splice(first)) {
      assert.equal(await this.#ask('evm_revert', id), false)
    }
  }

  async #height(): Promise<number> {
    return Number(await this.#ask<Hex>('eth_blockNumber'))
  }

  #ask<T>(method: string, ...params: unknown[]): Promise<T> {
    return this.#node.request<T>(method, ...params)
  }
}

test('whatever is done to it, it goes back to what it was, and its database agrees with itself', {
  timeout: 600_000,
}, async (t) => {
  const seed = seedFromEnvironment()
  t.diagnostic(`TEST_SEED=${seed}`)
  const directory = mkdtempSync(join(tmpdir(), 'pavm-dev-random-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  {
    await using node = await startDevNode('--data', directory, '--quiet')
    await node.request('anvil_autoImpersonateAccount', true)
    const user = new RandomUser(node, new Random(seed))
    for (let step = 0; step < STEPS; step++) await user.step()
    t.diagnostic([...user.done].map(([name, count]) => `${name} ${count}`).join(', '))
    node.command.signal('SIGTERM')
    assert.equal((await node.command.ended()).code, 0)
  }
  const flags = { dataDir: directory, genesis: join(directory, 'genesis.json') }
  const chain = await openChainDatabase(loadSettings({ env: {}, flags }))
  t.after(() => chain.close())
  assert.deepEqual((await checkDatabase(chain.database)).problems, [], `seed ${seed}`)
})
