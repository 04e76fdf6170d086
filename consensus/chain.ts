import { type ChainConfig, rulesAt } from '../config/chain.ts'
import { BlockError, type BlockErrorCode, isLocalBlockError } from '../execution/block/block-error.ts'
import type { ParentContext } from '../execution/block/executor.ts'
import type { Log } from '../execution/parallel/log.ts'
import type { Block } from '../primitives/block.ts'
import { type Header, headerHash } from '../primitives/header.ts'
import type { Hash } from '../primitives/hex.ts'
import type { BlockStore } from '../storage/block-store.ts'
import type { Committer } from '../storage/commit.ts'
import type { BlockProcessor, ProcessedBlock } from './block-processor.ts'
import { verifyBody } from './body-rules.ts'
import { CanonicalHead, type ChainHead, type NextBlock } from './canonical-head.ts'
import type { Engine } from './engine.ts'
import { type Branch, isHeavier, routeTo } from './fork-choice.ts'
import { type HeadChange, HeadChangeRecorder } from './head-change.ts'
import { checkClock, verifyHeader } from './header-rules.ts'
import { type BadBlock, InvalidBlocks } from './invalid-blocks.ts'
import { verifyOmmers } from './ommer-rules.ts'
import { SerialQueue } from './serial-queue.ts'
import type { StoredBranches } from './stored-branches.ts'

export interface ChainOptions {
  readonly config: ChainConfig
  /** Blocks that may wait for import; those beyond it are refused with `queue-full`. Default 256. */
  readonly maxWaiting?: number | undefined
}

export interface ChainModules {
  readonly engine: Pick<
    Engine,
    'maxExtraDataBytes' | 'followsClock' | 'earliestTimestamp' | 'verifyHeader' | 'finality'
  >
  readonly blocks: Pick<
    BlockStore,
    | 'head'
    | 'header'
    | 'block'
    | 'hasBlock'
    | 'isCanonical'
    | 'canonicalHash'
    | 'receipts'
    | 'stateRoot'
    | 'totalDifficulty'
  >
  readonly committer: Pick<Committer, 'storeSideBlock' | 'commitBlock' | 'rollbackHead'>
  readonly processor: Pick<BlockProcessor, 'process' | 'check'>
  readonly branches: Pick<StoredBranches, 'heavierThan'>
  readonly log: Pick<Log, 'debug' | 'warn' | 'error'>
  /** Milliseconds since 1970; the clock where absent. */
  readonly now?: (() => number) | undefined
}

/** Where a block comes from: for the logs, nothing depends on it. */
export type BlockSource = 'network' | 'miner' | 'file'

export interface ImportContext {
  readonly source: BlockSource
  /** What the miner that made the block already knows: the header is checked with it, and nothing executed again. */
  readonly processed?: ProcessedBlock | undefined
}

export interface ImportResult {
  /**
   * `imported`: on top of the head, and the head now. `side`: stored, on another branch. `reorg`: its branch is the
   * canonical one now. `known`: it was stored already.
   */
  readonly status: 'imported' | 'side' | 'reorg' | 'known'
  readonly hash: Hash
}

const DEFAULT_MAX_WAITING = 256

type HeadListener = (change: HeadChange) => void

/**
 * The chain of blocks: takes blocks in one by one, and keeps the heaviest valid branch as the canonical one.
 *
 * A block on the head goes through header, body, execution, claims and state root, then becomes the head in one batch. A
 * block elsewhere is stored unexecuted once header and body are right. When its branch becomes the heaviest, the head
 * goes back to the common ancestor, block by block, and forward along the branch. Killed at any moment, the database
 * holds a whole head and its state, and the heavier branch: `start` goes on from there.
 */
export class Chain {
  readonly #config: ChainConfig
  readonly #modules: ChainModules
  readonly #queue: SerialQueue
  readonly #head: CanonicalHead
  readonly #invalid = new InvalidBlocks()
  readonly #listeners = new Set<HeadListener>()

  constructor(options: ChainOptions, modules: ChainModules) {
    this.#config = options.config
    this.#modules = modules
    this.#queue = new SerialQueue({ maxWaiting: options.maxWaiting ?? DEFAULT_MAX_WAITING })
    this.#head = new CanonicalHead(modules)
  }

  /** Finishes a reorg that the end of the last process interrupted. To be called once, before blocks come. */
  async start(): Promise<void> {
    await this.#queue.run(async () => {
      for (const tip of await this.#modules.branches.heavierThan(this.#head.current.totalDifficulty)) {
        if (await this.#tryReorganise(tip)) return
      }
    })
  }

  /** Waits for the import that runs, and refuses all others. */
  async close(): Promise<void> {
    await this.#queue.close()
  }

  head(): ChainHead {
    return this.#head.current
  }

  /** What an executor needs to know to run a child of the head. */
  headContext(): ParentContext {
    return this.#head.context()
  }

  /** The newest blocks that the engine calls safe and finalized. */
  finality(): { readonly safe: Header; readonly finalized: Header } {
    const { safe, finalized } = this.#modules.engine.finality(this.head().header.number)
    return { safe: this.#canonical(safe), finalized: this.#canonical(finalized) }
  }

  /** Blocks that were found invalid lately, the newest last; not all of them. */
  badBlocks(): readonly BadBlock[] {
    return this.#invalid.kept
  }

  /** Calls the listener after each change of the head, before the next block is looked at. */
  on(_event: 'head', listener: HeadListener): void {
    this.#listeners.add(listener)
  }

  off(_event: 'head', listener: HeadListener): void {
    this.#listeners.delete(listener)
  }

  /**
   * Takes in a block after those that came before it. Throws `BlockError`; any other error says nothing of the block,
   * which may be tried again.
   */
  async importBlock(block: Block, context: ImportContext): Promise<ImportResult> {
    const hash = headerHash(block.header)
    return await this.#queue.run(async () => {
      const status = await this.#import(block, hash, context)
      this.#modules.log.debug({ number: block.header.number, hash, status, source: context.source }, 'block taken in')
      return { status, hash }
    })
  }

  /** Runs what changes the state without a block, when no block is being taken in. */
  async betweenBlocks<T>(change: () => Promise<T>): Promise<T> {
    return await this.#queue.run(change)
  }

  /** Begins anew: `write` puts another chain in the place of this one, whose first block is then the head. Listeners are not told. */
  async restart(write: () => Promise<void>): Promise<void> {
    await this.#queue.run(async () => {
      await write()
      this.#head.reload()
    })
  }

  /** Makes a canonical block the head again. Those above it stay stored. */
  async rollBackTo(hash: Hash): Promise<void> {
    await this.#queue.run(async () => {
      if (!this.#modules.blocks.isCanonical(hash)) throw new Error(`block ${hash} is not canonical`)
      await this.#recordingHead(async (recorder) => {
        while (this.head().hash !== hash) recorder.pop(await this.#head.retreat())
      })
    })
  }

  async #import(given: Block, hash: Hash, { processed }: ImportContext): Promise<ImportResult['status']> {
    const { blocks, committer } = this.#modules
    // A child of the head that this node has just made need not be looked for: at worst it is stored once more.
    const isOwn = processed !== undefined && given.header.parentHash === this.head().hash
    const stored = isOwn ? undefined : blocks.block(hash)
    if (stored !== undefined && blocks.isCanonical(hash)) return 'known'
    // The body that is stored has been checked; another one may come with the same header.
    const block = stored ?? given
    const { header } = block
    const parent = this.#requireParent(hash, header)
    if (stored === undefined) await this.#checkAlone(block, hash, parent.header, isOwn)
    const totalDifficulty = parent.totalDifficulty + header.difficulty
    if (parent.hash === this.head().hash) {
      await this.#recordingHead((recorder) => this.#advance({ block, hash, totalDifficulty, processed }, recorder))
      return 'imported'
    }
    if (stored === undefined) await committer.storeSideBlock({ block, hash, totalDifficulty })
    if (!isHeavier({ hash, number: header.number, totalDifficulty }, branchOf(this.head()))) {
      return stored === undefined ? 'side' : 'known'
    }
    await this.#reorganise(hash)
    return 'reorg'
  }

  #requireParent(hash: Hash, header: Header): ChainHead {
    const { blocks } = this.#modules
    const code = this.#invalid.code(hash)
    if (code !== undefined) throw knownInvalid(code)
    const parentCode = this.#invalid.code(header.parentHash)
    if (parentCode !== undefined) {
      this.#invalid.add(hash, 'invalid-ancestor')
      throw invalidAncestor(header.parentHash, parentCode)
    }
    if (header.parentHash === this.head().hash) return this.head()
    if (!blocks.hasBlock(header.parentHash)) {
      throw new BlockError('unknown-parent', 'the parent is not stored', { parentHash: header.parentHash })
    }
    return this.#head.stored(header.parentHash)
  }

  /** All checks that need no state. */
  async #checkAlone(block: Block, hash: Hash, parent: Header, isOwn: boolean): Promise<void> {
    const { engine, blocks, now = Date.now } = this.#modules
    const context = { config: this.#config, engine }
    await this.#rememberingInvalid(hash, block, () => verifyHeader(block.header, parent, context))
    checkClock(block.header, now(), engine)
    // Not remembered: somebody may have put another body to a good header, which is all that the hash names.
    verifyBody(block, rulesAt(this.#config, block.header.number, block.header.timestamp), isOwn)
    verifyOmmers(block, blocks, context)
  }

  /** A verdict of this check is a verdict on the hash. */
  async #rememberingInvalid<T>(hash: Hash, block: Block, check: () => T | Promise<T>): Promise<T> {
    try {
      return await check()
    } catch (error) {
      if (isVerdict(error)) {
        this.#invalid.add(hash, error.code)
        this.#invalid.keep(hash, block)
      }
      throw error
    }
  }

  /** Makes a stored, heavier branch the canonical one. When it proves invalid, the best valid one is canonical again. */
  async #reorganise(tip: Hash): Promise<void> {
    const before = this.head()
    await this.#recordingHead(async (recorder) => {
      try {
        await this.#moveTo(tip, recorder)
      } catch (error) {
        this.#modules.log.warn({ tip, err: error }, 'the heaviest branch could not be taken')
        // What was valid of the branch may be heavier than where we came from.
        if (!isHeavier(branchOf(this.head()), branchOf(before))) await this.#goBack(before.hash, recorder)
        throw error
      }
    })
  }

  /** To where the head was. When the database cannot write now, the next heavier block tries again. */
  async #goBack(tip: Hash, recorder: HeadChangeRecorder): Promise<void> {
    try {
      await this.#moveTo(tip, recorder)
    } catch (error) {
      this.#modules.log.error({ tip, err: error }, 'the branch left could not be taken up again')
    }
  }

  async #tryReorganise(tip: Hash): Promise<boolean> {
    if (this.#invalid.code(tip) !== undefined) return false
    try {
      await this.#reorganise(tip)
      return true
    } catch (error) {
      if (isVerdict(error)) return false
      throw error
    }
  }

  async #moveTo(tip: Hash, recorder: HeadChangeRecorder): Promise<void> {
    const { blocks } = this.#modules
    const route = routeTo(tip, {
      parentHash: (hash) => blocks.header(hash)?.parentHash,
      isCanonical: (hash) => blocks.isCanonical(hash),
    })
    if (route === undefined) throw new Error(`the branch of block ${tip} is not stored down to the canonical chain`)
    for (const [index, hash] of route.forward.entries()) {
      const code = this.#invalid.code(hash)
      if (code !== undefined) throw this.#condemn(route.forward.slice(index), knownInvalid(code))
    }
    while (this.head().hash !== route.ancestor) recorder.pop(await this.#head.retreat())
    for (const [index, hash] of route.forward.entries()) {
      try {
        await this.#advance(this.#storedNext(hash), recorder)
      } catch (error) {
        throw isVerdict(error) ? this.#condemn(route.forward.slice(index), error) : error
      }
    }
  }

  /** The error for the last of these blocks, each the next one's parent, when the first is invalid. */
  #condemn([invalid, ...descendants]: readonly Hash[], error: BlockError): BlockError {
    for (const descendant of descendants) this.#invalid.add(descendant, 'invalid-ancestor')
    return invalid === undefined || descendants.length === 0 ? error : invalidAncestor(invalid, error.code, error)
  }

  async #advance(next: NextBlock, recorder: HeadChangeRecorder): Promise<void> {
    recorder.push(await this.#rememberingInvalid(next.hash, next.block, () => this.#head.advance(next)))
  }

  #storedNext(hash: Hash): NextBlock {
    const block = this.#modules.blocks.block(hash)
    if (block === undefined) throw new Error(`block ${hash} is not stored whole`)
    return { block, hash, totalDifficulty: this.#head.stored(hash).totalDifficulty }
  }

  /** Runs steps of the head and, whatever becomes of them, tells the listeners what they changed in the end. */
  async #recordingHead(steps: (recorder: HeadChangeRecorder) => Promise<void>): Promise<void> {
    const recorder = new HeadChangeRecorder()
    try {
      await steps(recorder)
    } finally {
      if (!recorder.isEmpty) this.#tell(recorder.change())
    }
  }

  #tell(change: HeadChange): void {
    for (const listener of this.#listeners) {
      try {
        listener(change)
      } catch (error) {
        this.#modules.log.error({ err: error }, 'a listener to the head failed')
      }
    }
  }

  #canonical(number: bigint): Header {
    const { blocks } = this.#modules
    const hash = blocks.canonicalHash(number)
    const header = hash && blocks.header(hash)
    if (header === undefined) throw new Error(`canonical block ${number} is not stored`)
    return header
  }
}

function branchOf({ hash, header, totalDifficulty }: ChainHead): Branch {
  return { hash, number: header.number, totalDifficulty }
}

/** Whether the error says that the block is invalid. */
function isVerdict(error: unknown): error is BlockError {
  return error instanceof BlockError && !isLocalBlockError(error)
}

function knownInvalid(code: BlockErrorCode): BlockError {
  return new BlockError('known-invalid', `the block is known to be invalid: ${code}`, { code })
}

function invalidAncestor(ancestor: Hash, code: BlockErrorCode, cause?: BlockError): BlockError {
  const message = `ancestor ${ancestor} is invalid: ${code}`
  return new BlockError('invalid-ancestor', message, { ancestor, code }, cause && { cause })
}
