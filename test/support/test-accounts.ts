import type { Address, Hash } from '../../primitives/hex.ts'
import { keccak256 } from '../../primitives/keccak.ts'
import { privateKeyToAddress } from '../../primitives/secp256k1.ts'
import {
  type AccessListItem,
  type Authorization,
  signTransaction,
  type Transaction,
  type UnsignedTransaction,
} from '../../primitives/transaction.ts'

export interface TestAccount {
  readonly address: Address
  readonly privateKey: Uint8Array
  /** Of its next transaction. */
  nonce: bigint
}

/** What a transaction does, its sender and its type left open. Wei and gas. */
export interface Call {
  readonly to?: Address | undefined
  readonly data?: Uint8Array
  readonly value?: bigint
  /** Default 400,000. */
  readonly gasLimit?: bigint
  /** Tip for a unit of gas. Default 1 gwei. */
  readonly tip?: bigint
  readonly accessList?: readonly AccessListItem[]
  /** For type 3; default one blob. */
  readonly blobVersionedHashes?: readonly Hash[]
  /** For type 4. */
  readonly authorizationList?: readonly Authorization[]
}

export const TEST_CHAIN_ID = 31_337n
const GWEI = 1_000_000_000n
const GAS_PRICE = 10n * GWEI
const BLOB_HASH: Hash = `0x01${'0b'.repeat(31)}`

/** Accounts whose keys follow from a name and a number. */
export function testAccounts(name: string, count: number): TestAccount[] {
  return Array.from({ length: count }, (_, index) => {
    const privateKey = keccak256(new TextEncoder().encode(`${name} ${index}`))
    return { address: privateKeyToAddress(privateKey), privateKey, nonce: 0n }
  })
}

/** Signs the account's next transaction. Types 3 and 4 need a recipient. */
export function send(account: TestAccount, call: Call, type: Transaction['type'] = 2): Transaction {
  return signTransaction(unsigned(account.nonce++, call, type), account.privateKey)
}

function unsigned(nonce: bigint, call: Call, type: Transaction['type']): UnsignedTransaction {
  const { to, data = new Uint8Array(0), value = 0n, gasLimit = 400_000n, tip = GWEI, accessList = [] } = call
  const common = { nonce, gasLimit, to, value, data }
  const chainId = TEST_CHAIN_ID
  const fees = { ...common, chainId, maxFeePerGas: GAS_PRICE, maxPriorityFeePerGas: tip, accessList }
  switch (type) {
    case 0:
      return { ...common, type, chainId, gasPrice: GAS_PRICE }
    case 1:
      return { ...common, type, chainId, gasPrice: GAS_PRICE, accessList }
    case 2:
      return { ...fees, type }
    case 3: {
      const { blobVersionedHashes = [BLOB_HASH] } = call
      return { ...fees, type, to: recipient(to), maxFeePerBlobGas: GAS_PRICE, blobVersionedHashes }
    }
    case 4:
      return { ...fees, type, to: recipient(to), authorizationList: call.authorizationList ?? [] }
  }
}

function recipient(to: Address | undefined): Address {
  if (to === undefined) throw new RangeError('transactions of types 3 and 4 cannot create')
  return to
}
