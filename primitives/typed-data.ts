import { bigintToBytes, concatBytes } from './bytes.ts'
import { DecodeError } from './errors.ts'
import { hexToBytes, isAddress } from './hex.ts'
import { keccak256 } from './keccak.ts'

/** A member of a struct type: `from` of type `Person`. */
export interface TypedDataField {
  readonly name: string
  readonly type: string
}

/** Structs to sign (EIP-712), as JSON has them: integers as numbers, decimal or 0x strings, bytes as hex. */
export interface TypedData {
  /** Members of each struct type. Without `EIP712Domain` the domain's type is that of the keys it has. */
  readonly types: Readonly<Record<string, readonly TypedDataField[]>>
  readonly primaryType: string
  readonly domain: Readonly<Record<string, unknown>>
  readonly message: Readonly<Record<string, unknown>>
}

/** Each type is hashed with all that it refers to, in time that grows as types times text: some 20 ms at most. */
const MAX_TYPES = 100
const MAX_TYPE_CHARACTERS = 32_768
/** Structs and arrays in one another. */
const MAX_DEPTH = 64
/** Members and items: some 40 ms of the main thread. */
const MAX_VALUES = 20_000
/** Digits of -2^255 in decimal, and room for 0x. */
const MAX_INTEGER_CHARACTERS = 80

const DOMAIN = 'EIP712Domain'
const DOMAIN_FIELDS: readonly TypedDataField[] = [
  { name: 'name', type: 'string' },
  { name: 'version', type: 'string' },
  { name: 'chainId', type: 'uint256' },
  { name: 'verifyingContract', type: 'address' },
  { name: 'salt', type: 'bytes32' },
]

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/
const ARRAY = /^(.*)\[(\d{0,9})\]$/
const ATOM =
  /^(?:bool|address|string|bytes|bytes([1-9]|[12]\d|3[012])|(u?)int(8|16|24|32|40|48|56|64|72|80|88|96|1\d\d|2\d\d))$/
const ELEMENTARY_NAME = /^(?:bool|address|string|bytes\d*|u?int\d*)$/

/**
 * What is signed of typed data: keccak256(0x1901, domain separator, hash of the message), 32 bytes (EIP-712). Of the
 * message nothing is there to hash where the primary type is `EIP712Domain` itself. A struct that is `null` or absent
 * hashes as 32 zero bytes, so that types may refer to themselves, as wallets have it for eth_signTypedData_v4. Throws
 * DecodeError naming the place of what is wrong, also for more types, depth or values than are hashed here.
 */
export function typedDataHash({ types, primaryType, domain, message }: TypedData): Uint8Array {
  const encoder = new TypedDataEncoder({ [DOMAIN]: fieldsOf(domain), ...types })
  const separator = encoder.hashStruct(DOMAIN, domain, 'domain')
  const content = primaryType === DOMAIN ? [] : [encoder.hashStruct(primaryType, message, 'message')]
  return keccak256(concatBytes(Uint8Array.of(0x19, 0x01), separator, ...content))
}

function fieldsOf(domain: TypedData['domain']): readonly TypedDataField[] {
  return DOMAIN_FIELDS.filter(({ name }) => Object.hasOwn(domain, name))
}

class TypedDataEncoder {
  readonly #types: ReadonlyMap<string, readonly TypedDataField[]>
  readonly #hashes = new Map<string, Uint8Array>()
  #values = 0

  constructor(types: TypedData['types']) {
    this.#types = new Map(Object.entries(types))
    if (this.#types.size > MAX_TYPES + 1) throw wrong('types', `are more than ${MAX_TYPES}`)
    let characters = 0
    for (const [name, fields] of this.#types) {
      if (!IDENTIFIER.test(name) || ELEMENTARY_NAME.test(name))
        throw wrong('types', `${cut(name)} is no name for a struct`)
      characters += name.length
      const seen = new Set<string>()
      for (const field of fields) {
        characters += field.name.length + field.type.length
        if (!IDENTIFIER.test(field.name))
          throw wrong(`types.${cut(name)}`, `${cut(field.name)} is no name for a member`)
        if (seen.has(field.name)) throw wrong(`types.${cut(name)}`, `has ${cut(field.name)} twice`)
        seen.add(field.name)
      }
      if (characters > MAX_TYPE_CHARACTERS) throw wrong('types', `are longer than ${MAX_TYPE_CHARACTERS} characters`)
    }
    for (const [name, fields] of this.#types) {
      for (const { name: member, type } of fields) this.#requireType(type, `types.${cut(name)}.${cut(member)}`)
    }
  }

  /** hashStruct of EIP-712, 32 bytes. */
  hashStruct(type: string, value: unknown, path: string, depth = 0): Uint8Array {
    const fields = this.#types.get(type)
    if (fields === undefined) throw wrong('primaryType', `${cut(type)} is not among the types`)
    if (depth > MAX_DEPTH) throw wrong(path, `is more than ${MAX_DEPTH} levels deep`)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(path, `must be a ${cut(type)}`)
    const members = value as Readonly<Record<string, unknown>>
    const parts = fields.map(({ name, type: memberType }) => {
      const member = Object.hasOwn(members, name) ? members[name] : undefined
      return this.#encode(memberType, member, `${path}.${cut(name)}`, depth + 1)
    })
    return hashWords([this.#typeHash(type), ...parts])
  }

  /** One member or item as 32 bytes (encodeData of EIP-712). */
  #encode(type: string, value: unknown, path: string, depth: number): Uint8Array {
    if (++this.#values > MAX_VALUES) throw wrong(path, `is beyond ${MAX_VALUES} values`)
    const [, itemType, length] = ARRAY.exec(type) ?? []
    if (itemType !== undefined) {
      if (!Array.isArray(value)) throw wrong(path, 'must be an array')
      if (length !== '' && value.length !== Number(length)) throw wrong(path, `must have ${length} items`)
      if (depth > MAX_DEPTH) throw wrong(path, `is more than ${MAX_DEPTH} levels deep`)
      return hashWords(value.map((item, index) => this.#encode(itemType, item, `${path}.${index}`, depth + 1)))
    }
    if (!this.#types.has(type)) return encodeAtom(type, value, path)
    return value === undefined || value === null ? new Uint8Array(32) : this.hashStruct(type, value, path, depth)
  }

  #typeHash(type: string): Uint8Array {
    let hash = this.#hashes.get(type)
    if (hash === undefined) {
      const [first, ...others] = this.#withReferences(type)
      hash = keccak256(
        new TextEncoder().encode([first!, ...others.sort()].map((name) => this.#signature(name)).join('')),
      )
      this.#hashes.set(type, hash)
    }
    return hash
  }

  /** The struct type itself, and then all that it refers to. */
  #withReferences(type: string): string[] {
    const found = new Set([type])
    // What is found on the way is visited too.
    for (const name of found) {
      for (const field of this.#types.get(name) ?? []) {
        const itemType = field.type.replace(/\[.*$/, '')
        if (this.#types.has(itemType)) found.add(itemType)
      }
    }
    return [...found]
  }

  #signature(name: string): string {
    return `${name}(${(this.#types.get(name) ?? []).map((field) => `${field.type} ${field.name}`).join(',')})`
  }

  #requireType(type: string, path: string): void {
    const itemType = /^([^[]*)(?:\[\d{0,9}\])*$/.exec(type)?.[1]
    if (itemType !== undefined && (this.#types.has(itemType) || isAtom(itemType))) return
    const hint = itemType === 'uint' || itemType === 'int' ? `: EIP-712 writes it ${itemType}256` : ''
    throw wrong(path, `has the unknown type ${cut(type)}${hint}`)
  }
}

/** Of 32 bytes each. There may be more of them than a call can have arguments. */
function hashWords(words: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(32 * words.length)
  for (const [index, word] of words.entries()) bytes.set(word, 32 * index)
  return keccak256(bytes)
}

function isAtom(type: string): boolean {
  const bits = ATOM.exec(type)
  return bits !== null && Number(bits[3] ?? 0) % 8 === 0 && Number(bits[3] ?? 0) <= 256
}

function encodeAtom(type: string, value: unknown, path: string): Uint8Array {
  if (type === 'string') {
    if (typeof value !== 'string') throw wrong(path, 'must be a string')
    return keccak256(new TextEncoder().encode(value))
  }
  if (type === 'bool') {
    if (typeof value !== 'boolean') throw wrong(path, 'must be true or false')
    return bigintToBytes(value ? 1n : 0n, 32)
  }
  if (type === 'address') {
    const address = typeof value === 'string' ? value.toLowerCase() : value
    if (!isAddress(address)) throw wrong(path, 'must be an address: 0x and 40 hex digits')
    return bigintToBytes(BigInt(address), 32)
  }
  if (type === 'bytes') return keccak256(bytesOf(value, path))
  const [, bytesLength, unsigned, bits] = ATOM.exec(type)!
  if (bytesLength !== undefined) {
    const bytes = bytesOf(value, path)
    if (bytes.length !== Number(bytesLength)) throw wrong(path, `must have ${bytesLength} bytes, not ${bytes.length}`)
    const word = new Uint8Array(32)
    word.set(bytes)
    return word
  }
  const integer = integerOf(value, path)
  const [least, most] =
    unsigned === 'u'
      ? [0n, (1n << BigInt(bits!)) - 1n]
      : [-(1n << BigInt(Number(bits) - 1)), (1n << BigInt(Number(bits) - 1)) - 1n]
  if (integer < least || integer > most) throw wrong(path, `does not fit ${type}`)
  return bigintToBytes(BigInt.asUintN(256, integer), 32)
}

function bytesOf(value: unknown, path: string): Uint8Array {
  if (typeof value === 'string') {
    try {
      return hexToBytes(value)
    } catch {
      // Said below.
    }
  }
  throw wrong(path, 'must be 0x and whole bytes of hex digits')
}

function integerOf(value: unknown, path: string): bigint {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value)
  const isText = typeof value === 'string' && value.length <= MAX_INTEGER_CHARACTERS
  const [, sign, digits] = isText ? (/^(-?)(0x[0-9a-fA-F]+|\d+)$/.exec(value) ?? []) : []
  if (digits === undefined) throw wrong(path, 'must be an integer: above 2^53 as a string, decimal or 0x')
  return sign === '-' ? -BigInt(digits) : BigInt(digits)
}

/** Names come from callers and may be of any length. */
function cut(name: string): string {
  return name.length > 40 ? `${name.slice(0, 40)}…` : name
}

function wrong(path: string, problem: string): DecodeError {
  return new DecodeError(`${path.length > 100 ? `…${path.slice(-100)}` : path} ${problem}`)
}
