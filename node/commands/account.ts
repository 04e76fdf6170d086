import { randomBytes } from 'node:crypto'
import { Command, InvalidArgumentError } from 'commander'
import { loadSettings } from '../../config/settings.ts'
import { type Address, bytesToHex, hexToBytes, parseAddress, toChecksumAddress } from '../../primitives/hex.ts'
import { addressOf, KeystoreError, LIGHT_SCRYPT, STANDARD_SCRYPT } from '../keystore.ts'
import { addKeystore, findKeystore, listKeystores, openKeystoreFile, readText } from '../keystore-directory.ts'
import { askPassword, passwordOfFile } from '../password.ts'

interface StoreFlags {
  readonly config?: string
  readonly keystore?: string
}

interface OpenFlags extends StoreFlags {
  readonly passwordFile?: string
}

interface WriteFlags extends OpenFlags {
  readonly light: boolean
}

const DEFAULT_KEYSTORE = '.pavm/keystore'
/** 0x, 64 digits and whatever an editor puts behind them. */
const MAX_KEY_FILE_BYTES = 1_024

const terminal = { input: process.stdin, output: process.stderr }

/** `pavm account`: keys in keystore files (Web3 Secret Storage), with which a node can sign. */
export function accountCommand(): Command {
  return new Command('account')
    .description('keep keys in keystore files, for the setting accounts.keystore')
    .addCommand(writeCommand('new').description('make a key and write its keystore file').action(runNew))
    .addCommand(storeCommand('list').description('list the keystore files').action(runList))
    .addCommand(
      writeCommand('import')
        .description('write the keystore file of a private key')
        .argument('<file>', 'file with the key: 32 bytes as hex')
        .action(runImport),
    )
    .addCommand(
      openCommand('export')
        .description('print the private key of an account')
        .argument('<address>', 'the account', parseAccount)
        .action(runExport),
    )
}

function storeCommand(name: string): Command {
  return new Command(name)
    .option('--keystore <dir>', `where the files are (default: setting accounts.keystore, else ${DEFAULT_KEYSTORE})`)
    .option('--config <file>', 'settings of the node (TOML)')
}

function openCommand(name: string): Command {
  return storeCommand(name).option(
    '--password-file <file>',
    'file whose first line is the password (default: setting accounts.passwordFile, else the terminal is asked)',
  )
}

function writeCommand(name: string): Command {
  return openCommand(name).option('--light', 'derive the key at less expense, for you and for those who guess', false)
}

function parseAccount(text: string): Address {
  try {
    return parseAddress(text)
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message)
  }
}

async function runNew(flags: WriteFlags): Promise<void> {
  // One in 2^128 of them is no key, which `add` would say.
  await add(new Uint8Array(randomBytes(32)), flags)
}

async function runImport(file: string, flags: WriteFlags): Promise<void> {
  const digits = readText(file, MAX_KEY_FILE_BYTES).trim()
  if (!/^(0x)?[0-9a-fA-F]{64}$/.test(digits)) {
    throw new KeystoreError('wrong-account', `${file} holds no private key: 32 bytes of hex digits`)
  }
  await add(hexToBytes(`0x${digits.slice(-64)}`), flags)
}

async function add(privateKey: Uint8Array, flags: WriteFlags): Promise<void> {
  const account = { address: addressOf(privateKey), privateKey: bytesToHex(privateKey) }
  const password = await newPassword(flags)
  const path = await addKeystore(keystoreOf(flags), account, password, flags.light ? LIGHT_SCRYPT : STANDARD_SCRYPT)
  process.stdout.write(`${toChecksumAddress(account.address)}  ${path}\n`)
}

function runList(flags: StoreFlags): void {
  for (const { path, keystore } of listKeystores(keystoreOf(flags))) {
    const address =
      keystore.address === undefined ? 'does not say its address'.padEnd(42) : toChecksumAddress(keystore.address)
    process.stdout.write(`${address}  ${path}\n`)
  }
}

async function runExport(address: Address, flags: OpenFlags): Promise<void> {
  const file = findKeystore(keystoreOf(flags), address)
  const password = (await givenPassword(flags)) ?? (await askPassword('Password: ', terminal))
  const { privateKey } = await openKeystoreFile(file, password)
  process.stdout.write(`${privateKey}\n`)
}

function keystoreOf({ keystore, config }: StoreFlags): string {
  const directory = keystore ?? loadSettings({ file: config, env: process.env, flags: {} }).accounts.keystore
  return directory === '' ? DEFAULT_KEYSTORE : directory
}

function givenPassword({ passwordFile, config }: OpenFlags): string | undefined {
  const path = passwordFile ?? loadSettings({ file: config, env: process.env, flags: {} }).accounts.passwordFile
  return path === '' ? undefined : passwordOfFile(path, '')
}

async function newPassword(flags: OpenFlags): Promise<string> {
  const given = givenPassword(flags)
  if (given !== undefined) return given
  const password = await askPassword('Password: ', terminal)
  if ((await askPassword('Once more: ', terminal)) === password) return password
  throw new KeystoreError('wrong-password', 'these are two passwords')
}
