import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseGenesis } from '../config/genesis.ts'
import type { Block } from '../primitives/block.ts'
import { type Header, headerHash } from '../primitives/header.ts'
import { type Hash, ZERO_HASH } from '../primitives/hex.ts'
import { createEngine } from './create-engine.ts'
import { verifyOmmers } from './ommer-rules.ts'

const {
  config,
  alloc: _alloc,
  ...fields
} = parseGenesis({
  config: { chainId: 1, homesteadBlock: 0 },
  difficulty: 1_000_000,
  gasLimit: 5_000_000,
  alloc: {},
})
const context = { config, engine: createEngine({ config }) }

/** Elapsed 10 to 19 seconds leave Homestead's difficulty as it is. */
function childOf(parent: Header, extra: number): Header {
  const extraData = Uint8Array.of(extra)
  return {
    ...parent,
    parentHash: headerHash(parent),
    number: parent.number + 1n,
    timestamp: parent.timestamp + 15n,
    extraData,
  }
}

const chain: Header[] = [{ ...fields, stateRoot: ZERO_HASH }]
for (let number = 1; number <= 9; number++) chain.push(childOf(chain[number - 1]!, 0))

/** A sibling of canonical block `number`. */
const ommer = (number: number, extra = 1) => childOf(chain[number - 1]!, extra)

function lookupWith(included: Readonly<Record<number, readonly Header[]>> = {}) {
  const blocks = new Map<Hash, Pick<Block, 'header' | 'ommers'>>()
  for (const [number, header] of chain.entries())
    blocks.set(headerHash(header), { header, ommers: included[number] ?? [] })
  return { block: (hash: Hash) => blocks.get(hash) }
}

/** As the ommers of block 10. */
const verify = (ommers: readonly Header[], lookup = lookupWith()) =>
  verifyOmmers({ header: childOf(chain[9]!, 0), ommers }, lookup, context)
const code = { code: 'wrong-ommers' }

test('siblings of the last six ancestors are ommers', () => {
  verify([])
  verify([ommer(9), ommer(4)])
  verify([ommer(9, 1), ommer(9, 2)])
})

test('those of other generations are not', () => {
  assert.throws(() => verify([ommer(3)]), code)
  assert.throws(() => verify([childOf(chain[9]!, 1)]), code, 'a sibling of the block itself')
})

test('ancestors, ommers of ancestors and doubles are not', () => {
  assert.throws(() => verify([chain[8]!]), code)
  assert.throws(() => verify([ommer(8)], lookupWith({ 9: [ommer(8)] })), code)
  assert.throws(() => verify([ommer(8), ommer(8)]), code)
  assert.throws(() => verify([ommer(9), ommer(8), ommer(7)]), code)
})

test('an ommer’s own header must be valid', () => {
  assert.throws(() => verify([{ ...ommer(8), difficulty: 1n }]), { code: 'wrong-difficulty' })
  assert.throws(() => verify([{ ...ommer(8), gasUsed: 6_000_000n }]), { code: 'gas-used-above-limit' })
})
