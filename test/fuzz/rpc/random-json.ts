import type { Random } from '../../support/random.ts'

/** A JSON Schema of the OpenRPC document. */
export interface Schema {
  readonly title?: string
  readonly type?: string | readonly string[]
  readonly pattern?: string
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Schema[]
  readonly minimum?: number
  readonly maximum?: number
  readonly maxItems?: number
  readonly items?: Schema | readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly propertyNames?: Schema
  readonly additionalProperties?: Schema | boolean
}

/** What the node under test has, so that requests find something. Hex. */
export interface KnownValues {
  readonly addresses: readonly string[]
  readonly transactions: readonly string[]
  readonly blocks: readonly string[]
  /** Signed transactions. */
  readonly raw: readonly string[]
}

/** Depths up to what fits into a body, lengths up to what is worth sending often. */
const DEPTHS = [3, 100, 5_000, 100_000]
const LENGTHS = [1, 31, 33, 1_000, 20_000, 200_000]
/** With these the largest body is full, or too large. */
const HUGE_LENGTHS = [1_000_000, 2_400_000, 5_000_000]

const NAMES = ['callTracer', 'flatCallTracer', 'prestateTracer', '4byteTracer', 'noopTracer', 'muxTracer', 'newHeads']
const SUBJECTS = ['logs', 'newPendingTransactions', 'syncing', 'constructor', '__proto__', '']
const DURATIONS = ['1s', '300ms', '1ns', '100h', '0s', '1h1m1s', '999999999h']

/** JSON texts, because much of what is wrong in JSON cannot be said by a value. */
export class RandomJson {
  readonly #random: Random
  readonly #known: KnownValues

  constructor(random: Random, known: KnownValues) {
    this.#random = random
    this.#known = known
  }

  /** A value as the schema wants it, but that each part of it is anything else with the probability `wrongness`. */
  value(schema: Schema, wrongness: number): string {
    const random = this.#random
    if (random.chance(wrongness)) return this.wrong()
    if (schema.enum !== undefined) return JSON.stringify(random.pick(schema.enum))
    if (schema.anyOf !== undefined) return this.#alternative(schema.anyOf, wrongness)
    const type = typeof schema.type === 'object' ? random.pick(schema.type) : schema.type
    switch (type) {
      case 'string':
        return JSON.stringify(this.#string(schema))
      case 'integer':
      case 'number':
        return String(random.pick([schema.minimum ?? 0, random.below(100), schema.maximum ?? 1_000]))
      case 'boolean':
        return String(random.chance(0.5))
      case 'array':
        return this.#array(schema, wrongness)
      case 'object':
        return this.#object(schema, wrongness)
      case 'null':
        return 'null'
      default:
        return random.chance(0.5) ? this.#object({ properties: { address: {}, topics: {} } }, wrongness) : this.wrong()
    }
  }

  /** What hardly anybody asks for. */
  wrong(): string {
    const random = this.#random
    switch (random.below(8)) {
      case 0:
        return random.pick(['null', 'true', 'false', '""', '{}', '[]', '[null]', '[[]]', '{"":{}}'])
      case 1:
        return random.pick(['-1', '0', '-0', '0.5', '1e400', '-1e400', '1e-400', '9007199254740993', '9'.repeat(400)])
      case 2:
        return random.pick([
          '"0x"',
          '"0x00"',
          '"0xg"',
          '"0X1"',
          '"-0x1"',
          '" 0x1"',
          '"0x1 "',
          '"1e3"',
          '"latest\\u0000"',
        ])
      case 3:
        return JSON.stringify(`0x${'f'.repeat(this.#length())}`)
      case 4:
        return random.pick([
          '"\\ud800"',
          '"\\u0000"',
          '"𝟎𝐱𝟏"',
          '"\u202e0x1"',
          '"é"',
          '"ﬀ"',
          '"💥"',
          '"\\uffff"',
          '"../../x"',
        ])
      case 5:
        return random.pick([
          '{"__proto__":{"to":"0x1"}}',
          '{"constructor":{"prototype":1}}',
          '{"toString":1,"valueOf":null}',
          '{"length":4294967296}',
          '{"then":"x"}',
          '{"toJSON":"x"}',
          '{"0":"0x0","1":"0x1"}',
          '{"a":1,"a":2,"a":[]}',
        ])
      case 6:
        return this.#deep()
      default:
        return random.chance(0.8) ? JSON.stringify(this.#text()) : this.#long()
    }
  }

  #deep(): string {
    const depth = this.#random.pick(this.#random.chance(0.1) ? DEPTHS : DEPTHS.slice(0, 2))
    const [open, close] = this.#random.pick([
      ['[', ']'],
      ['{"to":', '}'],
      ['[{"a":', '}]'],
    ] as const)
    return `${open.repeat(depth)}0${close.repeat(depth)}`
  }

  #long(): string {
    const item = this.#random.pick(['1', 'null', '"0x1"', '{}', '[]', '"x"'])
    return `[${`${item},`.repeat(this.#length())}${item}]`
  }

  #length(): number {
    return this.#random.pick(this.#random.chance(0.01) ? HUGE_LENGTHS : LENGTHS)
  }

  #text(): string {
    const length = this.#random.pick(this.#random.chance(0.05) ? LENGTHS : LENGTHS.slice(0, 3))
    return this.#random.pick(['x', '0', '\\', '"', '\n', 'ß', '💥', '%']).repeat(length)
  }

  #alternative(all: readonly Schema[], wrongness: number): string {
    const chosen = this.#random.pick(all)
    const isNull = chosen.type === 'null'
    return this.value(isNull && this.#random.chance(0.8) ? this.#random.pick(all) : chosen, wrongness)
  }

  #array({ items = {}, maxItems }: Schema, wrongness: number): string {
    const random = this.#random
    if (Array.isArray(items)) return `[${items.map((each: Schema) => this.value(each, wrongness)).join(',')}]`
    const length = random.below(4)
    const list = Array.from({ length }, () => this.value(items as Schema, wrongness))
    const last = list.at(-1)
    if (last !== undefined && last.length < 100 && random.chance(wrongness / 4)) {
      list.push(...Array<string>((maxItems ?? 1_000) + random.below(2)).fill(last))
    }
    return `[${list.join(',')}]`
  }

  #object({ properties = {}, required = [], propertyNames, additionalProperties }: Schema, wrongness: number): string {
    const random = this.#random
    const members = Object.entries(properties)
      .filter(([name]) => random.chance(required.includes(name) ? 1 - wrongness / 2 : 0.3))
      .map(([name, schema]) => `${JSON.stringify(name)}:${this.value(schema, wrongness)}`)
    if (propertyNames !== undefined) {
      const value = typeof additionalProperties === 'object' ? additionalProperties : {}
      for (let left = random.below(3); left > 0; left -= 1) {
        members.push(`${JSON.stringify(this.#string(propertyNames))}:${this.value(value, wrongness)}`)
      }
    }
    if (random.chance(wrongness / 2)) members.push(`"${random.pick(['__proto__', 'x', 'length', ''])}":${this.wrong()}`)
    if (random.chance(wrongness / 2) && members.length > 0) members.push(random.pick(members))
    return `{${members.join(',')}}`
  }

  #string({ title = '', pattern = '' }: Schema): string {
    const random = this.#random
    if (title === 'Address') return random.chance(0.8) ? random.pick(this.#known.addresses) : this.#hex(20)
    if (title.startsWith('Hash')) {
      return random.chance(0.2) ? this.#hex(32) : random.pick([...this.#known.transactions, ...this.#known.blocks])
    }
    if (title === 'Bytes') return this.#bytes()
    if (title.startsWith('Word')) return random.pick(['0x0', '0x', '0x01', `0x${'f'.repeat(64)}`, this.#hex(32)])
    if (title.startsWith('Quantity')) return this.#quantity(pattern)
    if (pattern.includes('[0-9]{1,78}'))
      return random.pick(['0', '1', '0x01', '1000', `0x${'f'.repeat(78)}`, '9'.repeat(78)])
    if (pattern.includes('ms|s')) return random.pick(DURATIONS)
    return random.pick([...NAMES, ...SUBJECTS])
  }

  #quantity(pattern: string): string {
    const digits = Number(/\{0,(\d+)\}/.exec(pattern)?.[1] ?? 0) + 1
    const random = this.#random
    switch (random.below(5)) {
      case 0:
        return `0x${random.below(16).toString(16)}`
      case 1:
        return random.pick(['0x5208', '0xf4240', '0x3b9aca00', '0x77359400', '0x7a69'])
      case 2:
        return `0x${'f'.repeat(1 + random.below(digits))}`
      default:
        return `0x${random.below(1_000_000).toString(16)}`
    }
  }

  #bytes(): string {
    const random = this.#random
    const kind = random.below(4)
    if (kind === 0) return this.#hex(random.pick([0, 1, 4, 32, 36, 68, 200]))
    if (kind === 1)
      return `0x${random.pick(['f9ffff', 'c1', 'bfffffffffffffffff', '02f8', 'ff', '00']).repeat(random.pick([1, 60, 3_000]))}`
    const raw = random.pick(this.#known.raw)
    if (kind === 2) return raw
    const at = 2 + 2 * random.below(raw.length / 2 - 1)
    return `${raw.slice(0, at)}${this.#hex(1).slice(2)}${raw.slice(at + 2 * random.below(3))}`
  }

  #hex(length: number): string {
    return `0x${Array.from({ length }, () => this.#random.below(256).toString(16).padStart(2, '0')).join('')}`
  }
}
