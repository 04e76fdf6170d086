import { createRequire } from 'node:module'
import hardhatNetworkHelpers from '@nomicfoundation/hardhat-network-helpers'
import hardhatNodeTestRunner from '@nomicfoundation/hardhat-node-test-runner'
import hardhatViem from '@nomicfoundation/hardhat-viem'
import hardhatViemAssertions from '@nomicfoundation/hardhat-viem-assertions'
import { defineConfig } from 'hardhat/config'

const require = createRequire(import.meta.url)

export default defineConfig({
  plugins: [hardhatNetworkHelpers, hardhatNodeTestRunner, hardhatViem, hardhatViemAssertions],
  // The compiler that npm has installed, so that none is downloaded.
  solidity: { version: require('solc/package.json').version, path: require.resolve('solc/soljson.js') },
  networks: {
    pavm: { type: 'http', chainType: 'l1', url: process.env.RPC_URL ?? 'http://127.0.0.1:8545' },
  },
})
