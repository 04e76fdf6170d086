/**
 * Names of the methods of anvil 1.7, the Hardhat node 3.18 and geth 1.17, after their namespaces: the variants of anvil's `EthRequest`
 * and of `MethodInvocation` of EDR, the services that geth registers, and aliases of all of them. Which node knows which is found out by
 * asking it.
 */
const NAMES: Readonly<Record<string, string>> = {
  admin: `
    addPeer addTrustedPeer datadir exportChain importChain nodeInfo peers removePeer removeTrustedPeer startHTTP startRPC startWS
    stopHTTP stopRPC stopWS
  `,
  anvil: `
    addBalance autoImpersonateAccount dealERC20 dropAllTransactions dropTransaction dumpState enableTraces getAutomine
    getBlobByHash getBlobsByTransactionHash getGenesisTime getIntervalMining impersonateAccount impersonateSignature increaseTime
    loadState metadata mine mine_detailed nodeInfo removeBlockTimestampInterval removePoolTransactions reorg reset revert
    rollback setAutomine setBalance setBlockGasLimit setBlockTimestampInterval setChainId setCode setCoinbase setERC20Allowance
    setERC20Balance setFeeAmmLiquidity setFeeToken setIntervalMining setLoggingEnabled setMinGasPrice setNextBlockBaseFeePerGas
    setNextBlockTimestamp setNonce setPrevRandao setRpcUrl setStorageAt setTime setValidatorFeeToken snapshot
    stopImpersonatingAccount
  `,
  debug: `
    accountRange blockProfile chaindbCompact chaindbProperty clearTxpool cpuProfile dbAncient dbAncients dbGet discoveryV4Table
    dumpBlock executionWitness freeOSMemory gcStats getAccessibleState getBadBlocks getModifiedAccountsByHash
    getModifiedAccountsByNumber getRawBlock getRawBlockAccessList getRawHeader getRawReceipts getRawTransaction
    getTrieFlushInterval goTrace intermediateRoots memStats mutexProfile preimage printBlock replayBadBlock setBlockProfileRate
    setGCPercent setHead setMemoryLimit setMutexProfileFraction setTrieFlushInterval stacks standardTraceBadBlockToFile
    standardTraceBlockToFile startCPUProfile startGoTrace stopCPUProfile stopGoTrace storageRangeAt sync traceBadBlock traceBlock
    traceBlockByHash traceBlockByNumber traceBlockFromFile traceCall traceTransaction verbosity vmodule writeBlockProfile
    writeMemProfile writeMutexProfile
  `,
  dev: 'addWithdrawal setFeeRecipient',
  erigon: 'getHeaderByNumber',
  eth: `
    accounts baseFee blobBaseFee blockNumber call capabilities chainId coinbase config createAccessList estimateGas feeHistory
    fillTransaction gasPrice getAccount getAccountInfo getBalance getBlockAccessList getBlockByHash getBlockByNumber
    getBlockReceipts getBlockTransactionCountByHash getBlockTransactionCountByNumber getCode getFilterChanges getFilterLogs
    getHeaderByHash getHeaderByNumber getLogs getProof getRawTransactionByBlockHashAndIndex
    getRawTransactionByBlockNumberAndIndex getRawTransactionByHash getStorageAt getStorageValues
    getTransactionByBlockHashAndIndex getTransactionByBlockNumberAndIndex getTransactionByHash getTransactionBySenderAndNonce
    getTransactionCount getTransactionReceipt getUncleByBlockHashAndIndex getUncleByBlockNumberAndIndex getUncleCountByBlockHash
    getUncleCountByBlockNumber getWork hashrate maxPriorityFeePerGas mining networkId newBlockFilter newFilter
    newPendingTransactionFilter pendingTransactions protocolVersion requestAccounts resend sendRawTransaction
    sendRawTransactionSync sendTransaction sendTransactionSync sendUnsignedTransaction sign signTransaction signTypedData
    signTypedData_v3 signTypedData_v4 simulateV1 submitHashrate submitWork subscribe syncing uninstallFilter unsubscribe
  `,
  evm: `
    getAutomine getIntervalMining increaseTime mine mine_detailed removeBlockTimestampInterval revert setAccountBalance
    setAccountCode setAccountNonce setAccountStorageAt setAutomine setBlockGasLimit setBlockTimestampInterval setCoinbase
    setIntervalMining setNextBlockBaseFeePerGas setNextBlockTimestamp setPrevRandao setTime snapshot
  `,
  hardhat: `
    addBalance autoImpersonateAccount dealERC20 dropAllTransactions dropTransaction dumpState enableTraces getAutomine
    getIntervalMining impersonateAccount increaseTime loadState metadata mine removePoolTransactions reset setBalance setCode
    setCoinbase setLoggingEnabled setMinGasPrice setNextBlockBaseFeePerGas setNonce setPrevRandao setStorageAt
    stopImpersonatingAccount
  `,
  miner: 'setExtra setGasLimit setGasPrice',
  net: 'listening peerCount version',
  ots: `
    getApiLevel getBlockDetails getBlockDetailsByHash getBlockTransactions getContractCreator getInternalOperations
    getTransactionBySenderAndNonce getTransactionError hasCode searchTransactionsAfter searchTransactionsBefore traceTransaction
  `,
  personal: 'listAccounts sign',
  rpc: 'modules',
  tenderly: 'addBalance setBalance',
  testing: 'buildBlockV1',
  trace: 'block call callMany filter get replayBlockTransactions replayTransaction transaction',
  txpool: 'content contentFrom inspect status',
  web3: 'clientVersion sha3',
}

/** Full names, in order. */
export const METHOD_NAMES: readonly string[] = Object.entries(NAMES)
  .flatMap(([namespace, names]) =>
    names
      .trim()
      .split(/\s+/)
      .map((name) => `${namespace}_${name}`),
  )
  .sort()
