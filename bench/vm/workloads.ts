import { Interface } from 'ethers'
import { compile } from '../../contracts/compile.ts'
import { bigintToBytes } from '../../primitives/bytes.ts'
import { addressToWord, bytesToWord, type Hex, hexToBytes, wordToAddress } from '../../primitives/hex.ts'
import { keccak256 } from '../../primitives/keccak.ts'
import { CALLER, type Workload } from './engine.ts'

/** How much each workload does. */
export interface WorkloadSizes {
  /** Index of the number. */
  readonly fibonacci: number
  /** Numbers sorted. */
  readonly cpuHeavy: number
  /** Rows and columns. */
  readonly matrixMul: number
  readonly matrixAdd: { readonly size: number; readonly times: number }
  readonly substring: { readonly count: number; readonly length: number }
  /** Bytes counted. */
  readonly histogram: number
  /** Keys read in one workload and written in another ... */
  readonly keys: number
  /** ... and written in a third. */
  readonly manyKeys: number
  readonly transfers: number
  readonly hashes: number
  /** Messages that a contract sends to itself. */
  readonly calls: number
}

/** Those that figures are given for. */
export const SIZES: WorkloadSizes = {
  fibonacci: 350_000,
  cpuHeavy: 10_000,
  matrixMul: 40,
  matrixAdd: { size: 40, times: 20 },
  substring: { count: 1_400, length: 50 },
  histogram: 50_000,
  keys: 1_000,
  manyKeys: 10_000,
  transfers: 1_000,
  hashes: 5_000,
  calls: 1_000,
}

const SOURCES = [
  'Fibonacci',
  'CpuHeavy',
  'Matrices',
  'MatrixMul',
  'MatrixAdd',
  'Substring',
  'Histogram',
  'KvStore',
  'Erc20',
  'HashLoop',
  'Calls',
]

/** Where Solidity puts the mappings of KvStore and of Erc20. */
const VALUES_SLOT = 0n
const BALANCES_SLOT = 1n

const FIRST_RECEIVER = 0x1000_0000n
const FIRST_CONTRACT = 0xbe_0000n
export const SUPPLY = 10n ** 24n
/** Of the values that are read, and of those that are written. */
export const READ_FACTOR = 3n
export const WRITE_FACTOR = 5n

interface Specification {
  readonly name: string
  readonly computes?: boolean
  readonly isMostlyState?: boolean
  /** Contract, method, arguments. */
  readonly call: readonly [string, string, ...(number | bigint | string)[]]
  readonly storage?: ReadonlyMap<bigint, bigint>
}

function specifications(sizes: WorkloadSizes): readonly Specification[] {
  const { matrixMul, matrixAdd, substring, keys, manyKeys, transfers } = sizes
  const stored = new Map<bigint, bigint>()
  for (let key = 0n; key < keys; key++) stored.set(mappingSlot(key, VALUES_SLOT), key * READ_FACTOR + 1n)
  const balances = new Map([[mappingSlot(addressToWord(CALLER), BALANCES_SLOT), SUPPLY]])
  const size = (rows: number): string => `${rows} x ${rows}`
  const kv = (count: number): string => `KVStore, ${count} keys`
  return [
    { name: `Fibonacci number ${sizes.fibonacci}`, computes: true, call: ['Fibonacci', 'run', sizes.fibonacci] },
    { name: `CPUHeavy, quicksort of ${sizes.cpuHeavy}`, computes: true, call: ['CpuHeavy', 'run', sizes.cpuHeavy] },
    { name: `MatrixMul, ${size(matrixMul)}`, computes: true, call: ['MatrixMul', 'run', matrixMul] },
    {
      name: `MatrixAdd, ${size(matrixAdd.size)}, ${matrixAdd.times} times`,
      computes: true,
      call: ['MatrixAdd', 'run', matrixAdd.size, matrixAdd.times],
    },
    {
      name: `Substring, ${substring.count} of ${substring.length}`,
      computes: true,
      call: ['Substring', 'run', substring.count, substring.length],
    },
    { name: `Histogram of ${sizes.histogram}`, computes: true, call: ['Histogram', 'run', sizes.histogram] },
    { name: `${kv(keys)} read`, call: ['KvStore', 'read', keys], storage: stored },
    { name: `${kv(keys)} written`, call: ['KvStore', 'write', keys, WRITE_FACTOR] },
    { name: `${kv(manyKeys)} written`, isMostlyState: true, call: ['KvStore', 'write', manyKeys, WRITE_FACTOR] },
    {
      name: `ERC-20, ${transfers} transfers in a call`,
      call: ['Erc20', 'transferMany', FIRST_RECEIVER, transfers],
      storage: balances,
    },
    { name: `Hash loop of ${sizes.hashes}`, call: ['HashLoop', 'run', sizes.hashes] },
    { name: `Calls of a contract, ${sizes.calls}`, call: ['Calls', 'run', sizes.calls] },
    {
      name: 'ERC-20, one transfer',
      call: ['Erc20', 'transfer', wordToAddress(FIRST_RECEIVER), 1n],
      storage: balances,
    },
  ]
}

/** Compiles the contracts of `contracts/workloads`. Each workload has a contract to itself. */
export function vmWorkloads(sizes: WorkloadSizes): readonly Workload[] {
  const artifacts = compile(...SOURCES.map((name) => `workloads/${name}.sol`))
  return specifications(sizes).map((specification, index) => {
    const { name, computes = false, isMostlyState = false, call, storage = new Map() } = specification
    const [contractName, method, ...values] = call
    const { abi, deployedBytecode } = artifacts[contractName]!
    const address = wordToAddress(FIRST_CONTRACT + BigInt(index))
    const data = hexToBytes(new Interface(abi as never).encodeFunctionData(method, values) as Hex)
    const contract = { address, code: hexToBytes(deployedBytecode), storage }
    return { name, computes, isMostlyState, contract, data }
  })
}

/** Of a key in a mapping, as Solidity lays storage out. */
function mappingSlot(key: bigint, mapping: bigint): bigint {
  const place = new Uint8Array(64)
  place.set(bigintToBytes(key, 32))
  place.set(bigintToBytes(mapping, 32), 32)
  return bytesToWord(keccak256(place))
}
