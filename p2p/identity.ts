import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import type { PrivateKey } from '@libp2p/interface'
import { NetworkError } from './network-error.ts'

/** Where the node's key is kept between runs. */
export interface IdentityStore {
  get(key: string): Uint8Array | undefined
  put(key: string, value: Uint8Array): Promise<void> | void
}

const KEY = 'p2p-private-key'

/** The node's Ed25519 key: the stored one, or a new one that is stored. Throws NetworkError `bad-identity`. */
export async function loadIdentity(store: IdentityStore): Promise<PrivateKey> {
  const stored = store.get(KEY)
  if (stored !== undefined) {
    try {
      return privateKeyFromProtobuf(stored)
    } catch (error) {
      throw new NetworkError('bad-identity', 'the stored network key cannot be read', {}, { cause: error })
    }
  }
  const key = await generateKeyPair('Ed25519')
  await store.put(KEY, privateKeyToProtobuf(key))
  return key
}
