import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { Interface, type InterfaceAbi } from 'ethers'
import { createTestClient, http, publicActions, walletActions } from 'viem'
import { foundry } from 'viem/chains'
import { compile } from '../contracts/compile.ts'
import { developerAccounts } from '../primitives/developer-accounts.ts'
import type { Address, Hash, Hex } from '../primitives/hex.ts'
import { AnvilNode } from './support/anvil-node.ts'
import { runCommand } from './support/command.ts'
import { type DevNode, startDevNode } from './support/dev-node.ts'
import { RpcFailure, rpc } from './support/json-rpc.ts'
import { mined } from './support/token-accounts.ts'
import { UpstreamProxy } from './support/upstream-proxy.ts'

// For the nodes that are started here: what does not answer is given up soon.
process.env.PAVM_FORK_TIMEOUT_MS = '700'
process.env.PAVM_FORK_RETRIES = '2'
process.env.PAVM_FORK_BACKOFF_MS = '20'

const [ALICE, BOB, CAROL] = developerAccounts(3).map(({ address }) => address) as [Address, Address, Address]
/** Has tokens, and no key is known of it. */
const HOLDER: Address = '0x00000000000000000000000000000000000000aa'
const RICH: Address = '0x00000000000000000000000000000000000000bb'
const NOBODY: Address = '0x00000000000000000000000000000000000000cc'
const ETHER = 10n ** 18n

const { Token } = compile('Token.sol') as unknown as { Token: { abi: InterfaceAbi; bytecode: string } }
const token = new Interface(Token.abi)
const data = (name: string, ...values: unknown[]): Hex => token.encodeFunctionData(name, values) as Hex
const hex = (value: bigint | number): Hex => `0x${value.toString(16)}`

interface Block {
  readonly number: Hex
  readonly hash: Hash
  readonly parentHash: Hash
  readonly timestamp: Hex
  readonly baseFeePerGas: Hex
  readonly gasUsed: Hex
  readonly gasLimit: Hex
}

interface Receipt {
  readonly status: Hex
  readonly blockNumber: Hex
  readonly contractAddress: Address
  readonly logs: readonly { readonly address: Address; readonly blockNumber: Hex; readonly logIndex: Hex }[]
}

/** What the upstream has: a token, of which HOLDER has 1,000, and some blocks. */
interface Upstream {
  readonly url: string
  readonly chainId: number
  readonly token: Address
  readonly deployment: Hash
  readonly height: number
}

/** Gives an upstream its history. */
async function prepare(url: string): Promise<Upstream> {
  // Anvil answers before the block is there.
  const send = async (transaction: object): Promise<Hash> => {
    const hash = await rpc<Hash>(url, 'eth_sendTransaction', { from: ALICE, ...transaction })
    await mined(url, [hash])
    return hash
  }
  await rpc(url, 'anvil_mine', 3)
  const deployment = await send({
    data: `${Token.bytecode}${token.encodeDeploy(['Test', 'TST', 10n ** 30n]).slice(2)}`,
  })
  const { contractAddress } = await rpc<Receipt>(url, 'eth_getTransactionReceipt', deployment)
  await send({ to: contractAddress, data: data('transfer', HOLDER, 1_000n) })
  await rpc(url, 'anvil_setBalance', RICH, hex(5n * ETHER))
  await rpc(url, 'anvil_mine', 2)
  return {
    url,
    chainId: Number(await rpc<Hex>(url, 'eth_chainId')),
    token: contractAddress,
    deployment,
    height: Number(await rpc<Hex>(url, 'eth_blockNumber')),
  }
}

async function failure(asked: Promise<unknown>): Promise<RpcFailure> {
  const error = await asked.then(
    () => assert.fail('it was answered'),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof RpcFailure, String(error))
  return error
}

/** What `use` makes of a node, which ends then. */
async function withNode<T>(node: DevNode, use: (node: DevNode) => Promise<T>): Promise<T> {
  try {
    return await use(node)
  } finally {
    await node[Symbol.asyncDispose]()
  }
}

const directory = mkdtempSync(join(tmpdir(), 'pavm-fork-test-'))
let caches = 0
const newCache = (): string => join(directory, `cache-${caches++}`)

let pavm: DevNode
let pavmUpstream: Upstream
let anvil: AnvilNode | undefined

before(async () => {
  pavm = await startDevNode('--chain-id', '4242')
  pavmUpstream = await prepare(pavm.url)
  anvil = await AnvilNode.start('--chain-id', '777')
})
after(async () => {
  await pavm?.[Symbol.asyncDispose]()
  await anvil?.[Symbol.asyncDispose]()
  rmSync(directory, { recursive: true, force: true })
})

const balanceOf = async (node: DevNode, address: Address, tokenAddress: Address, block = 'latest'): Promise<bigint> =>
  BigInt(await node.request<Hex>('eth_call', { to: tokenAddress, data: data('balanceOf', address) }, block))
const blockOf = (node: DevNode, number: string | number): Promise<Block> =>
  node.request('eth_getBlockByNumber', typeof number === 'number' ? hex(number) : number, false)

for (const name of ['pavm', 'anvil'] as const) {
  describe(`upon ${name}`, () => {
    let upstream: Upstream
    let node: DevNode

    before(async () => {
      if (name === 'anvil' && anvil === undefined) return
      upstream = name === 'pavm' ? pavmUpstream : await prepare(anvil!.url)
      node = await startDevNode('--fork', `${upstream.url}@${upstream.height}`, '--fork-cache', newCache())
    })
    after(() => node?.[Symbol.asyncDispose]())
    beforeEach(async (context) => {
      if (node === undefined)
        return (context as { skip(why: string): void }).skip('there is no anvil for this platform')
      await node.request('anvil_reset')
    })

    test('the chain goes on from the fork point', async () => {
      assert.equal(Number(await node.request<Hex>('eth_chainId')), upstream.chainId)
      assert.equal(Number(await node.request<Hex>('eth_blockNumber')), upstream.height)
      const point = await rpc<Block>(upstream.url, 'eth_getBlockByNumber', hex(upstream.height), false)
      assert.equal((await blockOf(node, 'latest')).hash, point.hash)
      await node.request('evm_mine')
      const next = await blockOf(node, 'latest')
      assert.equal(Number(next.number), upstream.height + 1)
      assert.equal(next.parentHash, point.hash)
      assert.ok(Number(next.timestamp) > Number(point.timestamp))
      const [target, used, fee] = [BigInt(point.gasLimit) / 2n, BigInt(point.gasUsed), BigInt(point.baseFeePerGas)]
      assert.equal(BigInt(next.baseFeePerGas), fee - (fee * (target - used)) / target / 8n)
    })

    test("its state is the upstream's until it is changed", async () => {
      assert.equal(BigInt(await node.request<Hex>('eth_getBalance', RICH, 'latest')), 5n * ETHER)
      assert.equal(await node.request('eth_getBalance', NOBODY, 'latest'), '0x0')
      const [own, others] = [node.url, upstream.url].map((url) =>
        rpc<Hex>(url, 'eth_getCode', upstream.token, 'latest'),
      )
      assert.equal(await own, await others)
      const slots = await Promise.all(
        [node.url, upstream.url].map((url) => rpc<Hex>(url, 'eth_getStorageAt', upstream.token, '0x2', 'latest')),
      )
      assert.equal(slots[0], slots[1])
      assert.equal(BigInt(slots[0]!), 10n ** 30n)
      assert.equal(await node.request('eth_getTransactionCount', ALICE, 'pending'), '0x2')
      assert.equal(BigInt(await node.request<Hex>('eth_getBalance', BOB, 'latest')), 10_000n * ETHER)
    })

    test('an impersonated holder transfers tokens, and it can be undone', async () => {
      await node.request('anvil_setBalance', HOLDER, hex(ETHER))
      await node.request('anvil_impersonateAccount', HOLDER)
      const snapshot = await node.request<Hex>('evm_snapshot')
      const transfer = { from: HOLDER, to: upstream.token, data: data('transfer', NOBODY, 400n) }
      assert.ok(BigInt(await node.request<Hex>('eth_estimateGas', transfer)) > 21_000n)
      const hash = await node.request<Hash>('eth_sendTransaction', transfer)
      const receipt = await node.request<Receipt>('eth_getTransactionReceipt', hash)
      assert.equal(receipt.status, '0x1')
      assert.equal(await balanceOf(node, HOLDER, upstream.token), 600n)
      assert.equal(await balanceOf(node, NOBODY, upstream.token), 400n)
      // Cleared, it stays zero though the upstream has a value.
      await node.request('eth_sendTransaction', { ...transfer, data: data('transfer', NOBODY, 600n) })
      assert.equal(await balanceOf(node, HOLDER, upstream.token), 0n)
      assert.equal(await balanceOf(node, HOLDER, upstream.token, hex(upstream.height + 1)), 600n)
      assert.equal(await balanceOf(node, HOLDER, upstream.token, hex(upstream.height)), 1_000n)
      const trace = await node.request<{ type: string; calls?: unknown[] }>('debug_traceTransaction', hash, {
        tracer: 'callTracer',
      })
      assert.equal(trace.type, 'CALL')
      const diff = await node.request<object>('debug_traceTransaction', hash, {
        tracer: 'prestateTracer',
        tracerConfig: { diffMode: true },
      })
      assert.ok(JSON.stringify(diff).includes(upstream.token.toLowerCase()))
      assert.equal(await node.request('evm_revert', snapshot), true)
      assert.equal(await balanceOf(node, HOLDER, upstream.token), 1_000n)
      assert.equal(Number(await node.request<Hex>('eth_blockNumber')), upstream.height)
    })

    test('accounts come, go and come back', async () => {
      await node.request('anvil_setBalance', RICH, '0x0')
      assert.equal(await node.request('eth_getBalance', RICH, 'latest'), '0x0')
      await node.request('anvil_mine', 2)
      assert.equal(await node.request('eth_getBalance', RICH, 'latest'), '0x0')
      await node.request('anvil_rollback', 1)
      assert.equal(await node.request('eth_getBalance', RICH, 'latest'), '0x0')
      await node.request('anvil_setCode', upstream.token, '0x')
      assert.equal(await node.request('eth_getCode', upstream.token, 'latest'), '0x')
      await node.request('anvil_setStorageAt', upstream.token, '0x2', hex(7))
      assert.equal(BigInt(await node.request<Hex>('eth_getStorageAt', upstream.token, '0x2', 'latest')), 7n)
      await node.request('anvil_reset')
      assert.equal(BigInt(await node.request<Hex>('eth_getBalance', RICH, 'latest')), 5n * ETHER)
      assert.equal(BigInt(await node.request<Hex>('eth_getStorageAt', upstream.token, '0x2', 'latest')), 10n ** 30n)
      assert.equal(await balanceOf(node, HOLDER, upstream.token), 1_000n)
    })

    test("blocks, transactions, receipts and states before the fork point are the upstream's", async () => {
      const [own, others] = await Promise.all(
        [node.url, upstream.url].map((url) => rpc<Block>(url, 'eth_getBlockByNumber', '0x2', true)),
      )
      assert.equal(own!.hash, others!.hash)
      assert.equal((await node.request<Block>('eth_getBlockByHash', own!.hash, false)).number, '0x2')
      const earliest = await blockOf(node, 'earliest')
      assert.equal(earliest.number, '0x0')
      const receipt = await node.request<Receipt>('eth_getTransactionReceipt', upstream.deployment)
      assert.equal(receipt.contractAddress.toLowerCase(), upstream.token.toLowerCase())
      const found = await node.request<{ blockNumber: Hex }>('eth_getTransactionByHash', upstream.deployment)
      assert.equal(found.blockNumber, receipt.blockNumber)
      assert.equal(await node.request('eth_getCode', upstream.token, '0x2'), '0x')
      assert.equal(await balanceOf(node, HOLDER, upstream.token, receipt.blockNumber), 0n)
      assert.equal(await node.request('eth_getTransactionByHash', `0x${'77'.repeat(32)}`), null)
      assert.equal(await node.request('eth_getBlockByHash', `0x${'77'.repeat(32)}`, false), null)
      assert.equal(await node.request('eth_getBlockByNumber', hex(upstream.height + 1), false), null)
    })

    test('what the upstream does after the fork point is nothing to this chain', async () => {
      const before = Number(await node.request<Hex>('eth_blockNumber'))
      const hash = await rpc<Hash>(upstream.url, 'eth_sendTransaction', { from: CAROL, to: NOBODY, value: '0x5' })
      await mined(upstream.url, [hash])
      const receipt = await rpc<{ blockHash: Hash }>(upstream.url, 'eth_getTransactionReceipt', hash)
      assert.equal(await node.request('eth_getTransactionByHash', hash), null)
      assert.equal(await node.request('eth_getTransactionReceipt', hash), null)
      assert.equal(await node.request('eth_getBlockByHash', receipt.blockHash, false), null)
      assert.equal(await node.request('eth_getBalance', NOBODY, 'latest'), '0x0')
      assert.equal(Number(await node.request<Hex>('eth_blockNumber')), before)
    })

    test('logs of a range across the fork point are joined', async () => {
      await node.request('anvil_setBalance', HOLDER, hex(ETHER))
      await node.request('anvil_impersonateAccount', HOLDER)
      await node.request('eth_sendTransaction', { from: HOLDER, to: upstream.token, data: data('transfer', BOB, 1n) })
      const all = { address: upstream.token, fromBlock: 'earliest', toBlock: 'latest' }
      const logs = await node.request<Receipt['logs']>('eth_getLogs', all)
      const numbers = logs.map(({ blockNumber }) => Number(blockNumber))
      assert.equal(logs.length, 3)
      assert.deepEqual(
        numbers,
        [...numbers].sort((a, b) => a - b),
      )
      assert.equal(numbers.at(-1), upstream.height + 1)
      const before = await node.request<Receipt['logs']>('eth_getLogs', { ...all, toBlock: hex(upstream.height) })
      assert.equal(before.length, 2)
      const own = await node.request<Receipt['logs']>('eth_getLogs', { ...all, fromBlock: hex(upstream.height + 1) })
      assert.equal(own.length, 1)
      const receiver = `0x${BOB.slice(2).padStart(64, '0')}`
      const toBob = await node.request<Receipt['logs']>('eth_getLogs', { ...all, topics: [null, null, [receiver]] })
      assert.equal(toBob.length, 1)
    })

    test('BLOCKHASH and fees know the blocks before', async () => {
      // Returns BLOCKHASH of the word that it is called with.
      await node.request('anvil_setCode', NOBODY, '0x5f35405f5260205ff3')
      await node.request('anvil_mine', 2)
      for (const number of [upstream.height + 1, upstream.height, upstream.height - 1, 1]) {
        const asked = { to: NOBODY, data: `0x${number.toString(16).padStart(64, '0')}` }
        assert.equal(await node.request('eth_call', asked, 'latest'), (await blockOf(node, number)).hash)
      }
      // And in a transaction: stores it in slot 0.
      await node.request('anvil_setCode', NOBODY, '0x5f35405f55')
      const sent = { from: BOB, to: NOBODY, data: `0x${(upstream.height - 2).toString(16).padStart(64, '0')}` }
      await node.request('eth_sendTransaction', sent)
      const stored = await node.request('eth_getStorageAt', NOBODY, '0x0', 'latest')
      assert.equal(stored, (await blockOf(node, upstream.height - 2)).hash)
      const count = 6
      const history = await node.request<{ oldestBlock: Hex; baseFeePerGas: Hex[]; gasUsedRatio: number[] }>(
        'eth_feeHistory',
        hex(count),
        'latest',
        [50],
      )
      assert.equal(history.gasUsedRatio.length, count)
      assert.equal(history.baseFeePerGas.length, count + 1)
      for (const [index, fee] of history.baseFeePerGas.slice(0, count).entries()) {
        assert.equal(fee, (await blockOf(node, Number(history.oldestBlock) + index)).baseFeePerGas)
      }
    })

    test('calls, traces of calls and simulations see the forked state', async () => {
      const call = { from: HOLDER, to: upstream.token, data: data('transfer', NOBODY, 10n) }
      const trace = await node.request<{ output: Hex }>('debug_traceCall', call, 'latest', { tracer: 'callTracer' })
      assert.equal(BigInt(trace.output), 1n)
      const simulated = await node.request<readonly { calls: readonly { status: Hex }[] }[]>('eth_simulateV1', {
        blockStateCalls: [{ calls: [call] }, { calls: [{ ...call, data: data('transfer', BOB, 990n) }] }],
      })
      assert.deepEqual(
        simulated.map(({ calls }) => calls[0]?.status),
        ['0x1', '0x1'],
      )
      const refused = await failure(
        node.request('eth_call', { ...call, data: data('transfer', NOBODY, 1_001n) }, 'latest'),
      )
      assert.equal(refused.code, 3)
      const list = await node.request<{ accessList: readonly { address: Address }[] }>('eth_createAccessList', call)
      assert.equal(list.accessList[0]?.address, upstream.token.toLowerCase())
      // Before the fork point the upstream executes it, and says so when it reverts.
      const earlier = await failure(
        node.request('eth_call', { ...call, data: data('transfer', NOBODY, 1_001n) }, hex(upstream.height - 1)),
      )
      assert.equal(earlier.code, 3)
      assert.match(String(earlier.data), /^0x[0-9a-f]{8}/)
    })

    test("proofs are the upstream's, or there are none", async () => {
      const proof = await node.request<{ balance: Hex }>('eth_getProof', RICH, [], hex(upstream.height))
      assert.equal(BigInt(proof.balance), 5n * ETHER)
      await node.request('evm_mine')
      const refused = await failure(node.request('eth_getProof', RICH, [], 'latest'))
      assert.equal(refused.code, -32004)
    })

    test('it says what it forks', async () => {
      const { hash } = await blockOf(node, upstream.height)
      const { forkedNetwork } = await node.request<{ forkedNetwork: object }>('hardhat_metadata')
      assert.deepEqual(forkedNetwork, {
        chainId: upstream.chainId,
        forkBlockNumber: upstream.height,
        forkBlockHash: hash,
      })
      const { forkConfig } = await node.request<{ forkConfig: object }>('anvil_nodeInfo')
      assert.deepEqual(forkConfig, {
        forkUrl: upstream.url,
        forkBlockNumber: upstream.height,
        forkRetryBackoff: null,
      })
    })

    test('reset forks another block, and comes back', async () => {
      await node.request('anvil_setBalance', HOLDER, hex(ETHER))
      await node.request('anvil_mine', 2)
      await node.request('hardhat_reset', { forking: { jsonRpcUrl: upstream.url, blockNumber: 2 } })
      assert.equal(await node.request('eth_blockNumber'), '0x2')
      assert.equal(await node.request('eth_getCode', upstream.token, 'latest'), '0x')
      assert.equal(await node.request('eth_getBalance', HOLDER, 'latest'), '0x0')
      const sent = await node.request<Hash>('eth_sendTransaction', { from: BOB, to: HOLDER, value: '0x5' })
      assert.equal((await node.request<Receipt>('eth_getTransactionReceipt', sent)).blockNumber, '0x3')
      assert.equal(await node.request('eth_getBalance', HOLDER, 'latest'), '0x5')
      await node.request('anvil_reset', { forking: { blockNumber: hex(upstream.height - 1) } })
      assert.equal(Number(await node.request<Hex>('eth_blockNumber')), upstream.height - 1)
      assert.equal(await balanceOf(node, HOLDER, upstream.token), 1_000n)
      assert.equal(await node.request('eth_getTransactionReceipt', sent), null)
      await node.request('anvil_reset')
      assert.equal(Number(await node.request<Hex>('eth_blockNumber')), upstream.height)
      const refused = await failure(node.request('anvil_reset', { forking: { blockNumber: 1_000_000 } }))
      assert.match(refused.message, /has no block 1000000/)
      assert.equal(Number(await node.request<Hex>('eth_blockNumber')), upstream.height)
    })

    test('viem drives it', async () => {
      const client = createTestClient({
        mode: 'anvil',
        chain: { ...foundry, id: upstream.chainId },
        transport: http(node.url),
      })
        .extend(publicActions)
        .extend(walletActions)
      await client.reset()
      await client.setBalance({ address: HOLDER, value: ETHER })
      await client.impersonateAccount({ address: HOLDER })
      const hash = await client.writeContract({
        account: HOLDER,
        address: upstream.token,
        abi: Token.abi as never,
        functionName: 'transfer',
        args: [CAROL, 5n] as never,
      })
      assert.equal((await client.waitForTransactionReceipt({ hash })).status, 'success')
      await client.reset({ jsonRpcUrl: upstream.url, blockNumber: BigInt(upstream.height - 1) })
      assert.equal(await client.getBlockNumber({ cacheTime: 0 }), BigInt(upstream.height - 1))
    })
  })
}

describe('asked of the upstream', () => {
  let proxy: UpstreamProxy

  beforeEach(async () => {
    proxy = await UpstreamProxy.start(pavm.url)
  })
  afterEach(() => proxy.close())
  const fork = (...flags: string[]): Promise<DevNode> =>
    startDevNode('--fork', `${proxy.url}@${pavmUpstream.height}`, ...flags)

  test('is little, in batches, and nothing twice', async () => {
    const cache = newCache()
    await using node = await fork('--fork-cache', cache)
    // The first block: what every block reads is there then.
    await node.request('evm_mine')
    assert.ok(proxy.sizes.length <= 8, `${proxy.sizes} to start and make a block`)
    await node.request('anvil_setBalance', HOLDER, hex(ETHER))
    await node.request('anvil_impersonateAccount', HOLDER)
    proxy.clear()
    const transfer = { from: HOLDER, to: pavmUpstream.token, data: data('transfer', NOBODY, 1n), gas: '0x186a0' }
    await node.request('eth_sendTransaction', transfer)
    const { sizes, asked } = proxy
    // The token; balances of both; who gets the fees; NOBODY is no account that anybody looks at.
    assert.ok(sizes.length <= 5, `${sizes} for a transfer: ${asked}`)
    assert.ok(sizes.includes(3), 'an account is one batch')
    proxy.clear()
    await node.request('eth_sendTransaction', transfer)
    await balanceOf(node, HOLDER, pavmUpstream.token)
    await node.request('eth_getBlockByNumber', '0x1', false)
    assert.deepEqual(proxy.methods, ['eth_getBlockByNumber'])
    proxy.clear()
    await node.request('eth_getBlockByNumber', '0x1', false)
    assert.deepEqual(proxy.methods, [])
    for (const _ of [1, 2]) {
      assert.equal(await node.request('eth_getTransactionReceipt', `0x${'77'.repeat(32)}`), null)
      assert.equal(await node.request('eth_getBlockByHash', `0x${'77'.repeat(32)}`, false), null)
    }
    assert.deepEqual(proxy.methods, ['eth_getTransactionByHash', 'eth_getBlockByHash'])
    proxy.clear()
    await node.request('anvil_mine', 20)
    assert.ok(proxy.sizes.length <= 4, `20 blocks took ${proxy.sizes.length} HTTP requests`)
    await proxy.close()
  })

  test('is not asked again in a later run, for which the upstream need not be there', async () => {
    const cache = newCache()
    const read = async (node: DevNode): Promise<unknown[]> => [
      await node.request('eth_getBalance', RICH, 'latest'),
      await balanceOf(node, HOLDER, pavmUpstream.token),
      await node.request('eth_getBlockByNumber', '0x2', false),
      await node.request('eth_getTransactionReceipt', pavmUpstream.deployment),
      await node.request('eth_getLogs', { address: pavmUpstream.token, fromBlock: '0x0', toBlock: 'latest' }),
      (
        await node.request<Receipt>(
          'eth_getTransactionReceipt',
          await node.request('eth_sendTransaction', { from: BOB, to: CAROL, value: '0x1' }),
        )
      ).status,
    ]
    const known = await withNode(await fork('--fork-cache', cache), read)
    const [chain] = readdirSync(cache).filter((name) => name !== 'located')
    assert.equal(chain, '4242')
    const [file] = readdirSync(join(cache, '4242'))
    assert.match(String(file), new RegExp(`^${pavmUpstream.height}-0x[0-9a-f]{64}\\.jsonl$`))
    assert.ok(readFileSync(join(cache, '4242', String(file)), 'utf8').includes('eth_getBalance'))
    proxy.clear()
    await using again = await fork('--fork-cache', cache)
    assert.deepEqual(await read(again), known)
    const { url } = proxy
    await proxy.close()
    await using alone = await startDevNode('--fork', `${url}@${pavmUpstream.height}`, '--fork-cache', cache)
    assert.deepEqual(await read(alone), known)
    const unknown = await failure(
      alone.request('eth_getBalance', '0x00000000000000000000000000000000000000dd', 'latest'),
    )
    assert.ok(unknown.message.includes(url), unknown.message)
    assert.match(unknown.message, /eth_get(Balance|TransactionCount|Code)/)
    assert.equal(unknown.code, -32002)
  })

  test('a chain that is kept goes on after a restart', async () => {
    const kept = join(directory, 'kept')
    await withNode(
      await startDevNode('--fork', `${proxy.url}@${pavmUpstream.height}`, '--data', kept),
      async (first) => {
        await first.request('anvil_setBalance', HOLDER, hex(ETHER))
        await first.request('anvil_impersonateAccount', HOLDER)
        await first.request('eth_sendTransaction', {
          from: HOLDER,
          to: pavmUpstream.token,
          data: data('transfer', NOBODY, 1_000n),
        })
      },
    )
    await withNode(await startDevNode('--fork', proxy.url, '--data', kept), async (second) => {
      assert.equal(Number(await second.request<Hex>('eth_blockNumber')), pavmUpstream.height + 1)
      assert.equal(await balanceOf(second, HOLDER, pavmUpstream.token), 0n)
      assert.equal(await balanceOf(second, NOBODY, pavmUpstream.token), 1_000n)
      assert.equal(await balanceOf(second, HOLDER, pavmUpstream.token, hex(pavmUpstream.height)), 1_000n)
      await second.request('anvil_rollback', 1)
      assert.equal(await balanceOf(second, HOLDER, pavmUpstream.token), 1_000n)
    })
    const without = await runCommand('dev', '--port', '0', '--data', kept)
    assert.equal(without.code, 1)
    assert.match(without.stderr, /chain-differs/)
    const elsewhere = await runCommand('dev', '--port', '0', '--data', kept, '--fork', `${proxy.url}@1`)
    assert.match(elsewhere.stderr, /chain-differs/)
    await proxy.close()
  })

  test('again where it failed, and singly where it takes no batches', async () => {
    await using node = await fork('--fork-cache', newCache())
    const fresh = (index: number): Address => `0x${(0x1000 + index).toString(16).padStart(40, '0')}`
    for (const [index, status] of [429, 503].entries()) {
      proxy.behave({ kind: 'status', status }, 1)
      assert.equal(await node.request('eth_getBalance', fresh(index), 'latest'), '0x0')
    }
    const busy = { code: -32_005, message: 'rate limit exceeded' }
    proxy.behave({ kind: 'changes', change: (_, { id }) => ({ id, error: busy }) }, 1)
    assert.equal(await node.request('eth_getBalance', fresh(2), 'latest'), '0x0')
    proxy.behave({ kind: 'hangs' }, 1)
    assert.equal(await node.request('eth_getBalance', fresh(3), 'latest'), '0x0')
    proxy.takesBatches = false
    proxy.clear()
    assert.equal(await node.request('eth_getBalance', fresh(4), 'latest'), '0x0')
    assert.ok(proxy.sizes[0]! >= 3)
    assert.ok(proxy.sizes.length >= 4 && proxy.sizes.slice(1).every((size) => size === 1), String(proxy.sizes))
    await proxy.close()
  })

  test('in vain: who asked is told, the node goes on, and no transaction is lost', async () => {
    await using node = await fork('--fork-cache', newCache())
    await node.request('anvil_setBalance', BOB, hex(ETHER))
    // Reads a slot of its own that nobody has read: the block cannot be made.
    await node.request('anvil_setCode', NOBODY, '0x5f54')
    const manners = [
      { kind: 'status', status: 500 },
      { kind: 'hangs' },
      { kind: 'text', text: '<html>' },
      { kind: 'text', text: '{"jsonrpc":"2.0","id":1,"result":"nothing"}' },
      { kind: 'changes', change: (_: unknown, { id }: { id: number }) => ({ id, result: '0xzz' }) },
      { kind: 'changes', change: (_: unknown, { id }: { id: number }) => ({ id: id + 1_000, result: '0x1' }) },
      { kind: 'changes', change: (_: unknown, { id }: { id: number }) => ({ id, result: `0x${'1'.repeat(65)}` }) },
    ] as const
    for (const [index, manner] of manners.entries()) {
      proxy.behave(manner)
      const address = `0x${(0x2000 + index).toString(16).padStart(40, '0')}`
      const refused = await failure(node.request('eth_getBalance', address, 'latest'))
      assert.ok(refused.message.includes(proxy.url), refused.message)
      assert.equal(refused.code, -32002)
      const call = await failure(node.request('eth_call', { to: address, data: '0x' }, 'latest'))
      assert.ok(call.message.includes(proxy.url), call.message)
    }
    proxy.behave({ kind: 'status', status: 500 })
    const began = performance.now()
    const sent = node.request('eth_sendTransaction', { from: BOB, to: NOBODY, gas: '0x186a0' })
    // Others are answered meanwhile.
    assert.equal(BigInt(await node.request<Hex>('eth_getBalance', BOB, 'latest')), ETHER)
    const refused = await failure(sent)
    assert.match(refused.message, /eth_getStorageAt/)
    assert.ok(performance.now() - began < 10_000)
    const { pending } = await node.request<{ pending: Hex }>('txpool_status')
    assert.equal(pending, '0x1')
    proxy.behave({ kind: 'honest' })
    await node.request('evm_mine')
    assert.equal((await node.request<{ pending: Hex }>('txpool_status')).pending, '0x0')
    assert.equal(await node.request('eth_getTransactionCount', BOB, 'latest'), '0x1')
    await proxy.close()
  })

  test('another node may be asked, if it has the block', async () => {
    await using node = await fork('--fork-cache', newCache())
    const second = await UpstreamProxy.start(pavm.url)
    await node.request('anvil_setRpcUrl', second.url)
    await proxy.close()
    assert.equal(BigInt(await node.request<Hex>('eth_getBalance', RICH, 'latest')), 5n * ETHER)
    assert.ok(second.methods.includes('eth_getBalance'))
    if (anvil !== undefined) {
      const refused = await failure(node.request('anvil_setRpcUrl', anvil.url))
      assert.match(refused.message, new RegExp(`block ${pavmUpstream.height}`))
    }
    assert.equal((await failure(node.request('anvil_setRpcUrl', 'ftp://nowhere'))).code, -32602)
    await second.close()
  })

  test('a lie about blocks is found out', async () => {
    const change = (field: string, value: string) => ({
      kind: 'changes' as const,
      change: (call: { method: string }, answer: { id: number; result?: unknown }) =>
        call.method === 'eth_getBlockByNumber' && answer.result !== null
          ? { ...answer, result: { ...(answer.result as object), [field]: value } }
          : answer,
    })
    for (const manner of [
      change('hash', `0x${'12'.repeat(32)}`),
      change('stateRoot', `0x${'12'.repeat(32)}`),
      change('number', '0x1'),
      change('logsBloom', '0x00'),
    ]) {
      proxy.behave(manner)
      const { code, stderr } = await runCommand(
        'dev',
        '--port',
        '0',
        '--fork',
        `${proxy.url}@4`,
        '--fork-cache',
        newCache(),
      )
      assert.equal(code, 1)
      assert.match(stderr, /upstream-failed/)
      assert.ok(stderr.includes(proxy.url), stderr)
    }
    const archive = {
      kind: 'changes' as const,
      change: ({ method }: { method: string }, answer: { id: number }) =>
        method === 'eth_getBalance'
          ? { id: answer.id, error: { code: -32_000, message: 'missing trie node' } }
          : answer,
    }
    proxy.behave(archive)
    const old = await runCommand('dev', '--port', '0', '--fork', `${proxy.url}@4`, '--fork-cache', newCache())
    assert.match(old.stderr, /archive node: missing trie node/)
    await proxy.close()
  })
})

test('a chain of older rules, or with any gas limit, can be forked', async (context) => {
  for (const flags of [
    ['--hardfork', 'berlin'],
    ['--hardfork', 'london'],
    ['--gas-limit', String(2n ** 50n)],
  ]) {
    const upstream = await AnvilNode.start(...flags)
    if (upstream === undefined) return context.skip('there is no anvil for this platform')
    try {
      await rpc(upstream.url, 'anvil_mine', 2)
      await using node = await startDevNode('--fork', upstream.url, '--fork-cache', newCache())
      const hash = await node.request<Hash>('eth_sendTransaction', { from: ALICE, to: NOBODY, value: '0x1' })
      const receipt = await node.request<Receipt>('eth_getTransactionReceipt', hash)
      assert.deepEqual([receipt.status, receipt.blockNumber], ['0x1', '0x3'], String(flags))
    } finally {
      await upstream[Symbol.asyncDispose]()
    }
  }
})

test('the commands of docs/fork.md', async () => {
  const text = readFileSync(join(import.meta.dirname, '..', 'docs', 'fork.md'), 'utf8')
  const lines = [...text.matchAll(/^npx pavm (dev .*?)\s*(?:#.*)?$/gm)].map(([, line]) => line as string)
  assert.ok(lines.length >= 4)
  for (const line of lines) {
    const args = line
      .replace('http://127.0.0.1:8545', pavm.url)
      .replace(/\.pavm\S*/, newCache())
      .split(/\s+/)
    const cache = args.includes('--data') ? [] : ['--fork-cache', newCache()]
    await using node = await startDevNode(...args.slice(1), ...cache)
    const number = /(?:@|number )(\d+)/.exec(line)?.[1] ?? (await pavm.request<Hex>('eth_blockNumber'))
    assert.match(node.command.stdout, new RegExp(`Fork +block ${Number(number)} of chain 4242 at ${pavm.url}`), line)
    assert.equal(Number(await node.request<Hex>('eth_blockNumber')), Number(number))
  }
})

describe('started without', () => {
  test('reset forks, and goes back to the genesis', async () => {
    await using node = await startDevNode('--fork-cache', newCache())
    assert.equal((await node.request<{ forkedNetwork: unknown }>('hardhat_metadata')).forkedNetwork, null)
    const mined = await node.request<Hash>('eth_sendTransaction', { from: ALICE, to: NOBODY, value: '0x1' })
    assert.equal((await failure(node.request('anvil_reset', { forking: { blockNumber: 1 } }))).code, -32602)
    assert.equal(await node.request('eth_blockNumber'), '0x1')
    await node.request('anvil_reset', { forking: { jsonRpcUrl: pavmUpstream.url, blockNumber: pavmUpstream.height } })
    assert.equal(await node.request('eth_chainId'), '0x7a69')
    assert.equal(await balanceOf(node, HOLDER, pavmUpstream.token), 1_000n)
    assert.equal(await node.request('eth_getTransactionReceipt', mined), null)
    await node.request('eth_sendTransaction', { from: BOB, to: NOBODY, value: '0x2' })
    assert.equal(await node.request('eth_getBalance', NOBODY, 'latest'), '0x2')
    await node.request('anvil_reset')
    assert.equal(await node.request('eth_blockNumber'), '0x0')
    assert.equal(await node.request('eth_getBalance', NOBODY, 'latest'), '0x0')
    assert.equal(BigInt(await node.request<Hex>('eth_getBalance', BOB, 'latest')), 10_000n * ETHER)
    assert.equal(await node.request('eth_getCode', pavmUpstream.token, 'latest'), '0x')
    await node.request('eth_sendTransaction', { from: BOB, to: NOBODY, value: '0x2' })
    assert.equal(await node.request('eth_blockNumber'), '0x1')
  })

  test('an address that is none is refused', async () => {
    for (const url of ['nonsense', 'ws://127.0.0.1:1', 'file:///etc/passwd']) {
      const { code, stderr } = await runCommand('dev', '--port', '0', '--fork', url)
      assert.equal(code, 1)
      assert.match(stderr, /invalid-fork/)
    }
    const closed = await runCommand('dev', '--port', '0', '--fork', 'http://user:secret@127.0.0.1:9/v3/key')
    assert.match(closed.stderr, /http:\/\/127\.0\.0\.1:9 did not answer eth_(chainId|getBlockByNumber)/)
    assert.ok(!closed.stderr.includes('secret') && !closed.stderr.includes('key'))
    const alone = await runCommand('dev', '--port', '0', '--fork-block-number', '5')
    assert.match(alone.stderr, /invalid-fork/)
  })
})
