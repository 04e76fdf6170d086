import type { Hardfork, Rules } from '../../../config/hardforks.ts'
import { type Address, wordToAddress } from '../../../primitives/hex.ts'
import { blake2Compress } from './blake2.ts'
import {
  blsG1Add,
  blsG1MultiScalar,
  blsG2Add,
  blsG2MultiScalar,
  blsMapToG1,
  blsMapToG2,
  blsPairing,
} from './bls12-381.ts'
import { bn254Add, bn254Multiply, bn254Pairing } from './bn254.ts'
import { ripemd160, sha256 } from './hashes.ts'
import { identity } from './identity.ts'
import { modularExponentiation } from './modular-exponentiation.ts'
import { p256Verify } from './p256.ts'
import { pointEvaluation } from './point-evaluation.ts'
import type { Precompile } from './precompile.ts'
import { recover } from './recover.ts'

/** Name (EIP-7910), address, first hardfork, contract. */
const ROWS: readonly (readonly [string, bigint, Hardfork, Precompile])[] = [
  ['ECREC', 0x01n, 'frontier', recover],
  ['SHA256', 0x02n, 'frontier', sha256],
  ['RIPEMD160', 0x03n, 'frontier', ripemd160],
  ['ID', 0x04n, 'frontier', identity],
  ['MODEXP', 0x05n, 'byzantium', modularExponentiation],
  ['BN254_ADD', 0x06n, 'byzantium', bn254Add],
  ['BN254_MUL', 0x07n, 'byzantium', bn254Multiply],
  ['BN254_PAIRING', 0x08n, 'byzantium', bn254Pairing],
  ['BLAKE2F', 0x09n, 'istanbul', blake2Compress],
  ['KZG_POINT_EVALUATION', 0x0an, 'cancun', pointEvaluation],
  ['BLS12_G1ADD', 0x0bn, 'prague', blsG1Add],
  ['BLS12_G1MSM', 0x0cn, 'prague', blsG1MultiScalar],
  ['BLS12_G2ADD', 0x0dn, 'prague', blsG2Add],
  ['BLS12_G2MSM', 0x0en, 'prague', blsG2MultiScalar],
  ['BLS12_PAIRING_CHECK', 0x0fn, 'prague', blsPairing],
  ['BLS12_MAP_FP_TO_G1', 0x10n, 'prague', blsMapToG1],
  ['BLS12_MAP_FP2_TO_G2', 0x11n, 'prague', blsMapToG2],
  ['P256VERIFY', 0x100n, 'osaka', p256Verify],
]

const tables = new WeakMap<Rules, ReadonlyMap<Address, Precompile>>()

/** The precompiled contracts under these rules, by address. Computed once for each rules object. */
export function precompilesFor(rules: Rules): ReadonlyMap<Address, Precompile> {
  const known = tables.get(rules)
  if (known !== undefined) return known
  const active = activeRows(rules)
  const table = new Map(active.map(([, address, , precompile]) => [wordToAddress(address), precompile]))
  tables.set(rules, table)
  return table
}

/** Their addresses by the names of EIP-7910. */
export function precompileNames(rules: Rules): ReadonlyMap<string, Address> {
  return new Map(activeRows(rules).map(([name, address]) => [name, wordToAddress(address)]))
}

function activeRows(rules: Rules): typeof ROWS {
  return ROWS.filter(([, , since]) => rules.atLeast(since))
}
