import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import {
  BrowserProvider,
  Contract,
  ContractFactory,
  type InterfaceAbi,
  isError,
  JsonRpcProvider,
  type Provider,
  Wallet,
  WebSocketProvider,
} from 'ethers'
import type { Hash, Hex } from '../../primitives/hex.ts'
import { eventually } from '../support/json-rpc.ts'
import { TYPED_DATA } from './support/checks.ts'
import {
  ALICE,
  BOB,
  CAROL,
  CHAIN_ID,
  ETHER,
  encode,
  failedWith,
  GWEI,
  SLOT,
  sign,
  TOKEN,
  WALLETS,
  WHALE,
  WORKBENCH,
  word,
} from './support/scene.ts'
import { type Ask, type Connect, Site, type Transport } from './support/site.ts'

type Client = JsonRpcProvider | WebSocketProvider

const OPTIONS = { staticNetwork: true, cacheTimeout: -1, pollingInterval: 50, batchStallTime: 1 }

const CONNECT: Readonly<Record<Transport, Connect<Client>>> = {
  HTTP: async (url, tell) => {
    class Told extends JsonRpcProvider {
      override _send(payload: Parameters<JsonRpcProvider['_send']>[0]) {
        for (const { method } of [payload].flat()) tell(method)
        return super._send(payload)
      }
    }
    return connected(new Told(url, undefined, OPTIONS))
  },
  WebSocket: async (url, tell) => {
    class Told extends WebSocketProvider {
      override _write(message: string) {
        for (const { method } of [JSON.parse(message)].flat()) tell(method)
        return super._write(message)
      }
    }
    return connected(new Told(url, undefined, OPTIONS))
  },
}

function connected(client: Client) {
  const ask: Ask = (method, ...params) => client.send(method, params)
  return { client, ask, close: () => client.destroy() }
}

const abi = WORKBENCH.abi as unknown as InterfaceAbi
const tokenAbi = TOKEN.abi as unknown as InterfaceAbi

async function errorOf(asked: Promise<unknown>): Promise<Error> {
  return await asked.then(
    () => assert.fail('it was answered'),
    (reason: Error) => reason,
  )
}

/** What a listener hears first of something that is done. It may have come too late for once, for polling begins by and by. */
async function firstOf<T>(
  emitter: Provider | Contract,
  event: Parameters<Provider['on']>[0],
  act: () => Promise<unknown>,
): Promise<T> {
  const { promise, resolve } = Promise.withResolvers<T>()
  const listener = (...values: unknown[]) => resolve((emitter instanceof Contract ? values.at(-1) : values[0]) as T)
  await emitter.on(event as never, listener)
  const heard = await eventually('the listener is told', 10_000, async () => {
    await act()
    return await Promise.race([promise, setTimeout(50, undefined)])
  })
  await emitter.off(event as never, listener)
  return heard
}

for (const transport of ['HTTP', 'WebSocket'] as const) {
  describe(`ethers over ${transport}`, () => {
    const site = new Site(transport, CONNECT[transport])

    test(
      'knows the chain and its fees',
      site.uses('eth_chainId eth_blockNumber eth_gasPrice eth_maxPriorityFeePerGas', async ({ client }) => {
        assert.equal((await client._detectNetwork()).chainId, BigInt(CHAIN_ID))
        assert.equal(await client.getBlockNumber(), 5)
        const { gasPrice, maxFeePerGas, maxPriorityFeePerGas } = await client.getFeeData()
        const head = await client.getBlock('latest')
        assert.equal(maxPriorityFeePerGas, GWEI)
        assert.equal(maxFeePerGas, head!.baseFeePerGas! * 2n + GWEI)
        assert.ok(gasPrice! > GWEI)
      }),
    )

    test(
      'reads blocks, transactions and receipts',
      site.uses(
        'eth_getBlockByNumber eth_getBlockByHash eth_getTransactionByHash eth_getTransactionReceipt',
        async ({ client, scene }) => {
          const block = await client.getBlock(2, true)
          assert.equal(block?.hash, scene.set.blockHash)
          const [transaction] = block!.prefetchedTransactions
          assert.equal(transaction?.hash, scene.set.hash)
          assert.equal((await client.getBlock(scene.set.blockHash))?.number, 2)
          const sent = await client.getTransaction(scene.set.hash)
          assert.deepEqual([sent?.from.toLowerCase(), sent?.nonce, sent?.type], [BOB, 0, 2])
          assert.equal(await sent!.confirmations(), 4)
          const receipt = await client.getTransactionReceipt(scene.set.hash)
          assert.deepEqual([receipt?.status, receipt?.logs[0]?.data], [1, word(42)])
          assert.equal((await client.getTransactionReceipt(scene.failed.hash))?.status, 0)
          assert.equal(await client.getTransactionReceipt(word(1)), null)
        },
      ),
    )

    test(
      'reads the state',
      site.uses('eth_getBalance eth_getTransactionCount eth_getCode eth_getStorageAt', async ({ client, scene }) => {
        assert.equal(await client.getBalance(WHALE), 3n)
        assert.equal(await client.getBalance(WHALE, 4), 0n)
        assert.equal(await client.getTransactionCount(BOB), 2)
        assert.equal(await client.getCode(scene.bench), WORKBENCH.deployedBytecode)
        assert.equal(await client.getStorage(scene.bench, BigInt(SLOT)), word(42))
      }),
    )

    test(
      'calls contracts, and decodes what they revert with',
      site.uses('eth_call eth_estimateGas', async ({ client, scene }) => {
        const bench = new Contract(scene.bench, abi, client)
        assert.equal(await bench.getFunction('slots')(1), 42n)
        assert.equal(await bench.getFunction('slots')(1, { blockTag: 1 }), 0n)
        assert.ok((await bench.getFunction('set').estimateGas(1, 43)) > 21_000n)
        const fails = bench.getFunction('failAfterWrites')
        const reverted = await errorOf(fails.staticCall(9))
        assert.ok(isError(reverted, 'CALL_EXCEPTION'), String(reverted))
        assert.deepEqual([reverted.revert?.name, [...(reverted.revert?.args ?? [])]], ['Failed', [9n]])
        const unsendable = await errorOf(fails.estimateGas(9))
        assert.ok(isError(unsendable, 'CALL_EXCEPTION'), String(unsendable))
        assert.equal(unsendable.data, failedWith(9))
      }),
    )

    test(
      'sends what a wallet signs, and waits for it',
      site.uses('eth_sendRawTransaction eth_estimateGas', async ({ client, ask }) => {
        const wallet = new Wallet(WALLETS[0].privateKey, client)
        const sent = await wallet.sendTransaction({ to: WHALE, value: 4n })
        const receipt = await sent.wait()
        assert.deepEqual([receipt?.blockNumber, receipt?.status, receipt?.gasUsed], [6, 1, 21_000n])
        await ask('anvil_mine', 2)
        assert.equal((await sent.wait(3))?.hash, sent.hash)
        assert.equal(await client.getBalance(WHALE), 7n)
        const again = await errorOf(client.broadcastTransaction(await sign(WALLETS[0], { nonce: 0 })))
        assert.ok(isError(again, 'NONCE_EXPIRED'), String(again))
        const poor = await errorOf(Wallet.createRandom(client).sendTransaction({ to: WHALE, value: ETHER }))
        assert.ok(isError(poor, 'INSUFFICIENT_FUNDS'), String(poor))
      }),
    )

    test(
      'tells that a transaction was replaced',
      site.uses('eth_sendRawTransaction', async ({ client, ask }) => {
        await ask('evm_setAutomine', false)
        const wallet = new Wallet(WALLETS[0].privateKey, client)
        const first = await wallet.sendTransaction({ to: WHALE, value: 4n, nonce: 2 })
        const waits = errorOf(first.wait(1, 10_000))
        const fees = { maxFeePerGas: 20n * GWEI, maxPriorityFeePerGas: 10n * GWEI }
        const second = await wallet.sendTransaction({ to: WHALE, value: 4n, nonce: 2, ...fees })
        // A listener that came too late for one block hears of the next.
        const error = await eventually('it is told', 10_000, async () => {
          await ask('evm_mine')
          return await Promise.race([waits, setTimeout(50, undefined)])
        })
        assert.ok(isError(error, 'TRANSACTION_REPLACED'), String(error))
        assert.deepEqual([error.reason, error.replacement.hash], ['repriced', second.hash])
      }),
    )

    test(
      'has the node sign and send',
      site.uses(
        'eth_accounts eth_sendTransaction eth_signTransaction eth_sign personal_sign eth_signTypedData_v4',
        async ({ client }) => {
          const browser = new BrowserProvider({
            request: ({ method, params }) => client.send(method, params as never),
          })
          assert.equal((await browser.getSigner()).address.toLowerCase(), ALICE)
          browser.destroy()
          const signer = await client.getSigner(1)
          assert.equal(signer.address.toLowerCase(), BOB)
          const [, wallet] = WALLETS
          assert.equal(await signer.signMessage('hello'), wallet.signMessageSync('hello'))
          assert.equal(await signer._legacySignMessage('hello'), wallet.signMessageSync('hello'))
          const { domain, types, message } = TYPED_DATA
          const mail = { Mail: [...types.Mail] }
          assert.equal(
            await signer.signTypedData(domain, mail, message),
            await wallet.signTypedData(domain, mail, message),
          )
          const request = { to: WHALE, value: 4n, nonce: 2, gasLimit: 21_000n, gasPrice: 5n * GWEI, type: 0 }
          const signed = (await signer.signTransaction(request)) as unknown as { raw: Hex }
          assert.equal(signed.raw, await wallet.signTransaction({ ...request, chainId: CHAIN_ID }))
          const receipt = await (await signer.sendTransaction({ to: WHALE, value: 4n })).wait()
          assert.equal(receipt?.from.toLowerCase(), BOB)
        },
      ),
    )

    test(
      'deploys a token, and finds its events',
      site.uses('eth_sendTransaction eth_getLogs', async ({ client }) => {
        const signer = await client.getSigner(BOB)
        const token = await new ContractFactory(tokenAbi, TOKEN.bytecode, signer).deploy('Test', 'TST', 1_000n)
        await token.waitForDeployment()
        const held = new Contract(token.target, tokenAbi, signer)
        await (await held.getFunction('transfer')(WHALE, 10n)).wait()
        assert.equal(await held.getFunction('balanceOf')(WHALE), 10n)
        const [event] = await held.queryFilter(held.filters.Transfer!(null, WHALE), 0)
        assert.ok(event !== undefined && 'args' in event)
        assert.deepEqual(event.args.toArray().slice(2), [10n])
      }),
    )

    test(
      'delegates an account to a contract (EIP-7702)',
      site.uses('eth_sendRawTransaction eth_getCode', async ({ client, scene }) => {
        const [alice, , carol] = WALLETS.map((each) => each.connect(client)) as [Wallet, Wallet, Wallet]
        const authorization = await alice.authorize({ address: scene.bench })
        const sent = await carol.sendTransaction({ type: 4, to: ALICE, authorizationList: [authorization] })
        assert.equal((await sent.wait())?.status, 1)
        assert.equal(await client.getCode(ALICE), `0xef0100${scene.bench.slice(2)}`)
        const data = encode('set', 1, 50)
        await (await carol.sendTransaction({ to: ALICE, data })).wait()
        assert.equal(await client.getStorage(ALICE, BigInt(SLOT)), word(50))
        assert.deepEqual(
          (await client.getTransaction(sent.hash))?.authorizationList?.[0]?.address.toLowerCase(),
          scene.bench,
        )
      }),
    )

    const listens = {
      HTTP: 'eth_newFilter eth_newPendingTransactionFilter eth_getFilterChanges eth_uninstallFilter',
      WebSocket: 'eth_subscribe eth_unsubscribe',
    }
    test(
      'hears of blocks, logs and pending transactions',
      site.uses(listens[transport], async ({ client, scene, ask }) => {
        const number = await firstOf<number>(client, 'block', () => ask('evm_mine'))
        assert.ok(number > 5)
        const from = BOB
        const set = () => ask<Hash>('eth_sendTransaction', { from, to: scene.bench, data: encode('set', 1, 43) })
        const filter = { address: scene.bench, topics: [] }
        const log = await firstOf<{ data: Hex }>(client, filter, set)
        assert.equal(log.data, word(43))
        const bench = new Contract(scene.bench, abi, client)
        const { args } = await firstOf<{ args: bigint[] }>(bench, bench.filters.Did!(1) as never, set)
        assert.deepEqual([...args], [1n, 43n])
        const sent: Hash[] = []
        const pending = await firstOf<Hash>(client, 'pending', async () => {
          sent.push(await ask('eth_sendTransaction', { from: CAROL, to: WHALE, value: '0x1' }))
        })
        assert.ok(sent.includes(pending))
      }),
    )

    site.coverTable()
  })
}
