import { assemble } from '../../../execution/evm/fixtures/assembler.ts'
import { developerAccounts } from '../../../primitives/developer-accounts.ts'
import { bytesToHex, type Hex, hexToBytes } from '../../../primitives/hex.ts'
import { encodeTransaction, signTransaction } from '../../../primitives/transaction.ts'
import { type DevNode, startDevNode } from '../../support/dev-node.ts'
import { eventually } from '../../support/json-rpc.ts'
import type { KnownValues, Schema } from './random-json.ts'

export interface DescribedMethod {
  readonly name: string
  readonly params: readonly { readonly name: string; readonly required: boolean; readonly schema: Schema }[]
}

/** A node with some blocks, and what requests are made of. */
export interface Target {
  readonly node: DevNode
  readonly port: number
  readonly methods: readonly DescribedMethod[]
  readonly known: KnownValues
  /** Runs until its gas is gone: its trace is as long as a client wants. */
  readonly endless: string
}

const CHAIN_ID = 31_337n

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

export async function startTarget(): Promise<Target> {
  const node = await startDevNode('--quiet')
  const accounts = developerAccounts(20)
  const from = accounts[0]!.address
  const created: string[] = []
  const transactions: string[] = []
  const send = async (fields: object): Promise<void> => {
    const hash = await node.request<Hex>('eth_sendTransaction', { from, gas: '0xf4240', ...fields })
    const receipt = await eventually('the transaction is in a block', 10_000, async () => {
      return (
        (await node.request<{ contractAddress: string | null } | null>('eth_getTransactionReceipt', hash)) ?? undefined
      )
    })
    transactions.push(hash)
    if (receipt.contractAddress !== null) created.push(receipt.contractAddress)
  }
  for (const source of [...CONTRACTS, ENDLESS]) await send({ data: creation(source) })
  for (const to of created.slice(0, 4)) await send({ to, data: `0x${'00'.repeat(31)}05` })
  await send({ to: accounts[1]!.address, value: '0x1' })
  const head = Number(await node.request('eth_blockNumber'))
  const numbers = Array.from({ length: head + 1 }, (_, number) => `0x${number.toString(16)}`)
  const blocks = await Promise.all(
    numbers.map(async (number) => (await node.request<{ hash: string }>('eth_getBlockByNumber', number, false)).hash),
  )
  const { methods } = await node.request<{ methods: DescribedMethod[] }>('rpc.discover')
  const endless = created.pop()!
  return {
    node,
    port: Number(new URL(node.url).port),
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
