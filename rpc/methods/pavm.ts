import { z } from 'zod'
import { decodeTimeline } from '../../consensus/timeline-codec.ts'
import type { StoredTransaction } from '../../execution/call.ts'
import { encodeHeader } from '../../primitives/header.ts'
import { bytesToHex, quantityToHex } from '../../primitives/hex.ts'
import { decodePlan } from '../../primitives/plan.ts'
import { transactionHash } from '../../primitives/transaction.ts'
import { findHeader } from '../block-lookup.ts'
import { formatBlockAccessList } from '../format/block-access-list.ts'
import { formatRecord } from '../format/record.ts'
import { formatReplay } from '../format/replay.ts'
import { formatThread } from '../format/thread.ts'
import type { MethodAbout, MethodTable } from '../method.ts'
import { method } from '../method.ts'
import type { LocatedHeader, RpcModules } from '../modules.ts'
import type { RpcOptions } from '../options.ts'
import type { BlockParameter } from '../parameters.ts'
import { blockParameter, hash } from '../parameters.ts'
import { viewPlan } from '../plan-view.ts'

type Modules = Pick<RpcModules, 'blocks' | 'calls' | 'chain' | 'network' | 'workers'>

/**
 * pavm_: what other chains do not have: read and write sets, groups, how a block was replayed, who is connected. A block
 * that is not there, or has no plan, or whose replay is no longer kept, is `null`. Indexes and times are plain numbers.
 */
export function pavmMethods(options: Pick<RpcOptions, 'chainId' | 'clientVersion'>, modules: Modules): MethodTable {
  const { blocks, calls, chain, network } = modules

  const ofBlock = (summary: string, result: MethodAbout['result'], describe: (found: LocatedHeader) => unknown) =>
    method(
      { summary, result: (r) => result(r).nullable() },
      { block: blockParameter },
      ({ block }: { block: BlockParameter }) => {
        const found = findHeader(block, modules)
        return found === undefined ? null : describe(found)
      },
    )

  /** Of a transaction of the canonical chain, which is executed again. */
  const ofTransaction = (
    summary: string,
    result: MethodAbout['result'],
    describe: (transaction: StoredTransaction) => Promise<unknown>,
  ) =>
    method({ summary, result: (r) => result(r).nullable() }, { hash }, async ({ hash }) => {
      const location = blocks.transactionLocation(hash)
      if (location === undefined) return null
      const { blockHash, index } = location
      const sender = blocks.senders(blockHash)?.[index]
      return sender === undefined ? null : ((await describe({ blockHash, index, sender })) ?? null)
    })

  const accessListOf = ({ hash }: LocatedHeader) => {
    const accessList = blocks.block(hash)?.accessList
    return accessList === undefined ? null : formatBlockAccessList(accessList)
  }

  const accessList = ofBlock('The access list of a block (EIP-7928).', (r) => r.blockAccessList, accessListOf)

  return {
    pavm_getPlan: ofBlock(
      'The plan of a block with its read and write sets.',
      (r) => r.plan,
      (found) => describePlan(found, modules),
    ),
    pavm_getBlockAccessList: accessList,
    eth_getBlockAccessList: accessList,
    pavm_getReplay: ofBlock(
      'How this node ran a block.',
      (r) => r.replay,
      ({ header, hash }) => {
        const replay = blocks.replay(hash)
        if (replay === undefined) return null
        return { blockHash: hash, blockNumber: quantityToHex(header.number), ...formatReplay(decodeTimeline(replay)) }
      },
    ),
    pavm_getThreads: ofTransaction(
      'The sub-threads of a transaction.',
      (r) => z.array(r.thread),
      async (transaction) => (await calls.threads(transaction))?.map(formatThread),
    ),
    pavm_getRecord: ofTransaction(
      'What a transaction recorded.',
      (r) => r.record,
      async (transaction) => {
        const record = await calls.record(transaction)
        return record && formatRecord(record)
      },
    ),
    pavm_getHeader: ofBlock(
      'The RLP of a header.',
      (r) => r.bytes,
      ({ header }) => bytesToHex(encodeHeader(header)),
    ),
    pavm_peers: method({ summary: 'Connected peers.', result: (r) => z.array(r.peer) }, {}, () =>
      network.peers().map(({ id, address, direction, score, head }) => ({
        id,
        address,
        direction,
        score: score ?? null,
        head: head === undefined ? null : { hash: head.hash, number: quantityToHex(head.number) },
      })),
    ),
    pavm_nodeInfo: method({ summary: 'This node, its head and its threads.', result: (r) => r.nodeInfo }, {}, () => {
      const { header, hash } = chain.head()
      const { peerId, addresses } = network.nodeInfo()
      return {
        peerId,
        addresses,
        clientVersion: options.clientVersion,
        chainId: quantityToHex(options.chainId),
        genesisHash: blocks.canonicalHash(0n) ?? null,
        head: { hash, number: quantityToHex(header.number) },
        workers: modules
          .workers()
          .map(({ index, core, threadId }) => ({ index, core: core ?? null, threadId: threadId ?? null })),
      }
    }),
  }
}

function describePlan({ header, hash }: LocatedHeader, { blocks }: Pick<RpcModules, 'blocks'>) {
  const block = blocks.block(hash)
  const senders = blocks.senders(hash)
  if (header.plan === undefined || block?.accessList === undefined || senders === undefined) return null
  const view = viewPlan(decodePlan(header.plan), block.accessList, senders)
  return {
    blockHash: hash,
    blockNumber: quantityToHex(header.number),
    planBytes: header.plan.length,
    locations: view.locations,
    transactions: view.transactions.map(({ gasUsed, ...sets }, index) => {
      const transaction = block.transactions[index]
      return {
        hash: transaction === undefined ? null : transactionHash(transaction),
        from: senders[index] ?? null,
        gasUsed: quantityToHex(gasUsed),
        ...sets,
      }
    }),
    groups: view.groups,
    systemWrites: view.systemWrites,
  }
}
