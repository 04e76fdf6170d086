import { equalBytes } from '../../primitives/bytes.ts'
import { type Hash, hashToBytes } from '../../primitives/hex.ts'
import type { StateDiff } from '../state-view.ts'
import { rootReference, storageRootOf } from './account-change.ts'
import type { ChangeList } from './change-list.ts'
import { BRANCH_WIDTH, SAME, type Updated } from './changed-node.ts'
import { HASH_PREFIX, itemEnd, NOTHING, payloadStart } from './encoded-node.ts'
import { lookup } from './lookup.ts'
import { NewNodes, readRecords } from './new-nodes.ts'
import type { NewNode } from './node.ts'
import type { NodeReader } from './node-reader.ts'
import { type AccountChange, accountChanges, accountList, type StateUpdate, updateState } from './state-trie.ts'
import { decodeSubtrieUpdates, encodeSubtries, type Subtrie, type SubtrieUpdate, updateSubtrie } from './subtrie.ts'
import { rootOf, updateRootBranch } from './update.ts'

export interface ParallelStateUpdateOptions {
  /** Threads that work is spread over. */
  readonly workers: number
  /** Accounts and slots that change, from which on they are given any. Default `DEFAULT_MIN_CHANGES`. */
  readonly minChanges?: number | undefined
  /** Changed slots from which on a storage trie is cut; with fewer it goes with its account. Default `DEFAULT_MIN_SLOTS`. */
  readonly minSlots?: number | undefined
}

export interface ParallelStateUpdateModules {
  /** Trie nodes of the parent's state. The threads have readers of their own. */
  readonly nodes: NodeReader
  /**
   * Gives a thread (counted from 0) what `updateSubtries` takes, and answers with what it returns. If it rejects, the work is
   * done here: whatever is wrong with the thread, the root is the same.
   */
  readonly run: (worker: number, task: Uint8Array) => Promise<Uint8Array>
}

/**
 * On two idle processors and 10,000 accounts, two threads break even at 200 changes (100 transfers) and take a fifth less
 * time at 500; where the processors have other work, they gain later.
 */
const DEFAULT_MIN_CHANGES = 500

/** So few slots take a thread 0.2 ms or less: not what a block is waiting for. */
const DEFAULT_MIN_SLOTS = 64

/**
 * `updateState` on several threads. Children of a branch do not depend on each other, so the children of the account trie's
 * root are given to the threads, and those of each storage trie with many changes; a thread gets the same nibbles in every
 * block, whose nodes it remembers. Accounts whose storage is cut wait for it. They and the roots are done here.
 */
export class ParallelStateUpdate {
  readonly #workers: number
  readonly #minChanges: number
  readonly #minSlots: number
  readonly #modules: ParallelStateUpdateModules

  constructor(options: ParallelStateUpdateOptions, modules: ParallelStateUpdateModules) {
    this.#workers = options.workers
    this.#minChanges = options.minChanges ?? DEFAULT_MIN_CHANGES
    this.#minSlots = options.minSlots ?? DEFAULT_MIN_SLOTS
    this.#modules = modules
  }

  /** What `updateState(parentRoot, diff, nodes)` returns, but for the order of the nodes. Throws what that throws. */
  async update(parentRoot: Hash, diff: StateDiff): Promise<StateUpdate> {
    const { nodes } = this.#modules
    const isSmall = this.#workers === 0 || countChanges(diff) < this.#minChanges
    const root = isSmall ? undefined : branchOf(rootReference(hashToBytes(parentRoot)), nodes)
    if (root === undefined) return updateState(parentRoot, diff, nodes)
    const accounts = accountChanges(diff)
    const storages = new Map<AccountChange, CutTrie>()
    for (const account of accounts) {
      const storage = this.#storageToCut(parentRoot, account)
      if (storage !== undefined) storages.set(account, new CutTrie('slots', storage))
    }
    const trie = new CutTrie('accounts', root)
    const groups = Array.from({ length: BRANCH_WIDTH }, (_, nibble) =>
      accounts.filter(({ key }) => key[0]! >> 4 === nibble),
    )
    const isWaiting = (group: readonly AccountChange[]) => group.some((account) => storages.has(account))
    await this.#spread([
      ...[...storages].flatMap(([{ slots }, storage]) => storage.parts(slots!)),
      ...groups.filter((group) => !isWaiting(group)).flatMap((group) => trie.parts(accountList(group))),
    ])
    const made = new NewNodes()
    const roots = new Map([...storages].map(([account, storage]) => [account, storage.finish(nodes, made)]))
    for (const group of groups.filter(isWaiting)) {
      for (const part of trie.parts(accountList(group, (account) => roots.get(account)))) {
        const update = updateSubtrie(part.subtrie, nodes)
        nodes.remember?.(readRecords(update.records))
        part.done(update)
      }
    }
    const stateRoot = rootOf(trie.finish(nodes, made))
    // What the threads made they remember.
    const top = made.list()
    nodes.remember?.(top)
    return { stateRoot, nodes: [...[...storages.values(), trie].flatMap((cut) => cut.newNodes()), ...top] }
  }

  /** The root of the account's storage trie if it is worth to be cut. */
  #storageToCut(parentRoot: Hash, { slots, change, key }: AccountChange): Uint8Array | undefined {
    const isDeleted = change.account !== undefined && change.account.to === undefined
    if (slots === undefined || slots.count < this.#minSlots || isDeleted || change.clearsStorage) return undefined
    const leaf = lookup(parentRoot, key, this.#modules.nodes)
    return leaf && branchOf(rootReference(storageRootOf(leaf)), this.#modules.nodes)
  }

  async #spread(parts: readonly Part[]): Promise<void> {
    await Promise.all(
      Array.from({ length: this.#workers }, (_, worker) =>
        this.#work(
          worker,
          parts.filter(({ nibble }) => nibble % this.#workers === worker),
        ),
      ),
    )
  }

  async #work(worker: number, parts: readonly Part[]): Promise<void> {
    if (parts.length === 0) return
    const updates = await this.#updates(
      worker,
      parts.map(({ subtrie }) => subtrie),
    )
    for (const [index, part] of parts.entries()) part.done(updates[index]!)
  }

  async #updates(worker: number, subtries: readonly Subtrie[]): Promise<readonly SubtrieUpdate[]> {
    try {
      return decodeSubtrieUpdates(await this.#modules.run(worker, encodeSubtries(subtries)))
    } catch {
      return subtries.map((subtrie) => updateSubtrie(subtrie, this.#modules.nodes))
    }
  }
}

function countChanges({ accounts }: StateDiff): number {
  let count = accounts.size
  for (const { slots } of accounts.values()) count += slots?.size ?? 0
  return count
}

/** RLP of the node that a root stands for, if it is a branch. */
function branchOf(root: Uint8Array, nodes: NodeReader): Uint8Array | undefined {
  if (root[0] !== HASH_PREFIX) return undefined
  const rlp = nodes.rlp(root, 1)
  const second = itemEnd(rlp, payloadStart(rlp, 0))
  return itemEnd(rlp, second) === rlp.length ? undefined : rlp
}

/** A subtrie to be updated, and who is to be told. */
interface Part {
  readonly subtrie: Subtrie
  readonly nibble: number
  readonly done: (update: SubtrieUpdate) => void
}

/** A trie whose root is a branch, while its children are updated on their own. */
class CutTrie {
  readonly #kind: Subtrie['kind']
  readonly #root: Uint8Array
  readonly #children: Updated[] = new Array(BRANCH_WIDTH).fill(SAME)
  /** By nibble. */
  readonly #newNodes: NewNode[][] = Array.from({ length: BRANCH_WIDTH }, () => [])

  /** `root`: its RLP. */
  constructor(kind: Subtrie['kind'], root: Uint8Array) {
    this.#kind = kind
    this.#root = root
  }

  /** What there is to do for these changes. Each nibble comes in one list only. */
  parts(changes: ChangeList): Part[] {
    const starts = changes.nibbleStarts()
    const parts: Part[] = []
    let at = payloadStart(this.#root, 0)
    for (let nibble = 0; nibble < BRANCH_WIDTH; nibble++) {
      const end = itemEnd(this.#root, at)
      const [from, to] = [starts[nibble]!, starts[nibble + 1]!]
      if (from < to) {
        const reference = this.#root.subarray(at, end)
        const subtrie = { kind: this.#kind, depth: 1, reference, changes: changes.slice(from, to) }
        parts.push({ subtrie, nibble, done: (update) => this.#done(nibble, reference, update) })
      }
      at = end
    }
    return parts
  }

  /** What stands for the root now. */
  finish(nodes: NodeReader, made: NewNodes): Uint8Array {
    return updateRootBranch(this.#root, this.#children, nodes, made)
  }

  newNodes(): readonly NewNode[] {
    return this.#newNodes.flat()
  }

  #done(nibble: number, before: Uint8Array, { reference, records }: SubtrieUpdate): void {
    if (equalBytes(reference, before)) return
    const newNodes = readRecords(records)
    this.#newNodes[nibble] = newNodes
    if (reference[0] === NOTHING) this.#children[nibble] = undefined
    else {
      const own = reference[0] === HASH_PREFIX ? newNodes.at(-1)!.rlp : undefined
      // The node of which it becomes a part takes its place.
      const onOpened = own && (() => newNodes.pop())
      this.#children[nibble] = { kind: 'stored', bytes: reference, at: 0, rlp: own, onOpened }
    }
  }
}
