import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { after, before, describe, test } from 'node:test'
import {
  type BaseContract,
  Contract,
  ContractFactory,
  type InterfaceAbi,
  JsonRpcProvider,
  WebSocketProvider,
} from 'ethers'
import { parse } from 'smol-toml'
import { z } from 'zod'
import { compile } from '../contracts/compile.ts'
import { createAddress } from '../primitives/contract-address.ts'
import { developerAccounts } from '../primitives/developer-accounts.ts'
import type { Address, Hash, Hex } from '../primitives/hex.ts'
import { type DevNode, startDevNode } from './support/dev-node.ts'
import { documentBlocks, documentedOutput, documentProgram } from './support/document-blocks.ts'
import { type RpcFailure, rpc } from './support/json-rpc.ts'
import { changeConfig } from './support/node-config.ts'
import { runProgram } from './support/run-program.ts'
import { startTestnet } from './support/testnet.ts'

/**
 * What the pages of Otterscan ask, in their order, and what they make of the answers (its useProvider.ts, useErigonHooks.ts, search.ts).
 * The shapes are those of its documents (https://docs.otterscan.io/api-docs/ots-api).
 */

const DOCUMENT = 'docs/clients/otterscan.md'

const [ALICE, BOB] = developerAccounts(2).map(({ address }) => address) as [Address, Address]
/** Nobody's. */
const FRIEND: Address = '0x00000000000000000000000000000000000000aa'
/** Transactions of a page. */
const PAGE = 25

const hex = z.string().regex(/^0x[0-9a-f]*$/)
const quantity = z.string().regex(/^0x(0|[1-9a-f][0-9a-f]*)$/)
const hash = z.string().regex(/^0x[0-9a-f]{64}$/)
const address = z.string().regex(/^0x[0-9a-f]{40}$/)

const header = {
  hash,
  parentHash: hash,
  sha3Uncles: hash,
  miner: address,
  stateRoot: hash,
  transactionsRoot: hash,
  receiptsRoot: hash,
  difficulty: quantity,
  number: quantity,
  gasLimit: quantity,
  gasUsed: quantity,
  timestamp: quantity,
  extraData: hex,
  mixHash: hash,
  nonce: hex,
  baseFeePerGas: quantity,
  withdrawalsRoot: hash,
  blobGasUsed: quantity,
  excessBlobGas: quantity,
  parentBeaconBlockRoot: hash,
  requestsHash: hash,
  blockAccessListHash: hash,
  plan: hex,
}
const body = { size: quantity, uncles: z.tuple([]), withdrawals: z.tuple([]), logsBloom: z.null() }
const transaction = z.looseObject({
  hash,
  from: address,
  to: address.nullable(),
  blockNumber: quantity,
  transactionIndex: quantity,
  value: quantity,
  gasPrice: quantity,
  input: hex,
  type: quantity,
})
const receiptFields = {
  transactionHash: hash,
  status: quantity,
  gasUsed: quantity,
  effectiveGasPrice: quantity,
  contractAddress: address.nullable(),
}

const SHAPES = {
  erigon_getHeaderByNumber: z.looseObject({ ...header, logsBloom: hex }),
  ots_getApiLevel: z.int().min(5),
  ots_hasCode: z.boolean(),
  ots_traceTransaction: z.array(
    z.strictObject({
      type: z.enum(['CALL', 'DELEGATECALL', 'STATICCALL', 'CREATE', 'CREATE2', 'SELFDESTRUCT']),
      depth: z.int(),
      from: address,
      to: address,
      value: quantity.nullable(),
      input: hex,
      output: hex,
    }),
  ),
  ots_getInternalOperations: z.array(
    z.strictObject({ type: z.int().min(0).max(3), from: address, to: address, value: quantity }),
  ),
  ots_getTransactionError: hex,
  ots_getBlockDetails: z.strictObject({
    block: z.strictObject({ ...header, ...body, transactionCount: z.int() }),
    issuance: z.strictObject({ blockReward: quantity, uncleReward: quantity, issuance: quantity }),
    totalFees: quantity,
  }),
  ots_getBlockTransactions: z.strictObject({
    fullblock: z.strictObject({ ...header, ...body, transactionCount: z.int(), transactions: z.array(transaction) }),
    receipts: z.array(z.looseObject({ ...receiptFields, logs: z.null(), logsBloom: z.null() })),
  }),
  ots_searchTransactionsBefore: z.strictObject({
    txs: z.array(transaction),
    receipts: z.array(z.looseObject({ ...receiptFields, logs: z.array(z.unknown()), timestamp: quantity })),
    firstPage: z.boolean(),
    lastPage: z.boolean(),
  }),
  ots_getTransactionBySenderAndNonce: hash,
  ots_getContractCreator: z.strictObject({ hash, creator: address }),
}
type Shapes = typeof SHAPES & {
  ots_getBlockDetailsByHash: typeof SHAPES.ots_getBlockDetails
  ots_searchTransactionsAfter: typeof SHAPES.ots_searchTransactionsBefore
}
const shapes: Shapes = {
  ...SHAPES,
  ots_getBlockDetailsByHash: SHAPES.ots_getBlockDetails,
  ots_searchTransactionsAfter: SHAPES.ots_searchTransactionsBefore,
}

interface Artifacts {
  readonly Explored: { readonly abi: InterfaceAbi; readonly bytecode: string }
}

describe('Otterscan', () => {
  let node: DevNode
  let provider: JsonRpcProvider
  let explored: Contract
  let contract: Address
  /** Creates the contract, visits it, fails, pays; a block each. */
  let hashes: readonly [Hash, Hash, Hash, Hash]

  before(async () => {
    node = await startDevNode()
    provider = new JsonRpcProvider(node.url, undefined, { staticNetwork: true, cacheTimeout: -1 })
    const signer = await provider.getSigner(ALICE)
    const { abi, bytecode } = (compile('../test/projects/otterscan/Explored.sol') as unknown as Artifacts).Explored
    const deployed: BaseContract = await new ContractFactory(abi, bytecode, signer).deploy({ value: 1_000n })
    contract = createAddress(ALICE, 0n)
    explored = new Contract(contract, abi, signer)
    const visited = await explored.getFunction('visit')(FRIEND)
    const failed = await explored.getFunction('fail').send({ gasLimit: 100_000n })
    const paid = await signer.sendTransaction({ to: BOB, value: 7n })
    hashes = [deployed.deploymentTransaction()?.hash, visited.hash, failed.hash, paid.hash] as [Hash, Hash, Hash, Hash]
  })
  after(async () => {
    provider?.destroy()
    await node?.[Symbol.asyncDispose]()
  })

  /** Asks, and holds the answer to its shape. */
  async function ask<Name extends keyof Shapes>(method: Name, ...params: unknown[]): Promise<z.output<Shapes[Name]>> {
    return shapes[method].parse(await provider.send(method, params)) as z.output<Shapes[Name]>
  }

  test('knows the node by its probes, by any of the ways that its versions have', async () => {
    assert.equal(await provider.getBlockNumber(), 4)
    for (const block of [4, 0, 'latest']) {
      const { number } = await ask('erigon_getHeaderByNumber', block)
      assert.equal(Number(number), block === 0 ? 0 : 4)
    }
    assert.equal(await ask('ots_getApiLevel'), 8)
  })

  test('home: follows the head by polling and by subscription', async () => {
    const socket = new WebSocketProvider(node.url.replace('http', 'ws'), undefined, { staticNetwork: true })
    try {
      await socket.getBlockNumber()
      const next = new Promise<number>((resolve) => void socket.once('block', resolve))
      await socket.send('eth_chainId', [])
      const id = await node.request('evm_snapshot')
      await node.request('evm_mine')
      assert.equal(await next, 5)
      assert.equal((await ask('erigon_getHeaderByNumber', 5)).number, '0x5')
      await node.request('evm_revert', id)
    } finally {
      await socket.destroy()
    }
  })

  test('block: details by number and by hash, its transactions by pages from the last on', async () => {
    const details = await ask('ots_getBlockDetails', 2)
    const receipt = await node.request<{ gasUsed: Hex; effectiveGasPrice: Hex }>('eth_getTransactionReceipt', hashes[1])
    assert.equal(BigInt(details.totalFees), BigInt(receipt.gasUsed) * BigInt(receipt.effectiveGasPrice))
    assert.equal(details.block.transactionCount, 1)
    assert.deepEqual(details.issuance, { blockReward: '0x0', uncleReward: '0x0', issuance: '0x0' })
    assert.deepEqual(await ask('ots_getBlockDetailsByHash', details.block.hash), details)
    assert.equal(await provider.send('ots_getBlockDetails', [99]), null)

    const { fullblock, receipts } = await ask('ots_getBlockTransactions', 2, 0, PAGE)
    assert.deepEqual([fullblock.hash, fullblock.transactions.length], [details.block.hash, 1])
    assert.equal(fullblock.transactions[0]?.input, explored.interface.getFunction('visit')?.selector)
    assert.equal(receipts[0]?.transactionHash, hashes[1])
    assert.equal(receipts[0]?.gasUsed, receipt.gasUsed)
  })

  test('block of many transactions: pages of it, each in the order of the block', async () => {
    const id = await node.request('evm_snapshot')
    await node.request('evm_setAutomine', false)
    const sent: unknown[] = []
    for (let value = 1; value <= 5; value++) {
      sent.push(await node.request('eth_sendTransaction', { from: BOB, to: FRIEND, value: `0x${value}` }))
    }
    await node.request('evm_mine')
    const pages = await Promise.all([0, 1, 2, 3].map((page) => ask('ots_getBlockTransactions', 5, page, 2)))
    assert.deepEqual(
      pages.map(({ fullblock }) => fullblock.transactions.map((each) => each.hash)),
      [sent.slice(3), sent.slice(1, 3), sent.slice(0, 1), []],
    )
    for (const { fullblock, receipts } of pages) {
      assert.equal(fullblock.transactionCount, 5)
      assert.deepEqual(
        receipts.map(({ transactionHash }) => transactionHash),
        fullblock.transactions.map((each) => each.hash),
      )
    }
    await node.request('evm_setAutomine', true)
    await node.request('evm_revert', id)
  })

  test('transaction: its calls as a tree, without precompiled contracts', async () => {
    const calls = await ask('ots_traceTransaction', hashes[1])
    assert.deepEqual(
      calls.map(({ type, depth, value }) => [type, depth, value]),
      [
        ['CALL', 0, '0x0'],
        ['CALL', 1, '0x1'],
        ['CREATE', 1, '0x2'],
        ['CREATE2', 1, '0x3'],
        ['CREATE', 1, '0x4'],
        ['CALL', 1, '0x0'],
        ['SELFDESTRUCT', 2, '0x2'],
        ['CALL', 1, '0x5'],
        ['DELEGATECALL', 1, null],
      ],
    )
    assert.equal(calls[2]?.to, createAddress(contract, 1n))
    // Of the creation that was refused: the reason.
    assert.match(explored.interface.parseError(calls[4]!.output)?.args[0] ?? '', /^refused$/)
    assert.deepEqual([calls[6]?.from, calls[6]?.to], [createAddress(contract, 1n), FRIEND])
  })

  test('transaction: what moved, was created and destroyed', async () => {
    const operations = await ask('ots_getInternalOperations', hashes[1])
    assert.deepEqual(
      operations.map(({ type, from, to, value }) => [type, from === contract, to === FRIEND, value]),
      [
        [0, true, true, '0x1'],
        [2, true, false, '0x2'],
        [3, true, false, '0x3'],
        [1, false, true, '0x2'],
        [0, true, false, '0x5'],
      ],
    )
    assert.deepEqual(await ask('ots_getInternalOperations', hashes[3]), [])
  })

  test('transaction: why it failed', async () => {
    const data = await ask('ots_getTransactionError', hashes[2])
    assert.equal(explored.interface.parseError(data)?.args[0], 'on purpose')
    assert.equal(await ask('ots_getTransactionError', hashes[1]), '0x')
    const [transactionSent, receipt] = await Promise.all([
      provider.getTransaction(hashes[2]),
      provider.getTransactionReceipt(hashes[2]),
    ])
    assert.deepEqual([transactionSent?.blockNumber, receipt?.status], [3, 0])
  })

  test('transaction: the one before and after it of its sender', async () => {
    assert.equal(await provider.getTransactionCount(ALICE), 4)
    for (const [nonce, wanted] of hashes.entries()) {
      assert.equal(await ask('ots_getTransactionBySenderAndNonce', ALICE, nonce), wanted)
    }
    assert.equal(await provider.send('ots_getTransactionBySenderAndNonce', [ALICE, 4]), null)
  })

  test('transaction: its changes of the state, one mark for each', async () => {
    const { stateDiff } = await provider.send('trace_replayTransaction', [hashes[1], ['stateDiff']])
    const marks = z.union([
      z.literal('='),
      z.strictObject({ '*': z.strictObject({ from: hex, to: hex }) }),
      z.strictObject({ '+': hex }),
      z.strictObject({ '-': hex }),
    ])
    const account = z.strictObject({ balance: marks, nonce: marks, code: marks, storage: z.record(hash, marks) })
    const diff = z.record(address, account).parse(stateDiff)
    assert.deepEqual(Object.values(diff[contract]?.storage ?? {}), [
      { '*': { from: `0x${'0'.repeat(64)}`, to: `0x${'1'.padStart(64, '0')}` } },
    ])
    assert.deepEqual(diff[FRIEND]?.balance, { '+': '0x3' })
  })

  test('address: whether it is a contract, who made it, and what it took part in', async () => {
    assert.equal(await ask('ots_hasCode', contract, 'latest'), true)
    assert.equal(await ask('ots_hasCode', contract, 0), false)
    assert.equal(await ask('ots_hasCode', FRIEND, 'latest'), false)
    assert.deepEqual(await ask('ots_getContractCreator', contract), { hash: hashes[0], creator: ALICE })
    const second = (await ask('ots_traceTransaction', hashes[1]))[3]!.to
    assert.deepEqual(await ask('ots_getContractCreator', second), { hash: hashes[1], creator: contract })
    assert.equal(await provider.send('ots_getContractCreator', [FRIEND]), null)
    assert.equal(await provider.getBalance(contract), 1_000n - 1n - 2n - 3n)

    const first = await ask('ots_searchTransactionsBefore', contract, 0, PAGE)
    assert.deepEqual(
      [first.txs.map((each) => each.hash), first.firstPage, first.lastPage],
      [[hashes[2], hashes[1], hashes[0]], true, true],
    )
    assert.deepEqual(
      first.receipts.map(({ transactionHash, status, contractAddress }) => [transactionHash, status, contractAddress]),
      [
        [hashes[2], '0x0', null],
        [hashes[1], '0x1', null],
        [hashes[0], '0x1', contract],
      ],
    )
    // What it was paid inside of a transaction counts too.
    assert.deepEqual((await ask('ots_searchTransactionsBefore', FRIEND, 0, PAGE)).txs[0]?.hash, hashes[1])
    const older = await ask('ots_searchTransactionsBefore', contract, 3, 1)
    assert.deepEqual([older.txs[0]?.hash, older.firstPage, older.lastPage], [hashes[1], false, false])
    const newer = await ask('ots_searchTransactionsAfter', contract, 1, 1)
    assert.deepEqual([newer.txs[0]?.hash, newer.firstPage, newer.lastPage], [hashes[1], false, false])
    const last = await ask('ots_searchTransactionsAfter', contract, 0, PAGE)
    assert.deepEqual([last.txs.length, last.firstPage, last.lastPage], [3, true, true])
  })

  test('address of a token: its name is asked of the contract, which has none', async () => {
    const erc20 = new Contract(contract, ['function name() view returns (string)'], provider)
    await assert.rejects(erc20.getFunction('name')(), { code: 'CALL_EXCEPTION' })
  })

  test('a page of another origin may ask', async () => {
    const response = await fetch(node.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: 'http://localhost:5100' },
      body: JSON.stringify([
        { jsonrpc: '2.0', id: 1, method: 'eth_blockNumber', params: [] },
        { jsonrpc: '2.0', id: 2, method: 'ots_getApiLevel', params: [] },
      ]),
    })
    assert.equal(response.headers.get('access-control-allow-origin'), '*')
    assert.equal(((await response.json()) as unknown[]).length, 2)
  })

  const noCurl = spawnSync('curl', ['--version']).status === 0 ? false : 'there is no curl on this machine'
  test(`${DOCUMENT}: its commands do what it says`, { skip: noCurl }, async () => {
    const options = { cwd: tmpdir(), env: process.env }
    const printed = await runProgram('sh', ['-eu', '-c', documentProgram(DOCUMENT, 'sh', node.url)], options)
    const expected = documentedOutput(DOCUMENT)
    assert.ok(expected.length > 0)
    for (const line of expected) assert.ok(printed.includes(line), `${line}\n${printed}`)
  })
})

test('Otterscan and a node of a network that other machines reach', { timeout: 60_000 }, async (t) => {
  const settings = documentBlocks(DOCUMENT).find(({ language }) => language === 'toml')
  const { rpc: asked } = parse(settings?.text ?? '') as { rpc: { host: string; namespaces: string[] } }
  const { host } = asked
  for (const [section, isServed] of [
    [{ host }, false],
    [asked, true],
  ] as const) {
    const testnet = await startTestnet({ nodes: 1, miners: 1 }, ([node]) => changeConfig(node!, { rpc: section }))
    t.after(() => testnet.close())
    const answers = ['ots_getApiLevel', 'erigon_getHeaderByNumber', 'trace_block'].map(async (method) => {
      const params = method === 'ots_getApiLevel' ? [] : ['latest']
      return await rpc(testnet.url(0), method, ...params).then(
        () => true,
        ({ code }: RpcFailure) => code !== -32_601,
      )
    })
    assert.deepEqual(await Promise.all(answers), [isServed, true, isServed])
  }
})
