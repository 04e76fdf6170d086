import { Interface } from 'ethers'
import type { Artifact } from '../../contracts/compile.ts'
import { type Hex, hexToBytes, wordToAddress } from '../../primitives/hex.ts'
import { MOST_GAS, type Workload } from '../vm/engine.ts'
import { irContracts, plainContracts, threadedContracts } from './contracts.ts'
import { textOf } from './text.ts'

/** Contracts that are there both with threads and without, and the arguments of `run` for a size. */
const SERIES = {
  MatrixMul: (rows: number) => [rows],
  MatrixAdd: (rows: number) => [rows, 20],
  Substring: (count: number) => [count, 50],
  Histogram: (count: number) => [count],
  WordCount: (bytes: number) => [textOf(bytes)],
} as const satisfies Readonly<Record<string, (size: number) => readonly unknown[]>>

export type SeriesName = keyof typeof SERIES

export const SERIES_NAMES = Object.keys(SERIES) as readonly SeriesName[]

/** Sizes by series. */
export type SeriesSizes = Readonly<Partial<Record<SeriesName, readonly number[]>>>

/** The same work by a contract without threads and by one with four, of which three are sub-threads. */
export interface Pair {
  readonly series: SeriesName
  readonly size: number
  readonly plain: Workload
  /** As `plain`, compiled as `threaded` is. */
  readonly plainIR: Workload
  readonly threaded: Workload
}

/** Not those of `vmWorkloads`. */
const FIRST_PLAIN = 0xba_0000n
const FIRST_THREADED = 0xbb_0000n
const FIRST_IR = 0xbc_0000n

/** Compiles the contracts of the series that have sizes. */
export function pairsOf(sizes: SeriesSizes): readonly Pair[] {
  const names = SERIES_NAMES.filter((name) => sizes[name] !== undefined)
  const plainArtifacts = plainContracts(names)
  const irArtifacts = irContracts(names)
  const threadedArtifacts = threadedContracts(names)
  return names.flatMap((series) => {
    const index = BigInt(SERIES_NAMES.indexOf(series))
    return sizes[series]!.map((size) => {
      const args = SERIES[series](size)
      const name = `${series}, ${size}`
      const plain = callOf(name, plainArtifacts[series]!, FIRST_PLAIN + index, args)
      const plainIR = callOf(`${name}, by way of the IR`, irArtifacts[series]!, FIRST_IR + index, args)
      const threaded = callOf(`${name}, threads`, threadedArtifacts[`Threaded${series}`]!, FIRST_THREADED + index, args)
      return { series, size, plain, plainIR, threaded }
    })
  })
}

/** A call of `run` of a contract that only computes. */
export function callOf(
  name: string,
  { abi, deployedBytecode }: Pick<Artifact, 'abi' | 'deployedBytecode'>,
  address: bigint,
  args: readonly unknown[],
): Workload {
  return {
    name,
    computes: true,
    isMostlyState: false,
    contract: { address: wordToAddress(address), code: hexToBytes(deployedBytecode as Hex), storage: new Map() },
    data: hexToBytes(new Interface(abi as never).encodeFunctionData('run', args) as Hex),
    gas: MOST_GAS,
  }
}
