import { rulesFor } from '../../config/hardforks.ts'
import { ripemd160, sha256 } from '../../execution/evm/precompiles/hashes.ts'
import { create2Address, createAddress } from '../../primitives/contract-address.ts'
import { deriveKey, HARDENED, masterKey, mnemonicToSeed } from '../../primitives/developer-accounts.ts'
import { bytesToHex, hexToBytes, parseAddress, parseHash, toChecksumAddress } from '../../primitives/hex.ts'
import { keccak256Hex } from '../../primitives/keccak.ts'
import { decodeRlp, encodeRlp, type RlpItem } from '../../primitives/rlp.ts'
import { privateKeyToAddress } from '../../primitives/secp256k1.ts'
import {
  decodeTransaction,
  encodeTransaction,
  recoverSender,
  signTransaction,
  type UnsignedTransaction,
} from '../../primitives/transaction.ts'
import { describeItem } from './rlp-tests.ts'
import { type Case, difference, isListWith, plainCase, type Suite } from './suite.ts'

/** A kind of ethers' vectors: JSON arrays of objects that have these keys. */
function ethersSuite<Vector>(name: string, keys: readonly string[], cases: (vector: Vector) => Iterable<Case>): Suite {
  return {
    name: `ethers: ${name}`,
    matches: ({ json }) => isListWith(json, ...keys),
    *cases({ json }) {
      for (const vector of json as readonly Vector[]) yield* cases(vector)
    },
  }
}

const accounts = ethersSuite<Record<'name' | 'privateKey' | 'address', string>>(
  'accounts',
  ['privateKey', 'address', 'icap'],
  function* ({ name, privateKey, address }) {
    yield plainCase(name, () =>
      difference('address', toChecksumAddress(privateKeyToAddress(hexToBytes(privateKey))), address),
    )
  },
)

interface CreatesJson {
  readonly sender: string
  readonly creates: readonly {
    readonly name: string
    readonly nonce?: number
    readonly salt?: string
    readonly initCode?: string
    readonly address: string
  }[]
}

/** By nonce, and (EIP-1014) by salt and code. */
const contractAddresses = ethersSuite<CreatesJson>('contract addresses', ['sender', 'creates'], function* (vector) {
  const sender = parseAddress(vector.sender)
  for (const { name, nonce, salt, initCode, address } of vector.creates) {
    yield plainCase(name, () => {
      const created =
        salt === undefined
          ? createAddress(sender, BigInt(nonce ?? 0))
          : create2Address(sender, parseHash(salt), hexToBytes(initCode ?? '0x'))
      return difference('address', toChecksumAddress(created), address)
    })
  }
})

const RULES = rulesFor('osaka')

const hashes = ethersSuite<Record<'name' | 'data' | 'keccak256' | 'sha256' | 'ripemd160', string>>(
  'hashes',
  ['data', 'keccak256', 'sha256', 'ripemd160'],
  function* (vector) {
    const data = hexToBytes(vector.data)
    // A precompiled contract puts zeros before a short hash.
    const precompiled = (output: Uint8Array | undefined): string => bytesToHex(output ?? new Uint8Array())
    yield plainCase(`${vector.name}: keccak256`, () => difference('hash', keccak256Hex(data), vector.keccak256))
    yield plainCase(`${vector.name}: sha256`, () =>
      difference('hash', precompiled(sha256.run(data, RULES)), vector.sha256),
    )
    yield plainCase(`${vector.name}: ripemd160`, () =>
      difference(
        'hash',
        precompiled(ripemd160.run(data, RULES)),
        vector.ripemd160.replace('0x', `0x${'00'.repeat(12)}`),
      ),
    )
  },
)

interface MnemonicJson {
  readonly name: string
  /** UTF-8 in hex, like the password. */
  readonly phrase: string
  readonly password: string
  readonly seed: string
  readonly nodes: readonly { readonly path: string; readonly privateKey: string; readonly chainCode: string }[]
}

/** BIP-39 and BIP-32. */
const mnemonics = ethersSuite<MnemonicJson>('mnemonics', ['phrase', 'seed', 'nodes'], function* (vector) {
  const text = (hex: string): string => new TextDecoder().decode(hexToBytes(hex))
  const seed = mnemonicToSeed(text(vector.phrase), text(vector.password))
  yield plainCase(`${vector.name}: seed`, () => difference('seed', bytesToHex(seed), vector.seed))
  for (const { path, privateKey, chainCode } of vector.nodes) {
    yield plainCase(`${vector.name}: ${path}`, () => {
      const steps = path.split('/').slice(1)
      const indexes = steps.map((step) => Number.parseInt(step, 10) + (step.endsWith("'") ? HARDENED : 0))
      const key = deriveKey(masterKey(seed), indexes)
      return (
        difference('private key', bytesToHex(key.privateKey), privateKey) ??
        difference('chain code', bytesToHex(key.chainCode), chainCode)
      )
    })
  }
})

type HexItem = string | readonly HexItem[]

const rlp = ethersSuite<{ readonly name: string; readonly decoded: HexItem; readonly encoded: string }>(
  'RLP',
  ['decoded', 'encoded'],
  function* ({ name, decoded, encoded }) {
    yield plainCase(name, () => {
      return (
        difference('encoding', bytesToHex(encodeRlp(itemOf(decoded))), encoded) ??
        difference('decoded', describeItem(decodeRlp(hexToBytes(encoded))), JSON.stringify(decoded))
      )
    })
  },
)

function itemOf(source: HexItem): RlpItem {
  return typeof source === 'string' ? hexToBytes(source) : source.map(itemOf)
}

interface TransactionJson {
  readonly name: string
  readonly privateKey: string
  readonly transaction: {
    readonly to?: string
    readonly nonce?: number
    readonly gasLimit?: string
    readonly gasPrice?: string
    readonly maxFeePerGas?: string
    readonly maxPriorityFeePerGas?: string
    readonly data?: string
    readonly value?: string
    readonly accessList?: readonly { readonly address: string; readonly storageKeys: readonly string[] }[]
    readonly chainId?: string
    readonly maxFeePerBlobGas?: string
    readonly blobVersionedHashes?: readonly string[]
  }
  readonly signedLegacy: string
  readonly signedEip155: string
  readonly signedBerlin: string
  readonly signedLondon: string
  readonly signedCancun: string
}

/** One transaction in five forms, signed. */
const transactions = ethersSuite<TransactionJson>(
  'transactions',
  ['transaction', 'privateKey', 'signedLegacy'],
  function* (vector) {
    const key = hexToBytes(vector.privateKey)
    for (const [form, unsigned] of Object.entries(unsignedForms(vector))) {
      const expected = vector[form as 'signedLegacy']
      yield plainCase(`${vector.name}: ${form}`, () => {
        const decoded = decodeTransaction(hexToBytes(expected))
        return (
          difference('signed', bytesToHex(encodeTransaction(signTransaction(unsigned, key))), expected) ??
          difference('encoded again', bytesToHex(encodeTransaction(decoded)), expected) ??
          difference('sender', recoverSender(decoded), privateKeyToAddress(key))
        )
      })
    }
  },
)

/** The forms that the transaction can have: replay protection needs a chain, blobs need a recipient. */
function unsignedForms({ transaction }: TransactionJson): Record<string, UnsignedTransaction> {
  const amount = (hex: string | undefined): bigint => BigInt(hex ?? 0)
  const to = transaction.to === undefined ? undefined : parseAddress(transaction.to)
  const common = {
    nonce: BigInt(transaction.nonce ?? 0),
    gasLimit: amount(transaction.gasLimit),
    value: amount(transaction.value),
    data: hexToBytes(transaction.data ?? '0x'),
  }
  const gasPrice = amount(transaction.gasPrice)
  const chainId = amount(transaction.chainId)
  const accessList = (transaction.accessList ?? []).map(({ address, storageKeys }) => ({
    address: parseAddress(address),
    slots: storageKeys.map(BigInt),
  }))
  const fees = {
    chainId,
    accessList,
    maxFeePerGas: amount(transaction.maxFeePerGas),
    maxPriorityFeePerGas: amount(transaction.maxPriorityFeePerGas),
  }
  const blobs = {
    maxFeePerBlobGas: amount(transaction.maxFeePerBlobGas),
    blobVersionedHashes: (transaction.blobVersionedHashes ?? []).map(parseHash),
  }
  return {
    signedLegacy: { type: 0, gasPrice, to, ...common },
    ...(chainId !== 0n && { signedEip155: { type: 0, gasPrice, to, chainId, ...common } }),
    signedBerlin: { type: 1, gasPrice, to, chainId, accessList, ...common },
    signedLondon: { type: 2, to, ...fees, ...common },
    ...(to !== undefined && { signedCancun: { type: 3, to, ...blobs, ...fees, ...common } }),
  }
}

export const ethersSuites: readonly Suite[] = [accounts, contractAddresses, hashes, mnemonics, rlp, transactions]
