import { type HostileOptions, quantile, runHostileNetwork } from '../test/support/hostile-network.ts'
import type { Report } from './report.ts'

const DEFAULTS: HostileOptions = { threshold: 20, rounds: 10, gasLimit: 16_000_000n }

/** How a node of two answers while its blocks are full of hostile contracts. */
export async function measureHostile(options: Partial<HostileOptions> = {}): Promise<Report> {
  const used = { ...DEFAULTS, ...options }
  const { latencies, memory, metrics, contracts, blocks, gasUsed, milliseconds } = await runHostileNetwork(used)
  const times = Object.entries(latencies).map(([method, values]) => {
    return [`${method}, ms`, quantile(values, 0.5), quantile(values, 0.99), Math.max(...values)] as const
  })
  const sizes = memory.map(({ name, before, highest }) => [`memory of ${name}, MB`, before, '', highest] as const)
  const counted = [...metrics].map(([name, value]) => `${name} ${value}`).join(', ')
  return {
    title: 'Hostile: RPC of a validator whose blocks are full of contracts made to hurt',
    columns: ['', 'median, or before', '99 of 100 are below', 'highest'],
    rows: [...times, ...sizes],
    notes: [
      `${used.rounds} calls of each of ${contracts} contracts, with ${used.gasLimit} gas each;`,
      `compiled after ${used.threshold} jumps, which is the first call. ${gasUsed} gas in ${blocks} blocks, ${(milliseconds / 1_000).toFixed(1)} s.`,
      `The validator's compiler: ${counted}.`,
    ],
    figures: {
      latencies,
      memory,
      metrics: Object.fromEntries(metrics),
      blocks,
      gasUsed: Number(gasUsed),
      milliseconds,
    },
  }
}
