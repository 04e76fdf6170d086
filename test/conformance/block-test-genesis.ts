import { type Genesis, parseGenesis } from '../../config/genesis.ts'
import { decodeBlock } from '../../primitives/block.ts'
import { type Address, type Hash, hexToBytes } from '../../primitives/hex.ts'
import { activationsOf, type BlobScheduleJson, blobSchedulesOf } from './fork-names.ts'
import { accountFromJson, type StateJson } from './json-state.ts'

/** A blockchain test, as far as it is looked at. */
export interface BlockTestJson {
  readonly network: string
  readonly genesisBlockHeader: Readonly<Record<string, string>> & { readonly hash: Hash }
  readonly genesisRLP: string
  readonly pre: StateJson
  readonly blocks: readonly BlockJson[]
  readonly lastblockhash: Hash
  readonly postState?: StateJson
  readonly config?: { readonly chainid?: string; readonly blobSchedule?: BlobScheduleJson }
}

export interface BlockJson {
  readonly rlp: string
  readonly expectException?: string
}

/** Mainnet's (EIP-6110). */
const DEPOSIT_CONTRACT: Address = '0x00000000219ab540356cbb839cbe05303d7705fa'

/** The chain that a test runs on; `undefined` when its hardforks are none of ours. */
export function genesisOf(test: BlockTestJson): Genesis | undefined {
  const activations = activationsOf(test.network, firstMergedBlock(test))
  if (activations === undefined) return undefined
  const { genesisBlockHeader: json, pre, config } = test
  const plain = parseGenesis({ config: { chainId: 1, pavm: { engine: 'ethereum', plan: false } }, alloc: {} })
  const quantity = (key: string): bigint | undefined => (json[key] === undefined ? undefined : BigInt(json[key]))
  const hash = (key: string): Hash => json[key] as Hash
  return {
    config: {
      chainId: BigInt(config?.chainid ?? 1),
      activations,
      terminalTotalDifficulty: undefined,
      blobSchedule: blobSchedulesOf(config?.blobSchedule),
      depositContractAddress: DEPOSIT_CONTRACT,
      pavm: plain.config.pavm,
    },
    alloc: new Map(Object.entries(pre).map(([address, account]) => [address as Address, accountFromJson(account)])),
    parentHash: hash('parentHash'),
    ommersHash: hash('uncleHash'),
    coinbase: hash('coinbase'),
    transactionsRoot: hash('transactionsTrie'),
    receiptsRoot: hash('receiptTrie'),
    logsBloom: hexToBytes(json.bloom ?? ''),
    difficulty: quantity('difficulty') ?? 0n,
    number: quantity('number') ?? 0n,
    gasLimit: quantity('gasLimit') ?? 0n,
    gasUsed: quantity('gasUsed') ?? 0n,
    timestamp: quantity('timestamp') ?? 0n,
    extraData: hexToBytes(json.extraData ?? ''),
    mixHash: hash('mixHash'),
    nonce: hexToBytes(json.nonce ?? ''),
    baseFeePerGas: quantity('baseFeePerGas'),
    withdrawalsRoot: json.withdrawalsRoot as Hash | undefined,
    blobGasUsed: quantity('blobGasUsed'),
    excessBlobGas: quantity('excessBlobGas'),
    parentBeaconBlockRoot: json.parentBeaconBlockRoot as Hash | undefined,
    requestsHash: json.requestsHash as Hash | undefined,
  }
}

/** Where the valid blocks of the test leave proof of work; beyond all blocks if they do not. */
function firstMergedBlock({ blocks }: BlockTestJson): bigint {
  for (const { rlp, expectException } of blocks) {
    if (expectException !== undefined) continue
    const { header } = decodeBlock(hexToBytes(rlp))
    if (header.difficulty === 0n) return header.number
  }
  return 2n ** 63n
}
