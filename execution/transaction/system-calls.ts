import {
  BEACON_ROOTS_ADDRESS,
  CONSOLIDATION_REQUESTS_ADDRESS,
  HISTORY_STORAGE_ADDRESS,
  WITHDRAWAL_REQUESTS_ADDRESS,
} from '../../config/system-contracts.ts'
import { concatBytes, EMPTY_BYTES } from '../../primitives/bytes.ts'
import type { Header } from '../../primitives/header.ts'
import { type Address, type Hash, hashToBytes } from '../../primitives/hex.ts'
import type { Withdrawal } from '../../primitives/withdrawal.ts'
import { BlockError } from '../block/block-error.ts'
import type { BlockEnvironment } from '../block/environment.ts'
import type { SystemOutcome } from '../block/outcome.ts'
import { execute, withFallback } from '../compiler/execute.ts'
import type { Exit } from '../evm/exit.ts'
import type { WorldState } from '../state/world-state.ts'
import { blobBaseFeeIn } from './apply.ts'
import { moveDaoBalances } from './dao-fork.ts'

/** Who calls system contracts (EIP-4788). It is nobody's account and is not touched. */
const SYSTEM_ADDRESS: Address = '0xfffffffffffffffffffffffffffffffffffffffe'
const SYSTEM_GAS = 30_000_000n
const WEI_PER_GWEI = 1_000_000_000n

/** Contracts whose output is a request of this type (EIP-7685), in ascending order. */
const REQUEST_CONTRACTS: readonly (readonly [number, Address])[] = [
  [1, WITHDRAWAL_REQUESTS_ADDRESS],
  [2, CONSOLIDATION_REQUESTS_ADDRESS],
]

/**
 * What happens in a block before its transactions: the DAO fork's change in its first block, the parent's beacon root
 * (EIP-4788), the parent's hash (EIP-2935).
 */
export function runBeforeBlock(
  environment: BlockEnvironment,
  parentHash: Hash,
  state: WorldState,
  options: { readonly isDaoForkBlock?: boolean } = {},
): SystemOutcome {
  const { rules, parentBeaconBlockRoot } = environment
  return withFallback(() => {
    state.beginTransaction()
    if (options.isDaoForkBlock === true) moveDaoBalances(state)
    if (rules.hasBeaconRoots && parentBeaconBlockRoot !== undefined) {
      callSystemContract(BEACON_ROOTS_ADDRESS, hashToBytes(parentBeaconBlockRoot), environment, state)
    }
    if (rules.hasBlockHashHistory) {
      callSystemContract(HISTORY_STORAGE_ADDRESS, hashToBytes(parentHash), environment, state)
    }
    return { ...state.endTransaction().effects, requests: [] }
  })
}

/**
 * What happens after them: rewards before the Merge, withdrawals (EIP-4895), the requests of the contracts of EIP-7002
 * and EIP-7251. Throws BlockError `system-call-failed` when one of these contracts is missing or fails.
 */
export function runAfterBlock(
  environment: BlockEnvironment,
  withdrawals: readonly Withdrawal[],
  ommers: readonly Pick<Header, 'number' | 'coinbase'>[],
  state: WorldState,
): SystemOutcome {
  return withFallback(() => {
    state.beginTransaction()
    payRewards(environment, ommers, state)
    for (const { address, amountInGwei } of withdrawals) state.credit(address, amountInGwei * WEI_PER_GWEI)
    const requests = environment.rules.hasRequests ? collectRequests(environment, state) : []
    return { ...state.endTransaction().effects, requests }
  })
}

/** The block's reward, 1/32 of it for each ommer, and to an ommer's miner 1/8 less for each generation (Yellow Paper 12.3). */
function payRewards(
  { rules, coinbase, number }: BlockEnvironment,
  ommers: readonly Pick<Header, 'number' | 'coinbase'>[],
  state: WorldState,
): void {
  const reward = rules.blockReward
  if (reward === 0n) return
  state.credit(coinbase, reward + (reward / 32n) * BigInt(ommers.length))
  for (const ommer of ommers) state.credit(ommer.coinbase, ((8n - (number - ommer.number)) * reward) / 8n)
}

function collectRequests(environment: BlockEnvironment, state: WorldState): Uint8Array[] {
  const requests: Uint8Array[] = []
  for (const [type, address] of REQUEST_CONTRACTS) {
    if (state.code(address).length === 0) throw systemCallFailed(address, 'there is no code')
    const exit = callSystemContract(address, EMPTY_BYTES, environment, state)
    if (exit.kind !== 'return') throw systemCallFailed(address, exit.kind === 'halt' ? exit.cause : 'revert')
    if (exit.output.length > 0) requests.push(concatBytes(Uint8Array.of(type), exit.output))
  }
  return requests
}

function systemCallFailed(address: Address, reason: string): BlockError {
  return new BlockError('system-call-failed', `system contract ${address}: ${reason}`, { address, reason })
}

/** Costs nobody anything and counts towards no limit of the block. Without code at the address nothing happens. */
function callSystemContract(
  address: Address,
  data: Uint8Array,
  environment: BlockEnvironment,
  state: WorldState,
): Exit {
  const message = {
    kind: 'call',
    caller: SYSTEM_ADDRESS,
    recipient: address,
    codeAddress: address,
    isDelegated: false,
    code: state.code(address),
    codeHash: state.codeHash(address),
    value: 0n,
    transfersValue: false,
    data,
    gas: SYSTEM_GAS,
    depth: 0,
    isStatic: false,
  } as const
  const transaction = {
    block: environment,
    origin: SYSTEM_ADDRESS,
    gasPrice: environment.baseFeePerGas,
    blobVersionedHashes: [],
    blobBaseFee: blobBaseFeeIn(environment),
  }
  return execute(message, transaction, state).exit
}
