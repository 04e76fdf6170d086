import { genesisHashTests, genesisTests, hexPrefixTests, keyTests, signingTests } from './basic-tests.ts'
import { blockTests } from './block-tests.ts'
import { chainFiles } from './chain-files.ts'
import { debugTracers } from './debug-tracers.ts'
import { difficultyTests } from './difficulty-tests.ts'
import { ethersSuites } from './ethers-vectors.ts'
import { precompileVectors } from './precompile-vectors.ts'
import { rlpTests } from './rlp-tests.ts'
import { rpcTests } from './rpc-tests.ts'
import { stateTests } from './state-tests.ts'
import type { Suite } from './suite.ts'
import { transactionTests } from './transaction-tests.ts'
import { trieOrderTests, trieTests } from './trie-tests.ts'
import type { VectorContent } from './vector-files.ts'

/** Every kind of vectors that is run. */
export const SUITES: readonly Suite[] = [
  stateTests,
  blockTests,
  chainFiles,
  rpcTests,
  debugTracers,
  transactionTests,
  difficultyTests,
  precompileVectors,
  rlpTests,
  trieTests,
  trieOrderTests,
  hexPrefixTests,
  keyTests,
  signingTests,
  genesisTests,
  genesisHashTests,
  ...ethersSuites,
]

/** Files that no suite runs, by path, and why. */
const NOT_RUN: readonly (readonly [path: RegExp, reason: string])[] = [
  [/(^|\/)(README\.md|LICENSE|index\.json)$/, 'says what the vectors are'],
  [/(^|\/)(genesis|forkenv|headfcu|blocks)\.json$/, 'belongs to the chain beside it'],
  [/\.io$|openrpc\.json/, 'belongs to the genesis beside it, from which JSON-RPC is run'],
  [/tracer\//, 'belongs to the genesis beside it, from which traces are run'],
  [/KeyStoreTests|(^|\/)wallets\.json/, 'keystore files: see node/keystore.test.ts'],
  [/typed-data\.json/, 'EIP-712: see primitives/typed-data.test.ts'],
  [/ABITests|solidity-hashes\.json/, "ABI encoding, which is the clients' work"],
  [/BasicTests\/crypto\.json$/, 'ciphers of the old wire protocol; pavm speaks libp2p'],
  [/BasicTests\/blockgenesistest\.json$/, 'blocks of a prototype before Frontier'],
]

const UNKNOWN = 'of no kind that is known here'

/** The suite that runs a file, or why none does. */
export function suiteOf(content: VectorContent): Suite | { readonly notRun: string } {
  const ofGenesis = [rpcTests, debugTracers].find((suite) => suite.matches(content))
  if (ofGenesis !== undefined) return ofGenesis
  const listed = NOT_RUN.find(([path]) => path.test(content.path))
  if (listed !== undefined) return { notRun: listed[1] }
  return SUITES.find((suite) => suite.matches(content)) ?? { notRun: UNKNOWN }
}
