import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bls12_381 } from '@noble/curves/bls12-381.js'
import { fixtureSidecars } from './fixtures/sidecar.ts'
import { hexToBytes } from './hex.ts'
import { verifyBlobProof, verifyCellProofs } from './kzg.ts'
import { POWERS_OF_SECRET_1, SECRET_2, SECRET_TO_THE_64TH_2 } from './kzg-setup.ts'

const { withProof, withCellProofs } = fixtureSidecars()
const blob = withProof.blobs[0]!
const commitment = withProof.commitments[0]!
const proof = withProof.proofs[0]!
const cellProofs = withCellProofs.proofs

const INFINITY = hexToBytes(`0xc0${'00'.repeat(47)}`)
const GENERATOR = hexToBytes(`0x${POWERS_OF_SECRET_1[0]}`)
const NO_POINT = new Uint8Array(48).fill(0xff)

test('the setup is made of the powers of one secret', () => {
  const { G1, G2, pairing, fields } = bls12_381
  const powers = POWERS_OF_SECRET_1.map((hex) => G1.Point.fromHex(hex))
  const isSame = (a: typeof G1.Point.BASE, b: string, c: typeof G1.Point.BASE, d: string): boolean =>
    fields.Fp12.eql(pairing(a, G2.Point.fromHex(b)), pairing(c, G2.Point.fromHex(d)))
  const generator = G2.Point.BASE.toHex()
  // All at once, with weights 1, 2, 4, ...: each power is the one before it times the secret.
  const weighted = (points: typeof powers) =>
    points.map((point, index) => point.multiply(1n << BigInt(index))).reduce((sum, point) => sum.add(point))
  assert.ok(powers[0]!.equals(G1.Point.BASE))
  assert.ok(isSame(weighted(powers.slice(1)), generator, weighted(powers.slice(0, -1)), SECRET_2))
  assert.ok(isSame(powers[63]!, SECRET_2, powers[0]!, SECRET_TO_THE_64TH_2))
})

test('EIP-4844: the proof of a blob', () => {
  assert.ok(verifyBlobProof(blob, commitment, proof))
})

test('EIP-7594: the proofs of its cells', () => {
  assert.ok(verifyCellProofs(blob, commitment, cellProofs))
})

test('a constant polynomial is proven by infinity', () => {
  const one = new Uint8Array(131_072).map((_, index) => (index % 32 === 31 ? 1 : 0))
  const infinities = Array.from({ length: 128 }, () => INFINITY)
  assert.ok(verifyBlobProof(one, GENERATOR, INFINITY))
  assert.ok(verifyCellProofs(one, GENERATOR, infinities))
  const zero = new Uint8Array(131_072)
  assert.ok(verifyBlobProof(zero, INFINITY, INFINITY))
  assert.ok(verifyCellProofs(zero, INFINITY, infinities))
  assert.ok(!verifyBlobProof(one, INFINITY, INFINITY))
  assert.ok(!verifyBlobProof(zero, GENERATOR, INFINITY))
  assert.ok(!verifyCellProofs(zero, GENERATOR, infinities))
})

test('what is not proven', () => {
  const changed = blob.with(131_071, blob[131_071]! ^ 1)
  assert.ok(!verifyBlobProof(changed, commitment, proof))
  assert.ok(!verifyCellProofs(changed, commitment, cellProofs))
  assert.ok(!verifyBlobProof(blob, commitment, cellProofs[0]!))
  assert.ok(!verifyBlobProof(blob, proof, proof))
  assert.ok(!verifyCellProofs(blob, proof, cellProofs))
  assert.ok(!verifyCellProofs(blob, commitment, cellProofs.with(127, INFINITY)))
  assert.ok(!verifyCellProofs(blob, commitment, cellProofs.with(3, cellProofs[9]!).with(9, cellProofs[3]!)))
})

test('no field elements, no points', () => {
  const aboveModulus = blob.slice().fill(0xff, 32, 64)
  assert.ok(!verifyBlobProof(aboveModulus, commitment, proof))
  assert.ok(!verifyCellProofs(aboveModulus, commitment, cellProofs))
  assert.ok(!verifyBlobProof(blob, NO_POINT, proof))
  assert.ok(!verifyBlobProof(blob, commitment, NO_POINT))
  assert.ok(!verifyCellProofs(blob, commitment, cellProofs.with(64, NO_POINT)))
})

test('points of the curve outside of the group are refused', () => {
  // x = 3 is on the curve; the cofactor is not 1, so hardly any such point is in the subgroup.
  const strangers = Array.from({ length: 40 }, (_, x) => new Uint8Array(48).fill(0x80, 0, 1).fill(x + 1, 47))
  for (const stranger of strangers) assert.ok(!verifyBlobProof(blob, commitment, stranger))
})
