import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { rulesFor } from '../../config/hardforks.ts'
import { DEFAULT_THREAD_RULES } from '../../config/thread-rules.ts'
import { assemble } from '../evm/fixtures/assembler.ts'
import { Compilation } from './compilation.ts'
import { DEFAULT_LIMITS } from './compilation-limits.ts'

/** Places below 256 are not looked at: here all that are pushed come after so many bytes. */
const FAR = `@start JUMP .${'00'.repeat(260)} start:`

/** Nodes of the code, of all its blocks, once it has been compiled. */
function nodesOf(source: string, rules = rulesFor('osaka')): Compilation['nodes'] {
  const compilation = new Compilation(assemble(source), rules, { wide: new Set() })
  assert.ok(compilation.compile().length > 0)
  return compilation.nodes
}

/** Those with words in memory, or whose jump may go anywhere. */
function indirect(nodes: Compilation['nodes']): Compilation['nodes'] {
  return nodes.filter(({ isFloating, isUnresolved }) => isFloating || isUnresolved)
}

describe('words are in locals, and it is known where each jump goes', () => {
  test('where calls in one another’s arguments go on at one place', () => {
    // f(9), then f(f(f(n))) in a loop: `again` is to be gone on at twice, pushed by two instructions.
    const nodes = nodesOf(`${FAR} @loop 9 @f JUMP
      loop: @done @again @again DUP4 @f JUMP
      again: @f JUMP
      done: 0 MSTORE 1 SWAP1 SUB DUP1 @loop JUMPI STOP
      f: 3 MUL SWAP1 JUMP`)
    assert.deepEqual(indirect(nodes), [])
  })

  test('where a function is called with 30 different numbers of words on the stack', () => {
    const calls = Array.from({ length: 30 }, (_, index) => `@back${index} 5 @f JUMP back${index}:`)
    assert.deepEqual(indirect(nodesOf(`${FAR} ${calls.join(' ')} STOP f: 3 MUL SWAP1 JUMP`)), [])
  })
})

describe('words go to memory', () => {
  test('in a function that calls itself', () => {
    const nodes = nodesOf(`${FAR} @end 0 CALLDATALOAD @f JUMP
      end: STOP
      f: DUP1 ISZERO @base JUMPI @back 1 DUP3 SUB @f JUMP
      back: ADD SWAP1 JUMP
      base: SWAP1 JUMP`)
    assert.ok(indirect(nodes).length > 0)
    assert.ok(nodes.length < 300, `${nodes.length} nodes`)
  })

  test('at few heights of the stack where there would be too many nodes', () => {
    // Calls itself from two places to go on at one, so that it is not seen to until it has been reached at many heights.
    const source = `${FAR} @end 0 CALLDATALOAD @f JUMP
      end: STOP
      f: .${'5b'.repeat(DEFAULT_LIMITS.nodes / 25)} DUP1 ISZERO @base JUMPI DUP1 1 AND @odd JUMPI
      @back 1 DUP3 SUB @f JUMP
      odd: @back 2 DUP3 SUB @f JUMP
      back: ADD SWAP1 JUMP
      base: SWAP1 JUMP`
    assert.ok(indirect(nodesOf(source)).length > 0)
  })

  test('or not, but what the analysis has come to is written', () => {
    // When `f` is found to be reached with another number of words, the first way has been gone already.
    nodesOf(`${FAR} 0 CALLDATALOAD @twice JUMPI
      @back @f JUMP
      twice: @back DUP1 @f JUMP
      f: JUMP
      back: STOP`)
  })
})

test('what a frame does after it has started a thread is compiled too', () => {
  const nodes = nodesOf(
    '0 0 1 SUBSOL 9 loop: 1 SWAP1 SUB DUP1 @loop JUMPI STOP',
    rulesFor('osaka', undefined, DEFAULT_THREAD_RULES),
  )
  assert.deepEqual(indirect(nodes), [])
  assert.ok(nodes.some(({ index, successors }) => successors.includes(index)))
})

test('a check that a product has not wrapped around is left out where it cannot have', () => {
  // As solc writes it: or(iszero(x), eq(y, div(mul(x, y), x))), of 128 and of 129 bits.
  const check = (bits: number) => `0 CALLDATALOAD ${256 - bits} SHR 32 CALLDATALOAD 128 SHR
    DUP2 DUP2 MUL DUP2 SWAP1 DIV DUP3 EQ DUP2 ISZERO OR @end JUMPI 1 2 3 REVERT end: STOP`
  assert.equal(nodesOf(check(128)).length, 2)
  assert.equal(nodesOf(check(129)).length, 3)
})

test('a power by squaring, again and again, takes no longer for what its factors are products of', () => {
  assert.equal(nodesOf(`0 CALLDATALOAD ${'DUP1 MUL '.repeat(100)} 0 MSTORE STOP`).length, 1)
})
