import { createHmac, pbkdf2Sync } from 'node:crypto'
import { bigintToBytes, bytesToBigint, concatBytes } from './bytes.ts'
import { type Address, bytesToHex, type Hex } from './hex.ts'
import { KNOWN_DEVELOPER_ACCOUNTS } from './known-developer-accounts.ts'
import { privateKeyToAddress, privateKeyToPublicKey, SECP256K1_ORDER } from './secp256k1.ts'

/** The phrase that every Ethereum devnet uses. Its keys are public: never send it anything of value. */
export const DEVELOPER_MNEMONIC = 'test test test test test test test test test test test junk'

/** BIP-44, Ethereum's first account: where wallets and devnets look for keys. */
export const DEVELOPER_PATH = "m/44'/60'/0'/0"

/** An address with its key, which the node holds. */
export interface DeveloperAccount {
  readonly address: Address
  /** 32 bytes as hex. */
  readonly privateKey: Hex
}

export interface DeveloperAccountOptions {
  readonly mnemonic?: string | undefined
  /** Without the account's index, which comes last. */
  readonly path?: string | undefined
}

/** The first accounts of a mnemonic at that path (BIP-39, BIP-32, BIP-44). Throws RangeError where the path is none. */
export function developerAccounts(count: number, options: DeveloperAccountOptions = {}): readonly DeveloperAccount[] {
  const { mnemonic = DEVELOPER_MNEMONIC, path = DEVELOPER_PATH } = options
  const isKnown = mnemonic === DEVELOPER_MNEMONIC && path === DEVELOPER_PATH
  // To derive twenty takes 15 ms, half of it for the curve to be loaded.
  if (isKnown && count <= KNOWN_DEVELOPER_ACCOUNTS.length) {
    return KNOWN_DEVELOPER_ACCOUNTS.slice(0, count).map(([address, privateKey]) => ({ address, privateKey }))
  }
  const indexes = parseDerivationPath(path)
  if (indexes === undefined) throw new RangeError('not a derivation path')
  const parent = deriveKey(masterKey(mnemonicToSeed(mnemonic)), indexes)
  return Array.from({ length: count }, (_, index) => {
    const { privateKey } = childKey(parent, index)
    return { address: privateKeyToAddress(privateKey), privateKey: bytesToHex(privateKey) }
  })
}

/** 64 bytes (BIP-39, without a password). The words' checksum is not looked at, as BIP-39 allows. */
export function mnemonicToSeed(mnemonic: string, password = ''): Uint8Array {
  return pbkdf2Sync(mnemonic.normalize('NFKD'), `mnemonic${password}`.normalize('NFKD'), 2048, 64, 'sha512')
}

/** A private key from which others can be derived (BIP-32). */
export interface ExtendedKey {
  readonly privateKey: Uint8Array
  readonly chainCode: Uint8Array
}

/** Child indexes from here on are derived from the private key alone (BIP-32). */
export const HARDENED = 0x80000000

/** BIP-32 has one byte for the depth of a key; the accounts are one below the path. */
const MAX_PATH_INDEXES = 254

/** The child indexes of `m/44'/60'/0'/0`, where `'` or `h` is for hardened ones; `undefined` when it is no such path. */
export function parseDerivationPath(path: string): readonly number[] | undefined {
  const [root, ...steps] = path.replace(/\/$/, '').split('/')
  if (root !== 'm' || steps.length > MAX_PATH_INDEXES) return undefined
  const indexes = steps.map((step) => {
    const [, digits, hardened] = /^(\d{1,10})(['h]?)$/.exec(step) ?? []
    const index = Number(digits)
    return index < HARDENED ? index + (hardened === '' ? 0 : HARDENED) : Number.NaN
  })
  return indexes.includes(Number.NaN) ? undefined : indexes
}

/** The root of a seed's tree (BIP-32). */
export function masterKey(seed: Uint8Array): ExtendedKey {
  const digest = hmacSha512(new TextEncoder().encode('Bitcoin seed'), seed)
  return { privateKey: digest.slice(0, 32), chainCode: digest.slice(32) }
}

/** The key that is reached by these child indexes (BIP-32). */
export function deriveKey(root: ExtendedKey, indexes: readonly number[]): ExtendedKey {
  return indexes.reduce(childKey, root)
}

/**
 * CKDpriv of BIP-32. The 2^-127 case in which an index has no key throws in `privateKeyToAddress` or here, rather than
 * skip to another account.
 */
function childKey(parent: ExtendedKey, index: number): ExtendedKey {
  const identity =
    index >= HARDENED
      ? concatBytes(Uint8Array.of(0), parent.privateKey)
      : compressPublicKey(privateKeyToPublicKey(parent.privateKey))
  const digest = hmacSha512(parent.chainCode, concatBytes(identity, bigintToBytes(BigInt(index), 4)))
  const tweak = bytesToBigint(digest.subarray(0, 32))
  if (tweak >= SECP256K1_ORDER) throw new RangeError(`no key at index ${index}`)
  const privateKey = bigintToBytes((tweak + bytesToBigint(parent.privateKey)) % SECP256K1_ORDER, 32)
  return { privateKey, chainCode: digest.slice(32) }
}

function compressPublicKey(publicKey: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(publicKey[63]! % 2 === 0 ? 0x02 : 0x03), publicKey.subarray(0, 32))
}

function hmacSha512(key: Uint8Array, data: Uint8Array): Uint8Array {
  return new Uint8Array(createHmac('sha512', key).update(data).digest())
}
