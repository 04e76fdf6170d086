import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { execute, setTier } from '../../execution/compiler/execute.ts'
import { assemble } from '../../execution/evm/fixtures/assembler.ts'
import { CALLER, testEnvironment } from '../../execution/evm/fixtures/run-code.ts'
import { outputOf } from '../../execution/evm/message.ts'
import { MemoryView } from '../../execution/state/memory-view.ts'
import { WorldState } from '../../execution/state/world-state.ts'
import { bytesToBigint, EMPTY_BYTES } from '../../primitives/bytes.ts'
import type { Address } from '../../primitives/hex.ts'
import { TIERS } from './differences.ts'
import { CONTRACT, input, resultOf, runOnTiers } from './fixtures/run-on-tiers.ts'

const A: Address = `0x${'00'.repeat(18)}aaaa`
const B: Address = `0x${'00'.repeat(18)}bbbb`
const call = (address: string, gas = 'GAS', length = 0) => `0 0 ${length} 0 0 ${address} ${gas} CALL`

describe('calls', () => {
  test('nest 1,024 deep, each with memory of its own', () => {
    // Each writes to memory before the call and finds it as it was after it.
    const code = `ADDRESS 64 MSTORE ${call('ADDRESS').replace('0 0', '32 0')} POP
      0 MLOAD 1 ADD 0 MSTORE 64 MLOAD ADDRESS EQ ISZERO @bad JUMPI 32 0 RETURN bad: INVALID`
    assert.equal(resultOf(runOnTiers(code, { gas: 10n ** 15n })[0]!), 1_025n)
  })

  test('nest 1,024 deep with input, code that differs and almost full stacks', () => {
    const code = `${'1 '.repeat(1_000)} CALLDATASIZE 0 0 CALLDATACOPY CALLDATASIZE 32 ADD CALLDATASIZE 32 ADD
      ${'POP '.repeat(2)} 0 0 CALLDATASIZE 32 ADD 0 0 ADDRESS CALLER EQ @again JUMPI
      again: 0xaaaa GAS CALL GAS 0 MSTORE 32 0 RETURN`
    const others = { [A]: code.replace('0xaaaa', '0xbbbb'), [B]: code.replace('0xaaaa', '0xc0de') }
    const [ran] = runOnTiers(code, { gas: 10n ** 15n, others })
    assert.equal(ran!.exit.kind, 'return')
  })

  test('share no memory, whatever became of who used it before', () => {
    const look = (from: number) => `${from} MLOAD ${from + 640} MLOAD OR`
    const reader = `${Array.from({ length: 8 }, (_, index) => look(32 * index)).join(' ')} ${'OR '.repeat(7)}
      CALLDATASIZE 0 800 CALLDATACOPY 800 MLOAD OR MSIZE SWAP1 0 MSTORE 32 MSTORE 64 0 RETURN`
    for (const end of [
      'STOP',
      '64 0 RETURN',
      '64 0 REVERT',
      'INVALID',
      'POP POP',
      '1 JUMP',
      '0 0 SSTORE',
      'GAS JUMP',
    ]) {
      const fill = Array.from({ length: 60 }, (_, index) => `PUSH32 ${2n ** 256n - 1n} ${32 * index} MSTORE`).join(' ')
      const code = `${call('0xaaaa', '50000', 96)} POP ${call('0xbbbb', '50000')} POP
        0 0 0 0 0xaaaa 50000 STATICCALL POP
        RETURNDATASIZE ${call('0xbbbb', 'GAS')} POP 0 0 RETURNDATASIZE 0 0 RETURNDATACOPY RETURNDATASIZE 0 RETURN`
      const [ran] = runOnTiers(code, { others: { [A]: `${fill} ${end}`, [B]: reader } }, end)
      assert.equal((resultOf(ran!) as bigint) >> 256n, 0n, end)
    }
  })

  test('return what fits, and leave the rest of the place as it was', () => {
    const code = `PUSH32 ${2n ** 256n - 1n} 0 MSTORE PUSH32 ${2n ** 256n - 1n} 32 MSTORE
      32 CALLDATALOAD 0 CALLDATALOAD 0 0 0 0xaaaa GAS CALL RETURNDATASIZE MSIZE 64 MSTORE 96 MSTORE 128 MSTORE 160 0 RETURN`
    const inputs = [0n, 1n, 31n, 40n, 41n, 64n].flatMap((length) => [0n, 5n, 300n].map((at) => input(at, length)))
    runOnTiers(code, { inputs, others: { [A]: '1 0 MSTORE 40 0 RETURN' } })
  })

  test('by all kinds see caller, value and storage as they should', () => {
    const callee = `CALLER ADDRESS CALLVALUE ORIGIN 0 MSTORE 32 MSTORE 64 MSTORE 96 MSTORE
      1 SLOAD 128 MSTORE 7 1 SSTORE GAS 160 MSTORE 192 0 RETURN`
    for (const kind of ['CALL', 'CALLCODE', 'DELEGATECALL', 'STATICCALL']) {
      const value = kind === 'CALL' || kind === 'CALLCODE' ? '3' : ''
      const code = `192 0 0 0 ${value} 0xaaaa 200000 ${kind} 1 SLOAD 192 MSTORE 224 MSTORE 256 0 RETURN`
      runOnTiers(code, { storage: new Map([[1n, 9n]]), others: { [A]: callee } }, kind)
    }
  })

  test('of precompiled contracts, with and without enough gas', () => {
    for (const address of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 17, 0x100]) {
      const code = `PUSH32 ${2n ** 200n + 7n} 0 MSTORE 96 96 96 0 0 ${address} 0 CALLDATALOAD CALL
        RETURNDATASIZE GAS MSIZE 192 MSTORE 224 MSTORE 256 MSTORE 288 MSTORE 320 0 RETURN`
      runOnTiers(code, { inputs: [0n, 60n, 150n, 3_000n, 100_000n].map((gas) => input(gas)) }, `address ${address}`)
    }
  })

  test('into creations, which see no input and leave code', () => {
    const init = assemble('CALLDATASIZE 0 MSTORE CODESIZE 32 MSTORE CALLER 64 MSTORE 96 0 RETURN')
    const code = `PUSH32 ${BigInt(`0x${Buffer.from(init).toString('hex')}`) << BigInt(8 * (32 - init.length))} 0 MSTORE
      ${init.length} 0 2 CREATE DUP1 EXTCODESIZE 0 32 DUP4 EXTCODECOPY 0 1 0 1 SUB ${init.length} 0 0 CREATE2
      128 MSTORE 160 MSTORE GAS 192 MSTORE MSIZE 0 RETURN`
    runOnTiers(code, { inputs: [input(), input()] })
  })
})

test('an empty range of memory may be anywhere', () => {
  const offsets = [
    0n,
    1n,
    2n ** 29n,
    2n ** 30n,
    2n ** 31n,
    2n ** 32n - 1n,
    2n ** 32n,
    2n ** 63n,
    2n ** 64n,
    2n ** 256n - 1n,
  ]
  const uses = [
    '0 @ KECCAK256',
    '0 @ LOG0 1',
    '5 4 0 @ LOG2 1',
    '0 @ @ CALLDATACOPY 1',
    '0 @ @ CODECOPY 1',
    '0 @ @ MCOPY 1',
    '0 0 @ RETURNDATACOPY 1',
    '0 @ @ 0xaaaa EXTCODECOPY 1',
    '0 @ 0 @ 0 0xaaaa GAS CALL',
    '0 @ 0 @ 0xaaaa GAS STATICCALL',
    '0 @ 0 CREATE',
    '3 0 @ 0 CREATE2',
    '0 @ RETURN 1',
    '0 @ REVERT 1',
  ]
  for (const use of uses) {
    for (const offset of offsets) {
      const code = `${use.replaceAll('@', `PUSH32 ${offset}`)} MSIZE GAS 0 MSTORE 32 MSTORE 64 MSTORE 96 0 RETURN`
      runOnTiers(code, { others: { [A]: 'STOP' }, gas: 1_000_000n }, `${use} ${offset}`)
      const byte = code.replace(/^0 /, '1 ')
      runOnTiers(byte, { others: { [A]: 'STOP' }, gas: 1_000_000n }, `1 byte: ${use} ${offset}`)
    }
  }
})

describe('logs', () => {
  test('have their topics and data, in the order of all frames, but for those that failed', () => {
    const emit = (count: number) => {
      const topics = Array.from({ length: count }, (_, index) => 2n ** 256n - 1n - BigInt(index)).join(' ')
      return `${topics} CALLDATASIZE 3 LOG${count}`
    }
    const all = [0, 1, 2, 3, 4].map(emit).join(' ')
    const code = `CALLDATASIZE 0 7 CALLDATACOPY ${all} ${call('0xaaaa', '100000')} ${all} ${call('0xbbbb', '100000')} ${emit(1)} STOP`
    const others = { [A]: `1 0 MSTORE 9 8 32 5 LOG2 ${call('0xbbbb', '50000')} 7 32 0 LOG1`, [B]: '6 0 0 LOG1 INVALID' }
    const inputs = [input(), input(5n), input(1n, 2n, 3n), new Uint8Array(7).fill(0xee)]
    const results = runOnTiers(code, { inputs, others })
    assert.deepEqual(
      results.map(({ logs }) => logs.length),
      [13, 13, 13, 13],
    )
  })

  test('too many for their place, and longer than it', () => {
    const code = '0 CALLDATALOAD again: 1 32 CALLDATALOAD 0 LOG1 1 SWAP1 SUB DUP1 @again JUMPI STOP'
    const inputs = [input(3n, 5_000_000n), input(300n, 50_000n), input(2n, 0x40_0000n - 140n), input(1n, 0n)]
    const results = runOnTiers(code, { inputs, gas: 10n ** 12n })
    assert.deepEqual(
      results.map(({ logs }) => logs.length),
      [3, 300, 2, 1],
    )
  })

  test('are not to be made in a static context, before anything is paid for them', () => {
    for (const count of [0, 1, 2, 3, 4]) {
      const code = `1 2 3 4 5000 GAS LOG${count}`
      assert.equal(resultOf(runOnTiers(code, { isStatic: true })[0]!), 'write-in-static-context')
      assert.equal(resultOf(runOnTiers(code, { gas: 375n * BigInt(count + 1) + 10n })[0]!), 'out-of-gas')
    }
  })
})

describe('a message without an end', () => {
  const environment = testEnvironment('prague', { gasLimit: 1n << 62n })

  function newState(code: string): WorldState {
    const view = new MemoryView([
      [CALLER, { balance: 10n ** 18n }],
      [CONTRACT, { code: assemble(code) }],
      [A, { code: assemble('PUSH32 1 0 MSTORE 0x4000 MLOAD a: @a JUMP') }],
      [
        B,
        {
          code: assemble(
            '0 0x4000 look: DUP1 MLOAD SWAP2 OR SWAP1 32 SWAP1 SUB DUP1 @look JUMPI POP 0 MLOAD OR 0 MSTORE 32 0 RETURN',
          ),
        },
      ],
    ])
    const state = new WorldState({ rules: environment.rules, record: true }, { view })
    state.beginTransaction()
    return state
  }

  function run(state: WorldState, recipient: Address, onPause: () => void) {
    const message = {
      kind: 'call',
      caller: CALLER,
      recipient,
      codeAddress: recipient,
      isDelegated: false,
      code: state.code(recipient),
      codeHash: state.codeHash(recipient),
      value: 0n,
      transfersValue: true,
      data: EMPTY_BYTES,
      gas: 1n << 61n,
      depth: 0,
      isStatic: false,
    } as const
    const transaction = { block: environment, origin: CALLER, gasPrice: 1n, blobVersionedHashes: [], blobBaseFee: 1n }
    return execute(message, transaction, state, { onPause })
  }

  const endless: Readonly<Record<string, string>> = {
    loop: 'a: @a JUMP',
    'loop with a condition': '1 a: DUP1 @a JUMPI',
    'loop that works': '0 a: 1 ADD DUP1 DUP1 MSTORE8 DUP1 5 SSTORE @a JUMP',
    'loop over two jumps': 'a: @b JUMP b: @a JUMP',
    'loop in a call': `1 0 MSTORE ${call('0xaaaa')} STOP`,
    'tree of calls without a loop': `${call('ADDRESS')} POP `.repeat(3),
    'loop of calls': `a: ${call('0x04')} POP @a JUMP`,
  }

  for (const tier of ['reference', ...TIERS] as const) {
    for (const [name, code] of Object.entries(endless)) {
      test(`is given up from inside: ${name}, ${tier}`, () => {
        const before = setTier(tier)
        try {
          const state = newState(code)
          let pauses = 0
          const giveUp = () => {
            if (++pauses === 3) throw new RangeError('enough')
          }
          for (let round = 0; round < 2; round++) {
            pauses = 0
            assert.throws(() => run(state, CONTRACT, giveUp), /enough/)
            // What it used is zero again for the next one, and it is undone.
            state.beginTransaction()
            assert.equal(bytesToBigint(outputOf(run(state, B, () => {}).exit)), 0n)
            assert.equal(state.slot(CONTRACT, 5n), 0n)
          }
          state.release()
        } finally {
          setTier(before)
        }
      })
    }
  }
})
