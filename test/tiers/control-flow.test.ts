import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { assemble } from '../../execution/evm/fixtures/assembler.ts'
import { Random, seedFromEnvironment } from '../support/random.ts'
import { input, resultOf, runOnTiers } from './fixtures/run-on-tiers.ts'

/** More than there are copies of a block in compiled code. */
const HEIGHTS = Array.from({ length: 40 }, (_, index) => index + 1)

/** Goes to `shared` with as many words on the stack as the input says; the ways there are laid out in an order. */
function merging(order: readonly number[], shared: string, push = (height: number) => '7 '.repeat(height)): string {
  const dispatch = order.map((height) => `0 CALLDATALOAD ${height} EQ @way${height} JUMPI`)
  const ways = order.map((height) => `way${height}: ${push(height)} @shared JUMP`)
  return `${dispatch.join(' ')} STOP ${ways.join(' ')} shared: ${shared}`
}

/** Ascending, descending, and some others. */
function orders(random: Random, heights: readonly number[]): number[][] {
  const shuffled = Array.from({ length: 6 }, () => {
    const order = [...heights]
    for (let index = order.length - 1; index > 0; index--) {
      const other = random.below(index + 1)
      ;[order[index], order[other]] = [order[other]!, order[index]!]
    }
    return order
  })
  return [[...heights], heights.toReversed(), ...shuffled]
}

const inputsFor = (heights: readonly number[]) => [...heights, ...heights].map((height) => input(BigInt(height)))

describe('a block that is reached with many heights of the stack', () => {
  const seed = seedFromEnvironment()

  test('does the same from each, in whatever order they are found', (context) => {
    context.diagnostic(`TEST_SEED=${seed}`)
    for (const order of orders(new Random(seed), HEIGHTS)) {
      const code = merging(order, 'GAS 0 MSTORE MSIZE 32 MSTORE 64 0 RETURN')
      const results = runOnTiers(code, { inputs: inputsFor(HEIGHTS) }, `order ${order}`)
      assert.ok(results.every(({ exit }) => exit.kind === 'return'))
    }
  })

  test('takes words from below', (context) => {
    context.diagnostic(`TEST_SEED=${seed}`)
    for (const order of orders(new Random(seed), HEIGHTS)) {
      const numbered = (height: number) => Array.from({ length: height }, (_, index) => index + 1).join(' ')
      const code = merging(order, 'ADD SWAP2 MUL SUB GAS 0 MSTORE 32 MSTORE 64 0 RETURN', numbered)
      const results = runOnTiers(code, { inputs: inputsFor(HEIGHTS) }, `order ${order}`)
      for (const [index, { exit }] of results.entries()) {
        const height = HEIGHTS[index % HEIGHTS.length]!
        assert.equal(exit.kind, height < 4 ? 'halt' : 'return', `height ${height}`)
      }
    }
  })

  test('fails where the stack is too low, after what it looked at before that', (context) => {
    context.diagnostic(`TEST_SEED=${seed}`)
    for (const order of orders(new Random(seed), HEIGHTS)) {
      const code = merging(
        order,
        '5 SLOAD POP 1 2 SSTORE 0 0 LOG0 ADD ADD ADD ADD ADD 6 SLOAD POP 0 MSTORE 32 0 RETURN',
      )
      const results = runOnTiers(code, { inputs: inputsFor(HEIGHTS) }, `order ${order}`)
      for (const [index, { exit, effects }] of results.entries()) {
        const height = HEIGHTS[index % HEIGHTS.length]!
        const slots = [...effects.reads.values()].flatMap((reads) => reads.slots)
        assert.deepEqual(slots, height < 6 ? [5n, 2n] : [5n, 2n, 6n], `height ${height}`)
        assert.equal(exit.kind === 'halt' && exit.cause, height < 6 && 'stack-underflow')
      }
    }
  })

  test('fails where the stack is too high, after what it looked at before that', () => {
    // Counts down with all numbers left on the stack.
    const filled = (height: number) => `${944 + 2 * height} more${height}: DUP1 1 SWAP1 SUB DUP1 @more${height} JUMPI`
    for (const order of [HEIGHTS, HEIGHTS.toReversed()]) {
      const code = merging(order, `5 SLOAD POP ${'DUP1 '.repeat(30)} 6 SLOAD STOP`, filled)
      const results = runOnTiers(code, { inputs: inputsFor(HEIGHTS) }, `order ${order}`)
      const kinds = results.map(resultOf)
      assert.ok(kinds.includes('stack-overflow') && kinds.includes(0n), kinds.join())
    }
  })
})

describe('functions', () => {
  test('call themselves 300 deep', () => {
    // f(n) = n = 0 ? 0 : n + f(n - 1), with return addresses on the stack below the argument.
    const code = `@end 0 CALLDATALOAD @f JUMP
      end: 0 MSTORE GAS 32 MSTORE MSIZE 64 MSTORE 96 0 RETURN
      f: DUP1 ISZERO @base JUMPI
         @back 1 DUP3 SUB @f JUMP
      back: ADD SWAP1 JUMP
      base: SWAP1 JUMP`
    const depths = [0n, 1n, 2n, 300n, 3n, 299n, 507n, 508n, 509n, 510n, 511n, 1_000n]
    const results = runOnTiers(code, { inputs: depths.map((depth) => input(depth)) })
    const sum = (result: bigint | string) => (typeof result === 'bigint' ? result >> 512n : result)
    assert.equal(sum(resultOf(results[3]!)), 45_150n)
    assert.equal(resultOf(results.at(-1)!), 'stack-overflow')
    const halted = results.map(({ exit }) => exit.kind === 'halt')
    assert.equal(halted.indexOf(true), halted.lastIndexOf(false) + 1, 'too deep from some depth on')
  })

  test('return to each of many callers, at different heights', () => {
    const calls = Array.from({ length: 40 }, (_, index) => {
      return `${'1 '.repeat(index % 7)} @back${index} ${index} @f JUMP back${index}: ${'ADD '.repeat(index % 7)}`
    })
    const code = `0 ${calls.join(' ADD ')} ADD 0 MSTORE GAS 32 MSTORE 64 0 RETURN f: DUP1 MUL SWAP1 JUMP`
    const [ran] = runOnTiers(code, { inputs: [input(), input()] })
    assert.equal(ran!.exit.kind, 'return')
  })

  test('call each other', () => {
    const code = `@end 0 CALLDATALOAD @even JUMP
      end: 0 MSTORE 32 0 RETURN
      even: DUP1 ISZERO @yes JUMPI 1 SWAP1 SUB @odd JUMP
      odd: DUP1 ISZERO @no JUMPI 1 SWAP1 SUB @even JUMP
      yes: POP 1 SWAP1 JUMP
      no: POP 0 SWAP1 JUMP`
    const results = runOnTiers(code, { inputs: [0n, 1n, 2n, 57n, 100n].map((n) => input(n)) })
    assert.deepEqual(results.map(resultOf), [1n, 0n, 1n, 0n, 1n])
  })
})

describe('jumps', () => {
  test('to what is computed', () => {
    assert.equal(resultOf(runOnTiers('4 5 ADD JUMP .000000 JUMPDEST 7 0 MSTORE 32 0 RETURN')[0]!), 7n)
    assert.equal(resultOf(runOnTiers('4 5 ADD JUMP .0000 JUMPDEST 7 0 MSTORE 32 0 RETURN')[0]!), 'invalid-jump')
  })

  test('by a table, whatever the index', () => {
    const targets = Array.from({ length: 8 }, (_, index) => `to${index}: ${index + 100} 0 MSTORE 32 0 RETURN`)
    const table = Array.from({ length: 8 }, (_, index) => `@to${index} ${32 * index} MSTORE`)
    const code = `${table.join(' ')} 0 CALLDATALOAD 32 MUL MLOAD JUMP ${targets.join(' ')}`
    const indexes = [0n, 1n, 7n, 8n, 3n, 2n ** 27n, 2n ** 251n, 2n ** 251n + 1n]
    const results = runOnTiers(code, { inputs: indexes.map((index) => input(index)), gas: 100_000n }).map(resultOf)
    const [bad, gone] = ['invalid-jump', 'out-of-gas']
    assert.deepEqual(results, [100n, 101n, 107n, bad, 103n, gone, 100n, 101n])
  })

  test('by a table of packed targets', () => {
    const targets = Array.from({ length: 4 }, (_, index) => `to${index}: ${index + 100} 0 MSTORE 32 0 RETURN`)
    const packed = Array.from({ length: 4 }, (_, index) => `@to${index} ${16 * index} SHL`).join(' ')
    const code = `${packed} OR OR OR 0 CALLDATALOAD 4 SHL SHR 0xffff AND JUMP ${targets.join(' ')}`
    const results = runOnTiers(code, { inputs: [0n, 1n, 2n, 3n, 4n, 16n, 2n].map((index) => input(index)) })
    assert.deepEqual(results.map(resultOf), [100n, 101n, 102n, 103n, 'invalid-jump', 'invalid-jump', 102n])
  })

  test('to every place, and beyond the end', () => {
    const code = assemble('0 CALLDATALOAD JUMP JUMPDEST PUSH2 0x5b5b JUMPDEST .605b JUMPDEST STOP JUMPDEST .615b')
    const everywhere = Array.from({ length: code.length + 40 }, (_, index) => BigInt(index))
    const wide = [32n, 63n, 64n, 128n, 192n, 255n].flatMap((bit) => [1n << bit, (1n << bit) + 4n])
    const inputs = [...everywhere, ...wide, 2n ** 256n - 1n].map((target) => input(target))
    for (const jump of [code, assemble('1 0 CALLDATALOAD JUMPI INVALID JUMPDEST STOP')]) {
      const results = runOnTiers(jump, { inputs }).map(resultOf)
      assert.ok(results.includes(0n))
      assert.ok(results.includes('invalid-jump'))
      assert.deepEqual(new Set(results.slice(-wide.length - 1)), new Set(['invalid-jump']))
    }
  })

  test('into the midst of a loop, and out of it', () => {
    const code = `0 CALLDATALOAD 32 CALLDATALOAD 64 CALLDATALOAD @middle JUMPI
      head: 1 ADD
      middle: SWAP1 3 ADD SWAP1 DUP1 100 GT @on JUMPI @out JUMP
      on: DUP1 @head JUMPI
      out: GAS MSIZE 0 MSTORE 32 MSTORE 64 MSTORE 96 MSTORE 128 0 RETURN`
    const words = [0n, 1n, 5n, 99n, 100n, 2n ** 64n - 2n, 2n ** 255n]
    const inputs = words.flatMap((a) => [0n, 1n].flatMap((b) => [input(a, 1n, b), input(3n, a, b)]))
    runOnTiers(code, { inputs, gas: 200_000n })
  })

  test('a condition is any word but 0', () => {
    const code = '0 CALLDATALOAD @yes JUMPI 1 0 MSTORE 32 0 RETURN yes: 2 0 MSTORE 32 0 RETURN'
    const words = [0n, 1n, 1n << 63n, 1n << 64n, 1n << 128n, 1n << 192n, 1n << 255n]
    const results = runOnTiers(code, { inputs: words.map((word) => input(word)) })
    assert.deepEqual(results.map(resultOf), [1n, 2n, 2n, 2n, 2n, 2n, 2n])
  })

  test('a JUMPDEST that is not jumped to costs its gas', () => {
    const [ran] = runOnTiers('JUMPDEST JUMPDEST @a JUMP JUMPDEST a: JUMPDEST STOP')
    assert.equal(10_000_000n - ran!.gasLeft, 1n + 1n + 3n + 8n + 1n + 1n)
  })
})

test('a word that was narrow in the first run may be wide in the next', () => {
  // Adds up in a loop: what starts small, what becomes wide in the midst, and what is wide at once.
  const code = `0 CALLDATALOAD 0 DUP1
    loop: DUP1 32 CALLDATALOAD GT ISZERO @done JUMPI
      SWAP1 64 CALLDATALOAD MUL DUP3 ADD SWAP1 1 ADD @loop JUMP
    done: GAS MSIZE 0 MSTORE 32 MSTORE 64 MSTORE 96 MSTORE 128 MSTORE 160 0 RETURN`
  const inputs = [
    input(1n, 10n, 1n),
    input(1n, 10n, 2n),
    input(3n, 90n, 2n),
    input(2n ** 63n, 5n, 2n),
    input(2n ** 64n - 1n, 3n, 1n),
    input(2n ** 255n + 5n, 9n, 2n ** 130n),
    input(1n, 10n, 1n),
  ]
  runOnTiers(code, { inputs })
})
