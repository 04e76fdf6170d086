import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { loadSettings } from '../config/settings.ts'
import { type ChainDatabase, openChainDatabase } from '../node/chain-database.ts'
import { developerAccounts } from '../primitives/developer-accounts.ts'
import { type Address, type Hex, quantityToHex, wordToAddress, wordToHash } from '../primitives/hex.ts'
import { checkDatabase } from '../storage/checker.ts'
import { type DevNode, startDevNode } from './support/dev-node.ts'
import { Random, seedFromEnvironment } from './support/random.ts'

const STEPS = Number(process.env.TEST_STEPS ?? 250)
const [SENDER] = developerAccounts(1).map(({ address }) => address) as [Address]
const ACCOUNTS: readonly Address[] = [0xa1n, 0xa2n, 0xa3n, 0xa4n].map(wordToAddress)
const CODES: readonly Hex[] = ['0x', '0x00', '0x6001']
const SLOTS = 3
const GAS_PRICE = 10n ** 11n

type Ask = <T = unknown>(method: string, ...params: unknown[]) => Promise<T>

/** A connection of its own, on which answers come in the order of their requests or not. */
async function openSocket(url: string): Promise<{ readonly ask: Ask; close(): void }> {
  const socket = new WebSocket(url.replace('http', 'ws'))
  await once(socket, 'open')
  const waiting = new Map<number, PromiseWithResolvers<unknown>>()
  socket.addEventListener('message', ({ data }) => {
    const { id, result, error } = JSON.parse(String(data)) as {
      id: number
      result: unknown
      error?: { message: string }
    }
    if (error === undefined) waiting.get(id)?.resolve(result)
    else waiting.get(id)?.reject(new Error(error.message))
  })
  let lastId = 0
  const ask = <T>(method: string, ...params: unknown[]): Promise<T> => {
    const answer = Promise.withResolvers<unknown>()
    waiting.set(++lastId, answer)
    socket.send(JSON.stringify({ jsonrpc: '2.0', id: lastId, method, params }))
    return answer.promise as Promise<T>
  }
  return { ask, close: () => socket.close() }
}

/** Several at once, in their order. */
async function askTogether(url: string, calls: readonly (readonly [method: string, ...params: unknown[]])[]) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(calls.map(([method, ...params], id) => ({ jsonrpc: '2.0', id, method, params }))),
  })
  const answers = (await response.json()) as {
    readonly id: number
    readonly result?: unknown
    readonly error?: unknown
  }[]
  return answers.map(({ result, error }) => {
    assert.equal(error, undefined)
    return result
  })
}

interface AccountModel {
  balance: bigint
  nonce: bigint
  code: Hex
  slots: bigint[]
}

/** What the chain is to be: nobody has told the node of it. */
interface Model {
  height: number
  accounts: AccountModel[]
}

/** Controls a node over several connections, each of which has to see what any of them was told. */
class ManyUsers {
  readonly #url: string
  readonly #asks: readonly Ask[]
  readonly #random: Random
  readonly #snapshots: { readonly id: Hex; readonly model: Model }[] = []
  #model: Model
  readonly done = new Map<string, number>()

  constructor(url: string, asks: readonly Ask[], random: Random) {
    this.#url = url
    this.#asks = asks
    this.#random = random
    this.#model = {
      height: 0,
      accounts: ACCOUNTS.map(() => ({ balance: 0n, nonce: 0n, code: '0x', slots: new Array<bigint>(SLOTS).fill(0n) })),
    }
  }

  async step(): Promise<void> {
    const changes = [this.#setBalance, this.#addBalance, this.#setNonce, this.#setCode, this.#setSlot]
    const steps = [...changes, ...changes, this.#together, this.#atOnce, this.#mine, this.#mineOne, this.#pay]
    const step = this.#random.pick([...steps, this.#snapshot, this.#revert, this.#look, this.#look])
    await step.call(this)
    this.done.set(step.name, (this.done.get(step.name) ?? 0) + 1)
  }

  /** Everything is as it should be, whoever asks. */
  async check(): Promise<void> {
    const { height, accounts } = this.#model
    assert.equal(Number(await this.#ask('eth_blockNumber')), height)
    for (const [index, address] of ACCOUNTS.entries()) {
      const { balance, nonce, code, slots } = accounts[index]!
      const found = await Promise.all([
        this.#ask<Hex>('eth_getBalance', address, 'latest').then(BigInt),
        this.#ask<Hex>('eth_getTransactionCount', address, 'pending').then(BigInt),
        this.#ask<Hex>('eth_getCode', address, 'latest'),
        ...slots.map((_, slot) => this.#ask<Hex>('eth_getStorageAt', address, quantityToHex(slot), 'latest')),
      ])
      assert.deepEqual(found, [balance, nonce, code, ...slots.map((value) => wordToHash(value))])
    }
  }

  get #ask(): Ask {
    return this.#random.pick(this.#asks)
  }

  #pick(): readonly [address: Address, model: AccountModel] {
    const index = this.#random.below(ACCOUNTS.length)
    return [ACCOUNTS[index]!, this.#model.accounts[index]!]
  }

  async #setBalance(): Promise<void> {
    const [address, model] = this.#pick()
    model.balance = BigInt(this.#random.below(3))
    await this.#ask('anvil_setBalance', address, quantityToHex(model.balance))
  }

  async #addBalance(): Promise<void> {
    const [address, model] = this.#pick()
    const more = BigInt(this.#random.below(3))
    model.balance += more
    await this.#ask('anvil_addBalance', address, quantityToHex(more))
  }

  async #setNonce(): Promise<void> {
    const [address, model] = this.#pick()
    model.nonce = BigInt(this.#random.below(3))
    await this.#ask('hardhat_setNonce', address, quantityToHex(model.nonce))
  }

  async #setCode(): Promise<void> {
    const [address, model] = this.#pick()
    model.code = this.#random.pick(CODES)
    await this.#ask('hardhat_setCode', address, model.code)
  }

  async #setSlot(): Promise<void> {
    const [address, model] = this.#pick()
    const slot = this.#random.below(SLOTS)
    model.slots[slot] = BigInt(this.#random.below(3))
    await this.#ask('hardhat_setStorageAt', address, quantityToHex(slot), wordToHash(model.slots[slot]))
  }

  /** A batch: each sees those before it. */
  async #together(): Promise<void> {
    const [address, model] = this.#pick()
    model.balance = BigInt(this.#random.below(100))
    this.#model.height += 3
    const results = await askTogether(this.#url, [
      ['anvil_setBalance', address, quantityToHex(model.balance)],
      ['hardhat_mine', '0x2'],
      ['eth_getBalance', address, 'latest'],
      ['eth_blockNumber'],
      ['evm_mine'],
    ])
    assert.deepEqual(results, [null, null, quantityToHex(model.balance), quantityToHex(this.#model.height - 1), '0x0'])
  }

  /** Without waiting for one another: all of them take place. */
  async #atOnce(): Promise<void> {
    const blocks = this.#random.below(5)
    this.#model.height += blocks + 1
    const balances = ACCOUNTS.map((_, index) => BigInt(index + this.#random.below(3)))
    for (const [index, balance] of balances.entries()) this.#model.accounts[index]!.balance = balance
    await Promise.all([
      this.#ask('hardhat_mine', quantityToHex(blocks)),
      ...ACCOUNTS.map((address, index) => this.#ask('anvil_setBalance', address, quantityToHex(balances[index]!))),
      this.#ask('evm_mine'),
    ])
    await this.check()
  }

  async #mine(): Promise<void> {
    const [blocks, interval] = [2 + this.#random.below(30), 1 + this.#random.below(100)]
    const before = Number((await this.#ask<{ timestamp: Hex }>('eth_getBlockByNumber', 'latest', false)).timestamp)
    await this.#ask('hardhat_mine', quantityToHex(blocks), quantityToHex(interval))
    this.#model.height += blocks
    const { timestamp, number } = await this.#ask<{ timestamp: Hex; number: Hex }>(
      'eth_getBlockByNumber',
      'latest',
      false,
    )
    assert.equal(Number(number), this.#model.height)
    assert.ok(Number(timestamp) >= before + (blocks - 1) * interval)
  }

  async #mineOne(): Promise<void> {
    await this.#ask('evm_mine')
    this.#model.height++
  }

  /** To an account whose code, if it has any, takes it without a word. */
  async #pay(): Promise<void> {
    const [address, model] = this.#pick()
    model.balance += 1n
    this.#model.height++
    const payment = { from: SENDER, to: address, value: '0x1', gas: '0x186a0', gasPrice: quantityToHex(GAS_PRICE) }
    const hash = await this.#ask('eth_sendTransaction', payment)
    const { status } = await this.#ask<{ status: Hex }>('eth_getTransactionReceipt', hash)
    assert.equal(status, '0x1')
  }

  async #snapshot(): Promise<void> {
    this.#snapshots.push({ id: await this.#ask<Hex>('evm_snapshot'), model: structuredClone(this.#model) })
  }

  async #revert(): Promise<void> {
    if (this.#snapshots.length === 0) return
    const [snapshot] = this.#snapshots.splice(this.#random.below(this.#snapshots.length))
    assert.equal(await this.#ask('evm_revert', snapshot!.id), true)
    this.#model = snapshot!.model
  }

  async #look(): Promise<void> {
    await this.check()
  }
}

function temporaryDirectory(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'pavm-dev-deferred-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

async function openChain(directory: string, t: TestContext): Promise<ChainDatabase> {
  const flags = { dataDir: directory, genesis: join(directory, 'genesis.json') }
  const chain = await openChainDatabase(loadSettings({ env: {}, flags }))
  t.after(() => chain.close())
  assert.deepEqual((await checkDatabase(chain.database)).problems, [])
  return chain
}

/** Balances of 1, 2, 3 and so on, to two accounts in turns, until the node is killed in the middle. Returns the last that it answered. */
async function countUpAndKill(node: DevNode): Promise<number> {
  for (let told = 0; ; told++) {
    if (told === 500) node.command.signal('SIGKILL')
    try {
      await node.request('anvil_setBalance', ACCOUNTS[told % 2], quantityToHex(told + 1))
    } catch {
      return told
    }
  }
}

test('whoever asks after an answer sees what it said, on every connection', { timeout: 600_000 }, async (t) => {
  const seed = seedFromEnvironment()
  t.diagnostic(`TEST_SEED=${seed}`)
  await using node = await startDevNode('--quiet')
  const sockets = [await openSocket(node.url), await openSocket(node.url)]
  t.after(() => {
    for (const socket of sockets) socket.close()
  })
  const users = new ManyUsers(
    node.url,
    [node.request, node.request, ...sockets.map(({ ask }) => ask)],
    new Random(seed),
  )
  for (let step = 0; step < STEPS; step++) await users.step()
  await users.check()
  t.diagnostic([...users.done].map(([name, count]) => `${name} ${count}`).join(', '))
})

test('blocks for which there would be no time are refused, and not promised', async () => {
  await using node = await startDevNode('--quiet')
  await assert.rejects(node.request('hardhat_mine', '0x3', quantityToHex(Number.MAX_SAFE_INTEGER)), /seconds/)
  // The first has its time.
  assert.equal(await node.request('eth_blockNumber'), '0x1')
  assert.equal(await node.request('evm_mine'), '0x0')
  assert.equal(await node.request('eth_blockNumber'), '0x2')
})

test('a node that stops writes what it has answered, and makes no more of the blocks', async (t) => {
  const directory = temporaryDirectory(t)
  const blocks = 10_000
  {
    await using node = await startDevNode('--data', directory, '--quiet')
    for (const address of ACCOUNTS) await node.request('anvil_setBalance', address, '0x7')
    await node.request('hardhat_mine', quantityToHex(blocks))
    node.command.signal('SIGTERM')
    assert.equal((await node.command.ended()).code, 0)
  }
  const chain = await openChain(directory, t)
  assert.ok(chain.blocks.head().number < blocks)
  const view = chain.states.headView()
  for (const address of ACCOUNTS) assert.equal(view.account(address)?.balance, 7n)
})

test('after a crash the chain is whole, and lacks no more than the last answers', { timeout: 120_000 }, async (t) => {
  const directory = temporaryDirectory(t)
  let told = 0
  {
    await using node = await startDevNode('--data', directory, '--quiet')
    told = await countUpAndKill(node)
  }
  const chain = await openChain(directory, t)
  const [first, second] = ACCOUNTS.map((address) => chain.states.headView().account(address)?.balance ?? 0n)
  const stored = Math.max(Number(first), Number(second))
  // The one whose answer did not arrive may be there, those of the last tenth of a second need not.
  assert.ok(stored > 0 && stored <= told + 1, `${stored} of ${told}`)
  assert.equal(Math.min(Number(first), Number(second)), stored - 1)
})
