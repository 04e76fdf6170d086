import assert from 'node:assert/strict'
import { test } from 'node:test'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { Random, seedFromEnvironment } from '../test/support/random.ts'
import { bigintToBytes } from './bytes.ts'
import {
  privateKeyToAddress,
  privateKeyToPublicKey,
  recoverAddress,
  recoverPublicKey,
  SECP256K1_HALF_ORDER,
  SECP256K1_ORDER,
  secp256k1Backend,
  signHash,
} from './secp256k1.ts'

test('the native implementation is in use', { skip: process.platform !== 'linux' || process.arch !== 'x64' }, () => {
  assert.equal(secp256k1Backend(), 'native')
})

test('signatures are those of another implementation, low s, and lead back to the signer', () => {
  const seed = seedFromEnvironment()
  const random = new Random(seed)
  for (let run = 0; run < 50; run++) {
    const key = Uint8Array.from({ length: 32 }, () => random.below(255))
    const hash = Uint8Array.from({ length: 32 }, () => random.below(256))
    const { r, s, yParity } = signHash(hash, key)
    const other = secp256k1.Signature.fromBytes(secp256k1.sign(hash, key, { prehash: false }), 'compact')
    assert.deepEqual([r, s], [other.r, other.s], `seed ${seed}`)
    assert.ok(s <= SECP256K1_HALF_ORDER)
    assert.equal(recoverAddress(hash, yParity, r, s), privateKeyToAddress(key), `seed ${seed}`)
    assert.deepEqual(recoverPublicKey(hash, yParity, r, s), privateKeyToPublicKey(key))
    // The same signature in its other form, as ECRECOVER accepts it.
    assert.equal(recoverAddress(hash, 1n - yParity, r, SECP256K1_ORDER - s), privateKeyToAddress(key))
    assert.notEqual(recoverAddress(hash, 1n - yParity, r, s), privateKeyToAddress(key))
  }
})

test('signatures of nobody', () => {
  const hash = new Uint8Array(32).fill(1)
  const { r, s, yParity } = signHash(hash, new Uint8Array(32).fill(7))
  const refused: [bigint, bigint, bigint][] = [
    [yParity, 0n, s],
    [yParity, r, 0n],
    [yParity, SECP256K1_ORDER, s],
    [yParity, r, SECP256K1_ORDER],
    [yParity, -1n, s],
    [2n, r, s],
    // No point of the curve has this x.
    [yParity, 5n, s],
  ]
  for (const [parity, badR, badS] of refused) assert.equal(recoverAddress(hash, parity, badR, badS), undefined)
})

test('keys that are none', () => {
  for (const key of [0n, SECP256K1_ORDER, 2n ** 256n - 1n]) {
    assert.throws(() => privateKeyToAddress(bigintToBytes(key, 32)))
    assert.throws(() => signHash(new Uint8Array(32), bigintToBytes(key, 32)))
  }
  assert.doesNotThrow(() => privateKeyToAddress(bigintToBytes(SECP256K1_ORDER - 1n, 32)))
})
