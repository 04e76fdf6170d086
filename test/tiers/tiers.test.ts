import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { EMPTY_BYTES } from '../../primitives/bytes.ts'
import { wordToAddress } from '../../primitives/hex.ts'
import { FUZZED_HARDFORKS } from '../fuzz/random-environment.ts'
import type { RanMessage } from '../fuzz/run-message.ts'
import { differenceBetween } from './differences.ts'
import { describeTierDifference, type TierCaseKind, tierBatch } from './tier-cases.ts'

/** Fixed: what fails here fails again. `npm run fuzz:tiers` looks for what this does not find. */
const SEED = 20_261_125

describe('all tiers do what the reference interpreter does', () => {
  const sample = (kind: TierCaseKind, hardfork: (typeof FUZZED_HARDFORKS)[number], count: number) => {
    const { comparisons, difference } = tierBatch({ seed: SEED, kind, hardfork, isQuick: true }, 0, count)
    assert.equal(difference && `seed ${SEED}, ${describeTierDifference(difference)}`, undefined)
    assert.ok(comparisons[kind] >= count, `only ${comparisons[kind]} comparisons`)
  }

  for (const hardfork of FUZZED_HARDFORKS) {
    test(`with random snippets and code under ${hardfork}`, () => {
      sample('snippets', hardfork, 40)
      sample('bytecode', hardfork, 20)
    })
  }
  for (const hardfork of ['istanbul', 'osaka'] as const) {
    test(`with compiled contracts, and with little gas, under ${hardfork}`, () => {
      sample('contracts', hardfork, 20)
      sample('sweep', hardfork, 15)
    })
  }
})

describe('a comparison', () => {
  const ran: RanMessage = {
    exit: { kind: 'return', output: Uint8Array.of(1) },
    gasLeft: 5n,
    refund: 0n,
    recipient: wordToAddress(1n),
    logs: [{ address: wordToAddress(1n), topics: [], data: EMPTY_BYTES }],
    effects: {
      reads: new Map([[wordToAddress(1n), { balance: true, nonce: false, code: false, slots: [1n, 2n] }]]),
      writes: new Map([[wordToAddress(1n), { slots: new Map([[1n, 2n]]) }]]),
      credits: new Map(),
    },
    operationsHash: '0x01',
  }

  test('finds nothing in equal results, whatever the cause of a halt', () => {
    assert.equal(differenceBetween(ran, structuredClone(ran)), undefined)
    const halted = (cause: 'out-of-gas' | 'invalid-jump'): RanMessage => ({ ...ran, exit: { kind: 'halt', cause } })
    assert.equal(differenceBetween(halted('out-of-gas'), halted('invalid-jump')), undefined)
  })

  test('tells each thing that can differ', () => {
    const { effects } = ran
    const reads = new Map([[wordToAddress(1n), { balance: true, nonce: false, code: false, slots: [2n, 1n] }]])
    const writes = new Map([[wordToAddress(1n), { slots: new Map([[1n, 3n]]) }]])
    const changes: readonly (readonly [string, Partial<RanMessage>])[] = [
      ['ending', { exit: { kind: 'revert', output: Uint8Array.of(1) } }],
      ['output', { exit: { kind: 'return', output: Uint8Array.of(2) } }],
      ['gas left', { gasLeft: 6n }],
      ['refund', { refund: 1n }],
      ['logs', { logs: [] }],
      ['effects', { effects: { ...effects, reads } }],
      ['effects', { effects: { ...effects, writes } }],
      ['operationsHash', { operationsHash: '0x02' }],
    ]
    for (const [what, change] of changes) {
      assert.match(differenceBetween({ ...ran, ...change }, ran) ?? '', new RegExp(`^${what}: `))
    }
  })
})

test('npm run fuzz:tiers makes as many comparisons as asked for, and runs one case again', () => {
  const run = (...args: readonly string[]) =>
    spawnSync(process.execPath, [join(import.meta.dirname, 'run.ts'), '--kind', 'snippets', ...args], {
      encoding: 'utf8',
    })
  const many = run('--seed', '5', '--count', '50', '--workers', '1')
  assert.equal(many.status, 0, many.stderr)
  const [, total = ''] = /^(\d+) comparisons \(snippets \d+.*\), seed 5, differences 0, /m.exec(many.stdout) ?? []
  assert.ok(Number(total) >= 50, many.stdout)
  const one = run('--seed', '5', '--case', '3')
  assert.equal(one.status, 0, one.stderr)
  assert.match(one.stdout, /^case 3 \(snippets, \w+\): 6 comparisons, differences 0$/m)
})
