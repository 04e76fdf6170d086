import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { HARDFORKS } from '../../config/hardforks.ts'
import { FUSED } from '../../execution/compiler/fused.ts'
import { assemble } from '../../execution/evm/fixtures/assembler.ts'
import { outputOf } from '../../execution/evm/message.ts'
import { concatBytes } from '../../primitives/bytes.ts'
import { type Address, bytesToHex } from '../../primitives/hex.ts'
import { caseOf, gasUsed, input, resultOf, runOnTiers, sweepOnTiers } from './fixtures/run-on-tiers.ts'

const OTHER: Address = `0x${'00'.repeat(18)}07e4`
/** Words that mean something to whatever takes them: offsets, small numbers, a large one. */
const WORDS = [0n, 32n, 1n, 2n ** 255n + 3n, 64n, 5n, 96n, 7n, 33n]
const RETURN_STACK = 'GAS MSIZE 512 MSTORE 544 MSTORE 576 MSTORE 608 MSTORE 640 MSTORE 672 0 RETURN'

/** The instructions of a sequence; a PUSH2 is of `destination`, other immediates of ones. */
function sequenceBytes(names: readonly string[], destination: number): Uint8Array {
  const parts = names.map((name) => {
    const bytes = Number(/^PUSH(\d+)$/.exec(name)?.[1] ?? 0)
    if (bytes === 0) return assemble(name)
    if (bytes === 2) return assemble(`PUSH2 ${destination}`)
    return concatBytes(assemble(`PUSH${bytes} 1`))
  })
  return concatBytes(...parts)
}

/** With a number of words on the stack, then the sequence, then what returns the stack, where jumps of it lead too. */
function programOf(names: readonly string[], height: number, rotation = 0): Uint8Array {
  const words = Array.from({ length: height }, (_, index) => WORDS[(index + rotation) % WORDS.length])
  const before = assemble(words.join(' '))
  const after = assemble(`${RETURN_STACK} .5b ${RETURN_STACK}`)
  const length = sequenceBytes(names, 0).length
  const destination = before.length + length + assemble(RETURN_STACK).length
  return concatBytes(before, sequenceBytes(names, destination), after)
}

describe('every fused sequence', () => {
  for (const { names } of FUSED) {
    test(names.join(' '), () => {
      for (const rotation of WORDS.keys()) runOnTiers(programOf(names, 9, rotation), {}, `rotation ${rotation}`)
      // Too few words at any of its instructions, and too many.
      for (let height = 0; height < 6; height++) runOnTiers(programOf(names, height), {}, `height ${height}`)
      for (let height = 1_012; height <= 1_024; height++) {
        runOnTiers(concatBytes(assemble('1 '.repeat(height)), programOf(names, 0)), {}, `height ${height}`)
      }
      // Cut off by the end of the code at any of its bytes.
      const program = programOf(names, 9)
      const start = assemble(WORDS.join(' ')).length
      for (let cut = start; cut <= start + sequenceBytes(names, 0).length; cut++) {
        runOnTiers(program.subarray(0, cut), {}, `cut at ${cut - start}`)
      }
      // Where it halts all gas is used.
      const fuzzCase = caseOf(program, { gas: 300n })
      sweepOnTiers(fuzzCase, 20n, gasUsed(fuzzCase) + 1n, names.join(' '))
    })
  }
})

describe('bytes that are no instruction', () => {
  test('are invalid under each hardfork, whatever number prepared code has for a sequence', () => {
    for (const hardfork of HARDFORKS) {
      for (let byte = 0; byte < 256; byte++) {
        const code = concatBytes(assemble('1 2 3 4 5 6 7 8'), Uint8Array.of(byte), assemble('7 0 MSTORE 32 0 RETURN'))
        runOnTiers(code, { hardfork, gas: 200_000n }, `${hardfork}, byte ${byte.toString(16)}`)
      }
    }
  })

  test('halt, if their number is that of a sequence', () => {
    for (const { opcode, names } of FUSED) {
      const code = concatBytes(assemble('1 2 3 4 5 6 7 8'), Uint8Array.of(opcode))
      assert.equal(resultOf(runOnTiers(code)[0]!), 'invalid-opcode', names.join(' '))
    }
  })

  test('in immediates are nothing but bytes', () => {
    for (let byte = 0; byte < 256; byte++) {
      const word = BigInt(`0x${byte.toString(16).padStart(2, '0').repeat(32)}`)
      assert.equal(resultOf(runOnTiers(`PUSH32 ${word} 0 MSTORE 32 0 RETURN`)[0]!), word)
    }
  })
})

describe('an immediate', () => {
  test('that the end of the code cuts off is filled with zeros', () => {
    for (let length = 1; length <= 32; length++) {
      for (let there = 0; there < length; there++) {
        const code = concatBytes(
          Uint8Array.of(0x5f + length),
          Uint8Array.from({ length: there }, () => 0xab),
        )
        const [ran] = runOnTiers(code)
        assert.equal(ran!.exit.kind, 'return')
        // As a jump's destination, it is told to be none.
        runOnTiers(concatBytes(assemble('JUMPDEST'), code), {}, `${length} bytes, ${there} there`)
      }
    }
  })

  test('of every length is the number it is', () => {
    for (let length = 1; length <= 32; length++) {
      const bytes = Uint8Array.from({ length }, (_, index) => 0x81 + index)
      const code = concatBytes(Uint8Array.of(0x5f + length), bytes, assemble('DUP1 NOT 0 MSTORE 32 MSTORE 64 0 RETURN'))
      const output = outputOf(runOnTiers(code)[0]!.exit)
      assert.equal(bytesToHex(output.slice(64 - length)), bytesToHex(bytes))
    }
  })
})

describe('code as data', () => {
  const everySequence = concatBytes(...FUSED.map(({ names }) => sequenceBytes(names, 0xabcd)))

  test('is what was deployed, not what was made of it', () => {
    const code = concatBytes(assemble('CODESIZE 0 0 CODECOPY CODESIZE 0 RETURN'), everySequence)
    for (const { exit } of runOnTiers(code, { inputs: [input(), input()] })) {
      assert.equal(bytesToHex(outputOf(exit)), bytesToHex(code))
    }
  })

  test('from any offset on', () => {
    const code = concatBytes(
      assemble('64 CALLDATALOAD 32 CALLDATALOAD 0 CALLDATALOAD CODECOPY MSIZE 0 RETURN'),
      everySequence,
    )
    const ends = [0n, 1n, 31n, BigInt(code.length) - 1n, BigInt(code.length), 2n ** 32n, 2n ** 64n, 2n ** 256n - 1n]
    const inputs = ends.flatMap((from) => [0n, 1n, 40n, 2_000n].map((length) => input(3n, from, length)))
    runOnTiers(code, { inputs, gas: 100_000n })
  })

  test('of others, before and after they have run', () => {
    const look = '0x07e4 EXTCODESIZE 0 0 0x07e4 EXTCODECOPY 0x07e4 EXTCODEHASH'
    const call = '0 0 0 0 0 0x07e4 GAS CALL'
    const code = `${look} ${call} 0x07e4 EXTCODESIZE 0 2048 0x07e4 EXTCODECOPY 4096 MSTORE 4128 MSTORE MSIZE 0 RETURN`
    const bytes = `.${Buffer.from(everySequence).toString('hex')}`
    runOnTiers(code.replace('0x07e4 EXTCODESIZE 0 0', '0x07e4 EXTCODESIZE DUP1 0 0'), { others: { [OTHER]: bytes } })
  })

  test('of a contract that is made is what its init code returned', () => {
    const size = everySequence.length
    const init = assemble(`PUSH2 ${size} PUSH2 15 0 CODECOPY PUSH2 ${size} 0 RETURN`)
    const whole = concatBytes(init, new Uint8Array(15 - init.length).fill(0x5b), everySequence)
    const code = concatBytes(
      assemble(`PUSH2 ${whole.length} @data 0 CODECOPY PUSH2 ${whole.length} 0 0 CREATE
        DUP1 EXTCODESIZE 0 0 DUP4 EXTCODECOPY PUSH2 ${size} 0 RETURN data:`),
    )
    // The bytes behind the label itself, which is a JUMPDEST.
    const shifted = concatBytes(code.subarray(0, -1), whole)
    const [ran] = runOnTiers(shifted)
    assert.equal(ran!.exit.kind, 'return')
    assert.equal(bytesToHex(outputOf(ran!.exit).slice(0, size)), bytesToHex(everySequence))
  })
})
