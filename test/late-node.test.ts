import assert from 'node:assert/strict'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Interface } from 'ethers'
import { loadSettings } from '../config/settings.ts'
import { type Artifact, compile } from '../contracts/compile.ts'
import { Devnet } from '../node/devnet.ts'
import { GENESIS_FILE, type NodeFiles, writeNetwork } from '../node/network-files.ts'
import { createAddress } from '../primitives/contract-address.ts'
import { developerAccounts } from '../primitives/developer-accounts.ts'
import { type Address, type Hash, type Hex, hexToBytes } from '../primitives/hex.ts'
import type { Transaction } from '../primitives/transaction.ts'
import { checkDirectory } from './support/check-directory.ts'
import { runCommand } from './support/command.ts'
import { freePortRange } from './support/free-ports.ts'
import { eventually, rpc } from './support/json-rpc.ts'
import { makePastChain } from './support/past-chain.ts'
import { send, type TestAccount } from './support/test-accounts.ts'
import { creationCode } from './support/test-contracts.ts'
import { hashesOf, mined, submit } from './support/token-accounts.ts'

const PAST_BLOCKS = 500
/** Every so many blocks there are transfers: by each account but the first, which owns the token. */
const TRANSFER_INTERVAL = 5
const LATE = 4

interface Block {
  readonly number: Hex
  readonly hash: Hash
  readonly stateRoot: Hash
}

interface Syncing {
  readonly startingBlock: Hex
  readonly currentBlock: Hex
  readonly highestBlock: Hex
}

let directory: string
let nodes: readonly NodeFiles[]
let early: Devnet
let late: Devnet
const crashes: string[] = []
const accounts: readonly TestAccount[] = developerAccounts(8).map(({ address, privateKey }) => ({
  address,
  privateKey: hexToBytes(privateKey),
  nonce: 0n,
}))
const artifact = compile('Token.sol').Token as Artifact
const contract = new Interface(artifact.abi as never)
const token = createAddress(accounts[0]?.address as Address, 0n)

const url = (index: number): string => `http://127.0.0.1:${nodes[index]?.rpcPort}`
const blockOf = (index: number, tag: string) => rpc<Block>(url(index), 'eth_getBlockByNumber', tag, false)
const heightOf = async (index: number): Promise<number> => Number(await rpc<Hex>(url(index), 'eth_blockNumber'))

function tokenCall(account: TestAccount, name: string, ...values: unknown[]): Transaction {
  const data = contract.encodeFunctionData(name, values) as Hex
  return send(account, { to: token, data: hexToBytes(data), gasLimit: 600_000n })
}

function transactionsFor(number: number): Transaction[] {
  const [owner, ...others] = accounts as [TestAccount, ...TestAccount[]]
  const everybody = accounts.map(({ address }) => address)
  if (number === 1)
    return [send(owner, { data: creationCode(artifact, 'Test', 'TST', 10n ** 30n), gasLimit: 3_000_000n })]
  if (number === 2) return [tokenCall(owner, 'airdrop', everybody, 10n ** 20n)]
  if (number % TRANSFER_INTERVAL !== 0) return []
  return others.map((account, index) => tokenCall(account, 'transfer', everybody[index], number))
}

function supervise(files: readonly NodeFiles[]): Devnet {
  return new Devnet(
    { nodes: files },
    {
      onLine: (node, line) => appendFileSync(join(directory, `${node}.log`), `${line}\n`),
      onCrash: (node, reason) => crashes.push(`${node}: ${reason}`),
    },
  )
}

before(async () => {
  directory = mkdtempSync(join(tmpdir(), 'pavm-late-'))
  nodes = await writeNetwork(directory, {
    nodes: LATE + 1,
    miners: 1,
    consensus: 'pow',
    blockTimeSeconds: 1,
    rpcPort: await freePortRange(LATE + 1),
    p2pPort: await freePortRange(LATE + 1),
    settings: { execution: { workers: 2 }, miner: { hashesPerSecond: 16_384 } },
  })
  early = supervise(nodes.slice(0, LATE))
  late = supervise(nodes.slice(LATE))
  const genesisFile = join(directory, GENESIS_FILE)
  const genesis = JSON.parse(readFileSync(genesisFile, 'utf8')) as Record<string, unknown>
  const timestamp = Math.floor(Date.now() / 1000) - PAST_BLOCKS - 10
  writeFileSync(genesisFile, JSON.stringify({ ...genesis, timestamp: `0x${timestamp.toString(16)}` }))
})
after(async () => {
  await Promise.all([early?.stop(), late?.stop()])
  if (process.env.TEST_KEEP_FILES === undefined) rmSync(directory, { recursive: true, force: true })
})

test('500 blocks with transactions are exported, and imported by four nodes', { timeout: 120_000 }, async () => {
  const author = ['--data-dir', join(directory, 'author'), '--genesis', join(directory, GENESIS_FILE)] as const
  const settings = loadSettings({
    env: {},
    flags: { dataDir: author[1], genesis: author[3], minerHashesPerSecond: 2 ** 31 - 1, executionWorkers: 1 },
  })
  await makePastChain({ settings, blocks: PAST_BLOCKS }, transactionsFor)
  const file = join(directory, 'chain.rlp')
  const exported = await runCommand('export', file, ...author)
  assert.match(exported.stdout, new RegExp(`^${PAST_BLOCKS} blocks written`), exported.stderr)
  await Promise.all(
    nodes.slice(0, LATE).map(async ({ configFile }) => {
      const imported = await runCommand('import', file, '--config', configFile)
      assert.match(
        imported.stdout,
        new RegExp(`^${PAST_BLOCKS} imported; the head is ${PAST_BLOCKS} `),
        imported.stderr,
      )
    }),
  )
})

test('a fifth node that starts with nothing syncs', { timeout: 90_000 }, async () => {
  const ready = await early.start()
  for (const [name, { headNumber }] of ready) assert.ok(headNumber >= PAST_BLOCKS, `${name} begins at ${headNumber}`)
  const told: Syncing[] = []
  const started = late.start()
  await eventually('the late node syncs', 60_000, async () => {
    const syncing = await rpc<Syncing | false>(url(LATE), 'eth_syncing')
    if (syncing === false) return undefined
    told.push(syncing)
    return true
  })
  for (const deadline = Date.now() + 60_000; ; await sleep(50)) {
    const syncing = await rpc<Syncing | false>(url(LATE), 'eth_syncing')
    if (syncing === false) break
    told.push(syncing)
    assert.ok(Date.now() < deadline, `still at block ${Number(syncing.currentBlock)}`)
  }
  await assertNear(LATE)
  await started

  for (const [index, { startingBlock, currentBlock, highestBlock }] of told.entries()) {
    const [start, current, highest] = [Number(startingBlock), Number(currentBlock), Number(highestBlock)]
    assert.ok(start <= current && current < highest, `syncing from ${start}, at ${current}, to ${highest}`)
    assert.ok(highest >= PAST_BLOCKS)
    const before = told[index - 1]
    assert.ok(before === undefined || Number(before.currentBlock) <= current, 'it goes on')
  }
})

test('it has what the others have', { timeout: 30_000 }, async () => {
  for (const number of [0, 1, 2, 5, 250, 255, 499, 500]) {
    const tag = `0x${number.toString(16)}`
    assert.deepEqual(await blockOf(LATE, tag), await blockOf(0, tag), `block ${number}`)
    const receipts = await rpc<unknown[]>(url(LATE), 'eth_getBlockReceipts', tag)
    assert.deepEqual(receipts, await rpc<unknown[]>(url(0), 'eth_getBlockReceipts', tag), `block ${number}`)
    assert.equal(receipts.length, number === 0 ? 0 : transactionCount(number))
  }
  const balance = { to: token, data: contract.encodeFunctionData('balanceOf', [accounts[3]?.address]) }
  for (const tag of ['0xfa', '0x1f4']) {
    const [own, other] = [
      await rpc<Hex>(url(LATE), 'eth_call', balance, tag),
      await rpc<Hex>(url(2), 'eth_call', balance, tag),
    ]
    assert.equal(own, other)
    assert.notEqual(BigInt(own), 0n)
  }
})

/** How many `transactionsFor` gave; that function counts nonces, so it cannot be asked again. */
function transactionCount(number: number): number {
  if (number <= 2) return 1
  return number % TRANSFER_INTERVAL === 0 ? accounts.length - 1 : 0
}

/**
 * A node is not more than two blocks behind the miner, or is so again at once: where the machine has more to do than
 * it can, seconds pass between a block and its import.
 * @returns the miner's height
 */
function assertNear(index: number): Promise<number> {
  return eventually(`node ${index} is near the miner`, 10_000, async () => {
    const height = await heightOf(0)
    return (await heightOf(index)) >= height - 2 ? height : undefined
  })
}

/** Watches a node for some blocks: it is always near. */
async function assertInStep(index: number, blocks: number): Promise<void> {
  const last = (await heightOf(0)) + blocks
  for (const deadline = Date.now() + 60_000; (await assertNear(index)) < last; await sleep(100)) {
    assert.ok(Date.now() < deadline, `the miner has not come to block ${last}`)
  }
}

test('it stays in step, and takes transactions', { timeout: 60_000 }, async () => {
  const transfers = accounts.slice(1).map((account) => tokenCall(account, 'transfer', accounts[0]?.address, 1))
  await submit(url(LATE), transfers)
  await assertInStep(LATE, 6)
  const numbers = await mined(url(LATE), hashesOf(transfers))
  for (const number of numbers) {
    assert.ok(number > PAST_BLOCKS)
    const tag = `0x${number.toString(16)}`
    assert.deepEqual(await blockOf(LATE, tag), await blockOf(0, tag))
  }
  assert.equal(await rpc<unknown>(url(LATE), 'eth_syncing'), false)
})

test('it returns after a pause and catches up', { timeout: 60_000 }, async () => {
  const height = await heightOf(0)
  assert.deepEqual(await late.stop(), [])
  await eventually('the others go on', 30_000, async () => ((await heightOf(0)) >= height + 5 ? true : undefined))
  const { headNumber } = [...(await late.start()).values()][0] as { headNumber: number }
  assert.ok(headNumber >= height, 'it begins where it was')
  await eventually('it is at the head', 30_000, async () => {
    const head = await blockOf(0, 'latest')
    return (await blockOf(LATE, head.number))?.hash === head.hash ? true : undefined
  })
  await assertInStep(LATE, 3)
})

test('the databases are whole', { timeout: 60_000 }, async () => {
  assert.deepEqual(await Promise.all([early.stop(), late.stop()]), [[], []])
  assert.deepEqual(crashes, [])
  for (const index of [0, LATE]) {
    assert.deepEqual(await checkDirectory(nodes[index]?.directory as string), [], nodes[index]?.name)
  }
})
