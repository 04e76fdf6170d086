import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { isError, JsonRpcProvider } from 'ethers'
import {
  BaseError,
  createPublicClient,
  createWalletClient,
  type Hex,
  http,
  InsufficientFundsError,
  NonceTooLowError,
} from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { hardhat } from 'viem/chains'
import { Web3 } from 'web3'
import { CodedError } from '../primitives/errors.ts'
import { bytesToHex, hexToBytes } from '../primitives/hex.ts'
import { encodeTransaction } from '../primitives/transaction.ts'
import { ACCOUNTS, MemoryNode, options, signed } from './fixtures/memory-node.ts'
import { RpcServer } from './server.ts'

const [alice, bob] = [ACCOUNTS[0]!, ACCOUNTS[1]!]
const REVERT_DATA = hexToBytes(
  '0x08c379a00000000000000000000000000000000000000000000000000000000000000020000000000000000000000000000000000000000000000000000000000000000a75736572206572726f7200000000000000000000000000000000000000000000',
)

/** Each client library turns answers and errors into its own; these are the ones that programs rely on. */
describe('client libraries', () => {
  const node = new MemoryNode()
  const server = new RpcServer(options(), node)
  const raw = bytesToHex(encodeTransaction(signed({ nonce: 50n })))
  let url = ''
  before(async () => {
    const { host, port } = await server.start()
    url = `http://${host}:${port}`
    node.mine([{ transaction: signed() }])
  })
  after(() => server.stop())

  const refusing = async (code: string, run: () => Promise<unknown>): Promise<unknown> => {
    const { addToPool } = node
    node.addToPool = async () => {
      throw new CodedError(code, 'refused')
    }
    try {
      await run()
      return undefined
    } catch (error) {
      return error
    } finally {
      node.addToPool = addToPool
    }
  }

  const reverting = async (run: () => Promise<unknown>): Promise<unknown> => {
    const { answer } = node
    node.answer = () => ({ succeeded: false, output: REVERT_DATA, gasUsed: 1n, logs: [], error: 'revert' })
    try {
      await run()
      return undefined
    } catch (error) {
      return error
    } finally {
      node.answer = answer
    }
  }

  test('ethers', async () => {
    const provider = new JsonRpcProvider(url, undefined, { cacheTimeout: -1 })
    const block = await provider.getBlock('latest', true)
    assert.equal(block?.prefetchedTransactions[0]?.from.toLowerCase(), alice.address)
    const receipt = await provider.getTransactionReceipt(block?.transactions[0] ?? '')
    assert.equal(receipt?.status, 1)
    assert.equal((await provider.getFeeData()).maxPriorityFeePerGas, 2_000_000_000n)
    const signer = await provider.getSigner(0)
    assert.equal((await signer.sendTransaction({ to: bob.address, value: 1n })).nonce, 0)
    const codes = [
      ['nonce-too-low', 'NONCE_EXPIRED'],
      ['insufficient-funds', 'INSUFFICIENT_FUNDS'],
      ['replacement-underpriced', 'REPLACEMENT_UNDERPRICED'],
    ] as const
    for (const [code, expected] of codes) {
      const error = await refusing(code, () => provider.broadcastTransaction(raw))
      assert.ok(isError(error, expected), `${code}: ${String(error)}`)
    }
    const error = await reverting(() => provider.call({ to: bob.address }))
    assert.ok(isError(error, 'CALL_EXCEPTION'))
    assert.equal(error.reason, 'user error')
    provider.destroy()
  })

  test('viem', async () => {
    const client = createPublicClient({ chain: hardhat, transport: http(url) })
    const wallet = createWalletClient({
      chain: hardhat,
      transport: http(url),
      account: privateKeyToAccount(alice.privateKey as Hex),
    })
    const block = await client.getBlock({ includeTransactions: true })
    assert.equal(block.transactions[0]?.type, 'eip1559')
    assert.equal((await client.getTransactionReceipt({ hash: block.transactions[0]!.hash })).status, 'success')
    assert.equal(typeof (await client.estimateFeesPerGas()).maxFeePerGas, 'bigint')
    const send = () => wallet.sendTransaction({ to: bob.address, value: 1n, nonce: 3 })
    for (const [code, expected] of [
      ['nonce-too-low', NonceTooLowError],
      ['insufficient-funds', InsufficientFundsError],
    ] as const) {
      const error = await refusing(code, send)
      assert.ok(error instanceof BaseError && error.walk((cause) => cause instanceof expected) !== null, String(error))
    }
    const error = await reverting(() => client.call({ to: bob.address }))
    assert.match(String(error), /user error/)
  })

  test('web3.js', async () => {
    const web3 = new Web3(url)
    const block = await web3.eth.getBlock('latest', true)
    assert.equal(block.number, 1n)
    assert.deepEqual(
      (await web3.eth.getAccounts()).map((each) => each.toLowerCase()),
      ACCOUNTS.map(({ address }) => address),
    )
    assert.equal(await web3.eth.getTransactionCount(alice.address, 'pending'), 1n)
    const error = await reverting(() => web3.eth.call({ to: bob.address }))
    assert.match(JSON.stringify(error), /user error/)
  })
})
