import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { developmentGenesis, genesisToJson } from '../../../config/genesis.ts'
import { assemble } from '../../../execution/evm/fixtures/assembler.ts'
import { developerAccounts } from '../../../primitives/developer-accounts.ts'
import { bytesToHex, type Hex, hexToBytes } from '../../../primitives/hex.ts'
import { encodeTransaction, signTransaction } from '../../../primitives/transaction.ts'
import type { CleanUp } from '../../support/clean-up.ts'
import { RunningCommand } from '../../support/command.ts'
import { freePortRange } from '../../support/free-ports.ts'
import { eventually, rpc } from '../../support/json-rpc.ts'
import type { KnownValues, Schema } from './random-json.ts'

export interface DescribedMethod {
  readonly name: string
  readonly params: readonly { readonly name: string; readonly required: boolean; readonly schema: Schema }[]
}

/** A node with some blocks, and what requests are made of. */
export interface Target {
  readonly command: RunningCommand
  readonly url: string
  readonly port: number
  readonly methods: readonly DescribedMethod[]
  readonly known: KnownValues
  /** Runs until its gas is gone: its trace is as long as a client wants. */
  readonly endless: string
}

const CHAIN_ID = 31_337n
/** Seconds. */
const GENESIS_TIME = 1_700_000_000n

/** What calls meet: one that stores and logs, one that reverts, one whose trace is some megabytes, one that calls itself. */
const CONTRACTS = [
  'PUSH0 CALLDATALOAD DUP1 PUSH0 SLOAD ADD PUSH0 SSTORE PUSH0 MSTORE 7 32 PUSH0 LOG1 32 PUSH0 RETURN',
  '64 PUSH0 CODECOPY 64 PUSH0 REVERT',
  'PUSH0 CALLDATALOAD 0xfff AND 1 OR start: 1 SWAP1 SUB DUP1 @start JUMPI STOP',
  'PUSH0 PUSH0 PUSH0 PUSH0 PUSH0 ADDRESS 20000 GAS SUB CALL PUSH0 MSTORE 32 PUSH0 RETURN',
]
const ENDLESS = 'start: @start JUMP'

/** Returns runtime code as creation code. */
function creation(source: string): Hex {
  const code = assemble(source)
  // PUSH1 PUSH1 and five single bytes with DUP1: the code stands behind them.
  const head = assemble(`${code.length} DUP1 9 PUSH0 CODECOPY PUSH0 RETURN`)
  return bytesToHex(Uint8Array.of(...head, ...code))
}

/** A node as `pavm dev` starts it, but with the default bound of a request. */
function startNode(directory: string, port: number): RunningCommand {
  const genesis = join(directory, 'genesis.json')
  const chain = developmentGenesis({ chainId: CHAIN_ID, engine: 'instant', controls: true, timestamp: GENESIS_TIME })
  writeFileSync(genesis, JSON.stringify(genesisToJson(chain)))
  const files = ['--data-dir', directory, '--genesis', genesis, '--storage-sync', 'false']
  const services = ['--p2p-enabled', 'false', '--miner-enabled', 'true', '--miner-gas-price-floor', '0']
  const workers = ['--execution-workers', '1', '--execution-pin', 'false']
  return new RunningCommand([
    'node',
    ...files,
    ...services,
    ...workers,
    '--rpc-port',
    String(port),
    '--log-level',
    'warn',
  ])
}

/** Starts one, and ends it and removes its files when `cleanUp` runs. */
export async function startTarget(cleanUp: CleanUp): Promise<Target> {
  const directory = mkdtempSync(join(tmpdir(), 'pavm-fuzz-'))
  cleanUp.after(() => rmSync(directory, { recursive: true, force: true }))
  const port = await freePortRange(1)
  const url = `http://127.0.0.1:${port}`
  const command = startNode(directory, port)
  cleanUp.after(() => command[Symbol.asyncDispose]())
  await eventually('the node answers', 60_000, () => rpc(url, 'eth_chainId'))
  const accounts = developerAccounts(20)
  const from = accounts[0]!.address
  const created: string[] = []
  const transactions: string[] = []
  const send = async (fields: object): Promise<void> => {
    const hash = await rpc<Hex>(url, 'eth_sendTransaction', { from, gas: '0xf4240', ...fields })
    const receipt = await eventually('the transaction is in a block', 10_000, async () => {
      return (await rpc<{ contractAddress: string | null } | null>(url, 'eth_getTransactionReceipt', hash)) ?? undefined
    })
    transactions.push(hash)
    if (receipt.contractAddress !== null) created.push(receipt.contractAddress)
  }
  for (const source of [...CONTRACTS, ENDLESS]) await send({ data: creation(source) })
  for (const to of created.slice(0, 4)) await send({ to, data: `0x${'00'.repeat(31)}05` })
  await send({ to: accounts[1]!.address, value: '0x1' })
  const head = Number(await rpc(url, 'eth_blockNumber'))
  const numbers = Array.from({ length: head + 1 }, (_, number) => `0x${number.toString(16)}`)
  const blocks = await Promise.all(
    numbers.map(async (number) => (await rpc<{ hash: string }>(url, 'eth_getBlockByNumber', number, false)).hash),
  )
  const { methods } = await rpc<{ methods: DescribedMethod[] }>(url, 'rpc.discover')
  const endless = created.pop()!
  return {
    command,
    url,
    port,
    methods,
    known: { addresses: [...accounts.map(({ address }) => address), ...created], transactions, blocks, raw: signed() },
    endless,
  }
}

/** Signed transactions, some of which the pool takes. */
function signed(): string[] {
  return developerAccounts(20).flatMap(({ address, privateKey }, index) => {
    const fields = { to: address, value: 1n, gasLimit: 50_000n, data: new Uint8Array(index), nonce: BigInt(index % 3) }
    const fees = { chainId: CHAIN_ID, maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 1n, accessList: [] }
    const transaction = signTransaction({ type: 2, ...fields, ...fees }, hexToBytes(privateKey))
    return bytesToHex(encodeTransaction(transaction))
  })
}
