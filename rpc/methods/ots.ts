import { z } from 'zod'
import { rulesAt } from '../../config/chain.ts'
import type { ReportOptions } from '../../execution/tracing/reports.ts'
import type { Block } from '../../primitives/block.ts'
import type { Hash } from '../../primitives/hex.ts'
import { quantityToHex } from '../../primitives/hex.ts'
import { effectiveGasPrice, transactionHash } from '../../primitives/transaction.ts'
import { findHeader, readState } from '../block-lookup.ts'
import { formatBlock, formatHeader } from '../format/block.ts'
import { formatReceipt } from '../format/receipt.ts'
import type { Caller, MethodTable } from '../method.ts'
import { method } from '../method.ts'
import type { LocatedHeader, RpcModules } from '../modules.ts'
import type { RpcOptions } from '../options.ts'
import { address, type BlockParameter, blockNumberOrTag, blockOrLatest, count, hash } from '../parameters.ts'
import { receiptSource } from '../receipt-lookup.ts'
import { Traces, type TracingModules, type TracingOptions } from '../tracing.ts'
import { findBySenderAndNonce, hasCode, TransactionSearch } from '../transaction-search.ts'

/** Of the methods below (https://docs.otterscan.io/api-docs/ots-api). */
const API_LEVEL = 8
/** Transactions of one page. */
const MAX_PAGE = 1_000
const SELECTOR_DIGITS = 10

type Modules = TracingModules & Pick<RpcModules, 'state' | 'fees' | 'config'>

const something = () => z.unknown()
/** Otterscan writes block numbers as plain numbers. */
const block = z.union([
  z
    .int()
    .min(0)
    .transform((number) => ({ number: BigInt(number) })),
  blockNumberOrTag,
])
const blockOrHead = z.union([
  z
    .int()
    .min(0)
    .transform((number) => ({ number: BigInt(number) })),
  blockOrLatest,
])
const pageSize = count.refine((size) => size <= MAX_PAGE, `more than ${MAX_PAGE}`)

/** ots_: what Otterscan, the block explorer, asks for; and the header by which it recognises a node. */
export function otterscanMethods(
  options: TracingOptions & Pick<RpcOptions, 'maxTraceBlocks' | 'maxLogRange'>,
  modules: Modules,
): MethodTable {
  const { blocks, chain } = modules
  const traces = new Traces(options, modules)
  const search = new TransactionSearch(options, { ...modules, traces })

  const ofTransaction = (transaction: Hash, report: ReportOptions, caller: Caller) => {
    const location = blocks.transactionLocation(transaction)
    if (location === undefined) return null
    const { blockHash, index } = location
    return traces.stream({ kind: 'mined', blocks: [blockHash], index, report }, caller)
  }

  const detailsOf = (block: BlockParameter) => {
    const found = findHeader(block, modules)
    return found === undefined ? null : blockDetails(found, modules)
  }

  return {
    ots_getApiLevel: method(
      { summary: 'The level of the API that is served.', result: () => z.int() },
      {},
      () => API_LEVEL,
    ),
    ots_hasCode: method(
      { summary: 'Whether an account is a contract.', result: () => z.boolean() },
      { address, block: blockOrHead },
      (p) => readState(p.block, modules, (view) => hasCode(view, p.address)),
    ),
    ots_traceTransaction: method(
      { summary: 'All calls of a transaction, in their order.', result: something },
      { hash },
      (p, caller) => ofTransaction(p.hash, { kind: 'calls' }, caller),
    ),
    ots_getInternalOperations: method(
      { summary: 'What contracts paid, created and destroyed in a transaction.', result: something },
      { hash },
      (p, caller) => ofTransaction(p.hash, { kind: 'operations' }, caller),
    ),
    ots_getTransactionError: method(
      { summary: 'What a transaction reverted with.', result: (r) => r.bytes.nullable() },
      { hash },
      (p, caller) => ofTransaction(p.hash, { kind: 'error' }, caller),
    ),
    ots_getBlockDetails: method(
      { summary: 'A block without its transactions, with what it pays.', result: something },
      { block },
      (p) => detailsOf(p.block),
    ),
    ots_getBlockDetailsByHash: method(
      { summary: 'A block without its transactions, with what it pays.', result: something },
      { blockHash: hash },
      (p) => detailsOf({ hash: p.blockHash, requireCanonical: false }),
    ),
    ots_getBlockTransactions: method(
      { summary: 'A page of the transactions of a block, the last first.', result: something },
      { block, page: count, pageSize },
      (p) => {
        const found = findHeader(p.block, modules)
        return found === undefined ? null : blockPage(found, p.page, p.pageSize, modules)
      },
    ),
    ots_searchTransactionsBefore: method(
      {
        summary: 'Transactions that an account took part in, before a block (0: all), the last first.',
        result: something,
      },
      { address, block: count, pageSize },
      async (p, caller) => {
        const head = chain.head().header.number
        const first = p.block === 0 || BigInt(p.block) > head ? head : BigInt(p.block) - 1n
        const { found, isOver } = await search.run(p.address, first, -1n, p.pageSize, caller)
        return { ...search.page(found), firstPage: first === head, lastPage: isOver }
      },
    ),
    ots_searchTransactionsAfter: method(
      {
        summary: 'Transactions that an account took part in, after a block (0: all), the last first.',
        result: something,
      },
      { address, block: count, pageSize },
      async (p, caller) => {
        const first = p.block === 0 ? 0n : BigInt(p.block) + 1n
        const { found, isOver } = await search.run(p.address, first, 1n, p.pageSize, caller)
        return { ...search.page(found.toReversed()), firstPage: isOver, lastPage: first === 0n }
      },
    ),
    ots_getTransactionBySenderAndNonce: method(
      { summary: 'The hash of the transaction of an account with a nonce.', result: (r) => r.hash.nullable() },
      { sender: address, nonce: count },
      async (p) => {
        const found = await findBySenderAndNonce(p.sender, BigInt(p.nonce), options, modules)
        const transaction = found === undefined ? undefined : blocks.block(found.blockHash)?.transactions[found.index]
        return transaction === undefined ? null : transactionHash(transaction)
      },
    ),
    ots_getContractCreator: method(
      { summary: 'The transaction that created a contract, and who did it.', result: something },
      { address },
      (p, caller) => search.creatorOf(p.address, caller),
    ),
    erigon_getHeaderByNumber: method({ summary: 'A header.', result: something }, { block }, (p) => {
      const found = findHeader(p.block, modules)
      return found === undefined ? null : formatHeader(found.header, found.hash)
    }),
  }
}

function blockDetails(found: LocatedHeader, modules: Modules) {
  const block = modules.blocks.block(found.hash)
  if (block === undefined) return null
  const { transactions, ...formatted } = formatBlock(block, { hash: found.hash }, false)
  return {
    block: { ...formatted, logsBloom: null, transactionCount: transactions.length },
    issuance: issuanceOf(block, modules),
    totalFees: quantityToHex(totalFees(found, modules)),
  }
}

/** Wei that come into being with a block. */
function issuanceOf({ header, ommers }: Block, { config }: Pick<Modules, 'config'>) {
  const { blockReward } = rulesAt(config, header.number, header.timestamp)
  const minerReward = blockReward + (blockReward / 32n) * BigInt(ommers.length)
  const uncleReward = ommers.reduce((sum, { number }) => sum + ((8n - (header.number - number)) * blockReward) / 8n, 0n)
  return {
    blockReward: quantityToHex(minerReward),
    uncleReward: quantityToHex(uncleReward),
    issuance: quantityToHex(minerReward + uncleReward),
  }
}

/** Wei that senders pay for gas, what is burnt of it included. */
function totalFees({ header, hash: blockHash }: LocatedHeader, { blocks }: Modules): bigint {
  const { transactions } = blocks.block(blockHash) ?? { transactions: [] }
  const receipts = blocks.receipts(blockHash) ?? []
  return receipts.reduce((sum, { cumulativeGasUsed }, index) => {
    const gasUsed = cumulativeGasUsed - (receipts[index - 1]?.cumulativeGasUsed ?? 0n)
    return sum + gasUsed * effectiveGasPrice(transactions[index]!, header.baseFeePerGas ?? 0n)
  }, 0n)
}

/** Pages count from the end of the block. Input is cut to the selector; logs are left out. */
function blockPage({ hash: blockHash }: LocatedHeader, page: number, size: number, modules: Modules) {
  const source = receiptSource(blockHash, modules)
  if (source === undefined) return null
  const { block, senders } = source
  const { transactions, ...formatted } = formatBlock(block, { hash: blockHash, senders }, true)
  const end = Math.max(0, transactions.length - page * size)
  const start = Math.max(0, end - size)
  const shown = transactions.slice(start, end).map((transaction) => {
    return typeof transaction === 'string'
      ? transaction
      : { ...transaction, input: transaction.input.slice(0, SELECTOR_DIGITS) }
  })
  const receipts = shown.map((_, position) => ({
    ...formatReceipt(source, start + position),
    logs: null,
    logsBloom: null,
  }))
  const fullblock = { ...formatted, logsBloom: null, transactionCount: transactions.length, transactions: shown }
  return { fullblock, receipts }
}
