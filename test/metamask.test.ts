import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { after, before, describe, test } from 'node:test'
import { parse } from 'smol-toml'
import { hexToBigInt, hexToNumber, parseEther } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { developerAccounts } from '../primitives/developer-accounts.ts'
import type { Address, Hash, Hex } from '../primitives/hex.ts'
import { type DevNode, startDevNode } from './support/dev-node.ts'
import { documentBlocks, documentedOutput, documentProgram } from './support/document-blocks.ts'
import { changeConfig } from './support/node-config.ts'
import { runProgram } from './support/run-program.ts'
import { startTestnet } from './support/testnet.ts'

const DOCUMENT = 'docs/clients/metamask.md'
const CHROME = 'chrome-extension://nkbihfbeogaeaoehlefnkodbefgpgknn'
const FIREFOX = 'moz-extension://5b1f3c5e-0a1b-4e0f-9d3b-0a5f7d1c2e3f'

const [ALICE, BOB] = developerAccounts(2).map(({ address }) => address) as [Address, Address]
const wallet = privateKeyToAccount(developerAccounts(1)[0]!.privateKey)

interface Answer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** A request with whatever headers: `fetch` would choose Host itself. */
async function send(url: string, method: string, headers: Record<string, string>, body = ''): Promise<Answer> {
  const request = httpRequest(url, { method, headers: { ...headers, 'content-length': Buffer.byteLength(body) } })
  request.end(body)
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  const chunks = await Array.fromAsync(response)
  return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks).toString() }
}

/** As the extension's RpcService posts it: only a status of success is read. */
async function post(
  url: string,
  origin: string,
  content: object,
): Promise<{ answer: unknown; headers: Answer['headers'] }> {
  const headers = { accept: 'application/json', 'content-type': 'application/json', origin }
  const { status, headers: answered, body } = await send(url, 'POST', headers, JSON.stringify(content))
  assert.equal(status, 200, body)
  return { answer: JSON.parse(body), headers: answered }
}

const preflight = (url: string, origin: string, host = new URL(url).host): Promise<Answer> =>
  send(url, 'OPTIONS', {
    host,
    origin,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'accept,authorization,content-type',
  })

describe('MetaMask and `pavm dev`', () => {
  let node: DevNode
  let id = Date.now()

  before(async () => {
    node = await startDevNode()
  })
  after(() => node?.[Symbol.asyncDispose]())

  for (const [browser, origin] of [
    ['Chrome', CHROME],
    ['Firefox', FIREFOX],
  ] as const) {
    /** One request, with an id of its own as the extension counts them. */
    const ask = async <T>(method: string, ...params: unknown[]): Promise<T> => {
      id += 1
      const { answer, headers } = await post(node.url, origin, { id, jsonrpc: '2.0', method, params })
      const { id: answered, result, error } = answer as { id: number; result?: T; error?: unknown }
      assert.equal(answered, id)
      assert.equal(error, undefined, `${method}: ${JSON.stringify(error)}`)
      assert.equal(headers['access-control-allow-origin'], '*')
      return result as T
    }

    test(`${browser}: the network is added, the account shown, and wei sent`, async () => {
      await node.request('anvil_reset')
      // The form compares the chain id, and names its request with a text.
      const { answer } = await post(node.url, origin, {
        id: `${id}`,
        jsonrpc: '2.0',
        method: 'eth_chainId',
        params: [],
      })
      assert.deepEqual(answer, { jsonrpc: '2.0', id: `${id}`, result: '0x7a69' })
      assert.equal(await ask('net_version'), '31337')

      // The network is looked at: EIP-1559 is there if the head has a base fee.
      const head = await ask<{ number: Hex; baseFeePerGas: Hex }>('eth_getBlockByNumber', 'latest', false)
      assert.ok(hexToBigInt(head.baseFeePerGas) > 0n)
      const tracked = await ask<Hex>('eth_blockNumber')
      assert.equal(tracked, head.number)
      assert.equal(hexToBigInt(await ask('eth_getBalance', wallet.address, tracked)), parseEther('10000'))

      // The dialog: recipient, gas, fees.
      assert.equal(await ask('eth_getCode', BOB, 'latest'), '0x')
      const order = { from: ALICE, to: BOB, value: '0xde0b6b3a7640000', data: '0x' }
      const gas = await ask<Hex>('eth_estimateGas', { ...order, gas: '0x37e11d6' })
      assert.equal(gas, '0x5208')
      const price = await ask<Hex>('eth_gasPrice')
      assert.equal(await ask('eth_estimateGas', { ...order, gasPrice: price }, 'latest'), gas)
      const history = await ask<{ baseFeePerGas: Hex[]; reward?: Hex[][]; gasUsedRatio: number[] }>(
        'eth_feeHistory',
        '0x5',
        tracked,
        [10, 20, 30],
      )
      assert.equal(history.baseFeePerGas.length, history.gasUsedRatio.length + 1)
      assert.equal(history.reward?.[0]?.length, 3)
      const nonces = [
        await ask<Hex>('eth_getTransactionCount', wallet.address, tracked),
        await ask<Hex>('eth_getTransactionCount', wallet.address, 'pending'),
      ]
      assert.deepEqual(nonces, ['0x0', '0x0'])

      // Signed in the wallet, sent, and followed.
      const fee = 2n * hexToBigInt(history.baseFeePerGas.at(-1)!)
      const fees = { maxFeePerGas: fee, maxPriorityFeePerGas: 1n }
      const signed = await wallet.signTransaction({
        ...fees,
        type: 'eip1559',
        chainId: 31_337,
        nonce: hexToNumber(nonces[0]!),
        to: BOB,
        value: parseEther('1'),
        gas: hexToBigInt(gas),
      })
      const hash = await ask<Hash>('eth_sendRawTransaction', signed)
      const receipt = await ask<{ status: Hex; blockHash: Hash; blockNumber: Hex }>('eth_getTransactionReceipt', hash)
      assert.equal(receipt.status, '0x1')
      const block = await ask<{ timestamp: Hex; baseFeePerGas: Hex }>('eth_getBlockByHash', receipt.blockHash, false)
      assert.ok(hexToBigInt(block.baseFeePerGas) <= fee)
      assert.equal((await ask<{ from: Address }>('eth_getTransactionByHash', hash)).from, ALICE)
      assert.equal(await ask('eth_blockNumber'), receipt.blockNumber)
      assert.equal(hexToBigInt(await ask('eth_getBalance', BOB, receipt.blockNumber)), parseEther('10001'))
      assert.equal(await ask('eth_getTransactionCount', wallet.address, receipt.blockNumber), '0x1')
    })
  }

  test('a refusal is an answer, whose status is that of success', async () => {
    const content = { id: 1, jsonrpc: '2.0', method: 'wallet_getCapabilities', params: [] }
    const { answer } = await post(node.url, CHROME, content)
    assert.equal((answer as { error: { code: number } }).error.code, -32601)
    const unfunded = { from: `0x${'11'.repeat(20)}`, to: BOB, value: '0x1', gasPrice: '0xffffffffff' }
    const estimate = await post(node.url, CHROME, {
      id: 1,
      jsonrpc: '2.0',
      method: 'eth_estimateGas',
      params: [unfunded],
    })
    assert.match((estimate.answer as { error: { message: string } }).error.message, /insufficient funds/)
  })

  test('many requests at once: what a page asks through its wallet', async () => {
    const calls = ['eth_chainId', 'eth_blockNumber', 'eth_gasPrice', 'eth_accounts', 'net_version']
    const batch = calls.map((method, index) => ({ id: index, jsonrpc: '2.0', method, params: [] }))
    const { answer } = await post(node.url, 'https://dapp.example', batch)
    const answers = answer as { id: number; result: unknown }[]
    assert.deepEqual(new Set(answers.map((each) => each.id)), new Set(calls.keys()))
    assert.ok(answers.every(({ result }) => result !== undefined))
  })

  test('preflight: the headers of a JSON request may be sent, from anywhere', async () => {
    for (const origin of [CHROME, FIREFOX, 'https://dapp.example', 'null']) {
      const { status, headers } = await preflight(node.url, origin)
      assert.equal(status, 204, origin)
      assert.equal(headers['access-control-allow-origin'], '*')
      assert.match(headers['access-control-allow-methods'] ?? '', /POST/)
      assert.equal(headers['access-control-allow-headers'], 'accept,authorization,content-type')
    }
  })

  test(`${DOCUMENT}: the network that a page offers is this one`, async () => {
    const asked: { method: string; params: { chainId: Hex; rpcUrls: string[] }[] }[] = []
    const window = { ethereum: { request: async (each: (typeof asked)[number]) => asked.push(each) } }
    const AsyncFunction = (async () => {}).constructor as new (...args: string[]) => (argument: object) => Promise<void>
    await new AsyncFunction('window', documentProgram(DOCUMENT, 'js', node.url))(window)
    const [offered] = asked.flatMap(({ params }) => params)
    assert.equal(asked[0]?.method, 'wallet_addEthereumChain')
    const { answer } = await post(offered!.rpcUrls[0]!, CHROME, {
      id: 1,
      jsonrpc: '2.0',
      method: 'eth_chainId',
      params: [],
    })
    assert.equal((answer as { result: Hex }).result, offered?.chainId)
  })

  const noCurl = spawnSync('curl', ['--version']).status === 0 ? false : 'there is no curl on this machine'
  test(`${DOCUMENT}: its commands do what it says`, { skip: noCurl }, async () => {
    await node.request('anvil_reset')
    const options = { cwd: tmpdir(), env: process.env }
    const printed = await runProgram('sh', ['-eu', '-c', documentProgram(DOCUMENT, 'sh', node.url)], options)
    const expected = documentedOutput(DOCUMENT)
    assert.ok(expected.length > 0)
    for (const line of expected) assert.ok(printed.includes(line), `${line}\n${printed}`)
  })
})

test('MetaMask and a node of a network that lets in some origins and names only', { timeout: 60_000 }, async (t) => {
  const settings = documentBlocks(DOCUMENT).find(({ language }) => language === 'toml')
  const { rpc } = parse(settings?.text ?? '') as { rpc: { corsOrigins: string[]; allowedHosts: string[] } }
  const testnet = await startTestnet({ nodes: 1, miners: 1 }, ([node]) => changeConfig(node!, { rpc }))
  t.after(() => testnet.close())
  const url = testnet.url(0)
  const port = new URL(url).port
  const json = { 'content-type': 'application/json' }
  const body = JSON.stringify({ id: 1, jsonrpc: '2.0', method: 'eth_chainId', params: [] })

  for (const origin of rpc.corsOrigins) {
    const { answer, headers } = await post(url, origin, JSON.parse(body))
    assert.equal((answer as { result: Hex }).result, '0x7a69')
    assert.equal(headers['access-control-allow-origin'], origin)
    assert.equal((await preflight(url, origin)).headers['access-control-allow-origin'], origin)
  }
  for (const origin of [FIREFOX, 'https://evil.example', 'null']) {
    assert.equal((await preflight(url, origin)).headers['access-control-allow-origin'], undefined)
    const { headers } = await send(url, 'POST', { ...json, origin }, body)
    assert.equal(headers['access-control-allow-origin'], undefined)
  }
  for (const host of ['127.0.0.1', 'localhost', ...rpc.allowedHosts]) {
    assert.equal(
      (await send(url, 'POST', { ...json, host: `${host}:${port}`, origin: CHROME }, body)).status,
      200,
      host,
    )
  }
  const rebound = await send(url, 'POST', { ...json, host: `evil.example:${port}`, origin: CHROME }, body)
  assert.equal(rebound.status, 403)
  // A form can post text without being asked first.
  assert.equal((await send(url, 'POST', { 'content-type': 'text/plain', origin: CHROME }, body)).status, 415)
})
