import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { loadSettings } from '../config/settings.ts'
import { developerAccounts } from '../primitives/developer-accounts.ts'
import { type Hash, type Hex, toChecksumAddress } from '../primitives/hex.ts'
import { childrenOf, RunningCommand, runCommand, survivors } from './support/command.ts'
import { freePortRange } from './support/free-ports.ts'
import { eventually, rpc } from './support/json-rpc.ts'

const IS_UP = /Ctrl-C stops all nodes/

let directory: string
before(() => {
  directory = mkdtempSync(join(tmpdir(), 'pavm-commands-'))
})
after(() => rmSync(directory, { recursive: true, force: true }))

interface Block {
  readonly number: Hex
  readonly hash: Hash
  readonly transactions: readonly Hash[]
}

const latest = (url: string) => rpc<Block>(url, 'eth_getBlockByNumber', 'latest', false)

/** Exit code 1 and one line that says why. */
async function assertRefused(args: readonly string[], reason: RegExp): Promise<void> {
  const { code, stdout, stderr } = await runCommand(...args)
  const what = `pavm ${args.join(' ')}\n${stdout}${stderr}`
  assert.equal(code, 1, what)
  assert.match(stderr, reason)
  assert.equal(stderr.trim().split('\n').length, 1, what)
}

async function assertAllEnd(pids: readonly number[], limitMs: number): Promise<void> {
  await eventually('every node process has ended', limitMs, async () =>
    survivors(pids).length === 0 ? true : undefined,
  )
}

describe('options that cannot be', () => {
  const cases: readonly (readonly [string, readonly string[], RegExp])[] = [
    ['an unknown option', ['devnet', '--colour', 'red'], /unknown option '--colour'/],
    ['no nodes', ['devnet', '--nodes', '0'], /--nodes.*'0' is invalid.*from 1 to 64/],
    ['half a node', ['devnet', '--nodes', '1.5'], /--nodes.*'1.5' is invalid/],
    ['a strategy nobody knows', ['devnet', '--replay', 'magic'], /--replay.*'magic' is invalid/],
    ['more miners than nodes', ['devnet', '--nodes', '2', '--miners', '3'], /3 miners need at least as many nodes/],
    ['instant with several nodes', ['devnet', '--consensus', 'instant', '--nodes', '2'], /instant.*single node, not 2/],
    ['proof of work without time', ['devnet', '--block-time', '0'], /block time of at least 1 s/],
    ['a mnemonic cut short', ['devnet', '--accounts-mnemonic', 'test junk'], /--accounts-mnemonic: .*words.*not 2/],
    ['ports that overlap', ['devnet', '--rpc-port', '31000', '--p2p-port', '31002'], /31000.*31002 overlap/],
    ['hosts of other nodes', ['init', 'DATA', '--nodes', '3', '--hosts', 'a,b'], /2 hosts given for 3 nodes/],
    ['a file that is not there', ['import', 'DATA/none'], /ENOENT.*none/],
    ['a chain that is not there', ['export', 'DATA/x', '--data-dir', 'DATA'], /there is no chain in .*DATA/],
    ['runs of nothing', ['replay', 'latest', '--runs', '0'], /--runs.*'0' is invalid/],
  ]
  test('are each refused in one line, and write nothing', { timeout: 60_000 }, async () => {
    const data = join(directory, 'DATA')
    const waiting = [...cases]
    const refuse = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const [, args, reason] = next
        const inPlace = args.map((arg) => arg.replace(/^DATA/, data))
        await assertRefused(args[0] === 'devnet' ? [...inPlace, '--data', data] : inPlace, reason)
      }
    }
    await Promise.all([refuse(), refuse(), refuse()])
    assert.ok(!existsSync(data))
  })
})

describe('pavm devnet', () => {
  let data: string
  let options: readonly string[]
  let rpcPort: number
  let p2pPort: number
  const url = (index: number): string => `http://127.0.0.1:${rpcPort + index}`

  before(async () => {
    data = join(directory, 'devnet')
    rpcPort = await freePortRange(3)
    p2pPort = await freePortRange(3)
    options = [
      ...['--nodes', '3', '--miners', '2', '--block-time', '1', '--consensus', 'pow'],
      ...['--rpc-port', String(rpcPort), '--p2p-port', String(p2pPort), '--data', data],
      ...['--replay', 'values', '--workers', '2', '--verify-serial', '--log-level', 'info'],
    ]
  })

  test('shows keys and URLs, outlives a node, lets nobody else in, stops on Ctrl-C', { timeout: 120_000 }, async () => {
    await using devnet = new RunningCommand(['devnet', ...options])
    await devnet.until(IS_UP)
    for (const { address, privateKey } of developerAccounts(10)) {
      assert.ok(devnet.stdout.includes(`${toChecksumAddress(address)}  10000 ether  key ${privateKey}`), address)
    }
    assert.match(devnet.stdout, /Chain id +31337/)
    assert.match(devnet.stdout, /test test test test test test test test test test test junk/)
    for (const [index, name] of ['miner-0', 'miner-1', 'validator-2'].entries()) {
      assert.match(devnet.stdout, new RegExp(`${name} +${url(index)} +ws://127.0.0.1:${rpcPort + index} `))
      assert.equal(await rpc<Hex>(url(index), 'eth_chainId'), '0x7a69')
      const info = await rpc<{ workers: unknown[]; addresses: string[] }>(url(index), 'pavm_nodeInfo')
      assert.equal(info.workers.length, 2, '--workers')
      assert.match(info.addresses.join(), new RegExp(`/tcp/${p2pPort + index}/`), '--p2p-port')
      const { execution } = loadSettings({ file: join(data, `node-${index}`, 'config.toml'), env: {}, flags: {} })
      assert.deepEqual([execution.replay, execution.verifySerial], ['values', true])
    }
    assert.equal(await rpc<boolean>(url(1), 'eth_mining'), true, '--miners')
    assert.equal(await rpc<boolean>(url(2), 'eth_mining'), false, '--miners')
    const replay = await eventually('the validator has replayed a block', 30_000, async () => {
      const { number } = await latest(url(2))
      return Number(number) === 0 ? undefined : rpc<{ strategy: string }>(url(2), 'pavm_getReplay', number)
    })
    assert.equal(replay.strategy, 'values', '--replay')

    const pids = childrenOf(devnet.pid)
    assert.equal(pids.length, 3)
    await test('another testnet or node in its place is refused, nothing lost', async () => {
      const config = join(data, 'node-0', 'config.toml')
      const elsewhere = [String(await freePortRange(3)), String(await freePortRange(3))] as const
      const otherPorts = ['--rpc-port', elsewhere[0], '--p2p-port', elsewhere[1]]
      await assertRefused(['devnet', ...options, '--fresh'], new RegExp(`port ${rpcPort} is in use`))
      await assertRefused(['devnet', ...options, ...otherPorts, '--fresh'], /another process is using .*node-0/)
      await assertRefused(['node', '--config', config, ...otherPorts], /another process is using .*node-0.*locked/)
      await assertRefused(['node', '--config', config, '--data-dir', join(data, 'new')], /cannot listen|EADDRINUSE/)
      assert.equal((await latest(url(0))).number > '0x0', true)
    })

    const victim = await eventually('the process of validator-2 is found', 5_000, async () =>
      pids.find((pid) => readCommandLine(pid).includes('node-2')),
    )
    process.kill(victim, 'SIGKILL')
    await devnet.until(/a node has crashed; the others go on.*validator-2.*SIGKILL/)
    const { number } = await latest(url(0))
    await eventually('the others go on', 20_000, async () =>
      Number((await latest(url(1))).number) > Number(number) + 1 ? true : undefined,
    )

    const began = Date.now()
    devnet.signal('SIGINT')
    devnet.signal('SIGINT')
    const { code } = await devnet.ended()
    assert.ok(Date.now() - began < 5_000, `stopped in ${Date.now() - began} ms`)
    assert.equal(code, 1, 'a node had crashed')
    assert.deepEqual(survivors(pids), [])
  })

  test('goes on with its chain, which another block time cannot, and leaves no node behind', {
    timeout: 60_000,
  }, async () => {
    await assertRefused(['devnet', ...options, '--block-time', '3'], /made with blockTimeSeconds 1, not 3.*--fresh/)
    await assertRefused(
      ['devnet', ...options, '--nodes', '1', '--miners', '1', '--consensus', 'instant'],
      /made with consensus pow, not instant/,
    )
    await using devnet = new RunningCommand(['devnet', ...options])
    await devnet.until(IS_UP)
    const [, head] = /miner-0 .* block (\d+)/.exec(devnet.stdout) ?? []
    assert.ok(Number(head) > 0, `the banner shows block ${head}`)
    const pids = childrenOf(devnet.pid)
    assert.equal(pids.length, 3)
    devnet.signal('SIGKILL')
    await assertAllEnd(pids, 5_000)
  })

  test('takes no port that another program listens on', { timeout: 30_000 }, async () => {
    const other = createServer().listen(p2pPort + 1, '127.0.0.1')
    try {
      await assertRefused(['devnet', ...options], new RegExp(`port ${p2pPort + 1} is in use`))
    } finally {
      other.close()
    }
    assert.ok(existsSync(join(data, 'node-0', 'data')))
  })

  test('that is stopped, killed or left alone while its nodes start leaves none behind', {
    timeout: 90_000,
  }, async () => {
    const ends: readonly (readonly [(devnet: RunningCommand) => unknown, number | null])[] = [
      [(devnet) => devnet.signal('SIGINT'), 0],
      [(devnet) => devnet.closeOutput(), 0],
      [(devnet) => devnet.signal('SIGKILL'), null],
    ]
    for (const [end, exitCode] of ends) {
      await using devnet = new RunningCommand(['devnet', ...options])
      const pids = await eventually('the nodes are started', 20_000, async () => {
        const started = childrenOf(devnet.pid)
        return started.length === 3 ? started : undefined
      })
      end(devnet)
      const { code, stderr } = await devnet.ended()
      assert.equal(code, exitCode, `${end}\n${stderr}`)
      await assertAllEnd(pids, 10_000)
    }
  })
})

describe('a chain with transactions', () => {
  let network: string
  let config: string
  let head: Block

  before(async () => {
    // The network of the tests above, and a file of somebody's, make room for a new chain.
    network = join(directory, 'devnet')
    config = join(network, 'node-0', 'config.toml')
    writeFileSync(join(network, 'mine.txt'), 'mine')
    const rpcPort = await freePortRange(1)
    await using devnet = new RunningCommand([
      ...['devnet', '--nodes', '1', '--consensus', 'instant', '--data', network, '--fresh'],
      ...['--rpc-port', String(rpcPort), '--p2p-port', String(await freePortRange(1))],
    ])
    await devnet.until(IS_UP)
    assert.match(devnet.stdout, /miner-0 .* block 0$/m, '--fresh')
    assert.ok(!existsSync(join(network, 'node-1')), '--fresh')
    assert.equal(readFileSync(join(network, 'mine.txt'), 'utf8'), 'mine')
    const url = `http://127.0.0.1:${rpcPort}`
    const accounts = developerAccounts(10)
    for (let round = 0; round < 8; round++) {
      const hashes = await Promise.all(
        accounts.map(({ address }, index) =>
          rpc<Hash>(url, 'eth_sendTransaction', {
            from: address,
            to: accounts[(index + round) % 10]?.address,
            value: `0x${(round + 1).toString(16)}`,
          }),
        ),
      )
      await eventually(`round ${round} is mined`, 10_000, async () => {
        const receipts = await Promise.all(hashes.map((hash) => rpc<unknown>(url, 'eth_getTransactionReceipt', hash)))
        return receipts.every((receipt) => receipt !== null) ? true : undefined
      })
    }
    head = await latest(url)
    const began = Date.now()
    devnet.signal('SIGINT')
    const { code } = await devnet.ended()
    assert.equal(code, 0)
    assert.ok(Date.now() - began < 5_000)
  })

  /** `pavm <command> <argument>` on an empty data directory of the same chain. */
  const onNewData = (name: string) => ['--data-dir', join(directory, name), '--genesis', join(network, 'genesis.json')]

  test('is exported, imported and exported again, byte for byte', { timeout: 60_000 }, async () => {
    const [first, second] = [join(directory, 'first.rlp'), join(directory, 'second.rlp')]
    const exported = await runCommand('export', first, '--config', config)
    assert.equal(exported.code, 0, exported.stderr)
    assert.match(exported.stdout, new RegExp(`${Number(head.number)} blocks written`))
    const imported = await runCommand('import', first, ...onNewData('copy'))
    assert.equal(imported.code, 0, imported.stderr)
    assert.match(imported.stdout, new RegExp(`${Number(head.number)} imported; the head is .* ${head.hash}`))
    const twice = await runCommand('import', first, ...onNewData('copy'))
    assert.match(twice.stdout, new RegExp(`${Number(head.number)} known; the head is .* ${head.hash}`))
    await runCommand('export', second, ...onNewData('copy'))
    assert.deepEqual(readFileSync(second), readFileSync(first))
    assert.ok(!existsSync(`${second}.partial`))
  })

  test('in a damaged file is taken up to the damage', { timeout: 60_000 }, async () => {
    const bytes = readFileSync(join(directory, 'first.rlp'))
    const damaged = join(directory, 'damaged.rlp')

    writeFileSync(damaged, bytes.subarray(0, bytes.length - 10))
    const keptAll = `the blocks before it are kept, the head is ${Number(head.number) - 1}`
    await assertRefused(['import', damaged, ...onNewData('cut')], new RegExp(`at byte \\d+ is cut off; ${keptAll}`))

    const flipped = Buffer.from(bytes)
    flipped[bytes.length - 200] = (flipped[bytes.length - 200] as number) ^ 1
    writeFileSync(damaged, flipped)
    const place = `block ${Number(head.number)} at byte \\d+ is refused|what begins at byte \\d+ is no block`
    await assertRefused(['import', damaged, ...onNewData('cut')], new RegExp(`(${place}).*; ${keptAll}`))

    writeFileSync(damaged, Buffer.concat([bytes, Buffer.from('and so on')]))
    await assertRefused(
      ['import', damaged, ...onNewData('cut')],
      new RegExp(`no block begins at byte ${bytes.length}; .* the head is ${Number(head.number)} `),
    )
    writeFileSync(damaged, bytes)
    const whole = await runCommand('import', damaged, ...onNewData('cut'))
    assert.match(whole.stdout, new RegExp(`${Number(head.number)} known; the head is .* ${head.hash}`))
  })

  test('is replayed by every strategy', { timeout: 60_000 }, async () => {
    const { code, stdout, stderr } = await runCommand('replay', 'latest', '--runs', '2', '--config', config)
    assert.equal(code, 0, stderr)
    assert.match(
      stdout,
      new RegExp(`^block ${Number(head.number)} ${head.hash}: ${head.transactions.length} transactio`),
    )
    const rows = stdout.trim().split('\n').slice(2)
    assert.deepEqual(
      rows.map((row) => row.split(/\s+/)[0]),
      ['serial', 'groups', 'split', 'values'],
    )
    for (const row of rows) assert.match(row, /^\w+ +[1-9]\d* +\d+\.\d\d +\d+\.\d\d$/)
    await assertRefused(['replay', '0', '--config', config], /genesis holds nothing to run/)
    await assertRefused(['replay', '999999', '--config', config], /block 999999 is not stored/)
  })

  test('is not taken for another, nor started with settings that cannot be', { timeout: 60_000 }, async () => {
    await runCommand('init', join(directory, 'other'))
    const other = join(directory, 'other', 'genesis.json')
    await assertRefused(['node', '--config', config, '--genesis', other], /is of chain 31337 with genesis.*wrong-chain/)
    await assertRefused(['export', join(directory, 'x'), '--config', config, '--genesis', other], /wrong-chain/)
    const text = readFileSync(config, 'utf8')
    const wrong = join(network, 'node-0', 'wrong.toml')
    writeFileSync(wrong, text.replace('[rpc]', '[rpc]\nprot = 8545'))
    await assertRefused(['node', '--config', wrong], /setting rpc\.prot is unknown/)
    writeFileSync(wrong, text.replace(/^port = .*$/m, 'port = "many"'))
    await assertRefused(['node', '--config', wrong], /p2p\.port in .*: expected .*, not many/)
    writeFileSync(wrong, 'rpc = {')
    await assertRefused(['node', '--config', wrong], /wrong\.toml cannot be read: .* in line 1/)
    await assertRefused(['node', '--config', config, '--rpc-port', 'x'], /--rpc-port: expected/)
  })
})

describe('a network on machines apart from each other', () => {
  test('pavm init writes files that name the others by host', { timeout: 30_000 }, async () => {
    const target = join(directory, 'apart')
    const hosts = ['10.0.0.1', 'two.example', 'fd00::3']
    const { code, stdout, stderr } = await runCommand('init', target, '--hosts', hosts.join(','), '--miners', '2')
    assert.equal(code, 0, stderr)
    assert.deepEqual(
      stdout.trim().split('\n'),
      ['miner-0', 'miner-1', 'validator-2'].map(
        (name, index) => `${name}: pavm node --config ${join(target, `node-${index}`, 'config.toml')}`,
      ),
    )
    const nodes = hosts.map((_, index) =>
      loadSettings({ file: join(target, `node-${index}`, 'config.toml'), env: {}, flags: {} }),
    )
    const places = ['/ip4/10.0.0.1/tcp/30303/p2p/', '/dns/two.example/tcp/30303/p2p/', '/ip6/fd00::3/tcp/30303/p2p/']
    for (const [index, { p2p, rpc, miner, genesis }] of nodes.entries()) {
      assert.deepEqual([p2p.host, p2p.port, rpc.host, rpc.port], ['0.0.0.0', 30_303, '0.0.0.0', 8_545])
      assert.equal(miner.enabled, index < 2)
      assert.equal(genesis, join(target, 'genesis.json'))
      const others = places.filter((_, other) => other !== index)
      assert.equal(p2p.peers.length, 2)
      for (const [other, place] of others.entries()) assert.ok(p2p.peers[other]?.startsWith(place), p2p.peers[other])
    }
    await assertRefused(['init', target, '--hosts', 'a,b,c', '--block-time', '5'], /made with blockTimeSeconds 2/)
  })

  test('docker-compose.yml gives the command line what it takes', { timeout: 30_000 }, async (context) => {
    const compose = composeFile()
    if (compose === undefined) {
      context.skip('neither docker compose nor python3 with yaml can read YAML on this machine')
      return
    }
    const { init, ...nodes } = compose.services
    assert.ok(init !== undefined)
    const target = join(directory, 'containers')
    const inPlace = (command: readonly string[]) => command.map((word) => word.replace(/^\/network/, target))
    const { code, stderr } = await runCommand(...inPlace(init.command))
    assert.equal(code, 0, stderr)
    const hosts = Object.keys(nodes)
    assert.deepEqual(hosts, ['miner', 'validator-1', 'validator-2', 'validator-3'])
    for (const [index, host] of hosts.entries()) {
      const [name, option, file] = inPlace(nodes[host]?.command ?? [])
      assert.deepEqual([name, option], ['node', '--config'])
      const { rpc, p2p, miner } = loadSettings({ file, env: {}, flags: {} })
      assert.equal(rpc.port, 8_545, 'what the health check and the published port lead to')
      assert.equal(miner.enabled, host === 'miner')
      assert.deepEqual(
        p2p.peers.map((peer) => peer.split('/')[2]),
        hosts.filter((_, other) => other !== index),
      )
    }
  })
})

function readCommandLine(pid: number): string {
  return spawnSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' }).stdout
}

interface ComposeFile {
  readonly services: Readonly<Record<string, { readonly command: readonly string[] }>>
}

/** `undefined` where nothing on this machine reads YAML. */
function composeFile(): ComposeFile | undefined {
  const file = join(import.meta.dirname, '..', 'docker-compose.yml')
  const readers: readonly (readonly [string, readonly string[]])[] = [
    ['docker', ['compose', '--file', file, 'config', '--format', 'json']],
    ['python3', ['-c', 'import json, sys, yaml; print(json.dumps(yaml.safe_load(open(sys.argv[1]))))', file]],
  ]
  for (const [command, args] of readers) {
    const { status, stdout } = spawnSync(command, args, { encoding: 'utf8' })
    if (status === 0) return JSON.parse(stdout) as ComposeFile
  }
  return undefined
}
