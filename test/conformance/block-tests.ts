import { join } from 'node:path'
import type { Genesis } from '../../config/genesis.ts'
import { encodeBlock } from '../../primitives/block.ts'
import { bytesToHex } from '../../primitives/hex.ts'
import { genesisBlock } from '../../storage/genesis-block.ts'
import { type BlockJson, type BlockTestJson, genesisOf } from './block-test-genesis.ts'
import { UNKNOWN_FORK } from './fork-names.ts'
import { compareWithJson } from './json-state.ts'
import { type Refusal, refusalResult } from './refusals.ts'
import {
  type Case,
  type CaseResult,
  difference,
  isTestsWith,
  PASSED,
  type RunOptions,
  type Suite,
  skippedCase,
} from './suite.ts'
import { TestedChain } from './tested-chain.ts'

/** Ethereum's blockchain tests: blocks that a chain takes in or refuses, one after the other, through the whole import. */
export const blockTests: Suite = {
  name: 'blockchain tests',
  matches: ({ json }) => isTestsWith(json, 'network', 'genesisBlockHeader', 'pre', 'blocks'),
  *cases({ json }) {
    for (const [name, test] of Object.entries(json as Record<string, BlockTestJson>)) yield caseOf(name, test)
  },
}

function caseOf(name: string, test: BlockTestJson): Case {
  const fork = test.network
  const genesis = genesisOf(test)
  if (genesis === undefined) return skippedCase(name, fork, UNKNOWN_FORK)
  return { name, fork, run: (options) => runBlockTest(test, genesis, options) }
}

async function runBlockTest(
  test: BlockTestJson,
  genesis: Genesis,
  { scratch, trace }: RunOptions,
): Promise<CaseResult> {
  const { hash, block } = genesisBlock(genesis)
  const problem =
    difference('hash of the genesis', hash, test.genesisBlockHeader.hash) ??
    difference('genesis', bytesToHex(encodeBlock(block)), test.genesisRLP)
  if (problem !== undefined) return { problem }
  const directory = scratch()
  const chain = await TestedChain.open(join(directory, 'chain'), genesis)
  try {
    let unchecked: string | undefined
    for (const [index, json] of test.blocks.entries()) {
      const result = await judge(json, chain, join(directory, `block-${index}`))
      if (result.problem !== undefined) {
        const traced = trace ? await chain.trace(json.rlp) : []
        return {
          problem: [`block ${index}: ${result.problem}`, ...chain.describeLast(test.postState), ...traced].join('\n'),
        }
      }
      unchecked ??= result.unchecked
    }
    const problem = difference('head', chain.node.head, test.lastblockhash) ?? stateProblem(test, chain)
    return { problem, unchecked, replayed: chain.replayed }
  } finally {
    await chain.close()
  }
}

function stateProblem({ postState }: BlockTestJson, { node }: TestedChain): string | undefined {
  if (postState === undefined) return undefined
  const lines = compareWithJson(node.states.headView(), postState)
  return lines.length === 0 ? undefined : ['the state is another:', ...lines].join('\n')
}

async function judge({ rlp, expectException }: BlockJson, chain: TestedChain, directory: string): Promise<CaseResult> {
  const verdict = await chain.takeEncoded(rlp)
  if (verdict instanceof Error) return await judgeRefusal(verdict, rlp, expectException, chain)
  if (expectException === undefined) return PASSED
  // A lighter branch is stored without being executed: what is wrong with it comes to light where it is the only one.
  const faults = verdict === 'side' ? await chain.faultsAlone(rlp, directory) : []
  if (faults.length > 0) return refusalResult(faults, expectException)
  return { problem: `accepted, should be refused: ${expectException}` }
}

/** A block can have several faults, such as a transaction that the header leaves out because it is invalid. */
async function judgeRefusal(
  refusal: Refusal,
  rlp: string,
  expected: string | undefined,
  chain: TestedChain,
): Promise<CaseResult> {
  const result = refusalResult([refusal], expected)
  if (result.problem === undefined || expected === undefined) return result
  return refusalResult([refusal, ...(await chain.faultsOf(rlp))], expected)
}
