import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { developmentGenesis, parseGenesis } from '../config/genesis.ts'
import { temporaryStorage } from './fixtures/test-storage.ts'
import { genesisBlock } from './genesis-block.ts'

const VECTORS = process.env.PAVM_VECTORS ?? '../shared/vectors'
const skip = existsSync(VECTORS) ? false : `no test vectors at ${VECTORS}`

const CHAINS = [
  { genesis: 'execution-apis/tests/genesis.json', blocks: 'execution-apis/tests/chain.rlp' },
  { genesis: 'debug-tracers/chain-data/genesis.json', blocks: 'debug-tracers/chain-data/blocks.bin' },
]

for (const { genesis, blocks } of CHAINS) {
  test(`the genesis of ${genesis} is the parent of its chain's first block`, { skip }, () => {
    const { hash } = genesisBlock(parseGenesis(JSON.parse(readFileSync(join(VECTORS, genesis), 'utf8'))))
    assert.equal(hash, firstParent(readFileSync(join(VECTORS, blocks))))
  })
}

/** The parent hash in the first header of blocks that stand one after another. */
function firstParent(blocks: Uint8Array): string {
  // Behind the prefixes of the block, of the header (both long lists) and of the hash.
  const blockPrefix = blocks[0]! - 0xf7 + 1
  const headerPrefix = blocks[blockPrefix]! - 0xf7 + 1
  const start = blockPrefix + headerPrefix + 1
  return `0x${Buffer.from(blocks.subarray(start, start + 32)).toString('hex')}`
}

test('the genesis becomes the head once, with its state', async (t) => {
  const { blocks, states, committer } = await temporaryStorage(t)
  const genesis = genesisBlock(developmentGenesis({ engine: 'instant' }))
  assert.equal(blocks.head().hash, genesis.hash)
  assert.equal(blocks.head().number, 0n)
  await committer.commitGenesis(genesis)
  assert.deepEqual(blocks.block(genesis.hash), genesis.block)
  const view = states.headView()
  for (const [address, { account }] of genesis.diff.accounts) {
    const { nonce, balance, codeHash } = view.account(address)!
    assert.deepEqual({ nonce, balance, codeHash }, account?.to)
    assert.deepEqual(view.code(codeHash), genesis.diff.codes.get(codeHash) ?? new Uint8Array(0))
  }
})
