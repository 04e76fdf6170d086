import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import type { Activation, ChainConfig } from '../config/chain.ts'
import { type Genesis, type GenesisAccount, parseGenesis } from '../config/genesis.ts'
import { type BlobSchedule, HARDFORKS, type Hardfork } from '../config/hardforks.ts'
import { BlockError } from '../execution/block/block-error.ts'
import { decodeBlock } from '../primitives/block.ts'
import { CodedError } from '../primitives/errors.ts'
import { type Address, type Hash, hexToBytes } from '../primitives/hex.ts'
import { genesisBlock } from '../storage/genesis-block.ts'
import { readTar } from '../test/conformance/tar.ts'
import { skipWithout, vectorPath } from '../test/conformance/vectors.ts'
import { TestNode } from './fixtures/test-node.ts'

/**
 * Ethereum's own block tests, through the whole import: a sample. PAVM_VECTOR_STRIDE=1 runs all 6,286, in about
 * five minutes; PAVM_VECTOR_FILTER only those whose name has the text.
 */
const ARCHIVES: readonly (readonly [archive: string, stride: number])[] = [
  ['ethereum-tests-InvalidBlocks', 3],
  ['ethereum-tests-TransitionTests', 1],
  ['ethereum-tests-ValidBlocks', 12],
  ['eest-eips', 61],
  ['eest-static-sample', 37],
]
const STRIDE = process.env.PAVM_VECTOR_STRIDE
const FILTER = process.env.PAVM_VECTOR_FILTER ?? ''

interface BlockTest {
  readonly network: string
  readonly genesisBlockHeader: Readonly<Record<string, string>> & { readonly hash: Hash }
  readonly pre: Readonly<Record<Address, AccountJson>>
  readonly blocks: readonly { readonly rlp: string; readonly expectException?: string }[]
  readonly lastblockhash: Hash
  readonly config?: { readonly chainid?: string; readonly blobSchedule?: Readonly<Record<string, BlobJson>> }
}

interface AccountJson {
  readonly nonce: string
  readonly balance: string
  readonly code: string
  readonly storage: Readonly<Record<string, string>>
}

type BlobJson = Readonly<Record<keyof BlobSchedule, string>>

const NAMES: Readonly<Record<string, Hardfork>> = {
  Dao: 'daoFork',
  EIP150: 'tangerineWhistle',
  EIP158: 'spuriousDragon',
  ConstantinopleFix: 'petersburg',
  Merge: 'paris',
}

function hardforkNamed(name: string): Hardfork {
  const hardfork = NAMES[name] ?? HARDFORKS.find((each) => each.toLowerCase() === name.toLowerCase())
  if (hardfork === undefined) throw new Error(`no hardfork ${name}`)
  return hardfork
}

/** `A`, `AToBAt5`, `AToBAtTime15k`, or with a Merge by total difficulty: there the test's first PoS block is given. */
function activationsOf(network: string, mergeAt: bigint): Activation[] {
  const [, first = network, second, at] = /^(\w+?)To(\w+?)At(\w+)$/.exec(network) ?? []
  const before = HARDFORKS.slice(1, HARDFORKS.indexOf(hardforkNamed(first)) + 1)
  const activations: Activation[] = before
    .filter((hardfork) => hardfork !== 'daoFork')
    .map((hardfork) => ({ hardfork, by: 'number', at: 0n }))
  if (second === undefined || at === undefined) return activations
  const hardfork = hardforkNamed(second)
  if (at.startsWith('Time'))
    activations.push({ hardfork, by: 'timestamp', at: BigInt(at.slice(4).replace('k', '000')) })
  else activations.push({ hardfork, by: 'number', at: at.startsWith('Diff') ? mergeAt : BigInt(at) })
  return activations
}

function blobScheduleOf({ config }: BlockTest): ChainConfig['blobSchedule'] {
  const schedules = Object.entries(config?.blobSchedule ?? {}).map(([name, json]) => {
    const { target, max, baseFeeUpdateFraction } = json
    const schedule = {
      target: Number(target),
      max: Number(max),
      baseFeeUpdateFraction: BigInt(baseFeeUpdateFraction),
    }
    return [hardforkNamed(name), schedule]
  })
  return Object.fromEntries(schedules)
}

const DEPOSIT_CONTRACT = '0x00000000219ab540356cbb839cbe05303d7705fa'

function configOf(vector: BlockTest): ChainConfig {
  return {
    chainId: BigInt(vector.config?.chainid ?? 1),
    activations: activationsOf(vector.network, firstMergedBlock(vector)),
    terminalTotalDifficulty: undefined,
    blobSchedule: blobScheduleOf(vector),
    depositContractAddress: DEPOSIT_CONTRACT,
    pavm: { ...parseGenesis({ config: { chainId: 1 }, alloc: {} }).config.pavm },
  }
}

function firstMergedBlock({ blocks }: BlockTest): bigint {
  for (const { rlp, expectException } of blocks) {
    if (expectException !== undefined) continue
    const { header } = decodeBlock(hexToBytes(rlp))
    if (header.difficulty === 0n) return header.number
  }
  return 2n ** 63n
}

function genesisOf(vector: BlockTest): Genesis {
  const { genesisBlockHeader: json, pre } = vector
  const quantity = (key: string) => (json[key] === undefined ? undefined : BigInt(json[key]))
  const hash = (key: string) => json[key] as Hash
  return {
    config: configOf(vector),
    alloc: new Map(Object.entries(pre).map(([address, account]) => [address as Address, accountOf(account)])),
    parentHash: hash('parentHash'),
    ommersHash: hash('uncleHash'),
    coinbase: hash('coinbase'),
    transactionsRoot: hash('transactionsTrie'),
    receiptsRoot: hash('receiptTrie'),
    logsBloom: hexToBytes(json.bloom!),
    difficulty: BigInt(json.difficulty!),
    number: BigInt(json.number!),
    gasLimit: BigInt(json.gasLimit!),
    gasUsed: BigInt(json.gasUsed!),
    timestamp: BigInt(json.timestamp!),
    extraData: hexToBytes(json.extraData!),
    mixHash: hash('mixHash'),
    nonce: hexToBytes(json.nonce!),
    baseFeePerGas: quantity('baseFeePerGas'),
    withdrawalsRoot: json.withdrawalsRoot as Hash | undefined,
    blobGasUsed: quantity('blobGasUsed'),
    excessBlobGas: quantity('excessBlobGas'),
    parentBeaconBlockRoot: json.parentBeaconBlockRoot as Hash | undefined,
    requestsHash: json.requestsHash as Hash | undefined,
  }
}

function accountOf({ nonce, balance, code, storage }: AccountJson): GenesisAccount {
  return {
    nonce: BigInt(nonce),
    balance: BigInt(balance),
    code: hexToBytes(code),
    storage: new Map(Object.entries(storage).map(([slot, value]) => [BigInt(slot), BigInt(value)])),
  }
}

/** What went wrong, in words; `undefined` when nothing did. */
async function failureOf(vector: BlockTest): Promise<string | undefined> {
  const genesis = genesisOf(vector)
  const { hash } = genesisBlock(genesis)
  if (hash !== vector.genesisBlockHeader.hash) return `genesis hash is ${hash}`
  const directory = mkdtempSync(join(tmpdir(), 'pavm-'))
  const node = await TestNode.openAt(directory, { genesis })
  try {
    for (const [index, { rlp, expectException }] of vector.blocks.entries()) {
      const verdict = await verdictOn(node, rlp)
      if (verdict instanceof Error && !(verdict instanceof CodedError)) return `block ${index}: ${verdict.stack}`
      if (expectException !== undefined && verdict === undefined) return `block ${index} is taken: ${expectException}`
      if (expectException === undefined && verdict instanceof Error) return `block ${index}: ${describe(verdict)}`
    }
    return node.head === vector.lastblockhash ? undefined : `head is ${node.chain.head().header.number} ${node.head}`
  } finally {
    await node.close()
    rmSync(directory, { recursive: true })
  }
}

/** A lighter branch is stored without being executed: what is wrong with it may never come to light. */
async function verdictOn(node: TestNode, rlp: string): Promise<Error | 'side' | undefined> {
  try {
    const { status } = await node.take(decodeBlock(hexToBytes(rlp)))
    return status === 'side' ? status : undefined
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

function describe(error: Error): string {
  return error instanceof BlockError ? `${error.code}: ${error.message}` : error.message
}

for (const [archive, stride] of ARCHIVES) {
  const path = vectorPath('blockchain-tests', `${archive}.tar.gz`)
  test(`block tests of ${basename(archive)}`, { skip: skipWithout(path) }, async () => {
    const failures: string[] = []
    let index = 0
    let ran = 0
    for (const { name: file, bytes } of readTar(path)) {
      const vectors = JSON.parse(new TextDecoder().decode(bytes)) as Readonly<Record<string, BlockTest>>
      for (const [name, vector] of Object.entries(vectors)) {
        if (!name.includes(FILTER) || index++ % Number(STRIDE ?? stride) !== 0) continue
        ran++
        const failure = await failureOf(vector)
        if (failure !== undefined) failures.push(`${file} ${name}: ${failure}`)
      }
    }
    assert.ok(ran > 10 || FILTER !== '', `only ${ran} ran`)
    assert.deepEqual(failures, [])
  })
}
