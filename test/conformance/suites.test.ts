import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { type Address, bytesToHex } from '../../primitives/hex.ts'
import { EMPTY_OMMERS_HASH } from '../../primitives/keccak.ts'
import { privateKeyToAddress } from '../../primitives/secp256k1.ts'
import { encodeTransaction, signTransaction } from '../../primitives/transaction.ts'
import { stateFromJson, stateRootOf } from './json-state.ts'
import { type FileReport, runFile } from './run-file.ts'
import { VectorReader } from './vector-files.ts'

/** Each suite on a case that is right and on ones that are wrong in one thing: none of them lets everything pass. */

const directory = mkdtempSync(join(tmpdir(), 'pavm-'))
after(() => rmSync(directory, { recursive: true, force: true }))

const ALL = { name: '', fork: '', stride: 1, offset: 0, trace: false }

async function run(path: string, content: unknown, options: Partial<typeof ALL> = {}): Promise<FileReport> {
  const file = join(directory, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, JSON.stringify(content))
  return await runFile(path, { ...ALL, ...options }, new VectorReader({ directory }))
}

async function problemsOf(path: string, content: unknown): Promise<string[]> {
  return (await run(path, content)).failures.map(({ problem }) => problem)
}

const KEY = new Uint8Array(32).fill(7)
const SENDER = privateKeyToAddress(KEY)
const RECIPIENT: Address = `0x${'aa'.repeat(20)}`
const COINBASE: Address = `0x${'cc'.repeat(20)}`
const ETHER = 10n ** 18n

const transfer = { nonce: 0n, gasPrice: 10n, gasLimit: 21_000n, to: RECIPIENT, value: 5n, data: new Uint8Array() }
const signed = bytesToHex(encodeTransaction(signTransaction({ type: 0, ...transfer }, KEY)))
const account = (balance: bigint, nonce = '0x0') => ({
  nonce,
  balance: `0x${balance.toString(16)}`,
  code: '0x',
  storage: {},
})

const before = { [SENDER]: account(ETHER) }
const afterwards = {
  [SENDER]: account(ETHER - 5n - 210_000n, '0x1'),
  [RECIPIENT]: account(5n),
  [COINBASE]: account(210_000n),
}

function stateTest(expected: Record<string, unknown>, fork = 'Berlin'): unknown {
  const env = { currentCoinbase: COINBASE, currentGasLimit: '0x100000', currentNumber: '0x1', currentTimestamp: '0x1' }
  const right = {
    hash: stateRootOf(stateFromJson(afterwards)),
    // Of no logs at all: keccak256(rlp([])).
    logs: EMPTY_OMMERS_HASH,
    txbytes: signed,
    indexes: { data: 0, gas: 0, value: 0 },
    state: afterwards,
  }
  return { 'a transfer': { env, pre: before, transaction: {}, post: { [fork]: [{ ...right, ...expected }] } } }
}

test('state tests', async () => {
  const unlike = `0x${'11'.repeat(32)}`
  assert.deepEqual(await problemsOf('state/a.json', stateTest({})), [])
  const [root] = await problemsOf('state/b.json', stateTest({ hash: unlike, state: before }))
  assert.match(root ?? '', /state root .*should be 0x1111/)
  assert.match(root ?? '', new RegExp(`${RECIPIENT}: nonce 0 balance 5 .*should be absent`))
  assert.match(root ?? '', /succeeded, used 21000 gas, wrote 0 logs/)
  assert.match((await problemsOf('state/c.json', stateTest({ logs: unlike })))[0] ?? '', /hash of the logs/)
  const refused = { expectException: 'TransactionException.NONCE_MISMATCH_TOO_HIGH' }
  assert.match((await problemsOf('state/d.json', stateTest(refused)))[0] ?? '', /accepted, should be refused/)
})

test('refused transactions of state tests, for the right reason', async () => {
  const next = bytesToHex(encodeTransaction(signTransaction({ type: 0, ...transfer, nonce: 1n }, KEY)))
  const hash = stateRootOf(stateFromJson(before))
  const expecting = (name: string) =>
    stateTest({ txbytes: next, hash, expectException: `TransactionException.${name}` })
  assert.deepEqual(await problemsOf('state/e.json', expecting('NONCE_MISMATCH_TOO_HIGH')), [])
  assert.deepEqual(await problemsOf('state/f.json', expecting('X|TransactionException.NONCE_MISMATCH_TOO_HIGH')), [])
  assert.match(
    (await problemsOf('state/g.json', expecting('SENDER_NOT_EOA')))[0] ?? '',
    /another reason: nonce-too-high/,
  )
  const { unchecked, failures } = await run('state/h.json', expecting('OF_TOMORROW'))
  assert.deepEqual(
    [...unchecked],
    [['refused, but no reason of ours is known for TransactionException.OF_TOMORROW', 1]],
  )
  assert.deepEqual(failures, [])
})

test('hardforks that are none of ours are skipped, and said to be', async () => {
  const { skips, byFork } = await run('state/i.json', stateTest({}, 'Verkle'))
  assert.deepEqual([...skips], [['a hardfork that pavm does not have', 1]])
  assert.deepEqual(byFork.get('Verkle'), { passed: 0, failed: 0, skipped: 1 })
})

test('transaction tests', async () => {
  const of = (result: unknown) => ({ t: { txbytes: signed, result: { Berlin: result } } })
  const intrinsicGas = '0x5208'
  const wrong = await problemsOf('tx/a.json', of({ hash: '0x00', sender: SENDER, intrinsicGas }))
  assert.match(wrong[0] ?? '', /hash is 0x/)
  const accepted = await problemsOf('tx/b.json', of({ exception: 'TransactionException.RLP_ERROR_SIZE' }))
  assert.match(accepted[0] ?? '', /accepted/)
  const cut = { t: { txbytes: signed.slice(0, -2), result: { Berlin: { exception: 'TransactionException.X' } } } }
  assert.equal((await run('tx/c.json', cut)).unchecked.size, 1)
  cut.t.result.Berlin.exception = 'TransactionException.RLP_ERROR_SIZE'
  assert.deepEqual(await problemsOf('tx/d.json', cut), [])
  cut.t.result.Berlin.exception = 'TransactionException.INVALID_CHAINID'
  assert.match((await problemsOf('tx/e.json', cut))[0] ?? '', /another reason: rlp/)
})

/** Of DifficultyTests/dfByzantium and dfArrowGlacier of ethereum/tests. */
const DIFFICULTIES = {
  Byzantium: {
    DifficultyTest1030: {
      currentBlockNumber: '0x0186a0',
      currentDifficulty: '0x1b4780a170e725e9',
      currentTimestamp: '0xfb02a4fa',
      parentDifficulty: '0x1b4780a170e725e9',
      parentTimestamp: '0xfb02a4e6',
      parentUncles: '0x01',
    },
  },
  ArrowGlacier: {
    'difficultyArrowGlacierTimeDiff1-100': {
      currentBlockNumber: '0xe4e1c0',
      currentDifficulty: '0x216a88c2f56f2e',
      currentTimestamp: '0x01ca',
      parentDifficulty: '0x223a2d17232652',
      parentTimestamp: '0x00',
      parentUncles: '0x00',
    },
  },
}

test('difficulty tests', async () => {
  const { byFork, failures } = await run('difficulty/a.json', { d: { _info: {}, ...DIFFICULTIES } })
  assert.deepEqual(failures, [])
  assert.equal(byFork.get('ArrowGlacier')?.passed, 1)
  const { DifficultyTest1030: right } = DIFFICULTIES.Byzantium
  const wrong = { d: { Byzantium: { a: { ...right, parentUncles: '0x00' } } } }
  assert.match((await problemsOf('difficulty/b.json', wrong))[0] ?? '', /difficulty is \d+, should be \d+/)
})

const WRONG: readonly (readonly [path: string, content: unknown, problem: RegExp])[] = [
  ['rlp/encoding.json', { a: { in: 'dog', out: '0x83646f66' } }, /encoding is 0x83646f67/],
  ['rlp/invalid.json', { a: { in: 'INVALID', out: '0x83646f67' } }, /verdict is VALID/],
  ['rlp/valid.json', { a: { in: 'VALID', out: '0x83646f' } }, /verdict is INVALID/],
  ['trie/root.json', { a: { in: [['a', 'b']], root: `0x${'22'.repeat(32)}` } }, /root is 0x/],
  ['trie/order.json', { a: { in: ['a', 'c'], tests: [['b', 'a', 'b']] } }, /neighbours/],
  ['precompile/p256.json', [{ Name: 'n', Input: '', Expected: '01' }], /output is /],
  ['precompile/identity/modexp.json', [{ Name: 'n', Input: '00', Expected: '', Gas: 1 }], /gas is 500/],
  ['hex/a.json', { a: { seq: [1], term: true, out: '21' } }, /path is 0x31/],
  ['keys/a.json', [{ seed: 's', key: '07'.repeat(32), addr: '00' }], /address is/],
  ['accounts.json', [{ name: 'n', privateKey: `0x${'07'.repeat(32)}`, address: '0x', icap: '' }], /address is/],
  ['creates.json', [{ sender: SENDER, creates: [{ name: 'n', nonce: 1, address: '0x' }] }], /address is/],
  ['hashes.json', [{ name: 'n', data: '0x', keccak256: '', sha256: '', ripemd160: '' }], /hash is/],
  ['rlps.json', [{ name: 'n', decoded: '0x01', encoded: '0x02' }], /encoding is 0x01/],
]
for (const [path, content, problem] of WRONG) {
  test(`a wrong vector fails: ${path}`, async () => assert.match((await problemsOf(path, content))[0] ?? '', problem))
}

test('a case that throws fails, with where it threw', async () => {
  const [problem] = await problemsOf('rlp/throws.json', { a: { in: 'dog', out: '0xzz' } })
  assert.match(problem ?? '', /^threw .*DecodeError: expected hex/)
})

test('JSON-RPC', async () => {
  const ask = (method: string, answer: object) =>
    `>> ${JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: [] })}\n<< ${JSON.stringify({ jsonrpc: '2.0', id: 1, ...answer })}\n`
  const files = {
    'chain.rlp': '',
    'eth_blockNumber/right.io': ask('eth_blockNumber', { result: '0x0' }),
    'eth_chainId/wrong.io': ask('eth_chainId', { result: '0x8' }),
    'eth_gasPrice/shape.io': `// speconly: only its shape\n${ask('eth_gasPrice', { result: '0x1' })}`,
    'eth_none/right.io': ask('eth_none', { error: { code: -32601, message: 'in other words' } }),
    'txpool_status/shape.io': `// speconly: only its shape\n${ask('txpool_status', { result: {} })}`,
  }
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, 'rpc/tests', path)), { recursive: true })
    writeFileSync(join(directory, 'rpc/tests', path), text)
  }
  const schemas = {
    eth_gasPrice: { type: 'string' },
    txpool_status: { type: 'object', properties: { waiting: {} }, required: ['waiting'] },
  }
  const methods = Object.entries(schemas).map(([name, schema]) => ({ name, result: { schema } }))
  writeFileSync(join(directory, 'rpc/openrpc.json.gz'), gzipSync(JSON.stringify({ methods })))
  const genesis = { config: { chainId: 7, terminalTotalDifficulty: 0, shanghaiTime: 0 }, alloc: {} }
  const forks = [
    'homestead',
    'eip150',
    'eip155',
    'eip158',
    'byzantium',
    'constantinople',
    'istanbul',
    'berlin',
    'london',
  ]
  Object.assign(genesis.config, Object.fromEntries(forks.map((fork) => [`${fork}Block`, 0])))
  const { suite, byFork, failures } = await run('rpc/tests/genesis.json', genesis)
  assert.equal(suite, 'JSON-RPC')
  assert.equal(byFork.get('-')?.passed, 3)
  const [wrong, shape, ...others] = failures
  assert.deepEqual(others, [])
  assert.equal(wrong?.name, 'eth_chainId/wrong')
  assert.match(wrong?.problem ?? '', /answer\.result is "0x7", should be "0x8"/)
  assert.equal(shape?.name, 'txpool_status/shape')
  assert.match(shape?.problem ?? '', /not of its schema/)
})

test('files of no suite are told apart: those that are listed, and those that nobody knows', async () => {
  assert.match((await run('KeyStoreTests/a.json', {})).notRun ?? '', /keystore/)
  assert.match((await run('other/a.json', { a: 1 })).notRun ?? '', /no kind that is known/)
})

test('a sample takes every n-th case, and names and forks choose', async () => {
  const five = Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((name) => [name, { in: 'dog', out: '0x83646f67' }]))
  const passedOf = async (options: Partial<typeof ALL>) =>
    (await run('rlp/five.json', five, options)).byFork.get('-')?.passed ?? 0
  assert.equal(await passedOf({}), 5)
  assert.equal(await passedOf({ stride: 2 }), 3)
  assert.equal(await passedOf({ stride: 2, offset: 1 }), 2)
  assert.equal(await passedOf({ name: 'c' }), 1)
  assert.equal(await passedOf({ fork: 'Osaka' }), 0)
})
