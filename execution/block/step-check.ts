import type { BlockAccessList, Change } from '../../primitives/block-access-list.ts'
import { equalBytes } from '../../primitives/bytes.ts'
import type { Address } from '../../primitives/hex.ts'
import type { Plan } from '../../primitives/plan.ts'
import { changeBefore } from './change-before.ts'
import { BALANCE, CODE, type IndexedAccessList, type IndexedAccount, NONCE } from './indexed-list.ts'
import type { AccountReads, AccountWrites, StateEffects, TransactionOutcome } from './outcome.ts'

export interface StepCheckModules {
  readonly accessList: IndexedAccessList
  /** A byte for each location of the list: 1 once a step has met it. May be shared by threads, who all write 1. */
  readonly marks: Uint8Array
}

/**
 * Compares what steps of a block did with what list and plan claim of them, each by itself, so that threads need to tell only
 * whether all is as claimed. That is the same as putting the steps' effects together and comparing the whole (`assemble.ts`):
 * a list has nothing but changes of steps, of which each step counts its own, and places that were met, which get their
 * marks. What nobody looked at and several added to is right after a step if it was right before it.
 *
 * What is not as claimed is not named here but by `findFalseClaim`, from the effects themselves.
 */
export class StepCheck {
  readonly #modules: StepCheckModules
  readonly #plan: Plan
  /** Changes that the list has of each step. */
  readonly #changeCounts: Int32Array

  constructor(options: { readonly plan: Plan; readonly accessList: BlockAccessList }, modules: StepCheckModules) {
    this.#modules = modules
    this.#plan = options.plan
    this.#changeCounts = countChanges(options.accessList, options.plan.transactions.length + 2)
  }

  /** Whether the transaction's reads, writes and gas are as claimed. */
  isTransactionAsClaimed(transaction: number, outcome: TransactionOutcome): boolean {
    const planned = this.#plan.transactions[transaction]!
    if (planned.gasUsed !== outcome.gasUsed) return false
    const reads: number[] = []
    if (!this.#meets(transaction + 1, outcome, outcome.sender, reads)) return false
    reads.sort((a, b) => a - b)
    return reads.length === planned.reads.length && reads.every((read, place) => read === planned.reads[place])
  }

  /** Whether the writes of the system operations before or after the block are as claimed: the plan says nothing of their reads. */
  isSystemAsClaimed(step: 'before' | 'after', effects: StateEffects): boolean {
    return this.#meets(step === 'before' ? 0 : this.#changeCounts.length - 1, effects, undefined, [])
  }

  /** Marks what a step met, and adds the reads that a plan lists to `reads`. Returns whether the writes are as claimed. */
  #meets(index: number, effects: StateEffects, sender: Address | undefined, reads: number[]): boolean {
    const { accessList, marks } = this.#modules
    let writeCount = 0
    // Whatever was written or added to was met, so it is among the reads.
    for (const [address, read] of effects.reads) {
      const account = accessList.accounts.get(address)
      if (account === undefined) return false
      marks[account.firstLocation] = 1
      const writes = effects.writes.get(address)
      const credit = effects.credits.get(address)
      const balance = credit === undefined ? writes?.balance : this.#balanceBefore(account, index) + credit
      const count = countSame(account, index, writes, balance)
      if (count === undefined) return false
      writeCount += count
      listReads(account, read, writes, address === sender, reads)
      for (const slot of read.slots) {
        const listed = account.slot(slot)
        if (listed === undefined) return false
        marks[listed.location] = 1
        const value = writes?.slots?.get(slot)
        if (value === undefined) {
          reads.push(listed.location)
          continue
        }
        if (valueAt(listed.changes, index) !== value) return false
        writeCount++
      }
    }
    return writeCount === this.#changeCounts[index]
  }

  #balanceBefore(account: IndexedAccount, index: number): bigint {
    const listed = changeBefore(account.changes.balanceChanges, index)
    return listed === undefined ? (this.#modules.accessList.parentAccount(account)?.balance ?? 0n) : listed.value
  }
}

/** How many fields of the account change, all to what is claimed; `undefined` where one is not. */
function countSame(
  { changes }: IndexedAccount,
  index: number,
  writes: AccountWrites | undefined,
  balance: bigint | undefined,
): number | undefined {
  let count = 0
  if (balance !== undefined) {
    if (valueAt(changes.balanceChanges, index) !== balance) return undefined
    count++
  }
  if (writes === undefined) return count
  if (writes.nonce !== undefined) {
    if (valueAt(changes.nonceChanges, index) !== writes.nonce) return undefined
    count++
  }
  if (writes.code) {
    const code = valueAt(changes.codeChanges, index)
    if (code === undefined || !equalBytes(code, writes.code.bytes)) return undefined
    count++
  }
  // Lists do not speak of existence, nor of storage cleared: where these do not follow from fields, the list is not enough.
  if (writes.clearsStorage || (writes.exists !== undefined && count === 0)) return undefined
  return count
}

/** Those that do not follow from the sender and the list. */
function listReads(
  { firstLocation }: IndexedAccount,
  read: AccountReads,
  writes: AccountWrites | undefined,
  isSender: boolean,
  reads: number[],
): void {
  if (isSender) return
  if (read.balance) reads.push(firstLocation + BALANCE)
  if (read.nonce && writes?.nonce === undefined) reads.push(firstLocation + NONCE)
  if (read.code && writes?.code === undefined) reads.push(firstLocation + CODE)
}

function valueAt<T>(changes: readonly Change<T>[], index: number): T | undefined {
  const change = changeBefore(changes, index + 1)
  return change?.index === index ? change.value : undefined
}

function countChanges(accessList: BlockAccessList, steps: number): Int32Array {
  const counts = new Int32Array(steps)
  const add = (changes: readonly Change<unknown>[]): void => {
    for (const { index } of changes) counts[index]!++
  }
  for (const { balanceChanges, nonceChanges, codeChanges, storageChanges } of accessList) {
    add(balanceChanges)
    add(nonceChanges)
    add(codeChanges)
    for (const { changes } of storageChanges) add(changes)
  }
  return counts
}
