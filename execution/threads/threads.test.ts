import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { rulesFor } from '../../config/hardforks.ts'
import { DEFAULT_THREAD_RULES } from '../../config/thread-rules.ts'
import { bytesToBigint } from '../../primitives/bytes.ts'
import { assemble } from '../evm/fixtures/assembler.ts'
import { CONTRACT, OTHER } from '../evm/fixtures/run-code.ts'
import { outputOf } from '../evm/message.ts'
import { contractOf, type RunOptions, runAll } from './fixtures/run-threads.ts'

/** Code that starts a thread with one byte of call data. */
const subsol = (id: number, byte: number) => `${byte} PUSH0 MSTORE8 1 PUSH0 ${id} SUBSOL`
const afterA = (id: number, other: number, byte: number) => `${byte} PUSH0 MSTORE8 1 PUSH0 ${other} ${id} AFTERA`
const store = (slot: number, value: number) => `${value} ${slot} SSTORE`
const returnTop = 'PUSH0 MSTORE 32 PUSH0 RETURN'
/** Appends a digit to the number in slot 0: what came in which order. */
const append = (digit: number) => `PUSH0 SLOAD 10 MUL ${digit} ADD PUSH0 SSTORE`

function reason(output: Uint8Array): string {
  const length = Number(bytesToBigint(output.subarray(36, 68)))
  return Buffer.from(output.subarray(68, 68 + length)).toString()
}

function faultOf(code: Uint8Array, options: RunOptions = {}): string {
  const { exit } = runAll(code, options)
  assert.equal(exit.kind, 'revert')
  return reason(outputOf(exit))
}

describe('sub-threads', () => {
  test('take effect at the end of the frame, in the order in which they were started', () => {
    const { slots, exit } = runAll(contractOf(`${subsol(2, 1)} ${subsol(1, 2)}`, { 1: append(1), 2: append(2) }))
    assert.equal(exit.kind, 'return')
    assert.equal(slots[0], 12n)
  })

  for (const [name, look] of Object.entries({
    SLOAD: 'PUSH0 SLOAD',
    SSTORE: `${store(0, 9)} PUSH0 SLOAD`,
    TLOAD: 'PUSH0 TLOAD POP PUSH0 SLOAD',
    SELFBALANCE: 'SELFBALANCE POP PUSH0 SLOAD',
    LOG0: 'PUSH0 PUSH0 LOG0 PUSH0 SLOAD',
    CALL: `PUSH0 PUSH0 PUSH0 PUSH0 PUSH0 ${OTHER} GAS CALL POP PUSH0 SLOAD`,
  })) {
    test(`are joined before ${name}`, () => {
      const code = contractOf(`${subsol(1, 1)} ${look} ${returnTop}`, { 1: `${store(0, 5)} PUSH0 PUSH0 LOG0` })
      const { output, logs } = runAll(code)
      assert.equal(output, name === 'SSTORE' ? 9n : 5n)
      assert.equal(logs.length, name === 'LOG0' ? 2 : 1)
    })
  }

  test('have not happened yet where nothing joins', () => {
    const loop = '0 again: 1 ADD DUP1 1000 GT @again JUMPI'
    const { output } = runAll(
      contractOf(`${subsol(1, 1)} ${loop} POP GAS PUSH0 SLOAD POP GAS SWAP1 SUB ${returnTop}`, { 1: store(0, 5) }),
    )
    // The thread is paid for at the SLOAD.
    assert.ok(output > 20_000n)
  })

  test('JOIN tells how one ended and what it returned', () => {
    const joined = '32 PUSH0 1 JOIN PUSH0 MLOAD ADD RETURNDATASIZE ADD'
    const code = contractOf(`${subsol(1, 1)} ${joined} ${returnTop}`, { 1: `40 ${returnTop}` })
    assert.equal(runAll(code).output, 40n + 1n + 32n)
    const failing = contractOf(`${subsol(1, 1)} ${joined} ${returnTop}`, { 1: '40 PUSH0 MSTORE 32 PUSH0 REVERT' })
    assert.equal(runAll(failing).output, 40n + 0n + 32n)
  })

  test('one that reverts or runs out of gas has no effect but for the gas', () => {
    const revert = `${store(1, 5)} PUSH0 PUSH0 REVERT`
    const { slots, exit, logs } = runAll(
      contractOf(`${subsol(1, 1)} ${subsol(2, 2)} ${subsol(3, 3)}`, {
        1: revert,
        2: `PUSH0 PUSH0 LOG0 ${store(2, 5)} INVALID`,
        3: store(3, 5),
      }),
    )
    assert.equal(exit.kind, 'return')
    assert.deepEqual([slots[1], slots[2], slots[3]], [0n, 0n, 5n])
    assert.deepEqual(logs, [])
  })

  test('a frame that reverts takes its threads with it, and does not run those it has put off', () => {
    const { slots, exit, gasUsed } = runAll(contractOf(`${subsol(1, 1)} PUSH0 PUSH0 REVERT`, { 1: store(1, 5) }))
    assert.equal(exit.kind, 'revert')
    assert.equal(slots[1], 0n)
    assert.ok(gasUsed < 2_000n)
    const joined = runAll(contractOf(`${subsol(1, 1)} PUSH0 SLOAD PUSH0 PUSH0 REVERT`, { 1: store(1, 5) }))
    assert.equal(joined.slots[1], 0n)
    assert.ok(joined.gasUsed > 20_000n)
  })

  test('AFTERA, AFTERW and AFTERR come after the thread they name', () => {
    const after = (instruction: string) => `3 PUSH0 MSTORE8 1 PUSH0 55 8 5 ${instruction}`
    for (const [how, expected] of [
      [afterA(5, 8, 3), 132n],
      [after('AFTERW'), 132n],
      [after('AFTERR'), 132n],
    ] as const) {
      // 5 waits for 8, which is started later; 9 for nobody.
      const code = contractOf(`${subsol(7, 1)} ${how} ${subsol(8, 2)}`, { 1: append(1), 2: append(3), 3: append(2) })
      assert.equal(runAll(code).slots[0], expected)
    }
  })

  test('one that is dropped has no effect, and those behind it have theirs', () => {
    const code = contractOf(`${subsol(1, 1)} ${afterA(2, 1, 2)} 1 REVERTT PUSH0 PUSH0 1 JOIN ${returnTop}`, {
      1: append(1),
      2: append(2),
    })
    const { slots, output } = runAll(code)
    assert.equal(slots[0], 2n)
    assert.equal(output, 0n)
  })

  test('SLEEP changes nothing but the gas', () => {
    const code = (turns: number) =>
      contractOf(`${subsol(1, 1)} ${subsol(2, 2)} ${turns} 1 SLEEP`, { 1: append(1), 2: append(2) })
    const [short, long] = [runAll(code(1)), runAll(code(1_001))]
    assert.equal(short.slots[0], 12n)
    assert.deepEqual(long.slots, short.slots)
    assert.equal(long.gasUsed - short.gasUsed, 1_000n * DEFAULT_THREAD_RULES.gas.sleepPerTurn)
  })

  test('nest, and know who they are', () => {
    const code = contractOf(`${subsol(7, 1)} TID 3 SSTORE`, {
      1: `TID 1 SSTORE ${subsol(9, 2)} ${subsol(7, 3)}`,
      2: 'TID 2 SSTORE',
      3: 'TID 4 SSTORE',
    })
    const { slots } = runAll(
      contractOf(`${subsol(7, 1)} PUSH0 SLOAD POP TID 3 SSTORE`, {
        1: `TID 1 SSTORE ${subsol(9, 2)} ${subsol(7, 3)}`,
        2: 'TID 2 SSTORE',
        3: 'TID 4 SSTORE',
      }),
    )
    assert.deepEqual(slots.slice(1, 5), [7n, 9n, 0n, 7n])
    assert.equal(runAll(code).slots[1], 7n)
  })

  test('leave words for those that come after them', () => {
    const code = contractOf(
      `5 1 WTR ${subsol(1, 1)} ${subsol(2, 2)} ${subsol(3, 3)} 1 RDR 2 RDR 100 MUL ADD ${returnTop}`,
      {
        1: '1 RDR 1 ADD 1 WTR',
        2: '1 RDR 2 WTR PUSH0 PUSH0 REVERT',
        3: '1 RDR 1 ADD 2 WTR',
      },
    )
    assert.equal(runAll(code).output, 6n + 700n)
  })

  test('each begins with the warmth of the fork, and all of it is there after the join', () => {
    const measured = 'GAS 100 SLOAD POP GAS SWAP1 SUB'
    const code = contractOf(
      `${subsol(1, 1)} ${subsol(2, 2)} PUSH0 SLOAD POP GAS 100 SLOAD POP GAS SWAP1 SUB 3 SSTORE`,
      {
        1: `${measured} 1 SSTORE`,
        2: `${measured} 2 SSTORE`,
      },
    )
    const { slots } = runAll(code)
    assert.deepEqual([slots[1], slots[2]], [2_107n, 2_107n])
    assert.equal(slots[3], 107n)
  })

  test('a thread that reverts warms nothing', () => {
    const code = contractOf(`${subsol(1, 1)} PUSH0 SLOAD POP GAS 100 SLOAD POP GAS SWAP1 SUB 3 SSTORE`, {
      1: '100 SLOAD PUSH0 PUSH0 REVERT',
    })
    assert.equal(runAll(code).slots[3], 2_107n)
  })

  test('calls out, creates and calls back in a thread', () => {
    const callOther = `PUSH0 PUSH0 PUSH0 PUSH0 PUSH0 ${OTHER} GAS CALL 1 SSTORE`
    const create = 'PUSH0 PUSH0 PUSH0 CREATE PUSH0 LT 2 SSTORE'
    const { slots, effects } = runAll(
      contractOf(`${subsol(1, 1)} ${subsol(2, 2)}`, { 1: callOther, 2: create, 5: store(5, 5) }),
      {
        other: assemble(`5 PUSH0 MSTORE8 PUSH0 PUSH0 1 PUSH0 PUSH0 ${CONTRACT} GAS CALL 9 SSTORE`),
      },
    )
    assert.deepEqual([slots[1], slots[2], slots[5]], [1n, 1n, 5n])
    assert.equal(effects.writes.get(OTHER)?.slots?.get(9n), 1n)
  })

  test('in a static call none can write', () => {
    const code = contractOf(`${subsol(1, 1)} PUSH0 PUSH0 1 JOIN ${returnTop}`, { 1: store(1, 5) })
    assert.equal(runAll(code, { isStatic: true }).output, 0n)
  })

  test('a function that is not there is what the contract makes of it', () => {
    assert.equal(runAll(contractOf(`${subsol(1, 77)} PUSH0 PUSH0 1 JOIN ${returnTop}`)).output, 0n)
  })

  test('RPHASH is the hash of the operations so far, RWS counts locations', () => {
    const { slots } = runAll(contractOf('RPHASH 1 SSTORE RPHASH 2 SSTORE RWS 3 SSTORE RR'))
    assert.notEqual(slots[1], 0n)
    assert.notEqual(slots[2], slots[1])
    assert.equal(slots[3], 2n)
  })
})

describe('what cannot be meant reverts', () => {
  const thread = { 1: 'STOP', 2: 'STOP' }

  test('with the reason', () => {
    for (const [main, message] of [
      [subsol(0, 1), 'PaVM: thread 0 is the one that all begin with'],
      [`${subsol(1, 1)} ${subsol(1, 2)}`, 'PaVM: there is a thread 1 already'],
      [`${subsol(1, 1)} PUSH0 SLOAD ${subsol(1, 2)}`, 'PaVM: there is a thread 1 already'],
      ['PUSH0 PUSH0 4 JOIN', 'PaVM: there is no thread 4'],
      ['4 REVERTT', 'PaVM: there is no thread 4'],
      ['1 4 SLEEP', 'PaVM: there is no thread 4'],
      [`${subsol(1, 1)} PUSH0 SLOAD 1 REVERTT`, 'PaVM: thread 1 has been joined already'],
      [afterA(1, 9, 1), 'PaVM: thread 1 waits for thread 9, which was never started'],
      [`${afterA(1, 2, 1)} ${afterA(2, 1, 2)}`, 'PaVM: threads wait for one another: 1, 2'],
      [afterA(1, 1, 1), 'PaVM: threads wait for one another: 1'],
    ] as const) {
      assert.equal(faultOf(contractOf(main, thread)), message, main)
    }
  })

  test('too many threads of a transaction', () => {
    const rules = rulesFor('osaka', undefined, { ...DEFAULT_THREAD_RULES, limit: 2 })
    const nested = contractOf(`${subsol(1, 1)} PUSH0 PUSH0 1 JOIN ${returnTop}`, {
      1: `${subsol(1, 2)} ${subsol(2, 2)}`,
      2: 'STOP',
    })
    assert.equal(runAll(nested, { rules }).output, 0n)
    assert.equal(
      faultOf(contractOf(`${subsol(1, 1)} ${subsol(2, 1)} ${subsol(3, 1)}`, thread), { rules }),
      'PaVM: a transaction may start no more than 2 threads',
    )
  })

  test('a thread of a constructor', () => {
    const { output } = runAll(
      assemble(
        '.5f5f6001b1 PUSH0 MSTORE 5 27 0 CREATE PUSH0 MSTORE 32 PUSH0 RETURN'.replace('.5f5f6001b1', '0x5f5f6001b1'),
      ),
    )
    assert.equal(output, 0n)
  })
})

test('without threads in the genesis the instructions are invalid', () => {
  const { exit } = runAll(contractOf(subsol(1, 1), { 1: 'STOP' }), { rules: rulesFor('osaka') })
  assert.deepEqual(exit, { kind: 'halt', cause: 'invalid-opcode' })
})

test('every gas limit ends in the same on every engine', () => {
  const code = contractOf(
    `${subsol(1, 1)} ${afterA(3, 2, 3)} ${subsol(2, 2)} PUSH0 SLOAD 3 SSTORE PUSH0 PUSH0 3 JOIN 4 SSTORE`,
    {
      1: `${append(1)} PUSH0 PUSH0 LOG0`,
      2: `${append(2)} ${subsol(1, 4)}`,
      3: `GAS 5 SSTORE ${append(3)}`,
      4: append(4),
    },
  )
  const all = runAll(code)
  assert.equal(all.exit.kind, 'return')
  for (let gas = 0n; gas < all.gasUsed + 3_000n; gas += 997n) runAll(code, { gas })
})
