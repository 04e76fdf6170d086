import assert from 'node:assert/strict'
import { gunzipSync } from 'node:zlib'
import { id, keccak256, Transaction, TypedDataEncoder } from 'ethers'
import type { Address, Hash, Hex } from '../../../primitives/hex.ts'
import { including, matches } from './matches.ts'
import {
  ALICE,
  BOB,
  CAROL,
  CHAIN_ID,
  DID,
  ETHER,
  encode,
  encodeToken,
  failedWith,
  GWEI,
  type Mined,
  quantity,
  type Scene,
  SLOT,
  sign,
  TOKEN_CREATION,
  WALLETS,
  WHALE,
  WORKBENCH,
  word,
} from './scene.ts'
import type { Ask, Transport } from './site.ts'

/** What is asked, under one of its names, and asserted. */
type Check = (ask: Ask, method: string, scene: Scene, transport: Transport) => Promise<unknown>

/** Asks once, and compares what comes back (`matches`). */
const gives =
  (params: (scene: Scene) => readonly unknown[], wanted: unknown | ((scene: Scene) => unknown)): Check =>
  async (ask, method, scene) => {
    const answer = typeof wanted === 'function' ? wanted(scene) : wanted
    matches(await ask(method, ...params(scene)), answer, method)
  }

const nothing = (): readonly unknown[] => []

// --- what is compared with

/** Runtime code that returns TIMESTAMP, NUMBER, GASLIMIT, PREVRANDAO and COINBASE of its block. */
const BLOCK_FIELDS: Hex = '0x425f524360205245604052446060524160805260a05ff3'
const TRANSFER_GAS = quantity(21_000)
const MESSAGE: Hex = '0x68656c6c6f'

export const TYPED_DATA = {
  domain: { name: 'Test', version: '1', chainId: CHAIN_ID, verifyingContract: WHALE },
  types: {
    Mail: [
      { name: 'to', type: 'address' },
      { name: 'text', type: 'string' },
    ],
  },
  primaryType: 'Mail',
  message: { to: WHALE, text: 'hello' },
} as const

/** With the type of the domain, as JSON-RPC wants it. */
const TYPED_PAYLOAD = TypedDataEncoder.getPayload(
  TYPED_DATA.domain,
  { Mail: [...TYPED_DATA.types.Mail] },
  TYPED_DATA.message,
)

const place = ({ hash, number, blockHash }: Mined) => ({ transactionHash: hash, blockNumber: number, blockHash })
/** The one log of the scene, of `set`. */
export const logOf = ({ bench, set }: Scene) => ({
  ...place(set),
  address: bench,
  topics: [DID, word(1)],
  data: word(42),
  removed: false,
})
const transactionOf = ({ set, bench }: Scene) => ({
  hash: set.hash,
  blockHash: set.blockHash,
  blockNumber: set.number,
  from: BOB,
  to: bench,
  nonce: '0x0',
  input: encode('set', 1, 42),
  type: '0x2',
  chainId: quantity(CHAIN_ID),
})
const receiptOf = (scene: Scene) => ({
  ...place(scene.set),
  from: BOB,
  to: scene.bench,
  status: '0x1',
  contractAddress: null,
  logs: [logOf(scene)],
})
const blockOf = ({ set, deployed }: Scene) => ({
  number: set.number,
  hash: set.blockHash,
  parentHash: deployed.blockHash,
  transactions: [set.hash],
  uncles: [],
})
const headerOf = ({ set }: Scene) => ({ number: set.number, hash: set.blockHash, transactions: undefined })
const detailsOf = (scene: Scene) => {
  const { transactions, ...block } = blockOf(scene)
  return { block: { ...block, transactionCount: transactions.length, logsBloom: null }, issuance: {}, totalFees: /^0x/ }
}
const accessListOf = ({ bench }: Scene) =>
  including({ address: bench, storageChanges: [{ key: SLOT, changes: [{ index: '0x1', value: word(42) }] }] })

/** `create` of the scene as calls: the outer one and the creation. */
const creationTrace = ({ bench, child, created }: Scene) => ({
  action: { from: bench, value: '0x5' },
  result: { address: child },
  traceAddress: [0],
  type: 'create',
  transactionHash: created.hash,
  blockHash: created.blockHash,
})
const creationTraces = (scene: Scene) => [
  { action: { from: BOB, to: scene.bench, callType: 'call' }, traceAddress: [], subtraces: 1, type: 'call' },
  creationTrace(scene),
]
const setReplay = ({ bench }: Scene) => ({
  output: '0x',
  trace: [{ action: { from: BOB, to: bench }, traceAddress: [] }],
  vmTrace: { code: WORKBENCH.deployedBytecode },
  stateDiff: { [bench]: { storage: { [SLOT]: {} } } },
})

/** The call by which BOB has a slot set to 43; and what a struct log of it ends with. */
const setAgain = ({ bench }: Scene) => ({ from: BOB, to: bench, data: encode('set', 1, 43), gas: '0x100000' })
const read = ({ bench }: Scene) => ({ to: bench, data: encode('slots', 1) })

const hashed = (wanted: Hash) => (bytes: string) => assert.equal(keccak256(bytes), wanted)

// --- tracers

type Tracers = Readonly<Record<string, (scene: Scene) => { readonly config?: object; readonly wanted: unknown }>>

/** All of them, on `created` of the scene. */
const TRACERS: Tracers = {
  callTracer: ({ bench, child }) => ({
    config: { withLog: true },
    wanted: { type: 'CALL', from: BOB, to: bench, calls: [{ type: 'CREATE', from: bench, to: child, value: '0x5' }] },
  }),
  flatCallTracer: (scene) => ({ wanted: creationTraces(scene) }),
  prestateTracer: ({ bench, child }) => ({
    config: { diffMode: true },
    wanted: { pre: { [bench]: { nonce: 1 } }, post: { [bench]: { nonce: 2 }, [child]: { balance: '0x5' } } },
  }),
  '4byteTracer': () => ({ wanted: { [`${encode('create', 7, 5).slice(0, 10)}-64`]: 1 } }),
  noopTracer: () => ({ wanted: (result: unknown) => assert.deepEqual(result, {}) }),
  muxTracer: ({ bench }) => ({
    config: { callTracer: { onlyTopCall: true }, noopTracer: {} },
    wanted: { callTracer: { from: BOB, to: bench, calls: undefined }, noopTracer: {} },
  }),
}

const structLogs = (op: string) => ({
  failed: false,
  structLogs: (steps: { pc: number; op: string }[]) => {
    assert.deepEqual([steps[0]?.pc, steps[0]?.op], [0, 'PUSH1'])
    assert.ok(
      steps.some((step) => step.op === op),
      op,
    )
  },
})

const withEachTracer =
  (params: (scene: Scene) => readonly unknown[], answer: (scene: Scene, result: unknown) => unknown): Check =>
  async (ask, method, scene) => {
    matches(await ask(method, ...params(scene)), answer(scene, structLogs('CREATE')), method)
    for (const [tracer, about] of Object.entries(TRACERS)) {
      const { config: tracerConfig, wanted } = about(scene)
      const result = await ask(method, ...params(scene), { tracer, ...(tracerConfig && { tracerConfig }) })
      matches(result, answer(scene, wanted), `${method} ${tracer}`)
    }
  }

const tracedBlock = ({ created }: Scene, result: unknown) => [{ txHash: created.hash, result }]

// --- what controls change

interface Header {
  readonly number: Hex
  readonly hash: Hash
  readonly timestamp: Hex
  readonly baseFeePerGas: Hex
  readonly gasLimit: Hex
  readonly mixHash: Hash
  readonly miner: Address
  readonly transactions: readonly Hash[]
}

const latest = (ask: Ask): Promise<Header> => ask('eth_getBlockByNumber', 'latest', false)
const timeOf = async (ask: Ask): Promise<number> => Number((await latest(ask)).timestamp)
const heightOf = async (ask: Ask): Promise<number> => Number(await ask<Hex>('eth_blockNumber'))
const balanceOf = async (ask: Ask, address: Address) => BigInt(await ask<Hex>('eth_getBalance', address, 'latest'))
const pay = (ask: Ask, wei: number, more: object = {}): Promise<Hash> =>
  ask('eth_sendTransaction', { from: ALICE, to: WHALE, value: quantity(wei), ...more })
const statusOf = async (ask: Ask, hash: Hash) =>
  (await ask<{ status: Hex } | null>('eth_getTransactionReceipt', hash))?.status

async function refused(asked: Promise<unknown>, pattern: RegExp): Promise<void> {
  const message = await asked.then(
    () => assert.fail('it was answered'),
    (error: unknown) => describe(error),
  )
  assert.match(message, pattern)
}

/** Each client wraps the node's message in its own way. */
function describe(error: unknown): string {
  if (!(error instanceof Object)) return String(error)
  const { message, code, details, cause, error: inner, data } = error as Record<string, unknown>
  return [message, code, details, data, cause && describe(cause), inner && describe(inner)].map(String).join(' ')
}

/** TIMESTAMP, NUMBER, GASLIMIT, PREVRANDAO and COINBASE, as a contract of `BLOCK_FIELDS` at WHALE sees them. */
async function blockFields(ask: Ask, block: string): Promise<bigint[]> {
  const words = (await ask<Hex>('eth_call', { to: WHALE }, block)).slice(2).match(/.{64}/g) ?? []
  return words.map((each) => BigInt(`0x${each}`))
}

/** A next block of that field. */
const blockField =
  (value: unknown, field: keyof Header, wanted: Hex, answer: unknown = null): Check =>
  async (ask, method) => {
    assert.equal(await ask(method, value), answer)
    await ask('evm_mine')
    assert.equal((await latest(ask))[field], wanted)
  }

/** Asks for the timestamp `seconds` after the head, and says how far the next block is off it. */
async function aheadOf(ask: Ask, seconds: number, run: (timestamp: number) => Promise<unknown>): Promise<number> {
  const wanted = (await timeOf(ask)) + seconds
  await run(wanted)
  await ask('evm_mine')
  return (await timeOf(ask)) - wanted
}

/** The head may be some seconds ahead of the clock, having had its blocks within one; and a busy machine behind. */
const SLACK_SECONDS = 20

const sendsForWhale: Check = async (ask, method) => {
  await ask('anvil_setBalance', WHALE, quantity(ETHER))
  const pays = () => ask<Hash>('eth_sendTransaction', { from: WHALE, to: BOB, value: '0x1' })
  await refused(pays(), /unknown account/)
  const isAutomatic = method.includes('auto')
  assert.equal(await ask(method, isAutomatic ? true : WHALE), null)
  assert.equal(await statusOf(ask, await pays()), '0x1')
  const stop = isAutomatic ? method : 'anvil_stopImpersonatingAccount'
  assert.equal(await ask(stop, isAutomatic ? false : WHALE), null)
  await refused(pays(), /unknown account/)
}

const drops =
  (wanted: (hash: Hash) => unknown, again: unknown): Check =>
  async (ask, method) => {
    await ask('evm_setAutomine', false)
    const hash = await pay(ask, 1)
    assert.equal(await ask(method, hash), wanted(hash))
    assert.equal(await ask(method, hash), again)
    matches(await ask('txpool_status'), { pending: '0x0', queued: '0x0' })
  }

const inPool =
  (answer: (waiting: Hash) => readonly [params: readonly unknown[], wanted: unknown]): Check =>
  async (ask, method) => {
    await ask('evm_setAutomine', false)
    const [params, wanted] = answer(
      await pay(ask, 7, { nonce: '0x2', gasPrice: quantity(3n * GWEI), gas: TRANSFER_GAS }),
    )
    matches(await ask(method, ...params), wanted)
  }

/** A filter, what happens, and what it then has noted. */
const filtered =
  (params: (scene: Scene) => readonly unknown[], happens: (ask: Ask, scene: Scene) => Promise<unknown>): Check =>
  async (ask, method, scene) => {
    const id = await ask<Hex>(method, ...params(scene))
    assert.deepEqual(await ask('eth_getFilterChanges', id), [])
    const wanted = await happens(ask, scene)
    matches(await ask('eth_getFilterChanges', id), wanted)
    assert.deepEqual(await ask('eth_getFilterChanges', id), [])
    assert.equal(await ask('eth_uninstallFilter', id), true)
    await refused(ask('eth_getFilterChanges', id), /filter not found/)
  }

/** A token of which ALICE has all. */
async function makeToken(ask: Ask): Promise<Address> {
  const hash = await ask<Hash>('eth_sendTransaction', { from: ALICE, data: TOKEN_CREATION })
  const receipt = await ask<{ contractAddress: Address }>('eth_getTransactionReceipt', hash)
  return receipt.contractAddress
}

const ofBench = ({ bench }: Scene) => [{ address: bench, fromBlock: '0x0' }]

/** `set` once more, and its log. */
async function setOnce(ask: Ask, scene: Scene): Promise<readonly unknown[]> {
  const hash = await ask<Hash>('eth_sendTransaction', setAgain(scene))
  return [{ address: scene.bench, transactionHash: hash, topics: [DID, word(1)], data: word(43) }]
}

/** For every method of a `pavm dev` node what it has to answer or to do, by its names. */
export const CHECKS: readonly (readonly [methods: string, check: Check])[] = [
  // the client
  // Hardhat's network helpers want to know of anvil.
  ['web3_clientVersion', gives(nothing, /^anvil-compatible pavm\//)],
  ['web3_sha3', gives(() => [MESSAGE], id('hello'))],
  ['net_version', gives(nothing, String(CHAIN_ID))],
  ['net_listening', gives(nothing, true)],
  ['net_peerCount', gives(nothing, '0x0')],
  ['rpc_modules', gives(nothing, { eth: '1.0', anvil: '1.0', trace: '1.0', ots: '1.0' })],
  [
    'rpc.discover',
    gives(nothing, { openrpc: /^1\./, info: { title: 'pavm' }, methods: including({ name: 'eth_call' }) }),
  ],
  ['eth_chainId', gives(nothing, quantity(CHAIN_ID))],
  ['eth_blockNumber', gives(nothing, ({ paid }: Scene) => paid.number)],
  ['eth_syncing', gives(nothing, false)],
  ['eth_mining', gives(nothing, true)],
  ['eth_hashrate', gives(nothing, '0x0')],
  ['eth_networkId', gives(nothing, String(CHAIN_ID))],
  ['eth_coinbase', async (ask, method) => assert.equal(await ask(method), (await latest(ask)).miner)],
  [
    'eth_accounts eth_requestAccounts personal_listAccounts',
    async (ask, method) => assert.deepEqual((await ask<Address[]>(method)).slice(0, 3), [ALICE, BOB, CAROL]),
  ],
  [
    'eth_capabilities',
    gives(nothing, ({ paid }: Scene) => ({
      head: { number: paid.number, hash: paid.blockHash },
      tx: { disabled: false },
    })),
  ],
  ['eth_config', gives(nothing, { current: { chainId: quantity(CHAIN_ID), precompiles: { ECREC: /01$/ } } })],

  // blocks
  ['eth_getBlockByNumber', gives(({ set }) => [set.number, false], blockOf)],
  ['eth_getBlockByHash', gives(({ set }) => [set.blockHash, false], blockOf)],
  ['eth_getBlockTransactionCountByNumber', gives(({ set }) => [set.number], '0x1')],
  ['eth_getBlockTransactionCountByHash', gives(({ set }) => [set.blockHash], '0x1')],
  ['eth_getUncleCountByBlockNumber', gives(({ set }) => [set.number], '0x0')],
  ['eth_getUncleCountByBlockHash', gives(({ set }) => [set.blockHash], '0x0')],
  [
    'eth_getBlockReceipts',
    gives(
      ({ set }) => [set.number],
      (scene: Scene) => [receiptOf(scene)],
    ),
  ],
  ['eth_getBlockAccessList pavm_getBlockAccessList', gives(({ set }) => [set.number], accessListOf)],

  ['eth_getHeaderByNumber', gives(({ set }) => [set.number], headerOf)],
  ['eth_getHeaderByHash', gives(({ set }) => [set.blockHash], headerOf)],
  ['eth_getUncleByBlockNumberAndIndex', gives(({ set }) => [set.number, '0x0'], null)],
  ['eth_getUncleByBlockHashAndIndex', gives(({ set }) => [set.blockHash, '0x0'], null)],

  // transactions
  ['eth_getTransactionByHash', gives(({ set }) => [set.hash], transactionOf)],
  ['eth_getTransactionByBlockNumberAndIndex', gives(({ set }) => [set.number, '0x0'], transactionOf)],
  ['eth_getTransactionByBlockHashAndIndex', gives(({ set }) => [set.blockHash, '0x0'], transactionOf)],
  ['eth_getTransactionBySenderAndNonce', gives(() => [BOB, '0x0'], transactionOf)],
  [
    'eth_getRawTransactionByBlockNumberAndIndex',
    gives(
      ({ set }) => [set.number, '0x0'],
      ({ set }: Scene) => set.raw,
    ),
  ],
  [
    'eth_getRawTransactionByBlockHashAndIndex',
    gives(
      ({ set }) => [set.blockHash, '0x0'],
      ({ set }: Scene) => set.raw,
    ),
  ],
  ['eth_getTransactionReceipt', gives(({ set }) => [set.hash], receiptOf)],
  [
    'eth_getRawTransactionByHash debug_getRawTransaction',
    gives(
      ({ set }) => [set.hash],
      ({ set }: Scene) => set.raw,
    ),
  ],

  // state
  ['eth_getBalance', gives(() => [WHALE, 'latest'], '0x3')],
  ['eth_getTransactionCount', gives(() => [BOB, 'latest'], '0x2')],
  ['eth_getCode', gives(({ bench }) => [bench, 'latest'], WORKBENCH.deployedBytecode)],
  ['eth_getStorageAt', gives(({ bench }) => [bench, SLOT, 'latest'], word(42))],
  [
    'eth_getStorageValues',
    gives(
      ({ bench }) => [{ [bench]: [SLOT] }],
      ({ bench }: Scene) => ({ [bench]: [word(42)] }),
    ),
  ],
  [
    'eth_getProof',
    async (ask, method, { bench }) => {
      const { stateRoot } = await ask<{ stateRoot: Hash }>('eth_getBlockByNumber', 'latest', false)
      matches(await ask(method, bench, [SLOT], 'latest'), {
        address: bench,
        codeHash: keccak256(WORKBENCH.deployedBytecode),
        accountProof: ([root]: string[]) => hashed(stateRoot)(root!),
        storageProof: [{ key: SLOT, value: '0x2a' }],
      })
    },
  ],

  [
    'eth_getAccount',
    gives(({ bench }) => [bench, 'latest'], { nonce: '0x2', codeHash: keccak256(WORKBENCH.deployedBytecode) }),
  ],
  ['eth_getAccountInfo', gives(({ bench }) => [bench, 'latest'], { nonce: '0x2', code: WORKBENCH.deployedBytecode })],

  // execution
  [
    'eth_call',
    async (ask, method, scene) => {
      assert.equal(await ask(method, read(scene), 'latest'), word(42))
      const changed = { [scene.bench]: { stateDiff: { [SLOT]: word(44) } } }
      assert.equal(await ask(method, read(scene), 'latest', changed), word(44))
      const fails = { to: scene.bench, data: encode('failAfterWrites', 9) }
      await refused(ask(method, fails, 'latest'), /execution reverted/)
    },
  ],
  ['eth_estimateGas', gives(() => [{ from: ALICE, to: WHALE, value: '0x1' }], TRANSFER_GAS)],
  [
    'eth_createAccessList',
    gives(
      (scene) => [setAgain(scene)],
      ({ bench }: Scene) => ({ accessList: [{ address: bench, storageKeys: [SLOT] }] }),
    ),
  ],
  [
    'eth_simulateV1',
    gives(
      (scene) => [{ blockStateCalls: [{ calls: [setAgain(scene), read(scene)] }] }, 'latest'],
      () => [{ number: '0x6', calls: [{ status: '0x1', logs: [{ data: word(43) }] }, { returnData: word(43) }] }],
    ),
  ],

  // fees
  ['eth_baseFee', async (ask, method) => assert.equal(await ask(method), await nextBaseFee(ask))],
  ['eth_blobBaseFee', gives(nothing, '0x1')],
  [
    'eth_gasPrice',
    async (ask, method) => {
      const [price, tip] = await Promise.all([ask<Hex>(method), ask<Hex>('eth_maxPriorityFeePerGas')])
      const least = BigInt(await nextBaseFee(ask)) + BigInt(tip)
      assert.ok(BigInt(price) >= least && BigInt(price) < least * 2n, price)
    },
  ],
  ['eth_maxPriorityFeePerGas', gives(nothing, quantity(GWEI))],
  [
    'eth_feeHistory',
    gives(() => ['0x2', 'latest', [50]], { oldestBlock: '0x4', reward: [[quantity(GWEI)], [quantity(GWEI)]] }),
  ],

  // sending and signing
  [
    'eth_sendRawTransaction',
    async (ask, method) => {
      const raw = await sign(WALLETS[0], { nonce: 2, to: WHALE, value: 4 })
      assert.equal(await ask(method, raw), keccak256(raw))
      assert.equal(await balanceOf(ask, WHALE), 7n)
      await refused(ask(method, raw), /already known|nonce too low/)
    },
  ],
  [
    'eth_sendTransaction eth_sendUnsignedTransaction',
    async (ask, method) => {
      const hash = await ask<Hash>(method, { from: ALICE, to: WHALE, value: '0x4' })
      assert.equal(await statusOf(ask, hash), '0x1')
      assert.equal(await balanceOf(ask, WHALE), 7n)
    },
  ],
  [
    'eth_sendRawTransactionSync',
    async (ask, method) => {
      const raw = await sign(WALLETS[0], { nonce: 2, to: WHALE, value: 4 })
      matches(await ask(method, raw), { transactionHash: keccak256(raw), status: '0x1', blockNumber: '0x6' })
    },
  ],
  [
    'eth_sendTransactionSync',
    gives(() => [{ from: ALICE, to: WHALE, value: '0x4' }], {
      from: ALICE,
      to: WHALE,
      status: '0x1',
      blockNumber: '0x6',
    }),
  ],
  [
    'eth_fillTransaction',
    gives(() => [{ from: ALICE, to: WHALE, value: '0x4' }], { tx: { nonce: '0x2', gas: TRANSFER_GAS, value: '0x4' } }),
  ],
  [
    'eth_signTransaction',
    async (ask, method) => {
      const fields = { from: ALICE, to: WHALE, value: '0x4', nonce: '0x9', gas: TRANSFER_GAS }
      const { raw } = await ask<{ raw: Hex }>(method, { ...fields, maxFeePerGas: '0x9', maxPriorityFeePerGas: '0x1' })
      const { from, nonce, value } = Transaction.from(raw)
      assert.deepEqual([from?.toLowerCase(), nonce, value], [ALICE, 9, 4n])
    },
  ],
  [
    'eth_sign',
    async (ask, method) => assert.equal(await ask(method, ALICE, MESSAGE), WALLETS[0].signMessageSync('hello')),
  ],
  [
    'personal_sign',
    async (ask, method) => assert.equal(await ask(method, MESSAGE, ALICE), WALLETS[0].signMessageSync('hello')),
  ],
  [
    'eth_signTypedData eth_signTypedData_v3 eth_signTypedData_v4',
    async (ask, method) => {
      const { domain, types, message } = TYPED_DATA
      const signature = await WALLETS[0].signTypedData(domain, { Mail: [...types.Mail] }, message)
      assert.equal(await ask(method, ALICE, TYPED_PAYLOAD), signature)
      assert.equal(await ask(method, ALICE, JSON.stringify(TYPED_PAYLOAD)), signature)
    },
  ],

  // logs, filters, subscriptions
  [
    'eth_getLogs',
    async (ask, method, scene) => {
      const filter = { address: scene.bench, fromBlock: '0x0', topics: [DID, word(1)] }
      matches(await ask(method, filter), [logOf(scene)])
      matches(await ask(method, { ...filter, topics: [DID, word(2)] }), [])
      matches(await ask(method, { blockHash: scene.set.blockHash }), [logOf(scene)])
    },
  ],
  [
    'eth_newFilter eth_getFilterChanges eth_uninstallFilter',
    (ask, _, ...more) => logFilter(ask, 'eth_newFilter', ...more),
  ],
  [
    'eth_newBlockFilter',
    filtered(nothing, async (ask) => {
      await ask('evm_mine')
      return [(await latest(ask)).hash]
    }),
  ],
  ['eth_newPendingTransactionFilter', filtered(nothing, async (ask) => [await pay(ask, 1)])],
  [
    'eth_getFilterLogs',
    async (ask, method, scene) => {
      const id = await ask<Hex>('eth_newFilter', ...ofBench(scene))
      matches(await ask(method, id), [logOf(scene), { data: word(1), topics: [DID, word(5)] }])
    },
  ],
  [
    'eth_subscribe eth_unsubscribe',
    async (ask, _, __, transport) => {
      if (transport === 'HTTP') {
        for (const method of ['eth_subscribe', 'eth_unsubscribe']) {
          await refused(ask(method, method === 'eth_subscribe' ? 'newHeads' : '0x1'), /notifications not supported/)
        }
        return
      }
      for (const subject of ['newHeads', 'logs', 'newPendingTransactions', 'syncing']) {
        const id = await ask<Hex>('eth_subscribe', subject)
        assert.equal(await ask('eth_unsubscribe', id), true)
        assert.equal(await ask('eth_unsubscribe', id), false)
      }
    },
  ],

  // the pool
  ['txpool_status', inPool(() => [[], { pending: '0x1', queued: '0x0' }])],
  [
    'txpool_content',
    inPool((hash) => [[], { pending: { [WALLETS[0].address]: { 2: { hash, value: '0x7' } } }, queued: {} }]),
  ],
  ['txpool_contentFrom', inPool((hash) => [[ALICE], { pending: { 2: { hash, from: ALICE, to: WHALE } }, queued: {} }])],
  [
    'txpool_inspect',
    inPool(() => [[], { pending: { [WALLETS[0].address]: { 2: /: 7 wei \+ 21000 gas × 3000000000 wei$/ } } }]),
  ],

  ['eth_pendingTransactions', inPool((hash) => [[], [{ hash, from: ALICE, value: '0x7' }]])],

  // what is stored
  [
    'debug_getRawHeader pavm_getHeader',
    gives(
      ({ set }) => [set.number],
      ({ set }: Scene) => hashed(set.blockHash),
    ),
  ],
  [
    'debug_getRawBlock',
    async (ask, method, { set }) => {
      const header = await ask<Hex>('debug_getRawHeader', set.number)
      const block = await ask<Hex>(method, set.number)
      for (const part of [header, set.raw]) assert.ok(block.includes(part.slice(2)))
    },
  ],
  ['debug_getRawReceipts', gives(({ set }) => [set.number], [new RegExp(`^0x02.*${DID.slice(2)}`)])],
  [
    'debug_getRawBlockAccessList',
    async (ask, method, { set }) => {
      const block = await ask<{ blockAccessListHash: Hash }>('eth_getBlockByNumber', set.number, false)
      hashed(block.blockAccessListHash)(await ask(method, set.number))
    },
  ],
  ['debug_getBadBlocks', gives(nothing, [])],

  // traces
  [
    'debug_traceTransaction',
    withEachTracer(
      ({ created }) => [created.hash],
      (_, result) => result,
    ),
  ],
  ['debug_traceBlockByNumber', withEachTracer(({ created }) => [created.number], tracedBlock)],
  ['debug_traceBlockByHash', withEachTracer(({ created }) => [created.blockHash], tracedBlock)],
  [
    'debug_traceCall',
    async (ask, method, scene) => {
      matches(await ask(method, setAgain(scene), 'latest'), structLogs('SSTORE'))
      const config = { tracer: 'callTracer', tracerConfig: { withLog: true } }
      matches(await ask(method, setAgain(scene), 'latest', config), { to: scene.bench, logs: [{ data: word(43) }] })
    },
  ],
  ['trace_block', gives(({ created }) => [created.number], creationTraces)],
  ['trace_transaction', gives(({ created }) => [created.hash], creationTraces)],
  ['trace_get', gives(({ created }) => [created.hash, ['0x0']], creationTrace)],
  [
    'trace_filter',
    gives(
      ({ bench }) => [{ fromBlock: '0x0', toBlock: 'latest', fromAddress: [bench] }],
      (scene: Scene) => [
        creationTrace(scene),
        { action: { from: scene.bench, to: WHALE, value: '0x3' }, transactionHash: scene.paid.hash },
      ],
    ),
  ],
  ['trace_replayTransaction', gives(({ set }) => [set.hash, ['trace', 'vmTrace', 'stateDiff']], setReplay)],
  [
    'trace_replayBlockTransactions',
    gives(
      ({ set }) => [set.number, ['trace', 'vmTrace', 'stateDiff']],
      (scene: Scene) => [{ ...setReplay(scene), transactionHash: scene.set.hash }],
    ),
  ],
  ['trace_call', gives((scene) => [setAgain(scene), ['trace', 'vmTrace', 'stateDiff'], 'latest'], setReplay)],
  [
    'trace_rawTransaction',
    async (ask, method, scene) => {
      const raw = await sign(WALLETS[1], { nonce: 2, to: scene.bench, data: encode('set', 1, 43) })
      matches(await ask(method, raw, ['trace', 'vmTrace', 'stateDiff']), setReplay(scene))
    },
  ],
  [
    'trace_callMany',
    gives(
      (scene) => [
        [
          [setAgain(scene), ['stateDiff']],
          [read(scene), ['trace']],
        ],
        'latest',
      ],
      [{ trace: [] }, { output: word(43), trace: [{ result: { output: word(43) } }] }],
    ),
  ],

  // Otterscan
  ['ots_getApiLevel', gives(nothing, 8)],
  [
    'ots_hasCode',
    async (ask, method, { bench }) =>
      assert.deepEqual(await Promise.all([bench, WHALE].map((each) => ask(method, each, 'latest'))), [true, false]),
  ],
  [
    'ots_traceTransaction',
    gives(
      ({ created }) => [created.hash],
      ({ bench, child }: Scene) => [
        { type: 'CALL', depth: 0, from: BOB, to: bench },
        { type: 'CREATE', depth: 1, from: bench, to: child, value: '0x5' },
      ],
    ),
  ],
  [
    'ots_getInternalOperations',
    gives(
      ({ created }) => [created.hash],
      ({ bench, child }: Scene) => [{ type: 2, from: bench, to: child, value: '0x5' }],
    ),
  ],
  ['ots_getTransactionError', gives(({ failed }) => [failed.hash], failedWith(9))],
  ['ots_getBlockDetails', gives(({ set }) => [Number(set.number)], detailsOf)],
  ['ots_getBlockDetailsByHash', gives(({ set }) => [set.blockHash], detailsOf)],
  [
    'ots_getBlockTransactions',
    gives(
      ({ set }) => [Number(set.number), 0, 10],
      ({ set }: Scene) => ({
        fullblock: { number: set.number, transactions: [{ hash: set.hash, input: encode('set', 1, 42).slice(0, 10) }] },
        receipts: [{ transactionHash: set.hash, status: '0x1', logs: null }],
      }),
    ),
  ],
  [
    'ots_searchTransactionsBefore',
    gives(
      () => [WHALE, 0, 10],
      ({ paid }: Scene) => ({ txs: [{ hash: paid.hash }], firstPage: true, lastPage: true }),
    ),
  ],
  [
    'ots_searchTransactionsAfter',
    gives(
      () => [BOB, 0, 10],
      ({ set, created }: Scene) => ({ txs: [{ hash: created.hash }, { hash: set.hash }] }),
    ),
  ],
  [
    'ots_getTransactionBySenderAndNonce',
    gives(
      () => [BOB, 1],
      ({ created }: Scene) => created.hash,
    ),
  ],
  [
    'ots_getContractCreator',
    gives(
      ({ child }) => [child],
      ({ bench, created }: Scene) => ({ hash: created.hash, creator: bench }),
    ),
  ],
  [
    'erigon_getHeaderByNumber',
    gives(
      ({ set }) => [Number(set.number)],
      ({ set }: Scene) => ({ number: set.number, hash: set.blockHash }),
    ),
  ],

  // pavm
  [
    'pavm_getPlan',
    gives(
      ({ set }) => [set.number],
      (scene: Scene) => ({
        blockHash: scene.set.blockHash,
        locations: including({ address: scene.bench, kind: 'slot', slot: SLOT }),
        transactions: [{ hash: scene.set.hash, from: BOB, group: 0 }],
        groups: [[0]],
      }),
    ),
  ],
  [
    'pavm_getReplay',
    gives(({ set }) => [set.number], { strategy: 'serial', workers: 1, entries: [{ transactions: [0] }] }),
  ],
  ['pavm_getThreads', gives(({ set }) => [set.hash], [])],
  [
    'pavm_getRecord',
    gives(
      ({ set }) => [set.hash],
      ({ bench }: Scene) => ({
        operations: including({ kind: 'storage', mode: 'write', address: bench, slot: SLOT, value: '0x2a' }),
      }),
    ),
  ],
  [
    'pavm_nodeInfo',
    gives(nothing, ({ paid }: Scene) => ({ chainId: quantity(CHAIN_ID), head: { hash: paid.blockHash }, workers: [] })),
  ],
  ['pavm_peers', gives(nothing, [])],

  // blocks are made
  [
    'anvil_mine hardhat_mine',
    async (ask, method) => {
      const before = { height: await heightOf(ask), time: await timeOf(ask) }
      assert.equal(await ask(method, '0x3', '0x3c'), null)
      assert.equal(await heightOf(ask), before.height + 3)
      assert.ok((await timeOf(ask)) >= before.time + 120)
    },
  ],
  [
    'evm_mine',
    async (ask, method) => {
      const timestamp = (await timeOf(ask)) + 1_000
      assert.equal(await ask(method, timestamp), '0x0')
      assert.equal(await timeOf(ask), timestamp)
    },
  ],
  [
    'evm_mine_detailed anvil_mine_detailed',
    async (ask, method) => {
      await ask('evm_setAutomine', false)
      const hash = await pay(ask, 1)
      matches(await ask(method), [{ number: '0x6', transactions: [{ hash, output: '0x' }] }])
    },
  ],
  [
    'evm_setAutomine anvil_setAutomine hardhat_setAutomine anvil_getAutomine hardhat_getAutomine evm_getAutomine',
    async (ask, method) => {
      const [set, get] = ['set', 'get'].map((verb) => method.replace(/_[sg]et/, `_${verb}`)) as [string, string]
      assert.equal(await ask(set, false), null)
      assert.equal(await ask(get), false)
      const hash = await pay(ask, 1)
      assert.equal(await statusOf(ask, hash), undefined)
      await ask(set, true)
      assert.equal(await ask(get), true)
      assert.equal(await statusOf(ask, hash), '0x1')
    },
  ],
  [
    'evm_setIntervalMining anvil_setIntervalMining hardhat_setIntervalMining anvil_getIntervalMining ' +
      'evm_getIntervalMining hardhat_getIntervalMining',
    async (ask, method) => {
      const [set, get] = ['set', 'get'].map((verb) => method.replace(/_[sg]et/, `_${verb}`)) as [string, string]
      await ask(set, 3_600)
      assert.equal(await ask(get), 3_600)
      assert.equal(await statusOf(ask, await pay(ask, 1)), undefined)
      await ask(set, 0)
      assert.equal(await ask(get), null)
    },
  ],

  // time
  [
    'evm_increaseTime anvil_increaseTime hardhat_increaseTime',
    async (ask, method) => {
      const late = await aheadOf(ask, 1_000, () => ask(method, '0x3e8'))
      assert.ok(Math.abs(late) < SLACK_SECONDS, `${late}`)
    },
  ],
  [
    'evm_setTime anvil_setTime hardhat_setTime',
    async (ask, method) => {
      const late = await aheadOf(ask, 2_000, (timestamp) => ask(method, timestamp))
      assert.ok(Math.abs(late) < SLACK_SECONDS, `${late}`)
    },
  ],
  [
    'evm_setNextBlockTimestamp anvil_setNextBlockTimestamp hardhat_setNextBlockTimestamp',
    async (ask, method) => {
      await ask('anvil_setCode', WHALE, BLOCK_FIELDS)
      const late = await aheadOf(ask, 5_000, async (timestamp) => {
        await ask(method, quantity(timestamp))
        assert.equal((await blockFields(ask, 'pending'))[0], BigInt(timestamp))
      })
      assert.equal(late, 0)
    },
  ],
  [
    'anvil_setBlockTimestampInterval evm_setBlockTimestampInterval hardhat_setBlockTimestampInterval ' +
      'anvil_removeBlockTimestampInterval evm_removeBlockTimestampInterval hardhat_removeBlockTimestampInterval',
    async (ask, method) => {
      const [set, remove] = ['set', 'remove'].map((verb) => method.replace(/_(set|remove)/, `_${verb}`)) as [
        string,
        string,
      ]
      await ask(set, 12)
      assert.equal(await aheadOf(ask, 24, () => ask('evm_mine')), 0)
      assert.equal(await ask(remove), true)
      assert.equal(await ask(remove), false)
    },
  ],

  // what blocks have
  ['anvil_setCoinbase hardhat_setCoinbase evm_setCoinbase', blockField(CAROL, 'miner', CAROL)],
  [
    'evm_setBlockGasLimit anvil_setBlockGasLimit hardhat_setBlockGasLimit',
    blockField('0x1c9c380', 'gasLimit', '0x1c9c380', true),
  ],
  [
    'anvil_setNextBlockBaseFeePerGas hardhat_setNextBlockBaseFeePerGas evm_setNextBlockBaseFeePerGas',
    blockField('0x77359400', 'baseFeePerGas', '0x77359400'),
  ],
  [
    'hardhat_setPrevRandao anvil_setPrevRandao evm_setPrevRandao',
    async (ask, method) => {
      await ask('anvil_setCode', WHALE, BLOCK_FIELDS)
      assert.equal(await ask(method, word(7)), null)
      // Of what is pending it is said already.
      assert.deepEqual((await blockFields(ask, 'pending')).slice(1, 4), [6n, 60_000_000n, 7n])
      await ask('evm_mine')
      assert.equal((await latest(ask)).mixHash, word(7))
      assert.equal((await blockFields(ask, 'latest'))[3], 7n)
    },
  ],
  [
    'anvil_setMinGasPrice hardhat_setMinGasPrice',
    async (ask, method) => {
      assert.equal(await ask(method, quantity(5n * GWEI)), null)
      await refused(pay(ask, 1, { gasPrice: quantity(2n * GWEI), gas: TRANSFER_GAS }), /underpriced/)
      await pay(ask, 1, { gasPrice: quantity(5n * GWEI), gas: TRANSFER_GAS })
    },
  ],

  // state
  [
    'anvil_setBalance hardhat_setBalance evm_setAccountBalance tenderly_setBalance',
    async (ask, method) => {
      assert.equal(await ask(method, WHALE, quantity(ETHER)), null)
      assert.equal(await balanceOf(ask, WHALE), ETHER)
    },
  ],
  [
    'anvil_addBalance hardhat_addBalance tenderly_addBalance',
    async (ask, method) => {
      assert.equal(await ask(method, WHALE, quantity(ETHER)), null)
      assert.equal(await balanceOf(ask, WHALE), ETHER + 3n)
    },
  ],
  [
    'anvil_setNonce hardhat_setNonce evm_setAccountNonce',
    async (ask, method) => {
      assert.equal(await ask(method, ALICE, '0x20'), null)
      assert.equal(await ask('eth_getTransactionCount', ALICE, 'latest'), '0x20')
      const sent = await ask<{ nonce: Hex }>('eth_getTransactionByHash', await pay(ask, 1))
      assert.equal(sent.nonce, '0x20')
    },
  ],
  [
    'anvil_setCode hardhat_setCode evm_setAccountCode',
    async (ask, method) => {
      assert.equal(await ask(method, WHALE, BLOCK_FIELDS), null)
      assert.equal(await ask('eth_getCode', WHALE, 'latest'), BLOCK_FIELDS)
      assert.equal((await ask<Hex>('eth_call', { to: WHALE }, 'latest')).length, 2 + 5 * 64)
    },
  ],
  [
    'anvil_setStorageAt hardhat_setStorageAt evm_setAccountStorageAt',
    async (ask, method, scene) => {
      assert.equal(await ask(method, scene.bench, SLOT, word(77)), true)
      assert.equal(await ask('eth_call', read(scene), 'latest'), word(77))
    },
  ],
  [
    'anvil_dumpState hardhat_dumpState anvil_loadState hardhat_loadState',
    async (ask, method, scene) => {
      const [dump, load] = ['dump', 'load'].map((verb) => method.replace(/_(dump|load)/, `_${verb}`)) as [
        string,
        string,
      ]
      const state = await ask<Hex>(dump)
      const { accounts } = JSON.parse(gunzipSync(Buffer.from(state.slice(2), 'hex')).toString())
      matches(accounts[scene.bench], { code: WORKBENCH.deployedBytecode, storage: { [SLOT]: word(42) } })
      await ask('anvil_setBalance', WHALE, '0x9')
      assert.equal(await ask(load, state), true)
      assert.equal(await balanceOf(ask, WHALE), 3n)
    },
  ],

  [
    'anvil_dealERC20 hardhat_dealERC20 anvil_setERC20Balance tenderly_setErc20Balance',
    async (ask, method) => {
      const token = await makeToken(ask)
      assert.equal(await ask(method, WHALE, token, '0x7b'), null)
      assert.equal(await ask('eth_call', { to: token, data: encodeToken('balanceOf', WHALE) }, 'latest'), word(123))
    },
  ],
  [
    'anvil_setERC20Allowance',
    async (ask, method) => {
      const token = await makeToken(ask)
      assert.equal(await ask(method, WHALE, BOB, token, '0x7b'), null)
      assert.equal(
        await ask('eth_call', { to: token, data: encodeToken('allowance', WHALE, BOB) }, 'latest'),
        word(123),
      )
    },
  ],

  // accounts
  [
    'anvil_impersonateAccount hardhat_impersonateAccount anvil_autoImpersonateAccount hardhat_autoImpersonateAccount',
    sendsForWhale,
  ],
  [
    'anvil_stopImpersonatingAccount hardhat_stopImpersonatingAccount',
    async (ask, method) => {
      await ask('anvil_impersonateAccount', WHALE)
      assert.ok((await ask<Address[]>('eth_accounts')).includes(WHALE))
      assert.equal(await ask(method, WHALE), null)
      assert.ok(!(await ask<Address[]>('eth_accounts')).includes(WHALE))
    },
  ],

  // taken out of the pool
  ['anvil_dropTransaction', drops((hash) => hash, null)],
  ['hardhat_dropTransaction', drops(() => true, false)],
  [
    'anvil_dropAllTransactions hardhat_dropAllTransactions',
    async (ask, method) => {
      await ask('evm_setAutomine', false)
      await Promise.all([pay(ask, 1), pay(ask, 2, { from: BOB })])
      assert.equal(await ask(method), null)
      matches(await ask('txpool_status'), { pending: '0x0' })
    },
  ],
  [
    'anvil_removePoolTransactions hardhat_removePoolTransactions',
    async (ask, method) => {
      await ask('evm_setAutomine', false)
      const [kept] = await Promise.all([pay(ask, 1), pay(ask, 2, { from: BOB })])
      assert.equal(await ask(method, BOB), null)
      await ask('evm_mine')
      assert.deepEqual((await latest(ask)).transactions, [kept])
    },
  ],

  // back
  [
    'evm_snapshot anvil_snapshot hardhat_snapshot evm_revert anvil_revert hardhat_revert',
    async (ask, method) => {
      const [snapshot, revert] = ['snapshot', 'revert'].map((verb) => method.replace(/_.*/, `_${verb}`)) as [
        string,
        string,
      ]
      const before = await latest(ask)
      const id = await ask<Hex>(snapshot)
      await pay(ask, 1)
      await ask('anvil_setBalance', BOB, '0x0')
      assert.equal(await ask(revert, id), true)
      assert.deepEqual(await latest(ask), before)
      assert.equal(await balanceOf(ask, WHALE), 3n)
      assert.notEqual(await balanceOf(ask, BOB), 0n)
      assert.equal(await ask(revert, id), false)
    },
  ],
  [
    'anvil_rollback hardhat_rollback',
    async (ask, method, { failed, paid }) => {
      assert.equal(await ask(method, 1), null)
      assert.equal((await latest(ask)).hash, failed.blockHash)
      assert.equal(await ask('eth_getTransactionReceipt', paid.hash), null)
      assert.equal(await balanceOf(ask, WHALE), 0n)
    },
  ],
  [
    'anvil_reorg hardhat_reorg',
    async (ask, method, { paid, failed }) => {
      assert.equal(await ask(method, 1, [[{ from: BOB, to: WHALE, value: '0x8' }, 0]]), null)
      const head = await ask<{ number: Hex; hash: Hash; parentHash: Hash }>('eth_getBlockByNumber', 'latest', false)
      assert.deepEqual([head.number, head.parentHash], [paid.number, failed.blockHash])
      assert.notEqual(head.hash, paid.blockHash)
      assert.equal(await balanceOf(ask, WHALE), 8n)
    },
  ],
  [
    'anvil_reset hardhat_reset',
    async (ask, method, { bench }) => {
      assert.equal(await ask(method), null)
      assert.equal(await heightOf(ask), 0)
      assert.equal(await ask('eth_getCode', bench, 'latest'), '0x')
      assert.equal(await balanceOf(ask, ALICE), 10_000n * ETHER)
    },
  ],

  // the node
  ['anvil_setRpcUrl', (ask, method) => refused(ask(method, 'http://127.0.0.1:1'), /fork/)],
  [
    'anvil_getGenesisTime',
    async (ask, method) => {
      const { timestamp } = await ask<Header>('eth_getBlockByNumber', '0x0', false)
      assert.equal(await ask(method), Number(timestamp))
    },
  ],
  [
    'anvil_nodeInfo',
    gives(nothing, ({ paid }: Scene) => ({ currentBlockHash: paid.blockHash, environment: { chainId: CHAIN_ID } })),
  ],
  [
    'anvil_metadata hardhat_metadata',
    gives(nothing, ({ paid }: Scene) => ({
      chainId: CHAIN_ID,
      latestBlockHash: paid.blockHash,
      clientVersion: /^pavm\//,
    })),
  ],
  [
    'anvil_setLoggingEnabled hardhat_setLoggingEnabled anvil_enableTraces hardhat_enableTraces',
    async (ask, method) => assert.equal(await ask(method, ...(method.endsWith('Traces') ? [] : [false])), null),
  ],
]

/** Of the block after the head, by EIP-1559, for a chain whose blocks are not full. */
async function nextBaseFee(ask: Ask): Promise<Hex> {
  const { baseFeePerGas } = await ask<{ baseFeePerGas: Hex[] }>('eth_feeHistory', '0x1', 'latest', [])
  return baseFeePerGas[1]!
}

const logFilter = filtered(ofBench, setOnce)
