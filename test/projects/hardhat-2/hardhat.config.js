require('@nomicfoundation/hardhat-chai-matchers')
require('@nomicfoundation/hardhat-ethers')
const { TASK_COMPILE_SOLIDITY_GET_SOLC_BUILD } = require('hardhat/builtin-tasks/task-names')
const { subtask } = require('hardhat/config')

const { version } = require('solc/package.json')

// The compiler that npm has installed, so that none is downloaded.
subtask(TASK_COMPILE_SOLIDITY_GET_SOLC_BUILD, async () => ({
  version,
  longVersion: require('solc').version(),
  compilerPath: require.resolve('solc/soljson.js'),
  isSolcJs: true,
}))

module.exports = {
  solidity: version,
  // Not localhost: for that name, ethers' signers of Hardhat set a fixed gas limit, and no estimate says why a transaction fails.
  defaultNetwork: 'pavm',
  networks: { pavm: { url: process.env.RPC_URL ?? 'http://127.0.0.1:8545' } },
}
