import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import {
  type Abi,
  BaseError,
  ContractFunctionRevertedError,
  createTestClient,
  type HttpTransport,
  hexToBigInt,
  http,
  parseAbiItem,
  publicActions,
  type WebSocketTransport,
  walletActions,
  webSocket,
} from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { getRawTransaction, getStorageValues } from 'viem/actions'
import { foundry } from 'viem/chains'
import type { Address, Hash, Hex } from '../../primitives/hex.ts'
import { eventually } from '../support/json-rpc.ts'
import { TYPED_DATA } from './support/checks.ts'
import {
  ALICE,
  BOB,
  CAROL,
  CHAIN_ID,
  ETHER,
  encode,
  GWEI,
  SLOT,
  sign,
  TOKEN,
  WALLETS,
  WHALE,
  WORKBENCH,
  word,
} from './support/scene.ts'
import { type Connect, Site, type Transport } from './support/site.ts'

type Told = HttpTransport | WebSocketTransport
type Mode = 'anvil' | 'hardhat'

const makeClient = (transport: Told, mode: Mode) =>
  createTestClient({ mode, chain: foundry, transport, cacheTime: 0, pollingInterval: 50 })
    .extend(publicActions)
    .extend(walletActions)

type Client = ReturnType<typeof makeClient>

/** One client a mode, on one connection. */
type Clients = Readonly<Record<Mode, Client>>

/** The transport, with each method told that goes through it. */
function told(transport: Told, tell: (method: string) => void): Told {
  return ((config: Parameters<Told>[0]) => {
    const made = transport(config)
    const { request, value } = made
    const subscribe = value !== undefined && 'subscribe' in value ? value.subscribe : undefined
    return {
      ...made,
      request: (body: { method: string }) => {
        tell(body.method)
        return request(body as never)
      },
      value: subscribe && {
        ...value,
        subscribe: async (...parameters: Parameters<typeof subscribe>) => {
          tell('eth_subscribe')
          const { unsubscribe, ...rest } = await subscribe(...parameters)
          return {
            ...rest,
            unsubscribe: () => {
              tell('eth_unsubscribe')
              return unsubscribe()
            },
          }
        },
      },
    }
  }) as Told
}

const connect =
  (transport: Transport): Connect<Clients> =>
  async (url, tell) => {
    const own = transport === 'HTTP' ? http(url) : webSocket(url, { reconnect: false })
    const [anvil, hardhat] = (['anvil', 'hardhat'] as const).map((mode) => makeClient(told(own, tell), mode)) as [
      Client,
      Client,
    ]
    return {
      client: { anvil, hardhat },
      ask: (method, ...params) => anvil.request({ method, params } as never),
      close: async () => 'getRpcClient' in anvil.transport && (await anvil.transport.getRpcClient()).close(),
    }
  }

const abi = WORKBENCH.abi as Abi
const tokenAbi = TOKEN.abi as Abi
const account = privateKeyToAccount(WALLETS[0].privateKey as Hex)
const DID_EVENT = parseAbiItem('event Did(uint256 indexed what, uint256 value)')

/** What a watcher hears first of something that is done, which is done again until it is heard. */
async function firstOf<T>(watch: (hear: (news: T) => void) => () => void, act: () => Promise<unknown>): Promise<T> {
  let heard: T | undefined
  const unwatch = watch((news) => {
    heard ??= news
  })
  const first = await eventually('the watcher is told', 10_000, async () => {
    if (heard === undefined) await act()
    return heard
  })
  unwatch()
  return first
}

for (const transport of ['HTTP', 'WebSocket'] as const) {
  describe(`viem over ${transport}`, () => {
    const site = new Site(transport, connect(transport))

    test(
      'knows the chain and its fees',
      site.uses(
        'eth_chainId eth_blockNumber eth_gasPrice eth_maxPriorityFeePerGas eth_feeHistory eth_blobBaseFee',
        async ({ client: { anvil } }) => {
          assert.equal(await anvil.getChainId(), CHAIN_ID)
          assert.equal(await anvil.getBlockNumber(), 5n)
          assert.ok((await anvil.getGasPrice()) > GWEI)
          assert.equal(await anvil.estimateMaxPriorityFeePerGas(), GWEI)
          assert.equal(await anvil.getBlobBaseFee(), 1n)
          const { oldestBlock, reward } = await anvil.getFeeHistory({ blockCount: 2, rewardPercentiles: [50] })
          assert.deepEqual([oldestBlock, reward], [4n, [[GWEI], [GWEI]]])
          assert.ok((await anvil.estimateFeesPerGas()).maxFeePerGas > GWEI)
        },
      ),
    )

    test(
      'reads blocks, transactions and receipts',
      site.uses(
        'eth_getBlockByNumber eth_getBlockByHash eth_getBlockTransactionCountByNumber eth_getBlockTransactionCountByHash ' +
          'eth_getBlockReceipts eth_getTransactionByHash eth_getTransactionByBlockHashAndIndex ' +
          'eth_getTransactionByBlockNumberAndIndex eth_getTransactionReceipt eth_getRawTransactionByHash',
        async ({ client: { anvil }, scene: { set, failed } }) => {
          const block = await anvil.getBlock({ blockNumber: 2n, includeTransactions: true })
          assert.deepEqual([block.hash, block.transactions[0]?.hash], [set.blockHash, set.hash])
          const { blockHash } = set
          assert.equal((await anvil.getBlock({ blockHash })).number, 2n)
          assert.equal(await anvil.getBlockTransactionCount({ blockNumber: 2n }), 1)
          assert.equal(await anvil.getBlockTransactionCount({ blockHash }), 1)
          assert.equal((await anvil.getBlockReceipts({ blockNumber: 2n }))[0]?.transactionHash, set.hash)
          const transaction = await anvil.getTransaction({ hash: set.hash })
          assert.deepEqual([transaction.from, transaction.type, transaction.nonce], [BOB, 'eip1559', 0])
          assert.deepEqual(await anvil.getTransaction({ blockHash, index: 0 }), transaction)
          assert.deepEqual(await anvil.getTransaction({ blockNumber: 2n, index: 0 }), transaction)
          const receipt = await anvil.getTransactionReceipt({ hash: set.hash })
          assert.deepEqual([receipt.status, receipt.logs[0]?.data], ['success', word(42)])
          assert.equal((await anvil.getTransactionReceipt({ hash: failed.hash })).status, 'reverted')
          assert.equal(await getRawTransaction(anvil, { hash: set.hash }), set.raw)
          assert.equal(await anvil.getTransactionConfirmations({ hash: set.hash }), 4n)
        },
      ),
    )

    test(
      'reads the state',
      site.uses(
        'eth_getBalance eth_getTransactionCount eth_getCode eth_getStorageAt eth_getStorageValues eth_getProof',
        async ({ client: { anvil }, scene: { bench } }) => {
          assert.equal(await anvil.getBalance({ address: WHALE }), 3n)
          assert.equal(await anvil.getBalance({ address: WHALE, blockNumber: 4n }), 0n)
          assert.equal(await anvil.getTransactionCount({ address: BOB }), 2)
          assert.equal(await anvil.getCode({ address: bench }), WORKBENCH.deployedBytecode)
          assert.equal(await anvil.getStorageAt({ address: bench, slot: SLOT }), word(42))
          assert.deepEqual(await getStorageValues(anvil, { requests: { [bench]: [SLOT] } }), { [bench]: [word(42)] })
          const { storageProof } = await anvil.getProof({ address: bench, storageKeys: [SLOT] })
          assert.deepEqual([storageProof[0]?.key, storageProof[0]?.value], [SLOT, 42n])
        },
      ),
    )

    test(
      'calls contracts, and decodes what they revert with',
      site.uses(
        'eth_call eth_estimateGas eth_createAccessList eth_simulateV1',
        async ({ client: { anvil }, scene: { bench } }) => {
          const contract = { address: bench, abi }
          const slots = { ...contract, functionName: 'slots', args: [1n] }
          assert.equal(await anvil.readContract(slots), 42n)
          assert.equal(await anvil.readContract({ ...slots, blockNumber: 1n }), 0n)
          const stateOverride = [{ address: bench, stateDiff: [{ slot: SLOT, value: word(44) }] }]
          assert.equal((await anvil.call({ to: bench, data: encode('slots', 1), stateOverride })).data, word(44))
          const set = { ...contract, account: BOB, functionName: 'set', args: [1n, 43n] } as const
          assert.ok((await anvil.estimateContractGas(set)) > 21_000n)
          const { accessList } = await anvil.createAccessList({ account: BOB, to: bench, data: encode('set', 1, 43) })
          assert.deepEqual(accessList, [{ address: bench, storageKeys: [SLOT] }])
          const simulated = await anvil.simulateCalls({
            account: BOB,
            calls: [
              { to: bench, data: encode('set', 1, 43) },
              { to: bench, abi, functionName: 'slots', args: [1n] } as never,
            ],
          })
          assert.deepEqual(
            simulated.results.map(({ status, result }) => [status, result]),
            [
              ['success', null],
              ['success', 43n],
            ],
          )
          const [block] = await anvil.simulateBlocks({
            blocks: [{ calls: [{ account: BOB, to: bench, data: encode('failAfterWrites', 9) }] }],
          })
          assert.equal(block?.calls[0]?.status, 'failure')
          const fails = { ...contract, account: BOB, functionName: 'failAfterWrites', args: [9n] } as const
          for (const ask of [() => anvil.simulateContract(fails), () => anvil.estimateContractGas(fails)]) {
            await assert.rejects(ask, (error) => {
              assert.ok(error instanceof BaseError)
              const reverted = error.walk((each) => each instanceof ContractFunctionRevertedError)
              assert.ok(reverted instanceof ContractFunctionRevertedError, error.message)
              assert.deepEqual([reverted.data?.errorName, reverted.data?.args], ['Failed', [9n]])
              return true
            })
          }
        },
      ),
    )

    test(
      'sends what an account signs, and waits for it',
      site.uses('eth_sendRawTransaction eth_getTransactionReceipt', async ({ client: { anvil } }) => {
        const hash = await anvil.sendTransaction({ account, to: WHALE, value: 4n })
        const { blockNumber, status, gasUsed } = await anvil.waitForTransactionReceipt({ hash })
        assert.deepEqual([blockNumber, status, gasUsed], [6n, 'success', 21_000n])
        assert.equal(await anvil.getBalance({ address: WHALE }), 7n)
        const raw = await sign(WALLETS[0], { nonce: 0, to: WHALE })
        await assert.rejects(anvil.sendRawTransaction({ serializedTransaction: raw }), /nonce too low/)
      }),
    )

    test(
      'tells that a transaction was replaced',
      site.uses('eth_sendRawTransaction', async ({ client: { anvil } }) => {
        await anvil.setAutomine(false)
        const hash = await anvil.sendTransaction({ account, to: WHALE, value: 4n, nonce: 2 })
        let reason: string | undefined
        const waits = anvil.waitForTransactionReceipt({ hash, onReplaced: (replaced) => (reason = replaced.reason) })
        // It has to have seen what is replaced.
        await setTimeout(1_000)
        const fees = { maxFeePerGas: 20n * GWEI, maxPriorityFeePerGas: 10n * GWEI }
        const second = await anvil.sendTransaction({ account, to: WHALE, value: 4n, nonce: 2, ...fees })
        // Who begins to listen only after one block hears of the next.
        const receipt = await eventually('it is told', 10_000, async () => {
          await anvil.mine({ blocks: 1 })
          return await Promise.race([waits, setTimeout(50, undefined)])
        })
        assert.equal(receipt.transactionHash, second)
        assert.equal(reason, 'repriced')
      }),
    )

    test(
      'has the node sign and send',
      site.uses(
        'eth_accounts eth_requestAccounts eth_sendTransaction eth_signTransaction eth_fillTransaction personal_sign ' +
          'eth_signTypedData_v4 eth_sendUnsignedTransaction',
        async ({ client: { anvil } }) => {
          assert.equal((await anvil.getAddresses())[1]?.toLowerCase(), BOB)
          assert.equal((await anvil.requestAddresses())[2]?.toLowerCase(), CAROL)
          const signature = await anvil.signMessage({ account: BOB, message: 'hello' })
          assert.equal(signature, WALLETS[1].signMessageSync('hello'))
          assert.ok(await anvil.verifyMessage({ address: BOB, message: 'hello', signature }))
          const signed = await anvil.signTypedData({ account: ALICE, ...TYPED_DATA })
          assert.equal(signed, await account.signTypedData(TYPED_DATA))
          const request = { to: WHALE, value: 4n, nonce: 9, gas: 21_000n, gasPrice: 5n * GWEI, type: 'legacy' } as const
          const { raw } = (await anvil.signTransaction({ account: ALICE, ...request })) as unknown as { raw: Hex }
          assert.equal(raw, await account.signTransaction({ ...request, chainId: CHAIN_ID }))
          const { transaction } = await anvil.fillTransaction({ account: ALICE, to: WHALE, value: 4n })
          assert.deepEqual([transaction.nonce, transaction.gas, transaction.value], [2, 21_000n, 4n])
          const hash = await anvil.sendTransaction({ account: BOB, to: WHALE, value: 4n })
          assert.equal((await anvil.getTransaction({ hash })).from, BOB)
          await anvil.setBalance({ address: WHALE, value: ETHER })
          const unsigned = await anvil.sendUnsignedTransaction({ from: WHALE, to: BOB, value: 1n })
          assert.equal((await anvil.getTransaction({ hash: unsigned })).from, WHALE)
        },
      ),
    )

    test(
      'deploys a token, and finds its events',
      site.uses('eth_sendRawTransaction eth_getLogs', async ({ client: { anvil } }) => {
        const args = ['Test', 'TST', 1_000n]
        const hash = await anvil.deployContract({ account, abi: tokenAbi, bytecode: TOKEN.bytecode, args })
        const address = (await anvil.waitForTransactionReceipt({ hash })).contractAddress as Address
        await anvil.writeContract({ account, address, abi: tokenAbi, functionName: 'transfer', args: [WHALE, 10n] })
        const held = { address, abi: tokenAbi, functionName: 'balanceOf', args: [WHALE] }
        assert.equal(await anvil.readContract(held), 10n)
        const filter = { address, abi: tokenAbi, eventName: 'Transfer', args: { to: WHALE }, fromBlock: 0n } as const
        const [event] = await anvil.getContractEvents(filter)
        assert.equal((event as unknown as { args: { value: bigint } }).args.value, 10n)
      }),
    )

    test(
      'delegates an account to a contract (EIP-7702)',
      site.uses('eth_sendRawTransaction eth_getCode', async ({ client: { anvil }, scene: { bench } }) => {
        const carol = privateKeyToAccount(WALLETS[2].privateKey as Hex)
        const authorization = await anvil.signAuthorization({ account, contractAddress: bench })
        const data = encode('set', 1, 50)
        await anvil.sendTransaction({ account: carol, authorizationList: [authorization], to: ALICE, data })
        assert.equal((await anvil.getDelegation({ address: ALICE }))?.toLowerCase(), bench)
        assert.equal(await anvil.getStorageAt({ address: ALICE, slot: SLOT }), word(50))
      }),
    )

    test(
      'polls filters',
      site.uses(
        'eth_newFilter eth_newBlockFilter eth_newPendingTransactionFilter eth_getFilterChanges eth_getFilterLogs ' +
          'eth_uninstallFilter',
        async ({ client: { anvil }, scene: { bench } }) => {
          const events = await anvil.createEventFilter({ address: bench, event: DID_EVENT, fromBlock: 0n })
          const [blocks, pending] = [await anvil.createBlockFilter(), await anvil.createPendingTransactionFilter()]
          assert.equal((await anvil.getFilterLogs({ filter: events }))[0]?.args.value, 42n)
          const hash = await anvil.sendTransaction({ account, to: bench, data: encode('set', 1, 43) })
          const [log] = await anvil.getFilterChanges({ filter: events })
          assert.deepEqual([log?.transactionHash, log?.args.value], [hash, 43n])
          assert.deepEqual(await anvil.getFilterChanges({ filter: pending }), [hash])
          assert.deepEqual(await anvil.getFilterChanges({ filter: blocks }), [(await anvil.getBlock()).hash])
          for (const filter of [events, blocks, pending]) {
            assert.equal(await anvil.uninstallFilter({ filter: filter as never }), true)
          }
        },
      ),
    )

    test(
      'watches blocks, logs and pending transactions',
      site.uses(
        transport === 'HTTP' ? 'eth_newFilter eth_getFilterChanges' : 'eth_subscribe eth_unsubscribe',
        async ({ client: { anvil }, scene: { bench } }) => {
          const data = encode('set', 1, 43)
          const set = () => anvil.sendTransaction({ account, to: bench, data })
          const number = await firstOf<bigint>(
            (hear) => anvil.watchBlockNumber({ onBlockNumber: hear }),
            () => anvil.mine({ blocks: 1 }),
          )
          assert.ok(number > 4n)
          const block = await firstOf<{ number: bigint }>(
            (hear) => anvil.watchBlocks({ onBlock: hear }),
            () => anvil.mine({ blocks: 1 }),
          )
          assert.ok(block.number > 5n)
          const [log] = await firstOf<readonly { args: { value?: bigint | undefined } }[]>(
            (hear) => anvil.watchEvent({ address: bench, event: DID_EVENT, onLogs: hear }),
            set,
          )
          assert.equal(log?.args.value, 43n)
          const sent: Hash[] = []
          const [pending] = await firstOf<Hash[]>(
            (hear) => anvil.watchPendingTransactions({ onTransactions: hear }),
            async () => sent.push(await set()),
          )
          assert.ok(sent.includes(pending!))
          if (!('subscribe' in anvil.transport)) return
          const { subscribe } = anvil.transport
          let whole: { hash: Hash; input: Hex } | undefined
          const { unsubscribe } = await subscribe({
            params: ['newPendingTransactions', true] as never,
            onData: ({ result }) => {
              whole = result
            },
          })
          const hash = await set()
          await eventually('the transaction is told', 5_000, async () => whole)
          assert.deepEqual([whole?.hash, whole?.input], [hash, data])
          await unsubscribe()
          let isSyncing: unknown
          const syncing = await subscribe({
            params: ['syncing'] as never,
            onData: ({ result }) => {
              isSyncing = result
            },
          })
          await eventually('it is told whether the node catches up', 5_000, async () => isSyncing)
          assert.equal(isSyncing, false)
          await syncing.unsubscribe()
        },
      ),
    )

    const testActions =
      'dropTransaction dumpState getAutomine impersonateAccount loadState mine removeBlockTimestampInterval reset ' +
      'setBalance setBlockTimestampInterval setCode setCoinbase setLoggingEnabled setMinGasPrice ' +
      'setNextBlockBaseFeePerGas setNonce setStorageAt stopImpersonatingAccount'
    for (const mode of ['anvil', 'hardhat'] as const) {
      const methods = testActions.split(' ').map((name) => `${mode}_${name}`)
      methods.push(
        ...['evm_increaseTime', 'evm_revert', 'evm_setAutomine', 'evm_setBlockGasLimit'],
        ...['evm_setIntervalMining', 'evm_setNextBlockTimestamp', 'evm_snapshot'],
        ...['txpool_content', 'txpool_inspect', 'txpool_status'],
      )
      test(
        `has every test action, as of ${mode}`,
        site.uses(methods.join(' '), ({ client, scene }) => everyTestAction(client[mode], scene.bench)),
      )
    }

    site.coverTable()
  })
}

async function everyTestAction(client: Client, bench: Address): Promise<void> {
  const id = await client.snapshot()
  await client.setBalance({ address: WHALE, value: ETHER })
  await client.setNonce({ address: WHALE, nonce: 7 })
  await client.setCode({ address: CAROL, bytecode: WORKBENCH.deployedBytecode })
  await client.setStorageAt({ address: CAROL, index: SLOT, value: word(9) })
  assert.equal(await client.readContract({ address: CAROL, abi, functionName: 'slots', args: [1n] }), 9n)
  await client.impersonateAccount({ address: WHALE })
  const hash = await client.sendTransaction({ account: WHALE, to: BOB, value: 1n })
  const sent = await client.getTransaction({ hash })
  assert.deepEqual([sent.from, sent.nonce, sent.blockNumber], [WHALE, 7, 6n])
  await client.stopImpersonatingAccount({ address: WHALE })
  await assert.rejects(client.sendTransaction({ account: WHALE, to: BOB, value: 1n }), /unknown account/)

  const { timestamp } = await client.getBlock()
  await client.setCoinbase({ address: BOB })
  await client.setBlockGasLimit({ gasLimit: 20_000_000n })
  await client.setNextBlockBaseFeePerGas({ baseFeePerGas: 20n * GWEI })
  await client.setNextBlockTimestamp({ timestamp: timestamp + 500n })
  await client.mine({ blocks: 1 })
  const block = await client.getBlock()
  assert.deepEqual(
    [block.miner, block.gasLimit, block.baseFeePerGas, block.timestamp],
    [BOB, 20_000_000n, 20n * GWEI, timestamp + 500n],
  )
  assert.ok(hexToBigInt(await client.increaseTime({ seconds: 100 })) >= 100n)
  await client.mine({ blocks: 3, interval: 10 })
  assert.ok((await client.getBlock()).timestamp >= timestamp + 620n)
  await client.setBlockTimestampInterval({ interval: 60 })
  const before = await client.getBlock()
  await client.mine({ blocks: 2 })
  // For Hardhat, viem counts milliseconds here, which no node of that name does.
  const seconds = client.mode === 'hardhat' ? 60_000n : 60n
  assert.equal((await client.getBlock()).timestamp, before.timestamp + 2n * seconds)
  await client.removeBlockTimestampInterval()

  await client.setAutomine(false)
  assert.equal(await client.getAutomine(), false)
  await client.setMinGasPrice({ gasPrice: GWEI })
  const waiting = await client.sendTransaction({ account, to: WHALE, value: 1n, nonce: 2 })
  assert.equal((await client.getTxpoolStatus()).pending, 1)
  const content = await client.getTxpoolContent()
  assert.equal(content.pending[account.address]?.['2']?.hash, waiting)
  assert.match((await client.inspectTxpool()).pending[account.address]?.['2'] ?? '', /: 1 wei/)
  await client.dropTransaction({ hash: waiting })
  assert.equal((await client.getTxpoolStatus()).pending, 0)
  await client.setIntervalMining({ interval: 0 })
  await client.setAutomine(true)
  await client.setLoggingEnabled(false)

  const state = await client.dumpState()
  await client.setBalance({ address: CAROL, value: 1n })
  await client.loadState({ state })
  assert.notEqual(await client.getBalance({ address: CAROL }), 1n)
  await client.revert({ id })
  assert.deepEqual([await client.getBlockNumber(), await client.getBalance({ address: WHALE })], [5n, 3n])
  await client.reset()
  assert.deepEqual([await client.getBlockNumber(), await client.getCode({ address: bench })], [0n, undefined])
}
