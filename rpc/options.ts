/** Settings of the RPC server. `node` fills them from the settings file; tests from `DEFAULT_RPC_OPTIONS`. */
export interface RpcOptions {
  readonly host: string
  /** 0 lets the system choose; `RpcServer.address()` says which. */
  readonly port: number
  readonly chainId: bigint
  /** What web3_clientVersion says: name/version/platform/runtime. */
  readonly clientVersion: string
  /** Address that new blocks of this node pay; `undefined` when it makes none. */
  readonly coinbase?: `0x${string}` | undefined
  /** Origins whose pages may call; `*` for every one. */
  readonly corsOrigins: readonly string[]
  /** Host names beside those that cannot be rebound by a stranger's DNS (see `host-check.ts`); `*` turns the check off. */
  readonly allowedHosts: readonly string[]
  /** Namespaces served though others than this machine can reach them (see `namespaces.ts`). */
  readonly namespaces: readonly string[]
  readonly maxBodyBytes: number
  /** Requests in one batch. */
  readonly maxBatch: number
  /** Bytes of the answer to one batch; what does not fit is answered with an error. */
  readonly maxResponseBytes: number
  /** HTTP requests a second from one address other than this machine; a batch counts as one. */
  readonly maxRequestsPerSecond: number
  /** Gas that eth_call and its kin may use at most. */
  readonly callGasLimit: bigint
  /** Time for a trace that asks for none, and the most that one may ask for. */
  readonly traceTimeoutMs: number
  readonly maxTraceTimeoutMs: number
  /** Blocks that one search through traces may span. */
  readonly maxTraceBlocks: number
  /** Blocks that one log query may span. */
  readonly maxLogRange: number
  /** Logs that one query may return. */
  readonly maxLogs: number
  readonly maxFilters: number
  /** A filter that nobody polls for so long is dropped. */
  readonly filterExpiryMs: number
  readonly maxConnections: number
  readonly maxSubscriptionsPerConnection: number
  /** Bytes that wait for a WebSocket's peer to read before it gets no more: a slow one holds up itself. */
  readonly maxBufferedBytes: number
  /** Who does not answer a ping within this time (WebSocket), or reads nothing of an answer (HTTP), is cut. */
  readonly pingIntervalMs: number
  /** Of how many of the last blocks the state is kept; 0: of all. */
  readonly keptStates: number
  /** Least priority fee suggested, wei. */
  readonly priorityFeeFloor: bigint
  /** Whether `/metrics` is served. */
  readonly metrics: boolean
}

export const DEFAULT_RPC_OPTIONS = {
  host: '127.0.0.1',
  port: 8545,
  corsOrigins: ['*'],
  allowedHosts: [],
  namespaces: [],
  maxBodyBytes: 5 * 1024 * 1024,
  maxBatch: 1_000,
  maxResponseBytes: 25 * 1024 * 1024,
  maxRequestsPerSecond: 2_000,
  callGasLimit: 50_000_000n,
  traceTimeoutMs: 5_000,
  maxTraceTimeoutMs: 60_000,
  maxTraceBlocks: 1_000,
  maxLogRange: 10_000,
  maxLogs: 10_000,
  maxFilters: 1_000,
  filterExpiryMs: 5 * 60_000,
  maxConnections: 256,
  maxSubscriptionsPerConnection: 100,
  maxBufferedBytes: 1024 * 1024,
  pingIntervalMs: 30_000,
  keptStates: 0,
  priorityFeeFloor: 1_000_000_000n,
  metrics: true,
} as const satisfies Partial<RpcOptions>
