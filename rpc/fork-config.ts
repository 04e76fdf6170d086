import { crc32 } from 'node:zlib'
import { type Activation, type ChainConfig, rulesAt } from '../config/chain.ts'
import type { Rules } from '../config/hardforks.ts'
import {
  BEACON_ROOTS_ADDRESS,
  CONSOLIDATION_REQUESTS_ADDRESS,
  HISTORY_STORAGE_ADDRESS,
  WITHDRAWAL_REQUESTS_ADDRESS,
} from '../config/system-contracts.ts'
import { precompileNames } from '../execution/evm/precompiles/table.ts'
import { bigintToBytes } from '../primitives/bytes.ts'
import type { Header } from '../primitives/header.ts'
import { type Address, bytesToHex, type Hash, type Hex, hashToBytes, quantityToHex } from '../primitives/hex.ts'

/** Where in the chain rules are asked for. */
type Place = Pick<Header, 'number' | 'timestamp'>

export interface ForkModules {
  readonly config: ChainConfig
  readonly genesis: { readonly hash: Hash; readonly timestamp: bigint }
}

/**
 * What eth_config tells (EIP-7910): the rules at the head, those that come next and those that come last, as far as is known.
 * Rules that a timestamp after the genesis did not bring have 0 as their activation time.
 */
export function forkConfigs(head: Place, modules: ForkModules) {
  const times = modules.config.activations.flatMap(({ by, at }) => (by === 'timestamp' ? at : []))
  const coming = times.filter((time) => time > head.timestamp)
  const later = (time: bigint | undefined) =>
    time === undefined ? null : forkConfig(time, { number: head.number, timestamp: time }, modules)
  return {
    current: forkConfig(times.findLast((time) => time <= head.timestamp) ?? 0n, head, modules),
    next: later(coming[0]),
    last: later(coming.at(-1)),
  }
}

function forkConfig(activationTime: bigint, place: Place, modules: ForkModules) {
  const { config, genesis } = modules
  const rules = rulesAt(config, place.number, place.timestamp)
  const { blobSchedule } = rules
  return {
    activationTime: activationTime <= genesis.timestamp ? 0 : Number(activationTime),
    blobSchedule: blobSchedule
      ? { ...blobSchedule, baseFeeUpdateFraction: Number(blobSchedule.baseFeeUpdateFraction) }
      : null,
    chainId: quantityToHex(config.chainId),
    forkId: forkHash(place, modules),
    precompiles: Object.fromEntries(precompileNames(rules)),
    systemContracts: systemContracts(rules, config.depositContractAddress),
  }
}

/** CRC-32 of the genesis hash and of every fork since: first the numbers, then the timestamps, each once (EIP-6122). */
export function forkHash({ number, timestamp }: Place, { config, genesis }: ForkModules): Hex {
  const past = (by: Activation['by'], first: bigint, now: bigint) =>
    new Set(config.activations.flatMap(({ by: each, at }) => (each === by && at > first && at <= now ? at : [])))
  const forks = [...past('number', 0n, number), ...past('timestamp', genesis.timestamp, timestamp)]
  const checksum = forks.reduce((sum, fork) => crc32(bigintToBytes(fork, 8), sum), crc32(hashToBytes(genesis.hash)))
  return bytesToHex(bigintToBytes(BigInt(checksum), 4))
}

function systemContracts(rules: Rules, depositContract: Address | undefined): Record<string, Address> {
  return {
    ...(rules.hasBeaconRoots && { BEACON_ROOTS_ADDRESS }),
    ...(rules.hasBlockHashHistory && { HISTORY_STORAGE_ADDRESS }),
    ...(rules.hasRequests && {
      ...(depositContract !== undefined && { DEPOSIT_CONTRACT_ADDRESS: depositContract }),
      WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS: WITHDRAWAL_REQUESTS_ADDRESS,
      CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS: CONSOLIDATION_REQUESTS_ADDRESS,
    }),
  }
}
