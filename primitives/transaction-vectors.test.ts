import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DecodeError } from './errors.ts'
import { readArchive, readVectors, skipWithout } from './fixtures/vectors.ts'
import { type Address, bytesToHex, hexToBytes, parseAddress, parseHash } from './hex.ts'
import { privateKeyToAddress } from './secp256k1.ts'
import {
  decodeTransaction,
  encodeTransaction,
  recoverSender,
  signTransaction,
  transactionHash,
  type UnsignedTransaction,
} from './transaction.ts'

interface EthersTransaction {
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

/** The five forms in which the vectors sign one transaction. */
function unsignedForms({ transaction }: EthersTransaction): Record<string, UnsignedTransaction> {
  const amount = (hex: string | undefined): bigint => BigInt(hex ?? 0)
  const to: Address | undefined = transaction.to === undefined ? undefined : parseAddress(transaction.to)
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
  return {
    signedLegacy: { type: 0, gasPrice, to, ...common },
    ...(chainId === 0n ? {} : { signedEip155: { type: 0, gasPrice, to, chainId, ...common } }),
    signedBerlin: { type: 1, gasPrice, to, chainId, accessList, ...common },
    signedLondon: { type: 2, to, ...fees, ...common },
    ...(to === undefined
      ? {}
      : {
          signedCancun: {
            type: 3,
            to,
            maxFeePerBlobGas: amount(transaction.maxFeePerBlobGas),
            blobVersionedHashes: (transaction.blobVersionedHashes ?? []).map(parseHash),
            ...fees,
            ...common,
          },
        }),
  }
}

const ETHERS = 'ethers/transactions.json.gz'
test('ethers: signed transactions of types 0 to 3', { skip: skipWithout(ETHERS) }, () => {
  for (const vector of readVectors<EthersTransaction[]>(ETHERS).slice(0, 600)) {
    const key = hexToBytes(vector.privateKey)
    const sender = privateKeyToAddress(key)
    for (const [form, unsigned] of Object.entries(unsignedForms(vector))) {
      const expected = vector[form as 'signedLegacy']
      const signed = signTransaction(unsigned, key)
      assert.equal(bytesToHex(encodeTransaction(signed)), expected, `${vector.name} ${form}`)
      const decoded = decodeTransaction(hexToBytes(expected))
      assert.deepEqual(decoded, signed, `${vector.name} ${form}`)
      assert.equal(recoverSender(decoded), sender, `${vector.name} ${form}`)
    }
  }
})

interface TransactionTest {
  readonly txbytes: string
  readonly result: Readonly<
    Record<string, { readonly hash?: string; readonly sender?: string; readonly exception?: string }>
  >
}

/** Refused by the execution, which knows the hardfork's limits and the chain, not by its bytes or signature. */
const FAULTS_OF_CONTENT = [
  'PRODUCT_OVERFLOW',
  'INITCODE_SIZE',
  'INTRINSIC_GAS',
  'INVALID_CHAINID',
  'TYPE_NOT_SUPPORTED',
]
/** Types that a hardfork does not know yet are its own fault, so form is judged where all of the vectors' types exist. */
const LATE_FORKS = ['Shanghai', 'Cancun']

const ARCHIVE = 'transaction-tests/TransactionTests.tar.gz'
test("Ethereum's transaction tests: hash and sender, faults of form", { skip: skipWithout(ARCHIVE) }, () => {
  let valid = 0
  let faulty = 0
  for (const { name: file, text } of readArchive(ARCHIVE)) {
    for (const [name, { txbytes, result }] of Object.entries(JSON.parse(text) as Record<string, TransactionTest>)) {
      for (const [fork, { hash, sender, exception }] of Object.entries(result)) {
        const message = `${file} ${name} ${fork}: ${exception ?? 'valid'}`
        const recovered = () => {
          const transaction = decodeTransaction(hexToBytes(txbytes))
          const from = recoverSender(transaction, { allowHighS: fork === 'Frontier' })
          return { hash: transactionHash(transaction), sender: from as string }
        }
        if (exception === undefined) {
          assert.deepEqual(recovered(), { hash, sender }, message)
          valid++
        } else if (LATE_FORKS.includes(fork) && !FAULTS_OF_CONTENT.some((fault) => exception.includes(fault))) {
          assert.throws(recovered, DecodeError, message)
          faulty++
        }
      }
    }
  }
  assert.ok(valid > 200, `${valid} valid`)
  assert.ok(faulty > 100, `${faulty} faulty`)
})
