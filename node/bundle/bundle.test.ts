import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import type { Hex } from '../../primitives/hex.ts'
import { freePortRange } from '../../test/support/free-ports.ts'
import { eventually, rpc } from '../../test/support/json-rpc.ts'
// biome-ignore lint/correctness/useImportExtensions: it is JavaScript, with its types beside it.
import { bundlesFolder, findBundle, MANIFEST } from './find-bundle.mjs'
import { makeBundle } from './make-bundle.ts'
import { prepareBundle } from './prepare-bundle.ts'
// biome-ignore lint/correctness/useImportExtensions: it is JavaScript, with its types beside it.
import { compiledFile } from './run-bundled.mjs'

const ROOT = join(import.meta.dirname, '..', '..')
const RUN = pathToFileURL(join(import.meta.dirname, 'run-bundled.mjs')).href

const scratch = realpathSync(mkdtempSync(join(tmpdir(), 'pavm-bundle-')))
after(() => rmSync(scratch, { recursive: true, force: true }))

const LIMIT_MS = 60_000

async function until(what: string, check: () => boolean): Promise<void> {
  await eventually(what, LIMIT_MS, async () => check() || undefined)
}

const runner = join(scratch, 'run.mjs')
writeFileSync(
  runner,
  `import { runBundled } from ${JSON.stringify(RUN)}
const [root, folder] = process.argv.splice(2, 2)
await runBundled(root, folder)
`,
)

/** Arguments of Node that run a command line from a bundle of that root in that folder. */
function runArguments(root: string, folder: string, command: readonly string[]): readonly string[] {
  return [runner, root, folder, ...command]
}

describe('a bundle of a few sources', () => {
  const root = join(scratch, 'tree')
  const folder = bundlesFolder(root)
  const part = join(root, 'node', 'part.ts')

  before(() => {
    mkdirSync(join(root, 'node'), { recursive: true })
    mkdirSync(join(root, 'node_modules'))
    writeFileSync(join(root, 'package.json'), '{ "type": "module" }')
    writeFileSync(join(root, 'node_modules', '.package-lock.json'), '{}')
    writeFileSync(
      join(root, 'node', 'cli.ts'),
      `import { readFileSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { said } from './part.ts'

export async function runCommandLine(argv: readonly string[]): Promise<void> {
  if (argv.includes('fail')) fail()
  if (argv.includes('dev')) return (await import('./serve.ts')).serve()
  if (argv.includes('modules')) return (await import('./modules.ts')).tell()
  const { type } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  const worker = new Worker(new URL('./some-worker.ts', import.meta.url))
  worker.once('message', (heard) => process.stdout.write([said, type, import.meta.dirname, heard].join('|')))
}

class OwnError extends Error {
  constructor(message: string) {
    super(message)
    this.name = new.target.name
  }
}

class Failing {
  static readonly inArrow = () => new Failing().method()

  method(): void {
    process.stdout.write(String(new OwnError('as asked').stack))
  }
}

function fail(): never {
  Failing.inArrow()
  process.exit()
}
`,
    )
    writeFileSync(join(root, 'node', 'some-worker.ts'), WORKER)
    writeFileSync(join(root, 'node', 'modules.ts'), MODULES)
    writeFileSync(join(root, 'node', 'serve.ts'), SERVE)
    writeFileSync(
      join(root, 'node', 'pavm.mjs'),
      `import { runBundled } from ${JSON.stringify(RUN)}\nawait runBundled(${JSON.stringify(root)})\n`,
    )
    writeFileSync(part, `export const said: string = 'one'\n`)
  })

  const WORKER = `import { parentPort } from 'node:worker_threads'
import { said } from './part.ts'
parentPort!.postMessage(await Promise.resolve(\`\${said} \${process.env.NODE_COMPILE_CACHE === undefined}\`))
`
  const SERVE = `import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'

export async function serve() {
  const server = createServer((request, response) => {
    request.on('data', (body) => writeFileSync(new URL('../asked', import.meta.url), body))
    request.on('end', () => response.end('{}'))
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  process.stdout.write(\`Listening on http://127.0.0.1:\${server.address().port}\\n\`)
}
`
  const MODULES = `import assert from 'node:assert'
import { createHash } from 'node:crypto'
import { existsSync, rmSync } from 'node:fs'
import { mkdir, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import zlib from 'node:zlib'

const isLoaded = (name: string) => process.moduleLoadList.includes(\`NativeModule \${name}\`)

export async function tell() {
  const made = new URL('../made', import.meta.url)
  await mkdir(made)
  const isMade = existsSync(made)
  assert(!isLoaded('crypto') && !isLoaded('zlib') && !isLoaded('fs/promises'), 'loaded too early')
  const { mtimeMs } = await stat(made)
  rmSync(made, { recursive: true })
  assert(mtimeMs > 0 && createRequire(import.meta.url)('node:fs/promises').stat === process.getBuiltinModule('fs/promises').stat)
  const digest = createHash('sha256').digest('hex').slice(0, 8)
  const level = zlib.constants.Z_BEST_SPEED
  assert.throws(() => assert(false, 'as asked'), { name: 'AssertionError', message: 'as asked' })
  process.stdout.write([digest, level, isMade, isLoaded('crypto'), isLoaded('zlib')].join('|'))
}
`
  const run = (...command: string[]): string => {
    const { stdout, stderr } = spawnSync(process.execPath, runArguments(root, folder, command), { encoding: 'utf8' })
    assert.equal(stderr, '')
    return stdout
  }

  test('there is none before it is made', () => {
    assert.equal(findBundle(root), undefined)
  })

  test('it runs, and so do its threads, as the sources do', async () => {
    const bundle = await makeBundle(root)
    assert.equal(findBundle(root), bundle)
    assert.equal(run(), `one|module|${join(root, 'node')}|one false`)
    assert.ok(existsSync(join(bundle, 'some-worker.mjs')))
  })

  test('stack traces name the sources', () => {
    const stack = run('fail')
    const frames = ['method:25', 'inArrow:22', 'fail:30', 'runCommandLine:6'].map((frame) => {
      const [name, line] = frame.split(':')
      return `\n    at ${name} \\(${join(root, 'node', 'cli.ts')}:${line}:\\d+\\)`
    })
    assert.match(stack, new RegExp(`^OwnError: as asked${frames.join('')}\n`))
  })

  test('modules of Node that few starts use are loaded when they are', () => {
    assert.equal(run('modules'), 'e3b0c442|1|true|true|true')
  })

  test('whoever prepares one has it give an answer before its compiled code is kept', async () => {
    const bundle = findBundle(root)
    assert.ok(bundle !== undefined && !existsSync(compiledFile(bundle)))
    await prepareBundle(root)
    assert.ok(existsSync(compiledFile(bundle)))
    assert.equal(JSON.parse(readFileSync(join(root, 'asked'), 'utf8')).method, 'eth_chainId')
  })

  test('it is of the sources as they are, or it is not found', async () => {
    const first = findBundle(root)
    writeFileSync(part, `export const said: string = 'two'\n`)
    assert.equal(findBundle(root), undefined, 'a source of the same length')
    const second = await makeBundle(root)
    assert.notEqual(second, first)
    assert.equal(findBundle(root), second)
    assert.match(run(), /^two\|.*\|two false$/)
    // A process that runs it still loads its threads.
    assert.ok(existsSync(join(first!, 'some-worker.mjs')))

    writeFileSync(join(root, 'node', 'some-worker.ts'), `${WORKER}\n`)
    assert.equal(findBundle(root), undefined, 'the source of a thread')
    await makeBundle(root)
    writeFileSync(join(root, 'node_modules', '.package-lock.json'), '{ }')
    assert.equal(findBundle(root), undefined, 'packages')
    await makeBundle(root)
    rmSync(part)
    assert.equal(findBundle(root), undefined, 'a source is gone')
    await assert.rejects(makeBundle(root))
    assert.equal(findBundle(root), undefined)
    writeFileSync(part, `export const said: string = 'three'\n`)
  })

  test('a tree that was moved has none', async () => {
    await makeBundle(root)
    const moved = join(scratch, 'moved')
    cpSync(root, moved, { recursive: true, preserveTimestamps: true })
    assert.equal(findBundle(moved), undefined)
  })

  test('many may make it at the same time', async () => {
    writeFileSync(part, `export const said: string = 'four'\n`)
    const made = await Promise.all([1, 2, 3].map(() => makeBundle(root)))
    assert.equal(new Set(made).size, 1)
    assert.equal(findBundle(root), made[0])
    assert.match(run(), /^four\|/)
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith('making-')),
      [],
    )
  })

  test('what is no manifest is none', () => {
    for (const text of ['', '{}', 'null', '{"root":1}']) {
      writeFileSync(join(folder, MANIFEST), text)
      assert.equal(findBundle(root), undefined, text)
    }
  })
})

describe('pavm dev from a bundle', () => {
  const folder = join(scratch, 'bundles')
  const children: ChildProcess[] = []
  let bundle: string
  let url: string

  before(async () => {
    bundle = await makeBundle(ROOT, folder)
    url = await start()
  })
  after(async () => {
    for (const child of children) {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
    }
  })

  async function start(...flags: string[]): Promise<string> {
    const port = await freePortRange(1)
    const args = runArguments(ROOT, folder, ['dev', '--quiet', '--port', String(port), ...flags])
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    children.push(child)
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => (said += String(bytes)))
    await until('the node listens', () => said.includes('Listening on'))
    return `http://127.0.0.1:${port}`
  }

  test('transactions, calls, traces and simulations', async () => {
    const [from] = await rpc<Hex[]>(url, 'eth_accounts')
    // Runtime code that returns 42.
    const hash = await rpc<Hex>(url, 'eth_sendTransaction', { from, data: '0x67602a5f5260205ff35f5260086018f3' })
    const receipt = await rpc<{ contractAddress: Hex; status: Hex }>(url, 'eth_getTransactionReceipt', hash)
    assert.equal(receipt.status, '0x1')
    const call = { to: receipt.contractAddress }
    assert.equal(BigInt(await rpc<Hex>(url, 'eth_call', call, 'latest')), 42n)
    const trace = await rpc<{ structLogs: unknown[] }>(url, 'debug_traceCall', call, 'latest', {})
    assert.equal(trace.structLogs.length, 6)
    const [{ calls }] = await rpc<[{ calls: [{ status: Hex }] }]>(url, 'eth_simulateV1', {
      blockStateCalls: [{ calls: [call] }],
    })
    assert.equal(calls[0].status, '0x1')
    assert.match(await rpc<string>(url, 'web3_clientVersion'), /pavm\//)
  })

  test('subscriptions over WebSocket', async () => {
    const socket = new WebSocket(url.replace('http', 'ws'))
    const heard: { method?: string; result?: unknown }[] = []
    socket.addEventListener('message', ({ data }) => heard.push(JSON.parse(String(data))))
    await once(socket, 'open')
    socket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_subscribe', params: ['newHeads'] }))
    await until('it is subscribed', () => heard.length === 1)
    await rpc(url, 'anvil_mine')
    await until('a block', () => heard.at(-1)?.method === 'eth_subscription')
    socket.close()
  })

  test('a forked chain', async () => {
    const [from] = await rpc<Hex[]>(url, 'eth_accounts')
    const to = '0x00000000000000000000000000000000000000aa'
    await rpc(url, 'anvil_setBalance', to, '0x7b')
    const forked = await start('--fork', url)
    assert.equal(await rpc(forked, 'eth_getBalance', to, 'latest'), '0x7b')
    await rpc(forked, 'eth_sendTransaction', { from, to, value: '0x1' })
    assert.equal(await rpc(forked, 'eth_getBalance', to, 'latest'), '0x7c')
  })

  test('what is loaded on demand, and what went wrong', async () => {
    const document = await rpc<{ methods: unknown[] }>(url, 'rpc.discover')
    assert.ok(document.methods.length > 100)
    const metrics = await fetch(`${url}/metrics`)
    assert.match(await metrics.text(), /pavm_/)
    await assert.rejects(rpc(url, 'eth_call', { to: 'x' }), /invalid argument 0 \(\w+\.to\)/)
  })

  test('compiled code is kept for the next start', async () => {
    await until('its file', () => existsSync(compiledFile(bundle)))
  })

  test('help and refusals are those of the sources', () => {
    const broken = join(scratch, 'broken')
    mkdirSync(broken)
    writeFileSync(join(broken, 'genesis.json'), '{ "config": 1, "alloc": [] }')
    for (const command of [
      ['dev', '--help'],
      ['dev', '--port', 'x'],
      ['dev', '--fork-block-number', '1'],
      ['dev', '--data', broken],
    ]) {
      const bundled = spawnSync(process.execPath, runArguments(ROOT, folder, command), { encoding: 'utf8' })
      const main = join(ROOT, 'node', 'main.ts')
      const plain = spawnSync(process.execPath, [main, ...command], { encoding: 'utf8' })
      assert.deepEqual(
        [bundled.status, bundled.stdout, bundled.stderr],
        [plain.status, plain.stdout, plain.stderr],
        command.join(' '),
      )
    }
  })
})
