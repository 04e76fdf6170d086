import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Block } from '../../primitives/block.ts'
import {
  type AccountChanges,
  type BlockAccessList,
  blockAccessListHash,
  type Change,
} from '../../primitives/block-access-list.ts'
import { type Address, ZERO_HASH } from '../../primitives/hex.ts'
import { decodePlan, encodePlan, type Plan } from '../../primitives/plan.ts'
import { Random, seedFromEnvironment } from '../../test/support/random.ts'
import type { BlockError, BlockErrorCode } from './block-error.ts'
import { checkClaims } from './claims.ts'
import { assembleFixture, blockOf, fixtureState, randomBlock } from './fixtures/random-block.ts'
import { judge } from './fixtures/replay.ts'
import { executeSerially, type SerialOptions } from './serial.ts'
import { accountLocations, isBalance, nameSets } from './step-sets.ts'

const STRATEGIES = ['serial', 'values', 'split', 'groups'] as const

interface Honest {
  readonly options: SerialOptions
  readonly list: BlockAccessList
  readonly plan: Plan
}
type Claims = Pick<Honest, 'list' | 'plan'>

/** A lie, made of what an honest miner would claim; `undefined` where the block offers no place for it. */
type Lie = (honest: Honest, random: Random) => Claims | undefined

function honestBlock(random: Random): { options: SerialOptions; block: Block } {
  const parent = fixtureState()
  const options = randomBlock(random, 2 + random.below(20), random.pick([0.1, 0.5, 1]))
  const executed = assembleFixture(options, executeSerially(options, { view: parent }), parent)
  return { options, block: blockOf(options, executed) }
}

function withClaims(block: Block, { list, plan }: Claims): Block {
  const header = { ...block.header, blockAccessListHash: blockAccessListHash(list), plan: encodePlan(plan) }
  return { ...block, header, accessList: list }
}

function replaceAt<T>(items: readonly T[], position: number, change: (item: T) => T): T[] {
  return items.map((item, index) => (index === position ? change(item) : item))
}

function pickTransaction({ plan }: Honest, random: Random): number {
  return random.below(plan.transactions.length)
}

function locationCount(list: BlockAccessList): number {
  return list.reduce(
    (sum, { storageChanges, storageReads }) => sum + 3 + storageChanges.length + storageReads.length,
    0,
  )
}

function withReads(
  { list, plan }: Claims,
  transaction: number,
  change: (reads: readonly number[]) => number[],
): Claims {
  const transactions = replaceAt(plan.transactions, transaction, (planned) => ({
    ...planned,
    reads: change(planned.reads).sort((a, b) => a - b),
  }))
  return { list, plan: { transactions } }
}

/** The groups that follow from what is claimed: what a careful liar would write. */
function regrouped({ list, plan }: Claims, { senders }: SerialOptions): Claims {
  const { steps } = nameSets(list, plan)
  const sets = plan.transactions.map((_, index) => {
    const { listedReads, writes } = steps[index + 1]!
    const changed = [...writes.keys()].filter((location) => !isBalance(location))
    return { reads: new Set([...accountLocations(senders[index]!), ...listedReads, ...changed]), writes }
  })
  const isRead = (location: string) => sets.some(({ reads }) => reads.has(location))
  const writesOf = (index: number) =>
    [...sets[index]!.writes.keys()].filter((location) => !isBalance(location) || isRead(location))
  const partition = sets.map((_, index) => index)
  for (const a of sets.keys()) {
    for (const b of sets.keys()) {
      if (!writesOf(a).some((location) => sets[b]!.reads.has(location) || sets[b]!.writes.has(location))) continue
      const [from, to] = [partition[a]!, partition[b]!]
      for (const [index, each] of partition.entries()) if (each === from) partition[index] = to
    }
  }
  return { list, plan: withGroups(plan, partition) }
}

function withGroups({ transactions }: Plan, partition: readonly number[]): Plan {
  const firsts = [...new Set(partition)]
  return {
    transactions: transactions.map((planned, index) => ({ ...planned, group: firsts.indexOf(partition[index]!) })),
  }
}

/** Every place in a list where a value changes, with how to put other changes there. */
function changePlaces(list: BlockAccessList) {
  return list.flatMap((account, position) => {
    const put = (change: Partial<AccountChanges>) => replaceAt(list, position, (each) => ({ ...each, ...change }))
    return [
      { changes: account.balanceChanges, put: (balanceChanges: Change<bigint>[]) => put({ balanceChanges }) },
      { changes: account.nonceChanges, put: (nonceChanges: Change<bigint>[]) => put({ nonceChanges }) },
      ...account.storageChanges.map((slot, slotPosition) => ({
        changes: slot.changes,
        put: (changes: Change<bigint>[]) =>
          changes.length > 0
            ? put({ storageChanges: replaceAt(account.storageChanges, slotPosition, () => ({ ...slot, changes })) })
            : put({
                storageChanges: account.storageChanges.filter((each) => each !== slot),
                storageReads: [...account.storageReads, slot.slot].sort((a, b) => (a < b ? -1 : 1)),
              }),
      })),
    ]
  })
}

function pickOrNothing<T>(items: readonly T[], random: Random): T | undefined {
  return items.length > 0 ? random.pick(items) : undefined
}

const leaveOutRead: Lie = (honest, random) => {
  const transaction = pickTransaction(honest, random)
  const read = pickOrNothing(honest.plan.transactions[transaction]!.reads, random)
  if (read === undefined) return undefined
  return withReads(honest, transaction, (reads) => reads.filter((each) => each !== read))
}

const addRead: Lie = (honest, random) => {
  const transaction = pickTransaction(honest, random)
  const read = random.below(locationCount(honest.list))
  if (honest.plan.transactions[transaction]!.reads.includes(read)) return undefined
  return withReads(honest, transaction, (reads) => [...reads, read])
}

const leaveOutWrite: Lie = ({ list, plan }, random) => {
  const place = pickOrNothing(
    changePlaces(list).filter(({ changes }) => changes.length > 0),
    random,
  )
  if (!place) return undefined
  const left = random.below(place.changes.length)
  return { list: place.put(place.changes.filter((_, index) => index !== left)), plan }
}

const addWrite: Lie = ({ list, plan }, random) => {
  const place = random.pick(changePlaces(list))
  const index = random.below(plan.transactions.length + 2)
  if (place.changes.some((change) => change.index === index)) return undefined
  const changes = [...place.changes, { index, value: BigInt(random.below(100)) }].sort((a, b) => a.index - b.index)
  return { list: place.put(changes), plan }
}

const falsifyValue: Lie = ({ list, plan }, random) => {
  const place = pickOrNothing(
    changePlaces(list).filter(({ changes }) => changes.length > 0),
    random,
  )
  if (!place) return undefined
  const value = random.chance(0.5) ? (old: bigint) => old + 1n : (old: bigint) => (old === 0n ? 1n : 0n)
  const position = random.below(place.changes.length)
  return {
    list: place.put(replaceAt(place.changes, position, (each) => ({ ...each, value: value(each.value) }))),
    plan,
  }
}

const moveToOtherGroup: Lie = ({ list, plan }, random) => {
  const groups = plan.transactions.map(({ group }) => group)
  const transaction = random.below(groups.length)
  const partition = replaceAt(groups, transaction, () => random.below(groups.length + 1))
  const moved = withGroups(plan, partition)
  return moved.transactions.every(({ group }, index) => group === groups[index]) ? undefined : { list, plan: moved }
}

const falsifyGas: Lie = (honest, random) => {
  const transactions = replaceAt(honest.plan.transactions, pickTransaction(honest, random), (planned) => ({
    ...planned,
    gasUsed: planned.gasUsed + BigInt(random.pick([-1, 1, 1_000])),
  }))
  return { list: honest.list, plan: { transactions } }
}

const LIES: readonly (readonly [name: string, lie: Lie, code: BlockErrorCode])[] = [
  ['a read left out', leaveOutRead, 'wrong-read-set'],
  ['a read added', addRead, 'wrong-read-set'],
  ['a write left out', leaveOutWrite, 'wrong-write-set'],
  ['a write added', addWrite, 'wrong-write-set'],
  ['a wrong value', falsifyValue, 'wrong-written-value'],
  ['a wrong group', moveToOtherGroup, 'wrong-group'],
  ['a wrong gas used', falsifyGas, 'wrong-gas-used'],
]

const ROUNDS = 40

/**
 * Hiding that a transaction set a slot to the value it had already, with groups to match, makes a replay by groups see
 * an old value and a change: it cannot tell this from a hidden write.
 */
function isHiddenNoOp(code: BlockErrorCode, isCareful: boolean, verdict: BlockError | undefined): boolean {
  return code === 'wrong-read-set' && isCareful && verdict?.code === 'wrong-write-set'
}

describe('a lie is named by every strategy', () => {
  for (const [name, lie, code] of LIES) {
    for (const isCareful of code === 'wrong-group' ? [false] : [false, true]) {
      test(`${name}${isCareful ? ', and the groups made to fit' : ''}`, () => {
        const seed = seedFromEnvironment()
        const random = new Random(seed)
        let told = 0
        for (let round = 0; round < ROUNDS; round++) {
          const { options, block } = honestBlock(random)
          const honest = { options, list: block.accessList!, plan: decodePlan(block.header.plan!) }
          const claims = lie(honest, random)
          if (!claims) continue
          told++
          const dishonest = withClaims(block, isCareful ? regrouped(claims, options) : claims)
          for (const strategy of STRATEGIES) {
            const verdict = judge(options, dishonest, fixtureState(), strategy)
            if (isHiddenNoOp(code, isCareful, verdict)) continue
            assert.equal(verdict?.code, code, `seed ${seed}, round ${round}, ${strategy}: ${verdict?.message}`)
          }
        }
        assert.ok(told > ROUNDS / 10, `seed ${seed}: only ${told} lies`)
      })
    }
  }

  test('an account that nobody touched', () => {
    const { options, block } = honestBlock(new Random(5))
    const ghost: Address = '0x00000000000000000000000000000000000000ff'
    const entry = {
      address: ghost,
      storageChanges: [],
      storageReads: [],
      balanceChanges: [],
      nonceChanges: [],
      codeChanges: [],
    }
    const list = [...block.accessList!, entry].sort((a, b) => (a.address < b.address ? -1 : 1))
    const position = list.indexOf(entry)
    // The numbers of what comes after it move on.
    const first = locationCount(list.slice(0, position))
    const { transactions } = decodePlan(block.header.plan!)
    const plan = {
      transactions: transactions.map((planned) => ({
        ...planned,
        reads: planned.reads.map((location) => (location >= first ? location + 3 : location)),
      })),
    }
    for (const strategy of STRATEGIES) {
      const verdict = judge(options, withClaims(block, { list, plan }), fixtureState(), strategy)
      assert.equal(verdict?.code, 'wrong-read-set')
      assert.deepEqual(verdict?.details.added, [ghost])
    }
  })
})

describe('a wrong header field', () => {
  const { options, block } = honestBlock(new Random(7))
  const parent = fixtureState()
  const executed = assembleFixture(options, executeSerially(options, { view: parent }), parent)
  const { header } = block
  const cases: readonly (readonly [BlockErrorCode, Partial<Block['header']>])[] = [
    ['wrong-gas-used', { gasUsed: header.gasUsed + 1n }],
    ['wrong-blob-gas-used', { blobGasUsed: 131_072n }],
    ['wrong-bloom', { logsBloom: header.logsBloom.map((byte) => byte ^ 1) }],
    ['wrong-requests-hash', { requestsHash: ZERO_HASH }],
    ['wrong-operations-hash', { receiptsRoot: ZERO_HASH }],
    ['wrong-state-root', { stateRoot: executed.receiptsRoot }],
    ['wrong-list-hash', { blockAccessListHash: ZERO_HASH }],
  ]
  for (const [code, lie] of cases) {
    test(`is ${code}`, () => {
      assert.throws(() => checkClaims({ ...block, header: { ...header, ...lie } }, executed, ZERO_HASH), { code })
    })
  }

  test('is wrong-receipts-root without a plan', () => {
    const { accessList, plan, ...plain } = executed
    const bare = { ...header, plan: undefined, blockAccessListHash: undefined }
    assert.doesNotThrow(() => checkClaims({ ...block, header: bare, accessList: undefined }, plain, ZERO_HASH))
    const lie = { ...block, header: { ...bare, receiptsRoot: ZERO_HASH }, accessList: undefined }
    assert.throws(() => checkClaims(lie, plain, ZERO_HASH), { code: 'wrong-receipts-root' })
  })
})
