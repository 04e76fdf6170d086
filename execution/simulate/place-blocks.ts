import type { Header } from '../../primitives/header.ts'
import type { BlockRequest } from '../call.ts'
import { SimulationError } from './simulation-error.ts'

/** Blocks of one simulation, those in gaps included: as many as BLOCKHASH sees. */
const MAX_BLOCKS = 256n
/** Seconds between blocks that do not say when they are. */
const BLOCK_SECONDS = 12n
const MAX_TIMESTAMP = 2n ** 64n - 1n

/** A block with its place in the chain. */
export interface PlacedBlock {
  readonly number: bigint
  readonly timestamp: bigint
  readonly request: BlockRequest
}

const EMPTY: BlockRequest = { header: {}, calls: [] }

/**
 * Where the blocks stand upon `base`: each by default one number and 12 s after the one before it; gaps between numbers are
 * filled with empty blocks. Throws SimulationError.
 */
export function placeBlocks(
  requests: readonly BlockRequest[],
  base: Pick<Header, 'number' | 'timestamp'>,
): PlacedBlock[] {
  const placed: PlacedBlock[] = []
  let { number, timestamp } = base
  for (const request of requests) {
    const wanted = request.header.number ?? number + 1n
    if (wanted <= number) {
      const message = `block numbers must be in order: ${wanted} <= ${number}`
      throw new SimulationError('block-number-order', message, { number: wanted, previous: number })
    }
    if (wanted - base.number > MAX_BLOCKS) {
      throw new SimulationError('simulation-too-large', `too many blocks, at most ${MAX_BLOCKS}`, { number: wanted })
    }
    for (number += 1n; number < wanted; number += 1n) {
      timestamp += BLOCK_SECONDS
      placed.push({ number, timestamp, request: EMPTY })
    }
    const time = request.header.timestamp ?? timestamp + BLOCK_SECONDS
    if (time <= timestamp || time > MAX_TIMESTAMP) {
      const message = `block timestamps must be in order: ${time} <= ${timestamp}`
      throw new SimulationError('block-time-order', message, { timestamp: time, previous: timestamp })
    }
    timestamp = time
    placed.push({ number, timestamp, request })
  }
  return placed
}
