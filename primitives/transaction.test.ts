import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Random, seedFromEnvironment } from '../test/support/random.ts'
import { bytesToBigint } from './bytes.ts'
import { DecodeError } from './errors.ts'
import { type Address, bytesToHex, type Hash, hexToBytes, ZERO_ADDRESS } from './hex.ts'
import { keccak256 } from './keccak.ts'
import { encodeRlp, type RlpInput } from './rlp.ts'
import { RlpCursor } from './rlp-cursor.ts'
import { privateKeyToAddress, SECP256K1_ORDER, signHash } from './secp256k1.ts'
import {
  accessListOf,
  decodeTransaction,
  effectiveGasPrice,
  effectiveTip,
  encodeTransaction,
  encodeTransactionInBody,
  impersonate,
  maxFeePerGasOf,
  maxPriorityFeePerGasOf,
  readTransactionInBody,
  recoverAuthority,
  recoverSender,
  signAuthorization,
  signingHash,
  signTransaction,
  type Transaction,
  transactionChainId,
  transactionFields,
  transactionHash,
  type UnsignedTransaction,
} from './transaction.ts'

const KEY = new Uint8Array(32).fill(0x46)
const SENDER = privateKeyToAddress(KEY)
const TO: Address = `0x${'35'.repeat(20)}`

/** The example of EIP-155. */
const EIP155 = {
  type: 0,
  chainId: 1n,
  nonce: 9n,
  gasPrice: 20n * 10n ** 9n,
  gasLimit: 21_000n,
  to: TO,
  value: 10n ** 18n,
  data: new Uint8Array(0),
} as const

test('EIP-155: the example', () => {
  assert.equal(signingHash(EIP155), '0xdaf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad23db92e4c8e53')
  const signed = signTransaction(EIP155, KEY)
  assert.equal(
    bytesToHex(encodeTransaction(signed)),
    '0xf86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a76400008025a028ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276a067cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83',
  )
  assert.equal(recoverSender(signed), '0x9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f')
  assert.equal(transactionChainId(signed), 1n)
})

function randomBytes(random: Random, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => random.below(256))
}

function randomUint(random: Random, maxBytes: number): bigint {
  return bytesToBigint(randomBytes(random, random.below(maxBytes + 1)))
}

function randomTransaction(random: Random): { unsigned: UnsignedTransaction; key: Uint8Array } {
  const address = (): Address => bytesToHex(randomBytes(random, 20))
  const hash = (): Hash => bytesToHex(randomBytes(random, 32))
  const several = <T>(make: () => T): T[] => Array.from({ length: random.below(4) }, make)
  const common = {
    nonce: randomUint(random, 8),
    gasLimit: randomUint(random, 8),
    value: randomUint(random, 32),
    data: randomBytes(random, random.below(100)),
  }
  const to = random.chance(0.2) ? undefined : address()
  const accessList = several(() => ({
    address: address(),
    slots: several(() => bytesToBigint(randomBytes(random, 32))),
  }))
  const chainId = randomUint(random, 8)
  const fees = {
    chainId,
    maxFeePerGas: randomUint(random, 32),
    maxPriorityFeePerGas: randomUint(random, 32),
    accessList,
  }
  const key = randomBytes(random, 32).fill(1, 0, 1)
  const authorization = () => signAuthorization({ chainId, address: address(), nonce: randomUint(random, 8) }, key)
  const unsigned: UnsignedTransaction[] = [
    { type: 0, gasPrice: randomUint(random, 32), to, ...common },
    { type: 0, gasPrice: randomUint(random, 32), to, chainId, ...common },
    { type: 1, gasPrice: randomUint(random, 32), to, chainId, accessList, ...common },
    { type: 2, to, ...fees, ...common },
    {
      type: 3,
      to: address(),
      maxFeePerBlobGas: randomUint(random, 32),
      blobVersionedHashes: several(hash),
      ...fees,
      ...common,
    },
    { type: 4, to: address(), authorizationList: several(authorization), ...fees, ...common },
  ]
  return { unsigned: random.pick(unsigned), key }
}

function decodeInBody(bytes: Uint8Array): Transaction {
  return new RlpCursor(bytes).whole(readTransactionInBody, 'transaction')
}

test('there and back, any type', () => {
  const seed = seedFromEnvironment()
  const random = new Random(seed)
  for (let run = 0; run < 300; run++) {
    const { unsigned, key } = randomTransaction(random)
    const signed = signTransaction(unsigned, key)
    const message = `seed ${seed}, run ${run}`
    const bytes = encodeTransaction(signed)
    assert.deepEqual(decodeTransaction(bytes), signed, message)
    assert.equal(recoverSender(signed), privateKeyToAddress(key), message)
    assert.equal(transactionChainId(signed), 'chainId' in unsigned ? unsigned.chainId : undefined, message)
    assert.deepEqual(decodeInBody(encodeTransactionInBody(signed)), signed, message)
    assert.deepEqual(structuredClone(signed), signed, message)
  }
})

test('bytes that were changed are refused or mean something else', () => {
  const seed = seedFromEnvironment()
  const random = new Random(seed)
  let refused = 0
  for (let run = 0; run < 1_000; run++) {
    const { unsigned, key } = randomTransaction(random)
    const signed = signTransaction(unsigned, key)
    const bytes = encodeTransaction(signed).slice()
    bytes[random.below(bytes.length)]! ^= 1 << random.below(8)
    try {
      const changed = decodeTransaction(bytes)
      // A copy: the encoding of what was decoded is remembered.
      assert.deepEqual(
        encodeTransaction({ ...changed }),
        bytes,
        `seed ${seed}, run ${run}: one transaction, two encodings`,
      )
      assert.notEqual(transactionHash(changed), transactionHash(signed))
      assert.notEqual(recoverSender(changed), privateKeyToAddress(key), `seed ${seed}, run ${run}`)
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      refused++
    }
  }
  assert.ok(refused > 100)
})

test('what is decoded keeps the encoding, and no more than that', () => {
  const bytes = encodeTransaction(signTransaction({ ...EIP155, data: new Uint8Array(68).fill(7) }, KEY))
  const decoded = decodeTransaction(bytes)
  assert.equal(encodeTransaction(decoded), bytes)
  assert.equal(decoded.data.buffer, bytes.buffer)

  const message = Buffer.concat([new Uint8Array(1_000), bytes])
  const ofMessage = decodeTransaction(message.subarray(1_000))
  const inBody = new RlpCursor(message)
  inBody.offset = 1_000
  for (const each of [ofMessage, inBody.whole(readTransactionInBody, 'transaction')]) {
    assert.equal(each.data.buffer.byteLength, bytes.length)
    assert.equal(encodeTransaction(each).buffer, each.data.buffer)
  }
  message.fill(0)
  assert.deepEqual(ofMessage, decoded)
  assert.deepEqual(encodeTransaction(ofMessage), bytes)
})

describe('decoding refuses, naming the field', () => {
  const FEE_MARKET = signTransaction(
    {
      type: 2,
      chainId: 1n,
      nonce: 1n,
      maxFeePerGas: 3n,
      maxPriorityFeePerGas: 2n,
      gasLimit: 21_000n,
      to: TO,
      value: 1n,
      data: new Uint8Array(0),
      accessList: [{ address: TO, slots: [1n] }],
    },
    KEY,
  )

  function refused(type: number, fields: RlpInput, field: RegExp): void {
    const payload = encodeRlp(fields)
    const bytes = type === 0 ? payload : Uint8Array.from([type, ...payload])
    assert.throws(
      () => decodeTransaction(bytes),
      (error) => error instanceof DecodeError && field.test(error.message),
    )
  }

  const withField = (transaction: Transaction, index: number, item: RlpInput): RlpInput =>
    transactionFields(transaction).with(index, item)

  const cases: [string, number, RlpInput, RegExp][] = [
    ['a nonce of 9 bytes', 1, new Uint8Array(9).fill(1), /transaction\.nonce/],
    ['leading zeros', 2, Uint8Array.of(0, 1), /transaction\.maxPriorityFeePerGas/],
    ['a zero that is a byte', 3, Uint8Array.of(0), /transaction\.maxFeePerGas/],
    ['a gas limit of 9 bytes', 4, new Uint8Array(9).fill(1), /transaction\.gasLimit/],
    ['an address of 19 bytes', 5, new Uint8Array(19), /transaction\.to/],
    ['an address that is a list', 5, [], /transaction\.to/],
    ['a value of 33 bytes', 6, new Uint8Array(33).fill(1), /transaction\.value/],
    ['data that is a list', 7, [], /transaction\.data/],
    ['an access list that is bytes', 8, new Uint8Array(0), /transaction\.accessList/],
    ['an access list item of one field', 8, [[hexToBytes(TO)]], /transaction\.accessList/],
    ['a slot of 31 bytes', 8, [[hexToBytes(TO), [new Uint8Array(31)]]], /accessList\.slots/],
    ['a parity of 2', 9, Uint8Array.of(2), /transaction\.yParity/],
    ['r of 33 bytes', 10, new Uint8Array(33).fill(1), /transaction\.r/],
  ]
  for (const [name, index, item, field] of cases) {
    test(name, () => refused(2, withField(FEE_MARKET, index, item), field))
  }

  test('a field too few or too many', () => {
    refused(2, transactionFields(FEE_MARKET).slice(1), /expected 12 items, not 11/)
    refused(2, [...transactionFields(FEE_MARKET), new Uint8Array(0)], /expected 12 items, not 13/)
    refused(0, transactionFields(FEE_MARKET), /expected 9 items, not 12/)
  })

  test('types that are none, no bytes, bytes behind', () => {
    const payload = [...encodeRlp(transactionFields(FEE_MARKET))]
    for (const type of [0, 5, 0x7f, 0x80, 0xbf]) {
      assert.throws(() => decodeTransaction(Uint8Array.from([type, ...payload])), DecodeError, `${type}`)
    }
    assert.throws(() => decodeTransaction(new Uint8Array(0)), DecodeError)
    assert.throws(() => decodeTransaction(Uint8Array.of(2)), DecodeError)
    assert.throws(() => decodeTransaction(Uint8Array.from([2, ...payload, 0])), DecodeError)
  })

  test('types 3 and 4 cannot create', () => {
    const blob = signTransaction(
      {
        type: 3,
        chainId: 1n,
        nonce: 1n,
        maxFeePerGas: 3n,
        maxPriorityFeePerGas: 2n,
        gasLimit: 21_000n,
        to: TO,
        value: 1n,
        data: new Uint8Array(0),
        accessList: [],
        maxFeePerBlobGas: 1n,
        blobVersionedHashes: [],
      },
      KEY,
    )
    refused(3, withField(blob, 5, new Uint8Array(0)), /transaction\.to/)
  })

  test('a legacy transaction stands in a block as a list', () => {
    const legacy = encodeTransaction(signTransaction(EIP155, KEY))
    assert.deepEqual(decodeInBody(legacy), decodeTransaction(legacy))
    assert.throws(() => decodeInBody(encodeRlp(legacy)), /stands in a block as a list/)
    assert.throws(() => decodeInBody(encodeRlp(new Uint8Array(0))), DecodeError)
  })
})

describe('signatures', () => {
  const signed = signTransaction(EIP155, KEY)

  test('EIP-2: high s is for Frontier only', () => {
    assert.ok(signed.type === 0)
    const high: Transaction = { ...signed, s: SECP256K1_ORDER - signed.s, v: signed.v === 37n ? 38n : 37n }
    assert.throws(() => recoverSender(high), /transaction\.s/)
    assert.equal(recoverSender(high, { allowHighS: true }), SENDER)
  })

  test('v that means nothing', () => {
    assert.ok(signed.type === 0)
    for (const v of [0n, 1n, 26n, 29n, 34n]) assert.throws(() => recoverSender({ ...signed, v }), /transaction\.v/)
  })

  test('r and s out of range', () => {
    for (const change of [{ r: 0n }, { s: 0n }, { r: SECP256K1_ORDER }]) {
      assert.throws(() => recoverSender({ ...signed, ...change }), DecodeError)
    }
  })

  test('EIP-155: the chain id is signed', () => {
    assert.ok(signed.type === 0)
    assert.notEqual(recoverSender({ ...signed, v: signed.v + 2n }), SENDER)
  })
})

describe('EIP-7702: authorizations', () => {
  const authorization = signAuthorization({ chainId: 1n, address: TO, nonce: 3n }, KEY)

  test('the authority is recovered', () => {
    assert.equal(recoverAuthority(authorization), SENDER)
    assert.notEqual(recoverAuthority({ ...authorization, nonce: 4n }), SENDER)
    assert.notEqual(recoverAuthority({ ...authorization, chainId: 0n }), SENDER)
  })

  test('what is signed is the hash of 05 and the list of three', () => {
    const preimage = hexToBytes(`0x05d70194${TO.slice(2)}03`)
    const { r, s, yParity } = signHash(keccak256(preimage), KEY)
    assert.deepEqual(authorization, { chainId: 1n, address: TO, nonce: 3n, r, s, yParity })
  })

  test('signatures of nobody', () => {
    assert.equal(recoverAuthority({ ...authorization, yParity: 2n }), undefined)
    assert.equal(recoverAuthority({ ...authorization, yParity: 27n }), undefined)
    assert.equal(recoverAuthority({ ...authorization, r: 0n }), undefined)
    const high = { ...authorization, s: SECP256K1_ORDER - authorization.s, yParity: 1n - authorization.yParity }
    assert.equal(recoverAuthority(high), undefined)
  })

  test('a parity of up to one byte is decoded, as the EIP has it, and of nobody', () => {
    const signed = signTransaction(
      {
        type: 4,
        chainId: 1n,
        nonce: 1n,
        maxFeePerGas: 3n,
        maxPriorityFeePerGas: 2n,
        gasLimit: 21_000n,
        to: TO,
        value: 1n,
        data: new Uint8Array(0),
        accessList: [],
        authorizationList: [{ ...authorization, yParity: 255n }],
      },
      KEY,
    )
    assert.deepEqual(decodeTransaction(encodeTransaction(signed)), signed)
    const tooWide = signTransaction(
      { ...signed, authorizationList: [{ ...authorization, yParity: 256n }] } as UnsignedTransaction,
      KEY,
    )
    assert.throws(() => decodeTransaction(encodeTransaction(tooWide)), /authorizationList\.yParity/)
  })
})

test('fees (EIP-1559)', () => {
  const legacy = signTransaction(EIP155, KEY)
  const feeMarket = signTransaction(
    {
      type: 2,
      chainId: 1n,
      nonce: 1n,
      maxFeePerGas: 100n,
      maxPriorityFeePerGas: 10n,
      gasLimit: 21_000n,
      to: TO,
      value: 1n,
      data: new Uint8Array(0),
      accessList: [],
    },
    KEY,
  )
  assert.equal(effectiveGasPrice(legacy, 5n), 20n * 10n ** 9n)
  assert.equal(effectiveGasPrice(feeMarket, 50n), 60n)
  assert.equal(effectiveGasPrice(feeMarket, 95n), 100n)
  assert.equal(effectiveTip(feeMarket, 50n), 10n)
  assert.equal(effectiveTip(feeMarket, 95n), 5n)
  assert.equal(effectiveTip(feeMarket, 101n), -1n)
  assert.equal(maxFeePerGasOf(feeMarket), 100n)
  assert.equal(maxFeePerGasOf(legacy), 20n * 10n ** 9n)
  assert.equal(maxPriorityFeePerGasOf(feeMarket), 10n)
  assert.deepEqual(accessListOf(legacy), [])
})

test("a transaction of an impersonated account is its own where that is allowed, and nobody's elsewhere", () => {
  const common = { nonce: 1n, gasLimit: 21_000n, to: SENDER, value: 1n, data: new Uint8Array(0) }
  const fees = { chainId: 5n, maxFeePerGas: 2n, maxPriorityFeePerGas: 1n, accessList: [] }
  const unsigned: readonly UnsignedTransaction[] = [
    { type: 0, ...common, gasPrice: 1n },
    { type: 0, ...common, gasPrice: 1n, chainId: 5n },
    { type: 1, ...common, chainId: 5n, gasPrice: 1n, accessList: [] },
    { type: 2, ...common, ...fees },
    { type: 4, ...common, ...fees, authorizationList: [] },
  ]
  const accounts: readonly Address[] = [ZERO_ADDRESS, SENDER, `0x${'ff'.repeat(20)}`]
  for (const each of unsigned) {
    const hashes = new Set<Hash>()
    for (const account of accounts) {
      const transaction = decodeTransaction(encodeTransaction(impersonate(each, account)))
      assert.equal(recoverSender(transaction, { allowImpersonation: true }), account)
      assert.throws(() => recoverSender(transaction, { allowHighS: true }), DecodeError)
      assert.equal(transactionChainId(transaction), each.chainId)
      hashes.add(transactionHash(transaction))
    }
    assert.equal(hashes.size, accounts.length)
    const signed = signTransaction(each, KEY)
    assert.equal(recoverSender(signed, { allowImpersonation: true }), recoverSender(signed))
    assert.throws(() => recoverSender({ ...signed, s: 0n }, { allowImpersonation: true }), DecodeError)
  }
})
