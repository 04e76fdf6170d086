import { type ChainConfig, rulesAt } from '../config/chain.ts'
import { GAS_TRANSACTION } from '../config/gas.ts'
import type { Rules } from '../config/hardforks.ts'
import { ELASTICITY_MULTIPLIER, nextBaseFee } from '../execution/block/base-fee.ts'
import { nextExcessBlobGas } from '../execution/block/blob-gas.ts'
import type { BlockTemplate, BuiltBlock, ParentContext } from '../execution/block/executor.ts'
import { blobBaseFee } from '../execution/transaction/blob-fee.ts'
import type { Block } from '../primitives/block.ts'
import { blockAccessListHash } from '../primitives/block-access-list.ts'
import { type Address, type Hash, ZERO_HASH } from '../primitives/hex.ts'
import { EMPTY_OMMERS_HASH } from '../primitives/keccak.ts'
import { encodePlan } from '../primitives/plan.ts'
import { encodeTransaction, type Transaction } from '../primitives/transaction.ts'
import { encodeWithdrawal } from '../primitives/withdrawal.ts'
import { listRoot } from '../storage/trie/list-root.ts'
import type { Engine } from './engine.ts'
import { nextGasLimit } from './gas-limit.ts'
import { ZERO_NONCE } from './limits.ts'

export interface DraftOptions {
  readonly config: ChainConfig
  readonly coinbase: Address
  /** Gas limit to go towards, by at most 1/1024 a block. */
  readonly gasLimit: bigint
  readonly extraData: Uint8Array
}

/** A block begun: what its transactions may cost, and everything the header says before them. */
export interface BlockDraft {
  readonly template: BlockTemplate
  readonly rules: Rules
  /** Wei per gas and per blob gas; 0n before they exist. */
  readonly baseFee: bigint
  readonly blobBaseFee: bigint
}

/** What is wanted of a block instead of what would follow from its parent: on a chain with controls alone. */
export type DraftWishes = Partial<Pick<BlockTemplate, 'timestamp' | 'gasLimit' | 'baseFeePerGas' | 'mixHash'>>

/** Begins a child of `parent`; `undefined` when making it is another node's turn. */
export function draftBlock(
  parent: Pick<ParentContext, 'header' | 'hash'>,
  nowMs: number,
  options: DraftOptions,
  engine: Pick<Engine, 'earliestTimestamp' | 'prepare'>,
  wishes: DraftWishes = {},
): BlockDraft | undefined {
  const { config, coinbase, extraData } = options
  const place = {
    parentHash: parent.hash,
    number: parent.header.number + 1n,
    timestamp: latest(engine.earliestTimestamp(parent.header), wishes.timestamp ?? BigInt(Math.floor(nowMs / 1000))),
  }
  const fields = engine.prepare(place, parent.header)
  if (fields === undefined) return undefined
  const rules = rulesAt(config, place.number, place.timestamp)
  const baseFeePerGas = rules.hasBaseFee ? (wishes.baseFeePerGas ?? nextBaseFee(parent.header)) : undefined
  const { blobSchedule } = rules
  const excessBlobGas = nextExcessBlobGas(parent.header, rules)
  const isFirstWithBaseFee = rules.hasBaseFee && parent.header.baseFeePerGas === undefined
  const parentGasLimit = parent.header.gasLimit * (isFirstWithBaseFee ? ELASTICITY_MULTIPLIER : 1n)
  const template: BlockTemplate = {
    ...place,
    coinbase,
    gasLimit: wishes.gasLimit ?? nextGasLimit(parentGasLimit, options.gasLimit),
    extraData,
    difficulty: fields.difficulty,
    mixHash: wishes.mixHash ?? fields.mixHash,
    baseFeePerGas,
    excessBlobGas: blobSchedule && excessBlobGas,
    // There is no beacon chain whose root it could be.
    parentBeaconBlockRoot: rules.hasBeaconRoots ? ZERO_HASH : undefined,
    withdrawals: rules.atLeast('shanghai') ? [] : undefined,
  }
  return {
    template,
    rules,
    baseFee: baseFeePerGas ?? 0n,
    blobBaseFee: blobSchedule ? blobBaseFee(excessBlobGas, blobSchedule) : 0n,
  }
}

/** Room kept for the header with its plan, and for the list that the transactions stand in. */
const BYTES_BESIDE_TRANSACTIONS = 1 << 17

/** As many of the candidates as could ever fit into the draft, in their order (EIP-7934 bounds their bytes). */
export function fittingCandidates(draft: BlockDraft, candidates: readonly Transaction[]): Transaction[] {
  const maxCount = Number(draft.template.gasLimit / GAS_TRANSACTION)
  let bytesLeft = draft.rules.maxBlockBytes - BYTES_BESIDE_TRANSACTIONS
  const fitting: Transaction[] = []
  for (const transaction of candidates) {
    bytesLeft -= encodeTransaction(transaction).length
    if (bytesLeft < 0 || fitting.length === maxCount) break
    fitting.push(transaction)
  }
  return fitting
}

/** The block, whole but for the engine's seal. */
export function completeBlock({ template }: BlockDraft, built: BuiltBlock, stateRoot: Hash): Block {
  const { transactions, executed } = built
  const { withdrawals, ...fields } = template
  const { accessList, plan } = executed
  return {
    header: {
      ...fields,
      ommersHash: EMPTY_OMMERS_HASH,
      nonce: ZERO_NONCE,
      stateRoot,
      transactionsRoot: listRoot(transactions.map(encodeTransaction)),
      receiptsRoot: executed.receiptsRoot,
      logsBloom: executed.logsBloom,
      gasUsed: executed.gasUsed,
      withdrawalsRoot: withdrawals && listRoot(withdrawals.map(encodeWithdrawal)),
      blobGasUsed: template.excessBlobGas === undefined ? undefined : executed.blobGasUsed,
      requestsHash: executed.requestsHash,
      blockAccessListHash: accessList && blockAccessListHash(accessList),
      plan: plan && encodePlan(plan),
    },
    transactions,
    ommers: [],
    withdrawals,
    accessList,
  }
}

function latest(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}
