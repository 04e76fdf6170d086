import type { Block } from '../../primitives/block.ts'
import { type AccountChanges, type Change, checkBlockAccessList } from '../../primitives/block-access-list.ts'
import { headerHash } from '../../primitives/header.ts'
import { ascending, grouped, groupsOf, type Lie, planning, withList } from './falsify.ts'
import type { Random } from './random.ts'

/**
 * A block with one false claim in its plan or list, in canonical form; `undefined` where the random choice led to no lie.
 */
export function randomLie(honest: Block, random: Random): Block | undefined {
  if (honest.transactions.length === 0) return undefined
  const lie = random.pick([falseGas, falseReads, falseGroup, falseList, falseList, falseList])(random)
  const block = lie(honest)
  return headerHash(block.header) === headerHash(honest.header) || !isCanonical(block) ? undefined : block
}

function isCanonical({ accessList, transactions }: Block): boolean {
  try {
    checkBlockAccessList(accessList!, transactions.length)
    return true
  } catch {
    return false
  }
}

function falseGas(random: Random): Lie {
  return (block) => {
    const change = BigInt(1 + random.below(100))
    const gasUsed = block.header.gasUsed + change
    const index = random.below(block.transactions.length)
    const planned = planning(index, (each) => ({ gasUsed: each.gasUsed + change }))(block)
    return { ...planned, header: { ...planned.header, gasUsed } }
  }
}

function falseReads(random: Random): Lie {
  return (block) => {
    const locations = block.accessList!.length * 4
    return planning(random.below(block.transactions.length), ({ reads }) => {
      if (reads.length > 0 && random.chance(0.5)) return { reads: reads.toSpliced(random.below(reads.length), 1) }
      return { reads: ascending([...new Set([...reads, random.below(locations)])]) }
    })(block)
  }
}

function falseGroup(random: Random): Lie {
  return (block) => {
    const groups = groupsOf(block)
    const group = random.pick([...groups, groups.length])
    return grouped(block, groups.with(random.below(groups.length), group))
  }
}

/** One account's changes made false: a value, a place, one too few, or one too many. */
function falseList(random: Random): Lie {
  return (block) => {
    const list = block.accessList!
    const position = random.below(list.length)
    const account = list[position]!
    const indexes = block.transactions.length + 2
    const change = random.pick<() => AccountChanges>([
      () => ({ ...account, balanceChanges: falseChanges(account.balanceChanges, indexes, random) }),
      () => ({ ...account, nonceChanges: falseChanges(account.nonceChanges, indexes, random) }),
      () => {
        if (account.storageChanges.length === 0) return account
        const slot = random.below(account.storageChanges.length)
        const { changes, ...rest } = account.storageChanges[slot]!
        const falsified = { ...rest, changes: falseChanges(changes, indexes, random) }
        return { ...account, storageChanges: account.storageChanges.with(slot, falsified) }
      },
    ])
    return withList(block, list.with(position, change()))
  }
}

function falseChanges(changes: readonly Change<bigint>[], indexes: number, random: Random): Change<bigint>[] {
  const added = { index: random.below(indexes), value: BigInt(random.below(5)) }
  if (changes.length === 0) return [added]
  const position = random.below(changes.length)
  const present = changes[position]!
  return random
    .pick([
      () => changes.with(position, { ...present, value: present.value + 1n }),
      () => changes.with(position, { ...present, index: random.below(indexes) }),
      () => changes.toSpliced(position, 1),
      () => [...changes, added],
    ])()
    .toSorted((a, b) => a.index - b.index)
}
