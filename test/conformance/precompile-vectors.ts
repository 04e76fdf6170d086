import { rulesFor } from '../../config/hardforks.ts'
import type { Precompile } from '../../execution/evm/precompiles/precompile.ts'
import { precompilesFor } from '../../execution/evm/precompiles/table.ts'
import { bytesToHex, wordToAddress } from '../../primitives/hex.ts'
import { type CaseResult, difference, isListWith, type Suite } from './suite.ts'

interface VectorJson {
  readonly Name: string
  /** Hex without 0x, like the output. */
  readonly Input: string
  readonly Expected?: string
  /** In the words of another client. */
  readonly ExpectedError?: string
  readonly Gas?: number
}

const RULES = rulesFor('osaka')

/** Which contract a file is of, told by its path. */
const ADDRESSES: readonly (readonly [RegExp, bigint])[] = [
  [/ecrecover/i, 0x01n],
  [/modexp/i, 0x05n],
  [/(bn|alt_?bn)\w*add/i, 0x06n],
  [/(bn|alt_?bn)\w*mul/i, 0x07n],
  [/(bn|alt_?bn)\w*pairing/i, 0x08n],
  [/blake2f/i, 0x09n],
  [/point_?evaluation/i, 0x0an],
  [/add_G1|G1Add/, 0x0bn],
  [/(mul|msm|multiexp)_G1|G1(Mul|MSM|MultiExp)/, 0x0cn],
  [/add_G2|G2Add/, 0x0dn],
  [/(mul|msm|multiexp)_G2|G2(Mul|MSM|MultiExp)/, 0x0en],
  [/pairing/i, 0x0fn],
  [/map_fp_to_G1|MapG1/, 0x10n],
  [/map_fp2_to_G2|MapG2/, 0x11n],
  [/eip-7951|p256/i, 0x100n],
]

/** The vectors of EIP-7951 still name the price of RIP-7212; the EIP asks for 6,900. */
const RIP_7212_GAS = 3_450

/** Vectors of precompiled contracts beside the EIPs: input, output or refusal, gas. */
export const precompileVectors: Suite = {
  name: 'precompile vectors',
  matches: ({ json }) => isListWith(json, 'Name', 'Input'),
  *cases({ json, path }) {
    const precompile = precompileOf(path)
    for (const vector of json as readonly VectorJson[]) {
      yield { name: vector.Name, fork: 'Osaka', run: () => check(vector, precompile) }
    }
  },
}

function precompileOf(path: string): Precompile {
  const address = ADDRESSES.find(([pattern]) => pattern.test(path))?.[1]
  const precompile = address === undefined ? undefined : precompilesFor(RULES).get(wordToAddress(address))
  if (precompile === undefined) throw new Error(`${path}: the name tells no precompiled contract`)
  return precompile
}

function check({ Input, Expected, Gas }: VectorJson, precompile: Precompile): CaseResult {
  const input = new Uint8Array(Buffer.from(Input, 'hex'))
  const output = precompile.run(input, RULES)
  const problem = difference('output', output && bytesToHex(output).slice(2), Expected)
  if (problem !== undefined || Gas === undefined) return { problem }
  if (Gas === RIP_7212_GAS) return { unchecked: `gas: the vector names ${RIP_7212_GAS}, EIP-7951 asks for 6900` }
  return { problem: difference('gas', precompile.gas(input, RULES), BigInt(Gas)) }
}
