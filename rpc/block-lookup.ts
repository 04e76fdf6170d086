import type { Header } from '../primitives/header.ts'
import type { StateView } from '../storage/state-view.ts'
import { RpcError } from './errors.ts'
import type { LocatedHeader, RpcModules } from './modules.ts'
import type { BlockParameter, BlockTag } from './parameters.ts'

type Lookup = Pick<RpcModules, 'blocks' | 'chain'>

/** `pending` is the head: this node does not execute a block ahead of the one that consensus will make. */
const HEADER_BY_TAG: Readonly<Record<BlockTag, (modules: Lookup) => Header | undefined>> = {
  earliest: (modules) => headerByNumber(0n, modules)?.header,
  latest: ({ chain }) => chain.head().header,
  pending: ({ chain }) => chain.head().header,
  safe: ({ chain }) => chain.finality().safe,
  finalized: ({ chain }) => chain.finality().finalized,
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
  if ('number' in block) return headerByNumber(block.number, modules)
  if (block.tag === 'latest' || block.tag === 'pending') return modules.chain.head()
  const header = HEADER_BY_TAG[block.tag](modules)
  return header === undefined ? undefined : headerByNumber(header.number, modules)
}

/** Like `findHeader`, but throws -32001 when there is no such block. */
export function requireHeader(block: BlockParameter, modules: Lookup): LocatedHeader {
  const found = findHeader(block, modules)
  if (found === undefined) throw new RpcError('not-found', 'block not found')
  return found
}

/** What `read` says of the state after a block. Rejects with -32002 when that state is no longer kept. */
export async function readState<T>(
  block: BlockParameter,
  modules: Pick<RpcModules, 'blocks' | 'chain' | 'state'>,
  read: (view: StateView) => T,
): Promise<T> {
  // The snapshot comes first: a head found before it could be rolled back by the time the snapshot is taken.
  const snapshot = modules.state.snapshot()
  try {
    const { header, hash } = requireHeader(block, modules)
    const view = snapshot.stateAt({ hash, stateRoot: header.stateRoot })
    if (view === undefined) throw new RpcError('unavailable', `the state of block ${header.number} is not kept`)
    return read(view)
  } finally {
    await snapshot.close()
  }
}

function headerByNumber(number: bigint, { blocks }: Pick<RpcModules, 'blocks'>): LocatedHeader | undefined {
  const hash = blocks.canonicalHash(number)
  const header = hash === undefined ? undefined : blocks.header(hash)
  return hash === undefined || header === undefined ? undefined : { header, hash }
}
