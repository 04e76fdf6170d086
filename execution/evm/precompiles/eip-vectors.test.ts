import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { rulesFor } from '../../../config/hardforks.ts'
import { bytesToHex } from '../../../primitives/hex.ts'
import { skipWithout, vectorPath } from '../../../test/conformance/vectors.ts'
import {
  blsG1Add,
  blsG1MultiScalar,
  blsG2Add,
  blsG2MultiScalar,
  blsMapToG1,
  blsMapToG2,
  blsPairing,
} from './bls12-381.ts'
import { p256Verify } from './p256.ts'
import type { Precompile } from './precompile.ts'

const RULES = rulesFor('osaka')

interface VectorJson {
  readonly Name: string
  readonly Input: string
  readonly Expected?: string
  readonly ExpectedError?: string
  readonly Gas?: number
}

const FILES: readonly (readonly [string, Precompile])[] = [
  ['eip-2537/add_G1_bls.json', blsG1Add],
  ['eip-2537/add_G2_bls.json', blsG2Add],
  ['eip-2537/mul_G1_bls.json', blsG1MultiScalar],
  ['eip-2537/mul_G2_bls.json', blsG2MultiScalar],
  ['eip-2537/msm_G1_bls.json.gz', blsG1MultiScalar],
  ['eip-2537/pairing_check_bls.json', blsPairing],
  ['eip-2537/map_fp_to_G1_bls.json', blsMapToG1],
  ['eip-2537/map_fp2_to_G2_bls.json', blsMapToG2],
  ['eip-2537/fail-add_G1_bls.json', blsG1Add],
  ['eip-2537/fail-add_G2_bls.json', blsG2Add],
  ['eip-2537/fail-mul_G1_bls.json', blsG1MultiScalar],
  ['eip-2537/fail-mul_G2_bls.json', blsG2MultiScalar],
  ['eip-2537/fail-msm_G1_bls.json', blsG1MultiScalar],
  ['eip-2537/fail-msm_G2_bls.json', blsG2MultiScalar],
  ['eip-2537/fail-pairing_check_bls.json', blsPairing],
  ['eip-2537/fail-map_fp_to_G1_bls.json', blsMapToG1],
  ['eip-2537/fail-map_fp2_to_G2_bls.json', blsMapToG2],
  ['eip-7951/test-vectors.json.gz', p256Verify],
]
/** The vectors of EIP-7951 still give the price of RIP-7212. */
const FILES_WITH_OTHER_GAS = 'eip-7951'

function readVectors(path: string): readonly VectorJson[] {
  const bytes = readFileSync(path)
  return JSON.parse((path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString())
}

for (const [file, precompile] of FILES) {
  const path = vectorPath('eip-vectors', file)
  test(`the vectors ${file}`, { skip: skipWithout(path) }, () => {
    const vectors = readVectors(path)
    assert.ok(vectors.length > 0)
    for (const { Name, Input, Expected, Gas } of vectors) {
      const input = new Uint8Array(Buffer.from(Input, 'hex'))
      const output = precompile.run(input, RULES)
      assert.equal(output && bytesToHex(output).slice(2), Expected, Name)
      if (Gas === undefined || file.startsWith(FILES_WITH_OTHER_GAS)) continue
      assert.equal(precompile.gas(input, RULES), BigInt(Gas), Name)
    }
  })
}
