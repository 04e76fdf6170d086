import { z } from 'zod'
import { headerHash } from '../../../primitives/header.ts'
import { bytesToHex, quantityToHex } from '../../../primitives/hex.ts'
import { KECCAK_EMPTY } from '../../../primitives/keccak.ts'
import { encodeTransaction } from '../../../primitives/transaction.ts'
import { proveAccount } from '../../../storage/trie/proof.ts'
import { findHeader, readState, requireHeader } from '../../block-lookup.ts'
import { formatHeader } from '../../format/block.ts'
import { formatTransaction } from '../../format/transaction.ts'
import type { MethodAbout, MethodTable } from '../../method.ts'
import { method } from '../../method.ts'
import type { RpcModules } from '../../modules.ts'
import type { RpcOptions } from '../../options.ts'
import { address, type BlockParameter, blockNumberOrTag, blockOrLatest, count, hash } from '../../parameters.ts'

/** eth_ methods that geth, anvil or the Hardhat node have beside those of execution-apis. */
export function extraMethods(
  options: Pick<RpcOptions, 'chainId'>,
  modules: Pick<RpcModules, 'blocks' | 'chain' | 'state' | 'pool'>,
): MethodTable {
  const { blocks, pool } = modules
  const byHash = (blockHash: `0x${string}`): BlockParameter => ({ hash: blockHash, requireCanonical: false })

  const headerOf = (block: BlockParameter) => {
    const found = findHeader(block, modules)
    return found === undefined ? null : formatHeader(found.header, found.hash)
  }
  const rawTransaction = (block: BlockParameter, index: number) => {
    const found = findHeader(block, modules)
    const transaction = found === undefined ? undefined : blocks.block(found.hash)?.transactions[index]
    return transaction === undefined ? null : bytesToHex(encodeTransaction(transaction))
  }

  const uncleOf = (block: BlockParameter, index: number) => {
    const found = findHeader(block, modules)
    const uncle = found === undefined ? undefined : blocks.block(found.hash)?.ommers[index]
    return uncle === undefined ? null : formatHeader(uncle, headerHash(uncle))
  }

  const aboutHeader: MethodAbout = { summary: 'The header of a block.', result: (r) => r.header.nullable() }
  const aboutRaw: MethodAbout = { summary: 'A transaction in consensus form.', result: (r) => r.bytes.nullable() }
  const aboutUncle: MethodAbout = { summary: 'The header of an uncle of a block.', result: (r) => r.header.nullable() }

  return {
    eth_getHeaderByHash: method(aboutHeader, { blockHash: hash }, (p) => headerOf(byHash(p.blockHash))),
    eth_getHeaderByNumber: method(aboutHeader, { block: blockNumberOrTag }, (p) => headerOf(p.block)),
    eth_getUncleByBlockHashAndIndex: method(aboutUncle, { blockHash: hash, index: count }, (p) =>
      uncleOf(byHash(p.blockHash), p.index),
    ),
    eth_getUncleByBlockNumberAndIndex: method(aboutUncle, { block: blockNumberOrTag, index: count }, (p) =>
      uncleOf(p.block, p.index),
    ),
    eth_getRawTransactionByBlockHashAndIndex: method(aboutRaw, { blockHash: hash, index: count }, (p) =>
      rawTransaction(byHash(p.blockHash), p.index),
    ),
    eth_getRawTransactionByBlockNumberAndIndex: method(aboutRaw, { block: blockNumberOrTag, index: count }, (p) =>
      rawTransaction(p.block, p.index),
    ),
    eth_getAccount: method(
      { summary: 'An account as the trie has it.', result: (r) => r.account },
      { address, block: blockOrLatest },
      (p) => {
        const { header, hash: blockHash } = requireHeader(p.block, modules)
        const root = blocks.stateRoot(blockHash) ?? header.stateRoot
        const { account } = proveAccount(root, p.address, [], modules.state.nodes)
        return {
          nonce: quantityToHex(account.nonce),
          balance: quantityToHex(account.balance),
          codeHash: account.codeHash,
          storageRoot: account.storageRoot,
        }
      },
    ),
    eth_getAccountInfo: method(
      { summary: 'Balance, nonce and code of an account.', result: (r) => r.accountInfo },
      { address, block: blockOrLatest },
      (p) =>
        readState(p.block, modules, (view) => {
          const { nonce = 0n, balance = 0n, codeHash = KECCAK_EMPTY } = view.account(p.address) ?? {}
          return {
            nonce: quantityToHex(nonce),
            balance: quantityToHex(balance),
            code: codeHash === KECCAK_EMPTY ? '0x' : bytesToHex(view.code(codeHash)),
          }
        }),
    ),
    eth_pendingTransactions: method(
      { summary: 'The transactions of the pool that can be mined.', result: (r) => z.array(r.transaction) },
      {},
      () =>
        [...pool.content().pending].flatMap(([sender, pooled]) =>
          pooled.map(({ transaction }) => formatTransaction(transaction, sender)),
        ),
    ),
    eth_networkId: method(
      { summary: 'The network id: the chain id in decimal.', result: () => z.string().regex(/^[0-9]+$/) },
      {},
      () => options.chainId.toString(),
    ),
    eth_hashrate: method(
      { summary: 'How many hashes a second are tried: 0x0, they are not counted.', result: (r) => r.quantity },
      {},
      () => '0x0',
    ),
  }
}
