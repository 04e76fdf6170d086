import assert from 'node:assert/strict'
import { developerAccounts } from '../../primitives/developer-accounts.ts'
import { type Address, bytesToHex, type Hash, type Hex, hexToBytes, wordToAddress } from '../../primitives/hex.ts'
import { encodeTransaction, signTransaction } from '../../primitives/transaction.ts'
import type { Call, JsonRpcClient } from './json-rpc-client.ts'

/** Something that every node is asked to do. */
export interface Task {
  readonly name: string
  /** Whether it asks for traces. */
  readonly isTraced?: boolean
  /** Once for each node, before anything is timed. What it gives is what `run` gets. */
  prepare(client: JsonRpcClient): Promise<unknown>
  /** Timed. */
  readonly steps: readonly TaskStep[]
}

export interface TaskStep {
  /** Whether its time counts. */
  readonly counts: boolean
  run(client: JsonRpcClient, prepared: unknown): Promise<unknown>
}

const [SENDER, RECEIVER] = developerAccounts(2)
const CHAIN_ID = 31_337n
const CONTRACT: Address = '0x00000000000000000000000000000000000000c0'

/** Runtime code that answers with the slot that its call data names. */
const SLOT_READ: Hex = '0x5f35545f5260205ff3'
/** Runtime code that logs 100 events of a topic and a word. */
const EVENTS_LOGGED: Hex = '0x60645b805f528060205fa1600190038060025700'
/** Runtime code that goes 14,285 times round a loop of 7 instructions. */
const LOOP: Hex = '0x620037cd5b600190038060045700'

const EVENTS_OF_CALL = 100
const POLL_LIMIT = 10_000

/** Sizes; smaller in tests. */
export interface TaskSizes {
  readonly calls: number
  readonly sends: number
  readonly batch: number
  readonly logs: number
  readonly blocks: number
  readonly accounts: number
}

async function mined(client: JsonRpcClient, hash: Hash): Promise<void> {
  for (let asked = 0; asked < POLL_LIMIT; asked++) {
    if ((await client.ask('eth_getTransactionReceipt', hash)) !== null) return
  }
  throw new Error(`${hash} is not mined`)
}

async function sendAndWait(client: JsonRpcClient, to: Address, gas: number): Promise<Hash> {
  const transaction = { from: SENDER!.address, to, gas: `0x${gas.toString(16)}` }
  const hash = await client.ask<Hash>('eth_sendTransaction', transaction)
  await mined(client, hash)
  return hash
}

/** Transactions in a row, signed before they are timed. */
async function signTransfers(client: JsonRpcClient, count: number): Promise<readonly Hex[]> {
  const first = Number(await client.ask<Hex>('eth_getTransactionCount', SENDER!.address, 'latest'))
  return Array.from({ length: count }, (_, index) => {
    const unsigned = {
      type: 2,
      chainId: CHAIN_ID,
      nonce: BigInt(first + index),
      gasLimit: 21_000n,
      maxFeePerGas: 10n ** 11n,
      maxPriorityFeePerGas: 10n ** 9n,
      to: RECEIVER!.address,
      value: 1n,
      data: new Uint8Array(),
      accessList: [],
    } as const
    return bytesToHex(encodeTransaction(signTransaction(unsigned, hexToBytes(SENDER!.privateKey))))
  })
}

/** In batches that every node takes. */
async function askInBatches(
  client: JsonRpcClient,
  calls: readonly Call[],
  after?: () => Promise<unknown>,
): Promise<void> {
  for (let start = 0; start < calls.length; start += 100) {
    await client.askAll(calls.slice(start, start + 100))
    await after?.()
  }
}

/** Gives so many accounts so much. */
function fundings(count: number, wei: number): readonly Call[] {
  return Array.from({ length: count }, (_, index) => ({
    method: 'hardhat_setBalance',
    params: [wordToAddress(BigInt(0xacc0_0000 + index)), `0x${wei.toString(16)}`],
  }))
}

const timed = (run: TaskStep['run']): TaskStep => ({ counts: true, run })

/** Blocks are asked for; and besides one that reads the newest waits until it is there, which nodes may put off until then. */
function miningTasks(name: string, mine: (client: JsonRpcClient) => Promise<unknown>): readonly Task[] {
  const read = (client: JsonRpcClient) => client.ask('eth_getBlockByNumber', 'latest', false)
  const prepare = async () => undefined
  return [
    { name, prepare, steps: [timed(mine), { counts: false, run: read }] },
    { name: `${name}, and the last of them read`, prepare, steps: [timed(mine), timed(read)] },
  ]
}

/** What is measured, in the order of the report. */
export function tasks(sizes: TaskSizes): readonly Task[] {
  const balances = Array.from({ length: sizes.batch }, (_, index) => ({
    method: 'eth_getBalance',
    params: [wordToAddress(BigInt(0xacc0_0000 + index)), 'latest'],
  }))
  return [
    {
      name: `eth_call, ${sizes.calls} one after the other`,
      async prepare(client) {
        await client.ask('hardhat_setCode', CONTRACT, SLOT_READ)
        await client.ask('hardhat_setStorageAt', CONTRACT, '0x7', `0x${'00'.repeat(31)}2a`)
      },
      steps: [
        timed(async (client) => {
          const call = { to: CONTRACT, data: `0x${'00'.repeat(31)}07` }
          for (let index = 0; index < sizes.calls; index++) {
            assert.equal(BigInt(await client.ask<Hex>('eth_call', call, 'latest')), 42n)
          }
        }),
      ],
    },
    {
      name: `eth_sendRawTransaction until its receipt is there, ${sizes.sends} one after the other`,
      prepare: async () => ({ raw: [] as readonly Hex[] }),
      steps: [
        {
          counts: false,
          async run(client, prepared) {
            ;(prepared as { raw: readonly Hex[] }).raw = await signTransfers(client, sizes.sends)
          },
        },
        timed(async (client, prepared) => {
          for (const raw of (prepared as { raw: readonly Hex[] }).raw) {
            await mined(client, await client.ask<Hash>('eth_sendRawTransaction', raw))
          }
        }),
      ],
    },
    {
      name: `a batch of ${sizes.batch} eth_getBalance`,
      prepare: async () => undefined,
      steps: [timed(async (client) => assert.equal((await client.askAll(balances)).length, sizes.batch))],
    },
    {
      name: `eth_getLogs of ${sizes.logs} logs`,
      async prepare(client) {
        await client.ask('hardhat_setCode', CONTRACT, EVENTS_LOGGED)
        const first = await client.ask<Hex>('eth_blockNumber')
        const transactions = sizes.logs / EVENTS_OF_CALL
        for (let sent = 0; sent < transactions; sent++) await sendAndWait(client, CONTRACT, 500_000)
        return { fromBlock: first, toBlock: 'latest', address: CONTRACT }
      },
      steps: [
        timed(async (client, filter) => {
          assert.equal((await client.ask<unknown[]>('eth_getLogs', filter)).length, sizes.logs)
        }),
      ],
    },
    ...miningTasks(`${sizes.blocks} blocks by hardhat_mine`, (client) =>
      client.ask('hardhat_mine', `0x${sizes.blocks.toString(16)}`),
    ),
    ...miningTasks(`${sizes.blocks / 10} evm_mine one after the other`, async (client) => {
      for (let made = 0; made < sizes.blocks / 10; made++) await client.ask('evm_mine')
    }),
    {
      name: `hardhat_setBalance of ${sizes.accounts / 10} accounts, in batches of 100`,
      prepare: async () => ({ wei: 1 }),
      steps: [
        {
          counts: false,
          async run(client, prepared) {
            ;(prepared as { wei: number }).wei++
            await client.ask('evm_mine')
            await client.ask('eth_blockNumber')
          },
        },
        timed((client, prepared) =>
          askInBatches(client, fundings(sizes.accounts / 10, (prepared as { wei: number }).wei)),
        ),
      ],
    },
    {
      name: `evm_snapshot and evm_revert with ${sizes.accounts} accounts`,
      async prepare(client) {
        // A block has few of them: pavm keeps what undoes the changes of one block together.
        await askInBatches(client, fundings(sizes.accounts, 1), () => client.ask('evm_mine'))
        return {}
      },
      steps: [
        timed(async (client, prepared) => {
          ;(prepared as { id?: unknown }).id = await client.ask('evm_snapshot')
        }),
        { counts: false, run: (client) => sendAndWait(client, RECEIVER!.address, 21_000) },
        timed(async (client, prepared) => {
          assert.equal(await client.ask('evm_revert', (prepared as { id?: unknown }).id), true)
        }),
      ],
    },
    {
      name: 'debug_traceTransaction of 100,000 instructions',
      isTraced: true,
      async prepare(client) {
        await client.ask('hardhat_setCode', CONTRACT, LOOP)
        return await sendAndWait(client, CONTRACT, 1_000_000)
      },
      steps: [
        timed(async (client, hash) => {
          const { structLogs } = await client.ask<{ structLogs: unknown[] }>('debug_traceTransaction', hash)
          assert.equal(structLogs.length, 99_997)
        }),
      ],
    },
  ]
}
