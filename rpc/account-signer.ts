import type { Impersonation } from '../consensus/control/impersonation.ts'
import type { DeveloperAccount } from '../primitives/developer-accounts.ts'
import type { Address, Hash, Hex } from '../primitives/hex.ts'
import { bytesToHex, hexToBytes, wordToHash } from '../primitives/hex.ts'
import { keccak256 } from '../primitives/keccak.ts'
import { signHash } from '../primitives/secp256k1.ts'
import type { Transaction, UnsignedTransaction } from '../primitives/transaction.ts'
import { impersonate, signTransaction } from '../primitives/transaction.ts'
import { type TypedData, typedDataHash } from '../primitives/typed-data.ts'
import { RpcError } from './errors.ts'

/**
 * Signs for the accounts whose keys the node holds, and for those that are impersonated in the way in which that is done (`impersonate`); and keeps
 * the sends of each of them in the order in which they were asked for.
 */
export class AccountSigner {
  readonly #keys: ReadonlyMap<Address, Hex>
  readonly #impersonation: Pick<Impersonation, 'has' | 'list'> | undefined
  /** Settles when the account's latest send has. */
  readonly #turns = new Map<Address, Promise<unknown>>()

  constructor(accounts: readonly DeveloperAccount[], impersonation?: Pick<Impersonation, 'has' | 'list'>) {
    this.#keys = new Map(accounts.map(({ address, privateKey }) => [address, privateKey]))
    this.#impersonation = impersonation
  }

  /** All for which it signs, as far as they are named. */
  accounts(): Address[] {
    return [...new Set([...this.#keys.keys(), ...(this.#impersonation?.list() ?? [])])]
  }

  /** Throws -32000 for an account for which this node does not send. */
  requireAccount(address: Address): void {
    if (this.#impersonation?.has(address) !== true) this.requireKey(address)
  }

  /** Throws -32000 for an account whose key this node does not have. */
  requireKey(address: Address): Uint8Array {
    const key = this.#keys.get(address)
    if (key === undefined) throw new RpcError('failed', `unknown account ${address}`)
    return hexToBytes(key)
  }

  sign(unsigned: UnsignedTransaction, address: Address): Transaction {
    if (this.#impersonation?.has(address) && !this.#keys.has(address)) return impersonate(unsigned, address)
    return signTransaction(unsigned, this.requireKey(address))
  }

  /** Over a message with Ethereum's prefix (EIP-191, version 0x45). */
  signMessage(message: Uint8Array, address: Address): Hex {
    const prefix = Buffer.from(`\x19Ethereum Signed Message:\n${message.length}`)
    return this.#signature(address, () => keccak256(Buffer.concat([prefix, message])))
  }

  /** Over structs (EIP-712). Throws DecodeError for what cannot be hashed. */
  signTypedData(typedData: TypedData, address: Address): Hex {
    return this.#signature(address, () => typedDataHash(typedData))
  }

  /** r, s and v (27 or 28), 65 bytes. Nothing is hashed for accounts without a key. */
  #signature(address: Address, hash: () => Uint8Array): Hex {
    const key = this.requireKey(address)
    const { r, s, yParity } = signHash(hash(), key)
    return `${wordToHash(r)}${wordToHash(s).slice(2)}${bytesToHex(Uint8Array.of(27 + Number(yParity))).slice(2)}`
  }

  /**
   * Runs `send` when all earlier sends of the account have settled. Between taking a nonce from the pool and adding the
   * transaction to it nobody else may take the same one.
   */
  inTurn(address: Address, send: () => Promise<Hash>): Promise<Hash> {
    const earlier = this.#turns.get(address) ?? Promise.resolve()
    const mine = earlier.then(send, send)
    this.#turns.set(address, mine)
    const forget = () => {
      if (this.#turns.get(address) === mine) this.#turns.delete(address)
    }
    mine.then(forget, forget)
    return mine
  }
}
