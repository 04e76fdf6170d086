import { closeSync, mkdirSync, openSync, readdirSync, readSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DeveloperAccount } from '../primitives/developer-accounts.ts'
import type { Address } from '../primitives/hex.ts'
import {
  type Keystore,
  KeystoreError,
  openKeystore,
  parseKeystore,
  type ScryptCost,
  writeKeystore,
} from './keystore.ts'

/** As go-ethereum names them, and as other wallets do. Other files in the directory are let alone. */
const KEYSTORE_FILE = /^UTC--|\.json$/
const MAX_FILE_BYTES = 65_536
/** Each takes up to a second to open. */
const MAX_FILES = 100

/** A keystore file, not opened yet. */
export interface KeystoreFile {
  readonly path: string
  readonly keystore: Keystore
}

/** The keystore files of a directory, by name; none where it does not exist. Throws KeystoreError naming the file. */
export function listKeystores(directory: string): readonly KeystoreFile[] {
  const names = namesIn(directory)
    .filter((name) => KEYSTORE_FILE.test(name))
    .sort()
  if (names.length > MAX_FILES) {
    throw new KeystoreError('unreadable', `${directory} holds ${names.length} keystore files, more than ${MAX_FILES}`)
  }
  return names.map((name) => {
    const path = join(directory, name)
    return { path, keystore: naming(path, () => parseKeystore(readText(path, MAX_FILE_BYTES))) }
  })
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw new KeystoreError('unreadable', `${directory} cannot be read: ${(error as Error).message}`)
  }
}

/** The account in the file. Throws KeystoreError naming the file. */
export async function openKeystoreFile({ path, keystore }: KeystoreFile, password: string): Promise<DeveloperAccount> {
  try {
    return await openKeystore(keystore, password)
  } catch (error) {
    throw named(path, error)
  }
}

/** The file of that account. Throws KeystoreError `no-account`. */
export function findKeystore(directory: string, address: Address): KeystoreFile {
  const file = listKeystores(directory).find(({ keystore }) => keystore.address === address)
  if (file === undefined)
    throw new KeystoreError('no-account', `no keystore file in ${directory} is that of ${address}`)
  return file
}

/**
 * Writes a keystore file that its owner alone can read, named as go-ethereum names it. Returns its path. Throws
 * KeystoreError `exists` where the account has one.
 */
export async function addKeystore(
  directory: string,
  account: DeveloperAccount,
  password: string,
  cost: ScryptCost,
): Promise<string> {
  const present = listKeystores(directory).find(({ keystore }) => keystore.address === account.address)
  if (present !== undefined) throw new KeystoreError('exists', `${account.address} is kept in ${present.path} already`)
  const time = new Date().toISOString().replaceAll(':', '-')
  const path = join(directory, `UTC--${time}--${account.address.slice(2)}`)
  const text = await writeKeystore(account, password, cost)
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  writeFileSync(path, `${text}\n`, { mode: 0o600, flag: 'wx' })
  return path
}

/** Throws KeystoreError `unreadable` also for a file that is longer. */
export function readText(path: string, maxBytes: number): string {
  try {
    const file = openSync(path, 'r')
    try {
      const bytes = Buffer.alloc(maxBytes + 1)
      const length = readSync(file, bytes)
      if (length <= maxBytes) return bytes.toString('utf8', 0, length)
    } finally {
      closeSync(file)
    }
  } catch (error) {
    throw new KeystoreError('unreadable', `${path} cannot be read: ${(error as Error).message}`, {}, { cause: error })
  }
  throw new KeystoreError('unreadable', `${path} is longer than ${maxBytes} bytes`)
}

function naming<T>(path: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw named(path, error)
  }
}

function named(path: string, error: unknown): unknown {
  if (!(error instanceof KeystoreError) || error.code === 'unreadable') return error
  return new KeystoreError(error.code, `${path}: ${error.message}`, { ...error.details, path }, { cause: error })
}
