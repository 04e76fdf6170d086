import type { Hash } from '../primitives/hex.ts'
import type { Transaction } from '../primitives/transaction.ts'
import type { StateView } from '../storage/state-view.ts'
import { RpcError } from './errors.ts'
import type { LocatedHeader, RpcModules } from './modules.ts'
import type { BlockParameter, BlockTag } from './parameters.ts'

type Lookup = Pick<RpcModules, 'blocks' | 'chain'>

/** `pending` is the head: this node does not execute a block ahead of the one that consensus will make. */
const BY_TAG: Readonly<Record<BlockTag, (modules: Lookup) => LocatedHeader | undefined>> = {
  earliest: (modules) => headerByNumber(0n, modules),
  latest: ({ chain }) => chain.head(),
  pending: ({ chain }) => chain.head(),
  safe: (modules) => headerByNumber(modules.chain.finality().safe.number, modules),
  finalized: (modules) => headerByNumber(modules.chain.finality().finalized.number, modules),
}

/** The header that a parameter names, or `undefined` when there is none. Blocks beside the canonical chain count too. */
export function findHeader(block: BlockParameter, modules: Lookup): LocatedHeader | undefined {
  if ('hash' in block) {
    const header = modules.blocks.header(block.hash)
    if (header === undefined) return undefined
    if (block.requireCanonical && modules.blocks.canonicalHash(header.number) !== block.hash) {
      throw new RpcError('failed', 'hash is not currently canonical')
    }
    return { header, hash: block.hash }
  }
  return 'number' in block ? headerByNumber(block.number, modules) : BY_TAG[block.tag](modules)
}

/** Like `findHeader`, but throws -32001 when there is no such block. */
export function requireHeader(block: BlockParameter, modules: Lookup): LocatedHeader {
  const found = findHeader(block, modules)
  if (found === undefined) throw new RpcError('not-found', 'block not found')
  return found
}

/** A transaction of the canonical chain, else one of the pool. */
export function findTransaction(
  hash: Hash,
  { blocks, pool }: Pick<RpcModules, 'blocks' | 'pool'>,
): Transaction | undefined {
  const location = blocks.transactionLocation(hash)
  if (location === undefined) return pool.get(hash)
  return blocks.block(location.blockHash)?.transactions[location.index]
}

type StateLookup = Lookup & Pick<RpcModules, 'state'>

/** What `read` says of the state after a block, at once if it can. Throws or rejects with -32002 when that state is no longer kept. */
export function readState<T>(
  block: BlockParameter,
  modules: StateLookup,
  read: (view: StateView) => T,
): T | Promise<T> {
  const view = modules.state.current?.(requireHeader(block, modules).hash)
  return view === undefined ? readSnapshot(block, modules, read) : read(view)
}

async function readSnapshot<T>(block: BlockParameter, modules: StateLookup, read: (view: StateView) => T): Promise<T> {
  // The snapshot comes first: a head found before it could be rolled back by the time the snapshot is taken.
  const snapshot = modules.state.snapshot()
  try {
    const { header, hash } = requireHeader(block, modules)
    const view = snapshot.stateAt({ hash, stateRoot: header.stateRoot })
    if (view === undefined) throw new RpcError('unavailable', `the state of block ${header.number} is not kept`)
    const run = () => read(view)
    return await (modules.state.fetched?.(run) ?? run())
  } finally {
    await snapshot.close()
  }
}

function headerByNumber(number: bigint, { blocks }: Pick<RpcModules, 'blocks'>): LocatedHeader | undefined {
  const hash = blocks.canonicalHash(number)
  const header = hash === undefined ? undefined : blocks.header(hash)
  return hash === undefined || header === undefined ? undefined : { header, hash }
}
