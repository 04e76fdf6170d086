import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bytesToHex } from '../../primitives/hex.ts'
import { assemble } from './fixtures/assembler.ts'
import { CONTRACT, OTHER, runCode, topOfStack } from './fixtures/run-code.ts'
import type { Tracer } from './tracer.ts'

test('gas is enough to the unit', () => {
  // 3 + 2, 3 and a word of memory, 3 + 2, 0
  const code = '1 0 MSTORE 32 0 RETURN'
  const { gasUsed } = runCode(code)
  assert.equal(gasUsed, 16n)
  assert.equal(runCode(code, { gas: 16n }).exit.kind, 'return')
  assert.deepEqual(runCode(code, { gas: 15n }).exit, { kind: 'halt', cause: 'out-of-gas' })
})

test('memory costs 3 a word and a 512th of the square', () => {
  // 1000 words: 3000 + 1953
  assert.equal(runCode('31999 MLOAD').gasUsed - 3n - 3n, 3n * 1001n + (1001n * 1001n) / 512n)
  assert.deepEqual(runCode(`PUSH32 ${2n ** 256n - 1n} MLOAD`).exit, { kind: 'halt', cause: 'out-of-gas' })
  assert.equal(runCode(`0 PUSH32 ${2n ** 256n - 1n} RETURN`).exit.kind, 'return')
})

test('a jump goes to a JUMPDEST only, and not into an immediate', () => {
  assert.equal(runCode('4 JUMP INVALID JUMPDEST STOP').exit.kind, 'return')
  assert.deepEqual(runCode('3 JUMP STOP').exit, { kind: 'halt', cause: 'invalid-jump' })
  assert.deepEqual(runCode('4 JUMP .605b STOP').exit, { kind: 'halt', cause: 'invalid-jump' })
  assert.deepEqual(runCode(`PUSH32 ${2n ** 255n} JUMP JUMPDEST`).exit, { kind: 'halt', cause: 'invalid-jump' })
  assert.equal(runCode('0 3 JUMPI STOP').exit.kind, 'return')
})

test('an immediate past the end of the code is zeros', () => {
  const traced: bigint[] = []
  const tracer: Tracer = { onStep: ({ stack }, { name }) => name === 'STOP' && traced.push(stack.peek()) }
  assert.equal(runCode('.61ab', { tracer }).exit.kind, 'return')
  assert.equal(runCode('.7fab', { tracer }).exit.kind, 'return')
  assert.deepEqual(traced, [0xab00n, 0xabn << 248n])
})

test('a halt takes all gas and a revert gives back what is left', () => {
  assert.equal(runCode('INVALID', { gas: 1000n }).gasUsed, 1000n)
  const reverted = runCode('7 0 MSTORE 32 0 REVERT', { gas: 1000n })
  assert.equal(reverted.exit.kind, 'revert')
  assert.equal(reverted.output, 7n)
  assert.ok(reverted.gasUsed < 30n)
})

test('what a failed frame changed is undone, what it looked at stays recorded', () => {
  const { state } = runCode('1 5 SSTORE 0x07e4 BALANCE INVALID')
  const { effects } = state.endTransaction()
  assert.equal(effects.writes.size, 0)
  assert.deepEqual([...(effects.reads.get(CONTRACT)?.slots ?? [])], [5n])
  assert.equal(effects.reads.get(OTHER)?.balance, true)
})

test('calls nest 1,024 deep on the default thread stack', () => {
  const gas = 10n ** 15n
  let deepest = 0
  const tracer: Tracer = {
    onMessage: ({ depth }) => {
      deepest = Math.max(deepest, depth)
    },
  }
  // Calls itself with all gas, and returns how many below it did.
  const code = '32 0 0 0 0 ADDRESS GAS CALL POP 0 MLOAD 1 ADD 0 MSTORE 32 0 RETURN'
  const { exit, output } = runCode(code, { gas, tracer, account: { code: assemble(code) } })
  assert.equal(exit.kind, 'return')
  assert.equal(deepest, 1024)
  assert.equal(output, 1025n)
})

test('a tracer sees messages nested and every step', () => {
  const events: string[] = []
  const tracer: Tracer = {
    onMessage: ({ recipient, depth }) => events.push(`> ${recipient} ${depth}`),
    onStep: (frame, { name, gas }) => events.push(`${frame.programCounter} ${name} ${gas} ${frame.stack.size}`),
    onResult: ({ depth }, { exit }) => events.push(`< ${depth} ${exit.kind}`),
  }
  runCode('0 0 0 0 0 4 GAS CALL', { tracer, hardfork: 'shanghai' })
  const identity = `0x${'4'.padStart(40, '0')}`
  assert.deepEqual(events, [
    `> ${CONTRACT} 0`,
    ...[0, 1, 2, 3, 4].map((position) => `${position} PUSH0 2 ${position}`),
    '5 PUSH1 3 5',
    '7 GAS 2 6',
    '8 CALL 100 7',
    `> ${identity} 1`,
    '< 1 return',
    '9 STOP 0 1',
    '< 0 return',
  ])
})

test('the block and the transaction are seen as they are', () => {
  const environment = {
    blockHash: (number: bigint) => (number === 999n ? (`0x${'99'.repeat(32)}` as const) : undefined),
    prevRandao: `0x${'aa'.repeat(32)}` as const,
  }
  assert.equal(topOfStack('999 BLOCKHASH', { environment }), BigInt(`0x${'99'.repeat(32)}`))
  assert.equal(topOfStack('998 BLOCKHASH', { environment }), 0n)
  assert.equal(topOfStack('1000 BLOCKHASH', { environment }), 0n)
  assert.equal(topOfStack('.44', { environment }), BigInt(`0x${'aa'.repeat(32)}`))
  assert.equal(topOfStack('.44', { environment, hardfork: 'london' }), 131_072n)
  assert.equal(topOfStack('TIMESTAMP'), 12_345n)
  assert.equal(topOfStack('NUMBER'), 1000n)
  assert.equal(topOfStack('BASEFEE'), 7n)
  assert.equal(topOfStack('GASPRICE'), 10n)
  assert.equal(topOfStack('0 BLOBHASH'), 0n)
  assert.equal(topOfStack('ADDRESS'), BigInt(CONTRACT))
  assert.equal(topOfStack('CALLVALUE', { value: 3n }), 3n)
  assert.equal(topOfStack('31 CALLDATALOAD', { data: new Uint8Array(33).fill(7) }), 0x0707n << 240n)
})

test('copies pad with zeros and RETURNDATACOPY halts past the end', () => {
  assert.equal(topOfStack('32 1 0 CALLDATACOPY 0 MLOAD', { data: Uint8Array.of(1, 2, 3) }), 0x0203n << 240n)
  assert.equal(topOfStack(`32 PUSH32 ${2n ** 256n - 1n} 0 CALLDATACOPY 0 MLOAD`, { data: Uint8Array.of(1) }), 0n)
  assert.deepEqual(runCode('1 0 0 RETURNDATACOPY').exit, { kind: 'halt', cause: 'return-data-out-of-bounds' })
  assert.equal(runCode('0 0 0 RETURNDATACOPY').exit.kind, 'return')
})

test('MCOPY copies overlapping ranges as if through a buffer (EIP-5656)', () => {
  assert.equal(
    topOfStack(`PUSH32 0x${'0102030405060708'.repeat(4)} 0 MSTORE 8 0 1 MCOPY 0 MLOAD`),
    BigInt(`0x01${'0102030405060708'}${'0102030405060708'.repeat(3).slice(2)}`),
  )
})

test('an event has the contract, its topics and a copy of memory', () => {
  const { state } = runCode('7 0 MSTORE 2 1 32 0 LOG2')
  const [log] = state.endTransaction().logs
  assert.equal(log?.address, CONTRACT)
  assert.deepEqual(log?.topics.map(BigInt), [1n, 2n])
  assert.equal(bytesToHex(log?.data ?? new Uint8Array()), `0x${'7'.padStart(64, '0')}`)
  assert.deepEqual(runCode('0 0 LOG0', { isStatic: true }).exit, {
    kind: 'halt',
    cause: 'write-in-static-context',
  })
})

test('bytes that are no instruction under the rules halt', () => {
  const halted = { kind: 'halt', cause: 'invalid-opcode' }
  assert.deepEqual(runCode('.0c').exit, halted)
  assert.deepEqual(runCode('0 CLZ', { hardfork: 'prague' }).exit, halted)
  assert.deepEqual(runCode('.5f', { hardfork: 'paris' }).exit, halted)
  assert.equal(runCode('.5f', { hardfork: 'shanghai' }).exit.kind, 'return')
})
