import { z } from 'zod'
import { decodeBlock, encodeBlock } from '../../../primitives/block.ts'
import { encodeBlockAccessList } from '../../../primitives/block-access-list.ts'
import { encodeHeader } from '../../../primitives/header.ts'
import { bytesToHex } from '../../../primitives/hex.ts'
import { encodeReceipt } from '../../../primitives/receipt.ts'
import { encodeTransaction } from '../../../primitives/transaction.ts'
import { findTransaction, requireHeader } from '../../block-lookup.ts'
import { RpcError } from '../../errors.ts'
import { formatBlock } from '../../format/block.ts'
import type { MethodAbout, MethodTable } from '../../method.ts'
import { method } from '../../method.ts'
import type { LocatedHeader, RpcModules } from '../../modules.ts'
import { blockParameter, hash } from '../../parameters.ts'

/** debug_getRaw* of execution-apis: what is stored, in consensus form. What is not there is -32001. */
export function rawMethods(modules: Pick<RpcModules, 'blocks' | 'chain' | 'pool'>): MethodTable {
  const { blocks, chain } = modules

  const ofBlock = (summary: string, result: MethodAbout['result'], describe: (found: LocatedHeader) => unknown) =>
    method({ summary, result }, { block: blockParameter }, (p) => {
      const described = describe(requireHeader(p.block, modules))
      if (described === undefined) throw new RpcError('not-found', 'not stored')
      return described
    })

  return {
    debug_getRawHeader: ofBlock(
      'The RLP of a header.',
      (r) => r.bytes,
      ({ header }) => bytesToHex(encodeHeader(header)),
    ),
    debug_getRawBlock: ofBlock(
      'The RLP of a block.',
      (r) => r.bytes,
      (found) => {
        const block = blocks.block(found.hash)
        return block && bytesToHex(encodeBlock(block))
      },
    ),
    debug_getRawReceipts: ofBlock(
      'The receipts of a block in consensus form.',
      (r) => z.array(r.bytes),
      (found) => blocks.receipts(found.hash)?.map((receipt) => bytesToHex(encodeReceipt(receipt))),
    ),
    debug_getRawBlockAccessList: ofBlock(
      'The RLP of the access list of a block (EIP-7928).',
      (r) => r.bytes,
      (found) => {
        const accessList = blocks.block(found.hash)?.accessList
        return accessList && bytesToHex(encodeBlockAccessList(accessList))
      },
    ),
    debug_getRawTransaction: method(
      { summary: 'A transaction in consensus form.', result: (r) => r.bytes },
      { hash },
      (p) => {
        const transaction = findTransaction(p.hash, modules)
        if (transaction === undefined) throw new RpcError('not-found', 'transaction not found')
        return bytesToHex(encodeTransaction(transaction))
      },
    ),
    debug_getBadBlocks: method(
      { summary: 'Blocks found invalid lately, the newest last.', result: (r) => z.array(r.badBlock) },
      {},
      () =>
        chain.badBlocks().map(({ hash, rlp }) => ({
          hash,
          // By hash: their signatures may be what is wrong.
          block: formatBlock(decodeBlock(rlp), { hash }, false),
          rlp: bytesToHex(rlp),
        })),
    ),
  }
}
