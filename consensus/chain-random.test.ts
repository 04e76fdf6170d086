import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { BlockError } from '../execution/block/block-error.ts'
import type { Block } from '../primitives/block.ts'
import { developerAccounts } from '../primitives/developer-accounts.ts'
import { type Hash, wordToAddress } from '../primitives/hex.ts'
import { checkDatabase } from '../storage/checker.ts'
import { Random, seedFromEnvironment } from '../test/support/random.ts'
import { hashOf, TestNode, transfer, withHeader } from './fixtures/test-node.ts'

const ROUNDS = 6
const BLOCKS = 14
const MAKERS = 3
const SENDERS = developerAccounts(2)

interface TreeBlock {
  readonly block: Block
  readonly totalDifficulty: bigint
  /** Neither the block nor an ancestor lies. */
  readonly isValid: boolean
}

type Tree = ReadonlyMap<Hash, TreeBlock>

/** Miners, one of whom lies now and then and believes lies, extend their own heads and at times hear of each other. */
async function growTree(t: TestContext, random: Random): Promise<Tree> {
  const makers = await Promise.all(
    Array.from({ length: MAKERS }, (_, index) => TestNode.open(t, { gullible: index === 0 })),
  )
  const tree = new Map<Hash, TreeBlock>()
  while (tree.size < BLOCKS) {
    const maker = random.pick(makers)
    if (random.chance(0.3)) await tellAll(maker, [...tree.values()])
    const { hash: parentHash, totalDifficulty } = maker.chain.head()
    const isLie = maker === makers[0] && random.chance(0.4)
    const nonce = (address: number) => accountNonce(maker, address)
    const transactions = [0, 1].filter(() => random.chance(0.6)).map((from) => transfer(from, nonce(from)))
    const block = await maker.extend({
      transactions,
      coinbase: wordToAddress(BigInt(tree.size + 1)),
      delay: random.below(3),
      falsify: (honest) => (isLie ? withHeader(honest, { logsBloom: honest.header.logsBloom.map(() => 1) }) : honest),
    })
    tree.set(hashOf(block), {
      block,
      totalDifficulty: totalDifficulty + block.header.difficulty,
      isValid: !isLie && (tree.get(parentHash)?.isValid ?? true),
    })
  }
  return tree
}

function accountNonce(node: TestNode, account: number): bigint {
  return node.states.headView().account(SENDERS[account]!.address)?.nonce ?? 0n
}

/** Of what is refused nothing is said: it may come again when its parent is known. */
async function tellAll(node: TestNode, blocks: readonly TreeBlock[]): Promise<TreeBlock[]> {
  const again: TreeBlock[] = []
  for (const each of blocks) {
    try {
      await node.take(each.block)
    } catch (error) {
      if (!(error instanceof BlockError)) throw error
      if (error.code === 'unknown-parent') again.push(each)
      else assert.ok(!each.isValid, `a valid block is refused: ${error.code}`)
    }
  }
  return again
}

function shuffled<T>(values: readonly T[], random: Random): T[] {
  return values
    .map((value) => ({ value, order: random.fraction() }))
    .sort((a, b) => a.order - b.order)
    .map(({ value }) => value)
}

test('whatever the order in which blocks of a random tree come, the heaviest valid branch wins', async (t) => {
  const seed = seedFromEnvironment()
  t.diagnostic(`TEST_SEED=${seed}`)
  for (let round = 0; round < ROUNDS; round++) {
    const random = new Random(seed + round)
    const label = `seed ${seed}, round ${round}`
    const tree = await growTree(t, random)
    const node = await TestNode.open(t)
    let left = shuffled([...tree.values()], random)
    for (let pass = 0; left.length > 0 && pass < BLOCKS; pass++) left = shuffled(await tellAll(node, left), random)
    assert.deepEqual(left, [], label)
    const valid = [...tree.values()].filter(({ isValid }) => isValid)
    const most = valid.reduce((best, { totalDifficulty }) => (totalDifficulty > best ? totalDifficulty : best), 64n)
    const head = node.chain.head()
    assert.equal(head.totalDifficulty, most, label)
    assert.ok(head.header.number === 0n || tree.get(head.hash)!.isValid, label)
    assert.deepEqual((await checkDatabase(node.database)).problems, [], label)
    assertChangesLeadTo(node, label)
  }
})

/** Every change begins at the head that the one before left, and the last ends at the head. */
function assertChangesLeadTo(node: TestNode, label: string): void {
  const branch: Hash[] = []
  for (const { added, removed } of node.changes) {
    for (const { hash } of removed) assert.equal(branch.pop(), hash, label)
    branch.push(...added.map(({ hash }) => hash))
  }
  for (const [index, hash] of branch.entries()) assert.equal(node.blocks.canonicalHash(BigInt(index + 1)), hash, label)
  assert.equal(BigInt(branch.length), node.chain.head().header.number, label)
}
