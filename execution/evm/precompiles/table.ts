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

/** Address, first hardfork, contract. */
const ROWS: readonly (readonly [bigint, Hardfork, Precompile])[] = [
  [0x01n, 'frontier', recover],
  [0x02n, 'frontier', sha256],
  [0x03n, 'frontier', ripemd160],
  [0x04n, 'frontier', identity],
  [0x05n, 'byzantium', modularExponentiation],
  [0x06n, 'byzantium', bn254Add],
  [0x07n, 'byzantium', bn254Multiply],
  [0x08n, 'byzantium', bn254Pairing],
  [0x09n, 'istanbul', blake2Compress],
  [0x0an, 'cancun', pointEvaluation],
  [0x0bn, 'prague', blsG1Add],
  [0x0cn, 'prague', blsG1MultiScalar],
  [0x0dn, 'prague', blsG2Add],
  [0x0en, 'prague', blsG2MultiScalar],
  [0x0fn, 'prague', blsPairing],
  [0x10n, 'prague', blsMapToG1],
  [0x11n, 'prague', blsMapToG2],
  [0x100n, 'osaka', p256Verify],
]

const tables = new WeakMap<Rules, ReadonlyMap<Address, Precompile>>()

/** The precompiled contracts under these rules, by address. Computed once for each rules object. */
export function precompilesFor(rules: Rules): ReadonlyMap<Address, Precompile> {
  const known = tables.get(rules)
  if (known !== undefined) return known
  const active = ROWS.filter(([, since]) => rules.atLeast(since))
  const table = new Map(active.map(([address, , precompile]) => [wordToAddress(address), precompile]))
  tables.set(rules, table)
  return table
}
