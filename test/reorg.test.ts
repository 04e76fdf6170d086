import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Address, type Hash, type Hex, hexToBytes } from '../primitives/hex.ts'
import type { Transaction } from '../primitives/transaction.ts'
import { checkDirectory } from './support/check-directory.ts'
import { type DividedTestnet, startDividedTestnet } from './support/divided-testnet.ts'
import { eventually, rpc } from './support/json-rpc.ts'
import { Subscriber } from './support/subscriber.ts'
import { send, type TestAccount } from './support/test-accounts.ts'
import { fundTokenAccounts, hashesOf, mined, submit, type TokenAccounts } from './support/token-accounts.ts'

interface Block {
  readonly number: Hex
  readonly hash: Hash
  readonly parentHash: Hash
  readonly totalDifficulty: Hex
}

interface Log {
  readonly blockHash: Hash
  readonly blockNumber: Hex
  readonly transactionHash: Hash
  readonly logIndex: Hex
  readonly removed: boolean
}

type Receipt = Pick<Log, 'blockHash' | 'blockNumber' | 'transactionHash'> & { readonly status: Hex }

/** The first node is alone on its side of the wire, and wins: it searches four times as fast. */
const WINNER = 0
const LOSERS = [1, 2] as const
const ALL = [WINNER, ...LOSERS] as const

/** What somebody hears who listens to a node all the time. */
interface Listener {
  readonly url: string
  readonly heads: readonly Block[]
  readonly logs: readonly Log[]
  /** Ids of filters, to be polled. */
  readonly blockFilter: Hex
  readonly logFilter: Hex
}

let testnet: DividedTestnet
let tokens: TokenAccounts
const subscribers: Subscriber[] = []

before(async () => {
  testnet = await startDividedTestnet({
    nodes: 3,
    miners: 2,
    blockTimeSeconds: 1,
    hashesPerSecond: [4_096, 1_024],
    settings: { execution: { workers: 2 } },
  })
  tokens = await fundTokenAccounts(testnet.url(WINNER), 'divided', 12)
})
after(async () => {
  for (const subscriber of subscribers) subscriber.close()
  await testnet?.close()
})

const blockOf = (index: number, tag: string) => rpc<Block>(testnet.url(index), 'eth_getBlockByNumber', tag, false)
const receiptOf = (index: number, hash: Hash) =>
  rpc<Receipt | null>(testnet.url(index), 'eth_getTransactionReceipt', hash)

/** A transfer of so many token units: the amount tells transactions of equal sender and nonce apart. */
function transfer(account: TestAccount, amount: number): Transaction {
  const data = tokens.interface.encodeFunctionData('transfer', [RECEIVER, amount]) as Hex
  return send(account, { to: tokens.token, data: hexToBytes(data), gasLimit: 100_000n })
}

const RECEIVER: Address = '0x00000000000000000000000000000000000beef0'

async function oneHead(what: string, limitMs: number): Promise<Block> {
  return await eventually(what, limitMs, async () => {
    const heads = await Promise.all(ALL.map((index) => blockOf(index, 'latest')))
    return new Set(heads.map(({ hash }) => hash)).size === 1 ? heads[0] : undefined
  })
}

async function listen(index: number): Promise<Listener> {
  const url = testnet.url(index)
  const subscriber = await Subscriber.connect(url)
  subscribers.push(subscriber)
  const criteria = { address: tokens.token }
  return {
    url,
    heads: await subscriber.subscribe<Block>('newHeads'),
    logs: await subscriber.subscribe<Log>('logs', criteria),
    blockFilter: await rpc<Hex>(url, 'eth_newBlockFilter'),
    logFilter: await rpc<Hex>(url, 'eth_newFilter', criteria),
  }
}

const nameOf = ({ blockHash, logIndex }: Log): string => `${blockHash} ${logIndex}`

/** What is left of logs told and taken back. Only what was told may be taken back, nothing may be told twice. */
function standing(told: readonly Log[]): string[] {
  const names = new Set<string>()
  for (const log of told) {
    const name = nameOf(log)
    assert.equal(names.has(name), log.removed, `${log.removed ? 'taken back' : 'told'}: ${name}`)
    if (log.removed) names.delete(name)
    else names.add(name)
  }
  return [...names].sort()
}

function assertNewHeads(heads: readonly Block[], first: bigint, canonical: readonly Hash[]): void {
  const known = new Set<Hash>()
  // As its reader has it. A branch that is left and come back to is told again.
  const chain: Hash[] = []
  for (const { hash, parentHash, number } of heads) {
    assert.ok(BigInt(number) <= first || known.has(parentHash), `block ${number} has a parent told before`)
    assert.notEqual(chain[Number(number)], hash, `block ${number} is told once`)
    known.add(hash)
    chain.length = Number(number)
    chain.push(hash)
  }
  for (const hash of canonical) assert.ok(known.has(hash), `the canonical block ${hash} was told`)
}

async function assertFinality(index: number): Promise<void> {
  const url = testnet.url(index)
  // In this order, since the chain goes on meanwhile.
  const [finalized, safe, latest] = [
    await blockOf(index, 'finalized'),
    await blockOf(index, 'safe'),
    await blockOf(index, 'latest'),
  ]
  assert.ok(BigInt(finalized.number) <= BigInt(safe.number), `${url}: finalized is not above safe`)
  assert.ok(BigInt(safe.number) <= BigInt(latest.number), `${url}: safe is not above latest`)
  for (const block of [finalized, safe]) assert.equal((await blockOf(index, block.number)).hash, block.hash, url)
}

test('two miners cut off from each other and joined again', { timeout: 150_000 }, async () => {
  // Logs of blocks this deep are not taken back any more, neither now nor then.
  const funded = BigInt((await oneHead('all nodes have what was sent before', 20_000)).number)
  await eventually('two blocks are on top of that', 20_000, async () =>
    BigInt((await oneHead('all nodes are on one head', 20_000)).number) >= funded + 2n ? true : undefined,
  )
  const listeners = await Promise.all(LOSERS.map(listen))
  const firstTold = BigInt((await oneHead('all nodes are on one head', 20_000)).number) + 1n
  const cutMs = Date.now()
  testnet.wire.cut()
  for (const index of ALL) {
    await eventually(`node ${index} has lost the other side`, 20_000, async () => {
      const peers = await rpc<unknown[]>(testnet.url(index), 'pavm_peers')
      return peers.length === (index === WINNER ? 0 : 1) ? true : undefined
    })
  }

  // Both sides get transactions of their own, one in common, and one of equal sender and nonce, with another amount.
  const [torn, common, ...others] = tokens.accounts as [TestAccount, TestAccount, ...TestAccount[]]
  const tornNonce = torn.nonce
  const winning = transfer(torn, 1)
  torn.nonce = tornNonce
  const losing = transfer(torn, 2)
  const afterLosing = transfer(torn, 3)
  const shared = transfer(common, 4)
  const ofWinner = others.slice(0, 5).map((account) => transfer(account, 5))
  const ofLosers = others.slice(5).map((account) => transfer(account, 6))
  const [losingHash, winningHash, sharedHash] = hashesOf([losing, winning, shared]) as [Hash, Hash, Hash]
  await submit(testnet.url(WINNER), [winning, shared, ...ofWinner])
  await submit(testnet.url(1), [losing, shared, ...ofLosers])
  await submit(testnet.url(2), [afterLosing])
  const comeBack = hashesOf([afterLosing, ...ofLosers])
  const lostBlocks = new Map<Hash, Receipt>()
  await mined(testnet.url(WINNER), hashesOf([winning, shared, ...ofWinner]))
  for (const index of LOSERS) {
    await mined(testnet.url(index), [losingHash, sharedHash, ...comeBack])
    for (const hash of [losingHash, sharedHash, ...comeBack]) {
      const receipt = (await receiptOf(index, hash)) as Receipt
      assert.equal(receipt.status, '0x1')
      assert.equal((await blockOf(index, receipt.blockNumber)).hash, receipt.blockHash)
      assert.equal(await receiptOf(WINNER, winningHash).then((found) => found?.blockHash === receipt.blockHash), false)
      lostBlocks.set(hash, receipt)
    }
    assert.equal(await receiptOf(index, winningHash), null)
    await assertFinality(index)
  }
  const filtered = await Promise.all(
    listeners.map(async ({ url, logFilter }) => rpc<Log[]>(url, 'eth_getFilterChanges', logFilter)),
  )
  const { wonHead, lostHead } = await eventually('the winning side is ahead', 60_000, async () => {
    const [winner, loser] = [await blockOf(WINNER, 'latest'), await blockOf(2, 'latest')]
    // By two blocks: the slower miner may find one while the wire is joined. Neighbours part for one block now and then.
    const isAhead = BigInt(winner.totalDifficulty) > BigInt(loser.totalDifficulty) + 5_000n
    return isAhead && BigInt(loser.number) >= firstTold + 2n ? { wonHead: winner, lostHead: loser } : undefined
  })

  testnet.wire.join()
  await eventually('the losing side has left its branch', 40_000, async () => {
    for (const index of LOSERS) if ((await blockOf(index, lostHead.number)).hash === lostHead.hash) return undefined
    return true
  })
  for (const index of ALL) {
    await mined(testnet.url(index), [winningHash, sharedHash, ...comeBack], 60_000)
  }
  const last = await mined(testnet.url(WINNER), [winningHash, sharedHash, ...comeBack])
  const head = await eventually('all nodes are on one head again, two blocks further', 30_000, async () => {
    const { number } = await oneHead('all nodes are on one head', 30_000)
    return Number(number) >= (last.at(-1) as number) + 2 ? blockOf(WINNER, hex(BigInt(number) - 2n)) : undefined
  })

  // Receipts: of the winning chain, the same everywhere, and none of what was replaced.
  for (const hash of [winningHash, sharedHash, ...comeBack]) {
    const receipt = (await receiptOf(WINNER, hash)) as Receipt
    assert.equal(receipt.status, '0x1')
    assert.notEqual(receipt.blockHash, lostBlocks.get(hash)?.blockHash)
    for (const index of LOSERS) assert.deepEqual(await receiptOf(index, hash), receipt)
  }
  for (const index of ALL) {
    assert.equal(await receiptOf(index, losingHash), null)
    assert.equal(await rpc(testnet.url(index), 'eth_getTransactionByHash', losingHash), null)
    const balance = await rpc<Hex>(testnet.url(index), 'eth_call', {
      to: tokens.token,
      data: tokens.interface.encodeFunctionData('balanceOf', [RECEIVER]),
    })
    assert.equal(Number(balance), 1 + 3 + 4 + 5 * 5 + 6 * 5, `node ${index}: each transfer counts once`)
    await assertFinality(index)
  }
  // The lost blocks are still there, by hash.
  const lostBlock = lostBlocks.get(losingHash)?.blockHash
  assert.equal((await rpc<Block>(testnet.url(2), 'eth_getBlockByHash', lostBlock, false)).hash, lostBlock)

  // Subscriptions and filters of the losing side.
  const canonical = await Promise.all(
    range(firstTold, BigInt(head.number)).map(async (number) => (await blockOf(WINNER, hex(number))).hash),
  )
  const logs = await rpc<Log[]>(testnet.url(WINNER), 'eth_getLogs', {
    address: tokens.token,
    fromBlock: hex(firstTold),
    toBlock: head.number,
  })
  assert.equal(logs.length, 13)
  for (const [position, listener] of listeners.entries()) {
    const upToHead = (log: Log): boolean => BigInt(log.blockNumber) <= BigInt(head.number)
    await eventually('the last head was told', 10_000, async () =>
      listener.heads.some(({ hash }) => hash === head.hash) ? true : undefined,
    )
    assertNewHeads(listener.heads, firstTold, canonical)
    const told = listener.logs.filter(upToHead)
    assert.deepEqual(standing(told), logs.map(nameOf).sort(), 'logs that were told and not taken back')
    const takenBack = told.filter(({ removed }) => removed)
    // So may others be, of blocks by which the two part for a moment.
    for (const [hash, { blockHash: lost }] of lostBlocks) {
      const isTakenBack = takenBack.some((log) => log.transactionHash === hash && log.blockHash === lost)
      assert.ok(isTakenBack, 'the log of a lost block is taken back')
    }

    const changes = [
      ...(filtered[position] ?? []),
      ...(await rpc<Log[]>(listener.url, 'eth_getFilterChanges', listener.logFilter)),
    ].filter(upToHead)
    assert.deepEqual(changes, told, 'the filter tells what the subscription told')
    const blocks = await rpc<Hash[]>(listener.url, 'eth_getFilterChanges', listener.blockFilter)
    const heads = listener.heads.map(({ hash }) => hash)
    assert.deepEqual(blocks.slice(0, heads.length), heads.slice(0, blocks.length), 'so does the filter of blocks')
  }

  // A real reorg, said in the log of the losing side; the winning side kept what it had.
  const depth = Number(lostHead.number) - Number(firstTold) + 1
  for (const index of LOSERS) assert.ok(deepestReorg(index, cutMs) >= depth, `node ${index} took ${depth} blocks back`)
  for (const index of ALL) assert.equal((await blockOf(index, wonHead.number)).hash, wonHead.hash)

  assert.deepEqual(testnet.crashes, [])
  assert.deepEqual(await testnet.devnet.stop(), [])
  for (const node of testnet.nodes) assert.deepEqual(await checkDirectory(node.directory), [], node.name)
})

/** Blocks that a node took back at once since then, at most, as its log says. Before, miners may have begun apart. */
function deepestReorg(index: number, sinceMs: number): number {
  const text = readFileSync(join(testnet.directory, `${testnet.nodes[index]?.name}.log`), 'utf8')
  const depths = text
    .split('\n')
    .filter((line) => line.includes('"msg":"reorg"'))
    .map((line) => JSON.parse(line) as { time: number; removed: number })
    .filter(({ time }) => time >= sinceMs)
    .map(({ removed }) => removed)
  return Math.max(0, ...depths)
}

function range(first: bigint, last: bigint): bigint[] {
  return Array.from({ length: Number(last - first) + 1 }, (_, index) => first + BigInt(index))
}

function hex(number: bigint): Hex {
  return `0x${number.toString(16)}`
}
