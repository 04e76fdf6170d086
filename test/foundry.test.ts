import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { compile } from '../contracts/compile.ts'
import { developerAccounts } from '../primitives/developer-accounts.ts'
import type { Address, Hash, Hex } from '../primitives/hex.ts'
import { type DevNode, startDevNode } from './support/dev-node.ts'
import { documentBlocks, documentedOutput, documentProgram } from './support/document-blocks.ts'
import { FOUNDRY_PROJECT, Foundry, foundryMissing } from './support/foundry.ts'
import { freePortRange } from './support/free-ports.ts'
import { eventually, rpc } from './support/json-rpc.ts'
import { startTestnet } from './support/testnet.ts'

const [ALICE, BOB] = developerAccounts(2).map(({ address }) => address) as [Address, Address]
const KEY = ['--private-key', developerAccounts(1)[0]!.privateKey]
/** Who the node signs for. */
const UNLOCKED = ['--unlocked', '--from', ALICE]
/** What the first contract of the first developer account has for an address. */
const COUNTER: Address = '0x5fbdb2315678afecb367f032d93f642f64180aa3'
const ONE_GWEI = 1_000_000_000

interface Receipt {
  readonly status: Hex
  readonly type: Hex
  readonly transactionHash: Hash
  readonly blockNumber: Hex
  readonly gasUsed: Hex
  readonly contractAddress: Address | null
}

/** What `forge script --broadcast` has sent last. */
function broadcastOf({ directory }: Foundry, script = 'Deploy.s.sol'): readonly Receipt[] {
  const file = join(directory, 'broadcast', script, '31337', 'run-latest.json')
  return (JSON.parse(readFileSync(file, 'utf8')) as { receipts: Receipt[] }).receipts
}

const deploy = (foundry: Foundry, ...flags: string[]): Promise<string> =>
  foundry.forge('script', 'script/Deploy.s.sol', '--tc', 'Deploy', '--rpc-url', 'pavm', '--broadcast', ...flags)

/** Every way of signing and of paying; each transaction waits for the one before it with `--slow`. */
const WAYS: readonly (readonly [way: string, flags: readonly string[], type: Hex])[] = [
  ['with a key', [...KEY, '--slow'], '0x2'],
  ['with a key, all at once', KEY, '0x2'],
  ['with a key and a gas price', [...KEY, '--slow', '--legacy'], '0x0'],
  ['by the node', ['--unlocked', '--sender', ALICE, '--slow'], '0x2'],
  ['by the node and with a gas price', ['--unlocked', '--sender', ALICE, '--legacy'], '0x0'],
]

/** Runs the tests of a fork, which know the chain by what a deployment has left in three blocks. */
async function testFork(foundry: Foundry, receipts: readonly Receipt[]): Promise<void> {
  const [created, counted, added] = receipts as [Receipt, Receipt, Receipt]
  const env = {
    COUNTER: created.contractAddress ?? '',
    SENDER: ALICE,
    CREATED_BLOCK: created.blockNumber,
    COUNTED_BLOCK: counted.blockNumber,
    ADDED_BLOCK: added.blockNumber,
    ADDED: added.transactionHash,
  }
  const printed = await foundry.run('forge', ['test', '--match-contract', 'ForkTest', '--fork-url', 'pavm', '-vv'], env)
  assert.match(printed, /5 passed; 0 failed; 0 skipped/)
}

describe('Foundry and `pavm dev`', { skip: foundryMissing }, () => {
  let node: DevNode
  let foundry: Foundry

  before(async () => {
    node = await startDevNode()
    foundry = new Foundry(node.url)
  })
  after(async () => {
    foundry?.[Symbol.dispose]()
    await node?.[Symbol.asyncDispose]()
  })

  const fails = async (asked: Promise<unknown>, message: RegExp) => {
    await assert.rejects(asked, message)
  }
  const json = async <T>(...args: string[]): Promise<T> => JSON.parse(await foundry.cast(...args, '--json')) as T

  test('tests of contracts need no node', async () => {
    assert.match(await foundry.forge('test', '--match-contract', 'CounterTest'), /2 passed; 0 failed; 0 skipped/)
  })

  for (const [way, flags, type] of WAYS) {
    test(`a script deploys and calls ${way}`, async () => {
      await node.request('anvil_reset')
      assert.match(await deploy(foundry, ...flags), /ONCHAIN EXECUTION COMPLETE & SUCCESSFUL/)
      const receipts = broadcastOf(foundry)
      assert.deepEqual(
        receipts.map((receipt) => [receipt.status, receipt.type]),
        [1, 2, 3].map(() => ['0x1', type]),
      )
      if (flags.includes('--slow'))
        assert.deepEqual(
          receipts.map(({ blockNumber }) => Number(blockNumber)),
          [1, 2, 3],
        )
      assert.equal(await foundry.cast('call', COUNTER, 'number()(uint256)'), '5')
      assert.equal(await node.request('eth_getTransactionCount', ALICE, 'latest'), '0x3')
    })
  }

  test('`forge create` deploys, by a key and by the node', async () => {
    await node.request('anvil_reset')
    for (const flags of [KEY, [...UNLOCKED, '--legacy']]) {
      const { deployedTo, transactionHash } = JSON.parse(
        await foundry.forge(
          'create',
          'src/Counter.sol:Counter',
          '--rpc-url',
          'pavm',
          '--broadcast',
          '--json',
          ...flags,
          '--constructor-args',
          '9',
        ),
      ) as { deployedTo: Address; transactionHash: Hash }
      assert.equal(await foundry.cast('call', deployedTo, 'limit()(uint256)'), '9')
      const receipt = await node.request<Receipt>('eth_getTransactionReceipt', transactionHash)
      assert.equal(receipt.contractAddress, deployedTo.toLowerCase())
    }
  })

  test('tests of a fork see its state, blocks, transactions and logs', async () => {
    await node.request('anvil_reset')
    await deploy(foundry, ...KEY, '--slow')
    await testFork(foundry, broadcastOf(foundry))
  })

  test('anvil forks it', async () => {
    await node.request('anvil_reset')
    await deploy(foundry, ...KEY, '--slow')
    const port = await freePortRange(1)
    const anvil = foundry.start('anvil', ['--fork-url', node.url, '--port', String(port), '--silent'])
    try {
      const url = `http://127.0.0.1:${port}`
      await eventually('anvil answers', 20_000, () => rpc(url, 'eth_chainId'))
      const block = await node.request<{ hash: Hash }>('eth_getBlockByNumber', '0x2', false)
      assert.equal((await rpc<typeof block>(url, 'eth_getBlockByNumber', '0x2', false)).hash, block.hash)
      await foundry.cast('send', COUNTER, 'increment()', ...KEY, '--rpc-url', url)
      assert.equal(await foundry.cast('call', COUNTER, 'number()(uint256)', '--rpc-url', url), '6')
      assert.equal(await foundry.cast('call', COUNTER, 'number()(uint256)'), '5')
    } finally {
      anvil.kill()
    }
  })

  test('docs/clients/foundry.md: its commands do what it says, and its files are those of the project', async () => {
    await node.request('anvil_reset')
    const document = 'docs/clients/foundry.md'
    const printed = await foundry.run('sh', ['-eu', '-c', documentProgram(document, 'sh', node.url)])
    const lines = printed.split('\n').map((line) => line.trim())
    for (const line of documentedOutput(document)) assert.ok(lines.includes(line), `${line}\n${printed}`)
    const files = documentBlocks(document).filter(({ file }) => file !== undefined)
    assert.ok(files.length > 0)
    for (const { file, text } of files) {
      assert.ok(readFileSync(join(FOUNDRY_PROJECT, file ?? ''), 'utf8').includes(text), file)
    }
  })

  test('what a script would do is reverted with its reason, and nothing is sent', async () => {
    await node.request('anvil_reset')
    const script = ['script', 'script/Deploy.s.sol', '--tc', 'Deploy', '--rpc-url', 'pavm', '--broadcast', ...KEY]
    await fails(foundry.run('forge', script, { LIMIT: '3' }), /LimitReached\(5, 3\)/)
    assert.equal(await node.request('eth_blockNumber'), '0x0')
  })

  describe('cast', () => {
    let receipts: readonly Receipt[]

    before(async () => {
      await node.request('anvil_reset')
      await deploy(foundry, ...KEY, '--slow')
      receipts = broadcastOf(foundry)
    })

    test('chain and blocks', async () => {
      assert.equal(await foundry.cast('chain-id'), '31337')
      assert.match(await foundry.cast('client'), /pavm\//)
      assert.equal(await foundry.cast('block-number'), '3')
      assert.equal(await foundry.cast('block-number', 'earliest'), '0')
      const block = await node.request<{ hash: Hash; timestamp: Hex; baseFeePerGas: Hex }>(
        'eth_getBlockByNumber',
        '0x2',
        false,
      )
      assert.equal(await foundry.cast('block', '2', '--field', 'hash'), block.hash)
      const full = await json<{ number: Hex; transactions: { hash: Hash; from: Address }[] }>(
        'block',
        block.hash,
        '--full',
      )
      assert.equal(full.number, '0x2')
      assert.deepEqual(
        full.transactions.map(({ hash, from }) => [hash, from]),
        [[receipts[1]!.transactionHash, ALICE]],
      )
      assert.match(await foundry.cast('block', 'latest'), /number +3\n/)
      assert.equal(await foundry.cast('base-fee', '2'), String(BigInt(block.baseFeePerGas)))
      const [price, baseFee] = [await foundry.cast('gas-price'), await foundry.cast('base-fee')].map(BigInt)
      assert.ok(price! >= baseFee!, `${price} below ${baseFee}`)
      assert.equal(await foundry.cast('find-block', String(Number(block.timestamp))), '2')
      assert.match(
        await foundry.cast('age', '2'),
        new RegExp(`${new Date(Number(block.timestamp) * 1000).getUTCFullYear()} UTC$`),
      )
    })

    test('accounts', async () => {
      assert.equal(await foundry.cast('balance', COUNTER), String(ONE_GWEI))
      assert.equal(await foundry.cast('balance', BOB, '--ether', '--block', '1'), '10000.000000000000000000')
      assert.equal(await foundry.cast('nonce', ALICE), '3')
      assert.equal(await foundry.cast('nonce', ALICE, '--block', '1'), '1')
      const code = await foundry.cast('code', COUNTER)
      assert.equal(code, await node.request('eth_getCode', COUNTER, 'latest'))
      assert.equal(await foundry.cast('codesize', COUNTER), String(code.length / 2 - 1))
      const codeHash = await foundry.cast('keccak', code)
      assert.equal(await foundry.cast('codehash', COUNTER), codeHash)
      assert.equal(BigInt(await foundry.cast('storage', COUNTER, '0')), 5n)
      assert.equal(BigInt(await foundry.cast('storage', COUNTER, '0', '--block', '2')), 1n)
      const proof = await json<{ codeHash: Hash; storageHash: Hash; storageProof: { value: Hex }[] }>(
        'proof',
        COUNTER,
        '0',
      )
      assert.deepEqual([proof.codeHash, proof.storageProof[0]?.value], [codeHash, '0x5'])
      assert.equal(await foundry.cast('storage-root', COUNTER), proof.storageHash)
      for (const slot of ['admin', 'implementation']) assert.equal(BigInt(await foundry.cast(slot, COUNTER)), 0n)
      const computed = await foundry.cast('compute-address', ALICE)
      assert.match(computed, /^Computed Address: 0x/)
    })

    test('calls, estimates and access lists', async () => {
      const number = ['call', COUNTER, 'number()(uint256)']
      assert.equal(await foundry.cast(...number), '5')
      assert.equal(await foundry.cast(...number, '--block', '2'), '1')
      assert.equal(await foundry.cast(...number, '--override-state-diff', `${COUNTER}:0:0x2a`), '42')
      assert.match(await foundry.cast(...number, '--trace'), /::(number|8381f58a)\(\)/)
      await fails(foundry.cast('call', COUNTER, 'add(uint256)', '96'), /code 3: execution reverted, data: "0x/)
      await fails(foundry.cast('estimate', COUNTER, 'add(uint256)', '96'), /execution reverted/)
      const estimate = await foundry.cast('estimate', COUNTER, 'increment()', '--from', ALICE)
      const sent = await json<Receipt>('send', COUNTER, 'increment()', ...KEY)
      assert.equal(Number(sent.gasUsed), Number(estimate))
      const listed = await json<{ accessList: { address: Address; storageKeys: Hash[] }[] }>(
        'access-list',
        COUNTER,
        'increment()',
        '--from',
        ALICE,
      )
      assert.deepEqual(
        listed.accessList.map(({ address, storageKeys }) => [address, storageKeys.length]),
        [[COUNTER, 2]],
      )
    })

    test('transactions, receipts, logs, and running them again', async () => {
      const [created, , added] = receipts as [Receipt, Receipt, Receipt]
      const { transactionHash: hash } = added
      assert.deepEqual(await json('receipt', hash), {
        ...(await node.request<object>('eth_getTransactionReceipt', hash)),
      })
      assert.equal(await foundry.cast('tx', hash, 'nonce'), '2')
      const raw = await foundry.cast('tx', hash, '--raw')
      assert.equal(raw, await node.request('eth_getRawTransactionByHash', hash))
      assert.equal(await foundry.cast('keccak', raw), hash)
      const found = await json<{ hash: Hash }>('tx', '--from', ALICE, '--nonce', '2')
      assert.equal(found.hash, hash)
      const range = ['--from-block', '0', '--to-block', 'latest', '--address', COUNTER]
      const logs = await json<{ blockNumber: Hex }[]>('logs', ...range, 'Counted(address indexed,uint256)', ALICE)
      assert.deepEqual(
        logs.slice(0, 2).map(({ blockNumber }) => blockNumber),
        ['0x2', '0x3'],
      )
      assert.deepEqual(await json('logs', ...range, 'Counted(address indexed,uint256)', BOB), [])

      for (const flags of [[], ['--quick']]) {
        const printed = await foundry.cast('run', hash, ...flags)
        assert.match(printed, /::add\(4\)|::1003e2d2/)
        assert.match(printed, new RegExp(`Gas used: ${Number(added.gasUsed)}$`))
      }
      assert.match(await foundry.cast('run', created.transactionHash), /→ new /)
      const traced = JSON.parse(await foundry.cast('trace', hash)) as { type: string; action: { to: Address } }[]
      assert.deepEqual(
        traced.map(({ type, action }) => [type, action.to]),
        [['call', COUNTER]],
      )
      const next = await foundry.cast('mktx', COUNTER, 'add(uint256)', '2', ...KEY)
      const published = JSON.parse(await foundry.cast('publish', next)) as Receipt
      assert.equal(published.status, '0x1')
    })

    test('sending, of every type', async () => {
      const payment = [BOB, '--value', '1gwei']
      assert.equal((await json<Receipt>('send', ...payment, ...KEY)).type, '0x2')
      assert.equal((await json<Receipt>('send', ...payment, ...KEY, '--legacy')).type, '0x0')
      assert.equal((await json<Receipt>('send', ...payment, ...UNLOCKED)).type, '0x2')
      assert.equal((await json<Receipt>('send', ...payment, ...UNLOCKED, '--legacy')).type, '0x0')
      assert.equal((await json<Receipt>('send', ...payment, ...KEY, '--sync')).status, '0x1')
      const hash = await foundry.cast('send', ...payment, ...KEY, '--async')
      assert.equal((await json<Receipt>('receipt', hash)).status, '0x1')
      const mnemonic = [
        '--mnemonic',
        'test test test test test test test test test test test junk',
        '--mnemonic-index',
        '1',
      ]
      const back = await json<{ from: Address }>('send', ALICE, '--value', '1', ...mnemonic)
      assert.equal(back.from, BOB)
      const accessList = JSON.stringify([{ address: COUNTER, storageKeys: [`0x${'0'.repeat(64)}`] }])
      assert.equal(
        (await json<Receipt>('send', COUNTER, 'increment()', ...KEY, '--access-list', accessList)).status,
        '0x1',
      )

      const delegated = await json<Receipt>(
        'send',
        ALICE,
        'number()',
        ...KEY,
        '--gas-limit',
        '200000',
        '--auth',
        COUNTER,
      )
      assert.deepEqual([delegated.type, delegated.status], ['0x4', '0x1'])
      assert.equal(await foundry.cast('code', ALICE), `0xef0100${COUNTER.slice(2)}`)
      await fails(foundry.cast('send', BOB, '--value', '1000000ether', ...KEY), /insufficient funds/)
      await fails(foundry.cast('send', BOB, ...KEY, '--nonce', '0', '--gas-limit', '21000'), /nonce too low/)
      await fails(foundry.cast('send', COUNTER, 'add(uint256)', '96', ...KEY), /execution reverted, data: "0x1e69bc41/)
    })

    test('a blob, whose proofs are those of cells (EIP-7594)', async () => {
      const file = join(foundry.directory, 'blob.txt')
      writeFileSync(file, 'in a blob')
      assert.equal((await json<Receipt>('send', BOB, ...KEY, '--blob', '--path', file)).type, '0x3')
    })

    test('tokens', async () => {
      const { bytecode } = compile('Token.sol').Token!
      const values = await foundry.cast('abi-encode', 'f(string,string,uint256)', 'Example', 'EXM', '1000')
      const created = await json<Receipt>('send', ...KEY, '--create', bytecode + values.slice(2))
      const token = created.contractAddress as Address
      const erc20 = (...args: string[]) => foundry.cast('erc20', ...args)
      assert.equal(await erc20('name', token), 'Example')
      assert.equal(await erc20('symbol', token), 'EXM')
      assert.equal(await erc20('decimals', token), '18')
      assert.equal(await erc20('total-supply', token), '1000')
      await erc20('transfer', token, BOB, '300', ...KEY)
      await erc20('approve', token, BOB, '50', ...KEY)
      assert.equal(await erc20('balance', token, BOB), '300')
      assert.equal(await erc20('allowance', token, ALICE, BOB), '50')
    })

    test('the pool, and any method', async () => {
      await node.request('evm_setAutomine', false)
      const hash = await foundry.cast('send', BOB, '--value', '1', ...KEY, '--async')
      assert.equal(JSON.parse(await foundry.cast('tx-pool', 'status')).pending, '0x1')
      assert.ok((await foundry.cast('tx-pool', 'content')).includes(hash))
      assert.ok((await foundry.cast('tx-pool', 'content-from', '--from', ALICE)).includes(hash))
      assert.match(await foundry.cast('tx-pool', 'inspect'), /1 wei \+ 21000 gas/)
      await foundry.cast('rpc', 'anvil_dropTransaction', hash)
      await foundry.cast('rpc', 'evm_setAutomine', 'true')
      assert.equal(
        await foundry.cast('rpc', '--raw', 'eth_getBalance', JSON.stringify([COUNTER, '0x1'])),
        '"0x3b9aca00"',
      )
    })

    test('signatures are those of the node', async () => {
      const signed = await foundry.cast('wallet', 'sign', ...KEY, 'hi')
      assert.equal(await foundry.cast('rpc', 'personal_sign', '0x6869', ALICE), `"${signed}"`)
      assert.match(await foundry.cast('wallet', 'verify', '--address', ALICE, 'hi', signed), /succeeded/)
      const typed = JSON.stringify({
        types: { EIP712Domain: [{ name: 'chainId', type: 'uint256' }], Mail: [{ name: 'to', type: 'address' }] },
        primaryType: 'Mail',
        domain: { chainId: 31_337 },
        message: { to: BOB },
      })
      const struct = await foundry.cast('wallet', 'sign', ...KEY, '--data', typed)
      assert.equal(await node.request('eth_signTypedData_v4', ALICE, typed), struct)
    })

    test('over WebSocket, logs as they come too', async () => {
      const url = node.url.replace('http', 'ws')
      assert.equal(await foundry.cast('chain-id', '--rpc-url', url), '31337')
      assert.equal((await json<Receipt>('send', BOB, ...KEY, '--rpc-url', url)).status, '0x1')
      const subscriber = foundry.start('cast', ['logs', '--subscribe', '--address', COUNTER, '--rpc-url', url])
      try {
        let printed = ''
        subscriber.stdout?.on('data', (bytes) => {
          printed += String(bytes)
        })
        await eventually('a log is heard of', 20_000, async () => {
          await foundry.cast('send', COUNTER, 'increment()', ...UNLOCKED, '--async')
          return printed.includes('transactionIndex') ? true : undefined
        })
        assert.match(printed, new RegExp(`address: ${COUNTER}`, 'i'))
      } finally {
        subscriber.kill()
      }
    })
  })
})

test('Foundry and a node of a network', { skip: foundryMissing, timeout: 120_000 }, async (t) => {
  const testnet = await startTestnet({ nodes: 1, miners: 1, blockTimeSeconds: 1 })
  t.after(() => testnet.close())
  using foundry = new Foundry(testnet.url(0))
  for (const flags of [
    [...KEY, '--slow'],
    ['--unlocked', '--sender', ALICE],
    [...KEY, '--legacy'],
  ]) {
    assert.match(await deploy(foundry, ...flags), /ONCHAIN EXECUTION COMPLETE & SUCCESSFUL/)
    const receipts = broadcastOf(foundry)
    assert.deepEqual(
      receipts.map(({ status, type }) => [status, type]),
      [1, 2, 3].map(() => ['0x1', flags.includes('--legacy') ? '0x0' : '0x2']),
    )
    assert.equal(await foundry.cast('call', receipts[0]!.contractAddress ?? '', 'number()(uint256)'), '5')
    if (flags.includes('--slow')) await testFork(foundry, receipts)
    const { transactionHash, gasUsed } = receipts[2]!
    assert.match(await foundry.cast('run', transactionHash), new RegExp(`Gas used: ${Number(gasUsed)}$`))
  }
  const paid = await foundry.cast('send', BOB, '--value', '1', ...KEY, '--json')
  assert.equal((JSON.parse(paid) as Receipt).status, '0x1')
  assert.deepEqual(testnet.crashes, [])
})
