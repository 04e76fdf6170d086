import { z } from 'zod'

/**
 * What the methods answer with: schemas of JSON values. `rpc.discover` tells them, and tests hold every answer to them. An
 * object has the fields named here and no others.
 */

function hex(title: string, digits: string) {
  return z
    .string()
    .regex(new RegExp(`^0x${digits}$`))
    .meta({ title })
}

export const quantity = hex('Quantity', '(0|[1-9a-f][0-9a-f]*)')
export const bytes = hex('Bytes', '([0-9a-f]{2})*')
export const hash = hex('Hash', '[0-9a-f]{64}')
export const word = hex('Word', '[0-9a-f]{64}')
export const address = hex('Address', '[0-9a-f]{40}')
const checksumAddress = hex('Address with checksum (EIP-55)', '[0-9a-fA-F]{40}')
const bloom = hex('Bloom filter', '[0-9a-f]{512}')

const signature = { r: quantity, s: quantity }

const accessList = z.array(z.strictObject({ address, storageKeys: z.array(word) })).meta({ id: 'AccessList' })

const authorization = z
  .strictObject({ chainId: quantity, address, nonce: quantity, yParity: quantity, ...signature })
  .meta({ id: 'Authorization' })

/** The fields that a type of transaction adds to those of all. */
const typedTransactionFields = {
  chainId: quantity.optional(),
  accessList: accessList.optional(),
  maxFeePerGas: quantity.optional(),
  maxPriorityFeePerGas: quantity.optional(),
  maxFeePerBlobGas: quantity.optional(),
  blobVersionedHashes: z.array(hash).optional(),
  authorizationList: z.array(authorization).optional(),
}

/** Signed; its place is `null` as long as it is in the pool. */
export const transaction = z
  .strictObject({
    blockHash: hash.nullable(),
    blockNumber: quantity.nullable(),
    blockTimestamp: quantity.nullable(),
    transactionIndex: quantity.nullable(),
    hash,
    from: address,
    to: address.nullable(),
    nonce: quantity,
    value: quantity,
    gas: quantity,
    gasPrice: quantity,
    input: bytes,
    type: quantity,
    v: quantity,
    yParity: quantity.optional(),
    ...signature,
    ...typedTransactionFields,
  })
  .meta({ id: 'Transaction' })

/** Not signed. */
export const unsignedTransaction = z
  .strictObject({
    to: address.nullable(),
    nonce: quantity,
    value: quantity,
    gas: quantity,
    gasPrice: quantity,
    input: bytes,
    type: quantity,
    ...typedTransactionFields,
  })
  .meta({ id: 'UnsignedTransaction' })

export const withdrawal = z
  .strictObject({ index: quantity, validatorIndex: quantity, address, amount: quantity })
  .meta({ id: 'Withdrawal' })

const headerFields = {
  hash,
  parentHash: hash,
  sha3Uncles: hash,
  miner: address,
  stateRoot: hash,
  transactionsRoot: hash,
  receiptsRoot: hash,
  logsBloom: bloom,
  difficulty: quantity,
  number: quantity,
  gasLimit: quantity,
  gasUsed: quantity,
  timestamp: quantity,
  extraData: bytes,
  mixHash: hash,
  nonce: hex('Nonce', '[0-9a-f]{16}'),
  baseFeePerGas: quantity.optional(),
  withdrawalsRoot: hash.optional(),
  blobGasUsed: quantity.optional(),
  excessBlobGas: quantity.optional(),
  parentBeaconBlockRoot: hash.optional(),
  requestsHash: hash.optional(),
  blockAccessListHash: hash.optional(),
  plan: bytes.optional(),
}

export const header = z.strictObject(headerFields).meta({ id: 'Header' })

const blockFields = {
  ...headerFields,
  totalDifficulty: quantity.optional(),
  size: quantity,
  uncles: z.array(hash),
  transactions: z.union([z.array(hash), z.array(transaction)]),
  withdrawals: z.array(withdrawal).optional(),
}

export const block = z.strictObject(blockFields).meta({ id: 'Block' })

export const log = z
  .strictObject({
    address,
    topics: z.array(word).max(4),
    data: bytes,
    blockNumber: quantity,
    blockHash: hash,
    blockTimestamp: quantity,
    transactionHash: hash,
    transactionIndex: quantity,
    logIndex: quantity,
    removed: z.boolean(),
  })
  .meta({ id: 'Log' })

export const receipt = z
  .strictObject({
    blockHash: hash,
    blockNumber: quantity,
    transactionHash: hash,
    transactionIndex: quantity,
    from: address,
    to: address.nullable(),
    type: quantity,
    contractAddress: address.nullable(),
    cumulativeGasUsed: quantity,
    gasUsed: quantity,
    effectiveGasPrice: quantity,
    logs: z.array(log),
    logsBloom: bloom,
    root: hash.optional(),
    status: z.enum(['0x0', '0x1']).optional(),
    blobGasUsed: quantity.optional(),
    blobGasPrice: quantity.optional(),
    operationsHash: hash.optional(),
  })
  .meta({ id: 'Receipt' })

const indexed = <Fields extends z.ZodRawShape>(fields: Fields) =>
  z.array(z.strictObject({ index: quantity, ...fields }))

export const blockAccessList = z
  .array(
    z.strictObject({
      address,
      storageChanges: z.array(z.strictObject({ key: word, changes: indexed({ value: word }) })),
      storageReads: z.array(word),
      balanceChanges: indexed({ value: quantity }),
      nonceChanges: indexed({ value: quantity }),
      codeChanges: indexed({ code: bytes }),
    }),
  )
  .meta({ id: 'BlockAccessList' })

export const syncing = z.union([
  z.literal(false),
  z.strictObject({ startingBlock: quantity, currentBlock: quantity, highestBlock: quantity }),
])

export const createdAccessList = z.strictObject({ accessList, gasUsed: quantity, error: z.string().optional() })

const callError = z.strictObject({ code: z.int(), message: z.string(), data: bytes.optional() })

/** Of eth_simulateV1. */
export const simulatedBlocks = z.array(
  z
    .strictObject({
      ...blockFields,
      calls: z.array(
        z.strictObject({
          status: z.enum(['0x0', '0x1']),
          returnData: bytes,
          gasUsed: quantity,
          maxUsedGas: quantity,
          logs: z.array(log),
          error: callError.optional(),
        }),
      ),
    })
    .meta({ id: 'SimulatedBlock' }),
)

export const feeHistory = z.strictObject({
  oldestBlock: quantity,
  baseFeePerGas: z.array(quantity),
  gasUsedRatio: z.array(z.number()),
  baseFeePerBlobGas: z.array(quantity).optional(),
  blobGasUsedRatio: z.array(z.number()).optional(),
  reward: z.array(z.array(quantity)).optional(),
})

export const accountProof = z.strictObject({
  address,
  balance: quantity,
  nonce: quantity,
  codeHash: hash,
  storageHash: hash,
  accountProof: z.array(bytes),
  storageProof: z.array(
    z.strictObject({ key: hex('Storage key', '[0-9a-f]{1,64}'), value: quantity, proof: z.array(bytes) }),
  ),
})

export const account = z.strictObject({ nonce: quantity, balance: quantity, codeHash: hash, storageRoot: hash })
export const accountInfo = z.strictObject({ nonce: quantity, balance: quantity, code: bytes })

export const storageValues = z.record(address, z.array(word))

const resource = z
  .strictObject({
    disabled: z.boolean(),
    oldestBlock: quantity,
    deleteStrategy: z.strictObject({ type: z.literal('window'), retentionBlocks: quantity }).optional(),
  })
  .meta({ id: 'Resource' })

export const capabilities = z.strictObject({
  head: z.strictObject({ number: quantity, hash }),
  state: resource,
  tx: resource,
  logs: resource,
  receipts: resource,
  blocks: resource,
  stateproofs: resource,
})

const forkConfig = z
  .strictObject({
    activationTime: z.int(),
    blobSchedule: z.strictObject({ target: z.int(), max: z.int(), baseFeeUpdateFraction: z.int() }).nullable(),
    chainId: quantity,
    forkId: hex('Fork hash (EIP-6122)', '[0-9a-f]{8}'),
    precompiles: z.record(z.string(), address),
    systemContracts: z.record(z.string(), address),
  })
  .meta({ id: 'ForkConfig' })

/** EIP-7910. */
export const chainConfig = z.strictObject({
  current: forkConfig,
  next: forkConfig.nullable(),
  last: forkConfig.nullable(),
})

const byNonce = <Value extends z.ZodType>(value: Value) => z.record(z.string().regex(/^(0|[1-9][0-9]*)$/), value)

const poolOf = <Value extends z.ZodType>(value: Value) => z.strictObject({ pending: value, queued: value })

export const poolContent = poolOf(z.record(checksumAddress, byNonce(transaction)))
export const poolContentFrom = poolOf(byNonce(transaction))
export const poolSummary = poolOf(z.record(checksumAddress, byNonce(z.string())))
export const poolStatus = poolOf(quantity)

export const signedTransaction = z.strictObject({ raw: bytes, tx: transaction })
export const filledTransaction = z.strictObject({ tx: unsignedTransaction })

export const badBlock = z.strictObject({ hash, block, rlp: bytes })

const payload = z.strictObject({
  parentHash: hash,
  feeRecipient: address,
  stateRoot: hash,
  receiptsRoot: hash,
  logsBloom: bloom,
  prevRandao: hash,
  blockNumber: quantity,
  gasLimit: quantity,
  gasUsed: quantity,
  timestamp: quantity,
  extraData: bytes,
  baseFeePerGas: quantity,
  blockHash: hash,
  transactions: z.array(bytes),
  withdrawals: z.array(withdrawal),
  blobGasUsed: quantity,
  excessBlobGas: quantity,
})

/** As engine_getPayloadV5 has it. */
export const builtPayload = z.strictObject({
  executionPayload: payload,
  blockValue: quantity,
  blobsBundle: z.strictObject({ commitments: z.array(bytes), proofs: z.array(bytes), blobs: z.array(bytes) }),
  executionRequests: z.array(bytes),
  shouldOverrideBuilder: z.boolean(),
})

const writes = z.array(z.strictObject({ location: z.int(), value: z.string(), isAddition: z.literal(true).optional() }))

/** Of pavm_getPlan. */
export const plan = z.strictObject({
  blockHash: hash,
  blockNumber: quantity,
  planBytes: z.int(),
  locations: z.array(
    z.strictObject({ address, kind: z.enum(['balance', 'nonce', 'code', 'slot']), slot: word.optional() }),
  ),
  transactions: z.array(
    z.strictObject({
      hash: hash.nullable(),
      from: address.nullable(),
      gasUsed: quantity,
      group: z.int(),
      reads: z.array(z.int()),
      writes,
    }),
  ),
  groups: z.array(z.array(z.int())),
  systemWrites: z.strictObject({ before: writes, after: writes }),
})

/** Times in microseconds. */
export const replay = z.strictObject({
  blockHash: hash,
  blockNumber: quantity,
  strategy: z.enum(['serial', 'groups', 'split', 'values']),
  workers: z.int(),
  durationUs: z.number(),
  sumUs: z.number(),
  speedUp: z.number(),
  entries: z.array(
    z.strictObject({
      worker: z.int(),
      core: z.int().nullable(),
      group: z.int(),
      transactions: z.array(z.int()),
      startUs: z.number(),
      durationUs: z.number(),
      gasUsed: quantity,
    }),
  ),
})

export const thread = z.strictObject({
  id: quantity,
  parent: z.int().nullable(),
  contract: address,
  origin: z.string(),
  after: quantity.nullable(),
  slot: word.nullable(),
  data: bytes,
  state: z.string(),
  order: z.int().nullable(),
  gasUsed: quantity.nullable(),
  output: bytes.nullable(),
  startUs: z.number().nullable(),
  durationUs: z.number().nullable(),
})

export const record = z.strictObject({
  operations: z.array(
    z.strictObject({
      kind: z.string(),
      mode: z.string(),
      address,
      slot: word.optional(),
      value: z.string().optional(),
    }),
  ),
  touch: z.array(address),
  accessListAddress: z.array(address),
  accessListSlot: z.array(z.strictObject({ address, slot: word })),
  preimage: z.array(hash),
  refund: quantity,
})

const headOf = z.strictObject({ hash, number: quantity })

export const peer = z.strictObject({
  id: z.string(),
  address: z.string(),
  direction: z.enum(['inbound', 'outbound']),
  score: z.number().nullable(),
  head: headOf.nullable(),
})

export const nodeInfo = z.strictObject({
  peerId: z.string(),
  addresses: z.array(z.string()),
  clientVersion: z.string(),
  chainId: quantity,
  genesisHash: hash.nullable(),
  head: headOf,
  workers: z.array(z.strictObject({ index: z.int(), core: z.int().nullable(), threadId: z.int().nullable() })),
})

/** Of anvil_nodeInfo. */
export const anvilNodeInfo = z.strictObject({
  currentBlockNumber: quantity,
  currentBlockTimestamp: z.int(),
  currentBlockHash: hash,
  hardFork: z.string(),
  transactionOrder: z.literal('fees'),
  environment: z.strictObject({
    baseFee: quantity,
    chainId: z.int(),
    gasLimit: quantity,
    gasPrice: quantity,
  }),
  forkConfig: z.strictObject({
    forkUrl: z.string().nullable(),
    forkBlockNumber: z.int().nullable(),
    forkRetryBackoff: z.null(),
  }),
})

export const forkedNetwork = z.strictObject({ chainId: z.int(), forkBlockNumber: z.int(), forkBlockHash: hash })

/** Of anvil_metadata. */
export const anvilMetadata = z.strictObject({
  clientVersion: z.string(),
  chainId: z.int(),
  instanceId: hash,
  latestBlockNumber: z.int(),
  latestBlockHash: hash,
  forkedNetwork: forkedNetwork.nullable(),
  snapshots: z.record(quantity, z.tuple([z.int(), hash])),
})

/** The shape of the document, as `rpc.discover` says it of itself. */
export const openRpcDocument = z.looseObject({
  openrpc: z.string(),
  info: z.looseObject({ title: z.string(), version: z.string() }),
  methods: z.array(z.looseObject({ name: z.string() })),
  components: z.looseObject({}),
})
