import { type ChainConfig, rulesAt } from '../config/chain.ts'
import { GAS_PER_BLOB } from '../config/gas.ts'
import type { Hardfork, Rules } from '../config/hardforks.ts'
import { ELASTICITY_MULTIPLIER, nextBaseFee } from '../execution/block/base-fee.ts'
import { nextExcessBlobGas } from '../execution/block/blob-gas.ts'
import { BlockError } from '../execution/block/block-error.ts'
import { equalBytes } from '../primitives/bytes.ts'
import type { Header } from '../primitives/header.ts'
import { EMPTY_OMMERS_HASH } from '../primitives/keccak.ts'
import type { Engine } from './engine.ts'
import { gasLimitBounds } from './gas-limit.ts'
import { MAX_CLOCK_DRIFT_SECONDS } from './limits.ts'
import { requireEqual } from './require-equal.ts'

/** What the rules of a chain's headers depend on. */
export interface HeaderContext {
  readonly config: ChainConfig
  readonly engine: Pick<Engine, 'maxExtraDataBytes' | 'followsClock' | 'earliestTimestamp' | 'verifyHeader'>
}

interface Subject extends HeaderContext {
  readonly header: Header
  readonly parent: Header
  readonly rules: Rules
}

/** Cheap checks first: a nonce is verified last. */
const CHECKS: readonly ((subject: Subject) => void)[] = [
  checkNumber,
  checkFields,
  checkTimestamp,
  checkExtraData,
  checkDaoExtraData,
  checkGasLimit,
  checkGasUsed,
  checkBaseFee,
  checkBlobGas,
  checkOmmersHash,
  checkEngine,
]

/** Where its user controls the chain, he chooses what these would hold to the parent. */
const NOT_UNDER_CONTROLS: ReadonlySet<(subject: Subject) => void> = new Set([checkGasLimit, checkBaseFee])

/**
 * Everything about a header that follows from its parent, its hardfork and the engine; nothing that depends on the body,
 * the state or the clock. Throws `BlockError` (`HeaderErrorCode`). Yellow Paper 4.3.4 and the EIPs named below.
 */
export function verifyHeader(header: Header, parent: Header, context: HeaderContext): void {
  const rules = rulesAt(context.config, header.number, header.timestamp)
  const subject = { ...context, header, parent, rules }
  const { controls } = context.config.pavm
  for (const check of CHECKS) if (!controls || !NOT_UNDER_CONTROLS.has(check)) check(subject)
}

/** Throws `BlockError` `future-block`: the same block is good later. */
export function checkClock(header: Header, nowMs: number, engine: Pick<Engine, 'followsClock'>): void {
  const latest = BigInt(Math.floor(nowMs / 1000)) + MAX_CLOCK_DRIFT_SECONDS
  if (engine.followsClock && header.timestamp > latest) {
    throw new BlockError('future-block', `timestamp is more than ${MAX_CLOCK_DRIFT_SECONDS} s ahead`, {
      timestamp: header.timestamp,
      latest,
    })
  }
}

/** Optional fields and the hardfork from which on each must be there. */
const FIELDS_BY_HARDFORK: readonly (readonly [keyof Header, Hardfork])[] = [
  ['baseFeePerGas', 'london'],
  ['withdrawalsRoot', 'shanghai'],
  ['blobGasUsed', 'cancun'],
  ['excessBlobGas', 'cancun'],
  ['parentBeaconBlockRoot', 'cancun'],
  ['requestsHash', 'prague'],
]
const PLAN_FIELDS: readonly (keyof Header)[] = ['blockAccessListHash', 'plan']

function checkNumber({ header, parent }: Subject): void {
  requireEqual('wrong-number', 'number', parent.number + 1n, header.number)
}

function checkFields({ header, rules, config }: Subject): void {
  for (const [field, hardfork] of FIELDS_BY_HARDFORK) checkPresence(header, field, rules.atLeast(hardfork))
  for (const field of PLAN_FIELDS) checkPresence(header, field, config.pavm.plan)
}

function checkPresence(header: Header, field: keyof Header, isExpected: boolean): void {
  if ((header[field] !== undefined) === isExpected) return
  if (isExpected) throw new BlockError('field-missing', `${field} is missing`, { field })
  throw new BlockError('field-forbidden', `${field} must be absent`, { field })
}

function checkTimestamp({ header, parent, engine }: Subject): void {
  const earliest = engine.earliestTimestamp(parent)
  if (header.timestamp < earliest) {
    throw new BlockError('timestamp-too-early', 'timestamp is too early', { earliest, actual: header.timestamp })
  }
}

function checkExtraData({ header, engine }: Subject): void {
  const { length } = header.extraData
  const limit = engine.maxExtraDataBytes
  if (length > limit) throw new BlockError('extra-data-too-long', 'extraData is too long', { limit, actual: length })
}

const DAO_EXTRA_DATA = new TextEncoder().encode('dao-hard-fork')
const DAO_EXTRA_DATA_BLOCKS = 10n

/** EIP-779: the first blocks of the DAO fork carry its name, so that nodes of the other side refuse them. */
function checkDaoExtraData({ header, config }: Subject): void {
  const first = config.activations.find(({ hardfork }) => hardfork === 'daoFork')?.at
  if (first === undefined || header.number < first || header.number >= first + DAO_EXTRA_DATA_BLOCKS) return
  if (!equalBytes(header.extraData, DAO_EXTRA_DATA)) {
    throw new BlockError('wrong-extra-data', 'extraData does not name the DAO fork', { field: 'extraData' })
  }
}

function checkGasLimit({ header, parent }: Subject): void {
  // The gas limit doubles with the first base fee, so that the target stays (EIP-1559).
  const isFirstWithBaseFee = header.baseFeePerGas !== undefined && parent.baseFeePerGas === undefined
  const { lowest, highest } = gasLimitBounds(
    isFirstWithBaseFee ? parent.gasLimit * ELASTICITY_MULTIPLIER : parent.gasLimit,
  )
  if (header.gasLimit < lowest || header.gasLimit > highest) {
    throw new BlockError('gas-limit-out-of-bounds', "gasLimit is too far from the parent's", {
      lowest,
      highest,
      actual: header.gasLimit,
    })
  }
}

function checkGasUsed({ header }: Subject): void {
  if (header.gasUsed > header.gasLimit) {
    throw new BlockError('gas-used-above-limit', 'gasUsed is above gasLimit', {
      limit: header.gasLimit,
      actual: header.gasUsed,
    })
  }
}

function checkBaseFee({ header, parent, rules }: Subject): void {
  if (!rules.hasBaseFee) return
  requireEqual('wrong-base-fee', 'baseFeePerGas', nextBaseFee(parent), header.baseFeePerGas)
}

/** EIP-4844 with the limits of EIP-7691 and EIP-7840. */
function checkBlobGas({ header, parent, rules }: Subject): void {
  const { blobSchedule } = rules
  const { blobGasUsed, excessBlobGas } = header
  if (blobSchedule === undefined || blobGasUsed === undefined) return
  const limit = BigInt(blobSchedule.max) * GAS_PER_BLOB
  if (blobGasUsed > limit || blobGasUsed % GAS_PER_BLOB !== 0n) {
    throw new BlockError('blob-gas-out-of-bounds', 'blobGasUsed is impossible', { limit, actual: blobGasUsed })
  }
  requireEqual('wrong-excess-blob-gas', 'excessBlobGas', nextExcessBlobGas(parent, rules), excessBlobGas)
}

/** EIP-3675. */
function checkOmmersHash({ header, rules }: Subject): void {
  if (rules.atLeast('paris')) requireEqual('wrong-ommers-hash', 'ommersHash', EMPTY_OMMERS_HASH, header.ommersHash)
}

function checkEngine({ header, parent, engine }: Subject): void {
  engine.verifyHeader(header, parent)
}
