import { createRequire } from 'node:module'
import { bytesToBigint, concatBytes, equalBytes } from './bytes.ts'
import { type Address, bytesToHex, hexToBytes } from './hex.ts'
import { keccak256 } from './keccak.ts'

/** Order of the group (SEC 2, secp256k1). */
export const SECP256K1_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n

/** Largest `s` that is accepted from Homestead on (EIP-2). */
export const SECP256K1_HALF_ORDER = SECP256K1_ORDER / 2n

export interface Signature {
  readonly r: bigint
  readonly s: bigint
  readonly yParity: 0n | 1n
}

/** The three operations that matter, on bytes. A signature is r and s, 32 bytes each; a public key is 04, x, y. */
interface Backend {
  readonly name: 'native' | 'javascript'
  /** Deterministic (RFC 6979), low s. */
  sign(hash: Uint8Array, privateKey: Uint8Array): { signature: Uint8Array; recovery: number }
  /** Throws when there is no such point. The key is good until the next call. */
  recover(signature: Uint8Array, recovery: number, hash: Uint8Array): Uint8Array
  /** Throws when the key is 0 or not below the order. */
  publicKey(privateKey: Uint8Array): Uint8Array
}

const require = createRequire(import.meta.url)

/** Loaded when it is needed: that takes 8 ms, in each thread. */
let loaded: Backend | undefined

function backend(): Backend {
  loaded ??= loadNative() ?? javascriptBackend()
  return loaded
}

/** Which implementation is in use. `javascript` recovers about 25 times slower: worth a warning. */
export function secp256k1Backend(): Backend['name'] {
  return backend().name
}

/**
 * The package `secp256k1` falls back to slow JavaScript silently, so its binding is asked for by name; `undefined` when
 * there is none for this platform, or when it gives a wrong answer.
 */
function loadNative(): Backend | undefined {
  try {
    const binding = require('secp256k1/bindings.js') as {
      ecdsaSign(hash: Uint8Array, key: Uint8Array): { signature: Uint8Array; recid: number }
      ecdsaRecover(
        signature: Uint8Array,
        recovery: number,
        hash: Uint8Array,
        compressed: boolean,
        output: Uint8Array,
      ): Uint8Array
      publicKeyCreate(key: Uint8Array, compressed: boolean): Uint8Array
    }
    const arrays = {
      signature: new Uint8Array(new ArrayBuffer(64)),
      hash: new Uint8Array(new ArrayBuffer(32)),
      publicKey: new Uint8Array(new ArrayBuffer(65)),
    }
    const candidate: Backend = {
      name: 'native',
      sign(hash, privateKey) {
        const { signature, recid } = binding.ecdsaSign(hash, privateKey)
        return { signature, recovery: recid }
      },
      recover(signature, recovery, hash) {
        // Arrays whose memory is not V8's own: giving it away would take a microsecond each.
        arrays.signature.set(signature)
        arrays.hash.set(hash)
        return binding.ecdsaRecover(arrays.signature, recovery, arrays.hash, false, arrays.publicKey)
      },
      publicKey: (privateKey) => binding.publicKeyCreate(privateKey, false),
    }
    return passesSelfCheck(candidate) ? candidate : undefined
  } catch {
    return undefined
  }
}

/** Takes 15 ms. */
function javascriptBackend(): Backend {
  const { secp256k1: curve } = require('@noble/curves/secp256k1.js') as typeof import('@noble/curves/secp256k1.js')
  return {
    name: 'javascript',
    sign(hash, privateKey) {
      const bytes = curve.sign(hash, privateKey, { prehash: false, lowS: true, format: 'recovered' })
      return { signature: bytes.slice(1), recovery: bytes[0]! }
    },
    recover(signature, recovery, hash) {
      const recovered = concatBytes(Uint8Array.of(recovery), signature)
      return curve.Signature.fromBytes(recovered, 'recovered').recoverPublicKey(hash).toBytes(false)
    },
    publicKey: (privateKey) => curve.getPublicKey(privateKey, false),
  }
}

/** The example of EIP-155: key 0x46.., a known transaction hash, and the signature that RFC 6979 gives. */
function passesSelfCheck(candidate: Backend): boolean {
  const key = new Uint8Array(32).fill(0x46)
  const hash = hexToBytes('0xdaf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad23db92e4c8e53')
  const expected = hexToBytes(
    '0x28ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa63627667cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83',
  )
  const { signature, recovery } = candidate.sign(hash, key)
  const publicKey = candidate.recover(signature, recovery, hash)
  return equalBytes(signature, expected) && recovery === 0 && equalBytes(publicKey, candidate.publicKey(key))
}

/** Signs a 32-byte hash with a 32-byte key: deterministic (RFC 6979), low s (EIP-2). Throws on an invalid key. */
export function signHash(hash: Uint8Array, privateKey: Uint8Array): Signature {
  const { signature, recovery } = backend().sign(hash, privateKey)
  return {
    r: bytesToBigint(signature.subarray(0, 32)),
    s: bytesToBigint(signature.subarray(32)),
    yParity: recovery === 0 ? 0n : 1n,
  }
}

/**
 * The uncompressed public key without its prefix (x and y, 64 bytes) that made a signature of a 32-byte hash, as
 * ECRECOVER does: any s below the order. `undefined` when r or s is out of range or no such key exists.
 */
export function recoverPublicKey(hash: Uint8Array, yParity: bigint, r: bigint, s: bigint): Uint8Array | undefined {
  if (r <= 0n || r >= SECP256K1_ORDER || s <= 0n || s >= SECP256K1_ORDER || (yParity !== 0n && yParity !== 1n)) {
    return undefined
  }
  writeWord(r, 0)
  writeWord(s, 32)
  try {
    return backend().recover(SIGNATURE, Number(yParity), hash).slice(1)
  } catch {
    return undefined
  }
}

const SIGNATURE = new Uint8Array(64)
const SIGNATURE_VIEW = new DataView(SIGNATURE.buffer)

/** Each store keeps the low 64 bits of its argument. */
function writeWord(word: bigint, offset: number): void {
  SIGNATURE_VIEW.setBigUint64(offset, word >> 192n)
  SIGNATURE_VIEW.setBigUint64(offset + 8, word >> 128n)
  SIGNATURE_VIEW.setBigUint64(offset + 16, word >> 64n)
  SIGNATURE_VIEW.setBigUint64(offset + 24, word)
}

/** The address that signed a 32-byte hash; `undefined` when the signature is of nobody. Accepts high s. */
export function recoverAddress(hash: Uint8Array, yParity: bigint, r: bigint, s: bigint): Address | undefined {
  const publicKey = recoverPublicKey(hash, yParity, r, s)
  return publicKey === undefined ? undefined : publicKeyToAddress(publicKey)
}

/** The public key of a 32-byte private key: x and y, 64 bytes. Throws on an invalid key. */
export function privateKeyToPublicKey(privateKey: Uint8Array): Uint8Array {
  return backend().publicKey(privateKey).slice(1)
}

/** The address of a 32-byte private key. Throws on an invalid key. */
export function privateKeyToAddress(privateKey: Uint8Array): Address {
  return publicKeyToAddress(privateKeyToPublicKey(privateKey))
}

function publicKeyToAddress(publicKey: Uint8Array): Address {
  return bytesToHex(keccak256(publicKey).subarray(12))
}
