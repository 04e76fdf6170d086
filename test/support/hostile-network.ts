import { readFileSync } from 'node:fs'
import { assemble } from '../../execution/evm/fixtures/assembler.ts'
import { createAddress } from '../../primitives/contract-address.ts'
import { developerAccounts } from '../../primitives/developer-accounts.ts'
import { type Address, type Hash, type Hex, hexToBytes } from '../../primitives/hex.ts'
import { HOSTILE_CONTRACTS, type HostileContract } from './hostile-contracts.ts'
import { eventually, rpc, rpcBatch } from './json-rpc.ts'
import { changeConfig } from './node-config.ts'
import { send, type TestAccount } from './test-accounts.ts'
import { startTestnet, type Testnet } from './testnet.ts'
import { mined, submit } from './token-accounts.ts'

export interface HostileOptions {
  /** Jumps before a contract is compiled: fewer than in a real node make it compile more. */
  readonly threshold: number
  /** How often each contract is called. */
  readonly rounds: number
  readonly gasLimit: bigint
}

/** Milliseconds of each request, by its name. */
export type Latencies = Readonly<Record<'eth_blockNumber' | 'eth_call', readonly number[]>>

export interface HostileRun {
  readonly latencies: Latencies
  /** By node: resident memory before and at its highest, megabytes. */
  readonly memory: readonly { readonly name: string; readonly before: number; readonly highest: number }[]
  /** Of the validator, by name. */
  readonly metrics: ReadonlyMap<string, number>
  readonly contracts: number
  readonly blocks: number
  readonly gasUsed: bigint
  readonly milliseconds: number
}

const PAUSE_MS = 10
/** EIP-7825. */
const DEPLOYMENT_GAS = 8_000_000n

/** A miner and a validator whose blocks call hostile contracts, while somebody asks the validator simple things. */
export async function runHostileNetwork(options: HostileOptions): Promise<HostileRun> {
  const testnet = await startTestnet({ nodes: 2, miners: 1, blockTimeSeconds: 1 }, (nodes) => {
    for (const node of nodes) {
      changeConfig(node, { execution: { workers: 2, compiler: { threshold: options.threshold } } })
    }
  })
  try {
    return await attack(testnet, options)
  } finally {
    await testnet.close()
  }
}

async function attack(testnet: Testnet, { rounds, gasLimit }: HostileOptions): Promise<HostileRun> {
  const [miner, validator] = [testnet.url(0), testnet.url(1)]
  const [deployer, ...callers] = developerAccounts(20).map(
    ({ address, privateKey }): TestAccount => ({ address, privateKey: hexToBytes(privateKey), nonce: 0n }),
  )
  const contracts = HOSTILE_CONTRACTS.filter(({ hardfork }) => hardfork === undefined)
  const addresses = await deploy(miner, deployer!, contracts)
  const harmless = await deploy(miner, deployer!, [
    { name: 'harmless', code: assemble('CALLVALUE 0 MSTORE 32 0 RETURN') },
  ])
  await reached(validator, await blockNumber(miner))
  const call = () => rpc(validator, 'eth_call', { to: harmless[0] }, 'latest')
  // The first one waits for its thread to start.
  await call()
  const names = testnet.nodes.map(({ name }) => name)
  const memory = names.map((name) => {
    const before = residentMegabytes(testnet.devnet.pid(name))
    return { name, before, highest: before }
  })
  const latencies = { eth_blockNumber: [] as number[], eth_call: [] as number[] }
  let isOver = false
  const asking = (async () => {
    while (!isOver) {
      latencies.eth_blockNumber.push(await timed(() => rpc(validator, 'eth_blockNumber')))
      latencies.eth_call.push(await timed(call))
      for (const each of memory) each.highest = Math.max(each.highest, residentMegabytes(testnet.devnet.pid(each.name)))
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    }
  })()
  // It may fail while the blocks are awaited: then that is told at the end.
  asking.catch(() => undefined)
  const start = performance.now()
  const hashes: Hash[] = []
  try {
    for (let round = 0; round < rounds; round++) {
      const calls = addresses.map((to, index) => send(callers[index % callers.length]!, { to, gasLimit }))
      hashes.push(...(await submit(miner, calls)))
    }
    await mined(miner, hashes, 600_000)
    await reached(validator, await blockNumber(miner))
  } finally {
    isOver = true
    await asking
  }
  const milliseconds = performance.now() - start
  if (testnet.crashes.length > 0) throw new Error(testnet.crashes.join(', '))
  const receipts = await rpcBatch<{ gasUsed: Hex; blockHash: Hash }>(
    validator,
    'eth_getTransactionReceipt',
    hashes.map((hash) => [hash]),
  )
  const used = receipts.map((receipt) => {
    if (receipt instanceof Error) throw receipt
    return receipt
  })
  return {
    latencies,
    memory,
    metrics: await compilerMetrics(validator),
    contracts: contracts.length,
    blocks: new Set(used.map(({ blockHash }) => blockHash)).size,
    gasUsed: used.reduce((sum, receipt) => sum + BigInt(receipt.gasUsed), 0n),
    milliseconds,
  }
}

async function deploy(url: string, deployer: TestAccount, contracts: readonly HostileContract[]): Promise<Address[]> {
  const addresses: Address[] = []
  const transactions = contracts.map(({ code }) => {
    addresses.push(createAddress(deployer.address, deployer.nonce))
    return send(deployer, { data: deploying(code), gasLimit: DEPLOYMENT_GAS })
  })
  await mined(url, await submit(url, transactions))
  return addresses
}

/** Creation code that deploys the code. */
function deploying(code: Uint8Array): Uint8Array {
  const head = assemble(`PUSH2 ${code.length} PUSH1 14 PUSH1 0 CODECOPY PUSH2 ${code.length} PUSH1 0 RETURN`)
  return Uint8Array.of(...head, ...code)
}

async function blockNumber(url: string): Promise<number> {
  return Number(await rpc<Hex>(url, 'eth_blockNumber'))
}

async function reached(url: string, number: number): Promise<void> {
  await eventually(`the validator is at block ${number}`, 60_000, async () => {
    return (await blockNumber(url)) >= number ? true : undefined
  })
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await run()
  return performance.now() - start
}

/** 0 where there is no /proc. */
function residentMegabytes(pid: number | undefined): number {
  try {
    const [, kilobytes = '0'] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return Number(kilobytes) / 1_024
  } catch {
    return 0
  }
}

async function compilerMetrics(url: string): Promise<ReadonlyMap<string, number>> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return new Map([...text.matchAll(/^(pavm_compiler_\w+) (\S+)$/gm)].map(([, name, value]) => [name!, Number(value)]))
}

/** The value below which so large a part of them is. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN
}
