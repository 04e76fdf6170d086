import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Address, wordToAddress } from '../../../primitives/hex.ts'
import { delegationCode } from '../delegation.ts'
import { assemble } from '../fixtures/assembler.ts'
import { CONTRACT, OTHER, type RunOptions, runCode, topOfStack } from '../fixtures/run-code.ts'

type Others = NonNullable<RunOptions['others']>

const THIRD: Address = wordToAddress(0x3dn)
const IDENTITY = 4

/** Gas, address, value, and no data either way. */
const callWith = (name: string, gas: bigint | number, address: bigint | number | Address, value?: number) =>
  `PUSH1 0 PUSH1 0 PUSH1 0 PUSH1 0 ${value === undefined ? '' : `PUSH2 ${value} `}PUSH20 ${BigInt(address)} PUSH8 ${gas} ${name}`
const PUSHES_WITH_VALUE = 21n

const others = (code: string): Others => [[OTHER, { nonce: 1n, code: assemble(code) }]]

test('the four calls differ in account, caller, value and writes', () => {
  // Returns 4 * (address is CONTRACT) + 2 * (caller is CONTRACT) + (value is 5).
  const code = `5 CALLVALUE EQ PUSH20 ${BigInt(CONTRACT)} CALLER EQ 2 MUL ADD PUSH20 ${BigInt(CONTRACT)} ADDRESS EQ 4 MUL ADD 0 MSTORE 32 0 RETURN`
  const returned = (call: string) =>
    runCode(`${call} POP 32 0 0 RETURNDATACOPY 32 0 RETURN`, {
      value: 5n,
      account: { balance: 100n },
      others: others(code),
    }).output
  assert.equal(returned(callWith('CALL', 100_000, OTHER, 6)), 2n)
  assert.equal(returned(callWith('CALLCODE', 100_000, OTHER, 5)), 7n)
  assert.equal(returned(callWith('DELEGATECALL', 100_000, OTHER)), 5n)
  assert.equal(returned(callWith('STATICCALL', 100_000, OTHER)), 2n)
})

test('a call costs what its hardfork and its target say', () => {
  const gasOf = (hardfork: RunOptions['hardfork'] & string, target: Address, value: number, alive: boolean) => {
    const gas = callWith('CALL', 0, target, value)
    const { exit, gasUsed } = runCode(gas, {
      hardfork,
      account: { balance: 100n },
      others: alive ? [[target, { balance: 1n }]] : [],
    })
    assert.equal(exit.kind, 'return')
    // An account without code uses nothing of the stipend, which comes back.
    return gasUsed - PUSHES_WITH_VALUE
  }
  assert.equal(gasOf('frontier', OTHER, 0, true), 40n)
  assert.equal(gasOf('frontier', OTHER, 0, false), 25_040n)
  assert.equal(gasOf('tangerineWhistle', OTHER, 0, true), 700n)
  assert.equal(gasOf('tangerineWhistle', OTHER, 0, false), 25_700n)
  assert.equal(gasOf('spuriousDragon', OTHER, 0, false), 700n)
  assert.equal(gasOf('spuriousDragon', OTHER, 1, false), 700n + 9_000n + 25_000n - 2_300n)
  assert.equal(gasOf('berlin', OTHER, 0, true), 2_600n)
  assert.equal(gasOf('berlin', OTHER, 1, true), 2_600n + 9_000n - 2_300n)
  assert.equal(gasOf('berlin', CONTRACT, 0, false), 100n)
  assert.equal(gasOf('osaka', wordToAddress(1n), 0, false), 100n)
})

test('all but a 64th is passed on, and before EIP-150 exactly what was asked for', () => {
  // The callee returns the gas it has.
  const accounts = others('GAS 0 MSTORE 32 0 RETURN')
  const passed = (requested: bigint, hardfork: RunOptions['hardfork'] & string, gas: bigint) =>
    runCode(`${callWith('CALL', requested, OTHER, 0)} POP`, {
      hardfork,
      gas,
      others: [[OTHER, { code: assemble('GAS PUSH1 0 MSTORE PUSH1 32 PUSH1 0 RETURN') }]],
    })
  const tooMuch = passed(1_000_000n, 'homestead', 100_000n)
  assert.deepEqual(tooMuch.exit, { kind: 'halt', cause: 'out-of-gas' })
  assert.equal(passed(90_000n, 'homestead', 100_000n).exit.kind, 'return')
  assert.equal(passed(1_000_000n, 'tangerineWhistle', 100_000n).exit.kind, 'return')

  const code = `32 0 0 0 0 PUSH20 ${BigInt(OTHER)} PUSH8 ${10n ** 12n} CALL POP 0 MLOAD 0 MSTORE 32 0 RETURN`
  const { output } = runCode(code, { gas: 100_000n, others: accounts })
  // 3 + 4 * 2 + 3 + 3 of pushes, 100 and 2,500 of access, 3 of memory.
  const left = 100_000n - 17n - 2_603n
  assert.equal(output, left - left / 64n - 2n)
})

test('a value that is not there fails the call and keeps the gas', () => {
  const { exit, state, gasUsed } = runCode(callWith('CALL', 50_000, OTHER, 7), { account: { balance: 6n } })
  assert.equal(exit.kind, 'return')
  assert.ok(gasUsed < 40_000n)
  assert.equal(state.balance(CONTRACT), 6n)
  assert.equal(topOfStack(callWith('CALL', 50_000, OTHER, 7), { account: { balance: 6n } }), 0n)
  assert.equal(topOfStack(callWith('CALL', 50_000, OTHER, 6), { account: { balance: 6n } }), 1n)
})

test('a static context is handed down, and forbids value', () => {
  const write = '1 1 SSTORE'
  assert.equal(topOfStack(callWith('STATICCALL', 100_000, OTHER), { others: others(write) }), 0n)
  assert.equal(topOfStack(callWith('CALL', 100_000, OTHER, 0), { others: others(write) }), 1n)
  const below = others(`${callWith('CALL', 50_000, THIRD, 1)}`)
  assert.equal(topOfStack(callWith('STATICCALL', 100_000, OTHER), { others: below }), 0n)
})

test('the output goes to memory as far as there is room, and all of it to the return data', () => {
  const returnsTwoWords = others('7 0 MSTORE 8 32 MSTORE 64 0 RETURN')
  const call = `32 0 0 0 0 PUSH20 ${BigInt(OTHER)} 50000 CALL POP`
  assert.equal(topOfStack(`${call} 0 MLOAD`, { others: returnsTwoWords }), 7n)
  assert.equal(topOfStack(`${call} 32 MLOAD`, { others: returnsTwoWords }), 0n)
  assert.equal(topOfStack(`${call} RETURNDATASIZE`, { others: returnsTwoWords }), 64n)
})

test('a call to a precompile copies its result', () => {
  assert.equal(topOfStack(`42 0 MSTORE 32 32 32 0 0 ${IDENTITY} 1000 CALL POP 32 MLOAD`), 42n)
})

test('a look that is not paid for is not recorded (EIP-7928)', () => {
  const recorded = (code: string, gas: bigint, address = OTHER, more: RunOptions = {}) =>
    runCode(code, { gas, ...more })
      .state.endTransaction()
      .effects.reads.has(address)
  const balance = `PUSH20 ${BigInt(OTHER)} BALANCE`
  assert.equal(recorded(balance, 2_603n), true)
  assert.equal(recorded(balance, 2_602n), false)
  const call = callWith('CALL', 0, OTHER, 0)
  assert.equal(recorded(call, 2_621n), true)
  assert.equal(recorded(call, 2_620n), false)
  const withValue = callWith('CALL', 0, OTHER, 1)
  // Bringing the account into being is not paid for, but knowing that needs a look.
  assert.equal(recorded(withValue, 2_621n + 9_000n, OTHER, { account: { balance: 5n } }), true)
  assert.equal(recorded(withValue, 2_620n + 9_000n, OTHER, { account: { balance: 5n } }), false)
})

test('the code that a delegation names runs on the delegating account (EIP-7702)', () => {
  const accounts: Others = [
    [OTHER, { nonce: 1n, code: delegationCode(THIRD) }],
    [THIRD, { nonce: 1n, code: assemble('ADDRESS 0 MSTORE 32 0 RETURN') }],
  ]
  const call = `32 0 0 0 0 PUSH20 ${BigInt(OTHER)} 50000 CALL POP 0 MLOAD`
  assert.equal(topOfStack(call, { others: accounts }), BigInt(OTHER))
  // Before Prague the same bytes are an invalid instruction.
  assert.equal(topOfStack(call, { others: accounts, hardfork: 'cancun' }), 0n)
  assert.equal(topOfStack(`PUSH20 ${BigInt(OTHER)} EXTCODESIZE`, { others: accounts }), 23n)

  const { gasUsed } = runCode(callWith('CALL', 0, OTHER, 0), { others: accounts })
  assert.equal(gasUsed - PUSHES_WITH_VALUE, 2_600n + 2_600n)
  // The delegate is not looked at before its access is paid for.
  const reads = (gas: bigint) =>
    runCode(callWith('CALL', 0, OTHER, 0), { gas, others: accounts }).state.endTransaction().effects.reads
  assert.equal(reads(5_221n).has(THIRD), true)
  assert.equal(reads(5_220n).has(THIRD), false)
  assert.equal(reads(5_220n).has(OTHER), true)
})

test('a delegation to a precompile runs nothing (EIP-7702)', () => {
  const accounts: Others = [[OTHER, { nonce: 1n, code: delegationCode(wordToAddress(4n)) }]]
  const call = `7 0 MSTORE 32 32 32 0 0 PUSH20 ${BigInt(OTHER)} 50000 CALL POP`
  assert.equal(topOfStack(`${call} RETURNDATASIZE`, { others: accounts }), 0n)
})

test('a transfer does not look at the balance of its recipient', () => {
  const { state } = runCode(callWith('CALL', 0, OTHER, 3), {
    account: { balance: 5n },
    others: [[OTHER, { nonce: 1n, code: assemble('STOP') }]],
  })
  const { effects } = state.endTransaction()
  assert.equal(effects.reads.get(OTHER)?.balance, false)
  assert.equal(effects.credits.get(OTHER), 3n)
  assert.equal(effects.writes.get(CONTRACT)?.balance, 2n)
})
