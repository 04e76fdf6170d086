import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseGenesisText } from '../config/genesis.ts'
import { type Block, decodeBlock } from '../primitives/block.ts'
import { logsBloom } from '../primitives/bloom.ts'
import { skipWithout, VECTORS } from '../primitives/fixtures/vectors.ts'
import { headerHash } from '../primitives/header.ts'
import { type Address, type Hash, hexToBytes } from '../primitives/hex.ts'
import type { Log, Receipt } from '../primitives/receipt.ts'
import { genesisBlock } from '../storage/genesis-block.ts'
import { feeRules } from './fee-rules.ts'
import { MemoryNode } from './fixtures/memory-node.ts'
import { type Answer, RpcClient } from './fixtures/rpc-client.ts'

/**
 * The recorded requests of execution-apis that need no execution: the shapes of everything that is stored. What execution
 * gives, the receipts, is taken from the recorded answers and has to come out again, with all that is derived from it.
 */
const DIRECTORY = join(VECTORS, 'execution-apis/tests')

const METHODS = [
  'eth_baseFee',
  'eth_blobBaseFee',
  'eth_blockNumber',
  'eth_chainId',
  'eth_getBlockByHash',
  'eth_getBlockByNumber',
  'eth_getBlockReceipts',
  'eth_getBlockTransactionCountByHash',
  'eth_getBlockTransactionCountByNumber',
  'eth_getLogs',
  'eth_getTransactionByBlockHashAndIndex',
  'eth_getTransactionByBlockNumberAndIndex',
  'eth_getTransactionByHash',
  'eth_getTransactionReceipt',
  'eth_sendRawTransaction',
  'eth_syncing',
  'net_version',
]

interface Exchange {
  readonly name: string
  readonly method: string
  readonly request: string
  readonly answer: Answer
}

interface RecordedReceipt {
  readonly blockHash: Hash
  readonly transactionIndex: string
  readonly cumulativeGasUsed: string
  readonly gasUsed: string
  readonly type: string
  readonly status?: string
  readonly root?: Hash
  readonly logs: readonly RecordedLog[]
}

interface RecordedLog {
  readonly address: Address
  readonly topics: readonly Hash[]
  readonly data: string
  readonly logIndex: string
  readonly transactionIndex: string
  readonly blockHash: Hash
}

function readExchanges(): Exchange[] {
  return METHODS.flatMap((method) =>
    readdirSync(join(DIRECTORY, method)).map((file) => {
      const lines = readFileSync(join(DIRECTORY, method, file), 'utf8').split('\n')
      const request = lines.find((line) => line.startsWith('>> '))?.slice(3) ?? ''
      const answer = JSON.parse(lines.find((line) => line.startsWith('<< '))?.slice(3) ?? 'null') as Answer
      return { name: `${method}/${file}`, method, request, answer }
    }),
  )
}

/** Blocks that stand one behind the other; each is a list of 256 bytes to 16 MB. */
function* readBlocks(bytes: Uint8Array): Generator<Block> {
  for (let start = 0; start < bytes.length; ) {
    const lengthBytes = bytes[start]! - 0xf7
    const payload = Buffer.from(bytes).readUIntBE(start + 1, lengthBytes)
    const end = start + 1 + lengthBytes + payload
    yield decodeBlock(bytes.subarray(start, end))
    start = end
  }
}

/** Receipts as they were, behind others of which only the gas and the number of logs is known. */
function readReceipts(recorded: readonly RecordedReceipt[]): Receipt[] {
  const [first] = recorded
  if (first === undefined) return []
  const gasBefore = BigInt(first.cumulativeGasUsed) - BigInt(first.gasUsed)
  const logsBefore = Number(first.logs[0]?.logIndex ?? 0)
  const filler: Log = { address: `0x${'00'.repeat(20)}`, topics: [], data: new Uint8Array(0) }
  const before = Array.from({ length: Number(first.transactionIndex) }, (_, index) =>
    receipt(0, true, gasBefore, index === 0 ? Array(logsBefore).fill(filler) : []),
  )
  return [
    ...before,
    ...recorded.map((each) =>
      receipt(
        Number(each.type) as Receipt['type'],
        each.root ?? each.status === '0x1',
        BigInt(each.cumulativeGasUsed),
        each.logs.map(({ address, topics, data }) => ({ address, topics, data: hexToBytes(data) })),
      ),
    ),
  ]
}

function receipt(type: Receipt['type'], status: Receipt['status'], cumulativeGasUsed: bigint, logs: Log[]): Receipt {
  return { type, status, cumulativeGasUsed, logs, logsBloom: logsBloom(logs) }
}

/** Recorded receipts by block; of blocks of which only logs were asked for, receipts with those logs. */
function recordedReceipts(exchanges: readonly Exchange[]): ReadonlyMap<Hash, readonly RecordedReceipt[]> {
  const byBlock = new Map<Hash, readonly RecordedReceipt[]>()
  const keep = (receipts: readonly RecordedReceipt[]) => {
    const [first] = receipts
    if (first !== undefined && receipts.length > (byBlock.get(first.blockHash)?.length ?? 0)) {
      byBlock.set(first.blockHash, receipts)
    }
  }
  for (const { method, answer } of exchanges) {
    if (method === 'eth_getBlockReceipts') keep(answer.result ?? [])
    if (method === 'eth_getTransactionReceipt' && answer.result !== null) keep([answer.result])
    if (method !== 'eth_getLogs') continue
    for (const log of (answer.result ?? []) as readonly RecordedLog[]) {
      const { blockHash, transactionIndex } = log
      keep([{ blockHash, transactionIndex, cumulativeGasUsed: '0x0', gasUsed: '0x0', type: '0x0', logs: [log] }])
    }
  }
  return byBlock
}

function loadChain(exchanges: readonly Exchange[]) {
  const genesis = parseGenesisText(readFileSync(join(DIRECTORY, 'genesis.json'), 'utf8'))
  const first = genesisBlock(genesis).block
  const receipts = recordedReceipts(exchanges)
  const node = new MemoryNode()
  const blocks = [first, ...readBlocks(readFileSync(join(DIRECTORY, 'chain.rlp')))].map((block) => {
    const hash = headerHash(block.header)
    return node.store({ block, hash, receipts: readReceipts(receipts.get(hash) ?? []) })
  })
  node.reorganise([{ ...blocks[0]!, hash: node.chain.head().hash }], blocks)
  Object.assign(node.fees, feeRules(genesis.config))
  // The head was finalized by its fork choice update.
  const { header } = node.chain.head()
  Object.assign(node.chain, { finality: () => ({ safe: header, finalized: header }) })
  return { node, chainId: genesis.config.chainId }
}

function withoutMessage(answer: Answer): object {
  if (answer.error === undefined) return answer
  const { message: _, ...error } = answer.error
  return { ...answer, error }
}

const missing = skipWithout('execution-apis/tests')

test('answers are those recorded in execution-apis', { skip: missing }, async (t) => {
  const exchanges = readExchanges()
  const { node, chainId } = loadChain(exchanges)
  const client = new RpcClient(node, { chainId })
  for (const { name, request, answer } of exchanges) {
    await t.test(name, async () => {
      const actual = JSON.parse((await client.dispatcher.answer(request, {})) ?? 'null') as Answer
      assert.deepEqual(withoutMessage(actual), withoutMessage(answer))
    })
  }
})

test('bad parameters get the recorded codes', { skip: missing }, async (t) => {
  const client = new RpcClient(new MemoryNode())
  for (const file of ['get-storage-invalid-key.io', 'get-storage-invalid-key-too-large.io']) {
    await t.test(file, async () => {
      const lines = readFileSync(join(DIRECTORY, 'eth_getStorageAt', file), 'utf8').split('\n')
      const request = lines.find((line) => line.startsWith('>> '))?.slice(3) ?? ''
      const answer = JSON.parse((await client.dispatcher.answer(request, {})) ?? 'null') as Answer
      assert.equal(answer.error?.code, -32602)
    })
  }
})
