import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type ContractAbi, Web3 } from 'web3'
import type { Address, Hash, Hex } from '../../primitives/hex.ts'
import { eventually } from '../support/json-rpc.ts'
import { TYPED_DATA } from './support/checks.ts'
import {
  ALICE,
  BOB,
  CAROL,
  CHAIN_ID,
  DID,
  encode,
  GWEI,
  padded,
  SLOT,
  sign,
  TOKEN,
  WALLETS,
  WHALE,
  WORKBENCH,
  word,
} from './support/scene.ts'
import { type Connect, Site } from './support/site.ts'

const connect: Connect<Web3> = async (url, tell) => {
  const web3 = new Web3(url)
  const provider = web3.provider!
  const request = provider.request.bind(provider)
  provider.request = (payload: never) => {
    for (const { method } of [payload].flat() as { method: string }[]) tell(method)
    return request(payload)
  }
  web3.eth.transactionPollingInterval = 50
  web3.eth.handleRevert = true
  return {
    client: web3,
    ask: (method, ...params) => web3.requestManager.send({ method, params } as never),
    close: () => url.startsWith('ws') && provider.disconnect(),
  }
}

const abi = WORKBENCH.abi as unknown as ContractAbi
const tokenAbi = TOKEN.abi as unknown as ContractAbi
/** So that a send is not filled in with what it lacks. */
const FEES = { gas: 500_000n, maxFeePerGas: 10n * GWEI, maxPriorityFeePerGas: GWEI }

/** A typed contract would want a type for each of its functions. */
interface Method {
  call(options?: object): Promise<unknown>
  estimateGas(options?: object): Promise<bigint>
  send(options: object): Promise<{ status: bigint; transactionHash: string }>
}

const contractAt = (web3: Web3, address: Address, ofAbi = abi) => {
  const contract = new web3.eth.Contract(ofAbi, address)
  const methods = contract.methods as unknown as Record<string, (...values: unknown[]) => Method>
  const method = (name: string, ...values: unknown[]) => methods[name]!(...values)
  return { contract, method }
}

for (const transport of ['HTTP', 'WebSocket'] as const) {
  describe(`web3.js over ${transport}`, () => {
    const site = new Site(transport, connect)

    test(
      'knows the node, the chain and its fees',
      site.uses(
        'web3_clientVersion net_version net_peerCount net_listening eth_syncing eth_mining eth_coinbase eth_chainId ' +
          'eth_blockNumber eth_gasPrice eth_maxPriorityFeePerGas eth_feeHistory',
        async ({ client: { eth } }) => {
          assert.match(await eth.getNodeInfo(), /pavm\//)
          assert.equal(await eth.net.getId(), BigInt(CHAIN_ID))
          assert.equal(await eth.net.getPeerCount(), 0n)
          assert.equal(await eth.net.isListening(), true)
          assert.equal(await eth.isSyncing(), false)
          assert.equal(await eth.isMining(), true)
          assert.equal(await eth.getCoinbase(), (await eth.getBlock('latest')).miner)
          assert.equal(await eth.getChainId(), BigInt(CHAIN_ID))
          assert.equal(await eth.getBlockNumber(), 5n)
          assert.ok((await eth.getGasPrice()) > GWEI)
          assert.equal(await eth.getMaxPriorityFeePerGas(), GWEI)
          assert.equal((await eth.calculateFeeData()).maxPriorityFeePerGas, GWEI)
          const { oldestBlock, reward } = await eth.getFeeHistory(2, 'latest', [50])
          assert.deepEqual([oldestBlock, reward.flat().map(BigInt)], [4n, [GWEI, GWEI]])
        },
      ),
    )

    test(
      'reads blocks, transactions and receipts',
      site.uses(
        'eth_getBlockByNumber eth_getBlockByHash eth_getBlockTransactionCountByNumber eth_getBlockTransactionCountByHash ' +
          'eth_getUncleCountByBlockNumber eth_getUncleCountByBlockHash eth_getTransactionByHash eth_getTransactionReceipt ' +
          'eth_getTransactionByBlockHashAndIndex eth_getTransactionByBlockNumberAndIndex',
        async ({ client: { eth }, scene: { set, failed } }) => {
          const block = await eth.getBlock(2, true)
          assert.equal(block.hash, set.blockHash)
          assert.equal((await eth.getBlock(set.blockHash)).number, 2n)
          for (const each of [2, set.blockHash]) {
            assert.equal(await eth.getBlockTransactionCount(each), 1n)
            assert.equal(await eth.getBlockUncleCount(each), 0n)
            assert.equal((await eth.getTransactionFromBlock(each, 0))?.hash, set.hash)
          }
          const { from, nonce, type } = await eth.getTransaction(set.hash)
          assert.deepEqual([from.toLowerCase(), nonce, type], [BOB, 0n, 2n])
          const { status, logs } = await eth.getTransactionReceipt(set.hash)
          assert.deepEqual([status, logs[0]?.data], [1n, word(42)])
          assert.equal((await eth.getTransactionReceipt(failed.hash)).status, 0n)
        },
      ),
    )

    test(
      'reads the state',
      site.uses(
        'eth_getBalance eth_getTransactionCount eth_getCode eth_getStorageAt eth_getProof',
        async ({ client: { eth }, scene: { bench } }) => {
          assert.equal(await eth.getBalance(WHALE), 3n)
          assert.equal(await eth.getBalance(WHALE, 4), 0n)
          assert.equal(await eth.getTransactionCount(BOB), 2n)
          assert.equal(await eth.getCode(bench), WORKBENCH.deployedBytecode)
          assert.equal(await eth.getStorageAt(bench, SLOT), word(42))
          const { storageProof } = await eth.getProof(bench, [SLOT], 'latest')
          assert.equal(BigInt(storageProof[0]!.value), 42n)
        },
      ),
    )

    test(
      'calls contracts, and decodes what they revert with',
      site.uses('eth_call eth_estimateGas eth_createAccessList', async ({ client, scene: { bench } }) => {
        const { method } = contractAt(client, bench)
        assert.equal(await method('slots', 1).call(), 42n)
        assert.ok((await method('set', 1, 43).estimateGas({ from: BOB })) > 21_000n)
        const { accessList } = await client.eth.createAccessList({ from: BOB, to: bench, data: encode('set', 1, 43) })
        assert.deepEqual(
          accessList?.map(({ storageKeys }) => storageKeys),
          [[SLOT]],
        )
        const error = await method('failAfterWrites', 9)
          .call({ from: BOB })
          .then(
            () => assert.fail('it was answered'),
            (reason: { cause: { errorName: string; errorArgs: Record<string, unknown> } }) => reason.cause,
          )
        assert.deepEqual([error.errorName, error.errorArgs.what], ['Failed', 9n])
      }),
    )

    test(
      'sends what an account signs, and waits for it',
      site.uses('eth_sendRawTransaction eth_getTransactionReceipt', async ({ client: { eth } }) => {
        eth.accounts.wallet.add(WALLETS[0].privateKey)
        const receipt = await eth.sendTransaction({ from: ALICE, to: WHALE, value: 4n, ...FEES })
        assert.deepEqual([receipt.status, receipt.blockNumber, receipt.gasUsed], [1n, 6n, 21_000n])
        const sent = await eth.sendSignedTransaction(await sign(WALLETS[0], { nonce: 3, to: WHALE, value: 1 }))
        assert.equal(sent.status, 1n)
        assert.equal(await eth.getBalance(WHALE), 8n)
        eth.accounts.wallet.clear()
        const raw = await sign(WALLETS[0], { nonce: 0, to: WHALE })
        await assert.rejects(async () => await eth.sendSignedTransaction(raw), /nonce too low/i)
      }),
    )

    test(
      'has the node sign and send',
      site.uses(
        'eth_accounts eth_requestAccounts personal_listAccounts eth_sendTransaction eth_signTransaction eth_sign ' +
          'eth_signTypedData_v4',
        async ({ client: { eth } }) => {
          for (const each of [await eth.getAccounts(), await eth.requestAccounts(), await eth.personal.getAccounts()]) {
            assert.equal(each[1]?.toLowerCase(), BOB)
          }
          assert.equal(await eth.sign('0x68656c6c6f', BOB), WALLETS[1].signMessageSync('hello'))
          const { domain, types, message, primaryType } = TYPED_DATA
          const mail = { Mail: [...types.Mail] }
          const fields = ['name:string', 'version:string', 'chainId:uint256', 'verifyingContract:address']
          const EIP712Domain = fields.map((field) => {
            const [name, type] = field.split(':') as [string, string]
            return { name, type }
          })
          const typed = { domain, types: { EIP712Domain, ...mail }, primaryType, message }
          assert.equal(await eth.signTypedData(ALICE, typed), await WALLETS[0].signTypedData(domain, mail, message))
          const request = { from: ALICE, to: WHALE, value: 4n, nonce: 9n, gas: 21_000n, gasPrice: 5n * GWEI, type: 0n }
          const { raw } = await eth.signTransaction(request)
          const { gas: gasLimit, from: _, ...rest } = request
          assert.equal(
            raw,
            await WALLETS[0].signTransaction({ ...rest, gasLimit, chainId: CHAIN_ID, nonce: 9, type: 0 }),
          )
          const receipt = await eth.sendTransaction({ from: BOB, to: WHALE, value: 4n })
          assert.equal(receipt.from.toLowerCase(), BOB)
        },
      ),
    )

    test(
      'deploys a token, and finds its events',
      site.uses('eth_sendTransaction eth_getLogs', async ({ client }) => {
        const deployed = await new client.eth.Contract(tokenAbi)
          .deploy({ data: TOKEN.bytecode, arguments: ['Test', 'TST', 1_000n] as never })
          .send({ from: BOB, gas: '3000000' })
        const { contract, method } = contractAt(client, deployed.options.address as Address, tokenAbi)
        assert.equal((await method('transfer', WHALE, 10n).send({ from: BOB })).status, 1n)
        assert.equal(await method('balanceOf', WHALE).call(), 10n)
        const [event] = await contract.getPastEvents('Transfer' as never, { filter: { to: WHALE }, fromBlock: 0 })
        assert.ok(typeof event === 'object')
        assert.equal(event.returnValues.value, 10n)
        const [log] = await client.eth.getPastLogs({
          address: deployed.options.address!,
          fromBlock: 0,
          topics: [null, null, padded(WHALE)],
        })
        assert.ok(typeof log === 'object')
        assert.equal(log.data, word(10))
      }),
    )

    test(
      'polls filters',
      site.uses(
        'eth_newFilter eth_newBlockFilter eth_newPendingTransactionFilter eth_getFilterChanges eth_getFilterLogs ' +
          'eth_uninstallFilter',
        async ({ client: { eth }, scene: { bench } }) => {
          // In hex, as the node has it: as a number it would be cut.
          const hex = { number: 'NUMBER_HEX', bytes: 'BYTES_HEX' } as never
          const logs = (await eth.createNewFilter({ address: bench, fromBlock: '0x0', topics: [DID] }, hex)) as never
          const blocks = (await eth.createNewBlockFilter(hex)) as never
          const pending = (await eth.createNewPendingTransactionFilter(hex)) as never
          const datas = (found: readonly (string | { data?: unknown })[]) =>
            found.map((each) => (each as { data: Hex }).data)
          assert.equal(datas(await eth.getFilterLogs(logs))[0], word(42))
          const { transactionHash } = await eth.sendTransaction({ from: BOB, to: bench, data: encode('set', 1, 43) })
          assert.deepEqual(datas(await eth.getFilterChanges(logs)), [word(43)])
          assert.deepEqual(await eth.getFilterChanges(blocks), [(await eth.getBlock('latest')).hash])
          assert.deepEqual(await eth.getFilterChanges(pending), [transactionHash])
          for (const filter of [logs, blocks, pending]) assert.equal(await eth.uninstallFilter(filter), true)
        },
      ),
    )

    if (transport === 'WebSocket') {
      test(
        'is told of heads, logs and pending transactions',
        site.uses('eth_subscribe eth_unsubscribe', async ({ client: { eth }, scene: { bench } }) => {
          const heard: { heads: unknown[]; logs: unknown[]; pending: unknown[] } = { heads: [], logs: [], pending: [] }
          const heads = await eth.subscribe('newBlockHeaders')
          heads.on('data', ({ number }) => void heard.heads.push(number))
          const logs = await eth.subscribe('logs', { address: bench, topics: [DID] })
          logs.on('data', ({ data }) => void heard.logs.push(data))
          const pending = await eth.subscribe('pendingTransactions')
          pending.on('data', (hash) => void heard.pending.push(hash))
          const { transactionHash } = await eth.sendTransaction({ from: CAROL, to: bench, data: encode('set', 1, 43) })
          const wanted = { heads: [6n], logs: [word(43)], pending: [transactionHash as Hash] }
          await eventually('all of it is told', 10_000, async () => {
            assert.deepEqual(heard, wanted)
            return true
          })
          for (const each of [heads, logs, pending]) await each.unsubscribe()
        }),
      )
    }

    site.coverTable()
  })
}
