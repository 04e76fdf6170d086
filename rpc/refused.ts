/** Names after their namespace, and why they are not served: for users of geth, anvil and the Hardhat node, who know them. */
const REFUSED: readonly (readonly [namespace: string, names: string, reason: string])[] = [
  ['eth', 'getWork submitWork submitHashrate', 'the nodes of the network seal their blocks themselves'],
  ['eth', 'resend', 'send a transaction with the same nonce and higher fees instead'],
  ['eth', 'protocolVersion', 'peers speak over libp2p here, not the eth protocol'],
  ['anvil', 'setChainId', 'the chain id is part of the chain: `pavm dev --chain-id` begins one with another'],
  [
    'anvil',
    'impersonateSignature',
    'what ECRECOVER gives is the same for all: anvil_impersonateAccount needs no signature',
  ],
  [
    'anvil',
    'getBlobByHash getBlobsByTransactionHash',
    'blobs are not kept once their transaction is in a block: a consensus layer would keep them',
  ],
  ['anvil', 'setFeeToken setValidatorFeeToken setFeeAmmLiquidity', 'fees are paid in wei: fee tokens are of Tempo'],
  ['admin', 'nodeInfo peers', 'peers speak over libp2p here: pavm_nodeInfo and pavm_peers tell of them'],
  [
    'admin',
    'addPeer removePeer addTrustedPeer removeTrustedPeer peerEvents',
    'whom the node dials is in its settings (p2p.peers)',
  ],
  ['admin', 'exportChain importChain', 'no client writes files of the node: `pavm export` and `pavm import` do'],
  ['admin', 'datadir', 'no client is told of files of the node: dataDir is in its settings'],
  [
    'admin',
    'startHTTP startWS stopHTTP stopWS startRPC stopRPC',
    'what the node listens on is in its settings (rpc.*)',
  ],
  [
    'miner',
    'setExtra setGasLimit setGasPrice setEtherbase',
    'what blocks have is in the settings of the miner (miner.*)',
  ],
  ['miner', 'start stop', 'whether a node makes blocks is in its settings (miner.enabled)'],
  ['dev', 'setFeeRecipient', 'anvil_setCoinbase does this on a chain that `pavm dev` runs'],
  ['dev', 'addWithdrawal', 'there is no consensus layer to withdraw from'],
  [
    'debug',
    'dbGet dbAncient dbAncients chaindbProperty chaindbCompact',
    'the database is laid out otherwise than that of geth: debug_getRaw* and eth_getProof give what is stored',
  ],
  ['debug', 'preimage', 'keys of the trie are not kept by their hash'],
  [
    'debug',
    'accountRange storageRangeAt dumpBlock printBlock',
    'anvil_dumpState gives all accounts on a chain that `pavm dev` runs, eth_getStorageValues and the prestateTracer some',
  ],
  [
    'debug',
    'getModifiedAccountsByNumber getModifiedAccountsByHash',
    'eth_getBlockAccessList gives what a block has changed, accounts and slots',
  ],
  [
    'debug',
    'intermediateRoots',
    'roots are of blocks; the prestateTracer in diffMode gives what each transaction changed',
  ],
  ['debug', 'getAccessibleState', 'eth_capabilities says of which blocks the state is kept'],
  ['debug', 'setHead', 'anvil_rollback takes blocks off on a chain that `pavm dev` runs; others are not taken back'],
  ['debug', 'sync clearTxpool', 'anvil_dropAllTransactions empties the pool of a chain that `pavm dev` runs'],
  [
    'debug',
    'executionWitness executionWitnessByHash',
    'blocks are checked by their access lists: eth_getBlockAccessList',
  ],
  [
    'debug',
    'traceBlock traceBlockFromFile traceBadBlock standardTraceBlockToFile standardTraceBadBlockToFile traceChain replayBadBlock',
    'blocks of the chain are traced: debug_traceBlockByHash and debug_traceBlockByNumber',
  ],
  ['debug', 'codeSizeLimit', 'the limits of code are those of the hardfork: eth_config'],
  ['debug', 'getTrieFlushInterval setTrieFlushInterval', 'each block is written with its trie'],
  ['debug', 'verbosity vmodule', 'what is logged is in the settings of the node (log.level)'],
  [
    'debug',
    [
      'memStats gcStats stacks freeOSMemory setGCPercent setMemoryLimit cpuProfile startCPUProfile stopCPUProfile',
      'goTrace startGoTrace stopGoTrace blockProfile setBlockProfileRate writeBlockProfile mutexProfile',
      'setMutexProfileFraction writeMutexProfile writeMemProfile discoveryV4Table',
    ].join(' '),
    'this is of a program in Go; GET /metrics tells of this one, and `node --cpu-prof` profiles it',
  ],
]

/** By full name why it is not served. */
export const REFUSED_METHODS: ReadonlyMap<string, string> = new Map(
  REFUSED.flatMap(([namespace, names, reason]) => names.split(' ').map((name) => [`${namespace}_${name}`, reason])),
)
