import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create2Address, createAddress } from '../../../primitives/contract-address.ts'
import { wordToHash } from '../../../primitives/hex.ts'
import { assemble } from '../fixtures/assembler.ts'
import { CONTRACT, OTHER, PLENTY, type RunOptions, runCode, topOfStack } from '../fixtures/run-code.ts'

type Others = NonNullable<RunOptions['others']>

/** Puts the init code into memory from 0 on and creates with it, leaving the address on the stack. */
function creation(initCode: string, { value = 0, salt }: { value?: number; salt?: bigint } = {}): string {
  const bytes = assemble(initCode)
  const stores = [...bytes].map((byte, position) => `${byte} ${position} MSTORE8`).join(' ')
  const create = salt === undefined ? 'CREATE' : 'CREATE2'
  return `${stores} ${salt === undefined ? '' : `PUSH32 ${salt} `}${bytes.length} 0 ${value} ${create}`
}

/** Init code that deploys a zero byte, `length` times. */
const deploys = (length: number) => `${length} 0 RETURN`

test('CREATE and CREATE2 put the contract where the rules say', () => {
  const initCode = deploys(1)
  const { state } = runCode(creation(initCode))
  const created = createAddress(CONTRACT, 1n)
  assert.deepEqual([...state.code(created)], [0])
  assert.equal(state.nonce(created), 1n)
  assert.equal(state.nonce(CONTRACT), 2n)
  assert.equal(topOfStack(creation(initCode)), BigInt(created))
  const salted = create2Address(CONTRACT, wordToHash(7n), assemble(initCode))
  assert.equal(topOfStack(creation(initCode, { salt: 7n })), BigInt(salted))
})

test('a creation costs 32,000, its init code (EIP-3860) and 200 a byte of code', () => {
  const empty = 'PUSH1 0 PUSH1 0 PUSH1 0 CREATE'
  assert.equal(runCode(empty, { hardfork: 'homestead' }).gasUsed, 32_009n)
  assert.equal(runCode(empty).gasUsed, 32_009n)
  // Two words of init code: 6 of memory, 4 for the words (and 12 for hashing them), nothing to run.
  const gasOf = (instruction: string, hardfork: RunOptions['hardfork'] & string) =>
    runCode(`PUSH1 0 PUSH1 33 PUSH1 0 PUSH1 0 ${instruction}`, { hardfork }).gasUsed - 12n
  assert.equal(gasOf('CREATE', 'paris'), 32_006n)
  assert.equal(gasOf('CREATE', 'shanghai'), 32_010n)
  assert.equal(gasOf('CREATE2', 'paris'), 32_018n)
  assert.equal(gasOf('CREATE2', 'shanghai'), 32_022n)
  // A byte more of code, in the same word of memory.
  const deployment = (length: number) => runCode(creation(deploys(length))).gasUsed
  assert.equal(deployment(2) - deployment(1), 200n)
})

test('an address in use takes all gas of the creation (EIP-684, EIP-7610)', () => {
  const created = createAddress(CONTRACT, 1n)
  for (const account of [{ nonce: 1n }, { code: assemble('STOP') }, { storage: new Map([[1n, 1n]]) }]) {
    const { gasUsed, state } = runCode(creation(deploys(1)), { others: [[created, account]] })
    assert.ok(gasUsed > PLENTY - PLENTY / 60n)
    assert.equal(state.nonce(CONTRACT), 2n)
  }
  assert.equal(topOfStack(creation(deploys(1)), { others: [[created, { balance: 5n }]] }), BigInt(created))
})

test('code beginning with 0xEF or too long is not deployed (EIP-3541, EIP-170)', () => {
  const prefixed = '0xef 0 MSTORE8 1 0 RETURN'
  assert.equal(topOfStack(creation(prefixed)), 0n)
  assert.notEqual(topOfStack(creation(deploys(24_576))), 0n)
  assert.equal(topOfStack(creation(deploys(24_577))), 0n)
})

test('a creation that reverts with data beginning with 0xEF gives it and its gas back (EIP-140, EIP-3541)', () => {
  const reverting = '0xef 0 MSTORE8 1 0 REVERT'
  assert.equal(topOfStack(`${creation(reverting)} POP RETURNDATASIZE`), 1n)
  assert.ok(runCode(creation(reverting)).gasUsed < 40_000n)
})

test('init code that begins with 0xEF00 is run, and halts at its first byte with all its gas (EIP-3541)', () => {
  const gas = 200_000n
  const { exit, gasUsed } = runCode('0xef00 0xf0 SHL 0 MSTORE 2 0 0 CREATE', { gas })
  assert.equal(exit.kind, 'return')
  assert.ok(gasUsed > gas - (gas - 32_000n) / 64n - 100n, `${gasUsed}`)
  for (const opcode of ['CREATE', 'CREATE2']) {
    const salt = opcode === 'CREATE2' ? '0' : ''
    assert.equal(topOfStack(`0xef00 0xf0 SHL 0 MSTORE ${salt} 2 0 0 ${opcode}`), 0n)
    assert.equal(topOfStack(`0xef00 0xf0 SHL 0 MSTORE ${salt} 2 0 0 ${opcode} POP RETURNDATASIZE`), 0n)
  }
})

test('init code that is too long halts before anything is looked at (EIP-3860)', () => {
  const { exit, state } = runCode('49153 0 0 CREATE')
  assert.deepEqual(exit, { kind: 'halt', cause: 'init-code-too-large' })
  assert.equal(state.endTransaction().effects.reads.get(CONTRACT)?.nonce ?? false, false)
  assert.equal(runCode('49152 0 0 CREATE').exit.kind, 'return')
  assert.equal(runCode('PUSH3 49153 PUSH1 0 PUSH1 0 CREATE', { hardfork: 'paris' }).exit.kind, 'return')
})

test('a creation that cannot pay for its code fails, but in Frontier leaves an empty contract (EIP-2)', () => {
  const gas = 32_000n + 25_000n
  // 100 bytes would cost 20,000.
  const code = `PUSH1 0x60 PUSH1 0 MSTORE8 PUSH1 200 PUSH1 1 MSTORE8 PUSH1 0x60 PUSH1 2 MSTORE8 PUSH1 0 PUSH1 3 MSTORE8 PUSH1 0xf3 PUSH1 4 MSTORE8 PUSH1 5 PUSH1 0 PUSH1 0 CREATE`
  const created = createAddress(CONTRACT, 1n)
  const frontier = runCode(code, { gas, hardfork: 'frontier' })
  assert.equal(frontier.state.exists(created), true)
  assert.equal(frontier.state.code(created).length, 0)
  const homestead = runCode(code, { gas, hardfork: 'homestead' })
  assert.equal(homestead.state.exists(created), false)
  assert.equal(homestead.gasUsed, gas)
})

test('a reverted creation gives its data, a successful one none', () => {
  assert.equal(topOfStack(`${creation('7 0 MSTORE 32 0 REVERT')} POP RETURNDATASIZE`), 32n)
  assert.equal(topOfStack(`${creation(deploys(32))} POP RETURNDATASIZE`), 0n)
})

test('a creation without the value, at the last nonce or in a static context does not begin', () => {
  assert.equal(topOfStack(creation(deploys(1), { value: 9 }), { account: { balance: 8n } }), 0n)
  const atLimit = runCode(creation(deploys(1)), { account: { nonce: 2n ** 64n - 1n } })
  assert.equal(atLimit.state.nonce(CONTRACT), 2n ** 64n - 1n)
  assert.deepEqual(runCode('0 0 0 CREATE', { isStatic: true }).exit, {
    kind: 'halt',
    cause: 'write-in-static-context',
  })
})

const destructing = `PUSH20 ${BigInt(OTHER)} SELFDESTRUCT`

test('SELFDESTRUCT keeps an older account from Cancun on (EIP-6780)', () => {
  const run = (hardfork: RunOptions['hardfork'] & string) => {
    const { state } = runCode(destructing, { hardfork, account: { balance: 5n }, others: [[OTHER, { nonce: 1n }]] })
    const { effects } = state.endTransaction()
    return { exists: effects.writes.get(CONTRACT)?.exists, credit: effects.credits.get(OTHER) }
  }
  assert.deepEqual(run('shanghai'), { exists: false, credit: 5n })
  assert.deepEqual(run('cancun'), { exists: undefined, credit: 5n })
})

test('SELFDESTRUCT to itself burns only what the transaction created (EIP-6780)', () => {
  const { state } = runCode('ADDRESS SELFDESTRUCT', { account: { balance: 5n } })
  assert.equal(state.balance(CONTRACT), 5n)
  const created = createAddress(CONTRACT, 1n)
  const inner = runCode(creation('ADDRESS SELFDESTRUCT', { value: 3 }), { account: { balance: 5n } })
  assert.equal(inner.state.balance(created), 0n)
  assert.equal(inner.state.balance(CONTRACT), 2n)
})

test('SELFDESTRUCT is charged and refunded as its hardfork has it', () => {
  const run = (hardfork: RunOptions['hardfork'] & string, balance: bigint, alive = false) => {
    const others: Others = alive ? [[OTHER, { balance: 1n }]] : []
    const { gasUsed, state } = runCode(destructing, { hardfork, account: { balance }, others })
    return { gas: gasUsed - 3n, refund: state.refund }
  }
  assert.deepEqual(run('frontier', 0n), { gas: 0n, refund: 24_000n })
  assert.deepEqual(run('tangerineWhistle', 0n), { gas: 30_000n, refund: 24_000n })
  assert.deepEqual(run('tangerineWhistle', 0n, true), { gas: 5_000n, refund: 24_000n })
  assert.deepEqual(run('spuriousDragon', 0n), { gas: 5_000n, refund: 24_000n })
  assert.deepEqual(run('spuriousDragon', 1n), { gas: 30_000n, refund: 24_000n })
  assert.deepEqual(run('berlin', 0n), { gas: 7_600n, refund: 24_000n })
  assert.deepEqual(run('london', 0n), { gas: 7_600n, refund: 0n })
})

test('a second SELFDESTRUCT of an account gives no second refund', () => {
  const call = `PUSH1 0 PUSH1 0 PUSH1 0 PUSH1 0 PUSH1 0 PUSH20 ${BigInt(OTHER)} PUSH3 50000 CALL POP`
  const others: Others = [[OTHER, { nonce: 1n, code: assemble(`PUSH20 ${BigInt(CONTRACT)} SELFDESTRUCT`) }]]
  assert.equal(runCode(`${call} ${call}`, { hardfork: 'berlin', others }).state.refund, 24_000n)
})
