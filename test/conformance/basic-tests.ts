import { parseGenesis } from '../../config/genesis.ts'
import { decodeBlock, encodeBlock } from '../../primitives/block.ts'
import { headerHash } from '../../primitives/header.ts'
import { bytesToHex, hexToBytes, quantityToHex } from '../../primitives/hex.ts'
import { privateKeyToAddress } from '../../primitives/secp256k1.ts'
import { decodeTransaction, encodeTransaction, recoverSender, signTransaction } from '../../primitives/transaction.ts'
import { genesisBlock } from '../../storage/genesis-block.ts'
import { packPath } from '../../storage/trie/nibbles.ts'
import { difference, isListWith, isRecord, isTestsWith, plainCase, type Suite } from './suite.ts'

/** Hex without 0x, as these old files have it. */
const withPrefix = (hex: string): string => (hex.startsWith('0x') ? hex : `0x${hex}`)
const bytesOf = (hex: string): Uint8Array => hexToBytes(withPrefix(hex))

interface HexPrefixJson {
  readonly seq: readonly number[]
  /** Whether the path ends in a leaf. */
  readonly term: boolean
  readonly out: string
}

/** hexencodetest: the hex-prefix encoding of paths (Yellow Paper, App. C). */
export const hexPrefixTests: Suite = {
  name: 'hex-prefix tests',
  matches: ({ json }) => isTestsWith(json, 'seq', 'term', 'out'),
  *cases({ json }) {
    for (const [name, { seq, term, out }] of Object.entries(json as Record<string, HexPrefixJson>)) {
      yield plainCase(name, () => difference('path', bytesToHex(packPath(Uint8Array.from(seq), term)), withPrefix(out)))
    }
  },
}

/** keyaddrtest: addresses of keys. (The signatures in it are of no form that Ethereum has had since Frontier.) */
export const keyTests: Suite = {
  name: 'key tests',
  matches: ({ json }) => isListWith(json, 'seed', 'key', 'addr'),
  *cases({ json }) {
    for (const { seed, key, addr } of json as readonly Record<'seed' | 'key' | 'addr', string>[]) {
      yield plainCase(seed, () => difference('address', privateKeyToAddress(bytesOf(key)), withPrefix(addr)))
    }
  },
}

interface SignedJson {
  readonly key: string
  readonly nonce: number
  readonly gasprice: number
  readonly startgas: number
  readonly to: string
  readonly value: number
  readonly data: string
  readonly signed: string
}

/** txtest: signed transactions of the oldest form. */
export const signingTests: Suite = {
  name: 'signing tests',
  matches: ({ json }) => isListWith(json, 'key', 'gasprice', 'signed'),
  *cases({ json }) {
    for (const [index, test] of (json as readonly SignedJson[]).entries()) {
      yield plainCase(`transaction ${index}`, () => checkSigned(test))
    }
  },
}

function checkSigned({ key, nonce, gasprice, startgas, to, value, data, signed }: SignedJson): string | undefined {
  const own = signTransaction(
    {
      type: 0,
      nonce: BigInt(nonce),
      gasPrice: BigInt(gasprice),
      gasLimit: BigInt(startgas),
      to: to === '' ? undefined : `0x${to}`,
      value: BigInt(value),
      data: bytesOf(data),
    },
    bytesOf(key),
  )
  const decoded = decodeTransaction(bytesOf(signed))
  // Which random number a signature is made with was left open then, so the signatures themselves may differ.
  const resigned = { ...own, v: decoded.type === 0 ? decoded.v : 0n, r: decoded.r, s: decoded.s }
  return (
    difference('sender', recoverSender(decoded, { allowHighS: true }), privateKeyToAddress(bytesOf(key))) ??
    difference('encoding', bytesToHex(encodeTransaction(resigned)), withPrefix(signed))
  )
}

interface GenesisJson {
  readonly alloc: Readonly<Record<string, Record<string, unknown>>>
  /** The block's RLP. */
  readonly result: string
  readonly [key: string]: unknown
}

/** GenesisTests: blocks made of genesis files. */
export const genesisTests: Suite = {
  name: 'genesis tests',
  matches: ({ json }) => isTestsWith(json, 'alloc', 'result'),
  *cases({ json }) {
    for (const [name, { alloc, result, ...fields }] of Object.entries(json as Record<string, GenesisJson>)) {
      yield plainCase(name, () => {
        const genesis = parseGenesis({ config: { chainId: 1 }, ...filled(fields), alloc: renamed(alloc) })
        return difference('block', bytesToHex(encodeBlock(genesisBlock(genesis).block)), withPrefix(result))
      })
    }
  },
}

/** `wei` is what the oldest files call a balance. */
function renamed(alloc: GenesisJson['alloc']): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(alloc).map(([address, { wei, ...account }]) => [
      address,
      wei === undefined ? account : { ...account, balance: wei },
    ]),
  )
}

/** A number without digits is 0. */
function filled(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return fields.timestamp === '0x' ? { ...fields, timestamp: quantityToHex(0n) } : fields
}

/** genesishashestest: mainnet's first block. */
export const genesisHashTests: Suite = {
  name: 'genesis hash tests',
  matches: ({ json }) => isRecord(json) && 'genesis_rlp_hex' in json && 'genesis_hash' in json,
  *cases({ json }) {
    const { genesis_rlp_hex, genesis_state_root, genesis_hash } = json as Record<string, string>
    const rlp = withPrefix(genesis_rlp_hex ?? '')
    yield plainCase('mainnet', () => {
      const block = decodeBlock(hexToBytes(rlp))
      return (
        difference('hash', headerHash(block.header), withPrefix(genesis_hash ?? '')) ??
        difference('state root', block.header.stateRoot, withPrefix(genesis_state_root ?? '')) ??
        difference('encoded again', bytesToHex(encodeBlock(block)), rlp)
      )
    })
  },
}
