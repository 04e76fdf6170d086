import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Hardfork, rulesFor } from '../../../config/hardforks.ts'
import { bigintToBytes, bytesToBigint, concatBytes, EMPTY_BYTES } from '../../../primitives/bytes.ts'
import { addressToBytes, bytesToHex, hexToBytes } from '../../../primitives/hex.ts'
import { keccak256 } from '../../../primitives/keccak.ts'
import { privateKeyToAddress, signHash } from '../../../primitives/secp256k1.ts'
import { Random, testSeed } from '../fixtures/random.ts'
import { blake2Compress } from './blake2.ts'
import { bn254Add, bn254Multiply, bn254Pairing } from './bn254.ts'
import { ripemd160, sha256 } from './hashes.ts'
import { identity } from './identity.ts'
import { modularExponentiation } from './modular-exponentiation.ts'
import { pointEvaluation } from './point-evaluation.ts'
import type { Precompile } from './precompile.ts'
import { recover } from './recover.ts'
import { precompilesFor } from './table.ts'

const OSAKA = rulesFor('osaka')
const word = (value: bigint | number) => bigintToBytes(BigInt(value), 32)
const run = (precompile: Precompile, input: Uint8Array, hardfork: Hardfork = 'osaka') => {
  const output = precompile.run(input, rulesFor(hardfork))
  return output && bytesToHex(output)
}

test('each hardfork has the precompiles that the EIPs gave it', () => {
  const counts = (['frontier', 'byzantium', 'istanbul', 'cancun', 'prague', 'osaka'] as const).map(
    (hardfork) => precompilesFor(rulesFor(hardfork)).size,
  )
  assert.deepEqual(counts, [4, 8, 9, 10, 17, 18])
})

test('recover gives the signer behind 12 zeros, or nothing', () => {
  const key = new Uint8Array(32).fill(7)
  const hash = keccak256(EMPTY_BYTES)
  const { r, s, yParity } = signHash(hash, key)
  const input = concatBytes(hash, word(27n + yParity), word(r), word(s))
  assert.deepEqual(recover.run(input, OSAKA), concatBytes(new Uint8Array(12), addressToBytes(privateKeyToAddress(key))))
  assert.equal(run(recover, concatBytes(hash, word(29), word(r), word(s))), '0x')
  assert.equal(run(recover, concatBytes(hash, word(27), word(0), word(s))), '0x')
  assert.equal(run(recover, EMPTY_BYTES), '0x')
})

test('the hashes and the identity give known values and are charged by the word', () => {
  const abc = new TextEncoder().encode('abc')
  assert.equal(run(sha256, abc), '0xba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  assert.equal(run(ripemd160, abc), `0x${'0'.repeat(24)}8eb208f7e05d987a9b044a8e98c6b087f15a0bfc`)
  assert.equal(run(identity, abc), '0x616263')
  assert.deepEqual(
    [sha256, ripemd160, identity].map((each) => each.gas(new Uint8Array(33), OSAKA)),
    [84n, 840n, 21n],
  )
})

/** Lengths, then the operands. */
function exponentiation(base: bigint, exponent: bigint, modulus: bigint, lengths: readonly [number, number, number]) {
  const operands = [base, exponent, modulus].map((value, index) => bigintToBytes(value, lengths[index]!))
  return concatBytes(...lengths.map(word), ...operands)
}

test('modular exponentiation agrees with repeated multiplication', () => {
  const random = new Random(testSeed())
  for (let round = 0; round < 200; round++) {
    const [base, modulus] = [random.word(40), random.word(40)]
    const exponent = BigInt(random.below(2000))
    let expected = modulus === 0n ? 0n : 1n % modulus
    for (let times = 0n; times < exponent && modulus > 0n; times++) expected = (expected * base) % modulus
    const output = modularExponentiation.run(exponentiation(base, exponent, modulus, [40, 2, 40]), OSAKA)
    assert.equal(
      output && bytesToBigint(output),
      expected,
      `${base} ^ ${exponent} mod ${modulus} (seed ${random.seed})`,
    )
    assert.equal(output?.length, 40)
  }
})

test('modular exponentiation is priced by EIP-198, EIP-2565 and EIP-7883', () => {
  const prime = 2n ** 256n - 2n ** 32n - 977n
  const fermat = exponentiation(3n, prime - 1n, prime, [1, 32, 32])
  const gasOf = (hardfork: Hardfork, input: Uint8Array) => modularExponentiation.gas(input, rulesFor(hardfork))
  assert.deepEqual(
    (['byzantium', 'berlin', 'osaka'] as const).map((hardfork) => gasOf(hardfork, fermat)),
    [13_056n, 1_360n, 4_080n],
  )
  assert.equal(run(modularExponentiation, fermat), `0x${'1'.padStart(64, '0')}`)
  assert.deepEqual(
    (['byzantium', 'berlin', 'osaka'] as const).map((hardfork) => gasOf(hardfork, EMPTY_BYTES)),
    [0n, 200n, 500n],
  )
})

test('modular exponentiation refuses operands above 1,024 bytes from Osaka on (EIP-7823)', () => {
  const input = concatBytes(word(1025), word(0), word(1), new Uint8Array(1025), Uint8Array.of(5))
  assert.equal(run(modularExponentiation, input, 'prague'), '0x01')
  assert.equal(run(modularExponentiation, input), undefined)
  const huge = concatBytes(word(2n ** 255n), word(2n ** 255n), word(2n ** 255n))
  assert.ok(modularExponentiation.gas(huge, rulesFor('cancun')) > 2n ** 64n)
  assert.equal(run(modularExponentiation, concatBytes(word(0), word(2n ** 200n), word(0)), 'cancun'), '0x')
})

const G1 = concatBytes(word(1), word(2))
const PRIME = 21888242871839275222246405745257275088696311157297823662689037894645226208583n
const NEGATED_G1 = concatBytes(word(1), word(PRIME - 2n))
/** Generator of the second group, imaginary parts first (EIP-197). */
const G2 = concatBytes(
  word(11559732032986387107991004021392285783925812861821192530917403151452391805634n),
  word(10857046999023057135944570762232829481370756359578518086990519993285655852781n),
  word(4082367875863433681332203403145435568316851327593401208105741076214120093531n),
  word(8495653923123431417604973247489272438418190587263600148770280649306958101930n),
)

test('points of bn254 are added and multiplied (EIP-196)', () => {
  const doubled =
    '0x030644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd315ed738c0e0a7c92e7845f96b2ae9c0a68a6a449e3538fc7ff3ebf7a5a18a2c4'
  assert.equal(run(bn254Add, concatBytes(G1, G1)), doubled)
  assert.equal(run(bn254Multiply, concatBytes(G1, word(2))), doubled)
  const order = 21888242871839275222246405745257275088548364400416034343698204186575808495617n
  assert.equal(run(bn254Multiply, concatBytes(G1, word(order + 2n))), doubled)
  assert.equal(run(bn254Add, concatBytes(G1, NEGATED_G1)), `0x${'0'.repeat(128)}`)
  assert.equal(run(bn254Add, EMPTY_BYTES), `0x${'0'.repeat(128)}`)
  assert.equal(run(bn254Add, G1), bytesToHex(G1))
  assert.equal(run(bn254Add, concatBytes(word(1), word(3))), undefined)
  assert.equal(run(bn254Add, concatBytes(word(1n + PRIME), word(2))), undefined)
})

test('pairings of bn254 are checked (EIP-197)', () => {
  const one = `0x${'1'.padStart(64, '0')}`
  const zero = `0x${'0'.repeat(64)}`
  assert.equal(run(bn254Pairing, EMPTY_BYTES), one)
  assert.equal(run(bn254Pairing, concatBytes(G1, G2)), zero)
  assert.equal(run(bn254Pairing, concatBytes(G1, G2, NEGATED_G1, G2)), one)
  assert.equal(run(bn254Pairing, concatBytes(new Uint8Array(64), G2)), one)
  assert.equal(run(bn254Pairing, G1), undefined)
  // On the twist, but not in the subgroup: no coordinates at hand would be, so a wrong one must do.
  assert.equal(run(bn254Pairing, concatBytes(G1, word(1), G2.subarray(32))), undefined)
  assert.equal(bn254Pairing.gas(concatBytes(G1, G2), OSAKA), 79_000n)
  assert.equal(bn254Pairing.gas(EMPTY_BYTES, rulesFor('byzantium')), 100_000n)
})

/** Test vector 5 of EIP-152, to which the others are compared. */
const BLAKE2_INPUT = concatBytes(
  Uint8Array.of(0, 0, 0, 12),
  hexToBytes('0x48c9bdf267e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5'),
  hexToBytes('0xd182e6ad7f520e511f6c3e2b8c68059b6bbd41fbabd9831f79217e1319cde05b'),
  hexToBytes('0x616263'),
  new Uint8Array(125),
  Uint8Array.of(3),
  new Uint8Array(15),
  Uint8Array.of(1),
)
const BLAKE2_OUTPUT =
  '0xba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d17d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923'

test('the compression function of BLAKE2b (EIP-152)', () => {
  const changed = (offset: number, value: number) => {
    const input = BLAKE2_INPUT.slice()
    input[offset] = value
    return input
  }
  assert.equal(run(blake2Compress, BLAKE2_INPUT), BLAKE2_OUTPUT)
  assert.equal(blake2Compress.gas(BLAKE2_INPUT, OSAKA), 12n)
  assert.equal(
    run(blake2Compress, changed(3, 0)),
    '0x08c9bcf367e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5d282e6ad7f520e511f6c3e2b8c68059b9442be0454267ce079217e1319cde05b',
  )
  assert.equal(
    run(blake2Compress, changed(212, 0)),
    '0x75ab69d3190a562c51aef8d88f1c2775876944407270c42c9844252c26d2875298743e7f6d5ea2f2d3e8d226039cd31b4e426ac4f2d3d666a610c2116fde4735',
  )
  assert.equal(
    run(blake2Compress, changed(3, 1)),
    '0xb63a380cb2897d521994a85234ee2c181b5f844d2c624c002677e9703449d2fba551b3a8333bcdf5f2f7e08993d53923de3d64fcc68c034e717b9293fed7a421',
  )
  assert.equal(run(blake2Compress, changed(212, 2)), undefined)
  assert.equal(run(blake2Compress, BLAKE2_INPUT.subarray(1)), undefined)
})

test('a KZG proof is good for its point only (EIP-4844)', () => {
  // The polynomial that is 0 everywhere: commitment and proof are the point at infinity.
  const infinity = concatBytes(Uint8Array.of(0xc0), new Uint8Array(47))
  const hash = hexToBytes('0x010657f37554c781402a22917dee2f75def7ab966d7b770905398eba3c444014')
  const good = concatBytes(hash, word(5), word(0), infinity, infinity)
  assert.equal(
    run(pointEvaluation, good),
    '0x000000000000000000000000000000000000000000000000000000000000100073eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001',
  )
  assert.equal(run(pointEvaluation, concatBytes(hash, word(5), word(1), infinity, infinity)), undefined)
  assert.equal(run(pointEvaluation, good.subarray(1)), undefined)
  const dirty = good.slice()
  dirty[191] = 1
  assert.equal(run(pointEvaluation, dirty), undefined)
  const modulus = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n
  assert.equal(run(pointEvaluation, concatBytes(hash, word(modulus), word(0), infinity, infinity)), undefined)
})
