import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Interface } from 'ethers'
import { assemble } from '../../execution/evm/fixtures/assembler.ts'
import { type Address, hexToBytes, wordToAddress } from '../../primitives/hex.ts'
import { compileContracts } from '../fuzz/compile-contracts.ts'
import { Random, seedFromEnvironment } from '../support/random.ts'
import { TierCase } from './differences.ts'
import { CONTRACT, caseOf, gasUsed, input, runtimeOf, sweepOnTiers } from './fixtures/run-on-tiers.ts'
import { describeTierDifference, sweep } from './tier-cases.ts'

const A: Address = wordToAddress(0xaaaan)
const END = 'GAS MSIZE 0 MSTORE 32 MSTORE 64 0 RETURN'

/** Under every gas limit up to the one that they need. */
const SNIPPETS: Readonly<Record<string, string>> = {
  arithmetic: `3 5 7 ADDMOD 9 MUL 4 EXP 2 SDIV 1 SIGNEXTEND 200 EXP 0xffff EXP 0 MSTORE ${END}`,
  memory: `1 200 MSTORE 7 900 MSTORE8 100 0 300 MCOPY 50 60 1000 CALLDATACOPY 20 0 1300 CODECOPY 2000 MLOAD ${END}`,
  hashing: `0 0 KECCAK256 64 0 KECCAK256 32 500 KECCAK256 200 900 KECCAK256 ${END}`,
  loop: `9 again: 1 SWAP1 SUB DUP1 DUP1 MSTORE DUP1 @again JUMPI ${END}`,
  branches: `0 @a JUMPI 1 @b JUMPI INVALID a: STOP b: 1 @c JUMPI @d JUMP c: @d JUMP INVALID d: ${END}`,
  'transient storage': `5 1 TSTORE 1 TLOAD 2 TLOAD 6 1 TSTORE 1 TLOAD ${END}`,
  logs: `0 0 LOG0 3 4 70 0 LOG2 200 10 LOG0 ${END}`,
  'warm slots': `1 SLOAD 1 SLOAD 2 SLOAD ${END}`,
  'a store that needs 2,300 gas to be left': '1 SLOAD POP 9 1 SSTORE 0 5 SSTORE',
  revert: '1 0 MSTORE 40 0 REVERT',
  'a failing end': '1 SLOAD 5 MLOAD 400 MLOAD POP POP POP POP POP',
  'pushes and pops': `${'PUSH3 0x010203 DUP1 SWAP1 POP '.repeat(12)} ${END}`,
  environment: `ADDRESS CALLER ORIGIN CALLVALUE CALLDATASIZE CODESIZE GASPRICE COINBASE TIMESTAMP NUMBER PC GAS ${END}`,
}

/** Around each of their instructions, and at random: every limit would be too many. */
const DEAR: Readonly<Record<string, string>> = {
  storage: `1 SLOAD 1 ADD 1 SSTORE 0 1 SSTORE 0 2 SSTORE 7 1 SSTORE 9 3 SSTORE 0 3 SSTORE 1 SLOAD ${END}`,
  calls: `0 0 0 0 1 0xaaaa 30000 CALL 0 0 0 0 0xaaaa GAS STATICCALL 0 0 0 0 0xaaaa GAS DELEGATECALL ${END}`,
  accounts: `0xaaaa BALANCE 0xaaaa EXTCODESIZE 0xbbbb EXTCODEHASH SELFBALANCE 30 0 0 0xcccc EXTCODECOPY ${END}`,
  creations: `0x5f5ff3 0 MSTORE 3 29 1 CREATE 7 3 29 0 CREATE2 7 3 29 0 CREATE2 ${END}`,
  precompiles: `32 0 32 0 2 500 STATICCALL 32 0 64 0 4 GAS STATICCALL 32 0 128 0 0 1 GAS CALL ${END}`,
  destruction: '1 1 SSTORE 0xaaaa SELFDESTRUCT',
}

const OTHERS = { [A]: '1 SLOAD 2 ADD 1 SSTORE 0 0 LOG0 5 0 MSTORE 32 0 RETURN' }
const storage = new Map([
  [1n, 5n],
  [2n, 6n],
])

describe('under every gas limit all tiers agree', () => {
  for (const [name, source] of Object.entries(SNIPPETS)) {
    test(name, () => {
      const fuzzCase = caseOf(source, { gas: 20_000n, storage, inputs: [input(3n)] })
      sweepOnTiers(fuzzCase, 0n, gasUsed(fuzzCase) < 12_000n ? gasUsed(fuzzCase) + 1n : 12_000n, name)
    })
  }
})

describe('under gas limits around every instruction all tiers agree', () => {
  const seed = seedFromEnvironment()

  for (const [name, source] of Object.entries(DEAR)) {
    test(name, (context) => {
      context.diagnostic(`TEST_SEED=${seed}`)
      const fuzzCase = caseOf(assemble(source), { gas: 400_000n, storage, inputs: [input(3n)], others: OTHERS })
      assertAgreed(sweep(new Random(seed), fuzzCase))
    })
  }

  const settings = {
    'as they are written': { optimizes: false },
    optimized: { optimizes: true },
    'optimized by way of the IR': { optimizes: true, viaIR: true },
  }
  for (const [how, setting] of Object.entries(settings)) {
    test(`compiled workloads, ${how}`, (context) => {
      context.diagnostic(`TEST_SEED=${seed}`)
      const folder = `${import.meta.dirname}/fixtures`
      const { Workloads } = compileContracts({ folder, files: ['Workloads.sol'], evmVersion: 'prague', ...setting })
      const abi = new Interface(JSON.stringify(Workloads!.abi))
      const random = new Random(seed)
      for (const [name, args] of CALLS) {
        const data = hexToBytes(abi.encodeFunctionData(name, args as unknown[]))
        const fuzzCase = caseOf(runtimeOf(Workloads!.bytecode), { gas: 3_000_000n, inputs: [data], storage })
        const [ran] = new TierCase(fuzzCase).runOnReference()
        assert.notEqual(ran!.exit.kind, 'halt', name)
        assertAgreed(sweep(random, fuzzCase, 30), name)
      }
    })
  }
})

const CALLS: readonly (readonly [string, readonly unknown[]])[] = [
  ['fibonacci', [20]],
  ['fibonacci', [371]],
  ['recursive', [9]],
  ['sorted', [12, 3]],
  ['product', [4]],
  ['occurrences', ['0x616161626161', '0x6161']],
  ['hashes', [9]],
  ['move', [[CONTRACT, A, CONTRACT], 30]],
  ['move', [[A, A, A, A], 30]],
  ['fill', [7]],
  ['write', ['short']],
  ['write', ['long enough for slots of its own, which are behind the hash of the first']],
  ['signedMath', [-7n, 2n]],
  ['signedMath', [-(2n ** 255n), -1n]],
  ['signedMath', [5n, 0n]],
  ['nested', [4]],
]

function assertAgreed({ comparisons, difference }: ReturnType<typeof sweep>, what = ''): void {
  const told = difference && describeTierDifference({ ...difference, number: 0, kind: 'sweep', hardfork: 'osaka' })
  assert.equal(told && `${what} ${told}`, undefined)
  assert.ok(comparisons > 10, `only ${comparisons} comparisons of ${what}`)
}
