import { DEVELOPER_MNEMONIC, DEVELOPER_PATH } from '../primitives/developer-accounts.ts'
import { ZERO_ADDRESS } from '../primitives/hex.ts'
import {
  account,
  amount,
  choice,
  derivationPath,
  integer,
  mnemonic,
  path,
  shortText,
  text,
  textList,
  toggle,
} from './setting-kinds.ts'

const MEBIBYTE = 1024 * 1024
const MAX_INTEGER = 2 ** 31 - 1

/**
 * Every setting of a node, once: types, defaults, validation, names of variables and flags, and the documentation all
 * come from here. `rpc.port` is `port` under `[rpc]` in the file, `PAVM_RPC_PORT` and `--rpc-port`.
 */
export const SETTINGS = {
  dataDir: path('.pavm/node', 'Directory of the database and of the keys of the node.'),
  genesis: path('', 'Genesis file (JSON as geth takes it). Empty: the built-in development chain.'),

  log: {
    level: choice(
      ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
      'info',
      'Least level that is written.',
    ),
    format: choice(['pretty', 'json'], 'pretty', 'Lines for people, or one JSON object a line.'),
    label: text('', 'Name of the node in its log lines.'),
  },

  p2p: {
    enabled: toggle(true, 'Connect with other nodes.'),
    host: text('127.0.0.1', 'Address to listen on for peers.'),
    port: integer(0, 65_535, 30_303, 'TCP port for peers; 0 takes a free one.'),
    peers: textList([], 'Multiaddresses of peers to stay connected with.'),
    mdns: toggle(true, 'Find peers in the local network.'),
    maxPeers: integer(0, 1_000, 50, 'Connections at most.'),
    announceAboveBytes: integer(
      0,
      16 * MEBIBYTE,
      128 * 1024,
      'Blocks larger than this are announced and fetched, smaller ones sent whole.',
    ),
  },

  rpc: {
    enabled: toggle(true, 'Serve JSON-RPC over HTTP and WebSocket.'),
    host: text('127.0.0.1', 'Address to listen on. Anybody who reaches it can use the unlocked accounts.'),
    port: integer(0, 65_535, 8_545, 'TCP port; 0 takes a free one.'),
    corsOrigins: textList(['*'], 'Origins whose pages may call; `*` for all.'),
    allowedHosts: textList([], 'Host names by which the server may be called beside its own addresses; `*` for all.'),
    namespaces: textList(
      [],
      'Of debug, trace, ots and anvil (all controls), those served though `host` is reached by other machines.',
    ),
    maxBodyBytes: integer(1_024, 256 * MEBIBYTE, 5 * MEBIBYTE, 'Largest request.'),
    maxBatch: integer(1, 100_000, 1_000, 'Requests in one batch.'),
    maxRequestsPerSecond: integer(1, MAX_INTEGER, 2_000, 'HTTP requests a second from one remote address.'),
    callGasLimit: amount(50_000_000n, 'Gas that a call or an estimate may use.'),
    callTimeoutMs: integer(1, 3_600_000, 5_000, 'Time that a call or an estimate may take.'),
    maxTraceTimeoutMs: integer(1, 3_600_000, 60_000, 'Time that a trace may ask for; without asking it has 5 s.'),
    maxTraceBlocks: integer(1, MAX_INTEGER, 1_000, 'Blocks that one search through traces may span.'),
    maxLogRange: integer(1, MAX_INTEGER, 10_000, 'Blocks that one log query may span.'),
    maxLogs: integer(1, MAX_INTEGER, 10_000, 'Logs that one query may return.'),
    maxFilters: integer(0, MAX_INTEGER, 1_000, 'Filters alive at a time.'),
    maxSubscriptions: integer(0, MAX_INTEGER, 100, 'Subscriptions of one connection.'),
    testing: toggle(false, 'Serve testing_buildBlockV1, by which anybody can have blocks made.'),
    unlockDeveloperAccounts: toggle(true, 'Sign for the developer accounts (eth_sendTransaction, eth_accounts).'),
  },

  accounts: {
    mnemonic: mnemonic(DEVELOPER_MNEMONIC, 'Phrase that the keys of the developer accounts are derived from.'),
    count: integer(0, 1_000, 20, 'Developer accounts: how many the node signs for, and a new development chain funds.'),
    path: derivationPath(DEVELOPER_PATH, 'Where their keys are derived; the index of the account comes behind it.'),
    balance: amount(10_000n, 'Ether of each in a new development chain.'),
    keystore: path(
      '',
      'Directory of keystore files (docs/accounts.md) whose accounts the node signs for too. Empty: none.',
    ),
    passwordFile: path('', 'File whose first line is the password of these keystore files.'),
  },

  miner: {
    enabled: toggle(false, 'Make blocks.'),
    coinbase: account(ZERO_ADDRESS, 'Account that gets the fees of the blocks made.'),
    gasLimit: amount(60_000_000n, 'Gas limit that the blocks made move towards.'),
    extraData: shortText(32, 'pavm', 'Text put into the blocks made.'),
    gasPriceFloor: amount(1n, 'Wei per gas that a transaction must offer at least to be taken.'),
    hashesPerSecond: integer(1, MAX_INTEGER, 4_096, 'Speed of the proof of work search: spares the machine.'),
  },

  execution: {
    workers: integer(0, 1_024, 0, 'Threads that replay blocks; 0: one a core.'),
    replay: choice(
      ['split', 'groups', 'values'],
      'split',
      'Where replay may cut groups: the long ones, nowhere, everywhere.',
    ),
    verifySerial: toggle(false, 'Execute every block serially too, and compare.'),
    pin: toggle(true, 'Pin each replay thread to a core, where the platform can.'),
    inlineMs: integer(
      0,
      1_000,
      0,
      'Milliseconds for which a call or a block being made may keep the thread of network and RPC, before another has it; 0: not at all.',
    ),
    compiler: {
      enabled: toggle(true, 'Compile contracts that run a lot; without it they are interpreted.'),
      threshold: integer(1, MAX_INTEGER, 500_000, 'Jumps that a contract has taken in a thread before it is compiled.'),
      queue: integer(1, 10_000, 32, 'Contracts that may wait for the compile thread.'),
      maxModuleBytes: integer(1_024, 4 * MEBIBYTE, 256 * 1024, 'Largest module that is made of a contract.'),
      timeoutMs: integer(1, 60_000, 2_000, 'Time after which a contract is given up for good.'),
      cacheMegabytes: integer(1, 100_000, 64, 'Modules kept for all threads, and by each.'),
      heapMegabytes: integer(64, 100_000, 512, 'JavaScript heap of the compile thread.'),
    },
  },

  txpool: {
    perSender: integer(1, MAX_INTEGER, 1_024, 'Transactions of one sender.'),
    pending: integer(1, MAX_INTEGER, 8_192, 'Transactions ready to be mined.'),
    queued: integer(0, MAX_INTEGER, 2_048, 'Transactions that wait for an earlier nonce or for funds.'),
    maxTransactionBytes: integer(1_024, 16 * MEBIBYTE, 128 * 1024, 'Largest transaction, without blobs.'),
    journal: toggle(true, 'Keep the pool over restarts.'),
  },

  storage: {
    cacheMegabytes: integer(1, 1_000_000, 64, 'Memory for LevelDB.'),
    sync: toggle(
      true,
      'Wait until what is written is on the disk; without it a power failure can lose the last blocks.',
    ),
    writeBehindMs: integer(
      0,
      1_000,
      0,
      'Milliseconds without another block after which those that wait in memory are written, all at once, or five times as long in any case; 0: none waits. A crash loses those that do.',
    ),
    prune: integer(0, MAX_INTEGER, 0, 'Keep the state of the last so many blocks; 0: of all.'),
  },

  fork: {
    cache: path(
      '.pavm/fork',
      'Directory of what was read of forked chains, for later runs; with `pavm dev --data` in that directory.',
    ),
    cacheMegabytes: integer(0, 100_000, 256, 'Largest file of one forked block there; what comes later is not kept.'),
    cacheTotalMegabytes: integer(0, 100_000, 1_024, 'All files there; those used longest ago are deleted at a start.'),
    batch: integer(1, 1_000, 50, 'Requests to the forked chain in one HTTP request.'),
    concurrency: integer(1, 64, 4, 'HTTP requests to it under way at a time.'),
    requestsPerSecond: integer(0, MAX_INTEGER, 500, 'Requests to it in a second; 0: as many as there are.'),
    timeoutMs: integer(1, 600_000, 10_000, 'Time for one HTTP request to it.'),
    retries: integer(0, 20, 4, 'How often a request that failed is sent again.'),
    backoffMs: integer(1, 60_000, 250, 'Time before the first retry; before each further one twice as long.'),
  },

  metrics: {
    enabled: toggle(true, 'Serve Prometheus metrics at /metrics of the RPC port.'),
  },
} as const
