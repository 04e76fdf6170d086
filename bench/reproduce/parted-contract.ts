import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Artifact } from '../../contracts/compile.ts'
import { compileStandard } from '../../contracts/compiler/compile-standard.ts'
import { hasErrors } from '../../contracts/compiler/solc.ts'

const IMPORTED = 'Words.sol'
const WORDS = fileURLToPath(new URL(`../../contracts/workloads/${IMPORTED}`, import.meta.url))

/** A contract that counts words in so many sub-threads. The number is in its text: each thread's result has a variable of its own. */
export function partedWordCount(threads: number): Pick<Artifact, 'abi' | 'deployedBytecode'> {
  const output = compileStandard({
    language: 'Solidity',
    sources: {
      [IMPORTED]: { content: readFileSync(WORDS, 'utf8') },
      'PartedWordCount.sol': { content: sourceOf(threads) },
    },
    settings: {
      viaIR: true,
      optimizer: { enabled: true, runs: 200 },
      evmVersion: 'prague',
      metadata: { bytecodeHash: 'none', appendCBOR: false },
      outputSelection: { 'PartedWordCount.sol': { '*': ['abi', 'evm.bytecode', 'evm.deployedBytecode'] } },
    },
  })
  if (hasErrors(output)) throw new Error(output.errors!.map(({ formattedMessage }) => formattedMessage).join('\n'))
  const { abi, evm } = output.contracts!['PartedWordCount.sol']!.PartedWordCount!
  return { abi: abi!, deployedBytecode: `0x${evm!.deployedBytecode!.object}` }
}

function sourceOf(threads: number): string {
  const indexes = Array.from({ length: threads }, (_, index) => index)
  const starts = indexes.map((index) => {
    const first = `text.length * ${index} / ${threads}`
    const end = `text.length * ${index + 1} / ${threads}`
    return `        uint256 words${index} = subsol [${index + 1}] part(text[${first}:${end}], isInside(text, ${first}));`
  })
  return `// SPDX-License-Identifier: MIT
pragma solidity ^0.8.22;

import {countWords} from "./${IMPORTED}";

contract PartedWordCount {
    function run(bytes calldata text) external pure returns (uint256 words) {
${starts.join('\n')}
        return ${indexes.map((index) => `words${index}`).join(' + ')};
    }

    function part(bytes calldata text, bool isInsideWord) private pure returns (uint256 words) {
        return countWords(text, isInsideWord);
    }

    function isInside(bytes calldata text, uint256 position) private pure returns (bool) {
        return position > 0 && countWords(text[position - 1:position], false) == 1;
    }
}
`
}
