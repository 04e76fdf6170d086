import { bigintToMinimalBytes } from '../../primitives/bytes.ts'
import { DecodeError } from '../../primitives/errors.ts'
import { bytesToHex, hexToBytes } from '../../primitives/hex.ts'
import { decodeRlp, encodeRlp, type RlpItem } from '../../primitives/rlp.ts'
import { difference, isTestsWith, plainCase, type Suite } from './suite.ts'

/** An item as the tests write it: text, a number, or `#` and a decimal number too big for JSON. */
type Source = string | number | readonly Source[]

interface RlpTestJson {
  /** An item, or a verdict on `out`. */
  readonly in: Source
  readonly out: string
}

/** Ethereum's RLPTests: encodings of items, and bytes that are or are not an encoding. */
export const rlpTests: Suite = {
  name: 'RLP tests',
  matches: ({ json }) => isTestsWith(json, 'in', 'out'),
  *cases({ json }) {
    for (const [name, test] of Object.entries(json as Record<string, RlpTestJson>)) {
      yield plainCase(name, () => check(test))
    }
  },
}

function check({ in: source, out }: RlpTestJson): string | undefined {
  const bytes = hexToBytes(out.startsWith('0x') ? out : `0x${out}`)
  if (source === 'INVALID' || source === 'VALID') return difference('verdict', verdictOn(bytes), source)
  const item = itemOf(source)
  return (
    difference('encoding', bytesToHex(encodeRlp(item)), bytesToHex(bytes)) ??
    difference('decoded', describeItem(decodeRlp(bytes)), describeItem(item))
  )
}

function verdictOn(bytes: Uint8Array): 'VALID' | 'INVALID' {
  try {
    decodeRlp(bytes)
    return 'VALID'
  } catch (error) {
    if (error instanceof DecodeError) return 'INVALID'
    throw error
  }
}

function itemOf(source: Source): RlpItem {
  if (typeof source === 'number') return bigintToMinimalBytes(BigInt(source))
  if (typeof source !== 'string') return source.map(itemOf)
  if (source.startsWith('#')) return bigintToMinimalBytes(BigInt(source.slice(1)))
  return new Uint8Array(Buffer.from(source, 'latin1'))
}

/** As JSON, byte strings in hex. */
export function describeItem(item: RlpItem): string {
  return JSON.stringify(item, (_, part) => (part instanceof Uint8Array ? bytesToHex(part) : part))
}
