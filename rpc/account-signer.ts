import type { DeveloperAccount } from '../primitives/developer-accounts.ts'
import type { Address, Hash, Hex } from '../primitives/hex.ts'
import { bytesToHex, hexToBytes, wordToHash } from '../primitives/hex.ts'
import { keccak256 } from '../primitives/keccak.ts'
import { signHash } from '../primitives/secp256k1.ts'
import type { Transaction, UnsignedTransaction } from '../primitives/transaction.ts'
import { signTransaction } from '../primitives/transaction.ts'
import { RpcError } from './errors.ts'

/** Signs for the developer accounts, and keeps the sends of each of them in the order in which they were asked for. */
export class AccountSigner {
  readonly #keys: ReadonlyMap<Address, Hex>
  /** Settles when the account's latest send has. */
  readonly #turns = new Map<Address, Promise<unknown>>()

  constructor(accounts: readonly DeveloperAccount[]) {
    this.#keys = new Map(accounts.map(({ address, privateKey }) => [address, privateKey]))
  }

  /** Throws -32000 for an account whose key this node does not have. */
  requireKey(address: Address): Uint8Array {
    const key = this.#keys.get(address)
    if (key === undefined) throw new RpcError('failed', `unknown account ${address}`)
    return hexToBytes(key)
  }

  sign(unsigned: UnsignedTransaction, address: Address): Transaction {
    return signTransaction(unsigned, this.requireKey(address))
  }

  /** r, s and v (27 or 28), 65 bytes, over a message with Ethereum's prefix (EIP-191, version 0x45). */
  signMessage(message: Uint8Array, address: Address): Hex {
    const prefix = Buffer.from(`\x19Ethereum Signed Message:\n${message.length}`)
    const { r, s, yParity } = signHash(keccak256(Buffer.concat([prefix, message])), this.requireKey(address))
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
