import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseGenesisText } from '../../config/genesis.ts'
import { readChainFile } from '../../node/chain-file.ts'
import { decodeBlock, encodeBlock } from '../../primitives/block.ts'
import { concatBytes } from '../../primitives/bytes.ts'
import { bytesToHex } from '../../primitives/hex.ts'
import { isRefusal, reasonOf } from './refusals.ts'
import { ANY_FORK, type CaseResult, difference, type RunOptions, type Suite } from './suite.ts'
import { TestedChain } from './tested-chain.ts'
import type { VectorContent } from './vector-files.ts'

const GENESIS = 'genesis.json'
/** A call of the engine API that names the head. */
const FORK_CHOICE = 'headfcu.json'

/** Whole chains: a genesis, and beside it the RLP of its blocks one behind the other. */
export const chainFiles: Suite = {
  name: 'chains',
  matches: ({ path, sibling }) => /\.(rlp|bin)$/.test(path) && sibling(GENESIS) !== undefined,
  *cases(content) {
    yield { name: 'taken in and written again', fork: ANY_FORK, run: (options) => importChain(content, options) }
  },
}

async function importChain({ bytes, sibling }: VectorContent, { scratch }: RunOptions): Promise<CaseResult> {
  const directory = scratch()
  const file = join(directory, 'blocks')
  writeFileSync(file, bytes)
  const chain = await TestedChain.open(join(directory, 'chain'), parseGenesisText(text(sibling(GENESIS))))
  try {
    const encoded: Uint8Array[] = []
    for await (const entry of readChainFile(file)) {
      const block = decodeBlock(entry.bytes)
      encoded.push(encodeBlock(block))
      const verdict = await chain.take(block)
      if (isRefusal(verdict)) {
        return { problem: `block ${block.header.number} is refused: ${reasonOf(verdict)}: ${verdict.message}` }
      }
    }
    const named = sibling(FORK_CHOICE)
    const head = named && (JSON.parse(text(named)) as ForkChoiceJson).params[0].headBlockHash
    return {
      replayed: chain.replayed,
      problem:
        (head && difference('head', chain.node.head, head)) ??
        difference('head number', Number(chain.node.chain.head().header.number), encoded.length) ??
        difference('chain written again', bytesToHex(concatBytes(...encoded)), bytesToHex(bytes)),
    }
  } finally {
    await chain.close()
  }
}

interface ForkChoiceJson {
  readonly params: readonly [{ readonly headBlockHash: string }, ...unknown[]]
}

function text(bytes: Uint8Array | undefined): string {
  return new TextDecoder().decode(bytes)
}
