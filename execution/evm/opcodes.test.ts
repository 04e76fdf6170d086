import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HARDFORKS, rulesFor } from '../../config/hardforks.ts'
import { runCode } from './fixtures/run-code.ts'
import { type Instruction, instructionsFor } from './opcodes.ts'
import { STACK_LIMIT } from './stack.ts'

function assigned(hardfork: (typeof HARDFORKS)[number]): Instruction[] {
  return instructionsFor(rulesFor(hardfork)).filter(({ name }) => name !== 'INVALID')
}

test('each hardfork has the instructions that the EIPs gave it', () => {
  const counts = HARDFORKS.map((hardfork) => [hardfork, assigned(hardfork).length])
  assert.deepEqual(Object.fromEntries(counts), {
    frontier: 129,
    homestead: 130,
    daoFork: 130,
    tangerineWhistle: 130,
    spuriousDragon: 130,
    byzantium: 134,
    constantinople: 139,
    petersburg: 139,
    istanbul: 141,
    muirGlacier: 141,
    berlin: 141,
    london: 142,
    arrowGlacier: 142,
    grayGlacier: 142,
    paris: 142,
    shanghai: 143,
    cancun: 148,
    prague: 148,
    osaka: 149,
    bpo1: 149,
    bpo2: 149,
    bpo3: 149,
    bpo4: 149,
    bpo5: 149,
  })
})

test('an opcode has one name at a time, and DIFFICULTY gave way to PREVRANDAO', () => {
  const names = assigned('osaka').map(({ name }) => name)
  assert.equal(new Set(names).size, names.length)
  assert.equal(instructionsFor(rulesFor('grayGlacier'))[0x44]?.name, 'DIFFICULTY')
  assert.equal(instructionsFor(rulesFor('paris'))[0x44]?.name, 'PREVRANDAO')
})

test('the table is made once for each rules object', () => {
  assert.equal(instructionsFor(rulesFor('osaka')), instructionsFor(rulesFor('osaka')))
})

/** Ends the frame or does not come back to it: no instruction follows that could tell the stack. */
const WITHOUT_SUCCESSOR = new Set(['STOP', 'RETURN', 'REVERT', 'SELFDESTRUCT', 'JUMP', 'JUMPI'])

/** Words on the stack before the first STOP. */
function stackSizeAfter(code: Uint8Array): number | undefined {
  let size: number | undefined
  const { exit } = runCode(code, {
    tracer: {
      onStep(frame, { name }) {
        if (name === 'STOP' && frame.message.depth === 0) size = frame.stack.size
      },
    },
  })
  return exit.kind === 'return' ? size : undefined
}

test('handlers take and give as many words as the table says', () => {
  for (const { opcode, name, pops, maxStackSize, immediateBytes } of assigned('osaka')) {
    if (WITHOUT_SUCCESSOR.has(name)) continue
    const code = new Uint8Array(1024 + 1 + immediateBytes).fill(0x5f)
    const pushed = 40
    code[pushed] = opcode
    code.fill(0, pushed + 1)
    const size = stackSizeAfter(code)
    const growth = STACK_LIMIT - maxStackSize
    if (growth > 0) assert.equal(size, pushed + growth, name)
    else assert.ok(size !== undefined && size <= pushed && size >= pushed - pops, `${name}: ${size}`)
  }
})

test('one word too few underflows, one too many overflows', () => {
  for (const { opcode, name, pops, maxStackSize } of assigned('osaka')) {
    if (pops > 0) {
      const code = new Uint8Array(pops).fill(0x5f)
      code[pops - 1] = opcode
      assert.deepEqual(runCode(code).exit, { kind: 'halt', cause: 'stack-underflow' }, name)
    }
    if (maxStackSize < STACK_LIMIT) {
      const code = new Uint8Array(STACK_LIMIT + 34).fill(0x5f, 0, STACK_LIMIT)
      code[STACK_LIMIT] = opcode
      assert.deepEqual(runCode(code).exit, { kind: 'halt', cause: 'stack-overflow' }, name)
      const fitting = code.slice()
      fitting.copyWithin(0, 1)
      assert.equal(runCode(fitting).exit.kind, 'return', name)
    }
  }
})
