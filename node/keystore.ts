import { type BinaryLike, createCipheriv, pbkdf2, randomBytes, randomUUID, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { z } from 'zod'
import { describeIssue } from '../config/config-error.ts'
import { addressKey, byteString, wholeNumber } from '../config/values.ts'
import type { DeveloperAccount } from '../primitives/developer-accounts.ts'
import { CodedError } from '../primitives/errors.ts'
import { type Address, bytesToHex, hexToBytes } from '../primitives/hex.ts'
import { keccak256 } from '../primitives/keccak.ts'
import { privateKeyToAddress } from '../primitives/secp256k1.ts'

/**
 * - `no-keystore`: not JSON of Web3 Secret Storage, version 3.
 * - `too-expensive`: deriving its key would take more memory or time than is given to it.
 * - `wrong-password`: the password does not open it, or it is damaged.
 * - `wrong-account`: what it holds is no key, or that of another account than it says.
 * - `exists`: there is a file for the account already.
 * - `no-account`: there is none.
 * - `unreadable`: the directory or a file cannot be read, or there is too much of it.
 * - `exposed`: others than the user could have the node sign.
 */
export type KeystoreErrorCode =
  | 'no-keystore'
  | 'too-expensive'
  | 'wrong-password'
  | 'wrong-account'
  | 'exists'
  | 'no-account'
  | 'unreadable'
  | 'exposed'

export class KeystoreError extends CodedError<KeystoreErrorCode> {}

/** Twice what wallets use (n = 2^18, r = 8 is 256 MiB), so that a file cannot take the machine's memory. */
const MAX_SCRYPT_BYTES = 512 * 1024 * 1024
/** n·r·p, four times what wallets use: some 4 s. */
const MAX_SCRYPT_WORK = 2 ** 23
/** Some 4 s; wallets use 2^18 at most. */
const MAX_PBKDF2_ROUNDS = 10_000_000
const MAX_SALT_BYTES = 1_024
const DERIVED_BYTES = 32
const KEY_BYTES = 32

const positive = wholeNumber(1, 2 ** 31 - 1)
const salt = byteString.refine((bytes) => bytes.length <= MAX_SALT_BYTES, `expected at most ${MAX_SALT_BYTES} bytes`)
const derivedLength = z.literal(DERIVED_BYTES, `expected ${DERIVED_BYTES}`)

function bytesOfLength(length: number): z.ZodType<Uint8Array> {
  return byteString.refine((bytes) => bytes.length === length, `expected ${length} bytes of hex digits`)
}

const encrypted = {
  cipher: z.literal('aes-128-ctr', 'expected aes-128-ctr'),
  cipherparams: z.object({ iv: bytesOfLength(16) }),
  ciphertext: bytesOfLength(KEY_BYTES),
  mac: bytesOfLength(32),
}

const scryptParameters = z.object({ dklen: derivedLength, n: positive, r: positive, p: positive, salt })
const pbkdf2Parameters = z.object({
  dklen: derivedLength,
  c: positive,
  prf: z.literal('hmac-sha256', 'expected hmac-sha256'),
  salt,
})

const crypto = z.discriminatedUnion(
  'kdf',
  [
    z.object({ ...encrypted, kdf: z.literal('scrypt'), kdfparams: scryptParameters }),
    z.object({ ...encrypted, kdf: z.literal('pbkdf2'), kdfparams: pbkdf2Parameters }),
  ],
  'expected scrypt or pbkdf2',
)

const keystore = z.object({
  version: z.literal(3, 'expected version 3'),
  crypto,
  // Some wallets keep the address to themselves.
  address: z.union([z.literal(''), addressKey]).nullish(),
})

type Crypto = z.infer<typeof crypto>
export type ScryptCost = Omit<z.infer<typeof scryptParameters>, 'salt' | 'dklen'>

/** What go-ethereum takes: 0.3 to 1 s, 256 MiB. */
export const STANDARD_SCRYPT: ScryptCost = { n: 2 ** 18, r: 8, p: 1 }
/** What go-ethereum takes for less safety: some 50 ms, 4 MiB. */
export const LIGHT_SCRYPT: ScryptCost = { n: 2 ** 12, r: 8, p: 6 }

/** A keystore that was read: what it says of itself, and how to open it. */
export interface Keystore {
  /** `undefined` where it does not say. */
  readonly address: Address | undefined
  readonly crypto: Crypto
}

/** Reads Web3 Secret Storage, version 3. Throws KeystoreError `no-keystore`, `too-expensive`. */
export function parseKeystore(text: string): Keystore {
  const { address, crypto: parsed } = checkShape(parseJson(text))
  const refuse = (what: string) => new KeystoreError('too-expensive', `deriving its key is too expensive: ${what}`)
  if (parsed.kdf === 'scrypt') {
    const { n, r, p } = parsed.kdfparams
    const bytes = 128 * r * (n + p)
    if (bytes > MAX_SCRYPT_BYTES)
      throw refuse(`scrypt n=${n} r=${r} p=${p} takes ${bytes} bytes, over ${MAX_SCRYPT_BYTES}`)
    if (n * r * p > MAX_SCRYPT_WORK) throw refuse(`scrypt n=${n} r=${r} p=${p} is over n·r·p = ${MAX_SCRYPT_WORK}`)
    if (n < 2 || (n & (n - 1)) !== 0) throw new KeystoreError('no-keystore', `scrypt n=${n} is no power of two`)
  } else if (parsed.kdfparams.c > MAX_PBKDF2_ROUNDS) {
    throw refuse(`pbkdf2 c=${parsed.kdfparams.c} is over ${MAX_PBKDF2_ROUNDS}`)
  }
  return { address: address === '' ? undefined : (address ?? undefined), crypto: parsed }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new KeystoreError('no-keystore', 'no keystore: not JSON', {}, { cause: error })
  }
}

function checkShape(json: unknown): z.infer<typeof keystore> {
  // Old wallets write a capital C.
  const isOld = typeof json === 'object' && json !== null && 'Crypto' in json && !('crypto' in json)
  const result = keystore.safeParse(isOld ? { ...json, crypto: json.Crypto } : json)
  if (result.success) return result.data
  const { key, message } = describeIssue(result.error)
  throw new KeystoreError('no-keystore', `no keystore: ${key === '' ? '' : `${key}: `}${message}`, { key })
}

const deriveScrypt = promisify<BinaryLike, BinaryLike, number, object, Buffer>(scrypt)
const derivePbkdf2 = promisify(pbkdf2)

/** 32 bytes. In a thread of Node's, all but always. */
async function deriveKey(password: string, { kdf, kdfparams }: Pick<Crypto, 'kdf' | 'kdfparams'>): Promise<Uint8Array> {
  if (kdf === 'scrypt') {
    const { n, r, p, salt: bytes } = kdfparams as z.infer<typeof scryptParameters>
    // RFC 7914 wants n below 2^(16·r), and OpenSSL insists; old wallets do not know. This one makes way for others as it runs.
    if (r === 1 && n >= 2 ** 16) {
      const { scryptAsync } = await import('@noble/hashes/scrypt.js')
      return await scryptAsync(password, bytes, { N: n, r, p, dkLen: DERIVED_BYTES })
    }
    // OpenSSL counts a little more than the algorithm's own memory.
    return await deriveScrypt(password, bytes, DERIVED_BYTES, { N: n, r, p, maxmem: 2 * MAX_SCRYPT_BYTES })
  }
  const { c, salt: bytes } = kdfparams as z.infer<typeof pbkdf2Parameters>
  return await derivePbkdf2(password, bytes, c, DERIVED_BYTES, 'sha256')
}

/**
 * The account in a keystore. A password is tried as it stands and, where that differs, in normal form NFKC, which some
 * wallets take. Throws KeystoreError `wrong-password`, `wrong-account`.
 */
export async function openKeystore({ address, crypto: parsed }: Keystore, password: string): Promise<DeveloperAccount> {
  for (const form of new Set([password, password.normalize('NFKC')])) {
    const derived = await deriveKey(form, parsed)
    if (!timingSafeEqual(macOf(derived, parsed.ciphertext), parsed.mac)) continue
    const key = aesCtr(derived, parsed.cipherparams.iv, parsed.ciphertext)
    return accountOf(key, address)
  }
  throw new KeystoreError('wrong-password', 'the password is wrong, or the keystore is damaged')
}

function accountOf(privateKey: Uint8Array, said: Address | undefined): DeveloperAccount {
  const address = addressOf(privateKey)
  if (said === undefined || said === address) return { address, privateKey: bytesToHex(privateKey) }
  throw new KeystoreError('wrong-account', `the keystore says ${said}, but holds the key of ${address}`)
}

/** Throws KeystoreError `wrong-account` unless it is a private key. */
export function addressOf(privateKey: Uint8Array): Address {
  try {
    return privateKeyToAddress(privateKey)
  } catch {
    throw new KeystoreError('wrong-account', 'not a private key: 32 bytes, not 0, below the order of secp256k1')
  }
}

/** The JSON of a keystore with the account's key, which opens with the password. */
export async function writeKeystore(
  { address, privateKey }: DeveloperAccount,
  password: string,
  cost: ScryptCost,
): Promise<string> {
  const kdfparams = { ...cost, dklen: DERIVED_BYTES, salt: randomBytes(32) } as const
  const derived = await deriveKey(password, { kdf: 'scrypt', kdfparams })
  const iv = randomBytes(16)
  const ciphertext = aesCtr(derived, iv, hexToBytes(privateKey))
  return JSON.stringify({
    version: 3,
    id: randomUUID(),
    address: address.slice(2),
    crypto: {
      cipher: 'aes-128-ctr',
      cipherparams: { iv: digits(iv) },
      ciphertext: digits(ciphertext),
      kdf: 'scrypt',
      kdfparams: { ...kdfparams, salt: digits(kdfparams.salt) },
      mac: digits(macOf(derived, ciphertext)),
    },
  })
}

/** Web3 Secret Storage: the second half of the derived key vouches for the ciphertext, the first one encrypts. */
function macOf(derived: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  return keccak256(Buffer.concat([derived.subarray(16), ciphertext]))
}

/** Encrypts what is plain, and the other way round. */
function aesCtr(derived: Uint8Array, iv: Uint8Array, bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createCipheriv('aes-128-ctr', derived.subarray(0, 16), iv).update(bytes))
}

function digits(bytes: Uint8Array): string {
  return bytesToHex(bytes).slice(2)
}
