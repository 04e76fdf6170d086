import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { developmentGenesis, type Genesis } from '../../config/genesis.ts'
import { TestNode, transfer, withHeader } from '../../consensus/fixtures/test-node.ts'
import type { BlockExecutor } from '../../execution/block/executor.ts'
import { type Block, encodeBlock } from '../../primitives/block.ts'
import type { Header } from '../../primitives/header.ts'
import { bytesToHex, quantityToHex, wordToHash } from '../../primitives/hex.ts'
import { genesisBlock } from '../../storage/genesis-block.ts'
import type { BlockJson, BlockTestJson } from './block-test-genesis.ts'
import { blockTests } from './block-tests.ts'
import { ReplayCheckingExecutor, ReplayDifference } from './replay-check.ts'
import type { CaseResult } from './suite.ts'

/** A small chain of our own, written down as Ethereum's tests write theirs: it passes, and fails once anything is changed. */

const directory = mkdtempSync(join(tmpdir(), 'pavm-'))
let genesis: Genesis
let blocks: Block[]
before(async () => {
  const { config, ...rest } = developmentGenesis({ engine: 'ethereum', plan: false, chainId: 31_337n })
  genesis = { ...rest, config }
  const node = await TestNode.openAt(join(directory, 'made'), { genesis })
  blocks = []
  for (const nonce of [0n, 1n])
    blocks.push(await node.extend({ transactions: [transfer(0, nonce), transfer(1, nonce)] }))
  await node.close()
})
after(() => rmSync(directory, { recursive: true, force: true }))

const HEADER_NAMES: Partial<Record<keyof Header, string>> = {
  ommersHash: 'uncleHash',
  transactionsRoot: 'transactionsTrie',
  receiptsRoot: 'receiptTrie',
  logsBloom: 'bloom',
}

function headerJson(header: Header, hash: string): BlockTestJson['genesisBlockHeader'] {
  const fields = Object.entries(header).filter(([, value]) => value !== undefined)
  const named = fields.map(([key, value]) => {
    const text =
      typeof value === 'bigint' ? quantityToHex(value) : value instanceof Uint8Array ? bytesToHex(value) : value
    return [HEADER_NAMES[key as keyof Header] ?? key, text]
  })
  return { ...Object.fromEntries(named), hash }
}

function testOf(rlps: readonly BlockJson[], changes: Partial<BlockTestJson> = {}): BlockTestJson {
  const first = genesisBlock(genesis)
  const pre = [...genesis.alloc].map(([address, { nonce, balance, code, storage }]) => {
    const slots = [...storage].map(([slot, value]) => [wordToHash(slot), wordToHash(value)])
    const account = { nonce: quantityToHex(nonce), balance: quantityToHex(balance), code: bytesToHex(code) }
    return [address, { ...account, storage: Object.fromEntries(slots) }]
  })
  return {
    network: 'Osaka',
    genesisBlockHeader: headerJson(first.block.header, first.hash),
    genesisRLP: bytesToHex(encodeBlock(first.block)),
    pre: Object.fromEntries(pre),
    blocks: rlps,
    lastblockhash: '0x',
    config: { chainid: '0x7a69' },
    ...changes,
  }
}

const rlpOf = (block: Block): string => bytesToHex(encodeBlock(block))

let runs = 0
async function run(vector: BlockTestJson, trace = false): Promise<CaseResult> {
  const content = {
    path: 'a.json',
    bytes: new Uint8Array(),
    json: { a: vector },
    sibling: () => undefined,
    below: () => [],
    file: (name: string) => name,
  }
  assert.ok(blockTests.matches(content))
  const [only] = await Array.fromAsync(blockTests.cases(content))
  return await only!.run({ scratch: () => join(directory, String(runs++)), trace })
}

async function headOf(rlps: readonly BlockJson[]): Promise<string> {
  const { problem } = await run(testOf(rlps))
  return /head is (0x\w+)/.exec(problem ?? '')?.[1] ?? assert.fail(problem)
}

test('a chain passes, and each block is replayed', async () => {
  const all = blocks.map((block) => ({ rlp: rlpOf(block) }))
  assert.deepEqual(await run(testOf(all, { lastblockhash: (await headOf(all)) as `0x${string}` })), {
    problem: undefined,
    unchecked: undefined,
    replayed: 2,
  })
})

test('another genesis fails', async () => {
  const vector = testOf([])
  const other = { ...vector, genesisBlockHeader: { ...vector.genesisBlockHeader, timestamp: '0x5' } }
  assert.match((await run(other)).problem ?? '', /hash of the genesis/)
})

test('another state at the end fails, with the difference', async () => {
  const all = blocks.map((block) => ({ rlp: rlpOf(block) }))
  const vector = testOf(all, { lastblockhash: (await headOf(all)) as `0x${string}` })
  assert.match((await run({ ...vector, postState: vector.pre })).problem ?? '', /nonce 2 .*should be nonce 0/)
})

test('a refused block needs its reason', async () => {
  const rlp = rlpOf(withHeader(blocks[0]!, { gasUsed: 42_001n }))
  const refusedAs = (expectException: string) => run(testOf([{ rlp, expectException }]))
  assert.match((await refusedAs('BlockException.INVALID_GAS_USED')).problem ?? '', /^head is/)
  assert.match((await refusedAs('BlockException.INVALID_STATE_ROOT')).problem ?? '', /another reason: wrong-gas-used/)
  assert.match(
    (await run(testOf([{ rlp }]))).problem ?? '',
    /block 0: refused: wrong-gas-used.*\n.*\n *receipt 1: status true/,
  )
  const good = { rlp: rlpOf(blocks[0]!), expectException: 'BlockException.INVALID_GAS_USED' }
  assert.match((await run(testOf([good]))).problem ?? '', /accepted, should be refused/)
})

test('a block refused once is refused again for the same reason', async () => {
  const wrong = {
    rlp: rlpOf(withHeader(blocks[0]!, { gasLimit: 5n })),
    expectException: 'BlockException.INVALID_GASLIMIT',
  }
  assert.match((await run(testOf([wrong, wrong]))).problem ?? '', /^head is/)
})

test('a block on a lighter branch is judged where it is the only one', async () => {
  const valid = blocks.map((block) => ({ rlp: rlpOf(block) }))
  const wrong = rlpOf(withHeader(blocks[0]!, { gasUsed: 42_001n }))
  const judgedAs = (expectException: string) => run(testOf([...valid, { rlp: wrong, expectException }]))
  assert.match((await judgedAs('BlockException.INVALID_GAS_USED')).problem ?? '', /^head is/)
  assert.match((await judgedAs('BlockException.INVALID_GASLIMIT')).problem ?? '', /another reason: wrong-gas-used/)
})

test('a failing block is traced, one that cannot be executed as far as it goes', async () => {
  const wrong = rlpOf(withHeader(blocks[0]!, { gasUsed: 42_001n }))
  const { problem: traced } = await run(testOf([{ rlp: wrong }]), true)
  assert.match(traced ?? '', /transaction 0\nours ended: return\ntheirs ended: return\ntransaction 1\n/)
  const invalid = rlpOf({ ...blocks[0]!, transactions: blocks[1]!.transactions })
  assert.match((await run(testOf([{ rlp: invalid }]), true)).problem ?? '', /transaction 0\nno trace: nonce 1, not 0$/)
})

test('a fault behind another one is found', async () => {
  const [first] = blocks
  // The transaction root is wrong too, as where a tool has left the invalid transaction out of it.
  const [transaction] = blocks[1]!.transactions
  const rlp = rlpOf({ ...first!, transactions: [transaction!] })
  const expectException = 'TransactionException.NONCE_MISMATCH_TOO_HIGH'
  assert.match((await run(testOf([{ rlp, expectException }]))).problem ?? '', /^head is/)
})

test('a replay that comes to something else is a failure', async () => {
  const node = await TestNode.openAt(join(directory, 'lied'), {
    genesis,
    wrapExecutor: (modules) => {
      const liar: BlockExecutor = {
        strategy: 'serial',
        execute: async (block, parent) => {
          const executed = await modules.executor.execute(block, parent)
          return { ...executed, gasUsed: executed.gasUsed + 1n }
        },
      }
      return new ReplayCheckingExecutor({ config: genesis.config }, { ...modules, executor: liar })
    },
  })
  try {
    await assert.rejects(node.take(blocks[0]!), (error) => {
      return error instanceof ReplayDifference && /recorded block 1: other gasUsed/.test(error.message)
    })
  } finally {
    await node.close()
  }
})
